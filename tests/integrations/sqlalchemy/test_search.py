"""Blind indexes: a sealed field is found by its value, by whoever knows it, and by nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, cast

import pytest
from sqlalchemy import Engine, LargeBinary, UniqueConstraint, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import BlindIndex, KeyUse, LocalKeyring, Sealed
from sectorprivacy.errors import InvalidDeclaration, NoPrivacy, NotComparable, NotIndexed, ValueNotSealable
from sectorprivacy.integrations.sqlalchemy import SealedText, find_by, insert_sealed, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
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


EMAIL = BlindIndex("email-1", distinct=80_000)
TELEPHONE = BlindIndex("telephone-1", distinct=80_000, unique=True)


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="test.customer", key="number")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str] | None, Personal(C.NAME)]]
    email: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE, index=EMAIL)]]
    telephone: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE, index=TELEPHONE)]] = mapped_column("phone")


@personal(id="test.outside", key="number", fields={"email": Personal(C.TELEPHONE, index=EMAIL)})
class Outside(Base):
    __tablename__ = "outside"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    email: Mapped[Sealed[str] | None] = mapped_column(SealedText(EMAIL))


@personal(id="test.forgotten", key="number", fields={"email": Personal(C.TELEPHONE, index=EMAIL)})
class Forgotten(Base):
    __tablename__ = "forgotten"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    email: Mapped[Sealed[str] | None]


@pytest.fixture
def privacy() -> Privacy:
    models = [Customer, Outside, Forgotten]
    return Privacy(policy, models=models, keys=LocalKeyring.in_memory(), store=MemoryStore())


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


@pytest.fixture
def kari(session: Session) -> Customer:
    kari = Customer(number="1", email=Sealed.of("kari@example.no"), telephone=Sealed.of("+4741000001"))
    session.add_all([kari, Customer(number="2", email=Sealed.of("ola@example.no")), Customer(number="3")])
    session.commit()
    return kari


def token(session: Session, column: str = "email_token", number: str = "1") -> Any:
    return session.execute(text(f"SELECT {column} FROM customer WHERE number = '{number}'")).scalar_one()


def numbers(rows: Any) -> list[str]:
    return sorted(each.number for each in rows)


def test_the_tables_have_columns_of_tokens():
    """Whoever creates or compares tables sees them: a plain index, or a unique constraint."""
    table = Customer.metadata.tables["customer"]
    assert isinstance(table.c.email_token.type, LargeBinary)
    assert {column.name for index in table.indexes for column in index.columns} == {"email_token"}
    unique = [each for each in table.constraints if type(each).__name__ == "UniqueConstraint"]
    assert [[column.name for column in cast("UniqueConstraint", each).columns] for each in unique] == [["phone_token"]]


def test_tokens_are_written_with_their_value(session: Session, kari: Customer):
    """Two bytes, or 16 where the value is unique; NULL with NULL, and another one with another value."""
    assert (len(token(session)), len(token(session, "phone_token"))) == (2, 16)
    assert token(session, number="3") is None
    before = token(session)
    kari.email = Sealed.of("kari.nordmann@example.no")
    session.commit()
    assert token(session) != before
    kari.email = None
    session.commit()
    assert token(session) is None


def test_a_value_is_found_in_another_spelling(session: Session, kari: Customer):
    """The normaliser says which spellings are one value."""
    assert find_by(session, Customer.email, "KARI@example.no") == [kari]
    assert find_by(session, Customer.telephone, "+4741000001") == [kari]
    assert find_by(session, Customer.email, "nobody@example.no") == []


def test_what_shares_a_token_is_compared_after_opening(session: Session, kari: Customer):
    """Many values share a token of two bytes; only the rows that hold the value are given."""
    session.execute(text("UPDATE customer SET email_token = (SELECT email_token FROM customer WHERE number = '1')"))
    assert numbers(find_by(session, Customer.email, "kari@example.no")) == ["1"]
    assert numbers(find_by(session, Customer.email, "ola@example.no")) == []


def test_a_search_is_a_fixed_number_of_statements(session: Session, kari: Customer, statements: Any):
    """One query for the rows, however many share the token."""
    insert_sealed(session, Customer, [{"number": f"n{each}", "email": "many@example.no"} for each in range(200)])
    with statements() as seen:
        assert len(find_by(session, Customer.email, "many@example.no")) == 200
    assert len(seen) == 1


def test_a_value_of_an_erased_person_is_not_found(session: Session, kari: Customer, privacy: Privacy):
    """Once the key is destroyed, nothing says that it was there; the others are found."""
    privacy.gate.keys.shred(privacy.subjects.ref("customer_number", "1"))
    assert find_by(session, Customer.email, "kari@example.no") == []
    assert numbers(find_by(session, Customer.email, "ola@example.no")) == ["2"]


def test_a_field_without_an_index_is_not_searched(session: Session, kari: Customer):
    """Neither by the call nor by comparing the column, whose cells differ even for one value."""
    with pytest.raises(NotIndexed):
        find_by(session, Customer.name, "Kari")
    with pytest.raises(NotIndexed):
        find_by(session, Customer.number, "1")


@pytest.mark.parametrize(
    "compare",
    [
        lambda: Customer.email == "kari@example.no",
        lambda: Customer.email.in_(["kari@example.no"]),
        lambda: Customer.email.like("kari%"),
        lambda: Customer.email != Sealed.of("kari@example.no"),
        lambda: Customer.__table__.c.email == "kari@example.no",
    ],
)
def test_a_comparison_says_the_way_out(compare: Callable[[], Any]):
    """A comparison of cells would find nothing and say nothing."""
    with pytest.raises(NotComparable) as refusal:
        compare()
    assert "find_by" in str(refusal.value)
    assert "kari@" not in str(refusal.value)


def test_whether_there_is_a_value_can_be_asked(session: Session, kari: Customer):
    """NULL is no secret."""
    assert numbers(session.scalars(select(Customer).where(Customer.email.is_(None)))) == ["3"]
    assert numbers(session.scalars(select(Customer).where(Customer.email != None))) == ["1", "2"]  # noqa: E711


def test_a_statement_that_clears_a_value_clears_its_token(session: Session, kari: Customer):
    """A token says what the value was: it goes with it."""
    session.execute(update(Customer).where(Customer.number == "1").values(email=None, telephone=None))
    assert (token(session), token(session, "phone_token")) == (None, None)
    assert token(session, number="2") is not None


def test_a_unique_value_is_there_once(session: Session, kari: Customer):
    """The database refuses a second row with the value, and does not quote it."""
    session.add(Customer(number="4", telephone=Sealed.of("+4741000001")))
    with pytest.raises(IntegrityError) as refusal:
        session.flush()
    assert "41000001" not in str(refusal.value)


def test_a_value_that_cannot_be_indexed_is_refused(session: Session):
    """What nobody could find again is not stored."""
    session.add(Customer(number="4", telephone=Sealed.of("no number")))
    with pytest.raises(ValueNotSealable) as refusal:
        session.flush()
    assert "no number" not in str(refusal.value)


def test_values_are_found_while_the_index_key_is_rotated(session: Session, kari: Customer, privacy: Privacy):
    """Tokens of the key before are searched as well."""
    keys = privacy.gate.keys
    keys.tenant_keys.begin(KeyUse.INDEX)
    keys.tenant_keys.forget()
    assert find_by(session, Customer.email, "kari@example.no") == [kari]


def test_marks_from_outside_name_the_index_at_the_column(session: Session):
    """Where the mark is not in the annotation, the column must know of the index, and forgetting it is said."""
    session.add(Outside(number="1", email=Sealed.of("kari@example.no")))
    session.flush()
    assert numbers(find_by(session, Outside.email, "kari@example.no")) == ["1"]
    session.add(Forgotten(number="1", email=Sealed.of("kari@example.no")))
    with pytest.raises(InvalidDeclaration):
        session.flush()


def test_a_cell_that_was_sealed_before_is_indexed(session: Session, privacy: Privacy):
    """A value from the fast path of hand-written stores is found like any other."""
    row = privacy.row(Customer, privacy.subjects.ref("customer_number", "1"), "1")
    session.add(Customer(number="1", email=row.sealed("email", "kari@example.no")))
    session.flush()
    assert numbers(find_by(session, Customer.email, "kari@example.no")) == ["1"]


def test_without_privacy_nothing_is_searched(engine: Engine):
    """Outside `with privacy:` there is no index key."""
    with Session(engine) as session, pytest.raises(NoPrivacy):
        find_by(session, Customer.email, "kari@example.no")


def test_no_mark_is_needed_for_tokens():
    """They are part of their field, and are no field of their own."""
    annotation = Customer.__annotations__["email_token"]
    assert any(isinstance(each, NotPersonal) for each in annotation.__args__[0].__metadata__)
