"""Standing: the consents and objections of people, appended and never changed (Art. 7(1), Art. 21)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Protocol

from attrs import evolve, field, frozen

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.ledger._moments import aware
from sectorprivacy.vocabulary import SubjectRef


class StandingKind(StrEnum):
    """What the person declared."""

    CONSENT = "consent"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OBJECTION = "objection"
    OBJECTION_WITHDRAWN = "objection_withdrawn"


@frozen(kw_only=True)
class StandingRecord:
    """One declaration of one person about one activity.

    Args:
        subject: The person.
        kind: What they declared.
        activity: Id of the activity it is about.
        at: Aware time at which it took effect.
        channel: Where it was given: "my_pages", "telephone", "paper", ...
        text: SHA-256, in hexadecimal, of the text consented to; a consent without one proves nothing and is refused.
        version: Version of that text, for people.
        evidence: Id of what proves it, kept where it was given.
        sequence: Place in the store, from 1; 0 until it is appended.
    """

    subject: SubjectRef
    kind: StandingKind
    activity: str
    at: datetime = field(validator=aware)
    channel: str
    text: str | None = None
    version: str | None = None
    evidence: str | None = field(default=None, repr=False)
    sequence: int = 0

    def __attrs_post_init__(self) -> None:
        if self.kind is StandingKind.CONSENT and not self.text:
            raise InvalidDeclaration(
                where="StandingRecord",
                problem="a consent does not name the text consented to (Art. 7(1))",
                instead="Give the SHA-256 of the text that was shown",
            )


@frozen
class StandingState:
    """Where a person stands towards an activity.

    Args:
        consented: The consent they gave last still stands (Art. 7).
        objected: The objection they raised last still stands (Art. 21).
    """

    consented: bool
    objected: bool


def state(records: Iterable[StandingRecord], activity: str) -> StandingState:
    """Where one person stands, by the order of appending: clocks may jump, sequences do not.

    Args:
        records: That person's records, all of them.
        activity: Id of the activity.
    """
    kinds = [record.kind for record in sorted(records, key=_by_sequence) if record.activity == activity]
    return StandingState(
        consented=_last(kinds, StandingKind.CONSENT, StandingKind.CONSENT_WITHDRAWN) is StandingKind.CONSENT,
        objected=_last(kinds, StandingKind.OBJECTION, StandingKind.OBJECTION_WITHDRAWN) is StandingKind.OBJECTION,
    )


def _by_sequence(record: StandingRecord) -> int:
    return record.sequence


def _last(kinds: Sequence[StandingKind], *among: StandingKind) -> StandingKind | None:
    return next((kind for kind in reversed(kinds) if kind in among), None)


class StandingStore(Protocol):
    """Durable declarations of a service's people."""

    def append(self, record: StandingRecord) -> int:
        """Add a record; returns its sequence."""
        ...

    def records(self, subjects: Collection[SubjectRef], after: int, limit: int) -> Sequence[StandingRecord]:
        """At most `limit` records of these people whose sequence is above `after`, in order."""
        ...


class MemoryStanding:
    """A standing store that lasts as long as the process."""

    def __init__(self) -> None:
        self._records: list[StandingRecord] = []
        self._lock = Lock()

    def append(self, record: StandingRecord) -> int:
        """Add a record; returns its sequence."""
        with self._lock:
            sequence = len(self._records) + 1
            self._records.append(evolve(record, sequence=sequence))
        return sequence

    def records(self, subjects: Collection[SubjectRef], after: int, limit: int) -> Sequence[StandingRecord]:
        """At most `limit` records of these people after a sequence."""
        with self._lock:
            return [record for record in self._records[after:] if record.subject in subjects][:limit]
