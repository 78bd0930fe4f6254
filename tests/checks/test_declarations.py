"""Errors of declarations are findings: each by itself, under the code of its error."""

from __future__ import annotations

from typing import Annotated

import pytest
from attrs import define

from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.checks import findings_of
from sectorprivacy.encryption import BlindIndex, Sealed
from sectorprivacy.errors import DeclarationError, UnknownWord
from sectorprivacy.policy import Activity
from sectorprivacy.vocabulary import Safeguard, category
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P
from tests.checks.company import Customer, activity, found, policy, recipient


def test_every_model_is_read() -> None:
    """One model that is wrong does not hide what is wrong with the next; what nobody holds is then not known."""

    @personal(id="shop.order", key="number")
    @define
    class Order:
        number: Annotated[str, SubjectId("customer_number", role="customer")]
        price: str
        paid: str

    class Undeclared:
        pass

    @personal(id="shop.wish", key="number")
    @define
    class Wish:
        text: Annotated[str, Personal(C.NAME), Personal(C.EMAIL)]

    register = policy(activity(uses=[C.NAME, C.EMAIL, C.AGREEMENT, C.CREDIT]))
    findings = found(register, (Customer, Order, Undeclared, Wish), lock=None, exempt={"lock": "new"})
    at = {(each.code, each.where) for each in findings}
    assert {
        ("declaration.unmarked-fields", "shop.order.price"),
        ("declaration.unmarked-fields", "shop.order.paid"),
    } < at
    assert "declaration.not-declared" in {each.code for each in findings}
    assert {each.code for each in findings} == {
        "declaration.unmarked-fields",
        "declaration.not-declared",
        "declaration.invalid",
    }
    assert {each.where for each in findings if each.code == "declaration.invalid"} >= {"shop.wish.text"}
    assert not any("[declaration" in each.message + each.remedy for each in findings)


def test_an_id_names_one_model() -> None:
    """Two models of one id would be one data set with two meanings."""

    @personal(id="shop.customer", key="number", anchors={"left": "number"})
    @define
    class Again:
        number: Annotated[str, SubjectId("customer_number", role="customer")]

    (finding,) = found(models=(Customer, Again), lock=None, exempt={"lock": "new"})
    assert (finding.code, finding.where) == ("declaration.invalid", "shop.customer")


def test_a_register_that_is_refused() -> None:
    """What `Policy(...)` reports together becomes a finding each, about the activity or recipient it names."""
    with pytest.raises(DeclarationError) as refused:
        policy(
            Activity("selling", purpose=P.PAYMENT, basis={}, uses=[C.NAME]),
            activity(id="sending", recipients=[recipient(country="US", safeguard=None)]),
        )
    assert [(each.code, each.where) for each in findings_of(refused.value)] == [
        ("declaration.basis-incomplete", "activity selling"),
        ("declaration.retention-missing", "activity selling"),
        ("declaration.transfer-without-safeguard", "recipient Sky AS"),
    ]
    assert policy(activity(recipients=[recipient(country="US", safeguard=Safeguard.STANDARD_CLAUSES)]))


def test_a_word_that_is_not_known() -> None:
    """A slip of the pen in a word is a finding too, and says which word was meant."""
    with pytest.raises(UnknownWord) as refused:
        category("emial")
    (finding,) = findings_of(refused.value)
    assert (finding.code, finding.where) == ("declaration.unknown-word", "category emial")
    assert finding.message == "There is no category 'emial'. Did you mean 'email'?"


def test_an_index_that_gives_its_values_away() -> None:
    """It is found at its field, with what it would give away."""

    @personal(id="shop.order", key="number")
    @define
    class Order:
        number: Annotated[str, SubjectId("customer_number", role="customer")]
        paid: Annotated[Sealed[bool], Personal(C.NAME, index=BlindIndex("exact-1", distinct=1_000))]

    (finding,) = found(models=(Customer, Order), lock=None, exempt={"lock": "new"})
    assert (finding.code, finding.where) == ("declaration.leakage", "shop.order.paid")
    assert finding.message.startswith("A blind index would give its values away: ")
