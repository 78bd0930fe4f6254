"""Services with one fault each, around a sound one: what a coordinator, and a conformance suite, must notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID, uuid4

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import (
    ApplyTask,
    Attachments,
    ChangePage,
    ExportPage,
    ExportTask,
    FindTask,
    Found,
    Manifest,
    PersonalDataService,
    PlanTask,
)
from sectorprivacy.signing import Envelope
from sectorprivacy.vocabulary import SubjectRef


class _Around:
    """Answers everything as the service inside does."""

    def __init__(self, service: PersonalDataService) -> None:
        self._service = service

    async def describe(self) -> Manifest:
        return await self._service.describe()

    async def find(self, task: FindTask) -> Found:
        return await self._service.find(task)

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        return await self._service.export(task, dataset, after, limit)

    async def plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        return await self._service.plan(task, dataset, after, limit)

    async def apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        return await self._service.apply(task, dataset, after, limit)

    async def receipt(self, task: UUID) -> Envelope:
        return await self._service.receipt(task)

    async def close(self, case: UUID) -> None:
        await self._service.close(case)

    def attachment(self, task: ExportTask, attachment: str) -> AsyncIterator[bytes]:
        return cast("Attachments", self._service).attachment(task, attachment)


class Hanging(_Around):
    """Describes itself and finds, but answers no export, plan, apply or close, and ignores being cancelled."""

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        await _forever()
        return await super().export(task, dataset, after, limit)

    async def plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        await _forever()
        return await super().plan(task, dataset, after, limit)

    async def apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        await _forever()
        return await super().apply(task, dataset, after, limit)

    async def close(self, case: UUID) -> None:
        await _forever()
        await super().close(case)


class Crashing(_Around):
    """Raises an error of its own when it is asked about somebody; the text quotes a person, as those of drivers do."""

    def __init__(self, service: PersonalDataService, text: str = "Key (email)=(kari@example.no) is missing") -> None:
        super().__init__(service)
        self._text = text

    async def find(self, task: FindTask) -> Found:
        await super().find(task)
        raise RuntimeError(self._text)


class AnswersForAnotherPerson(_Around):
    """Gives pages of somebody else's reference."""

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        page = await super().export(task, dataset, after, limit)
        return page.model_copy(update={"ref": SubjectRef.mint()})


class AnswersForAnotherTask(_Around):
    """Gives the answer of another task, as a replayed response would be."""

    async def find(self, task: FindTask) -> Found:
        found = await super().find(task)
        return found.model_copy(update={"task": uuid4()})


class AnswersNonsense(_Around):
    """Gives something that is no message of the protocol at all."""

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        await super().export(task, dataset, after, limit)
        return cast("ExportPage", {"records": "all of them"})


class Stalled(_Around):
    """Gives the first page again and again, each time with the cursor it was asked by: the answer never ends."""

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        page = await super().export(task, dataset, None, limit)
        return page.model_copy(update={"next": after or "again"})


class DropsDataSet(_Around):
    """Declares a data set and then does not know it.

    Args:
        service: The sound service.
        dataset: The data set that is dropped.
    """

    def __init__(self, service: PersonalDataService, dataset: str) -> None:
        super().__init__(service)
        self._dropped = dataset

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        self._refuse(dataset)
        return await super().export(task, dataset, after, limit)

    async def plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        self._refuse(dataset)
        return await super().plan(task, dataset, after, limit)

    async def apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        self._refuse(dataset)
        return await super().apply(task, dataset, after, limit)

    def _refuse(self, dataset: str) -> None:
        if dataset == self._dropped:
            raise ProtocolError(problem="unknown_dataset")


async def _forever() -> None:
    """Wait, and let the first cancellation pass: a program that ignored every one could not be stopped at all."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(3600)
