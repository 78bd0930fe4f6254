"""Row versions: with one, an older cell that is put back does not open; without one it does."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, KeyErased, ValueNotSealable
from sectorprivacy.integrations.sqlalchemy import insert_sealed, open_database, protect
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


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="test.versioned", key="number", row_version="version")
class Versioned(Base):
    __tablename__ = "versioned"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str] | None, Personal(C.NAME)]]
    telephone: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE, retention_class="marketing")]] = (
        mapped_column(deferred=True)
    )
    plan: Mapped[Annotated[str | None, NotPersonal("what is sold")]]
    version: Mapped[Annotated[int, NotPersonal("version of the row")]] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


@personal(id="test.unversioned", key="number")
class Unversioned(Base):
    __tablename__ = "unversioned"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]


@personal(id="test.unguarded", key="number", row_version="version")
class Unguarded(Base):
    __tablename__ = "unguarded"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]
    version: Mapped[Annotated[int, NotPersonal("version of the row")]]


@pytest.fixture
def start() -> Callable[[], Privacy]:
    keyring, store = LocalKeyring.in_memory(), MemoryStore()
    return lambda: Privacy(policy, models=[Versioned, Unversioned, Unguarded], keys=keyring, store=store)


@pytest.fixture
def privacy(start: Callable[[], Privacy]) -> Privacy:
    return start()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'data.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine, privacy: Privacy) -> Iterator[Session]:
    with privacy, Session(engine) as session:
        yield session


def stored(session: Session, column: str, table: str = "versioned") -> str:
    return str(session.execute(text(f"SELECT {column} FROM {table}")).scalar_one())


def opened(row: Versioned) -> list[str | None]:
    with using(serving, row):
        return [None if each is None else each.open() for each in (row.name, row.telephone)]


@pytest.fixture
def row(session: Session) -> Versioned:
    row = Versioned(number="1", name=Sealed.of("Kari"), telephone=Sealed.of("41000001"))
    session.add(row)
    session.commit()
    return row


def put_back(session: Session, column: str, cell: str, table: str = "versioned") -> None:
    session.execute(text(f"UPDATE {table} SET {column} = :cell"), {"cell": cell})
    session.expire_all()


def test_a_cell_of_an_older_version_does_not_open(session: Session, row: Versioned):
    """Whoever writes to the database cannot bring a former value back (T03)."""
    before = stored(session, "name")
    row.name = Sealed.of("Kari Nordmann")
    session.commit()
    put_back(session, "name", before)
    rolled_back = row.name
    assert rolled_back is not None
    with using(serving, row), pytest.raises(DecryptionError):
        rolled_back.open()


def test_without_a_version_an_older_cell_opens(session: Session):
    """What authenticated encryption cannot see: a cell that stood in this very place before."""
    session.add(row := Unversioned(number="1", name=Sealed.of("Kari")))
    session.commit()
    before = stored(session, "name", "unversioned")
    row.name = Sealed.of("Kari Nordmann")
    session.commit()
    put_back(session, "name", before, "unversioned")
    with using(serving, row):
        assert row.name.open() == "Kari"


def test_every_change_of_a_row_seals_all_of_it(session: Session, row: Versioned):
    """Also where what changes is not sealed: the cells of one row are of one version."""
    cells = stored(session, "name"), stored(session, "telephone")
    row.plan = "standard"
    session.commit()
    assert row.version == 2
    assert stored(session, "name") != cells[0]
    assert stored(session, "telephone") != cells[1]
    assert opened(row) == ["Kari", "41000001"]


def test_a_flush_without_a_change_leaves_the_version(session: Session, row: Versioned):
    """What did not change is not written."""
    row.plan = row.plan
    session.commit()
    assert row.version == 1


def test_a_deferred_column_is_sealed_again_too(engine: Engine, start: Callable[[], Privacy], row: Versioned):
    """What was not loaded would be lost with its version, so it is loaded; caches are empty here."""
    with start(), Session(engine) as other:
        again = other.get_one(Versioned, "1")
        again.name = None
        other.commit()
        assert opened(again) == [None, "41000001"]


def test_an_erased_cell_stays_erased(session: Session, row: Versioned, privacy: Privacy):
    """A value whose key was destroyed does not hold up the others, and still says that it was erased."""
    privacy.gate.keys.shred(privacy.subjects.ref("customer_number", "1"), ["marketing"])
    row.plan = "standard"
    session.commit()
    telephone = row.telephone
    assert telephone is not None
    with using(serving, row), pytest.raises(KeyErased):
        telephone.open()


def test_of_two_writers_the_later_is_refused(engine: Engine, session: Session, row: Versioned):
    """A writer who did not see a change would put back the values from before it."""
    assert row.version == 1
    with Session(engine) as other:
        other.get_one(Versioned, "1").name = Sealed.of("Kari Nordmann")
        other.commit()
    row.telephone = Sealed.of("41999999")
    with pytest.raises(StaleDataError):
        session.commit()


def test_a_version_that_nobody_guards_is_refused(session: Session):
    """Without version_id_col, two writers at once would write the same version."""
    session.add(Unguarded(number="1", name=Sealed.of("Kari")))
    with pytest.raises(InvalidDeclaration):
        session.flush()


def test_a_statement_cannot_set_the_version(session: Session, row: Versioned):
    """A version that changes without its cells would close them."""
    with pytest.raises(ValueNotSealable):
        session.execute(update(Versioned).values(version=7))
    session.execute(update(Versioned).values(plan="standard"))
    session.expire_all()
    assert opened(row) == ["Kari", "41000001"]


def test_many_rows_begin_with_the_first_version(session: Session):
    """Rows that are inserted in bulk can be changed like any other."""
    insert_sealed(session, Versioned, [{"number": str(each), "name": f"Kari {each}"} for each in range(3)])
    rows = session.scalars(select(Versioned).order_by(Versioned.number)).all()
    rows[0].name = Sealed.of("Ola")
    session.commit()
    assert [opened(each)[0] for each in rows] == ["Ola", "Kari 1", "Kari 2"]
    assert [each.version for each in rows] == [2, 1, 1]
