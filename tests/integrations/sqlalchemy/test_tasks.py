"""Tasks, plans and nonces keep one contract in memory, on SQLite and on Postgres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text

from sectorprivacy.errors import InvalidDeclaration, ProtocolError
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.rights.protocol import ApplyTask, Erasure, ExportTask, FindTask, PlanTask
from sectorprivacy.rights.service import AnyTask, SealedTasks
from sectorprivacy.vocabulary import Identifier, Right, SubjectRef

REF = SubjectRef(b"r" * 16)
CASE, TASK, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
PAST, LATER = datetime(2001, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)

EXPORT = ExportTask(task=TASK, case=CASE, ref=REF)
FIND = FindTask(task=TASK, case=CASE, who=(Identifier(kind="email", value="kari.nordmann@example.org"),))
TASKS: list[AnyTask] = [
    EXPORT,
    PlanTask(task=TASK, case=CASE, ref=REF, instruction=Erasure()),
    ApplyTask(task=TASK, case=CASE, ref=REF, instruction=Erasure(), plan=OTHER, digest="ab" * 32),
]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.operation)
def test_a_task_is_remembered_as_it_was_first_asked(store: Any, task: AnyTask) -> None:
    """The same message again is the same task with the same cursor key, so that old cursors still open."""
    assert store.tasks.get(TASK) is None
    opened = store.tasks.open(task)
    assert opened.task == task
    assert opened.state == "open"
    assert len(opened.cursor_key) == 32
    assert store.tasks.open(task) == store.tasks.get(TASK) == opened


def test_tasks_have_cursor_keys_of_their_own(store: Any) -> None:
    """A cursor of one task opens in no other."""
    one, other = store.tasks.open(EXPORT), store.tasks.open(EXPORT.model_copy(update={"task": OTHER}))
    assert one.cursor_key != other.cursor_key


@pytest.mark.parametrize(
    "other",
    [EXPORT.model_copy(update={"right": Right.PORTABILITY}), EXPORT.model_copy(update={"case": OTHER}), TASKS[1]],
    ids=["right", "case", "operation"],
)
def test_another_message_under_the_same_id_is_refused(store: Any, other: AnyTask) -> None:
    """An id names one message for good, and the first stands."""
    store.tasks.open(EXPORT)
    with pytest.raises(ProtocolError, match="other_body"):
        store.tasks.open(other)
    opened = store.tasks.get(TASK)
    assert opened is not None
    assert opened.task == EXPORT


def test_a_cancelled_task_stays_cancelled(store: Any) -> None:
    """Asking again does not revive it; cancelling what is unknown creates nothing."""
    store.tasks.open(EXPORT)
    store.tasks.cancel(TASK)
    store.tasks.cancel(OTHER)
    assert store.tasks.open(EXPORT).state == "cancelled"
    assert store.tasks.get(OTHER) is None


def test_a_closed_case_leaves_no_task(store: Any) -> None:
    """Every task of the case is forgotten, and none of another; an unknown case is no error."""
    tasks = SealedTasks(store.tasks, b"k" * 32)
    kept = EXPORT.model_copy(update={"task": OTHER, "case": UUID(int=9)})
    for task in (FIND, kept):
        tasks.open(task)
    for case in (CASE, CASE, UUID(int=8)):
        tasks.close(case)
    assert tasks.get(TASK) is None
    opened = tasks.get(OTHER)
    assert opened is not None
    assert opened.task == kept


def test_whom_a_find_task_names_is_sealed_for_the_store(store: Any) -> None:
    """Between the question and its answer the identifiers lie in the store, unreadable without the service's key."""
    sealed = SealedTasks(store.tasks, b"k" * 32)
    assert sealed.open(FIND).task == FIND
    assert sealed.open(FIND) == sealed.get(TASK)
    inside = store.tasks.get(TASK)
    assert inside is not None
    assert "nordmann" not in inside.task.model_dump_json()
    with pytest.raises(ProtocolError, match="other_body"):
        sealed.open(FIND.model_copy(update={"who": ()}))


def test_a_durable_store_refuses_a_find_task_in_the_clear(sql_store: SqlStore) -> None:
    """Forgetting to seal is an error at once, not a list of customers on disk."""
    with pytest.raises(InvalidDeclaration, match="SealedTasks"):
        sql_store.tasks.open(FIND)
    assert sql_store.tasks.get(TASK) is None


def test_find_tasks_leave_no_identifier_in_the_files(tmp_path: Path) -> None:
    """The privacy database cannot be read as a list of who asked for their rights."""
    store = SqlStore(f"sqlite:///{tmp_path / 'privacy.db'}")
    SealedTasks(store.tasks, b"k" * 32).open(FIND)
    raw = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert TASK.hex.encode() in raw
    assert b"nordmann" not in raw
    store.close()


def test_a_row_whose_body_names_another_task_is_refused(sql_store: SqlStore, url: str) -> None:
    """Whoever swaps rows in the database cannot run one case's task under another's id."""
    sql_store.tasks.open(EXPORT)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE sp_task SET task = '{OTHER.hex}'"))
    engine.dispose()
    with pytest.raises(ProtocolError, match="unknown_task"):
        sql_store.tasks.get(OTHER)


def test_a_row_that_was_moved_to_another_case_is_refused(sql_store: SqlStore, url: str) -> None:
    """A task that closing its case would miss does nothing more."""
    sql_store.tasks.open(EXPORT)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE sp_task SET \"case\" = '{OTHER.hex}'"))
    engine.dispose()
    with pytest.raises(ProtocolError, match="unknown_task"):
        sql_store.tasks.get(TASK)


# Plans


def test_pages_of_a_plan_come_back_in_order(store: Any) -> None:
    """An apply is compared with its plan page by page, whatever order they were asked in."""
    for page in (10, 2, 0, 1):
        store.plans.put(TASK, "crm.customer", page, f"{page:064x}")
    store.plans.put(TASK, "crm.customer", 2, f"{2:064x}")
    store.plans.put(TASK, "crm.agreement", 0, "ff" * 32)
    assert store.plans.get(TASK, "crm.customer") == [f"{page:064x}" for page in (0, 1, 2, 10)]
    assert store.plans.get(OTHER, "crm.customer") == []


def test_a_page_that_changed_is_refused(store: Any) -> None:
    """A plan that says something else the second time cannot be applied."""
    store.plans.put(TASK, "crm.customer", 0, "aa" * 32)
    with pytest.raises(ProtocolError, match="plan_changed"):
        store.plans.put(TASK, "crm.customer", 0, "bb" * 32)
    assert store.plans.get(TASK, "crm.customer") == ["aa" * 32]


# Nonces


def test_a_nonce_is_new_once_for_each_key(store: Any) -> None:
    """A captured message does nothing the second time; another key's nonces are its own."""
    assert not store.replay.seen("key-1", "n", LATER)
    assert store.replay.seen("key-1", "n", LATER)
    assert not store.replay.seen("key-2", "n", LATER)
    assert not store.replay.seen("key-1", "N", LATER)


def test_a_nonce_is_dropped_only_after_it_expired(store: Any) -> None:
    """Memory does not grow for ever, and nothing that could still be replayed is dropped."""
    assert not store.replay.seen("key-1", "old", PAST)
    assert not store.replay.seen("key-1", "young", LATER)
    assert not store.replay.seen("key-1", "old", LATER)
    assert store.replay.seen("key-1", "young", LATER)


def test_of_many_at_once_one_is_the_first(url: str) -> None:
    """Two workers that get the same captured message at the same moment let it through once."""
    stores = [SqlStore(url), SqlStore(url)]
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda number: stores[number % 2].replay.seen("key-1", "n", LATER), range(16)))
    assert seen.count(False) == 1
    for each in stores:
        each.close()


def test_nonces_and_tasks_survive_a_restart(url: str) -> None:
    """A message captured before the service restarted does not work after it, and a case goes on."""
    store = SqlStore(url)
    opened = store.tasks.open(EXPORT)
    store.replay.seen("key-1", "n", LATER)
    store.plans.put(TASK, "crm.customer", 0, "aa" * 32)
    store.close()
    store = SqlStore(url)
    assert store.replay.seen("key-1", "n", LATER)
    assert store.tasks.get(TASK) == opened
    assert store.plans.get(TASK, "crm.customer") == ["aa" * 32]
    store.close()


def test_each_call_takes_few_statements(sql_store: SqlStore, statements: Any) -> None:
    """An insert and a look at what stands, or one statement alone."""
    calls = {
        "open": (lambda: sql_store.tasks.open(EXPORT), 2),
        "get": (lambda: sql_store.tasks.get(TASK), 1),
        "cancel": (lambda: sql_store.tasks.cancel(TASK), 1),
        "close": (lambda: sql_store.tasks.close(OTHER), 1),
        "put": (lambda: sql_store.plans.put(TASK, "crm.customer", 0, "aa" * 32), 2),
        "pages": (lambda: sql_store.plans.get(TASK, "crm.customer"), 1),
        "seen": (lambda: sql_store.replay.seen("key-1", "n", LATER), 2),
    }
    for name, (call, expected) in calls.items():
        with statements() as seen:
            call()
        assert len(seen) == expected, name
