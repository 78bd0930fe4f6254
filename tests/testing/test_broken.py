"""Each broken service has its one fault and answers everything else as the sound one inside does."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from sectorprivacy import testing
from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import ExportPage, ExportTask, FindTask
from tests.rights.coordinator.company import KARI, services
from tests.rights.coordinator.small_service import SmallService

DATASET = "billing.invoice"


@pytest.fixture
def sound() -> SmallService:
    return services()["billing"]


async def first_page(service: Any) -> tuple[ExportTask, ExportPage]:
    find = FindTask(task=uuid4(), case=uuid4(), who=(KARI,))
    ref = (await service.find(find)).ref
    assert ref is not None
    task = ExportTask(task=uuid4(), case=find.case, ref=ref)
    return task, await service.export(task, DATASET, None, 2)


BROKEN = (
    "AnswersForAnotherPerson",
    "AnswersForAnotherTask",
    "AnswersNonsense",
    "Crashing",
    "DropsDataSet",
    "Hanging",
    "Stalled",
)


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_service_still_describes_itself(name: str, sound: SmallService) -> None:
    """The fault is the one that the class names, and not an earlier one."""
    broken = getattr(testing, name)
    service = broken(sound, DATASET) if name == "DropsDataSet" else broken(sound)
    assert await service.describe() == await sound.describe()


async def test_for_another_person(sound: SmallService) -> None:
    """The page is of the right task and of the wrong person."""
    task, page = await first_page(testing.AnswersForAnotherPerson(sound))
    assert page.task == task.task
    assert page.ref != task.ref


async def test_for_another_task(sound: SmallService) -> None:
    """The answer to a find is one to another find."""
    task = FindTask(task=uuid4(), case=uuid4(), who=(KARI,))
    assert (await testing.AnswersForAnotherTask(sound).find(task)).task != task.task


async def test_nonsense(sound: SmallService) -> None:
    """The page is no page."""
    _, page = await first_page(testing.AnswersNonsense(sound))
    assert not isinstance(page, ExportPage)


async def test_stalled(sound: SmallService) -> None:
    """The page after a cursor is the first one again, with the same cursor."""
    service = testing.Stalled(sound)
    task, page = await first_page(service)
    again = await service.export(task, DATASET, page.next, 2)
    assert (again.records, again.next) == (page.records, page.next)


async def test_drops_a_data_set(sound: SmallService) -> None:
    """It declares the data set and refuses it by name; the other one answers."""
    service = testing.DropsDataSet(sound, DATASET)
    with pytest.raises(ProtocolError, match="unknown_dataset"):
        await first_page(service)
    task, _ = await first_page(sound)
    assert (await service.export(task, "billing.reminder", None, 2)).records == ()


async def test_crashes_with_a_persons_data_in_its_text(sound: SmallService) -> None:
    """The text is what nobody may keep."""
    with pytest.raises(RuntimeError, match="kari@example"):
        await first_page(testing.Crashing(sound))


async def test_hangs_and_outlives_one_cancellation(sound: SmallService) -> None:
    """Only a caller that does not wait for it goes on."""
    hanging = asyncio.ensure_future(first_page(testing.Hanging(sound)))
    await asyncio.sleep(0.01)
    hanging.cancel()
    done, _ = await asyncio.wait({hanging}, timeout=0.01)
    assert not done
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
