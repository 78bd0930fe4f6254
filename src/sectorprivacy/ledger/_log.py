"""The log of what was done with people's data: append-only, by reference, without a value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Protocol

from attrs import evolve, field, frozen

from sectorprivacy.ledger._moments import aware
from sectorprivacy.vocabulary import Basis, SubjectRef


class Deed(StrEnum):
    """What was done."""

    OPENED = "opened"
    EXPORTED = "exported"
    ERASED = "erased"
    DISCLOSED = "disclosed"


@frozen(kw_only=True)
class LogEntry:
    """One use of one person's data; part of what they may learn (Art. 15), the actor withheld.

    Args:
        at: Aware time of the use.
        activity: Id of the activity it served.
        subject: The person.
        actor: Pseudonymous id of the employee or program.
        kind: What was done.
        categories: Ids of the categories used.
        count: How many values or records.
        basis: Legal basis of the activity for this person, where one was decided.
        sequence: Place in the log, from 1; 0 until it is appended.
    """

    at: datetime = field(validator=aware)
    activity: str
    subject: SubjectRef
    actor: str
    kind: Deed
    categories: tuple[str, ...] = ()
    count: int = 1
    basis: Basis | None = None
    sequence: int = 0


class Log(Protocol):
    """Durable log of one service."""

    def append(self, entries: Sequence[LogEntry]) -> int:
        """Add entries, all or none, in their order; returns the sequence of the first, 0 where none are given."""
        ...

    def entries(self, subjects: Collection[SubjectRef], after: int, limit: int) -> Sequence[LogEntry]:
        """At most `limit` entries of these people whose sequence is above `after`, in order."""
        ...


class MemoryLog:
    """A log that lasts as long as the process."""

    def __init__(self) -> None:
        self._entries: list[LogEntry] = []
        self._lock = Lock()

    def append(self, entries: Sequence[LogEntry]) -> int:
        """Add entries in their order; returns the sequence of the first."""
        if not entries:
            return 0
        with self._lock:
            first = len(self._entries) + 1
            self._entries += [evolve(entry, sequence=number) for number, entry in enumerate(entries, first)]
        return first

    def entries(self, subjects: Collection[SubjectRef], after: int, limit: int) -> Sequence[LogEntry]:
        """At most `limit` entries of these people after a sequence."""
        with self._lock:
            return [entry for entry in self._entries[after:] if entry.subject in subjects][:limit]
