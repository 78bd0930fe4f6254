"""The interface every service answers by, in process or behind HTTP, and what of a failure may be said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol
from uuid import UUID

from sectorprivacy.rights.protocol._messages import (
    ApplyTask,
    ChangePage,
    ExportPage,
    ExportTask,
    FindTask,
    Found,
    Manifest,
    PlanTask,
)
from sectorprivacy.signing import Envelope


class PersonalDataService(Protocol):
    """A system that holds personal data and answers for it.

    Tasks are idempotent by id: the same task asked again gives the same answer; the same id with another body raises
    `ProtocolError`. Pages come in key order; `after` is the `next` of the page before, None for the first.
    """

    async def describe(self) -> Manifest:
        """What the service declares."""
        ...

    async def find(self, task: FindTask) -> Found:
        """Whether the service knows the person, and what else it knows them by."""
        ...

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        """One page of the person's records in a data set."""
        ...

    async def plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        """What the instruction would do to one page of a data set; changes nothing."""
        ...

    async def apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        """Carry out one page of the plan; asked again, answers from the journal and changes nothing more."""
        ...

    async def receipt(self, task: UUID) -> Envelope:
        """Signed account of a finished apply task; stable bytes."""
        ...

    async def close(self, case: UUID) -> None:
        """Forget whom a case was about: its scopes, tasks and cursors.

        The journal and what was changed stay. Asking again is fine, and so is a case that was never asked about. Its
        tasks are unknown from then on, so receipts are fetched before.
        """
        ...


class Attachments(Protocol):
    """The extra ability of services that hold files (images, recordings)."""

    def attachment(self, task: ExportTask, attachment: str) -> AsyncIterator[bytes]:
        """The bytes of one attachment of an export task, named by its id."""
        ...
