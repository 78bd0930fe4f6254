"""Collect: pulls every data set of every service page by page, and goes on where it was left off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Literal
from uuid import uuid4

from attrs import evolve

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.coordinator._attachments import fetch_attachments
from sectorprivacy.rights.coordinator._calls import Calls
from sectorprivacy.rights.coordinator._case import Case, CaseAttachment, CaseState, DataSetExport, ServiceAnswer
from sectorprivacy.rights.coordinator._checks import PageOrder, check_page, page_json
from sectorprivacy.rights.coordinator._desk import Desk, side_by_side
from sectorprivacy.rights.coordinator._opened import START, OpenCase
from sectorprivacy.rights.coordinator._progress import Progress
from sectorprivacy.rights.package import ExportOutcome
from sectorprivacy.rights.protocol import DataSet, ExportPage, ExportTask, Manifest
from sectorprivacy.vocabulary import Right


async def collect(desk: Desk, opened: OpenCase) -> Case:
    """Export every data set; what is there already is kept, and what failed is tried again from its last page."""
    await opened.update(_begun)
    held = [answer for answer in opened.case.answers.values() if answer.held]
    await side_by_side(_collect_service(desk, opened, answer) for answer in held)
    return await opened.update(_ended)


async def _collect_service(desk: Desk, opened: OpenCase, answer: ServiceAnswer) -> None:
    manifest = manifest_of(answer)
    calls = desk.calls(manifest)
    task = export_task(opened.case, answer)
    done = {entry.dataset: entry for entry in answer.exports if entry.code is None}
    for dataset in manifest.datasets:
        if dataset.id not in done:
            export = await _collect_dataset(desk, opened, calls, task, dataset)
            await opened.update(partial(_exported, service=answer.service, export=export))
        files = await fetch_attachments(desk, opened, calls, task, dataset)
        await opened.update(partial(_with_files, files=files))


async def _collect_dataset(
    desk: Desk, opened: OpenCase, calls: Calls, task: ExportTask, dataset: DataSet
) -> DataSetExport:
    """All pages of one data set, each stored with its cursor before the next is asked for."""
    last, after = None, None
    left_off = await opened.last_page(task.task, dataset.id)
    if left_off is not None:
        last, after = left_off[0], left_off[1].next
    outcome: ExportOutcome
    code: str | None = None
    told = Progress(service=calls.service, stage="export", state="running", dataset=dataset.id)
    try:
        if last is None or after is not None:
            async for page in pages_of(desk, calls, task, dataset, after):
                body = page_json(calls.service, page)
                last = await opened.append(task.task, dataset.id, page, body, last)
                desk.tell(evolve(told, done=last.records))
    except ServiceFailed as failure:
        code, outcome = failure.reason, "failed"
    else:
        outcome = "exported" if last is not None and last.records else "none_held"
    records = 0 if last is None else last.records
    desk.tell(evolve(told, state="done" if code is None else "failed", done=records, code=code))
    return DataSetExport(
        dataset=dataset.id,
        outcome=outcome,
        code=code,
        records=records,
        pages=0 if last is None else last.number + 1,
        head=START if last is None else last.head,
    )


async def pages_of(
    desk: Desk, calls: Calls, task: ExportTask, dataset: DataSet, after: str | None = None
) -> AsyncIterator[ExportPage]:
    """The pages of a data set from a cursor on, each one checked.

    Raises:
        ServiceFailed: A page did not come, or was not one.
    """
    service = desk.services[calls.service]
    limit = calls.limits.page_records
    order = PageOrder(calls.service, desk.limits.pages)
    while True:
        answer = await calls.ask(partial(service.export, task, dataset.id, after, limit))
        page = check_page(calls.service, task, dataset, limit, answer)
        order.follow(after, page.next, frozenset(record.key for record in page.records))
        yield page
        if page.next is None:
            return
        after = page.next


def export_task(case: Case, answer: ServiceAnswer) -> ExportTask:
    """The export task of a service; a person who asked for both rights gets what access gives, which is more."""
    if answer.export_task is None or answer.ref is None:
        raise ServiceFailed(service=answer.service, reason="not_asked")
    return ExportTask(task=answer.export_task, case=case.id, ref=answer.ref, right=right_of(case))


def right_of(case: Case) -> Literal[Right.ACCESS, Right.PORTABILITY]:
    """ACCESS, or PORTABILITY where that alone was asked for."""
    return Right.PORTABILITY if Right.PORTABILITY in case.rights and Right.ACCESS not in case.rights else Right.ACCESS


def manifest_of(answer: ServiceAnswer) -> Manifest:
    """The manifest of a service that gave one.

    Raises:
        ServiceFailed: It gave none.
    """
    if answer.manifest is None:
        raise ServiceFailed(service=answer.service, reason="no_manifest")
    return answer.manifest


def _begun(case: Case) -> Case:
    case = case.moved(CaseState.EXECUTING)
    for answer in case.answers.values():
        if answer.held and answer.export_task is None:
            case = case.answered(answer.model_copy(update={"export_task": uuid4()}))
    return case


def _exported(case: Case, service: str, export: DataSetExport) -> Case:
    answer = case.answers[service]
    others = tuple(entry for entry in answer.exports if entry.dataset != export.dataset)
    return case.answered(answer.model_copy(update={"exports": (*others, export)}))


def _with_files(case: Case, files: tuple[CaseAttachment, ...]) -> Case:
    new = {each.sha256 for each in files}
    others = tuple(each for each in case.attachments if each.sha256 not in new)
    return case.model_copy(update={"attachments": (*others, *files)})


def _ended(case: Case) -> Case:
    """Files wait for a human to look at them; without any, the package can be put together."""
    waiting = any(each.state == "fetched" for each in case.attachments)
    return case.moved(CaseState.REVIEW if waiting else CaseState.ASSEMBLING)
