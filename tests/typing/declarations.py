"""Words, marks and the register keep the types of what they are put on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Any, NotRequired, TypedDict, assert_type

from attrs import frozen
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from sectorprivacy.annotations import (
    Field,
    FieldMap,
    Mark,
    NotPersonal,
    Personal,
    SubjectId,
    mark,
    personal,
    read_fields,
)
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.vocabulary import (
    Basis,
    Category,
    Purpose,
    Role,
    Source,
    SubjectRef,
    Wording,
    categories,
    category,
    purpose,
    role,
)

Number = Annotated[str, SubjectId("customer_number", role="customer")]


@personal(id="typing.customer", key="number", not_personal={"since": "when the row was written"})
class Customer(BaseModel):
    number: Number
    born: Annotated[date | None, Personal(categories.BIRTH_DATE)] = None
    plan: Annotated[str, NotPersonal("what is sold")] = "alarm"
    since: int = 0

    @cached_property
    def initials(self) -> Annotated[str, Personal("name")]:
        return self.number[:1]


@personal(id="typing.note", key="number")
@frozen
class Note:
    number: Annotated[int, NotPersonal("number of the row")]
    text: Annotated[str, Personal("email")]


@personal(id="typing.contact", key="number")
@dataclass
class Contact:
    number: Number
    notes: list[Note]


@personal(id="typing.entry", key="number")
class Entry(TypedDict):
    number: Number
    name: NotRequired[Annotated[str, Personal("name")]]


class Base(DeclarativeBase): ...


@personal(id="typing.payer", key="number")
class Payer(Base):
    __tablename__ = "payer"
    number: Mapped[Number] = mapped_column(primary_key=True)
    name: Mapped[Annotated[str | None, Personal("name", label={"en": "Name", "nb": "Navn"})]]


@personal(
    id="typing.line", fields={"payer_number": [SubjectId("customer_number", role="customer", via="payer.number")]}
)
class Line(Base):
    __tablename__ = "line"
    id: Mapped[Annotated[int, NotPersonal("row key")]] = mapped_column(primary_key=True)
    payer_number: Mapped[str]
    payer: Mapped[Payer] = relationship()


class Theirs:
    def __init__(self, name: str) -> None:
        self.name = name


def a_declared_model_stays_what_it_was() -> None:
    assert_type(Customer(number="1").born, date | None)
    assert_type(Customer(number="1").initials, str)
    assert_type(Note(number=1, text="x").text, str)
    assert_type(Customer.model_validate({}), Customer)
    assert_type(Contact("1", [Note(number=1, text="x")]).notes[0].text, str)
    assert_type(Entry(number="1")["number"], str)
    assert_type(Payer(number="1").name, str | None)
    assert_type(Line().payer.number, str)
    Note(number="1", text="x")  # type: ignore[arg-type]
    Contact("1")  # type: ignore[call-arg]
    Customer(number="1").surname  # type: ignore[attr-defined]  # noqa: B018
    Entry(number=1)  # type: ignore[typeddict-item]
    Payer.name = 1  # type: ignore[assignment]


def a_model_of_others_stays_what_it_was() -> None:
    declared = mark(Theirs, id="typing.theirs", fields={"name": Personal("name")}, not_personal={"x": "reason"})
    assert_type(declared, type[Theirs])
    assert_type(declared("x").name, str)
    mark(Theirs, id="typing.theirs")  # type: ignore[call-arg]  # without marks it would declare nothing
    mark(Theirs, id="typing.theirs", fields={"name": "name"})  # type: ignore[dict-item]
    mark("Theirs", id="typing.theirs", fields={})  # type: ignore[type-var]


def marks_take_words_and_texts() -> None:
    several: list[Mark] = [Personal("name", label="Name"), NotPersonal("reason"), SubjectId("email", role="customer")]
    assert_type(several[0], Personal | SubjectId | NotPersonal)
    event = Personal("event", values={"A1": {"en": "armed", "nb": "tilkoblet"}, "D1": "disarmed"}, source="observed")
    assert_type(event.label, Wording | None)
    assert_type(Personal("name", source=Source.OBSERVED).source, Source | None)
    Personal()  # type: ignore[call-arg]
    Personal("name", "label")  # type: ignore[call-arg]
    SubjectId("email")  # type: ignore[call-arg]
    NotPersonal()  # type: ignore[call-arg]
    personal(id="typing.note")(Note(number=1, text="x"))  # type: ignore[type-var]
    personal(relation="owner")  # type: ignore[call-arg]


def what_is_read_is_typed() -> None:
    field_map = read_fields(Note)
    assert_type(field_map, FieldMap)
    assert_type(field_map.fields, tuple[Field, ...])
    assert_type(field_map.field("text").label, Wording)
    assert_type(field_map.field("text").values, Mapping[str, Wording] | None)
    assert_type(field_map.field("text").read(Note(number=1, text="x")), Any)
    read_fields(Note(number=1, text="x"))  # type: ignore[arg-type]


def words_are_looked_up_by_id_or_passed_through() -> None:
    assert_type(category("email"), Category)
    assert_type(purpose(purpose("marketing")), Purpose)
    assert_type(role("customer"), Role)
    category(role("customer"))  # type: ignore[arg-type]
    assert_type(SubjectRef.mint(), SubjectRef)


def the_register_takes_words_and_ids() -> None:
    activity = Activity(
        "credit-rating",
        purpose="creditworthiness",
        basis={"customer": Basis.PRECONTRACT},
        uses=[categories.NATIONAL_ID, "email"],
        keep=Keep(months=3, after="rated"),
    )
    assert_type(activity.purpose, Purpose)
    assert_type(activity.uses, frozenset[Category])
    policy = Policy(Controller("Company", id="company", country="NO"), [activity])
    assert_type(policy.activity("credit-rating"), Activity)
    Keep(months="3", after="rated")  # type: ignore[arg-type]
    activity.title = Wording({"en": "rating"})  # type: ignore[misc]  # the register does not change under its readers
