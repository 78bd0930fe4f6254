"""SqlCells: every cell is sealed anew page by page, by compare and swap; what is killed in between loses nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import Privacy
from sectorprivacy.encryption import BlindIndex, Custody, KeyUse, LocalKeyring, Place, Sealed
from sectorprivacy.errors import InvalidDeclaration, NoPrivacy
from sectorprivacy.integrations.sqlalchemy import SqlCells, SqlStore, find_by, insert_sealed, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import using
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT},
    uses=[C.NAME, C.TELEPHONE],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving])


SECRET = bytes(range(32))


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="test.customer", key="number")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str], Personal(C.NAME, index=BlindIndex("casefold-1", distinct=50_000))]]
    telephone: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE)]]


@personal(id="test.visit", key=("place", "count"), row_version="version")
class Visit(Base):
    __tablename__ = "visit"
    place: Mapped[Annotated[UUID, NotPersonal("key of a place")]] = mapped_column(primary_key=True)
    count: Mapped[Annotated[int, NotPersonal("number of the visit")]] = mapped_column(primary_key=True)
    customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]
    remark: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]
    version: Mapped[Annotated[int, NotPersonal("version of the row")]] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Service:
    """One service with its files in a folder, as a process finds them when it starts."""

    def __init__(self, folder: Path, *, later: timedelta = timedelta()) -> None:
        keyring = folder / "keyring"
        self.store = SqlStore(f"sqlite:///{folder / 'privacy.db'}")
        self.engine = open_database(f"sqlite:///{folder / 'data.db'}")
        Base.metadata.create_all(self.engine)
        opens = LocalKeyring.open if keyring.exists() else LocalKeyring.create
        self.privacy = Privacy(
            policy,
            models=[Customer, Visit],
            keys=opens(keyring, SECRET),
            store=self.store,
            now=lambda: datetime.now(UTC) + later,
        )
        self.cells = SqlCells(sessionmaker(self.engine), [Customer, Visit])

    def rotate(self) -> int:
        """Seal everything under new keys; how many cells were."""
        custody = Custody(self.privacy.gate.keys, cells=[self.cells], wait=lambda _: None)
        with self.privacy:
            return custody.rotate_subject_keys().changed

    def values(self) -> list[str]:
        with self.privacy, Session(self.engine) as session:
            customers = session.scalars(select(Customer).order_by(Customer.number)).all()
            visits = session.scalars(select(Visit).order_by(Visit.count)).all()
            with using(serving, [customers, visits]):
                return [each.name.open() for each in customers] + [each.remark.open() for each in visits]

    def close(self) -> None:
        self.engine.dispose()
        self.store.close()


EXPECTED = [f"Kari {each}" for each in range(100, 130)] + [f"visit {each}" for each in range(-3, 3)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    with service.privacy, Session(service.engine) as session:
        people = [{"number": str(each), "name": f"Kari {each}"} for each in range(100, 130)]
        insert_sealed(session, Customer, people)
        visits = [
            {"place": UUID(int=7), "count": each, "customer": "100", "remark": f"visit {each}"} for each in range(-3, 3)
        ]
        insert_sealed(session, Visit, visits)
        session.commit()
    yield service
    service.close()


def again(place: Place, cell: bytes) -> bytes:
    """Seals nothing: for tests that only look at what is asked for."""
    return cell


def cells(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {row.number: row.name for row in connection.execute(text("SELECT number, name FROM customer"))}


def test_everything_is_sealed_under_new_keys(service: Service):
    """A rotation leaves no cell under an old key, and every value opens."""
    before = cells(service.engine)
    assert service.rotate() == 36
    after = cells(service.engine)
    assert all(before[number][:28] != after[number][:28] for number in before)
    assert service.values() == EXPECTED


def test_pages_come_to_an_end(service: Service):
    """Pages follow the primary key over all models, and each row is seen once."""
    after, seen = None, []
    with service.privacy:
        while True:
            page = service.cells.reseal(lambda _: False, again, after, 7)
            seen.append(page.seen)
            after = page.after
            if after is None:
                break
    assert sum(seen) == 36
    assert max(seen) == 7


def test_a_cell_that_changed_meanwhile_is_left_alone(service: Service):
    """Of a sweep and a writer the writer wins, and the sweep says that it lost one."""

    def while_another_writes(place: Place, cell: bytes) -> bytes:
        if place.record is not None and place.record.parts == ("100",):
            with Session(service.engine) as other:
                other.get_one(Customer, "100").name = Sealed.of("Kari Nordmann")
                other.commit()
        return cell

    with service.privacy:
        page = service.cells.reseal(lambda _: True, while_another_writes, None, 5)
    assert (page.seen, page.resealed, page.lost) == (5, 4, 1)
    assert service.values()[0] == "Kari Nordmann"


def test_only_stale_cells_are_touched(service: Service, statements: Any):
    """Cells under other keys are neither opened nor written."""
    with service.privacy, statements() as seen:
        page = service.cells.reseal(lambda _: False, again, None, 100)
    assert (page.seen, page.resealed) == (30, 0)
    assert not any(each.startswith("UPDATE") for each in seen)


def test_what_was_never_sealed_is_passed_over(service: Service):
    """A field that is being migrated may hold text that is no cell; a sweep neither counts nor touches it."""
    with service.engine.begin() as connection:
        connection.execute(text("UPDATE customer SET name = 'in the clear' WHERE number = '100'"))
    with service.privacy:
        page = service.cells.reseal(lambda _: True, again, None, 30)
    assert (page.seen, page.resealed) == (30, 29)
    assert sum(service.cells.left(lambda _: True).values()) == 35


def test_cells_are_counted_by_key(service: Service):
    """What is left under a key is the proof of a rotation."""
    keys = service.privacy.gate.keys
    owner = service.privacy.subjects.ref("customer_number", "100")
    (row,) = keys.store.rows(keys.tenant, subjects=[owner])
    assert service.cells.left({row.kid}.__contains__) == {row.kid: 7}
    assert service.cells.left(lambda _: False) == {}


def test_values_are_found_under_a_new_index_key(service: Service, tmp_path: Path):
    """A rotation of the index key computes every token anew; afterwards the old key is gone."""
    before = tokens(service.engine)
    service.privacy.gate.keys.tenant_keys.begin(KeyUse.INDEX)
    later = Service(tmp_path, later=timedelta(hours=1))  # when every process knows the new key
    with later.privacy, Session(later.engine) as session:
        Custody(later.privacy.gate.keys, cells=[later.cells], wait=lambda _: None).rotate_index_key()
        assert [each.number for each in find_by(session, Customer.name, "KARI 117")] == ["117"]
    assert sum(one == other for one, other in zip(before, tokens(later.engine), strict=True)) < 3
    later.close()


def tokens(engine: Engine) -> list[bytes]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT name_token FROM customer ORDER BY number")).scalars())


def test_the_token_of_an_erased_value_goes(service: Service, tmp_path: Path):
    """What is erased is not sealed again, and no token tells what it was."""
    keys = service.privacy.gate.keys
    keys.shred(service.privacy.subjects.ref("customer_number", "101"))
    keys.tenant_keys.begin(KeyUse.INDEX)
    later = Service(tmp_path, later=timedelta(hours=1))
    with later.privacy:
        Custody(later.privacy.gate.keys, cells=[later.cells], wait=lambda _: None).rotate_index_key()
    later.close()
    assert [each is None for each in tokens(service.engine)[:3]] == [False, True, False]


def test_tokens_are_counted(service: Service):
    """How often each token occurs is all that a report of leakage needs, and all that a thief of the column sees."""
    assert service.cells.holds == ["test.customer", "test.visit"]
    counts = service.cells.token_counts()
    assert counts.keys() == {"test.customer.name"}
    assert sum(counts["test.customer.name"].values()) == 30


@pytest.mark.parametrize("after", ["", "no page", "[7, null]", "[0, 1]", '[0, [["x", "1"]]]', '[0, [["i", "x"]]]'])
def test_a_page_begins_where_one_ended(service: Service, after: str):
    """What no page said is refused."""
    with service.privacy, pytest.raises(InvalidDeclaration):
        service.cells.reseal(lambda _: False, again, after, 7)


def test_without_privacy_nothing_is_sealed(service: Service):
    """Outside `with privacy:` there is no key."""
    with pytest.raises(NoPrivacy):
        service.cells.reseal(lambda _: True, again, None, 7)


DIES = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlalchemy import event
sys.path.insert(0, sys.argv[3])
import test_reseal
service = test_reseal.Service(Path(sys.argv[1]))
left = int(sys.argv[2])
def count(connection, cursor, statement, *rest):
    global left
    if statement.startswith("UPDATE"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
event.listen(service.engine, "before_cursor_execute", count)
service.rotate()
"""


@pytest.mark.parametrize("updates", [0, 1, 17, 29, 30, 35])
def test_a_killed_rotation_loses_nothing(service: Service, tmp_path: Path, updates: int):
    """Killed at any write, every value opens under its old key or its new one, and a second run completes."""
    service.close()
    child = subprocess.run(
        [sys.executable, "-c", DIES, str(tmp_path), str(updates), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    service = Service(tmp_path)
    try:
        assert service.values() == EXPECTED
        service.rotate()
        assert service.values() == EXPECTED
    finally:
        service.close()
