"""Consent and objection: what was declared last stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.ledger import StandingKind, StandingRecord, StandingState, state
from sectorprivacy.vocabulary import SubjectRef

K = StandingKind
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def declared(*kinds: StandingKind, activity: str = "newsletter") -> list[StandingRecord]:
    return [
        StandingRecord(
            subject=SubjectRef(b"s" * 16),
            kind=kind,
            activity=activity,
            at=NOON - timedelta(days=number),
            channel="my_pages",
            text="0" * 64,
            sequence=number,
        )
        for number, kind in enumerate(kinds, 1)
    ]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([], StandingState(consented=False, objected=False)),
        ([K.CONSENT], StandingState(consented=True, objected=False)),
        ([K.CONSENT, K.CONSENT_WITHDRAWN], StandingState(consented=False, objected=False)),
        ([K.CONSENT, K.CONSENT_WITHDRAWN, K.CONSENT], StandingState(consented=True, objected=False)),
        ([K.CONSENT_WITHDRAWN], StandingState(consented=False, objected=False)),
        ([K.OBJECTION], StandingState(consented=False, objected=True)),
        ([K.OBJECTION, K.OBJECTION_WITHDRAWN], StandingState(consented=False, objected=False)),
        ([K.OBJECTION, K.CONSENT], StandingState(consented=True, objected=True)),
        ([K.CONSENT, K.OBJECTION, K.CONSENT_WITHDRAWN], StandingState(consented=False, objected=True)),
    ],
)
def test_the_last_declaration_stands(kinds: list[StandingKind], expected: StandingState) -> None:
    """Consent and objection are two things, and the last word of each counts, by sequence and not by clock."""
    records = declared(*kinds)
    assert state(records, "newsletter") == state(reversed(records), "newsletter") == expected


def test_a_declaration_counts_for_its_own_activity_only() -> None:
    """Consent is specific (Art. 4(11))."""
    assert state(declared(K.CONSENT, activity="benefits"), "newsletter") == StandingState(
        consented=False, objected=False
    )


def test_a_consent_names_its_text() -> None:
    """The controller must be able to show what was consented to (Art. 7(1))."""
    (consent,) = declared(K.CONSENT)
    with pytest.raises(InvalidDeclaration, match="text"):
        evolve(consent, text=None)
    evolve(consent, kind=K.OBJECTION, text=None)


def test_a_time_without_zone_is_refused() -> None:
    """Nobody could say afterwards when a naive time was."""
    (consent,) = declared(K.CONSENT)
    with pytest.raises(InvalidDeclaration, match="naive"):
        evolve(consent, at=datetime(2026, 3, 1))  # noqa: DTZ001  # a naive one is the case


def test_evidence_is_not_shown() -> None:
    """What proves a consent may be a file name of a recording; it stays out of logs."""
    (consent,) = declared(K.CONSENT)
    assert "call-5512" not in repr(evolve(consent, evidence="call-5512"))
