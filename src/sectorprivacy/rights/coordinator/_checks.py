"""Whether an answer is an answer to what was asked. Pure; what is wrong raises ServiceFailed with a reason code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import Factory, define

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.coordinator._case import DataSetChange
from sectorprivacy.rights.protocol import (
    CURSOR_LIMIT,
    ApplyTask,
    ChangePage,
    DataSet,
    DataSetOutcome,
    ExportPage,
    ExportTask,
    FindTask,
    Found,
    Manifest,
    Outcome,
    PlanTask,
    Receipt,
    Record,
    Retained,
    chain,
    digest_of,
)


def check_manifest(service: str, controller: str, answer: object) -> Manifest:
    """The manifest, if it is one, of that service and controller, and names each data set once."""
    if not isinstance(answer, Manifest):
        raise ServiceFailed(service=service, reason="nonsense")
    if answer.service != service:
        raise ServiceFailed(service=service, reason="other_service")
    if answer.controller != controller:
        raise ServiceFailed(service=service, reason="other_controller")
    if len({each.id for each in answer.datasets}) < len(answer.datasets):
        raise ServiceFailed(service=service, reason="dataset_twice")
    return answer


def check_found(service: str, task: FindTask, answer: object) -> Found:
    """The answer to a find task."""
    if not isinstance(answer, Found):
        raise ServiceFailed(service=service, reason="nonsense")
    if answer.task != task.task:
        raise ServiceFailed(service=service, reason="other_task")
    return answer


@define
class PageOrder:
    """Sees that the pages of one data set get somewhere.

    No cursor comes twice, no record comes again on the next page (cursors are encrypted, so the same place can look
    different), and there is an end.
    """

    service: str
    most: int
    pages: int = 0
    _cursors: set[str] = Factory(set[str])
    _keys: frozenset[tuple[str, ...]] = frozenset()

    def follow(self, after: str | None, following: str | None, keys: frozenset[tuple[str, ...]] = frozenset()) -> None:
        """Take note of one page: the cursor it was asked by, the cursor of the next, and the keys of its records."""
        self.pages += 1
        if self.pages > self.most:
            raise ServiceFailed(service=self.service, reason="too_many_pages")
        if after is not None:
            self._cursors.add(after)
        if keys & self._keys:
            raise ServiceFailed(service=self.service, reason="stalled")
        self._keys = keys
        if following is None:
            return
        if following in self._cursors:
            raise ServiceFailed(service=self.service, reason="stalled")
        if not following or len(following.encode()) > CURSOR_LIMIT:
            raise ServiceFailed(service=self.service, reason="bad_cursor")


def check_page(service: str, task: ExportTask, dataset: DataSet, limit: int, answer: object) -> ExportPage:
    """A page of an export: of this task, person and data set, and nothing that was not declared."""
    if not isinstance(answer, ExportPage):
        raise ServiceFailed(service=service, reason="nonsense")
    _check_place(service, task, dataset.id, answer)
    if len(answer.records) > limit:
        raise ServiceFailed(service=service, reason="page_too_long")
    if len({record.key for record in answer.records}) < len(answer.records):
        raise ServiceFailed(service=service, reason="record_twice")
    for record in answer.records:
        _check_record(service, dataset, record)
    return answer


def page_json(service: str, page: ExportPage) -> bytes:
    """The page as JSON that says every value back: a NaN or a lone surrogate is refused, not changed."""
    try:
        return json.dumps(page.model_dump(mode="json"), allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        raise ServiceFailed(service=service, reason="value_without_json") from None


def check_change(service: str, task: PlanTask | ApplyTask, dataset: DataSet, answer: object) -> ChangePage:
    """A page of a plan or an apply: of this task, person and data set, with counts that agree with each other."""
    if not isinstance(answer, ChangePage):
        raise ServiceFailed(service=service, reason="nonsense")
    _check_place(service, task, dataset.id, answer)
    if any(count < 0 for count in answer.outcomes.values()):
        raise ServiceFailed(service=service, reason="wrong_count")
    if sum(each.count for each in answer.retained) != answer.outcomes.get("retained", 0):
        raise ServiceFailed(service=service, reason="retained_without_reason")
    return answer


def change_of(dataset: str, pages: Sequence[ChangePage]) -> DataSetChange:
    """All pages of a data set together."""
    outcomes: Counter[Outcome] = Counter()
    for page in pages:
        outcomes.update(page.outcomes)
    return DataSetChange(
        dataset=dataset,
        outcomes={outcome: count for outcome, count in outcomes.items() if count},
        retained=retained_together(each for page in pages for each in page.retained),
        side_effects=tuple(dict.fromkeys(effect for page in pages for effect in page.side_effects)),
        pages=tuple(page.digest for page in pages),
    )


def retained_together(entries: Iterable[Retained]) -> tuple[Retained, ...]:
    """Entries with the same ground, law, end and activities as one, in a fixed order."""
    counts: Counter[Retained] = Counter()
    for each in entries:
        counts[each.model_copy(update={"count": 1})] += each.count
    together = [each.model_copy(update={"count": count}) for each, count in counts.items()]
    return tuple(sorted(together, key=lambda each: (each.ground, each.law, each.until, each.only)))


def check_applied(service: str, planned: DataSetChange, applied: DataSetChange) -> DataSetChange:
    """What was applied is what was planned, page by page."""
    if applied.pages != planned.pages or applied.outcomes != planned.outcomes or applied.retained != planned.retained:
        raise ServiceFailed(service=service, reason="plan_changed")
    return applied


def check_receipt(
    receipt: Receipt, *, manifest: Manifest, task: ApplyTask, applied: Sequence[DataSetChange]
) -> Receipt:
    """A receipt, its signature verified before, says what was seen while applying, for every data set."""
    facts = (receipt.service, receipt.task, receipt.case, receipt.plan, receipt.manifest)
    if facts != (manifest.service, task.task, task.case, task.plan, digest_of(manifest)):
        raise ServiceFailed(service=manifest.service, reason="receipt_of_another_task")
    reported = sorted((_reported(each) for each in receipt.datasets), key=lambda change: change.dataset)
    seen = sorted((_seen(each) for each in applied), key=lambda change: change.dataset)
    if reported != seen:
        raise ServiceFailed(service=manifest.service, reason="receipt_differs")
    return receipt


def _reported(entry: DataSetOutcome) -> DataSetChange:
    return DataSetChange(
        dataset=entry.dataset,
        outcomes={outcome: count for outcome, count in entry.outcomes.items() if count},
        retained=retained_together(entry.retained),
        pages=(entry.digest,),
    )


def _seen(change: DataSetChange) -> DataSetChange:
    return change.model_copy(update={"side_effects": (), "pages": (chain(change.pages),)})


def _check_place(
    service: str, task: ExportTask | PlanTask | ApplyTask, dataset: str, page: ExportPage | ChangePage
) -> None:
    if page.task != task.task:
        raise ServiceFailed(service=service, reason="other_task")
    if page.ref != task.ref:
        raise ServiceFailed(service=service, reason="other_person")
    if page.dataset != dataset:
        raise ServiceFailed(service=service, reason="other_dataset")


def _check_record(service: str, dataset: DataSet, record: Record) -> None:
    declared = {each.id: each for each in dataset.fields}
    if not declared.keys() >= record.fields.keys() | {each.field for each in record.withheld}:
        raise ServiceFailed(service=service, reason="undeclared_field")
    if not record.roles or not dataset.relations.keys() >= set(record.roles):
        raise ServiceFailed(service=service, reason="undeclared_role")
    for each in record.attachments:
        if each.field not in declared or declared[each.field].attachment is None:
            raise ServiceFailed(service=service, reason="undeclared_attachment")
    if any(declared[name].secret for name in record.fields):
        raise ServiceFailed(service=service, reason="secret_disclosed")
