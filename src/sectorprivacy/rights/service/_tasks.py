"""What a service remembers of the messages it got: opened tasks, pages of plans, and nonces already used."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Literal, Protocol
from uuid import UUID

from attrs import evolve, field, frozen

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import ApplyTask, ExportTask, FindTask, PlanTask, digest_of

AnyTask = FindTask | ExportTask | PlanTask | ApplyTask

CURSOR_KEY_BYTES = 32


@frozen(kw_only=True)
class OpenTask:
    """A task as it was first asked.

    Args:
        task: The message.
        cursor_key: 32 random bytes, the key of this task's cursors; it dies with the task.
        state: "cancelled" tasks do nothing more.
    """

    task: AnyTask
    cursor_key: bytes = field(factory=lambda: secrets.token_bytes(CURSOR_KEY_BYTES), repr=False)
    state: Literal["open", "cancelled"] = "open"


def same_task(opened: OpenTask, task: AnyTask) -> OpenTask:
    """The opened task, if `task` says the same.

    Raises:
        ProtocolError: `other_body`, if the id came with another message before.
    """
    if digest_of(opened.task) != digest_of(task):
        raise ProtocolError(problem="other_body", retry="never")
    return opened


class TaskStore(Protocol):
    """Durable memory of tasks; the first message under an id stands."""

    def open(self, task: AnyTask) -> OpenTask:
        """Remember the task, or return it as it was remembered; atomic.

        Raises:
            ProtocolError: `other_body`, if the id came with another message before.
        """
        ...

    def get(self, task: UUID) -> OpenTask | None:
        """The task of that id, None where there is none."""
        ...

    def cancel(self, task: UUID) -> None:
        """Let the task do nothing more; an unknown id is left unknown."""
        ...

    def close(self, case: UUID) -> None:
        """Forget every task of a case, with the keys of their cursors."""
        ...


class PlanPages(Protocol):
    """Durable memory of what a plan said, page by page, for the apply that names it."""

    def put(self, task: UUID, dataset: str, page: int, digest: str) -> None:
        """Remember the digest of one page, counted from 0; the same again changes nothing.

        Raises:
            ProtocolError: `plan_changed`, if the page had another digest before.
        """
        ...

    def get(self, task: UUID, dataset: str) -> Sequence[str]:
        """Digests of the pages, in order; empty where nothing was planned."""
        ...


class ReplayStore(Protocol):
    """Durable memory of nonces; it survives a restart, or a captured message works again after one."""

    def seen(self, key_id: str, nonce: str, expires: datetime) -> bool:
        """Whether this key used the nonce before; atomic, so that of two at once only one gets False.

        Args:
            key_id: Who signed.
            nonce: What must be new.
            expires: Aware time until which it must be remembered.
        """
        ...


class MemoryTasks:
    """Tasks that last as long as the process."""

    def __init__(self) -> None:
        self._tasks: dict[UUID, OpenTask] = {}
        self._lock = Lock()

    def open(self, task: AnyTask) -> OpenTask:
        """Remember the task, or return it as it was remembered."""
        with self._lock:
            return same_task(self._tasks.setdefault(task.task, OpenTask(task=task)), task)

    def get(self, task: UUID) -> OpenTask | None:
        """The task of that id, None where there is none."""
        return self._tasks.get(task)

    def cancel(self, task: UUID) -> None:
        """Let the task do nothing more."""
        with self._lock:
            if (opened := self._tasks.get(task)) is not None:
                self._tasks[task] = evolve(opened, state="cancelled")

    def close(self, case: UUID) -> None:
        """Forget every task of a case."""
        with self._lock:
            self._tasks = {task: opened for task, opened in self._tasks.items() if opened.task.case != case}


class MemoryPlanPages:
    """Pages of plans that last as long as the process."""

    def __init__(self) -> None:
        self._digests: dict[tuple[UUID, str], dict[int, str]] = {}
        self._lock = Lock()

    def put(self, task: UUID, dataset: str, page: int, digest: str) -> None:
        """Remember the digest of one page."""
        with self._lock:
            if self._digests.setdefault((task, dataset), {}).setdefault(page, digest) != digest:
                raise ProtocolError(problem="plan_changed", retry="never")

    def get(self, task: UUID, dataset: str) -> Sequence[str]:
        """Digests of the pages, in order."""
        with self._lock:
            return [digest for _, digest in sorted(self._digests.get((task, dataset), {}).items())]


class MemoryReplay:
    """Nonces that are remembered until they expire or the process ends.

    Args:
        now: The clock, aware.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._expiry: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def seen(self, key_id: str, nonce: str, expires: datetime) -> bool:
        """Whether this key used the nonce before."""
        with self._lock:
            self._forget(self._now())
            if (key_id, nonce) in self._expiry:
                return True
            self._expiry[key_id, nonce] = expires
            return False

    def _forget(self, now: datetime) -> None:
        """Drop from the oldest on; one that expires out of order is only kept longer."""
        while self._expiry and self._expiry[oldest := next(iter(self._expiry))] < now:
            del self._expiry[oldest]
