"""How the words of the ledger stand in columns, the same on SQLite and Postgres, and how tables come to be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Generic, TypeVar

from sqlalchemy import BigInteger, Dialect, Engine, Integer, LargeBinary, MetaData, Table, Text, TypeDecorator, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from sectorprivacy.vocabulary import SubjectRef

Insert = sqlite.Insert | postgresql.Insert
W = TypeVar("W", bound=StrEnum)
T = TypeVar("T")

Sequenced = BigInteger().with_variant(Integer(), "sqlite")
"""Type of a primary key that the database counts up."""

SETUP_LOCK = 0x5350_0001
"""Postgres lock under which tables are made: IF NOT EXISTS alone fails when two processes start at once."""


class Ref(TypeDecorator[SubjectRef]):
    """A SubjectRef, as its 16 bytes."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: SubjectRef | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.raw

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> SubjectRef | None:
        return None if value is None else SubjectRef(value)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, as ISO text in UTC of one width, so that texts sort as times do."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A tuple of ids, as a JSON array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str:
        return json.dumps(list(value or ()))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple(json.loads(value or "[]"))


class ClosedWord(TypeDecorator[W], Generic[W]):
    """A word of a closed list, as its id; an id outside the list is refused on reading."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[W]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: W | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> W | None:
        return None if value is None else self.words(value)


def create_tables(engine: Engine, tables: MetaData) -> None:
    """Make the tables and indexes that are missing, also while other processes do the same."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SETUP_LOCK})
        for table in tables.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))


def insert_into(engine: Engine, table: Table) -> Insert:
    """An INSERT that can say what to do on conflict, in the engine's dialect."""
    return postgresql.insert(table) if engine.dialect.name == "postgresql" else sqlite.insert(table)


def in_parts(values: Iterable[T], size: int = 10_000) -> Iterator[list[T]]:
    """The values in lists that stay below what one statement can carry: 32,766 on SQLite, 65,535 on Postgres."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part
