"""Loading and opening pages of rows: nothing is asked before a value is opened, then once for the whole page."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from sqlalchemy import Engine, ForeignKey, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload

from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.app import Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.errors import DecryptionError, NoPurpose, SubjectNotCovered
from sectorprivacy.integrations.sqlalchemy import SqlStore, insert_sealed, open_database, protect
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


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="test.customer", key="number")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]
    telephone: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE)]] = mapped_column(deferred=True)
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")


@personal(id="test.order", not_personal={"id": "row key"})
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_number: Mapped[Annotated[str, SubjectId("customer_number", role="customer", via="customer.number")]] = (
        mapped_column(ForeignKey("customer.number"))
    )
    customer: Mapped[Customer] = relationship(back_populates="orders")
    remark: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore(f"sqlite:///{tmp_path / 'privacy.db'}")
    yield store
    store.close()


@pytest.fixture
def start(store: SqlStore) -> Callable[[], Privacy]:
    """Starts the application anew, with nothing in its caches."""
    keyring = LocalKeyring.in_memory()
    return lambda: Privacy(policy, models=[Customer, Order], keys=keyring, store=store)


@pytest.fixture
def engine(tmp_path: Path, start: Callable[[], Privacy]) -> Iterator[Engine]:
    """A thousand customers, each with an order."""
    engine = open_database(f"sqlite:///{tmp_path / 'data.db'}")
    Base.metadata.create_all(engine)
    numbers = [str(number) for number in range(100_000, 101_000)]
    with start(), Session(engine) as session:
        insert_sealed(
            session, Customer, [{"number": each, "name": f"Kari {each}", "telephone": "4"} for each in numbers]
        )
        orders = [
            {"customer": session.get(Customer, each), "customer_number": each, "remark": f"for {each}"}
            for each in numbers[:10]
        ]
        insert_sealed(session, Order, orders)
        session.commit()
    yield engine
    engine.dispose()


def asked_about(seen: list[str], table: str) -> int:
    return sum(f"FROM {table}" in statement for statement in seen)


def test_the_first_value_of_a_page_asks_for_all_of_it(engine: Engine, start: Callable[[], Privacy], statements: Any):
    """A thousand people on a page: one query for who they are, one for their keys, whoever opens how many of them."""
    with start(), Session(engine) as session:
        customers = session.scalars(select(Customer).order_by(Customer.number)).all()
        with using(serving, customers), statements() as seen:
            assert [each.name.open() for each in customers] == [f"Kari {each.number}" for each in customers]
    assert asked_about(seen, "sp_key") == 1
    assert asked_about(seen, "sp_subject") == 1
    assert asked_about(seen, "customer") == 0


def test_loading_and_reading_attributes_asks_nothing(engine: Engine, start: Callable[[], Privacy], statements: Any):
    """Until it is opened a value costs nothing: neither a key nor the question whose row it is."""
    with start(), Session(engine) as session:
        with statements() as seen:
            values = [each.name for each in session.scalars(select(Customer))]
        assert all(each.is_stored for each in values)
    assert len(seen) == 1


def test_what_is_loaded_later_is_asked_for_together(engine: Engine, start: Callable[[], Privacy], statements: Any):
    """Of two pages of one session, the second is one query again."""
    with start(), Session(engine) as session:
        first = session.scalars(select(Customer).order_by(Customer.number).limit(100)).all()
        with using(serving, first):
            assert first[0].name.open()
        second = session.scalars(select(Customer).order_by(Customer.number).offset(100).limit(100)).all()
        with using(serving, second), statements() as seen:
            assert all(each.name.open() for each in second)
    assert (asked_about(seen, "sp_key"), asked_about(seen, "sp_subject")) == (1, 1)


def test_a_refused_value_of_a_page_stays_closed(engine: Engine, start: Callable[[], Privacy]):
    """That the keys of a page are there opens nobody's value but those that the scope covers."""
    with start(), Session(engine) as session:
        first, second = session.scalars(select(Customer).order_by(Customer.number).limit(2)).all()
        with using(serving, first):
            assert first.name.open() == "Kari 100000"
            with pytest.raises(SubjectNotCovered):
                second.name.open()
        with pytest.raises(NoPurpose):
            first.name.open()


@pytest.mark.parametrize("option", [joinedload(Order.customer), selectinload(Order.customer)])
def test_related_rows_open(engine: Engine, start: Callable[[], Privacy], statements: Any, option: Any):
    """A row that reaches its owner through another opens for that owner, and a page of them is one query."""
    with start(), Session(engine) as session:
        orders = session.scalars(select(Order).options(option).order_by(Order.id)).all()
        with using(serving, orders), statements() as seen:
            assert [each.remark.open() for each in orders] == [f"for {each.customer_number}" for each in orders]
    assert asked_about(seen, "sp_key") == 1
    with start(), Session(engine) as session:
        customer = session.get_one(Customer, "100000")
        with using(serving, customer):
            assert [each.remark.open() for each in customer.orders] == ["for 100000"]


def test_a_deferred_column_opens(engine: Engine, start: Callable[[], Privacy]):
    """A column that is loaded later is sealed and opened like any other."""
    with start(), Session(engine) as session:
        customer = session.get_one(Customer, "100000")
        assert "telephone" not in customer.__dict__
        telephone = customer.telephone
        assert telephone is not None
        with using(serving, customer):
            assert telephone.open() == "4"


def test_a_refreshed_row_opens_as_it_is_now(engine: Engine, start: Callable[[], Privacy]):
    """refresh, expire and populate_existing give what the database holds now."""
    with start(), Session(engine) as session, Session(engine) as other:
        customer = session.get_one(Customer, "100000")
        changed = other.get_one(Customer, "100000")
        changed.name = Sealed.of("Kari Nordmann")
        other.commit()
        with using(serving, customer):
            assert customer.name.open() == "Kari 100000"
            session.get(Customer, "100000", populate_existing=True)
            assert customer.name.open() == "Kari Nordmann"
            changed.name = Sealed.of("Ola Nordmann")
            other.commit()
            session.refresh(customer)
            assert customer.name.open() == "Ola Nordmann"
            session.expire(customer)
            assert customer.name.open() == "Ola Nordmann"


def test_a_rolled_back_value_is_gone(engine: Engine, start: Callable[[], Privacy]):
    """After a rollback the attribute gives what is stored."""
    with start(), Session(engine) as session:
        customer = session.get_one(Customer, "100000")
        customer.name = Sealed.of("Kari Nordmann")
        session.flush()
        session.rollback()
        with using(serving, customer):
            assert customer.name.open() == "Kari 100000"


def test_selected_columns_give_cells(engine: Engine, start: Callable[[], Privacy]):
    """A column without its row is nobody's: a statement gives the cell as text, and its row opens it."""
    privacy = start()
    with privacy, Session(engine) as session:
        for statement in (select(Customer.name), select(Customer.__table__.c.name)):
            text = session.scalars(statement.where(Customer.number == "100000")).one()
            assert isinstance(text, str)
            assert text.startswith("sp1.")
        owner = privacy.subjects.ref("customer_number", "100000")
        with using(serving, owner):
            assert privacy.row(Customer, owner, "100000").stored("name", text).open() == "Kari 100000"


def test_a_detached_row_opens_while_it_is_loaded(engine: Engine, start: Callable[[], Privacy]):
    """What was loaded stays usable without its session."""
    with start():
        with Session(engine) as session:
            customer = session.get_one(Customer, "100000")
        with using(serving, customer):
            assert customer.name.open() == "Kari 100000"


def test_a_changed_row_is_a_refusal_not_another_value(engine: Engine, start: Callable[[], Privacy]):
    """A cell that was carried to another row by SQL does not open there."""
    with start(), Session(engine) as session:
        session.connection().exec_driver_sql(
            "UPDATE customer SET name = (SELECT name FROM customer WHERE number = '100001') WHERE number = '100000'"
        )
        customers = session.scalars(select(Customer).limit(2).order_by(Customer.number)).all()
        with using(serving, customers):
            with pytest.raises(DecryptionError):
                customers[0].name.open()
            assert customers[1].name.open() == "Kari 100001"


def test_loading_makes_no_object_for_a_value(engine: Engine, start: Callable[[], Privacy]):
    """What lies in an instance after loading is the text that lies in the column."""
    made: list[Any] = []
    event.listen(Customer, "load", lambda row, _: made.append(row.__dict__["name"]))
    with start(), Session(engine) as session:
        session.scalars(select(Customer).limit(3)).all()
    assert [type(each) for each in made] == [str, str, str]
