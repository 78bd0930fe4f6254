"""The stores under test: the same conformance over memory, SQLite and a real Postgres, and a count of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from sectorprivacy.app import MemoryStore
from sectorprivacy.integrations.sqlalchemy import SqlStore

DURABLE = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]

Counted = Callable[[], AbstractContextManager[list[str]]]


def fresh_database(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'privacy.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=DURABLE)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a fresh privacy database is."""
    return fresh_database(request, tmp_path)


@pytest.fixture
def sql_store(url: str) -> Iterator[SqlStore]:
    """A durable store."""
    store = SqlStore(url)
    yield store
    store.close()


@pytest.fixture(params=["memory", *DURABLE])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Any store, under the names that SqlStore gives its parts."""
    if request.param == "memory":
        yield MemoryStore()
        return
    durable = SqlStore(fresh_database(request, tmp_path))
    yield durable
    durable.close()


@pytest.fixture
def statements() -> Counted:
    """A counter of statements: the SQL that any engine executes in the block is collected in the list it gives."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(Engine, "before_cursor_execute", note)

    return counting
