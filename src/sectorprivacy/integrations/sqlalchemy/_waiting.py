"""Erasures in quarantine, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Uuid, delete, select

from sectorprivacy.integrations.sqlalchemy._tables import Moment, insert_into
from sectorprivacy.rights.service import Waiting

WAITING = MetaData()

_waiting = Table(
    "sp_waiting",
    WAITING,
    Column("task", Uuid, primary_key=True),
    Column("case", Uuid, nullable=False),
    Column("limit", Integer, nullable=False),
    Column("until", Moment, nullable=False),
)


class SqlWaitingList:
    """A WaitingList in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, waiting: Waiting) -> Waiting:
        """Keep an erasure, and return the one that stands for its task: the first."""
        row = {"task": waiting.task, "case": waiting.case, "limit": waiting.limit, "until": waiting.until}
        with self._engine.begin() as connection:
            connection.execute(insert_into(self._engine, _waiting).on_conflict_do_nothing(), row)
            standing = select(_waiting).where(_waiting.c.task == waiting.task)
            return Waiting(**connection.execute(standing).mappings().one())

    def waiting(self) -> Sequence[Waiting]:
        """Every erasure in quarantine, those that are over first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_waiting).order_by(_waiting.c.until, _waiting.c.task)).mappings()
            return [Waiting(**row) for row in rows]

    def remove(self, task: UUID) -> None:
        """Forget one; a task that does not wait changes nothing."""
        with self._engine.begin() as connection:
            connection.execute(delete(_waiting).where(_waiting.c.task == task))
