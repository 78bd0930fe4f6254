"""One person's case put to a service, operation by operation and page by page, as a coordinator does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from attrs import Factory, frozen

from sectorprivacy.rights.protocol import (
    ApplyTask,
    ChangePage,
    Erasure,
    ExportTask,
    FindTask,
    Found,
    PersonalDataService,
    PlanTask,
    Record,
    Retained,
    chain,
)
from sectorprivacy.vocabulary import Identifier, Right, SubjectRef


@frozen
class Planned:
    """What a plan said, by data set."""

    task: PlanTask
    pages: Mapping[str, Sequence[ChangePage]]

    @property
    def digest(self) -> str:
        return chain(chain(page.digest for page in pages) for pages in self.pages.values())

    def outcomes(self, dataset: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for page in self.pages[dataset]:
            for outcome, count in page.outcomes.items():
                counts[outcome] = counts.get(outcome, 0) + count
        return counts

    def retained(self, dataset: str) -> list[Retained]:
        return [each for page in self.pages[dataset] for each in page.retained]

    def to_apply(self) -> ApplyTask:
        return ApplyTask(
            task=uuid4(),
            case=self.task.case,
            ref=self.task.ref,
            instruction=Erasure(),
            plan=self.task.task,
            digest=self.digest,
        )


@frozen
class Asking:
    """A case about whoever these identifiers name."""

    service: PersonalDataService
    who: Sequence[Identifier]
    case: UUID = Factory(uuid4)

    async def find(self) -> Found:
        return await self.service.find(FindTask(task=uuid4(), case=self.case, who=tuple(self.who)))

    async def ref(self) -> SubjectRef:
        found = await self.find()
        assert found.ref is not None
        return found.ref

    async def export_task(self, right: Right = Right.ACCESS) -> ExportTask:
        return ExportTask.model_validate({"task": uuid4(), "case": self.case, "ref": await self.ref(), "right": right})

    async def export(self, dataset: str, *, limit: int = 1000, right: Right = Right.ACCESS) -> list[Record]:
        task = await self.export_task(right)
        records: list[Record] = []
        after: str | None = None
        while True:
            page = await self.service.export(task, dataset, after, limit)
            records += page.records
            after = page.next
            if after is None:
                return records

    async def plan(self, *, limit: int = 1000) -> Planned:
        task = PlanTask(task=uuid4(), case=self.case, ref=await self.ref(), instruction=Erasure())
        manifest = await self.service.describe()
        pages: dict[str, list[ChangePage]] = {}
        for dataset in manifest.datasets:
            after: str | None = None
            while True:
                page = await self.service.plan(task, dataset.id, after, limit)
                pages.setdefault(dataset.id, []).append(page)
                after = page.next
                if after is None:
                    break
        return Planned(task, pages)

    async def apply(self, planned: Planned, *, limit: int = 1000) -> ApplyTask:
        task = planned.to_apply()
        await self.carry_out(task, planned, limit=limit)
        return task

    async def carry_out(self, task: ApplyTask, planned: Planned, *, limit: int = 1000) -> list[ChangePage]:
        done: list[ChangePage] = []
        for dataset in planned.pages:
            after: str | None = None
            while True:
                page = await self.service.apply(task, dataset, after, limit)
                done.append(page)
                after = page.next
                if after is None:
                    break
        return done

    async def erase(self) -> ApplyTask:
        return await self.apply(await self.plan())
