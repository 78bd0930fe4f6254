"""Exemptions: reasoned, needed, and never for what the law or a review demands."""

from __future__ import annotations

from typing import Annotated

import pytest
from attrs import define

from sectorprivacy.annotations import SubjectId, personal, read_fields
from sectorprivacy.checks import Table
from sectorprivacy.documents import data_map
from sectorprivacy.vocabulary import categories as C
from tests.checks.company import Customer, activity, codes, found, policy

UNNAMED = policy(activity(contract=None))


@pytest.mark.parametrize("key", ["contract-unnamed activity selling", "activity selling"])
def test_a_reason_silences(key: str) -> None:
    """What is meant to be so is exempted by what it is about, with or without the code."""
    assert found(UNNAMED, exempt={key: "each customer has one of their own"}) == ()


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_reason_silences_nothing(reason: str) -> None:
    """An exemption without a reason does not hold, and is wrong by itself."""
    findings = found(UNNAMED, exempt={"activity selling": reason})
    assert codes(findings) == ["contract-unnamed", "exemption-unreasoned"]


@pytest.mark.parametrize("key", ["activity selling", "contract-unnamed activity other", "interest-unassessed shop"])
def test_what_nothing_needs_is_stale(key: str) -> None:
    """An exemption that silences nothing would silence what comes later."""
    (finding,) = found(exempt={key: "it was so once"})
    assert (finding.code, finding.where) == ("exemption-stale", f"exemption {key}")


def test_what_was_not_looked_at_is_not_stale() -> None:
    """A live database is not asked in every build: an exemption of its table is judged where the table is seen."""
    exempt = {"table-undeclared table visit": "visits of suppliers"}
    assert found(exempt=exempt) == ()
    assert codes(found(exempt=exempt, tables=[Table(name="visit", columns=["id"])])) == ["exemption-stale"]
    assert found(exempt=exempt, tables=[Table(name="visit", columns=["phone"])]) == ()


def test_nothing_is_stale_while_a_model_cannot_be_read() -> None:
    """What nobody holds is not known then, so an exemption of that cannot be judged."""

    @personal(id="shop.order", key="number")
    @define
    class Order:
        number: Annotated[str, SubjectId("customer_number", role="customer")]
        price: str

    register = policy(activity(uses=[C.NAME, C.EMAIL, C.AGREEMENT, C.CREDIT]))
    exempt = {"activity selling, category credit": "asked by telephone", "lock": "new"}
    findings = found(register, (Customer, Order), exempt=exempt, lock=None)
    assert codes(findings) == ["declaration.unmarked-fields"]


def test_drift_is_never_exempted() -> None:
    """A change of personal data is looked at, whatever an exemption says."""
    old = data_map(policy(version="0"), [read_fields(Customer)])
    findings = found(lock=old, exempt={"policy": "no", "drift-changed policy": "no"})
    assert codes(findings) == ["exemption-stale", "exemption-stale", "drift-changed"]
