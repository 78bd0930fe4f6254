"""Verify: finds and exports again after an erasure, with tasks of its own; only what was retained may remain."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from sectorprivacy.errors import CaseRefused, ServiceFailed
from sectorprivacy.rights.coordinator._calls import Calls
from sectorprivacy.rights.coordinator._case import (
    Case,
    DataSetRest,
    ServiceAnswer,
    Verification,
)
from sectorprivacy.rights.coordinator._desk import Desk
from sectorprivacy.rights.coordinator._export import manifest_of, pages_of
from sectorprivacy.rights.coordinator._find import ask_who
from sectorprivacy.rights.coordinator._opened import OpenCase
from sectorprivacy.rights.coordinator._progress import Progress
from sectorprivacy.rights.coordinator._rounds import known, question
from sectorprivacy.rights.protocol import DataSet, ExportTask
from sectorprivacy.vocabulary import Right, SubjectRef


async def verify(desk: Desk, opened: OpenCase) -> Verification:
    """Look again in every service that knew the person.

    Each is asked with everything the case learned, not in rounds: the service that knew the links has forgotten them.

    Raises:
        CaseRefused: Nothing was applied yet.
    """
    answers = [answer for answer in opened.case.answers.values() if answer.held]
    if not all(answer.applied for answer in answers if manifest_of(answer).datasets):
        raise CaseRefused(case=str(opened.case.id), problem="its plan was not applied")
    rests = await asyncio.gather(*(_look(desk, opened.case, answer) for answer in answers))
    verification = Verification(rest=tuple(rest for service in rests for rest in service))
    await opened.update(lambda case: case.model_copy(update={"verification": verification}))
    return verification


async def _look(desk: Desk, case: Case, answer: ServiceAnswer) -> list[DataSetRest]:
    manifest = manifest_of(answer)
    found = await ask_who(desk, case, answer.service, question(manifest, known(case.edges)))
    calls = desk.calls(manifest)
    expected = {change.dataset: change.outcomes.get("retained", 0) for change in answer.applied}
    rest: list[DataSetRest] = []
    for dataset in manifest.datasets:
        entry = DataSetRest(service=answer.service, dataset=dataset.id, expected=expected.get(dataset.id, 0))
        try:
            if isinstance(found, ServiceFailed):
                raise found
            if found.ambiguous:
                raise ServiceFailed(service=answer.service, reason="ambiguous")
            remaining = await _count(desk, case, calls, dataset, found.ref)
        except ServiceFailed as failure:
            entry = entry.model_copy(update={"code": failure.reason})
        else:
            entry = entry.model_copy(update={"remaining": remaining})
        rest.append(entry)
        desk.tell(
            Progress(
                service=answer.service,
                stage="verify",
                state="done" if entry.as_planned else "failed",
                dataset=dataset.id,
                done=entry.remaining or 0,
                code=entry.code or (None if entry.as_planned else "other_than_planned"),
            )
        )
    return rest


async def _count(desk: Desk, case: Case, calls: Calls, dataset: DataSet, ref: SubjectRef | None) -> int:
    if ref is None:
        return 0
    task = ExportTask(task=uuid4(), case=case.id, ref=ref, right=Right.ACCESS)
    return sum([len(page.records) async for page in pages_of(desk, calls, task, dataset)])
