"""Residue: what a thief of every file of the key store, with the live root key, can still open after shredding."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import frozen

from sectorprivacy.encryption import (
    Codec,
    Custody,
    Epoch,
    KeyRow,
    Keys,
    KeyUse,
    LocalKeyring,
    Place,
    TenantKey,
    seal,
    unseal,
)
from sectorprivacy.errors import DecryptionError, KeyErased, SystemicFailure
from sectorprivacy.integrations.sqlalchemy import _database, _keys, open_database
from sectorprivacy.integrations.sqlalchemy._keys import SqlKeyStore
from sectorprivacy.vocabulary import RecordKey, SubjectRef
from tests.postgres import PostgresServer, run_postgres

TENANT = "sector-alarm"
PEOPLE = 1000
SHREDDED = 100
VALUE = "Kari Nordmann"

NEARBY = 4096
"""How far from a key id a wrapped key is looked for: the columns of a row lie in one page."""


@frozen
class Thief:
    """Somebody with the live root key, every cell, and a list of what stood in the key store before the shredding."""

    keyring: LocalKeyring
    cells: Mapping[bytes, tuple[Place, bytes]]
    rows: Mapping[bytes, KeyRow]
    epochs: Sequence[Epoch]

    def sees(self, raw: bytes, kids: Sequence[bytes]) -> set[bytes]:
        """Of these key ids the ones whose wrapped key, as it stood before, is in the bytes."""
        return {kid for kid in kids if wrapped_of(self.rows[kid]) in raw}

    def carves(self, raw: bytes, kids: Sequence[bytes]) -> set[bytes]:
        """Of these key ids the ones whose values open with whatever begins like a wrapped key near the key id."""
        keys = self._tenant_keys()
        return {kid for kid in kids if any(self._unseals(kid, window, keys) for window in windows(raw, kid))}

    def opens(self, raw: bytes, kids: Sequence[bytes]) -> set[bytes]:
        """Of these key ids the ones whose values open with what is in the bytes, found in either way."""
        keys = self._tenant_keys()
        known = {kid for kid in self.sees(raw, kids) if self._unseals(kid, wrapped_of(self.rows[kid]), keys)}
        return known | self.carves(raw, kids)

    def _tenant_keys(self) -> list[TenantKey]:
        keys: list[TenantKey] = []
        for epoch in self.epochs:
            assert epoch.wrapped is not None
            with suppress(DecryptionError):
                keys.append(TenantKey(TENANT, epoch.number, self.keyring.unwrap(epoch.name, epoch.wrapped)))
        return keys

    def _unseals(self, kid: bytes, wrapped: bytes, keys: Sequence[TenantKey]) -> bool:
        row = self.rows[kid]
        for tenant_key in keys:
            with suppress(DecryptionError):
                key = tenant_key.unwrap(wrapped, kid=kid, subject=row.subject, retention_class=row.retention_class)
                return bool(unseal(key, *self.cells[kid]) == VALUE)
        return False


@frozen
class Company:
    """A thousand people with a sealed value each, in a key store whose files are at hand."""

    keys: Keys
    thief: Thief
    read: Callable[[], bytes]

    @property
    def shredded(self) -> list[bytes]:
        """Key ids of those who are shredded."""
        return sorted(self.thief.rows)[:SHREDDED]

    @property
    def living(self) -> list[bytes]:
        """Key ids of the others."""
        return sorted(self.thief.rows)[SHREDDED:]

    def shred(self) -> None:
        for kid in self.shredded:
            assert self.keys.shred(self.thief.rows[kid].subject) == 1

    def check_access(self) -> None:
        """Everybody who was not shredded opens; of the others nobody does."""
        # Another process, so that nothing is remembered.
        keys = Keys(TENANT, store=self.keys.store, provider=self.keys.provider)
        keys.load(cell for _, cell in self.thief.cells.values())
        for kid in self.living:
            keys.open(*self.thief.cells[kid])
        for kid in self.shredded:
            with pytest.raises(KeyErased):
                keys.open(*self.thief.cells[kid])


def found_company(store: SqlKeyStore, read: Callable[[], bytes]) -> Company:
    keyring = LocalKeyring.in_memory()
    keys = Keys(TENANT, store=store, provider=keyring)
    people = [SubjectRef.mint() for _ in range(PEOPLE)]
    cells: dict[bytes, tuple[Place, bytes]] = {}
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
        cells[key.kid] = place, seal(key, place, VALUE)
    rows = {row.kid: row for row in store.rows(TENANT, subjects=people)}
    return Company(keys, Thief(keyring, cells, rows, store.epochs(TENANT, KeyUse.WRAP)), read)


@pytest.fixture
def sqlite_company(tmp_path: Path) -> Iterator[Company]:
    """The company on SQLite, with its write-ahead log."""
    engine = open_database(f"sqlite:///{tmp_path / 'keys.db'}")
    yield found_company(SqlKeyStore(engine), lambda: every_byte(tmp_path))
    engine.dispose()


@pytest.fixture
def postgres_company(program: Mapping[str, Path]) -> Iterator[Company]:
    """The company on a Postgres of its own, with all that the server keeps: tables, indexes, the log and the rest."""
    with run_postgres(program["postgres"]) as server:
        engine = open_database(server.create_database())
        # A page that was there before holds no key, and most of them are copies of one template.
        before = every_page(server)
        yield found_company(
            SqlKeyStore(engine), lambda: b"\x00".join(page for page in every_page(server) if page not in before)
        )
        engine.dispose()


def windows(raw: bytes, kid: bytes) -> Iterator[bytes]:
    """Whatever in the neighbourhood of a key id may be a wrapped key."""
    for start in every_place(raw, kid):
        near = raw[max(0, start - NEARBY) : start + NEARBY]
        yield from (near[at : at + 61] for at in every_place(near, b"\x01"))


def wrapped_of(row: KeyRow) -> bytes:
    assert row.wrapped is not None
    return row.wrapped


def every_byte(folder: Path) -> bytes:
    return b"\x00".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def every_page(server: PostgresServer) -> dict[bytes, None]:
    """Every page of 8 KiB of every file, once, in order."""
    with server.connect() as connection:
        connection.execute("CHECKPOINT")
    pages: dict[bytes, None] = {}
    for path in sorted(server.data_folder.rglob("*")):
        # The server may remove files of its own meanwhile.
        with suppress(FileNotFoundError, IsADirectoryError):
            raw = path.read_bytes()
            pages |= dict.fromkeys(raw[at : at + 8192] for at in range(0, len(raw), 8192))
    return pages


def every_place(raw: bytes, part: bytes) -> Iterator[int]:
    start = raw.find(part)
    while start >= 0:
        yield start
        start = raw.find(part, start + 1)


def test_on_sqlite_no_shredded_person_is_recovered(sqlite_company: Company) -> None:
    """With the live root key and every file (WAL on) a thief opens all 1,000 before, and none of the 100 after."""
    company = sqlite_company
    assert company.thief.carves(company.read(), [*company.shredded, *company.living]) == set(company.thief.rows)
    company.shred()
    raw = company.read()
    assert company.thief.sees(raw, company.shredded) == set()
    assert company.thief.opens(raw, company.shredded) == set()
    assert company.thief.carves(raw, company.living) == set(company.living)
    company.check_access()


def test_no_residue_of_a_rotation_stays_in_sqlite(sqlite_company: Company) -> None:
    """The wrapped keys of an epoch that ended are gone from the files, its tenant key too; everybody living opens."""
    company = sqlite_company
    company.shred()
    Custody(company.keys, wait=lambda _: None).rotate_tenant_key()
    raw = company.read()
    assert company.thief.sees(raw, company.shredded + company.living) == set()
    (epoch,) = company.thief.epochs
    assert epoch.wrapped is not None
    assert epoch.wrapped not in raw
    company.check_access()


def test_secure_delete_is_what_removes_the_residue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the thief opens shredded values: it is needed, and this way of looking would notice its loss."""
    monkeypatch.setitem(_database._SETTINGS, "secure_delete", ("OFF", 0))
    engine = open_database(f"sqlite:///{tmp_path / 'keys.db'}")
    company = found_company(SqlKeyStore(engine), lambda: every_byte(tmp_path))
    company.shred()
    assert company.thief.opens(company.read(), company.shredded)
    engine.dispose()


def test_the_checkpoint_is_what_removes_the_residue(sqlite_company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does secure_delete alone suffice: the write-ahead log, and the file behind it, hold the former pages."""
    monkeypatch.setattr(_keys, "settle", lambda _: True)
    sqlite_company.shred()
    raw = sqlite_company.read()
    assert sqlite_company.thief.opens(raw, sqlite_company.shredded) == set(sqlite_company.shredded)


def test_a_copy_of_the_key_store_opens_nothing_once_its_epoch_is_destroyed(
    sqlite_company: Company, tmp_path: Path
) -> None:
    """A backup made before the shredding is beyond anybody's eraser; the end of the epoch reaches it."""
    company = sqlite_company
    backup = tmp_path / "backup"
    backup.mkdir()
    with sqlite3.connect(tmp_path / "keys.db") as source, sqlite3.connect(backup / "keys.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    copied = every_byte(backup)
    company.shred()
    assert company.thief.opens(copied, company.shredded) == set(company.shredded)
    Custody(company.keys, wait=lambda _: None).rotate_tenant_key()
    assert company.thief.opens(copied, [*company.shredded, *company.living]) == set()
    company.check_access()
    restored = open_database(f"sqlite:///{backup / 'keys.db'}")
    keys = Keys(TENANT, store=SqlKeyStore(restored), provider=company.keys.provider)
    for kid in company.shredded + company.living:
        with pytest.raises((DecryptionError, SystemicFailure)):
            keys.open(*company.thief.cells[kid])
    restored.dispose()


@pytest.mark.needs("postgres")
def test_on_postgres_shredding_holds_when_the_epoch_ends(postgres_company: Company) -> None:
    """Dead rows and the log still give up shredded keys; after the documented steps what is left of them opens nothing.

    The steps are those of `docs/spec/keys.md`: a new epoch, the living keys rewrapped, the old one's object destroyed.
    """
    company = postgres_company
    company.shred()
    company.check_access()
    raw = company.read()
    # Not always all: the log writes a header of its own into the midst of some.
    assert len(company.thief.carves(raw, company.shredded)) > SHREDDED // 2
    Custody(company.keys, wait=lambda _: None).rotate_tenant_key()
    raw = company.read()
    assert company.thief.sees(raw, company.shredded)
    thief = Thief(company.thief.keyring, company.thief.cells, company.thief.rows, every_epoch(company))
    assert thief.opens(raw, company.shredded) == set()
    assert thief.opens(raw, company.living[:SHREDDED]) == set(company.living[:SHREDDED])
    company.check_access()


def every_epoch(company: Company) -> list[Epoch]:
    """Those known before, and those that began since: the thief is told of every tenant key there ever was."""
    began = [each for each in company.keys.store.epochs(TENANT, KeyUse.WRAP) if each.wrapped is not None]
    return [*company.thief.epochs, *began]
