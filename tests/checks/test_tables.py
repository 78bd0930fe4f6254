"""Tables that nobody declared, and columns that no model has."""

from __future__ import annotations

from typing import Annotated

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.checks import Table
from sectorprivacy.vocabulary import categories as C
from tests.checks.company import Customer, found


class Base(DeclarativeBase):
    pass


@personal(id="shop.order", key="number")
class Order(Base):
    __tablename__ = "order"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)


class Gift(Order):
    """A narrower class of the same table, with a column of its own."""

    giver_email: Mapped[str | None]


@personal(id="shop.person", key="number", anchors={"left": "left_on"})
class Person(Base):
    __tablename__ = "person"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer", verified=True)]] = mapped_column(
        primary_key=True
    )
    mail: Mapped[Annotated[str, Personal(C.EMAIL)]] = mapped_column("email_address")
    left_on: Mapped[Annotated[str, Personal(C.AGREEMENT)]] = mapped_column("gone")


def at(*tables: Table, **options: object) -> list[tuple[str, str]]:
    findings = found(models=(Customer, Person), tables=tables, **options)  # type: ignore[arg-type]
    return [(each.code, each.where) for each in findings]


def test_table_that_nobody_declared() -> None:
    """A table with a column that leads to a person is found, and what in it tells so."""
    (finding,) = found(tables=[Table(name="visit", columns=["id", "customer_id", "phone"])])
    assert (finding.code, finding.where) == ("table-undeclared", "table visit")
    assert "customer_id (a person), phone (a telephone number)" in finding.message


def test_table_without_people() -> None:
    """A table of things needs no declaration."""
    assert at(Table(name="price", columns=["id", "amount", "product_name"])) == []


def test_table_of_a_declared_model() -> None:
    """A table is known by the name that its model maps; so are its columns, whatever their attributes are called."""
    assert at(Table(name="person", columns=["number", "email_address", "gone"])) == []


def test_column_that_the_model_does_not_have() -> None:
    """A column that only the database knows is in no copy and no erasure."""
    assert at(Table(name="person", columns=["number", "email_address", "gone", "email", "colour"])) == [
        ("column-undeclared", "table person, column email")
    ]


def test_table_is_found_once() -> None:
    """A table that both the metadata and the database show is one table."""
    table = Table(name="visit", columns=["id", "phone"])
    assert at(table, Table(name="visit", columns=["phone", "id"])) == [("table-undeclared", "table visit")]


def test_exempted_with_reason() -> None:
    """A table that is held elsewhere, or by law not for people, is exempted with its reason."""
    table = Table(name="visit", columns=["id", "phone"])
    assert at(table, exempt={"table visit": "telephones of our own shops"}) == []


def test_declared_model_that_nobody_gave() -> None:
    """Relationships to a declared model are left to that model: forgotten in the list, it is in no copy, unsaid."""
    (finding,) = found(tables=[Table(name="order", columns=["number"], model=Order)])
    assert (finding.code, finding.where) == ("table-undeclared", "table order")
    assert "Order is declared" in finding.message


def test_column_of_a_narrower_class_of_the_table() -> None:
    """The table has it, and the class that is declared does not read it."""
    findings = found(models=(Customer, Order), tables=[Table(name="order", columns=["number", "giver_email"])])
    assert ("column-undeclared", "table order, column giver_email") in [(each.code, each.where) for each in findings]
