"""Reading marks is fail-closed in every style of model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NotRequired, TypedDict

import attr
import pytest
from attrs import frozen
from pydantic import BaseModel
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sectorprivacy.annotations import Personal, SubjectId, personal, read_fields
from sectorprivacy.encryption import Codec, Sealed
from sectorprivacy.errors import InvalidDeclaration, NotDeclared, UnmarkedFields
from sectorprivacy.integrations.sqlalchemy import protect

if TYPE_CHECKING:
    from decimal import Decimal

Number = Annotated[str, SubjectId("customer_number", role="customer")]
Email = Annotated[str, Personal("email")]


def pydantic_model() -> type:
    class Customer(BaseModel):
        number: Number
        email: Email | None = None
        forgotten: str | None = None

    return Customer


def attrs_class() -> type:
    @frozen
    class Customer:
        number: Number
        email: Email | None = None
        forgotten: str | None = None

    return Customer


def data_class() -> type:
    @dataclass
    class Customer:
        number: Number
        email: Email | None = None
        forgotten: str | None = None

    return Customer


def typed_dict() -> type:
    class Customer(TypedDict):
        number: Number
        email: NotRequired[Email | None]
        forgotten: NotRequired[str]

    return Customer


def mapped_class() -> type:
    class Base(DeclarativeBase):
        pass

    class Customer(Base):
        __tablename__ = "customer"
        number: Mapped[Number] = mapped_column(primary_key=True)
        email: Mapped[Email | None]
        forgotten: Mapped[str]

    return Customer


STYLES = [pydantic_model, attrs_class, data_class, typed_dict, mapped_class]


@pytest.mark.parametrize("style", STYLES)
def test_an_unmarked_field_is_an_error_with_its_path(style: Callable[[], type]) -> None:
    """A field that nobody thought about is never taken for no personal data."""
    with pytest.raises(UnmarkedFields) as refused:
        read_fields(personal(id="crm.customer", key="number")(style()))
    assert refused.value.paths == ("forgotten",)


@pytest.mark.parametrize("style", STYLES)
def test_marks_are_read_alike_in_every_style(style: Callable[[], type]) -> None:
    """One vocabulary of marks: the style of a model changes nothing about what they say."""
    model = personal(id="crm.customer", key="number", not_personal={"forgotten": "what is sold"})(style())
    marks = read_fields(model)
    assert [(each.name, each.category.id) for each in marks.fields] == [
        ("number", "customer_number"),
        ("email", "email"),
    ]
    assert marks.not_personal == {"forgotten": "what is sold"}
    assert [each.name for each in marks.owners] == ["number"]


def test_every_unmarked_field_is_named_at_once() -> None:
    """Whoever marks a model is told the whole list, and not one field a run."""

    @personal(id="crm.note", key="number")
    @frozen
    class Note:
        number: Number
        text: str
        author: dict[str, list[int]]

    with pytest.raises(UnmarkedFields) as refused:
        read_fields(Note)
    assert refused.value.paths == ("text", "author")


def test_a_mark_counts_wherever_it_stands_in_the_annotation() -> None:
    """Optional, in a list, or inside the sealed type: a mark is found at any depth."""

    @personal(id="crm.note", key="number")
    @frozen
    class Note:
        number: Number
        telephones: list[Annotated[str, Personal("telephone")]]
        national_id: Annotated[Sealed[str] | None, Personal("national_id")]
        name: Sealed[Annotated[str, Personal("name")]]

    marks = read_fields(Note)
    assert {each.name: each.category.id for each in marks.fields}["telephones"] == "telephone"
    assert [(each.name, each.codec) for each in marks.sealed] == [("national_id", Codec.STR), ("name", Codec.STR)]


def test_inherited_fields_are_read_and_declarations_are_not_inherited() -> None:
    """A subclass keeps the marks of its base, but is a data set only where it says so itself."""

    class Person(BaseModel):
        number: Number
        nickname: str

    @personal(id="crm.customer", key="number", not_personal={"nickname": "a joke"})
    class Customer(Person):
        email: Email

    class Late(Customer):
        shoe_size: int

    assert [each.name for each in read_fields(Customer).fields] == ["number", "email"]
    with pytest.raises(NotDeclared):
        read_fields(Late)
    with pytest.raises(UnmarkedFields) as refused:
        read_fields(personal(id="crm.late", key="number", not_personal={"nickname": "a joke"})(Late))
    assert refused.value.paths == ("shoe_size",)


def test_constants_of_the_class_are_no_fields() -> None:
    """What is the same for everybody is nobody's data."""

    @personal(id="crm.note", key="number")
    @dataclass
    class Note:
        number: Number
        LIMIT: ClassVar[int] = 3

    assert [each.name for each in read_fields(Note).fields] == ["number"]


def test_columns_that_are_private_or_without_annotation_are_read() -> None:
    """SQLAlchemy maps a column without `Mapped[...]` and one with an underscore; both hold data."""

    class Base(DeclarativeBase):
        pass

    @personal(id="crm.customer", key="number")
    class Customer(Base):
        __tablename__ = "customer"
        number: Mapped[Number] = mapped_column(primary_key=True)
        plain = mapped_column(String)
        _hidden: Mapped[str]

    with pytest.raises(UnmarkedFields) as refused:
        read_fields(Customer)
    assert set(refused.value.paths) == {"plain", "_hidden"}


def test_sealed_columns_of_a_protected_base_are_read() -> None:
    """What `protect` does to the base hides no mark."""

    class Base(DeclarativeBase):
        pass

    protect(Base)

    @personal(id="crm.customer", key="number")
    class Customer(Base):
        __tablename__ = "customer"
        number: Mapped[Number] = mapped_column(primary_key=True)
        national_id: Mapped[Annotated[Sealed[str] | None, Personal("national_id")]]

    assert [each.codec for each in read_fields(Customer).sealed] == [Codec.STR]


def test_attributes_without_annotation_are_read() -> None:
    """An attrs class in the old style has no annotations: each attribute is unmarked, and none is passed over."""

    @personal(id="crm.note", key="text")
    @attr.s(these={"text": attr.ib()})
    class Note:
        pass

    with pytest.raises(UnmarkedFields) as refused:
        read_fields(Note)
    assert refused.value.paths == ("text",)


def test_an_annotation_that_cannot_be_resolved_is_named() -> None:
    """A type imported for type checkers only cannot be read; the error says which."""

    @personal(id="crm.note", key="number")
    @dataclass
    class Note:
        number: Number
        amount: Annotated[Decimal, Personal("transaction")]

    with pytest.raises(InvalidDeclaration, match="Decimal"):
        read_fields(Note)


@pytest.mark.parametrize("model", [int, dict, BaseModel, type("Plain", (), {})])
def test_what_is_not_declared_is_refused(model: Any) -> None:
    """A model without @personal is an error, never an empty data set."""
    with pytest.raises(NotDeclared):
        read_fields(model)
