"""A service that is down, hangs, lies or talks nonsense: the case goes on without it, ends partial, and names it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.coordinator import (
    Case,
    CaseState,
    CaseVault,
    Coordinator,
    Fold,
    MemoryCases,
    Progress,
    ReviewDecision,
    StoredPage,
    failures,
    fold,
)
from sectorprivacy.rights.protocol import RECEIPT_TYPE, ExportPage, ExportTask, Manifest, Record
from sectorprivacy.signing import Envelope, Signer
from sectorprivacy.testing import (
    AnswersForAnotherPerson,
    AnswersForAnotherTask,
    AnswersNonsense,
    Crashing,
    DropsDataSet,
    Hanging,
    Stalled,
)
from sectorprivacy.vocabulary import Right
from tests.rights.coordinator.company import KARI, coordinator, services
from tests.rights.coordinator.small_service import SmallService

SECRET = "Key (email)=(kari@example.no) is missing"


def failed(case: Case) -> set[tuple[str, str | None, str]]:
    return {(name, *failure) for name, answer in case.answers.items() for failure in failures(answer)}


async def access(desk: Coordinator) -> Case:
    case = await desk.receive([Right.ACCESS], [KARI])
    await desk.find(case.id)
    case = await desk.collect(case.id)
    if case.state is CaseState.REVIEW:
        case = await desk.review(case.id, lambda _: ReviewDecision.release())
    return case


async def erasure(desk: Coordinator) -> Case:
    case = await desk.receive([Right.ERASURE], [KARI])
    await desk.find(case.id)
    return await desk.apply(case.id, (await desk.plan(case.id)).digest)


@pytest.mark.parametrize(
    ("broken", "dataset", "code"),
    [
        (Hanging, "billing.invoice", "timed_out"),
        (AnswersForAnotherPerson, "billing.invoice", "other_person"),
        (AnswersNonsense, "billing.invoice", "nonsense"),
        (Stalled, "billing.invoice", "stalled"),
        (lambda inside: DropsDataSet(inside, "billing.invoice"), "billing.invoice", "unknown_dataset"),
        (Crashing, None, "crashed"),
        (AnswersForAnotherTask, None, "other_task"),
    ],
)
async def test_a_broken_service_fails_alone(
    broken: Callable[[SmallService], Any], dataset: str | None, code: str, tmp_path: Path
) -> None:
    """The others answer in full; the broken one is named with its reason, not taken for one that holds nothing."""
    sound = services()
    case = await access(coordinator({**sound, "billing": broken(sound["billing"])}, sound, tmp_path))
    assert fold(case) is Fold.PARTIAL
    assert ("billing", dataset, code) in failed(case)
    assert {name for name, *_ in failed(case)} == {"billing"}
    assert [each.outcome for each in case.answers["monitoring"].exports] == ["exported"]


async def test_a_data_set_that_fails_leaves_its_neighbours(tmp_path: Path) -> None:
    """Failure is an outcome of one data set: the next one of the same service is still asked for."""
    sound = services()
    broken = DropsDataSet(sound["billing"], "billing.reminder")
    case = await access(coordinator({**sound, "billing": broken}, sound, tmp_path))
    assert [(each.dataset, each.outcome) for each in case.answers["billing"].exports] == [
        ("billing.invoice", "exported"),
        ("billing.reminder", "failed"),
    ]


async def test_the_package_names_what_failed(tmp_path: Path) -> None:
    """The person reads that a service did not answer, instead of thinking that it holds nothing."""
    sound = services()
    desk = coordinator({**sound, "billing": Crashing(sound["billing"])}, sound, tmp_path)
    case = await access(desk)
    contents = await desk.contents(case.id)
    assert [(part.service, part.failed) for part in contents.services if part.failed] == [("billing", "crashed")]


async def test_the_text_of_an_error_is_never_kept(tmp_path: Path) -> None:
    """Texts of drivers quote personal data: a code is kept, and a problem that is a sentence becomes `refused`."""

    class Telling(Crashing):
        async def find(self, task: Any) -> Any:
            raise ProtocolError(problem=f"{SECRET} in {task.task}")

    sound = services()
    asked = {**sound, "billing": Crashing(sound["billing"], SECRET), "contact_centre": Telling(sound["contact_centre"])}
    case = await access(coordinator(asked, sound, tmp_path))
    assert failed(case) == {("billing", None, "crashed"), ("contact_centre", None, "refused")}
    assert SECRET not in case.model_dump_json()


async def test_all_services_down_is_failed(tmp_path: Path) -> None:
    """No answer at all is a failure, not an empty answer."""

    class Down:
        async def describe(self) -> Manifest:
            raise ConnectionRefusedError

    case = await access(coordinator({"crm": Down(), "billing": Down()}, {}, tmp_path))
    assert fold(case) is Fold.FAILED
    assert failed(case) == {("crm", None, "unreachable"), ("billing", None, "unreachable")}


async def test_a_service_that_comes_back_is_asked_again(tmp_path: Path) -> None:
    """What fails for a moment is tried again, a limited number of times."""
    sound = services()
    attempts = 0

    class Restarting(Crashing):
        async def find(self, task: Any) -> Any:
            nonlocal attempts
            attempts += 1
            if attempts < 3:
                raise ProtocolError(problem="busy", retry="backoff")
            return await sound["billing"].find(task)

    case = await access(coordinator({**sound, "billing": Restarting(sound["billing"])}, sound, tmp_path))
    assert (attempts, fold(case)) == (3, Fold.COMPLETE)


async def test_collect_goes_on_after_a_failure(tmp_path: Path) -> None:
    """Asked again when the service is well, only what is missing is fetched, from the last page on."""
    sound = services()
    cursors: list[str | None] = []

    class DiesOnSecondPage(Crashing):
        dead = True

        async def find(self, task: Any) -> Any:
            return await sound["monitoring"].find(task)

        async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
            cursors.append(after)
            if after is not None and self.dead:
                raise ConnectionResetError
            return await super().export(task, dataset, after, limit)

    broken = DiesOnSecondPage(sound["monitoring"])
    desk = coordinator({**sound, "monitoring": broken}, sound, tmp_path)
    case = await access(desk)
    assert failed(case) == {("monitoring", "monitoring.event", "unreachable")}
    broken.dead, cursors[:] = False, []
    case = await desk.collect(case.id)
    assert cursors == ["after-4"]
    assert case.answers["monitoring"].exports[0].records == 4
    assert not failed(case)


@pytest.mark.parametrize("content", [b"", b"picture" * 99, b"Picture" * 100, b"picture" * 101])
async def test_a_file_that_is_not_what_was_announced_is_not_released(content: bytes, tmp_path: Path) -> None:
    """Short, changed or long: the file is dropped, the case is partial, and the person is told."""
    sound = services()

    class SwapsFiles(Crashing):
        async def find(self, task: Any) -> Any:
            return await sound["monitoring"].find(task)

        def attachment(self, task: ExportTask, attachment: str) -> AsyncIterator[bytes]:
            return _once(content) if attachment.endswith("-4") else sound["monitoring"].attachment(task, attachment)

    desk = coordinator({**sound, "monitoring": SwapsFiles(sound["monitoring"])}, sound, tmp_path)
    case = await access(desk)
    assert {each.reason for each in case.attachments if each.state == "failed"} == {"file_differs"}
    assert fold(case) is Fold.PARTIAL
    contents = await desk.contents(case.id)
    assert "could not be fetched" in "".join(contents.withheld.values())
    assert len(list((tmp_path / str(case.id)).iterdir())) == 1


async def test_a_value_without_json_is_reported_and_not_changed(tmp_path: Path) -> None:
    """A NaN does not quietly become null in the person's copy (T50)."""
    sound = services()

    class Poisoned(Crashing):
        async def find(self, task: Any) -> Any:
            return await sound["billing"].find(task)

        async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
            page = await super().export(task, dataset, after, limit)
            poison = Record(key=("i1",), roles=("customer",), fields={"text": float("nan")})
            return page.model_copy(update={"records": (poison,)})

    case = await access(coordinator({**sound, "billing": Poisoned(sound["billing"])}, sound, tmp_path))
    assert ("billing", "billing.invoice", "value_without_json") in failed(case)


async def test_a_service_that_could_not_plan_is_not_erased(tmp_path: Path) -> None:
    """Nothing is applied where a part of the plan is missing, nor in the service that knows the links."""
    sound = services()
    broken = DropsDataSet(sound["billing"], "billing.reminder")
    case = await erasure(coordinator({**sound, "billing": broken}, sound, tmp_path))
    assert failed(case) == {
        ("billing", "billing.invoice", "not_planned"),
        ("billing", "billing.reminder", "not_planned"),
        ("crm", "crm.customer", "held_back"),
    }
    assert len(sound["billing"].rows["billing.invoice"]) == 4
    assert sorted(sound["monitoring"].rows["monitoring.event"]) == [2, 3, 7]


async def test_a_service_that_only_says_it_erased_is_found_out(tmp_path: Path) -> None:
    """Its receipt is valid and agrees with its answers; the coordinator's own look names the data set."""
    sound = services()
    sound["monitoring"].keeps_everything = True
    desk = coordinator(sound, sound, tmp_path)
    case = await erasure(desk)
    verification = await desk.verify(case.id)
    assert [(each.dataset, each.expected, each.remaining) for each in verification.deviations] == [
        ("monitoring.event", 0, 4)
    ]
    assert fold(await desk.case(case.id)) is Fold.PARTIAL


@pytest.mark.parametrize("forged", ["other_key", "other_type", "other_case", "nonsense"])
async def test_a_receipt_that_is_not_one_makes_the_case_partial(forged: str, tmp_path: Path) -> None:
    """A signature by another key, of another type, over another case, or none at all is no evidence."""
    sound = services()

    class Forging(Crashing):
        async def find(self, task: Any) -> Any:
            return await sound["billing"].find(task)

        async def receipt(self, task: UUID) -> Any:
            payload = (await super().receipt(task)).payload
            if forged == "other_key":
                return Envelope.sign(RECEIPT_TYPE, payload, Signer.generate())
            if forged == "other_type":
                return Envelope.sign("application/json", payload, sound["billing"].signer)
            if forged == "other_case":
                case = next(iter(sound["billing"]._applied.values())).case
                other = payload.replace(str(case).encode(), str(uuid4()).encode())
                return Envelope.sign(RECEIPT_TYPE, other, sound["billing"].signer)
            return {"receipt": "yes"}

    case = await erasure(coordinator({**sound, "billing": Forging(sound["billing"])}, sound, tmp_path))
    assert case.answers["billing"].evidence is None
    assert {code for name, _, code in failed(case) if name == "billing"} <= {
        "receipt_invalid",
        "receipt_of_another_task",
        "nonsense",
    }
    assert fold(case) is Fold.PARTIAL


async def test_a_case_is_taken_up_after_every_interruption(tmp_path: Path) -> None:
    """Cancelled after any page, a new coordinator on the same store ends with the same pages in the same chain."""
    whole = await access(coordinator(services(), services(), tmp_path / "whole"))
    for stop_after in range(8):

        class Stopping(MemoryCases):
            left = stop_after

            def append(self, page: StoredPage) -> None:
                super().append(page)
                self.left -= 1
                if self.left < 0:
                    raise KilledHere

        sound, store, vault = services(), Stopping(), CaseVault.generate()
        desk = coordinator(sound, sound, tmp_path / "work", cases=store, vault=vault)
        case = await desk.receive([Right.ACCESS], [KARI])
        await desk.find(case.id)
        if stop_after < 6:
            with pytest.raises(KilledHere):
                await desk.collect(case.id)
        store.left = 1000
        again = coordinator(sound, sound, tmp_path / "work", cases=store, vault=vault)
        case = await again.collect(case.id)
        assert sizes(case) == sizes(whole)


class Stubborn(Crashing):
    """Answers everything, but does not forget while it is told not to."""

    closed = 0

    async def find(self, task: Any) -> Any:
        return await self._service.find(task)

    async def close(self, case: UUID) -> None:
        self.closed += 1
        if self.closed == 1:
            raise RuntimeError(SECRET)
        await super().close(case)


async def test_a_service_that_does_not_forget_is_named(tmp_path: Path) -> None:
    """The case closes all the same, and closing it again asks that service again, and no other."""
    sound = services()
    asked = {name: Stubborn(each) for name, each in sound.items()}
    asked["crm"].closed = 1
    asked["logs"].closed = 1
    desk = coordinator({**asked, "contact_centre": Hanging(sound["contact_centre"])}, sound, tmp_path)
    case = await desk.receive([Right.ACCESS], [KARI])
    await desk.find(case.id)
    told: list[Progress] = []
    closed = await desk.close(case.id, progress=told.append)
    assert (closed.state, closed.edges) == (CaseState.CLOSED, ())
    assert closed.unclosed == ("billing", "contact_centre", "monitoring")
    assert {(each.service, each.code) for each in told if each.state == "failed"} == {
        ("billing", "crashed"),
        ("contact_centre", "timed_out"),
        ("monitoring", "crashed"),
    }
    assert sound["billing"].scopes_of(case.id)
    assert SECRET not in closed.model_dump_json()
    assert (await desk.close(case.id)).unclosed == ("contact_centre",)
    assert {name: each.closed for name, each in asked.items()} == {
        "crm": 2,
        "monitoring": 2,
        "billing": 2,
        "contact_centre": 0,
        "logs": 2,
    }
    assert not sound["billing"].scopes_of(case.id)


async def test_a_service_that_failed_is_asked_to_forget(tmp_path: Path) -> None:
    """What it was asked before it failed may stand in its tasks."""
    sound = services()
    desk = coordinator({**sound, "billing": Crashing(sound["billing"])}, sound, tmp_path)
    case = await access(desk)
    assert sound["billing"].scopes_of(case.id)
    assert (await desk.close(case.id)).unclosed == ()
    assert not sound["billing"].scopes_of(case.id)


async def test_a_service_that_was_taken_away_is_named(tmp_path: Path) -> None:
    """Nobody can say any longer that it forgot."""
    kept = {"cases": MemoryCases(), "vault": CaseVault.generate()}
    sound = services()
    case = await coordinator(sound, sound, tmp_path, **kept).receive([Right.ACCESS], [KARI])
    await coordinator(sound, sound, tmp_path, **kept).find(case.id)
    rest = {name: each for name, each in sound.items() if name != "billing"}
    assert (await coordinator(rest, rest, tmp_path, **kept).close(case.id)).unclosed == ("billing",)


def sizes(case: Case) -> dict[str, list[tuple[str, int, int]]]:
    return {
        name: [(each.dataset, each.records, each.pages) for each in answer.exports]
        for name, answer in case.answers.items()
    }


class KilledHere(Exception):
    """Stands for the end of the process."""


async def _once(content: bytes) -> AsyncIterator[bytes]:
    await asyncio.sleep(0)
    yield content
