"""A whole service in a dictionary: finds, exports with files, plans, applies with a journal, and signs its receipt."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

from attrs import define, field, frozen

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import (
    RECEIPT_TYPE,
    ApplyTask,
    Attachment,
    ChangePage,
    DataSet,
    DataSetOutcome,
    ExportPage,
    ExportTask,
    FieldDeclaration,
    FindTask,
    Found,
    Link,
    Manifest,
    PlanTask,
    Receipt,
    Record,
    Retained,
    canonical,
    chain,
    digest_of,
)
from sectorprivacy.signing import Envelope, Signer
from sectorprivacy.vocabulary import Ground, Identifier, Relation, Source, SubjectRef

MAY_2026 = datetime(2026, 5, 1, tzinfo=UTC)
BOOKKEEPING = Retained(
    ground=Ground.LEGAL_OBLIGATION, law="Bookkeeping Act s. 13", until="2031-12-31", only=("accounting",), count=1
)


@frozen(kw_only=True)
class Row:
    """A record: whom or what it concerns, when it came to be, what it says, and whether the law keeps it."""

    of: tuple[str, str]
    text: str
    at: datetime = MAY_2026
    file: bytes | None = None
    kept: bool = False

    def concerns(self, who: Identifier) -> bool:
        return (who.kind, who.value) == self.of and who.period.covers(self.at)


@define(kw_only=True)
class SmallService:
    """Rows by data set and number; `people` names who is behind an identifier, for a service that knows links."""

    id: str
    accepts: tuple[str, ...]
    teaches: tuple[str, ...] = ()
    rows: dict[str, dict[int, Row]]
    links: Mapping[tuple[str, str], tuple[Link, ...]] = field(factory=dict)
    people: Mapping[tuple[str, str], str] = field(factory=dict)
    holds_nothing: str | None = None
    page_limit: int = 1000
    keeps_everything: bool = False
    signer: Signer = field(factory=Signer.generate)
    asked: list[FindTask] = field(factory=list)
    _scopes: dict[SubjectRef, tuple[Identifier, ...]] = field(factory=dict)
    _cases: dict[SubjectRef, UUID] = field(factory=dict)
    _plans: dict[UUID, dict[str, list[ChangePage]]] = field(factory=dict)
    _journal: dict[tuple[UUID, str, str | None], ChangePage] = field(factory=dict)
    _applied: dict[UUID, ApplyTask] = field(factory=dict)

    def know(self, ref: SubjectRef, who: tuple[Identifier, ...]) -> None:
        """Take over what a find task said, as a service that was not killed with its coordinator would have it."""
        self._scopes[ref] = who

    async def describe(self) -> Manifest:
        return Manifest(
            service=self.id,
            controller="sector-alarm",
            policy="0" * 64,
            accepts=self.accepts,
            teaches=self.teaches,
            holds_nothing=self.holds_nothing,
            page_limit=self.page_limit,
            datasets=tuple(
                DataSet(
                    id=dataset,
                    label=dataset,
                    relations={"customer": Relation.OWNER},
                    fields=(
                        FieldDeclaration(
                            id="text", label="Text", category="event", source=Source.OBSERVED, roles=("customer",)
                        ),
                        FieldDeclaration(
                            id="file",
                            label="File",
                            category="image",
                            source=Source.OBSERVED,
                            roles=("customer",),
                            attachment="image/png",
                        ),
                    ),
                    activities=("alarm",),
                )
                for dataset in self.rows
            ),
        )

    async def find(self, task: FindTask) -> Found:
        self.asked.append(task)
        names = {self.people[place] for each in task.who if (place := (each.kind, each.value)) in self.people}
        if len(names) > 1:
            return Found(task=task.task, ref=None, ambiguous=True)
        links = tuple(link for each in task.who for link in self.links.get((each.kind, each.value), ()))
        held = any(row.concerns(each) for rows in self.rows.values() for row in rows.values() for each in task.who)
        if not (names or links or held):
            return Found(task=task.task, ref=None)
        ref = SubjectRef.mint()
        self._scopes[ref] = task.who
        self._cases[ref] = task.case
        return Found(task=task.task, ref=ref, links=links)

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        rows, following = self._page(task.ref, dataset, after, limit)
        records = tuple(
            Record(
                key=(f"i{number}",),
                roles=("customer",),
                fields={"text": row.text},
                attachments=() if row.file is None else (_attachment(number, row.file),),
            )
            for number, row in rows
        )
        return ExportPage(task=task.task, ref=task.ref, dataset=dataset, records=records, next=following)

    async def attachment(self, task: ExportTask, attachment: str) -> AsyncIterator[bytes]:
        if task.ref not in self._scopes:
            raise ProtocolError(problem="unknown_ref")
        content = self.rows["monitoring.event"][int(attachment.removeprefix("file-"))].file or b""
        for start in range(0, len(content), 100):
            yield content[start : start + 100]

    async def plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        page = self._change(task, dataset, after, limit)
        self._plans.setdefault(task.task, {}).setdefault(dataset, []).append(page)
        return page

    async def apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        place = (task.task, dataset, after)
        if place in self._journal:
            return self._journal[place]
        planned = self._plans.get(task.plan, {})
        if chain(chain(page.digest for page in planned.get(name, ())) for name in self.rows) != task.digest:
            raise ProtocolError(problem="plan_changed")
        rows, _ = self._page(task.ref, dataset, after, limit)
        page = self._change(task, dataset, after, limit)
        if not self.keeps_everything:
            for number, row in rows:
                if not row.kept:
                    del self.rows[dataset][number]
        self._applied[task.task] = task
        self._journal[place] = page
        return page

    async def receipt(self, task: UUID) -> Envelope:
        applied = self._applied[task]
        receipt = Receipt(
            service=self.id,
            task=task,
            case=applied.case,
            plan=applied.plan,
            manifest=digest_of(await self.describe()),
            datasets=tuple(self._outcome(task, dataset) for dataset in self.rows),
            keys_destroyed=0,
            finished="2026-05-01T12:00:00+00:00",
            horizon={"data": "now"},
        )
        return Envelope.sign(RECEIPT_TYPE, canonical(receipt), self.signer)

    async def close(self, case: UUID) -> None:
        for ref in self.scopes_of(case):
            del self._scopes[ref], self._cases[ref]

    def scopes_of(self, case: UUID) -> list[SubjectRef]:
        return [ref for ref, of in self._cases.items() if of == case]

    def _outcome(self, task: UUID, dataset: str) -> DataSetOutcome:
        pages = [page for (of, name, _), page in self._journal.items() if (of, name) == (task, dataset)]
        outcomes: Counter[str] = Counter()
        for page in pages:
            outcomes.update(page.outcomes)
        return DataSetOutcome.model_validate(
            {
                "dataset": dataset,
                "outcomes": outcomes,
                "retained": [each for page in pages for each in page.retained],
                "digest": chain(page.digest for page in pages),
            }
        )

    def _page(
        self, ref: SubjectRef, dataset: str, after: str | None, limit: int
    ) -> tuple[list[tuple[int, Row]], str | None]:
        if ref not in self._scopes:
            raise ProtocolError(problem="unknown_ref")
        if dataset not in self.rows:
            raise ProtocolError(problem="unknown_dataset")
        if limit > self.page_limit:
            raise ProtocolError(problem="limit_exceeded")
        first = 0 if after is None else int(after.removeprefix("after-")) + 1
        mine = [
            (number, row)
            for number, row in sorted(self.rows[dataset].items())
            if number >= first and any(row.concerns(each) for each in self._scopes[ref])
        ]
        page = mine[:limit]
        return page, f"after-{page[-1][0]}" if len(mine) > limit else None

    def _change(self, task: PlanTask | ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        rows, following = self._page(task.ref, dataset, after, limit)
        kept = sum(row.kept for _, row in rows)
        return ChangePage(
            task=task.task,
            ref=task.ref,
            dataset=dataset,
            outcomes={"erased": len(rows) - kept, "retained": kept} if rows else {"none_held": 1},
            retained=(BOOKKEEPING.model_copy(update={"count": kept}),) if kept else (),
            side_effects=("Alarm monitoring stops.",) if self.id == "monitoring" and rows else (),
            digest=hashlib.sha256(repr([(number, row.kept) for number, row in rows]).encode()).hexdigest(),
            next=following,
        )


def _attachment(number: int, content: bytes) -> Attachment:
    return Attachment(
        id=f"file-{number}",
        field="file",
        media_type="image/png",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
