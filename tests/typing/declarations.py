"""Words, marks and the register keep the types of what they are put on."""

from __future__ import annotations

from datetime import date
from typing import Annotated, assert_type

from attrs import frozen
from pydantic import BaseModel

from sectorprivacy.annotations import FieldMap, NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.vocabulary import Basis, Category, Purpose, Role, SubjectRef, categories, category, purpose, role


@personal(id="typing.customer", key="number", not_personal={"plan": "what is sold"})
class Customer(BaseModel):
    number: Annotated[str, SubjectId("customer_number", role="customer")]
    born: Annotated[date | None, Personal(categories.BIRTH_DATE)] = None
    plan: Annotated[str, NotPersonal("what is sold")] = "alarm"


@personal(id="typing.note", key="number")
@frozen
class Note:
    number: Annotated[int, NotPersonal("number of the row")]
    text: Annotated[str, Personal("email")]


def a_declared_model_stays_what_it_was() -> None:
    assert_type(Customer(number="1").born, date | None)
    assert_type(Note(number=1, text="x").text, str)
    assert_type(Customer.model_validate({}), Customer)
    assert_type(read_fields(Note), FieldMap)
    Note(number="1", text="x")  # type: ignore[arg-type]


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
    activity.title = "rating"  # type: ignore[misc]  # the register does not change under its readers
