"""What a service remembers: the first message under an id, pages of plans, nonces."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import ExportTask, FindTask
from sectorprivacy.rights.service import MemoryPlanPages, MemoryReplay, MemoryTasks
from sectorprivacy.vocabulary import Identifier, SubjectRef

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def find_task(value: str = "4711") -> FindTask:
    return FindTask(task=uuid4(), case=uuid4(), who=(Identifier(kind="customer_number", value=value),))


def test_the_same_task_is_opened_once():
    """A task asked again is the same task, with the same key for its cursors."""
    tasks = MemoryTasks()
    task = find_task()
    opened = tasks.open(task)
    assert tasks.open(task.model_copy()) == opened
    assert tasks.get(task.task) == opened


def test_another_body_under_the_same_id_is_refused():
    """An id names one message for ever: neither another person nor another operation slips in under it."""
    tasks = MemoryTasks()
    task = find_task()
    opened = tasks.open(task)
    other = ExportTask(task=task.task, case=task.case, ref=SubjectRef.mint())
    for changed in (task.model_copy(update={"case": uuid4()}), other):
        with pytest.raises(ProtocolError) as refusal:
            tasks.open(changed)
        assert refusal.value.problem == "other_body"
    assert tasks.get(task.task) == opened


def test_tasks_have_keys_of_their_own_that_do_not_show():
    """A cursor of one task is worth nothing in another, and no representation shows its key."""
    tasks = MemoryTasks()
    first, second = tasks.open(find_task()), tasks.open(find_task())
    assert first.cursor_key != second.cursor_key
    assert len(first.cursor_key) == 32
    assert first.cursor_key.hex() not in repr(first)
    assert repr(first.cursor_key) not in repr(first)


def test_a_cancelled_task_stays_cancelled():
    """Asking for a cancelled task again does not start it again; an unknown one stays unknown."""
    tasks = MemoryTasks()
    task = find_task()
    tasks.open(task)
    tasks.cancel(task.task)
    assert tasks.open(task).state == "cancelled"
    tasks.cancel(unknown := uuid4())
    assert tasks.get(unknown) is None


def test_a_closed_case_leaves_no_task():
    """Every task of the case is forgotten, and none of another; an unknown case is no error."""
    tasks = MemoryTasks()
    first, second, other = find_task(), find_task(), find_task()
    second = second.model_copy(update={"case": first.case})
    opened = [tasks.open(task) for task in (first, second, other)]
    for case in (first.case, first.case, uuid4()):
        tasks.close(case)
    assert [tasks.get(task.task) for task in (first, second, other)] == [None, None, opened[2]]
    assert tasks.open(first).cursor_key != opened[0].cursor_key


def test_pages_of_a_plan_come_in_order_and_stay():
    """A plan is what was shown: a page said again is the same, and one that says something else is refused."""
    plans = MemoryPlanPages()
    task = uuid4()
    plans.put(task, "crm.customer", 1, "b" * 64)
    plans.put(task, "crm.customer", 0, "a" * 64)
    plans.put(task, "crm.customer", 0, "a" * 64)
    with pytest.raises(ProtocolError) as refusal:
        plans.put(task, "crm.customer", 0, "c" * 64)
    assert refusal.value.problem == "plan_changed"
    assert list(plans.get(task, "crm.customer")) == ["a" * 64, "b" * 64]
    assert list(plans.get(task, "crm.contact")) == []
    assert list(plans.get(uuid4(), "crm.customer")) == []


def test_a_nonce_is_new_once_for_each_key():
    """A nonce is new once; two keys do not disturb each other."""
    replay = MemoryReplay(lambda: NOW)
    expires = NOW + timedelta(seconds=300)
    assert [replay.seen(key, "n", expires) for key in ("a", "a", "b", "b")] == [False, True, False, True]


def test_of_two_at_once_one_is_new():
    """A captured message sent twice at the same moment gets through once."""
    replay = MemoryReplay(lambda: NOW)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: replay.seen("a", "n", NOW + timedelta(seconds=300)), range(64)))
    assert answers.count(False) == 1


def test_nonces_are_forgotten_after_they_expired():
    """The memory of nonces does not grow for ever, and keeps every one that could still be used."""
    moment = [NOW]
    replay = MemoryReplay(lambda: moment[0])
    for number in range(10):
        replay.seen("a", str(number), NOW + timedelta(seconds=number))
    moment[0] = NOW + timedelta(seconds=5)
    assert replay.seen("a", "5", NOW + timedelta(seconds=5))
    assert not replay.seen("a", "4", NOW + timedelta(seconds=600))
