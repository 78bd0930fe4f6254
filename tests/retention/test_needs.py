"""What keeps a record from erasure: a running contract and the law, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.retention import Need, ground_of, needs
from sectorprivacy.vocabulary import Basis, Category, Ground, categories

TODAY = date(2026, 11, 25)
TRANSACTION = frozenset({categories.TRANSACTION})

monitoring = Activity(
    "monitoring",
    purpose="safety",
    basis={"customer": Basis.CONTRACT, "contact_person": Basis.LEGITIMATE_INTEREST},
    interest="reaching somebody",
    uses=["event", "transaction"],
    keep=Keep(after="agreement_ended", months=6),
)
bookkeeping = Activity(
    "bookkeeping",
    purpose="legal_compliance",
    basis={"customer": Basis.LEGAL_OBLIGATION},
    uses=["transaction"],
    keep=Keep(years=5, after="invoiced", end_of_year=True, law="Bokføringsloven § 13"),
    law="Bokføringsloven",
)
POLICY = Policy(Controller("Company", id="company", country="NO"), [monitoring, bookkeeping])


def found(
    policy: Policy = POLICY,
    *,
    held: Iterable[Category] = TRANSACTION,
    role: str = "customer",
    events: Mapping[str, date | None] | None = None,
    link_ended: date | None = None,
) -> dict[str, Need]:
    result = needs(policy, categories=held, role=role, events=events or {}, link_ended=link_ended, today=TODAY)
    return {need.activity.id: need for need in result}


def test_a_running_contract_keeps_its_records() -> None:
    """What the contract needs is not erased while it runs (Art. 17(1)(a)); nobody knows yet until when."""
    need = found(events={"agreement_ended": None})["monitoring"]
    assert (need.ground, need.until, need.ends) == (Ground.CONTRACT_RUNNING, None, "agreement_ended")


@pytest.mark.parametrize(("days", "kept"), [(-1, True), (0, False), (1, False)])
def test_an_ended_contract_keeps_them_for_its_time(days: int, kept: bool) -> None:
    """After the end plus its time the contract is no reason any more, from the due date itself on."""
    ended = date(2026, 5, 25) - timedelta(days=days)
    assert ("monitoring" in found(events={"agreement_ended": ended})) is kept


def test_the_law_keeps_an_invoice_until_its_date() -> None:
    """An invoice stays for the tax office although the person wants it gone (Art. 17(3)(b)), and the law is named."""
    events = {"agreement_ended": date(2020, 1, 1), "invoiced": date(2022, 3, 1)}
    (need,) = found(events=events).values()
    assert (need.activity, need.ground) == (bookkeeping, Ground.LEGAL_OBLIGATION)
    assert (need.until, need.ends, need.law) == (date(2028, 1, 1), "2028-01-01", "Bokføringsloven § 13")
    assert found(events={**events, "invoiced": date(2020, 12, 31)}) == {}


def test_an_obligation_binds_only_who_knows_its_event() -> None:
    """A transaction without an invoice date is no voucher; keeping it "by law" would keep it for ever."""
    assert "bookkeeping" not in found(events={"agreement_ended": None})
    assert "bookkeeping" in found(events={"invoiced": None})


@pytest.mark.parametrize(("link_ended", "kept"), [(None, True), (date(2026, 11, 1), True), (date(2026, 1, 1), False)])
def test_where_no_date_is_known_the_link_decides(link_ended: date | None, kept: bool) -> None:
    """Events of an installation know no agreement: the contract's time counts from when the person left the home."""
    assert ("monitoring" in found(held=[categories.EVENT], link_ended=link_ended)) is kept


@pytest.mark.parametrize(
    "basis", [Basis.CONSENT, Basis.LEGITIMATE_INTEREST, Basis.PRECONTRACT, Basis.PUBLIC_TASK, Basis.VITAL_INTERESTS]
)
def test_other_bases_give_way_to_the_person(basis: Basis) -> None:
    """Consent, interests and offers are no reason to keep what the person wants erased."""
    activity = Activity(
        "offers",
        purpose="offer",
        basis={"customer": basis},
        uses=["transaction"],
        keep=Keep(years=99, after="invoiced"),
        consent="text",
        interest="ours",
    )
    policy = Policy(POLICY.controller, [activity])
    assert found(policy, events={"invoiced": None}) == {}


def test_a_need_is_the_role_s_own() -> None:
    """The customer's contract does not keep what concerns the contact person."""
    assert found(role="contact_person", events={"agreement_ended": None, "invoiced": TODAY}) == {}
    assert found(role="bystander", events={"agreement_ended": None}) == {}


def test_a_need_covers_what_the_activity_uses() -> None:
    """Bookkeeping keeps no recordings; a category under a used one is covered."""
    events: dict[str, date | None] = {"agreement_ended": None, "invoiced": TODAY}
    assert found(held=[categories.RECORDING], events=events) == {}
    assert found(held=[], events=events) == {}
    assert list(found(held=[categories.ALARM], events=events)) == ["monitoring"]


def test_the_longest_need_comes_first() -> None:
    """What is told to the person is the longest reason; one without a date outlasts every date."""
    dated = found(events={"agreement_ended": TODAY, "invoiced": TODAY})
    assert list(dated) == ["bookkeeping", "monitoring"]
    assert list(found(events={"agreement_ended": None, "invoiced": TODAY})) == ["monitoring", "bookkeeping"]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_what_is_due_never_comes_back(today: date, later: date) -> None:
    """Time only takes needs away: what was free to go on one day is free on every later one."""
    today, later = sorted([today, later])
    facts: dict[str, Any] = {"categories": TRANSACTION, "role": "customer", "link_ended": None}
    events = {"agreement_ended": date(2024, 2, 29), "invoiced": date(2023, 6, 1)}
    before = needs(POLICY, events=events, today=today, **facts)
    assert set(needs(POLICY, events=events, today=later, **facts)) <= set(before)


def test_law_is_the_one_of_the_rule_then_of_the_activity() -> None:
    """People can look up what keeps their record."""
    facts: dict[str, Any] = {"until": None}
    assert Need(activity=bookkeeping, ground=Ground.LEGAL_OBLIGATION, **facts).law == "Bokføringsloven § 13"
    assert Need(activity=monitoring, ground=Ground.CONTRACT_RUNNING, **facts).law.startswith("GDPR Art. 17(1)(a)")
    assert ground_of(bookkeeping) is Ground.LEGAL_OBLIGATION
    assert ground_of(monitoring) is Ground.CONTRACT_RUNNING
