"""What the law wants said of an activity or a recipient beyond what the register itself refuses."""

from __future__ import annotations

from collections.abc import Iterator

from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._rules import (
    CONTRACT_UNNAMED,
    DECISION_WITHOUT_HUMAN,
    INTEREST_UNASSESSED,
    MARKETING_WITHOUT_CHANNEL,
    PROCESSOR_WITHOUT_AGREEMENT,
)
from sectorprivacy.policy import Activity, Policy, recipients_of
from sectorprivacy.vocabulary import Basis, Capacity, purposes


def unsaid(policy: Policy) -> Iterator[Finding]:
    """What the register leaves unsaid."""
    for activity in policy.activities:
        yield from _activity(activity)
    for recipient in recipients_of(policy.activities):
        if recipient.capacity is Capacity.PROCESSOR and not recipient.agreement:
            yield PROCESSOR_WITHOUT_AGREEMENT.finding(
                f"recipient {recipient.name}",
                "It is a processor, and its data processing agreement is not named.",
                'Say agreement="..." with the reference of the agreement.',
            )


def _activity(activity: Activity) -> Iterator[Finding]:
    where = f"activity {activity.id}"
    bases = set(activity.basis.values())
    if Basis.LEGITIMATE_INTEREST in bases and not activity.assessment:
        yield INTEREST_UNASSESSED.finding(
            where,
            "It rests on a legitimate interest, and where the balancing test is kept is not said.",
            'Say assessment="..." with the reference of the test.',
        )
    if Basis.CONTRACT in bases and activity.contract is None:
        yield CONTRACT_UNNAMED.finding(
            where, "It rests on a contract, and which is not said.", "Say contract=... on the activity."
        )
    if activity.purpose.within(purposes.DIRECT_MARKETING) and not activity.channels:
        yield MARKETING_WITHOUT_CHANNEL.finding(
            where,
            "It is direct marketing, and by which channels is not said.",
            "Say channels=[ChannelRule(channel=..., condition=...)] on the activity.",
        )
    if activity.purpose.within(purposes.CREDITWORTHINESS) and activity.decision is None:
        yield DECISION_WITHOUT_HUMAN.finding(
            where,
            "It assesses creditworthiness, and which human decides is not said.",
            "Say decision=HumanDecision(about=..., inputs=..., by=...) on the activity.",
        )
