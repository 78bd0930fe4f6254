"""Find: asks the services who the person is to them, in rounds, until nothing new turns up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import uuid4

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.coordinator._calls import Calls
from sectorprivacy.rights.coordinator._case import Case, CaseState, ServiceAnswer
from sectorprivacy.rights.coordinator._checks import check_found, check_manifest
from sectorprivacy.rights.coordinator._desk import Desk
from sectorprivacy.rights.coordinator._opened import OpenCase
from sectorprivacy.rights.coordinator._progress import Progress
from sectorprivacy.rights.coordinator._rounds import known, names_the_person, next_questions, taken_in
from sectorprivacy.rights.protocol import FindTask, Found
from sectorprivacy.vocabulary import Identifier


async def find(desk: Desk, opened: OpenCase) -> Case:
    """Find the person in every service; begins anew each time, and what was collected before no longer counts."""
    if not names_the_person(known(opened.case.edges)):
        return await opened.update(lambda case: case.moved(CaseState.CLARIFYING))
    await opened.update(_begun)
    answers = await asyncio.gather(*(_describe(desk, service) for service in desk.services))
    await opened.update(lambda case: _all_answered(case, answers))
    for number in range(1, desk.limits.rounds + 1):
        questions = next_questions(opened.case)
        if not questions or _is_ambiguous(opened.case):
            break
        await _round(desk, opened, number, questions)
    return await opened.update(_ended)


async def _round(desk: Desk, opened: OpenCase, number: int, questions: Mapping[str, tuple[Identifier, ...]]) -> None:
    """One round; answers are taken in the order of the services' ids, so that the same answers make the same case."""
    services = sorted(questions)
    asked = await asyncio.gather(*(ask_who(desk, opened.case, service, questions[service]) for service in services))

    def take(case: Case) -> Case:
        for service, found in zip(services, asked, strict=True):
            answer = case.answers[service].model_copy(update={"asked": questions[service]})
            case = _taken(desk, case, answer, found, number)
        return case

    case = await opened.update(take)
    for service in services:
        desk.tell(_told(case.answers[service], number))


def _taken(desk: Desk, case: Case, answer: ServiceAnswer, found: Found | ServiceFailed, number: int) -> Case:
    if isinstance(found, ServiceFailed):
        return case.answered(_failed(answer, found.reason))
    try:
        return taken_in(case, answer, found, number, most=desk.limits.identifiers)
    except ServiceFailed as failure:
        return case.answered(_failed(answer, failure.reason))


async def ask_who(desk: Desk, case: Case, service: str, who: tuple[Identifier, ...]) -> Found | ServiceFailed:
    """One service's answer to a new find task, or why there is none."""
    desk.tell(Progress(service=service, stage="find", state="running"))
    task = FindTask(task=uuid4(), case=case.id, who=who)
    try:
        calls = Calls(service, desk.limits)
        return check_found(service, task, await calls.ask(lambda: desk.services[service].find(task)))
    except ServiceFailed as failure:
        return failure


async def _describe(desk: Desk, service: str) -> ServiceAnswer:
    try:
        calls = Calls(service, desk.limits)
        answer = await calls.ask(desk.services[service].describe, wait=desk.limits.connect)
        return ServiceAnswer(service=service, manifest=check_manifest(service, desk.policy.controller.id, answer))
    except ServiceFailed as failure:
        desk.tell(Progress(service=service, stage="find", state="failed", code=failure.reason))
        return ServiceAnswer(service=service, failed=failure.reason)


def _begun(case: Case) -> Case:
    given = tuple(edge for edge in case.edges if edge.kind == "given")
    case = case.moved(CaseState.IDENTIFYING)
    return Case(
        id=case.id,
        rights=case.rights,
        received=case.received,
        due=case.due,
        extended=case.extended,
        state=case.state,
        edges=given,
    )


def _all_answered(case: Case, answers: list[ServiceAnswer]) -> Case:
    return case.model_copy(update={"answers": {answer.service: answer for answer in answers}})


def _ended(case: Case) -> Case:
    """Two people under one identifier are for a human; a service that could be asked more has not answered for all."""
    if _is_ambiguous(case):
        nobody = {name: answer.model_copy(update={"ref": None}) for name, answer in case.answers.items()}
        return case.model_copy(update={"answers": nobody}).moved(CaseState.CLARIFYING)
    described = [answer for answer in case.answers.values() if answer.manifest is not None]
    if described and not any(answer.asked for answer in described):
        return case.moved(CaseState.CLARIFYING)  # no service knows people by what was given: that is no "nothing held"
    for service in next_questions(case):
        case = case.answered(_failed(case.answers[service], "rounds_exhausted"))
    return case.moved(CaseState.PLANNING)


def _is_ambiguous(case: Case) -> bool:
    return any(doubt.kind == "ambiguous" for doubt in case.doubts)


def _failed(answer: ServiceAnswer, code: str) -> ServiceAnswer:
    return answer.model_copy(update={"failed": code, "ref": None})


def _told(answer: ServiceAnswer, number: int) -> Progress:
    return Progress(
        service=answer.service,
        stage="find",
        state="done" if answer.failed is None else "failed",
        done=number,
        code=answer.failed,
    )
