"""What a purpose costs: entering a scope and opening a value against a bare contextvar and a bare AES-256-GCM call."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated

from attrs import frozen
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks import Benchmark, Case
from sectorprivacy import (
    Activity,
    Basis,
    C,
    Controller,
    Keep,
    LocalKeyring,
    MemoryStore,
    P,
    Personal,
    Policy,
    Privacy,
    Sealed,
    SubjectId,
    personal,
    processing,
    using,
)
from sectorprivacy.encryption import Place

VALUE = "24 characters of a value"
PAGE = 1000

rating = Activity(
    "rating",
    purpose=P.CREDITWORTHINESS,
    basis={"customer": Basis.PRECONTRACT},
    uses=[C.NATIONAL_ID],
    keep=Keep(months=3, after="rated"),
)


@personal(id="benchmark.customer", key="number")
@frozen
class Customer:
    """A customer with one sealed field."""

    number: Annotated[str, SubjectId("customer_number", role="customer")]
    national_id: Annotated[Sealed[str], Personal(C.NATIONAL_ID)]


def benchmark() -> Benchmark:
    """Enter a scope, open a value in it, and both at once over a page."""
    privacy = Privacy(
        Policy(Controller("Company", id="company", country="NO"), [rating]),
        models=[Customer],
        keys=LocalKeyring.in_memory(),
        store=MemoryStore(),
    )
    # The scopes of a benchmark are entered by whoever measures it, in this context and no other.
    privacy.__enter__()
    person = privacy.subjects.ref("customer_number", "100234")
    customer = Customer("100234", privacy.row(Customer, person, "100234").sealed("national_id", VALUE))
    page = [privacy.row(Customer, person, str(number)).sealed("national_id", VALUE) for number in range(PAGE)]
    number = customer.national_id
    place = number.place
    if place is None:
        raise RuntimeError("a stored value has a place")

    entered = using(rating, person).__enter__()

    def enter() -> None:
        with using(rating, person):
            pass

    @processing(rating, subject="customer")
    def rate(customer: Customer) -> str:
        return customer.national_id.open()

    def open_page() -> list[str]:
        with using(rating, person) as scope:
            scope.prefetch(page)
            return [value.open() for value in page]

    set_and_reset, bare_open = _bare_variable(), _bare_open(place)
    return Benchmark(
        (
            Case("enter a scope", enter, ("contextvar set and reset", set_and_reset), 20.0),
            Case("open a value in a scope", lambda: entered.open(place, number.cell), ("AES-GCM", bare_open), 6.0),
            Case("call a function and open", lambda: rate(customer), ("AES-GCM", bare_open), 40.0),
            Case(
                "prefetch and open a page",
                open_page,
                ("AES-GCM", lambda: [bare_open() for _ in range(PAGE)]),
                10.0,
                per=PAGE,
            ),
        )
    )


def _bare_variable() -> Callable[[], None]:
    """The least that any scope does: remember something for this context, and forget it."""
    variable: ContextVar[object] = ContextVar("bare")

    def set_and_reset() -> None:
        token = variable.set(rating)
        variable.reset(token)

    return set_and_reset


def _bare_open(place: Place) -> Callable[[], str]:
    """The least that any sealed field does: one decryption, no purpose, no log."""
    cipher, nonce, data = AESGCM(os.urandom(32)), os.urandom(12), place.associated_data(place.codec)
    sealed = nonce + cipher.encrypt(nonce, VALUE.encode(), data)

    def bare_open() -> str:
        return cipher.decrypt(sealed[:12], sealed[12:], data).decode()

    return bare_open
