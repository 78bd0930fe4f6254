"""What each style of model has of its own: computed fields, mixins, relationships, columns without an annotation."""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar, dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import attr
import attrs
import pytest
from pydantic import BaseModel, ConfigDict, PrivateAttr, RootModel, computed_field
from pydantic.dataclasses import dataclass as pydantic_dataclass
from sqlalchemy import ForeignKey, String, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    column_property,
    composite,
    declared_attr,
    mapped_column,
    relationship,
)
from typing_extensions import TypedDict

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.errors import DeclarationsInvalid, InvalidDeclaration, UnmarkedFields
from sectorprivacy.vocabulary import categories

if TYPE_CHECKING:
    from nowhere import Somebody  # pyright: ignore[reportMissingImports]

Number = Annotated[str, SubjectId("customer_number", role="customer")]
Name = Annotated[str, Personal("name")]
RowKey = Annotated[int, NotPersonal("row key")]


class Base(DeclarativeBase): ...


def names(model: type) -> list[str]:
    return [each.name for each in read_fields(model).fields]


# pydantic


def test_computed_fields_are_read() -> None:
    """A computed field is written with the others, so it is data like them: marked in what it returns, or refused."""

    @personal(id="crm.customer", key="number")
    class Customer(BaseModel):
        number: Number
        first: Name

        @computed_field
        @property
        def full(self) -> Annotated[str, Personal("name", id="full_name")]:
            return f"{self.first} Nordmann"

        @computed_field
        @functools.cached_property
        def initial(self) -> Name:
            return self.first[0]

        @computed_field(return_type=Annotated[str, Personal("name")])
        @property
        def shout(self):  # its type stands in the decorator
            return self.first.upper()

    fields = read_fields(Customer).fields
    customer = Customer(number="1", first="Kari")
    assert [(each.id, each.read(customer)) for each in fields] == [
        ("number", "1"),
        ("first", "Kari"),
        ("full_name", "Kari Nordmann"),
        ("initial", "K"),
        ("shout", "KARI"),
    ]


def test_a_computed_field_without_a_mark_is_refused() -> None:
    """What is worked out from personal data is personal data, unless somebody says why not."""

    class Customer(BaseModel):
        number: Number

        @computed_field
        @property
        def age(self) -> int:
            return 44

    with pytest.raises(UnmarkedFields) as refused:
        read_fields(personal(id="crm.customer", key="number")(Customer))
    assert refused.value.paths == ("age",)
    assert names(personal(id="crm.customer", key="number", fields={"age": Personal("birth_date")})(Customer)) == [
        "number",
        "age",
    ]


@personal(id="crm.customer", key="number")
class Early(BaseModel):
    number: Number
    home: Late


class Late(BaseModel):
    street: Annotated[str, Personal("address")]


def test_a_class_may_be_written_before_those_it_holds() -> None:
    """pydantic resolves such names when they exist, and so does the reader."""
    assert names(Early) == ["number", "home.street"]


def test_dataclasses_of_pydantic_are_read() -> None:
    """Their fields are those of the dataclass."""

    @personal(id="crm.customer", key="number")
    @pydantic_dataclass
    class Customer:
        number: Number
        name: Name

    assert names(Customer) == ["number", "name"]


class Names(RootModel[list[Name]]): ...


def test_a_root_model_has_one_field() -> None:
    """A list with a name of its own is marked like any field."""

    @personal(id="crm.customer", key="number")
    @dataclass
    class Customer:
        number: Number
        names: Names

    field = read_fields(Customer).field("names.root")
    assert field.read(Customer("1", Names(["Kari"]))) == ["Kari"]


# attrs, dataclasses, TypedDict and others


def test_types_given_to_attrs_are_read() -> None:
    """A class that attrs makes has its types there, and no annotations."""
    made: Any = attrs.make_class("Customer", {"number": attr.ib(type=Number), "name": attr.ib(type=Name)})
    assert names(personal(id="crm.customer", key="number")(made)) == ["number", "name"]


class Keyed(TypedDict):
    number: Number


@personal(id="crm.customer", key="number", when="since")
class Record(Keyed, total=False):
    name: Name
    since: Annotated[str, NotPersonal("when it was written")]


def test_records_of_a_typed_dict_are_read_by_key() -> None:
    """Its records are dictionaries; a key that is not there is read as None."""
    field_map = read_fields(Record)
    record: Record = {"number": "1"}
    assert [(each.name, each.read(record)) for each in field_map.fields] == [("number", "1"), ("name", None)]
    assert field_map.value(record, "number") == "1"
    assert field_map.value(record, "since") is None


def test_other_classes_are_read_by_their_annotations() -> None:
    """A style that nobody wrote a reader for is not taken for one without fields."""

    @personal(id="crm.customer", key="number")
    class Customer(NamedTuple):
        number: Number
        name: Name
        shoe_size: int

    with pytest.raises(UnmarkedFields) as refused:
        read_fields(Customer)
    assert refused.value.paths == ("shoe_size",)


# Inheritance


class Mixin:
    """A mixin that is not declared, nor a model."""

    name: Mapped[Name]

    @declared_attr
    @classmethod
    def parent(cls) -> Mapped[Annotated[str | None, Personal("relationship")]]:
        return mapped_column(String)


def test_marks_on_a_mixin_are_read() -> None:
    """What a base or mixin marks is marked for every model that takes it in."""

    @personal(id="crm.customer", key="number")
    class Customer(Mixin, Base):
        __tablename__ = "mixed"
        number: Mapped[Number] = mapped_column(primary_key=True)

    assert {each.name: each.category.id for each in read_fields(Customer).fields} == {
        "name": "name",
        "parent": "relationship",
        "number": "customer_number",
    }


def test_a_field_that_is_written_again_needs_its_mark_again() -> None:
    """A mark belongs to the annotation; a new annotation without it says nothing."""

    @attrs.frozen
    class Person:
        number: Number
        name: Name

    @personal(id="crm.customer", key="number")
    @attrs.frozen
    class Customer(Person):
        name: str

    with pytest.raises(UnmarkedFields) as refused:
        read_fields(Customer)
    assert refused.value.paths == ("name",)


# SQLAlchemy


class Undeclared(Base):
    __tablename__ = "undeclared"
    id: Mapped[int] = mapped_column(primary_key=True)


@personal(id="crm.payer", key="number")
class Payer(Base):
    __tablename__ = "payer"
    number: Mapped[Number] = mapped_column(primary_key=True)
    name: Mapped[Name]
    lines: Mapped[list[Line]] = relationship(back_populates="invoice")


@personal(id="crm.line", fields={"loud": Personal("name")})
class Line(Base):
    """A row of a child table: it leads to a customer, and knows a name in other forms."""

    __tablename__ = "line"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer", via="invoice.number")]] = (
        mapped_column(ForeignKey("payer.number"))
    )
    name: Mapped[Name] = mapped_column()
    loud = column_property(func.upper(name))
    invoice: Mapped[Payer] = relationship(back_populates="lines")

    @hybrid_property
    def quiet(self) -> Annotated[str, Personal("name")]:
        return self.name.lower()


def test_what_the_mapper_knows_is_read() -> None:
    """Columns, expressions and hybrids give values; a relationship gives rows that their own model declares."""
    assert names(Line) == ["customer", "name", "loud", "quiet"]
    assert names(Payer) == ["number", "name"]


def test_a_relationship_may_be_named_as_before() -> None:
    """Saying why a relationship is no data of this row stays possible."""
    personal(id="crm.payer", key="number", not_personal={"lines": "rows of their own"})(Payer)
    assert read_fields(Payer).not_personal == {"lines": "rows of their own"}


class Order(Base):
    __tablename__ = "order"
    number: Mapped[Number] = mapped_column(primary_key=True)
    other: Mapped[RowKey] = mapped_column(ForeignKey("undeclared.id"))
    row: Mapped[Undeclared] = relationship()


def order(**arguments: Any) -> type:
    return personal(id="crm.order", key="number", **arguments)(Order)


def test_a_relationship_to_rows_of_nobody_is_refused() -> None:
    """Rows that no declaration speaks of may be anything, until somebody says why they are nobody's."""
    with pytest.raises(UnmarkedFields) as refused:
        read_fields(order())
    assert refused.value.paths == ("row",)
    assert names(order(not_personal={"row": "list of what is sold"})) == ["number"]


def test_a_relationship_holds_nothing_itself() -> None:
    """A mark on it would be read as a value of this row, which it is not."""
    with pytest.raises(InvalidDeclaration, match="leads to rows of Undeclared"):
        read_fields(order(fields={"row": Personal("name")}))


@dataclass
class Place:
    street: str
    town: str


def test_a_composite_is_read_as_its_columns() -> None:
    """What a composite holds stands in columns, and those are the fields."""

    class Home(Base):
        __tablename__ = "home"
        number: Mapped[Number] = mapped_column(primary_key=True)
        street: Mapped[Annotated[str, Personal("address")]]
        town: Mapped[Annotated[str, Personal("address")]]
        place: Mapped[Place] = composite("street", "town")

    assert names(personal(id="crm.home", key="number")(Home)) == ["number", "street", "town"]


def test_mapped_dataclasses_are_read_as_rows() -> None:
    """A mapped class that is a dataclass too is what its mapper says."""

    class DataBase(MappedAsDataclass, DeclarativeBase): ...

    @personal(id="crm.customer", key="number")
    class Customer(DataBase):
        __tablename__ = "customer"
        number: Mapped[Number] = mapped_column(primary_key=True)
        plain = mapped_column(String)  # pyright: ignore[reportGeneralTypeIssues]  # the mapper reads it all the same

    with pytest.raises(UnmarkedFields) as refused:
        read_fields(Customer)
    assert refused.value.paths == ("plain",)


# Paths


@attrs.frozen
class Invoice:
    owner: Annotated[Holder, NotPersonal("whose it is")]


@attrs.frozen
class Holder:
    number: Number


def child(via: str, hint: Any = Invoice | None, **arguments: Any) -> type:
    """A row that reaches its person through another record."""
    annotations = {
        "id": Annotated[str, SubjectId("customer_number", role="customer", via=via)],
        "invoice": Annotated[hint, NotPersonal("its own record")],
    }
    return personal(**{"id": "billing.line", **arguments})(
        dataclass(type("Line", (), {"__annotations__": annotations}))
    )


def test_an_identifier_may_stand_at_the_end_of_a_path() -> None:
    """A line of an invoice is found by the customer of the invoice; where the invoice is gone, by nobody."""
    field = read_fields(child("invoice.owner.number")).field("id")
    line: Callable[..., Any] = read_fields(child("invoice.owner.number")).model
    record = line(id="7", invoice=Invoice(Holder("100234")))
    assert (field.read(record), field.identifier(record)) == ("7", "100234")
    assert field.identifier(line(id="7", invoice=None)) is None


@pytest.mark.parametrize(
    ("via", "step"),
    [
        ("bill.owner", "bill"),
        ("invoice.customer", "invoice.customer"),
        ("invoice.owner.name", "invoice.owner.name"),
    ],
)
def test_a_path_is_followed_as_far_as_types_say(via: str, step: str) -> None:
    """A step that is not there is found when the model is read, not when somebody asks for their data."""
    with pytest.raises(InvalidDeclaration, match=f"goes through {step}, which") as refused:
        read_fields(child(via))
    assert refused.value.where == "billing.line.id"
    with pytest.raises(InvalidDeclaration, match=f"anchors names {step}, which"):
        read_fields(child("invoice.owner", anchors={"paid": via}))


def test_a_path_through_a_relationship_is_followed() -> None:
    """The mapper knows where a relationship leads."""
    personal(id="crm.line", fields={"loud": Personal("name")}, anchors={"left": "invoice.left_on"})(Line)
    with pytest.raises(InvalidDeclaration, match=r"anchors names invoice\.left_on"):
        read_fields(Line)
    personal(id="crm.line", fields={"loud": Personal("name")})(Line)
    assert read_fields(Line).subjects[0].identifier(Line(invoice=Payer(number="100234"))) == "100234"


def test_a_path_through_what_says_nothing_is_taken_on_trust() -> None:
    """Where a type is unknown, nobody can say that a step is missing."""
    assert names(child("invoice.owner", Any)) == ["id"]


@pytest.mark.parametrize("via", ["customer", "invoice.", "invoice..customer", "invoice customer", "invoice.1"])
def test_a_path_is_one_through_another_record(via: str) -> None:
    """A single attribute is the field itself."""
    with pytest.raises(InvalidDeclaration):
        SubjectId("customer_number", role="customer", via=via)


# Reports


def test_everything_wrong_with_a_model_is_reported_at_once() -> None:
    """Whoever marks a model gets one list: every line names the model, the path, the rule, and what to write."""

    @personal(
        id="crm.customer", key="gone", anchors={"left": "left_on"}, fields={"lost": Personal("name")}, when="also_gone"
    )
    @dataclass
    class Wrong:
        number: Number
        friend: Annotated[Somebody, Personal("name")]
        twice: Annotated[Name, Personal("email")]
        shoe_size: int
        misspelt: Annotated[str, Personal("e-mail")]
        UPPER: Name

    with pytest.raises(DeclarationsInvalid) as refused:
        read_fields(Wrong)
    lines = str(refused.value).splitlines()[1:-1]
    for start, said in [
        ("- crm.customer.friend:", "Somebody"),
        ("- crm.customer.twice:", "Personal more than once"),
        ("- There is no category 'e-mail'", "word of sectorprivacy.vocabulary"),
        ("- field crm.customer.UPPER:", "not a stable id"),
        ("- crm.customer:", "shoe_size"),
        ("- @personal(id='crm.customer'):", "fields names lost"),
        ("- @personal(id='crm.customer'):", "key names gone"),
        ("- @personal(id='crm.customer'):", "when names also_gone"),
        ("- @personal(id='crm.customer'):", "anchors names left_on"),
    ]:
        assert any(line.startswith(start) and said in line for line in lines), said
    assert len(lines) == 9


def test_a_class_from_nowhere_is_refused_by_type() -> None:
    """Code that is made at run time may have no module; its annotations then have no names."""
    made = type("Made", (), {"__module__": "nowhere.at_all", "__annotations__": {"number": "Number"}})
    with pytest.raises(InvalidDeclaration, match="'Number' cannot be resolved"):
        read_fields(personal(id="crm.customer", key="number")(made))


def test_reading_keeps_no_class_alive() -> None:
    """Whoever makes models on the fly, a test suite for one, gets the memory back."""

    @personal(id="crm.customer", key="number")
    @dataclass
    class Fleeting:
        number: Number
        home: list[Late]

    read_fields(Fleeting)
    gone = weakref.ref(Fleeting)
    del Fleeting
    gc.collect()
    assert gone() is None


def test_categories_of_a_row_are_its_own() -> None:
    """A relationship brings no category of the other row with it."""
    assert read_fields(Payer).categories == {categories.NAME}


def test_what_a_pydantic_model_holds_beyond_its_fields_is_read() -> None:
    """Private attributes, and what comes with `extra="allow"`, are held like fields: unread, they are in no copy."""

    @personal(id="crm.customer", key="number", fields={"model_extra": Personal("communication")})
    class Customer(BaseModel):
        model_config = ConfigDict(extra="allow")
        number: Number
        _national: Annotated[str, Personal("national_id")] = PrivateAttr("0101")

    record = Customer.model_validate({"number": "1", "note": "rings twice"})
    read = {each.name: each.read(record) for each in read_fields(Customer).fields}
    assert read == {"number": "1", "_national": "0101", "model_extra": {"note": "rings twice"}}


def open_model() -> type:
    class Customer(BaseModel):
        model_config = ConfigDict(extra="allow")
        number: Number

    return Customer


def slotted() -> type:
    class Customer:
        __slots__ = ("name", "number")
        number: Number

    return Customer


def of_bare_base() -> type:
    class Named:
        name: str

    @dataclass
    class Customer(Named):
        number: Number

    return Customer


def never_made_attrs() -> type:
    @attrs.frozen
    class Numbered:
        number: Number

    class Customer(Numbered):
        name: str

    return Customer


@pytest.mark.parametrize(
    ("make", "path"),
    [(open_model, "model_extra"), (slotted, "name"), (of_bare_base, "name"), (never_made_attrs, "name")],
)
def test_what_no_constructor_takes_is_held_all_the_same(make: Callable[[], type], path: str) -> None:
    """Slots, annotations that no decorator saw and values without a field are not passed over in silence."""
    with pytest.raises(UnmarkedFields) as refused:
        read_fields(personal(id="crm.customer", key="number")(make()))
    assert refused.value.paths == (path,)


def test_what_dataclasses_are_told_is_no_field() -> None:
    """`InitVar` and `KW_ONLY` stand among the annotations, and no record holds them."""

    @personal(id="crm.customer", key="number")
    @dataclass
    class Customer:
        number: Number
        _: KW_ONLY
        raw: InitVar[str]

    assert [each.name for each in read_fields(Customer).fields] == ["number"]
