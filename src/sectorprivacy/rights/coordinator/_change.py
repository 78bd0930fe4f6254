"""Plan and apply: what an erasure would do in every service, and then exactly that."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

from attrs import frozen

from sectorprivacy.errors import CaseRefused, ServiceFailed
from sectorprivacy.rights.coordinator._calls import Calls
from sectorprivacy.rights.coordinator._case import Case, CasePart, CaseState, DataSetChange, ServiceAnswer
from sectorprivacy.rights.coordinator._checks import PageOrder, change_of, check_applied, check_change
from sectorprivacy.rights.coordinator._desk import Desk, side_by_side
from sectorprivacy.rights.coordinator._export import manifest_of
from sectorprivacy.rights.coordinator._opened import OpenCase
from sectorprivacy.rights.coordinator._progress import Progress, Stage
from sectorprivacy.rights.coordinator._receipts import take_receipt
from sectorprivacy.rights.protocol import (
    ApplyTask,
    ChangePage,
    DataSet,
    Digest,
    Instruction,
    PlanTask,
    chain,
    digest_of,
)
from sectorprivacy.vocabulary import Ground, Right

ChangeTask = TypeVar("ChangeTask", PlanTask, ApplyTask)


@frozen
class CasePlan:
    """What an instruction would do, to be shown to a human before it is applied.

    Args:
        case: The case.
        digest: Names exactly this plan; `apply` demands it.
        services: By service id, what would happen to each data set. A service in which a data set could not be planned
            is left out of the apply as a whole.
    """

    case: UUID
    digest: str
    services: Mapping[str, tuple[DataSetChange, ...]]

    @property
    def side_effects(self) -> tuple[str, ...]:
        """What else the person has to know: services that stop, say."""
        effects = (effect for changes in self.services.values() for change in changes for effect in change.side_effects)
        return tuple(dict.fromkeys(effects))


class _Plans(CasePart):
    """What the digest of a case's plan is made over."""

    case: UUID
    instruction: Instruction
    services: Mapping[str, Digest]


async def plan(desk: Desk, opened: OpenCase, instruction: Instruction) -> CasePlan:
    """Plan the instruction in every service that knows the person; changes nothing there."""
    if Right.ERASURE not in opened.case.rights:
        raise CaseRefused(case=str(opened.case.id), problem="erasure was not asked for")
    if any(answer.apply_task is not None for answer in opened.case.answers.values()):
        raise CaseRefused(case=str(opened.case.id), problem="its plan is being applied or was applied")
    await opened.update(_planning)
    await side_by_side(_plan_service(desk, opened, answer, instruction) for answer in _held(opened.case))
    case = await opened.update(lambda case: _planned(case, instruction))
    return CasePlan(
        case=case.id,
        digest=case.plan_digest or "",
        services={answer.service: answer.plans for answer in _held(case)},
    )


async def apply(desk: Desk, opened: OpenCase, plan_digest: str, instruction: Instruction) -> Case:
    """Carry out the plan with that digest; asked again, it goes on where it was left off.

    Raises:
        CaseRefused: The case has no such plan.
    """
    if opened.case.plan_digest is None or plan_digest != opened.case.plan_digest:
        raise CaseRefused(case=str(opened.case.id), problem="its plan is not the one that was named")
    await opened.update(_applying)
    for wave in _waves(opened.case):
        unfinished = [answer for answer in wave if opened.case.answers[answer.service].evidence is None]
        await side_by_side(_apply_service(desk, opened, answer, instruction) for answer in unfinished)
    return await opened.update(lambda case: case.moved(CaseState.ASSEMBLING))


def service_plan_digest(plans: Iterable[DataSetChange]) -> str:
    """The digest of one service's plan: the chain over its data sets' chains, in the order of its manifest."""
    return chain(chain(each.pages) for each in plans)


async def _plan_service(desk: Desk, opened: OpenCase, answer: ServiceAnswer, instruction: Instruction) -> None:
    manifest = manifest_of(answer)
    calls = desk.calls(manifest)
    service = desk.services[answer.service]
    if answer.plan_task is None or answer.ref is None:
        raise ServiceFailed(service=answer.service, reason="not_asked")
    task = PlanTask(task=answer.plan_task, case=opened.case.id, ref=answer.ref, instruction=instruction)

    async def planned(dataset: DataSet) -> DataSetChange:
        if instruction.kind not in manifest.instructions:
            raise ServiceFailed(service=answer.service, reason="unsupported")
        return await _pages(desk, calls, task, dataset, service.plan)

    plans = [await _accounted(desk, calls, "plan", dataset, planned) for dataset in manifest.datasets]
    await opened.update(lambda case: _put(case, answer.service, plans=tuple(plans)))


async def _apply_service(desk: Desk, opened: OpenCase, answer: ServiceAnswer, instruction: Instruction) -> None:
    manifest = manifest_of(answer)
    calls = desk.calls(manifest)
    service = desk.services[answer.service]
    task = _apply_task(opened.case, answer, instruction)
    plans = {each.dataset: each for each in answer.plans}

    held_back = _is_held_back(opened.case, answer.service)

    async def applied(dataset: DataSet) -> DataSetChange:
        if task is None:
            raise ServiceFailed(service=answer.service, reason="not_planned")
        if held_back:
            raise ServiceFailed(service=answer.service, reason="held_back")
        change = await _pages(desk, calls, task, dataset, service.apply)
        return check_applied(answer.service, plans[dataset.id], change)

    changes = [await _accounted(desk, calls, "apply", dataset, applied) for dataset in manifest.datasets]
    await opened.update(lambda case: _put(case, answer.service, applied=tuple(changes)))
    if task is not None and not any(each.code for each in changes):
        receipt = await take_receipt(desk, calls, manifest, task, changes)
        await opened.update(lambda case: _put(case, answer.service, **receipt))


async def _accounted(
    desk: Desk,
    calls: Calls,
    stage: Stage,
    dataset: DataSet,
    change: Callable[[DataSet], Coroutine[Any, Any, DataSetChange]],
) -> DataSetChange:
    """What happened to one data set, a failure included."""
    desk.tell(Progress(service=calls.service, stage=stage, state="running", dataset=dataset.id))
    try:
        done = await change(dataset)
    except ServiceFailed as failure:
        done = DataSetChange(dataset=dataset.id, code=failure.reason)
    desk.tell(
        Progress(
            service=calls.service,
            stage=stage,
            state="done" if done.code is None else "failed",
            dataset=dataset.id,
            done=sum(done.outcomes.values()),
            code=done.code,
        )
    )
    return done


async def _pages(
    desk: Desk,
    calls: Calls,
    task: ChangeTask,
    dataset: DataSet,
    ask: Callable[[ChangeTask, str, str | None, int], Coroutine[Any, Any, ChangePage]],
) -> DataSetChange:
    order = PageOrder(calls.service, desk.limits.pages)
    pages: list[ChangePage] = []
    after: str | None = None
    while not pages or after is not None:
        answer = await calls.ask(partial(ask, task, dataset.id, after, calls.limits.page_records))
        page = check_change(calls.service, task, dataset, answer)
        order.follow(after, page.next)
        pages.append(page)
        after = page.next
    return change_of(dataset.id, pages)


def _apply_task(case: Case, answer: ServiceAnswer, instruction: Instruction) -> ApplyTask | None:
    """The apply task of a service; None where it was not made, because a data set could not be planned."""
    if answer.apply_task is None or answer.plan_task is None or answer.ref is None:
        return None
    return ApplyTask(
        task=answer.apply_task,
        case=case.id,
        ref=answer.ref,
        instruction=instruction,
        plan=answer.plan_task,
        digest=service_plan_digest(answer.plans),
        keeps_person=any(_may_keep_the_person(each) for each in case.answers.values()),
    )


def _may_keep_the_person(answer: ServiceAnswer) -> bool:
    """Whether a contract runs on there, as far as is known: no answer is not "no contract"."""
    return answer.failed is not None or any(
        change.code is not None or any(kept.ground is Ground.CONTRACT_RUNNING for kept in change.retained)
        for change in answer.plans
    )


def _waves(case: Case) -> list[list[ServiceAnswer]]:
    """Who is asked first, and who after: whoever taught how others know the person must not forget it before them."""
    held = _held(case)
    return [
        [answer for answer in held if not _taught(case, answer.service)],
        *([answer] for answer in held if _taught(case, answer.service)),
    ]


def _taught(case: Case, service: str) -> bool:
    return any(edge.service == service for edge in case.edges)


def _is_held_back(case: Case, service: str) -> bool:
    """Whether a service has to keep the links, because another one that may need them is not done."""
    others = (answer for answer in case.answers.values() if answer.service != service)
    return _taught(case, service) and any(
        answer.failed is not None or any(each.code not in {None, "held_back"} for each in answer.applied)
        for answer in others
    )


def _held(case: Case) -> list[ServiceAnswer]:
    return [answer for answer in case.answers.values() if answer.held]


def _put(case: Case, service: str, **facts: object) -> Case:
    return case.answered(case.answers[service].model_copy(update=facts))


def _planning(case: Case) -> Case:
    """Each plan has a task of its own, so that the answer to an older one is never taken for it."""
    case = case.moved(CaseState.PLANNING).model_copy(update={"plan_digest": None})
    for answer in _held(case):
        case = _put(case, answer.service, plan_task=uuid4(), plans=())
    return case


def _planned(case: Case, instruction: Instruction) -> Case:
    services = {answer.service: service_plan_digest(answer.plans) for answer in _held(case) if _is_whole(answer)}
    digest = digest_of(_Plans(case=case.id, instruction=instruction, services=services))
    return case.moved(CaseState.REVIEW).model_copy(update={"plan_digest": digest})


def _applying(case: Case) -> Case:
    case = case.moved(CaseState.EXECUTING)
    for answer in _held(case):
        if answer.apply_task is None and _is_whole(answer):
            case = _put(case, answer.service, apply_task=uuid4())
    return case


def _is_whole(answer: ServiceAnswer) -> bool:
    return bool(answer.plans) and not any(each.code for each in answer.plans)
