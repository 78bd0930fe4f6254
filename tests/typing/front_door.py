"""The names of the front door have the types of their homes, although they are loaded on demand."""

from __future__ import annotations

from typing import assert_type

import sectorprivacy
from sectorprivacy import (
    Activity,
    Basis,
    C,
    Controller,
    Keep,
    LocalKeyring,
    MemoryStore,
    P,
    Policy,
    Privacy,
    Sealed,
    SubjectRef,
    processing,
    using,
)
from sectorprivacy.purposes import Scope
from sectorprivacy.vocabulary import Category, Purpose

rating = Activity(
    "rating",
    purpose=P.CREDITWORTHINESS,
    basis={"customer": Basis.PRECONTRACT},
    uses=[C.NATIONAL_ID],
    keep=Keep(months=3, after="rated"),
)


def words_are_typed() -> None:
    assert_type(C.NATIONAL_ID, Category)
    assert_type(P.CREDITWORTHINESS, Purpose)
    del C.NATIONALITY  # type: ignore[attr-defined]


def misspelt_names_are_refused() -> None:
    del sectorprivacy.Privcy  # type: ignore[attr-defined]


def privacy_is_built_and_entered(customer: SubjectRef) -> None:
    policy = Policy(Controller("Company", id="company", country="NO"), [rating])
    privacy = Privacy(policy, models=[], keys=LocalKeyring.in_memory(), store=MemoryStore())
    with privacy as entered, using(rating, customer) as scope:
        assert_type(entered, Privacy)
        assert_type(scope, Scope)
    Privacy(policy, models=[], keys=LocalKeyring.in_memory())  # type: ignore[call-arg]


@processing(rating, subject="customer")
def rate(customer: SubjectRef, number: Sealed[str]) -> str:
    return number.open()


def decorated_functions_keep_their_types(customer: SubjectRef) -> None:
    assert_type(rate(customer, Sealed.of("1")), str)
    rate(customer, "1")  # type: ignore[arg-type]
