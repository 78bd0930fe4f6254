"""Erasures in quarantine keep one contract in memory, on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from attrs import evolve

from sectorprivacy.integrations.sqlalchemy import open_database
from sectorprivacy.integrations.sqlalchemy._tables import create_tables
from sectorprivacy.integrations.sqlalchemy._waiting import WAITING, SqlWaitingList
from sectorprivacy.rights.service import MemoryWaitingList, Waiting, WaitingList
from tests.integrations.sqlalchemy.conftest import DURABLE, fresh_database

NOON_IN_OSLO = datetime(2026, 3, 29, 12, 0, 0, 7, tzinfo=timezone(timedelta(hours=2)))
FIRST = Waiting(task=UUID(int=1), case=UUID(int=9), limit=7, until=NOON_IN_OSLO)


@pytest.fixture(params=["memory", *DURABLE])
def waiting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WaitingList]:
    if request.param == "memory":
        yield MemoryWaitingList()
        return
    engine = open_database(fresh_database(request, tmp_path))
    create_tables(engine, WAITING)
    yield SqlWaitingList(engine)
    engine.dispose()


def test_the_first_entry_of_a_task_stands(waiting: WaitingList) -> None:
    """Asking again does not begin the time anew, in whatever zone it is told."""
    assert waiting.add(FIRST) == FIRST
    assert waiting.add(evolve(FIRST, until=NOON_IN_OSLO + timedelta(days=9), limit=8)) == FIRST
    assert list(waiting.waiting()) == [evolve(FIRST, until=NOON_IN_OSLO.astimezone(UTC))]


def test_what_is_over_first_comes_first(waiting: WaitingList) -> None:
    """A sweep goes through the list in the order in which it is due."""
    sooner = evolve(FIRST, task=UUID(int=2), until=NOON_IN_OSLO - timedelta(hours=1))
    waiting.add(FIRST)
    waiting.add(sooner)
    assert [each.task for each in waiting.waiting()] == [sooner.task, FIRST.task]


def test_what_is_removed_waits_no_more(waiting: WaitingList) -> None:
    """Removing is safe to repeat, and leaves the others."""
    other = evolve(FIRST, task=UUID(int=2))
    waiting.add(FIRST)
    waiting.add(other)
    for _ in range(2):
        waiting.remove(FIRST.task)
    assert [each.task for each in waiting.waiting()] == [other.task]
