"""Rotation of the tenant key in SQL: processes that are killed at any point of it, and processes that meet in it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from attrs import frozen
from sqlalchemy import Engine, event

from sectorprivacy.encryption import (
    Codec,
    Custody,
    EpochStatus,
    KeyName,
    Keys,
    KeyStatus,
    KeyUse,
    LocalKeyring,
    Place,
    _custody,
    seal,
)
from sectorprivacy.errors import DecryptionError, EpochEnded, EpochInUse, KeyErased
from sectorprivacy.integrations.sqlalchemy import open_database
from sectorprivacy.integrations.sqlalchemy._keys import SqlKeyStore
from sectorprivacy.vocabulary import RecordKey, SubjectRef

TENANT = "sector-alarm"
SECRET = b"s" * 32
PEOPLE = 1000
PAGE = 300

# Children are copies of this process: a thousand imports would take minutes.
FORK = multiprocessing.get_context("fork")


@frozen
class Home:
    """Where one company keeps its keys: a database and a keyring file."""

    url: str
    folder: Path

    @contextmanager
    def keys(self) -> Iterator[Keys]:
        """Its keys, as a process has them that has just started."""
        engine = open_database(self.url)
        try:
            yield Keys(TENANT, store=SqlKeyStore(engine), provider=LocalKeyring.open(self.folder / "keyring", SECRET))
        finally:
            engine.dispose()


Cells = dict[SubjectRef, tuple[Place, bytes]]


def found_company(home: Home, people: int = PEOPLE) -> Cells:
    """A value sealed for each of so many people."""
    LocalKeyring.create(home.folder / "keyring", SECRET)
    with home.keys() as keys:
        return sealed_for(keys, [SubjectRef.mint() for _ in range(people)])


def sealed_for(keys: Keys, people: list[SubjectRef]) -> Cells:
    cells: Cells = {}
    for subject, key in keys.for_sealing_many(people, "contract").items():
        place = Place(
            tenant=TENANT,
            model="crm.customer",
            field="name",
            subject=subject,
            record=RecordKey.of(1),
            codec=Codec.STR,
            retention_class="contract",
        )
        cells[subject] = place, seal(key, place, "Kari Nordmann")
    return cells


def check_access(home: Home, cells: Cells) -> None:
    """Every value opens."""
    with home.keys() as keys:
        keys.load(cell for _, cell in cells.values())
        assert {keys.open(place, cell) for place, cell in cells.values()} == {"Kari Nordmann"}


def rotate(keys: Keys) -> None:
    Custody(keys, wait=lambda _: None).rotate_tenant_key()


def rotated(home: Home) -> list[EpochStatus]:
    """Status of each epoch, once it is certain that no key is wrapped under any but the last."""
    with home.keys() as keys:
        epochs = keys.store.epochs(TENANT, KeyUse.WRAP)
        assert {each.epoch for each in keys.store.tally(TENANT) if each.status is not KeyStatus.ERASED} == {len(epochs)}
        for each in epochs[:-1]:
            with pytest.raises(DecryptionError):
                keys.provider.unwrap(KeyName(TENANT, KeyUse.WRAP, each.number, "0" * 16), b"anything")
    return [each.status for each in epochs]


def die_at(point: int) -> None:
    """Have this process killed at the n-th moment before a statement, after one, or before a commit."""
    moments = count(1)

    def pass_or_die(*_: object) -> None:
        if next(moments) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, moment, pass_or_die)


def dies(work: Callable[[Keys], object], home: Home, point: int) -> bool:
    """Whether a process that does the work is killed at this point; False where it ends before."""

    def run() -> None:
        with home.keys() as keys:
            die_at(point)
            work(keys)

    child = FORK.Process(target=run)
    child.start()
    child.join()
    assert child.exitcode in {0, -signal.SIGKILL}
    return child.exitcode != 0


def killed_at_every_point(work: Callable[[Keys], object], original: Path) -> Iterator[Home]:
    """What each death of a process on the way leaves of a company's files."""
    for point in count(1):
        folder = original.with_name(f"killed at {point}")
        shutil.copytree(original, folder)
        home = Home(f"sqlite:///{folder / 'keys.db'}", folder)
        if not dies(work, home, point):
            return
        yield home
        shutil.rmtree(folder)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """Where a company is founded that is killed in copies."""
    folder = tmp_path / "original"
    folder.mkdir()
    return folder


def test_a_rotation_killed_at_any_point_loses_no_key(original: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key opens under the old epoch or the new one, never neither, and the next run brings it to its end."""
    monkeypatch.setattr(_custody, "PAGE", PAGE)
    cells = found_company(Home(f"sqlite:///{original / 'keys.db'}", original))
    deaths = 0
    for home in killed_at_every_point(rotate, original):
        deaths += 1
        check_access(home, cells)
        with home.keys() as keys:
            rotate(keys)
        check_access(home, cells)
        statuses = rotated(home)
        assert statuses[-1] is EpochStatus.CURRENT
        assert set(statuses[:-1]) == {EpochStatus.DESTROYED}
    # In the begin, in each of four pages, in the proof and in the end, and at the looks before them.
    assert deaths > 50


def test_a_shredding_killed_at_any_point_is_finished_by_the_next(original: Path) -> None:
    """The key is whole or gone, never both, and doing it again leaves no byte of it in the files."""
    founded = Home(f"sqlite:///{original / 'keys.db'}", original)
    cells = found_company(founded, people=3)
    victim = next(iter(cells))
    place, cell = cells.pop(victim)
    with founded.keys() as keys:
        (row,) = keys.store.rows(TENANT, subjects=[victim])
    assert row.wrapped is not None
    deaths = 0
    for home in killed_at_every_point(lambda keys: keys.shred(victim), original):
        deaths += 1
        with home.keys() as keys:
            keys.shred(victim)
            with pytest.raises(KeyErased):
                keys.open(place, cell)
        assert row.wrapped not in b"".join(each.read_bytes() for each in home.folder.iterdir())
        check_access(home, cells)
    assert deaths > 4


def test_processes_that_rotate_and_seal_at_once_lose_no_key(url: str, tmp_path: Path) -> None:
    """Three administrators rotate while two workers take on customers: all end, and every value opens afterwards."""
    home = Home(url, tmp_path)
    cells = found_company(home, people=50)
    sealed = FORK.SimpleQueue()

    def rotate_slowly() -> None:
        with home.keys() as keys:
            # As in life the others get time to finish with the old tenant key before it is destroyed.
            custody = Custody(keys, wait=lambda _: time.sleep(0.01))
            while True:
                # Whoever is overtaken by another rotation is told so, and runs it again.
                with suppress(EpochEnded, EpochInUse):
                    custody.rotate_tenant_key()
                    return

    def take_on() -> None:
        with home.keys() as keys:
            for _ in range(20):
                sealed.put(sealed_for(keys, [SubjectRef.mint()]))

    children = [FORK.Process(target=work) for work in (rotate_slowly, take_on, rotate_slowly, take_on, rotate_slowly)]
    for child in children:
        child.start()
    for _ in range(40):
        cells |= sealed.get()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 5
    check_access(home, cells)
    with home.keys() as keys:
        rotate(keys)
    assert set(rotated(home)[:-1]) == {EpochStatus.DESTROYED}
    check_access(home, cells)


def test_processes_that_begin_an_epoch_at_once_begin_one(url: str, tmp_path: Path) -> None:
    """Of many that start or rotate at the same moment one makes the epoch; what each then seals opens for all."""
    home = Home(url, tmp_path)
    LocalKeyring.create(tmp_path / "keyring", SECRET)
    sealed = FORK.SimpleQueue()
    start = FORK.Barrier(4)

    def begin() -> None:
        with home.keys() as keys:
            start.wait()
            sealed.put(sealed_for(keys, [SubjectRef.mint()]))

    children = [FORK.Process(target=begin) for _ in range(4)]
    for child in children:
        child.start()
    cells: Cells = {}
    for _ in children:
        cells |= sealed.get()
    for child in children:
        child.join()
    check_access(home, cells)
    assert rotated(home) == [EpochStatus.CURRENT]
