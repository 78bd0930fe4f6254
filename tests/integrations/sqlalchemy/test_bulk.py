"""Many rows at once: insert_sealed in a fixed number of statements; everything else that writes in bulk is refused."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, ForeignKey, insert, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import Privacy
from sectorprivacy.encryption import BlindIndex, LocalKeyring, Sealed
from sectorprivacy.errors import InvalidDeclaration, PersonErased, ValueNotSealable
from sectorprivacy.integrations.sqlalchemy import SqlStore, find_by, insert_sealed, open_database, protect
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


@personal(id="test.customer", key="number")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str] | None, Personal(C.NAME)]]
    telephone: Mapped[
        Annotated[Sealed[str] | None, Personal(C.TELEPHONE, index=BlindIndex("digits-1", distinct=50_000))]
    ]


@personal(id="test.visit", key=("place", "count"))
class Visit(Base):
    __tablename__ = "visit"
    place: Mapped[Annotated[UUID, NotPersonal("key of a place")]] = mapped_column(primary_key=True)
    count: Mapped[Annotated[int, NotPersonal("number of the visit")]] = mapped_column(primary_key=True)
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer", via="customer.number")]] = (
        mapped_column(ForeignKey("customer.number"))
    )
    customer: Mapped[Customer] = relationship()
    remark: Mapped[Annotated[Sealed[str] | None, Personal(C.NAME)]]


@pytest.fixture
def privacy(tmp_path: Path) -> Iterator[Privacy]:
    store = SqlStore(f"sqlite:///{tmp_path / 'privacy.db'}")
    yield Privacy(policy, models=[Customer, Visit], keys=LocalKeyring.in_memory(), store=store)
    store.close()


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


def people(first: int, number: int) -> list[dict[str, Any]]:
    return [
        {"number": str(each), "name": f"Kari {each}", "telephone": f"{41_000_000 + each}"}
        for each in range(first, first + number)
    ]


def test_statements_do_not_grow_with_the_rows(session: Session, statements: Any):
    """A thousand people cost as many statements as ten: they are looked up, given keys and inserted together."""
    insert_sealed(session, Customer, people(0, 1))  # makes the tenant's keys
    with statements() as few:
        insert_sealed(session, Customer, people(100, 10))
    with statements() as many:
        insert_sealed(session, Customer, people(1000, 1000))
    assert len(many) == len(few)


def test_rows_open_and_are_found(session: Session):
    """What went in together opens row by row, and has its tokens."""
    insert_sealed(session, Customer, people(0, 20))
    customers = session.scalars(select(Customer)).all()
    with using(serving, customers):
        assert {each.name.open() for each in customers if each.name} == {f"Kari {each}" for each in range(20)}
    assert [each.number for each in find_by(session, Customer.telephone, "41000007")] == ["7"]


def test_add_all_is_a_fixed_number_of_statements_for_keys(session: Session, statements: Any):
    """Objects are sealed one by one, their owners and keys are asked for together."""

    def added(first: int, number: int) -> int:
        session.add_all([Customer(number=str(each), name=Sealed.of("Kari")) for each in range(first, first + number)])
        with statements() as seen:
            session.flush()
        return len(seen)

    added(0, 1)
    assert added(100, 5) == added(1000, 200)


def test_empty_and_held_values_are_taken(session: Session):
    """A row may leave a field out, hold None, or hold a value as an object would."""
    insert_sealed(session, Customer, [])
    insert_sealed(session, Customer, [{"number": "1"}, {"number": "2", "name": None}])
    insert_sealed(session, Customer, [{"number": "3", "name": Sealed.of("Kari")}])
    customers = session.scalars(select(Customer).order_by(Customer.number)).all()
    assert [each.name is None for each in customers] == [True, True, False]
    with using(serving, customers):
        assert customers[2].name is not None
        assert customers[2].name.open() == "Kari"


def test_a_row_reaches_its_owner_through_another(session: Session):
    """Where a relationship leads to the owner, the row that it leads to is given with the others."""
    insert_sealed(session, Customer, people(1, 1))
    customer = session.get_one(Customer, "1")
    rows = [{"place": UUID(int=1), "count": each, "number": "1", "remark": f"visit {each}"} for each in range(3)]
    with pytest.raises(InvalidDeclaration):
        insert_sealed(session, Visit, rows)
    insert_sealed(session, Visit, [{**row, "customer": customer} for row in rows])
    visits = session.scalars(select(Visit).order_by(Visit.count)).all()
    with using(serving, visits):
        assert [each.remark.open() for each in visits if each.remark] == ["visit 0", "visit 1", "visit 2"]


def test_a_row_does_not_move_to_another_owner_by_its_foreign_key(session: Session):
    """Also where the row that it leads to is not loaded."""
    insert_sealed(session, Customer, people(1, 2))
    customer = session.get_one(Customer, "1")
    visit = {"place": UUID(int=1), "count": 1, "number": "1", "remark": "visit", "customer": customer}
    insert_sealed(session, Visit, [visit])
    session.scalars(select(Visit)).one().number = "2"
    with pytest.raises(ValueNotSealable):
        session.flush()


def test_nothing_is_inserted_if_one_row_is_refused(session: Session, privacy: Privacy):
    """One value that cannot be sealed, or one person who was erased, refuses them all."""
    with pytest.raises(ValueNotSealable):
        insert_sealed(session, Customer, [*people(1, 3), {"number": "4", "name": "Kari", "telephone": "no digits"}])
    with pytest.raises(ValueNotSealable):
        insert_sealed(session, Customer, [*people(1, 3), {"number": "4", "name": 7}])
    privacy.subjects.erase([privacy.subjects.ref("customer_number", "4")], [("customer_number", "4")])
    with pytest.raises(PersonErased):
        insert_sealed(session, Customer, people(1, 9))
    assert session.execute(text("SELECT count(*) FROM customer")).scalar_one() == 0


def test_a_stored_value_is_not_inserted_again(session: Session):
    """A cell belongs to its row; the value has to be opened first."""
    insert_sealed(session, Customer, people(1, 1))
    name = session.get_one(Customer, "1").name
    with pytest.raises(ValueNotSealable):
        insert_sealed(session, Customer, [{"number": "2", "name": name}])


@pytest.fixture
def kari(session: Session) -> Customer:
    insert_sealed(session, Customer, people(1, 2))
    session.commit()
    return session.get_one(Customer, "1")


def of_kari(kari: Customer) -> Any:
    return kari.name


REFUSED: dict[str, Callable[[Session, Customer], Any]] = {
    "update, in the clear": lambda session, _: session.execute(update(Customer).values(name="Kari")),
    "update, held": lambda session, _: session.execute(update(Customer).values(name=Sealed.of("Kari"))),
    "update, stored": lambda session, kari: session.execute(update(Customer).values(name=of_kari(kari))),
    "update, by a column": lambda session, _: session.execute(update(Customer).values(name=Customer.telephone)),
    "update, by key": lambda session, kari: session.execute(update(Customer), [{"number": "2", "name": of_kari(kari)}]),
    "update of the key": lambda session, _: session.execute(
        update(Customer).where(Customer.number == "2").values(number="3")
    ),
    "insert, stored": lambda session, kari: session.execute(insert(Customer), [{"number": "3", "name": of_kari(kari)}]),
    "insert, values": lambda session, kari: session.execute(insert(Customer).values(number="3", name=of_kari(kari))),
    "insert, many values": lambda session, kari: session.execute(
        insert(Customer).values([{"number": "3", "name": of_kari(kari)}])
    ),
    "insert from select": lambda session, _: session.execute(
        insert(Customer).from_select(["number", "name"], select(Customer.number + "0", Customer.name))
    ),
    "table": lambda session, _: session.execute(update(Customer.metadata.tables["customer"]).values(name="Kari")),
    "bulk_save_objects": lambda session, _: session.bulk_save_objects([Customer(number="3", name=Sealed.of("Kari"))]),
    "bulk_insert_mappings": lambda session, _: session.bulk_insert_mappings(
        Customer.__mapper__, [{"number": "3", "name": "Kari"}]
    ),
    "bulk_update_mappings": lambda session, _: session.bulk_update_mappings(
        Customer.__mapper__, [{"number": "2", "name": Sealed.of("Kari")}]
    ),
}


@pytest.mark.parametrize("way", REFUSED)
def test_what_goes_around_the_rows_is_refused(session: Session, kari: Customer, way: str):
    """No statement writes what was not sealed for its rows, and the refusal quotes no value."""
    before = session.execute(text("SELECT number, name FROM customer ORDER BY number")).all()
    with pytest.raises(ValueNotSealable) as refusal:
        REFUSED[way](session, kari)
    assert "Kari" not in str(refusal.value)
    session.rollback()
    assert session.execute(text("SELECT number, name FROM customer ORDER BY number")).all() == before


def test_a_cell_without_its_token_is_refused(session: Session, privacy: Privacy):
    """A row that nobody finds is not written by the fast path either."""
    owner = privacy.subjects.ref("customer_number", "1")
    telephone = privacy.row(Customer, owner, "1").sealed("telephone", "41000001")
    with pytest.raises(ValueNotSealable):
        session.execute(insert(Customer), [{"number": "1", "telephone": telephone}])


def test_statements_on_other_columns_pass(session: Session, kari: Customer):
    """Only sealed columns, and what binds them, are looked at; clearing is always possible."""
    session.execute(update(Customer).values(name=None))
    session.execute(update(Visit).values(remark=None))
    session.expire_all()
    assert kari.name is None


def test_a_name_that_the_model_has_not_is_refused(session: Session) -> None:
    """A slip of the pen would otherwise lose the value without a word."""
    with pytest.raises(InvalidDeclaration, match="it has no nmae"):
        insert_sealed(session, Customer, [{"number": "1", "nmae": "Kari"}])
