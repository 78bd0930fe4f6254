"""What the law wants said of an activity or a recipient."""

from __future__ import annotations

from typing import Any

import pytest

from sectorprivacy.policy import ChannelRule, HumanDecision
from sectorprivacy.vocabulary import Basis, Capacity, Channel, Condition
from sectorprivacy.vocabulary import purposes as P
from tests.checks.company import activity, found, policy, recipient

INTEREST = {"basis": {"customer": Basis.LEGITIMATE_INTEREST}, "interest": "selling more"}
CHANNEL = ChannelRule(channel=Channel.EMAIL, condition=Condition.EXISTING_CUSTOMER)
DECISION = HumanDecision(about="credit", inputs="a rating", by="a clerk")


@pytest.mark.parametrize(
    ("code", "where", "wrong", "right"),
    [
        ("interest-unassessed", "activity selling", INTEREST, {"assessment": "LIA-7"}),
        ("contract-unnamed", "activity selling", {"contract": None}, {"contract": "the agreement"}),
        (
            "processor-without-agreement",
            "recipient Sky AS",
            {"recipients": [recipient(agreement=None)]},
            {"recipients": [recipient(agreement="DPA-9")]},
        ),
        ("marketing-without-channel", "activity selling", {"purpose": P.DIRECT_MARKETING}, {"channels": [CHANNEL]}),
        ("decision-without-human", "activity selling", {"purpose": P.CREDITWORTHINESS}, {"decision": DECISION}),
    ],
)
def test_what_must_be_said(code: str, where: str, wrong: dict[str, Any], right: dict[str, Any]) -> None:
    """What is left unsaid is found under its own code, and is found no more once it is said."""
    (finding,) = found(policy(activity(**wrong)))
    assert (finding.code, finding.where) == (code, where)
    assert found(policy(activity(**{**wrong, **right}))) == ()


def test_others_than_processors_need_no_agreement() -> None:
    """Guards, police and a bonus programme act for themselves (Art. 4(7) to (10))."""
    for capacity in set(Capacity) - {Capacity.PROCESSOR}:
        assert found(policy(activity(recipients=[recipient(capacity=capacity, agreement=None)]))) == ()


def test_a_recipient_is_found_once() -> None:
    """However many activities a recipient helps with, its agreement is missing once."""
    unbound = recipient(agreement=None)
    both = (activity(recipients=[unbound]), activity(id="serving", recipients=[unbound]))
    assert len(found(policy(*both))) == 1
