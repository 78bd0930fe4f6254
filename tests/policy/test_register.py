"""The register: what the law needs said is demanded when it is declared, and a changed word changes the digest."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from attrs import evolve

from sectorprivacy.errors import ActivityNotDeclared, InvalidDeclaration, UnknownWord
from sectorprivacy.policy import RIGHTS_HANDLING, Activity, Controller, Keep, Policy, Recipient
from sectorprivacy.vocabulary import Basis, Capacity, Category, Role, Safeguard, categories, roles

CONTROLLER = Controller("Sector Alarm Group AS", id="sector-alarm", country="NO")


def activity(activity_id: str = "billing", **changes: Any) -> Activity:
    facts: dict[str, Any] = {
        "purpose": "payment",
        "basis": {"customer": Basis.CONTRACT},
        "uses": ["contact", "transaction"],
        "keep": Keep(years=5, after="invoiced"),
    }
    return Activity(activity_id, **{**facts, **changes})


@pytest.mark.parametrize(
    ("basis", "argument"),
    [(Basis.LEGAL_OBLIGATION, "law"), (Basis.LEGITIMATE_INTEREST, "interest"), (Basis.CONSENT, "consent")],
)
def test_a_basis_says_what_it_rests_on(basis: Basis, argument: str) -> None:
    """An obligation names its law, an interest is stated (Art. 13(1)(d)), a consent has a text (Art. 7)."""
    both = {"customer": Basis.CONTRACT, "contact_person": basis}
    with pytest.raises(InvalidDeclaration, match=argument):
        activity(basis=both)
    with pytest.raises(InvalidDeclaration, match=argument):
        activity(basis=both, **{argument: ""})
    assert activity(basis=both, **{argument: "so"}).basis["contact_person"] is basis


def test_nothing_is_done_without_a_basis() -> None:
    """Processing without a legal basis for anybody is unlawful (Art. 6(1))."""
    with pytest.raises(InvalidDeclaration, match="no legal basis"):
        activity(basis={})


@pytest.mark.parametrize(
    "wrong",
    [{"purpose": "profit"}, {"basis": {"customer": "because"}}, {"basis": {"neighbour": "contract"}}, {"uses": ["x"]}],
)
def test_words_of_the_register_are_known(wrong: dict[str, Any]) -> None:
    """A misspelt word is refused where it is written."""
    with pytest.raises(UnknownWord):
        activity(**wrong)


def test_uses_cover_what_stands_under_them() -> None:
    """`contact` covers the telephone number and a category of the company's own; it covers no name."""
    own = Category("fax", "fax number", categories.TELEPHONE)
    assert activity().may_use(categories.TELEPHONE)
    assert activity().may_use(own)
    assert not activity().may_use(categories.NAME)
    assert not activity(uses=["email"]).may_use(categories.CONTACT)


def test_a_recipient_outside_the_eea_needs_a_safeguard() -> None:
    """Data leaves the EEA under Chapter V alone."""
    facts: dict[str, Any] = {"name": "Cloud Inc.", "capacity": Capacity.PROCESSOR, "task": "hosting", "country": "US"}
    with pytest.raises(InvalidDeclaration, match="outside the EEA"):
        Recipient(**facts)
    assert Recipient(**facts, safeguard=Safeguard.STANDARD_CLAUSES).country == "US"
    assert Recipient(**{**facts, "country": "IS"}).safeguard is None


def test_a_retention_rule_counts_forwards() -> None:
    """A negative span would end before its event."""
    with pytest.raises(InvalidDeclaration, match="negative"):
        Keep(years=1, days=-1, after="invoiced")


def test_an_activity_is_declared_once() -> None:
    """Two rules under one id would leave open which of them holds; the built-in one cannot be replaced."""
    for twice in ([activity(), activity(title="other")], [activity("rights_handling")]):
        with pytest.raises(InvalidDeclaration, match="declared twice"):
            Policy(CONTROLLER, twice)


def test_an_activity_is_found_by_id_or_as_it_was_declared() -> None:
    """What is not in the policy in force is refused, and so is a copy that was changed after it was registered."""
    policy = Policy(CONTROLLER, [activity()])
    assert policy.activity("billing") == policy.activity(activity()) == activity()
    for stranger in ("marketing", activity("marketing"), evolve(activity(), uses=["contact", "name"])):
        with pytest.raises(ActivityNotDeclared):
            policy.activity(stranger)


def test_people_s_rights_are_always_answered() -> None:
    """Every policy has the activity under which copies are made and data is erased, for every role and category."""
    handling = Policy(CONTROLLER, []).activity("rights_handling")
    assert handling == RIGHTS_HANDLING
    assert all(
        handling.basis[role.id] is Basis.LEGAL_OBLIGATION for role in vars(roles).values() if isinstance(role, Role)
    )
    assert all(handling.may_use(word) for word in vars(categories).values() if isinstance(word, Category))


def test_a_title_is_made_from_the_id() -> None:
    """People read words, not identifiers."""
    assert activity("credit-rating_new").title == "credit rating new"


def test_activities_can_be_members_of_sets() -> None:
    """Equal activities are one, so that callers may group by them."""
    assert {activity(), activity(), activity("other")} == {activity(), activity("other")}
    assert hash(Policy(CONTROLLER, [activity()])) == hash(Policy(CONTROLLER, [activity()]))


BASE = Policy(CONTROLLER, [activity()])


@pytest.mark.parametrize(
    "changed",
    [
        Policy(evolve(CONTROLLER, email="post@example.no"), [activity()]),
        Policy(CONTROLLER, [activity()], version="2"),
        Policy(CONTROLLER, [activity(), activity("marketing")]),
        Policy(CONTROLLER, [activity(keep=Keep(years=6, after="invoiced"))]),
        Policy(CONTROLLER, [activity(uses=["contact"])]),
        Policy(CONTROLLER, [activity(basis={"customer": "precontract"})]),
        Policy(CONTROLLER, [activity(recipients=[Recipient(name="A", capacity=Capacity.AUTHORITY, task="audit")])]),
    ],
)
def test_the_digest_knows_every_word(changed: Policy) -> None:
    """Two registers that say different things never have the same digest."""
    assert changed.digest != BASE.digest


PROGRAM = """
from tests.policy.test_register import BASE
print(BASE.digest)
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_digest_is_the_same_in_every_process(seed: str) -> None:
    """Sets have no order of their own; the digest does not depend on the one they happen to have."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == BASE.digest
