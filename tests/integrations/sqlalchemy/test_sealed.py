"""Sealed columns: what is written is sealed for its row, what is read opens for a purpose, nothing goes around it."""

import copy
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Optional
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.orm.attributes import flag_modified

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, mark, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, MemoryKeyStore, Sealed
from sectorprivacy.errors import (
    DecryptionError,
    KeyErased,
    NoPrivacy,
    NoPurpose,
    NotSealed,
    PersonErased,
    ValueNotSealable,
)
from sectorprivacy.integrations.sqlalchemy import SqlCells, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import using
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT},
    uses=[C.NATIONAL_ID, C.TELEPHONE, C.NAME],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving])
NATIONAL_ID, TELEPHONE = "01017012345", "41000001"


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="test.customer", key="number")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    national_id: Mapped[Annotated[Sealed[str], Personal(C.NATIONAL_ID)]]
    telephone: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE)]]


@personal(id="test.note")
class Note(Base):
    __tablename__ = "note"
    id: Mapped[Annotated[int, NotPersonal("row key")]] = mapped_column(primary_key=True)
    customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]
    born: Mapped[Annotated[Sealed[date] | None, Personal(C.NAME)]]
    paid: Mapped[Annotated[Sealed[Decimal] | None, Personal(C.NAME)]]
    at: Mapped[Annotated[Sealed[datetime] | None, Personal(C.NAME)]]
    more: Mapped[Annotated[Sealed[dict[str, Any]] | None, Personal(C.NAME)]]


class Named:
    """A mixin that brings a sealed column."""

    name: Mapped[Annotated[Sealed[str] | None, Personal(C.NAME)]]


@personal(id="test.person", key="key", not_personal={"sort": "which class it is", "short": "read from a sealed value"})
class Person(Named, Base):
    __tablename__ = "person"
    key: Mapped[Annotated[UUID, NotPersonal("row key")]] = mapped_column(primary_key=True)
    customer: Mapped[Annotated[str | None, SubjectId("customer_number", role="customer")]]
    sort: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "sort", "polymorphic_identity": "person"}  # noqa: RUF012

    @hybrid_property
    def short(self) -> str:
        return "" if self.name is None else self.name.open()[:4]


@personal(id="test.payer", key="key", not_personal={"sort": "which class it is", "short": "read from a sealed value"})
class Payer(Person):
    account: Mapped[Annotated[Sealed[str] | None, Personal(C.NAME)]]
    __mapper_args__ = {"polymorphic_identity": "payer"}  # noqa: RUF012


class Foreign(Base):
    __tablename__ = "foreign_model"
    place: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    old: Mapped[Optional[Sealed[str]]]  # noqa: UP045
    plan: Mapped[str | None]


mark(
    Foreign,
    id="test.foreign",
    key=("place", "position"),
    fields={
        "customer": SubjectId("customer_number", role="customer"),
        "old": Personal(C.NAME, plaintext_until=date(2026, 6, 30)),
    },
    not_personal={"place": "row key", "position": "row key", "plan": "what is sold"},
)

MODELS: list[type] = [Customer, Note, Person, Payer, Foreign]
TODAY = [datetime(2026, 6, 1, tzinfo=UTC)]


class CountingKeys(MemoryKeyStore):
    def __init__(self) -> None:
        super().__init__()
        self.queries = 0

    def rows(self, *args: Any, **kwargs: Any) -> Any:
        self.queries += 1
        return super().rows(*args, **kwargs)


@pytest.fixture
def keys() -> CountingKeys:
    return CountingKeys()


@pytest.fixture
def start(keys: CountingKeys) -> Callable[[], Privacy]:
    """Starts the application: each time with the same keyring and stores, and nothing in its caches."""
    keyring, store = LocalKeyring.in_memory(), MemoryStore(keys=keys)
    return lambda: Privacy(policy, models=MODELS, keys=keyring, store=store, now=lambda: TODAY[0])


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


def kari(**fields: Any) -> Customer:
    return Customer(number="100001", **{"national_id": Sealed.of(NATIONAL_ID), **fields})


def stored(session: Session, column: str = "national_id", number: str = "100001") -> str | None:
    return session.execute(text(f"SELECT {column} FROM customer WHERE number = '{number}'")).scalar_one()


def test_a_flush_seals(session: Session):
    """The column holds a cell, the attribute a value that shows itself to a purpose alone."""
    session.add(customer := kari())
    session.commit()
    assert (stored(session) or "").startswith("sp1.")
    with pytest.raises(NoPurpose):
        customer.national_id.open()
    with using(serving, customer):
        assert customer.national_id.open() == NATIONAL_ID


def test_an_empty_field_stays_empty(session: Session):
    """NULL is no secret: it is stored and read as it is, and may be filled and emptied again."""
    session.add(customer := kari())
    session.commit()
    assert customer.telephone is None
    customer.telephone = Sealed.of(TELEPHONE)
    session.commit()
    assert stored(session, "telephone") is not None
    customer.telephone = None
    session.commit()
    assert stored(session, "telephone") is None


def test_an_update_seals_anew(session: Session):
    """Another value is another cell; what did not change is not written again."""
    session.add(customer := kari(telephone=Sealed.of(TELEPHONE)))
    session.commit()
    before = stored(session), stored(session, "telephone")
    customer.telephone = Sealed.of("41999999")
    session.commit()
    assert stored(session) == before[0]
    assert stored(session, "telephone") != before[1]
    session.refresh(customer)
    telephone = customer.telephone
    assert telephone is not None
    with using(serving, customer):
        assert telephone.open() == "41999999"


def test_a_merge_keeps_what_is_sealed(session: Session, engine: Engine):
    """An object that was loaded elsewhere is merged without being opened."""
    session.add(kari())
    session.commit()
    with Session(engine) as other:
        loaded = other.get_one(Customer, "100001")
        loaded.national_id  # noqa: B018  (loads it)
    merged = session.merge(loaded)
    session.commit()
    with using(serving, merged):
        assert merged.national_id.open() == NATIONAL_ID


@pytest.mark.parametrize("value", [NATIONAL_ID, 41000001, b"unusual bytes"])
def test_a_plain_value_is_refused_at_once(session: Session, value: Any):
    """Whoever forgets to seal learns it where they forgot, and the refusal quotes nothing."""
    customer = kari()
    with pytest.raises(ValueNotSealable) as refusal:
        customer.national_id = value
    assert str(value) not in str(refusal.value)


def test_bulk_statements_let_nothing_through(session: Session):
    """What goes around the objects goes around the sealing; the column takes sealed cells alone, and quotes nothing."""
    for statement in (
        insert(Customer).values(number="1", national_id=NATIONAL_ID),
        insert(Customer).values(number="1", national_id=Sealed.of(NATIONAL_ID)),
        update(Customer).values(national_id=NATIONAL_ID),
    ):
        with pytest.raises((ValueNotSealable, StatementError)) as refusal:
            session.execute(statement)
        assert NATIONAL_ID not in str(refusal.value)
        session.rollback()
    with pytest.raises((ValueNotSealable, StatementError)):
        session.execute(insert(Customer), [{"number": "1", "national_id": NATIONAL_ID}])
    session.rollback()
    assert session.execute(text("SELECT count(*) FROM customer")).scalar_one() == 0


def test_a_bulk_insert_of_sealed_values_is_fine(session: Session, privacy: Privacy):
    """The fast path: cells sealed for their rows go in by one statement and open like any other."""
    rows = []
    for number in ("100001", "100002"):
        row = privacy.row(Customer, privacy.subjects.ref("customer_number", number), number)
        rows.append({"number": number, "national_id": row.sealed("national_id", NATIONAL_ID)})
    session.execute(insert(Customer), rows)
    customers = session.scalars(select(Customer)).all()
    with using(serving, customers):
        assert [each.national_id.open() for each in customers] == [NATIONAL_ID, NATIONAL_ID]


def test_a_cell_of_another_row_is_refused(session: Session):
    """A value that was sealed for one person is not carried into another's row, by object or by SQL."""
    session.add_all([kari(), ola := Customer(number="100002", national_id=Sealed.of("02027012345"))])
    session.commit()
    ola.national_id = session.get_one(Customer, "100001").national_id
    with pytest.raises(ValueNotSealable):
        session.commit()
    session.rollback()
    session.execute(
        text("UPDATE customer SET national_id = (SELECT national_id FROM customer WHERE number = '100001')")
    )
    session.expire_all()
    with using(serving, [ola, session.get_one(Customer, "100001")]), pytest.raises(DecryptionError):
        ola.national_id.open()


def test_loading_asks_for_no_key(session: Session, keys: CountingKeys, start: Callable[[], Privacy]):
    """Rows that nobody opens cost no query for keys, and a page that is opened costs one."""
    session.add_all(
        [Customer(number=str(number), national_id=Sealed.of(NATIONAL_ID)) for number in range(100000, 100050)]
    )
    session.commit()
    session.expire_all()
    with start():
        keys.queries = 0
        loaded = session.scalars(select(Customer)).all()
        values = [each.national_id for each in loaded]
        assert all(each.is_stored for each in values)
        assert keys.queries == 0
        with using(serving, loaded) as purpose:
            purpose.prefetch(values)
            assert [each.open() for each in values] == [NATIONAL_ID] * 50
        assert keys.queries == 1


def test_without_privacy_nothing_is_written(engine: Engine):
    """Outside `with privacy:` there is no key, so nothing is stored, least of all in the clear."""
    with Session(engine) as session:
        session.add(kari())
        with pytest.raises(NoPrivacy):
            session.commit()


def test_an_erased_person_is_not_written(session: Session, privacy: Privacy):
    """Nothing is sealed again for somebody who was erased here."""
    ref = privacy.subjects.ref("customer_number", "100001")
    privacy.subjects.erase([ref], [("customer_number", "100001")])
    session.add(kari())
    with pytest.raises(PersonErased):
        session.commit()


def test_a_shredded_value_does_not_open(session: Session, privacy: Privacy):
    """Once the key is destroyed the row may stay: its value is gone."""
    session.add(customer := kari())
    session.commit()
    privacy.gate.keys.shred(privacy.subjects.ref("customer_number", "100001"))
    with using(serving, customer), pytest.raises(KeyErased):
        customer.national_id.open()


def test_every_sort_of_value_comes_back_as_it_was(session: Session):
    """The annotation says how a value is sealed; a row whose key the database assigns is bound to its person."""
    values: dict[str, Any] = {
        "born": date(1970, 1, 1),
        "paid": Decimal("199.00"),
        "at": datetime(2026, 5, 20, 8, tzinfo=UTC),
        "more": {"a": [1, None, "x"]},
    }
    session.add(note := Note(customer="100001", **{name: Sealed.of(value) for name, value in values.items()}))
    session.commit()
    with using(serving, note):
        assert {name: getattr(note, name).open() for name in values} == values


def test_objects_show_and_give_away_nothing(session: Session):
    """A row in a log line, a pickle or a copy discloses nothing."""
    session.add(customer := kari())
    session.commit()
    assert NATIONAL_ID not in f"{customer!r} {customer} {customer.national_id!r}"
    sealed = customer.national_id
    assert copy.deepcopy(sealed) is sealed
    with pytest.raises(TypeError):
        pickle.dumps(sealed)


def test_a_copy_says_the_way_out(session: Session):
    """A value is carried to another row by opening it for a purpose and giving it to that row anew."""
    session.add_all([kari(), ola := Customer(number="100002", national_id=Sealed.of("02027012345"))])
    session.commit()
    other = session.get_one(Customer, "100001")
    ola.telephone = other.national_id
    with pytest.raises(ValueNotSealable) as refusal:
        session.flush()
    assert "open it and give Sealed.of(value)" in str(refusal.value)
    session.rollback()
    with using(serving, other):
        ola.telephone = Sealed.of(other.national_id.open())
    session.commit()
    telephone = ola.telephone
    assert telephone is not None
    with using(serving, ola):
        assert telephone.open() == NATIONAL_ID


@pytest.mark.parametrize("loaded", [True, False])
@pytest.mark.parametrize("attribute", ["key", "customer"])
def test_a_row_does_not_move_away_from_its_cells(session: Session, attribute: str, loaded: bool):
    """With another key or owner its values would open for nobody: they have to be given anew."""
    session.add(person := Person(key=UUID(int=1), customer="100001", name=Sealed.of("Kari")))
    session.commit()
    if loaded:
        person.name  # noqa: B018  (loads it)
    moved = {"key": UUID(int=2), "customer": "100002"}
    setattr(person, attribute, moved[attribute])
    with pytest.raises(ValueNotSealable):
        session.flush()
    session.rollback()
    setattr(person, attribute, moved[attribute])
    person.name = Sealed.of("Kari")
    session.commit()
    with using(serving, person):
        assert person.short == "Kari"


def test_an_empty_row_may_move(session: Session):
    """Where nothing is sealed, nothing holds the row in its place."""
    session.add(person := Person(key=UUID(int=1), customer="100001"))
    session.commit()
    assert person.name is None
    person.customer = "100002"
    session.commit()


def test_every_class_of_a_table_is_sealed(session: Session):
    """Single-table inheritance, columns from a mixin, and keys that are UUIDs."""
    session.add(payer := Payer(key=UUID(int=1), customer="100001", name=Sealed.of("Kari"), account=Sealed.of("12345")))
    session.commit()
    session.expunge_all()
    (payer,) = session.scalars(select(Payer)).all()
    account = payer.account
    assert account is not None
    with using(serving, payer):
        assert (payer.short, account.open()) == ("Kari", "12345")


def test_marks_from_outside_and_composite_keys(session: Session):
    """A model that is marked from outside is sealed like any other, whatever spelling its annotation has."""
    session.add(row := Foreign(place="Oslo", position=-1, customer="100001", old=Sealed.of("Kari")))
    session.commit()
    old = row.old
    assert old is not None
    with using(serving, row):
        assert old.open() == "Kari"


@pytest.fixture
def unsealed(session: Session, privacy: Privacy) -> Iterator[Foreign]:
    privacy.enrol([("customer_number", "100001")])  # a scope covers nobody who is not known
    session.execute(text("INSERT INTO foreign_model VALUES ('Oslo', 1, '100001', 'Kari Nordmann', NULL)"))
    session.commit()
    yield session.get_one(Foreign, ("Oslo", 1))
    TODAY[0] = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_value_in_the_clear_is_read_while_it_is_migrated(session: Session, unsealed: Foreign, privacy: Privacy):
    """Until the declared day it opens through a scope, as a sealed one does, and is counted."""
    assert "Kari" not in repr(unsealed.old)
    old = unsealed.old
    assert old is not None
    with pytest.raises(NoPurpose):
        old.open()
    with using(serving, unsealed):
        assert old.open() == "Kari Nordmann"
    assert privacy.gate.keys.plaintext_reads["test.foreign.old"] >= 1


@pytest.mark.parametrize("changed", ["plan", "old"])
def test_a_value_in_the_clear_is_written_back_sealed(session: Session, unsealed: Foreign, changed: str):
    """Whichever column of its row changes, or where it is given back as it is."""
    session.refresh(unsealed)
    setattr(unsealed, changed, getattr(unsealed, changed) or "standard")
    session.commit()
    assert session.execute(text("SELECT old FROM foreign_model")).scalar_one().startswith("sp1.")
    old = unsealed.old
    assert old is not None
    with using(serving, unsealed):
        assert old.open() == "Kari Nordmann"


def test_values_in_the_clear_are_counted(engine: Engine, session: Session, unsealed: Foreign):
    """How far a migration is, of the fields that are being migrated alone."""
    cells = SqlCells(sessionmaker(engine), MODELS)
    assert cells.plaintext_counts() == {"test.foreign.old": 1}
    unsealed.old = Sealed.of("Kari Nordmann")
    session.commit()
    assert cells.plaintext_counts() == {"test.foreign.old": 0}


def test_after_the_day_a_value_in_the_clear_does_not_open(session: Session, unsealed: Foreign):
    """What somebody wrote without sealing is not taken for a value."""
    TODAY[0] = datetime(2026, 7, 1, tzinfo=UTC)
    old = unsealed.old
    assert old is not None
    with using(serving, unsealed), pytest.raises(NotSealed):
        old.open()


def test_text_that_is_no_cell_does_not_open(session: Session):
    """Strict by default: a column in the clear is somebody's mistake."""
    session.add(customer := kari())
    session.commit()
    session.execute(text("UPDATE customer SET national_id = 'in the clear'"))
    session.expire_all()
    with using(serving, customer), pytest.raises(NotSealed):
        customer.national_id.open()


def test_a_row_is_merged_into_a_session_that_does_not_have_it(session: Session, engine: Engine):
    """An object goes from session to session with its cells, also where the row changed or is gone meanwhile."""
    session.add(customer := kari())
    session.commit()
    assert customer.national_id is not None
    session.expunge(customer)
    with Session(engine) as other:
        other.get_one(Customer, "100001").national_id = Sealed.of("02027012345")
        other.commit()
    merged = session.merge(customer)
    session.commit()
    with using(serving, merged):
        assert merged.national_id.open() == NATIONAL_ID
    session.expunge(customer) if customer in session else None
    session.execute(text("DELETE FROM customer"))
    session.expunge_all()
    again = session.merge(customer)
    session.commit()
    with using(serving, again):
        assert again.national_id.open() == NATIONAL_ID


def test_a_merged_value_is_sealed(session: Session):
    """A new object may be merged as it may be added."""
    merged = session.merge(kari())
    session.commit()
    with using(serving, merged):
        assert merged.national_id.open() == NATIONAL_ID


def test_plain_text_that_was_put_past_the_attribute_is_refused(session: Session):
    """Whoever writes into the instance's dictionary stores nothing in the clear either."""
    session.add(customer := kari())
    session.commit()
    customer.national_id  # noqa: B018  (loads it)
    vars(customer)["national_id"] = NATIONAL_ID
    flag_modified(customer, "national_id")
    with pytest.raises((ValueNotSealable, NotSealed, DecryptionError)) as refusal:
        session.flush()
    assert NATIONAL_ID not in str(refusal.value)


def test_a_pickled_row_holds_no_value(session: Session):
    """A loaded row is pickled with its cells; one that still holds a value is not pickled at all."""
    session.add(customer := kari())
    session.commit()
    session.refresh(customer)
    again = pickle.loads(pickle.dumps(customer))
    assert NATIONAL_ID.encode() not in pickle.dumps(customer)
    with using(serving, again):
        assert again.national_id.open() == NATIONAL_ID
    with pytest.raises(TypeError):
        pickle.dumps(kari())


def test_columns_in_the_clear_need_no_privacy(engine: Engine, start: Callable[[], Privacy]):
    """Where nothing is sealed or opened, nothing is asked for."""
    with start(), Session(engine) as session:
        session.add(Person(key=UUID(int=1), customer=None))
        session.commit()
    with Session(engine) as session:
        session.add(Person(key=UUID(int=2), customer="100001"))
        session.commit()
        session.get_one(Person, UUID(int=2)).customer = None
        session.commit()
