"""Quarantine: an erasure can be taken back until it is carried out; meanwhile nothing sealed for the person opens."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import define, evolve

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import RECEIPT_TYPE, ApplyTask, Receipt
from sectorprivacy.rights.service import MemoryWaitingList, Quarantine, Service, Waiting
from sectorprivacy.vocabulary import Identifier
from tests.rights.service.asking import Asking, Planned
from tests.rights.service.letters import KARI, KARI_HOME, KARI_MAIL, KARI_PHONE, NOW, OLA, Call, Letters, opened

KARI_WHOLE = (KARI, KARI_MAIL, KARI_PHONE, KARI_HOME)
OLA_PHONE = Identifier(kind="telephone", value="41000002")
WINDOW = timedelta(days=14)


@define
class Held:
    """A service that holds erasures back for two weeks, and its clock."""

    letters: Letters
    service: Service
    now: datetime = NOW

    @classmethod
    def back(cls, folder: Path) -> Held:
        letters = opened(folder)
        service = letters.service()
        held = cls(letters, service)
        gate = evolve(service.gate, now=lambda: held.now)
        quarantine = Quarantine(window=WINDOW, waiting=MemoryWaitingList(), gate=gate)
        held.service = evolve(service, quarantine=quarantine)
        return held

    @property
    def waiting(self) -> list[Waiting]:
        assert self.service.quarantine is not None
        return list(self.service.quarantine.waiting.waiting())

    async def begin(self) -> tuple[Asking, Planned, ApplyTask]:
        """Ask for Kari's erasure once, which begins the quarantine."""
        asking = Asking(self.service, KARI_WHOLE)
        planned = await asking.plan()
        task = planned.to_apply()
        await self.refused(asking, planned, task)
        return asking, planned, task

    async def refused(self, asking: Asking, planned: Planned, task: ApplyTask) -> None:
        with pytest.raises(ProtocolError) as refusal:
            await asking.carry_out(task, planned)
        assert (refusal.value.problem, refusal.value.retry) == ("quarantined", "after")

    def everything(self) -> list[object]:
        """Every row and file, as they are."""
        rows = [self.letters.rows(table) for table in ("letter", "call", "visit")]
        return [*rows, {each.name: each.read_bytes() for each in self.letters.files.iterdir()}]


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held.back(tmp_path)


async def test_nothing_is_erased_and_nothing_opens_while_it_lasts(held: Held):
    """Asking again changes nothing before the time has come; a copy is refused for now, and not called erased."""
    before = held.everything()
    asking, planned, task = await held.begin()
    held.now += WINDOW - timedelta(seconds=1)
    await held.refused(asking, planned, task)
    assert held.everything() == before
    with pytest.raises(ProtocolError) as refusal:
        await asking.export("letters.call")
    assert (refusal.value.problem, refusal.value.retry) == ("keys_unavailable", "backoff")
    (ola,) = await Asking(held.service, [OLA, OLA_PHONE]).export("letters.call")
    assert [each.field for each in ola.attachments] == ["file"]


async def test_an_erasure_of_the_wrong_person_is_undone(held: Held):
    """Taken back in time, everything is as it was, byte for byte, opens, and can be added to (T55)."""
    before = held.everything()
    asking, planned, task = await held.begin()
    assert await held.service.take_back(task.task)
    assert held.everything() == before
    assert held.waiting == []
    (call,) = await Asking(held.service, KARI_WHOLE).export("letters.call")
    assert [each.field for each in call.attachments] == ["file"]
    row = Call(id=9, telephone=KARI_PHONE.value, customer=KARI.value, file="9.sealed")
    held.letters.privacy.seal_file(row, "file", BytesIO(b"again"), BytesIO())
    held.now += WINDOW
    with pytest.raises(ProtocolError, match="cancelled"):
        await asking.carry_out(task, planned)
    assert held.everything() == before


async def test_once_the_time_has_come_it_is_carried_out_and_final(held: Held):
    """Afterwards it cannot be taken back, and its receipt says what was destroyed."""
    asking, planned, task = await held.begin()
    held.now += WINDOW
    await asking.carry_out(task, planned)
    assert not await held.service.take_back(task.task)
    envelope = await held.service.receipt(task.task)
    assert Receipt.model_validate_json(envelope.verify(held.letters.signer.verifier, RECEIPT_TYPE)).keys_destroyed == 1
    assert [row[0] for row in held.letters.rows("call")] == [2]
    assert held.waiting == []


async def test_the_sweep_carries_out_what_nobody_asks_for_again(held: Held):
    """The end of the time is kept, also when the coordinator does not come back."""
    _, _, task = await held.begin()
    assert await held.service.sweep() == 0
    held.now += WINDOW
    assert await held.service.sweep() == 1
    assert await held.service.sweep() == 0
    assert [row[0] for row in held.letters.rows("call")] == [2]
    await held.service.receipt(task.task)


async def test_the_sweep_leaves_what_changed_to_its_case(held: Held):
    """Data that came in meanwhile was in no plan; a person decides, and others are not held up."""
    await held.begin()
    with held.letters.connect() as db:
        db.execute("INSERT INTO letter VALUES (9, ?, NULL, 'wait')", (KARI_MAIL.value,))
    db.close()
    held.now += WINDOW
    before = held.everything()
    assert await held.service.sweep() == 0
    assert held.everything() == before
    assert len(held.waiting) == 1


async def test_a_closed_case_takes_its_erasure_back(held: Held):
    """Nobody could carry it out or take it back any more, and the person's keys would stay disabled."""
    asking, _, task = await held.begin()
    await held.service.close(asking.case)
    assert held.waiting == []
    await Asking(held.service, KARI_WHOLE).export("letters.call")
    with pytest.raises(ProtocolError, match="unknown_task"):
        await held.service.take_back(task.task)


async def test_an_unknown_erasure_is_not_taken_back(held: Held):
    """A task nobody asked for is said to be unknown, and not silently done."""
    with pytest.raises(ProtocolError, match="unknown_task"):
        await held.service.take_back(uuid4())


async def test_without_quarantine_there_is_nothing_to_sweep(held: Held):
    """Quarantine is a choice of the service."""
    service = evolve(held.service, quarantine=None)
    assert await service.sweep() == 0
    task = await Asking(service, KARI_WHOLE).erase()
    assert not await service.take_back(task.task)


def test_the_first_entry_of_a_task_stands() -> None:
    """Asking again does not begin the time anew."""
    waiting = MemoryWaitingList()
    first = Waiting(task=uuid4(), case=uuid4(), limit=7, until=NOW)
    assert waiting.add(first) == waiting.add(evolve(first, until=NOW + WINDOW)) == first
    sooner = evolve(first, task=uuid4(), until=NOW - WINDOW)
    waiting.add(sooner)
    assert waiting.waiting() == [sooner, first]
    waiting.remove(first.task)
    waiting.remove(first.task)
    assert waiting.waiting() == [sooner]
