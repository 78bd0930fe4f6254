"""From a collected case to what the person's package is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from sectorprivacy.documents import Holding, access_information
from sectorprivacy.errors import CaseRefused
from sectorprivacy.policy import Policy
from sectorprivacy.rights.coordinator._attachments import file_of
from sectorprivacy.rights.coordinator._case import ServiceAnswer
from sectorprivacy.rights.coordinator._desk import Desk
from sectorprivacy.rights.coordinator._export import right_of
from sectorprivacy.rights.coordinator._opened import OpenCase
from sectorprivacy.rights.package import AttachmentFile, DataSetPart, PackageContents, ServicePart, holdings_of
from sectorprivacy.rights.protocol import DataSet, Record

NOT_FETCHED = "This file could not be fetched; ask us again."
"""What the person is told about a file that did not come, or did not come whole."""


def contents(desk: Desk, opened: OpenCase) -> PackageContents:
    """The contents of the package; records stay in the store and are read page by page while the package is written.

    Raises:
        CaseRefused: A service still owes a data set, or a file still waits for review.
    """
    case = opened.case
    if any(each.state == "fetched" for each in case.attachments):
        raise CaseRefused(case=str(case.id), problem="files of it wait for review")
    services = [_service(opened, answer) for answer in case.answers.values()]
    return PackageContents(
        case=case.id,
        right=right_of(case),
        made=desk.now(),
        controller=desk.policy.controller,
        information=access_information(desk.policy, holdings=_holdings(desk.policy, services)),
        services=services,
        attachments={
            each.sha256: AttachmentFile(
                sha256=each.sha256,
                media_type=each.media_type,
                size=each.size,
                path=file_of(desk.work, case.id, each),
            )
            for each in case.attachments
            if each.state == "released"
        },
        withheld={
            each.sha256: NOT_FETCHED if each.state == "failed" else each.reason or ""
            for each in case.attachments
            if each.state != "released"
        },
    )


def _holdings(policy: Policy, services: Sequence[ServicePart]) -> list[Holding]:
    """What the services hold and use, as far as the register knows: one that names other activities fails nothing."""
    declared = {activity.id for activity in policy.activities}
    return [
        evolve(each, activities=[name for name in each.activities if name in declared])
        for each in holdings_of(services)
    ]


def _service(opened: OpenCase, answer: ServiceAnswer) -> ServicePart:
    declared = None if answer.manifest is None else answer.manifest.title
    title = declared or answer.service.replace("_", " ").capitalize()
    if answer.failed is not None or answer.manifest is None:
        return ServicePart(service=answer.service, title=title, failed=answer.failed or "no_manifest")
    return ServicePart(
        service=answer.service,
        title=title,
        holds_nothing=answer.manifest.holds_nothing,
        # A manifest names what points at others first, because it is removed first; people read the others first.
        datasets=[_dataset(opened, answer, dataset) for dataset in reversed(answer.manifest.datasets)],
    )


def _dataset(opened: OpenCase, answer: ServiceAnswer, dataset: DataSet) -> DataSetPart:
    if answer.ref is None:
        return DataSetPart(declaration=dataset, outcome="none_held")
    exports = {each.dataset: each for each in answer.exports}
    if dataset.id not in exports or answer.export_task is None:
        raise CaseRefused(case=str(opened.case.id), problem=f"{answer.service} was not collected")
    export, task = exports[dataset.id], answer.export_task
    if export.outcome != "exported":
        return DataSetPart(declaration=dataset, outcome=export.outcome)

    def records() -> Iterator[Record]:
        for page in opened.pages(task, dataset.id, head=export.head):
            yield from page.records

    return DataSetPart(declaration=dataset, outcome="exported", records=records)
