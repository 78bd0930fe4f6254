"""Models of which a request would lose, spoil or give away rows are refused when the service is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.integrations.sqlalchemy import SqlModels, open_database

RowKey = Annotated[int, NotPersonal("row key")]
Number = Annotated[str, SubjectId("customer_number", role="customer")]
Text = Annotated[str, Personal("communication")]


@pytest.fixture
def bind(tmp_path: Path) -> Callable[[Sequence[type]], object]:
    engine = open_database(f"sqlite:///{tmp_path / 'data.db'}")
    return lambda models: SqlModels(sessionmaker(engine)).bind([read_fields(each) for each in models])


def note(*constraints: UniqueConstraint | Index) -> type:
    class Base(DeclarativeBase):
        pass

    @personal(id="crm.note", key=("number", "day"))
    class Note(Base):
        __tablename__ = "note"
        __table_args__ = constraints
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        number: Mapped[Number]
        day: Mapped[Text]

    return Note


@pytest.mark.parametrize(
    "constraints",
    [
        (),
        (UniqueConstraint("number", "id"),),
        (Index("ux", "number", "day"),),
        (Index("ux", "number", "day", unique=True, sqlite_where=text("id > 5")),),
    ],
    ids=["none", "of other columns", "not unique", "of some rows"],
)
def test_a_key_that_rows_may_share_is_refused(bind: Callable[..., object], constraints: tuple[Index, ...]) -> None:
    """Rows of one key are passed over where a page ends between them, and erased for one another, for strangers too."""
    with pytest.raises(InvalidDeclaration, match=r"crm\.note: several rows may have the same key \(number, day\)"):
        bind([note(*constraints)])


@pytest.mark.parametrize("constraint", [UniqueConstraint("day", "number"), Index("ux", "number", unique=True)], ids=str)
def test_a_key_that_holds_something_unique_is_accepted(
    bind: Callable[..., object], constraint: UniqueConstraint | Index
) -> None:
    """A key need not be the primary key."""
    assert bind([note(constraint)])


def test_rows_in_several_tables_are_refused(bind: Callable[..., object]) -> None:
    """Deleting a row of the narrower table leaves the person's name in the broader one; the other way round fails."""

    class Base(DeclarativeBase):
        pass

    @personal(id="crm.person")
    class Person(Base):
        __tablename__ = "person"
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        number: Mapped[Number]

    @personal(id="crm.customer")
    class Customer(Person):
        __tablename__ = "customer"
        id: Mapped[RowKey] = mapped_column(ForeignKey("person.id"), primary_key=True)

    for model in (Person, Customer):
        with pytest.raises(InvalidDeclaration, match="several tables: person, customer"):
            bind([model])


def test_rows_of_a_narrower_class_are_read_by_it_or_refused(bind: Callable[..., object]) -> None:
    """What only the narrower class of a table knows would be in no copy."""

    class Base(DeclarativeBase):
        pass

    @personal(id="crm.person")
    class Person(Base):
        __tablename__ = "person"
        __mapper_args__: ClassVar = {"polymorphic_on": "sort", "polymorphic_identity": "person"}
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        number: Mapped[Number]
        sort: Mapped[Annotated[str, NotPersonal("which class")]]

    @personal(id="crm.patient")
    class Patient(Person):
        __mapper_args__: ClassVar = {"polymorphic_identity": "patient"}
        illness: Mapped[Text | None]

    with pytest.raises(InvalidDeclaration, match=r"rows of Patient are its rows too, and illness is not read"):
        bind([Person])
    assert bind([Person, Patient])


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "set default"])
def test_rows_that_the_database_erases_with_others_are_refused(bind: Callable[..., object], action: str) -> None:
    """An invoice that the law keeps must not go with the customer it belongs to, nor lose the way to them."""

    class Base(DeclarativeBase):
        pass

    @personal(id="crm.customer")
    class Customer(Base):
        __tablename__ = "customer"
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        number: Mapped[Number]

    @personal(id="crm.invoice")
    class Invoice(Base):
        __tablename__ = "invoice"
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        number: Mapped[Number]
        customer_id: Mapped[RowKey | None] = mapped_column(ForeignKey("customer.id", ondelete=action))

    with pytest.raises(InvalidDeclaration, match=rf"column customer_id: ON DELETE {action.upper()}"):
        bind([Customer, Invoice])
    assert bind([Invoice])


@pytest.mark.parametrize(
    "besides", ["Invoice.gone_on.is_(None)", "Invoice.shown", "Invoice.kind == 'sale'", "Note.invoice_id > 5"]
)
def test_a_path_along_a_relationship_that_leaves_rows_out_is_refused(bind: Callable[..., object], besides: str) -> None:
    """With a parent that is deleted softly, its children would be in no copy and no erasure."""

    class Base(DeclarativeBase):
        pass

    class Invoice(Base):
        __tablename__ = "invoice"
        id: Mapped[int] = mapped_column(primary_key=True)
        customer: Mapped[str]
        gone_on: Mapped[str | None]
        shown: Mapped[bool]
        kind: Mapped[str]

    @personal(id="crm.note", not_personal={"invoice": "not asked about here"})
    class Note(Base):
        __tablename__ = "note"
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        invoice_id: Mapped[Annotated[int, SubjectId("customer_number", role="customer", via="invoice.customer")]] = (
            mapped_column(ForeignKey("invoice.id"))
        )
        invoice: Mapped[Any] = relationship(
            "Invoice", primaryjoin=f"and_(Note.invoice_id == Invoice.id, {besides})", viewonly=True
        )

    with pytest.raises(InvalidDeclaration, match="'invoice' of Note leaves rows out"):
        bind([Note])
