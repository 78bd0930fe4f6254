"""Marks held to the register, and the register to the marks."""

from __future__ import annotations

from typing import Annotated

from attrs import define

from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.policy import Keep
from sectorprivacy.vocabulary import Basis, Relation
from sectorprivacy.vocabulary import categories as C
from tests.checks.company import Customer, activity, codes, found, policy


def test_a_company_without_fault_is_clean() -> None:
    """Where register and marks agree, nothing is found."""
    assert found() == ()


def test_held_and_not_used() -> None:
    """A category that no activity uses of people in a role of the record must not be held (Art. 5(1)(c))."""
    (finding,) = found(policy(activity(uses=[C.NAME, C.AGREEMENT])))
    assert (finding.code, finding.where) == ("category-unused", "shop.customer.email")
    assert "email of customer" in finding.message


def test_used_and_not_held() -> None:
    """A category that an activity uses and nobody holds would be told to people falsely."""
    (finding,) = found(policy(activity(uses=[C.NAME, C.EMAIL, C.AGREEMENT, C.CREDIT])))
    assert (finding.code, finding.where) == ("category-unheld", "activity selling, category credit")


def test_narrower_category_is_held_by_its_broader_use() -> None:
    """A broader word covers those under it, on both sides of the comparison."""
    assert found(policy(activity(uses=[C.NAME, C.CONTACT, C.AGREEMENT]))) == ()


def test_protected_category_is_not_held_by_a_broader_use() -> None:
    """What the law protects further is used only where it is named."""

    @personal(id="shop.identity", key="number")
    @define
    class Identity:
        number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
        national_id: Annotated[str, Personal(C.NATIONAL_ID)]

    register = policy(activity(uses=[C.NAME, C.EMAIL, C.AGREEMENT, C.IDENTIFIER]))
    findings = found(register, (Customer, Identity))
    assert ("category-unused", "shop.identity.national_id") not in [(each.code, each.where) for each in findings]
    assert codes(findings) == ["role-uncovered"]  # nothing uses anything of the whole data set


def test_broader_word_does_not_hold_what_is_protected() -> None:
    """An activity that names only "identifier" may not use a national identity number, and so has nothing."""

    @personal(id="shop.identity", key="number", anchors={"left": "number"})
    @define
    class Identity:
        number: Annotated[str, Personal(C.NAME), SubjectId("email", role="customer", verified=True)]
        national_id: Annotated[str, Personal(C.NATIONAL_ID)]

    register = policy(activity(uses=[C.NAME, C.IDENTIFIER]))
    assert [(each.code, each.where) for each in found(register, (Identity,))] == [
        ("category-unheld", "activity selling, category identifier"),
        ("category-unused", "shop.identity.national_id"),
    ]


def test_activity_without_data() -> None:
    """An activity that works on no data set is found once, and not again for each of its categories."""
    other = activity(id="rating", uses=[C.CREDIT], basis={"payer": Basis.CONTRACT})
    findings = found(policy(activity(), other))
    assert [(each.code, each.where) for each in findings] == [("activity-unused", "activity rating")]


def test_activity_whose_data_is_of_others() -> None:
    """An activity uses a data set only through a basis for people whose data is in it."""
    other = activity(id="calling", basis={"payer": Basis.CONTRACT})
    assert codes(found(policy(activity(), other))) == ["activity-unused"]


def test_role_without_basis() -> None:
    """A contract covers its party: others on its records need a basis of their own (Art. 6(1))."""

    @personal(id="shop.contact", key="number", anchors={"left": "number"})
    @define
    class Contact:
        number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
        name: Annotated[str, Personal(C.NAME, about="contact_person")]
        email: Annotated[str, Personal(C.EMAIL), SubjectId("email", role="contact_person", relation=Relation.APPEARS)]

    findings = found(models=(Customer, Contact))
    assert [(each.code, each.where) for each in findings] == [("role-uncovered", "shop.contact, role contact_person")]


def test_event_whose_day_nobody_knows() -> None:
    """A span that counts from an unknown day never ends, and an obligation never binds."""
    span = activity(basis={"customer": Basis.CONSENT}, consent="yes", keep=Keep(after="sold", months=3))
    duty = activity(basis={"customer": Basis.LEGAL_OBLIGATION}, law="a law", keep=Keep(after="sold"))
    for each in (span, duty):
        (finding, anchor) = found(policy(each, events={"sold": "the sale"}))
        assert (finding.code, finding.where) == ("event-unknown", "activity selling, event sold")
        assert "shop.customer" in finding.remedy
        assert anchor.code == "anchor-unused"


def test_contract_may_run_with_its_link() -> None:
    """A contract whose end no data set knows runs as long as the person's link to the thing."""
    running = activity(keep=Keep(after="agreement_ended", years=1))
    assert codes(found(policy(running, events={"agreement_ended": "the end"}))) == ["anchor-unused"]


def test_anchor_that_nothing_counts_from() -> None:
    """An event that only a model knows is often a slip of the pen."""
    (finding,) = found(policy(activity(keep=Keep(after="lefft")), events={"lefft": "the end"}))
    assert (finding.code, finding.where) == ("anchor-unused", "shop.customer, event left")


def test_kind_that_nothing_leads_to() -> None:
    """Nobody can be found by a kind of identifier that no data set has verified."""

    @personal(id="shop.visit", key="badge", anchors={"left": "badge"})
    @define
    class Visit:
        badge: Annotated[str, SubjectId("badge", role="customer")]
        name: Annotated[str, Personal(C.NAME)]

    @personal(id="shop.badge", key="badge", anchors={"left": "badge"})
    @define
    class Badge:
        number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
        badge: Annotated[str, Personal(C.AGREEMENT), SubjectId("badge", role="customer", verified=True)]

    (finding,) = found(models=(Customer, Visit))
    assert (finding.code, finding.where) == ("identifier-kind-unknown", "shop.visit.badge")
    assert found(models=(Customer, Visit, Badge)) == ()
