"""Quarantine: for a while an erasure can be taken back; meanwhile nothing that was sealed for the person opens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol
from uuid import UUID

from attrs import frozen

from sectorprivacy.errors import ProtocolError
from sectorprivacy.purposes import Gate
from sectorprivacy.rights.protocol import ApplyTask
from sectorprivacy.vocabulary import SubjectRef


@frozen(kw_only=True)
class Waiting:
    """An erasure in quarantine.

    Args:
        task: The apply task.
        case: Its case.
        limit: The page limit it was asked for with, which is that of its plan.
        until: Aware time from which it may be carried out.
    """

    task: UUID
    case: UUID
    limit: int
    until: datetime


class WaitingList(Protocol):
    """Durable list of the erasures in quarantine; it names tasks and no person."""

    def add(self, waiting: Waiting) -> Waiting:
        """Keep an erasure, and return the one that stands for its task: the first."""
        ...

    def waiting(self) -> Sequence[Waiting]:
        """Every erasure in quarantine, those that are over first."""
        ...

    def remove(self, task: UUID) -> None:
        """Forget one; a task that does not wait changes nothing."""
        ...


class MemoryWaitingList:
    """A waiting list that lasts as long as the process."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, Waiting] = {}
        self._lock = Lock()

    def add(self, waiting: Waiting) -> Waiting:
        """See WaitingList."""
        with self._lock:
            return self._waiting.setdefault(waiting.task, waiting)

    def waiting(self) -> Sequence[Waiting]:
        """See WaitingList."""
        with self._lock:
            return sorted(self._waiting.values(), key=lambda each: each.until)

    def remove(self, task: UUID) -> None:
        """See WaitingList."""
        with self._lock:
            self._waiting.pop(task, None)


@frozen(kw_only=True)
class Quarantine:
    """Holds erasures back for a while.

    Args:
        window: How long; positive.
        waiting: The erasures in it.
        gate: Keys and clock.
    """

    window: timedelta
    waiting: WaitingList
    gate: Gate

    def hold(self, task: ApplyTask, people: Collection[SubjectRef], limit: int) -> None:
        """Let an erasure pass whose time has come; hold back any other, its keys disabled.

        Raises:
            ProtocolError: `quarantined`; it may be asked for again later.
        """
        until = self.gate.now() + self.window
        stands = self.waiting.add(Waiting(task=task.task, case=task.case, limit=limit, until=until))
        if self.gate.now() < stands.until:
            for person in people:
                self.gate.keys.disable(person)
            raise ProtocolError(problem="quarantined", retry="after")

    def end(self, task: UUID, people: Collection[SubjectRef]) -> None:
        """End it: what was not destroyed opens again. Safe to repeat after a crash in between."""
        for person in people:
            self.gate.keys.enable(person)
        self.waiting.remove(task)

    def due(self) -> Sequence[Waiting]:
        """The erasures whose time has come."""
        now = self.gate.now()
        return [each for each in self.waiting.waiting() if each.until <= now]

    def of_case(self, case: UUID) -> Sequence[Waiting]:
        """The erasures of one case."""
        return [each for each in self.waiting.waiting() if each.case == case]
