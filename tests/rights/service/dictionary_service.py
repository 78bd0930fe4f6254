"""A small but whole service over a dictionary, for tests of what stands around services."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import (
    RECEIPT_TYPE,
    ApplyTask,
    Attachment,
    ChangePage,
    DataSet,
    ExportPage,
    ExportTask,
    FieldDeclaration,
    FindTask,
    Found,
    Manifest,
    Outcome,
    PlanTask,
    Receipt,
    Record,
    canonical,
    chain,
    digest_of,
)
from sectorprivacy.rights.service import MemoryPlanPages, MemoryReplay, MemoryTasks, ReplayStore
from sectorprivacy.signing import Envelope, Signer
from sectorprivacy.vocabulary import Relation, Source, SubjectRef

NOTE = FieldDeclaration(id="text", label="Text", category="note", source=Source.PROVIDED, roles=("customer",))
PICTURE = FieldDeclaration(
    id="picture", label="Picture", category="image", source=Source.OBSERVED, roles=("customer",), attachment="image/png"
)


class DictionaryService:
    """Notes and pictures of people known by one customer number each."""

    def __init__(self, notes: Mapping[str, Sequence[str]], pictures: Mapping[str, bytes] | None = None) -> None:
        self.tasks = MemoryTasks()
        self.replay: ReplayStore = MemoryReplay()
        self.plans = MemoryPlanPages()
        self.receipts = Signer.generate()
        self.notes = {number: dict(enumerate(texts)) for number, texts in notes.items()}
        self.pictures = dict(pictures or {})
        self.refs = {number: SubjectRef.mint() for number in notes}
        self._receipts: dict[UUID, Envelope] = {}

    async def describe(self) -> Manifest:
        notes = DataSet(
            id="notes.note",
            label="Notes",
            relations={"customer": Relation.OWNER},
            fields=(NOTE, PICTURE),
            activities=("customer-care",),
        )
        return Manifest(
            service="notes",
            controller="sector-alarm",
            policy="0" * 64,
            accepts=("customer_number",),
            datasets=(notes,),
        )

    async def find(self, task: FindTask) -> Found:
        self.tasks.open(task)
        numbers = [each.value for each in task.who if each.value in self.refs]
        return Found(task=task.task, ref=self.refs[numbers[0]] if numbers else None)

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        self.tasks.open(task)
        page, following = self._page(task, dataset, after, limit)
        picture = self._pictures_of(task) if after is None else ()
        records = tuple(
            Record(
                key=(f"i{key}",), roles=("customer",), fields={"text": text}, attachments=picture if key == 0 else ()
            )
            for key, text in page.items()
        )
        return ExportPage(task=task.task, ref=task.ref, dataset=dataset, records=records, next=following)

    async def attachment(self, task: ExportTask, attachment: str) -> AsyncIterator[bytes]:
        if attachment not in self.pictures or self.refs[attachment] != task.ref:
            raise ProtocolError(problem="unknown_attachment")
        data = self.pictures[attachment]
        for start in range(0, len(data), 65536):
            yield data[start : start + 65536]

    async def plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        self.tasks.open(task)
        page, following = self._page(task, dataset, after, limit)
        change = self._change(task, dataset, page, following)
        self.plans.put(task.task, dataset, int(after or 0), change.digest)
        return change

    async def apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        self.tasks.open(task)
        if not self.plans.get(task.plan, dataset):
            raise ProtocolError(problem="not_planned")
        page, following = self._page(task, dataset, after, limit)
        change = self._change(task, dataset, page, following)
        for key in page:
            del self.notes[self._number(task.ref)][key]
        if following is None:
            await self._finish(task)
        return change

    async def receipt(self, task: UUID) -> Envelope:
        if task not in self._receipts:
            raise ProtocolError(problem="not_finished", retry="backoff")
        return self._receipts[task]

    async def close(self, case: UUID) -> None:
        self.tasks.close(case)

    async def _finish(self, task: ApplyTask) -> None:
        receipt = Receipt(
            service="notes",
            task=task.task,
            case=task.case,
            plan=task.plan,
            manifest=digest_of(await self.describe()),
            datasets=(),
            keys_destroyed=0,
            finished="2026-11-25T12:00:00Z",
            horizon={"notes": "now"},
        )
        self._receipts[task.task] = Envelope.sign(RECEIPT_TYPE, canonical(receipt), self.receipts)

    def _number(self, ref: SubjectRef) -> str:
        for number, each in self.refs.items():
            if each == ref:
                return number
        raise ProtocolError(problem="unknown_ref")

    def _page(
        self, task: ExportTask | PlanTask | ApplyTask, dataset: str, after: str | None, limit: int
    ) -> tuple[dict[int, str], str | None]:
        number = self._number(task.ref)
        if dataset != "notes.note":
            raise ProtocolError(problem="unknown_dataset")
        start = int(after or 0)
        held = [(key, text) for key, text in sorted(self.notes[number].items()) if key >= start]
        following = str(held[limit][0]) if len(held) > limit else None
        return dict(held[:limit]), following

    def _pictures_of(self, task: ExportTask) -> tuple[Attachment, ...]:
        number = self._number(task.ref)
        if number not in self.pictures:
            return ()
        data = self.pictures[number]
        digest = hashlib.sha256(data).hexdigest()
        return (Attachment(id=number, field="picture", media_type="image/png", size=len(data), sha256=digest),)

    @staticmethod
    def _change(task: PlanTask | ApplyTask, dataset: str, page: Mapping[int, str], following: str | None) -> ChangePage:
        digest = chain(hashlib.sha256(str(key).encode()).hexdigest() for key in page)
        outcomes: dict[Outcome, int] = {"erased": len(page)} if page else {"none_held": 1}
        return ChangePage(
            task=task.task, ref=task.ref, dataset=dataset, outcomes=outcomes, digest=digest, next=following
        )
