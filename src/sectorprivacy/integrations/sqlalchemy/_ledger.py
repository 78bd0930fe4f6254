"""The stores of the ledger in SQL: who is who, running cases, the log, standing and tombstones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Engine, Index, Integer, LargeBinary, MetaData, Table, Text, Uuid, delete, insert, select

from sectorprivacy.integrations.sqlalchemy._tables import (
    ClosedWord,
    Moment,
    Ref,
    Sequenced,
    Words,
    in_parts,
    insert_into,
)
from sectorprivacy.ledger import Deed, LogEntry, SealedScope, StandingKind, StandingRecord
from sectorprivacy.vocabulary import Basis, SubjectRef

LEDGER = MetaData()

_subject = Table(
    "sp_subject",
    LEDGER,
    Column("token", LargeBinary(32), primary_key=True),
    Column("ref", Ref, nullable=False, index=True),
)

_scope = Table(
    "sp_scope",
    LEDGER,
    Column("sequence", Sequenced, primary_key=True),
    Column("task", Uuid, nullable=False, unique=True),
    Column("ref", Ref, nullable=False),
    Column("case", Uuid, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("ix_sp_scope_case_ref", "case", "ref"),
    sqlite_autoincrement=True,
)

_log = Table(
    "sp_log",
    LEDGER,
    Column("sequence", Sequenced, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("activity", Text, nullable=False),
    Column("subject", Ref, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", ClosedWord(Deed), nullable=False),
    Column("categories", Words, nullable=False),
    Column("count", Integer, nullable=False),
    Column("basis", ClosedWord(Basis)),
    Index("ix_sp_log_subject_sequence", "subject", "sequence"),
    sqlite_autoincrement=True,
)

_standing = Table(
    "sp_standing",
    LEDGER,
    Column("sequence", Sequenced, primary_key=True),
    Column("subject", Ref, nullable=False),
    Column("kind", ClosedWord(StandingKind), nullable=False),
    Column("activity", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("channel", Text, nullable=False),
    Column("text", Text),
    Column("version", Text),
    Column("evidence", Text),
    Index("ix_sp_standing_subject_sequence", "subject", "sequence"),
    sqlite_autoincrement=True,
)

_tombstone = Table("sp_tombstone", LEDGER, Column("token", LargeBinary(32), primary_key=True))


def _row(record: LogEntry | StandingRecord | SealedScope, table: Table) -> dict[str, Any]:
    """The record's attributes by column; the database assigns the sequence."""
    return {column.name: getattr(record, column.name) for column in table.columns if column.name != "sequence"}


class SqlSubjectIndex:
    """A SubjectIndex in SQL; one statement a call, up to 1,000 new or 10,000 known tokens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refs(self, tokens: Collection[bytes]) -> Mapping[bytes, SubjectRef]:
        """The references that exist."""
        found: dict[bytes, SubjectRef] = {}
        with self._engine.connect() as connection:
            for part in in_parts(tokens):
                rows = connection.execute(select(_subject.c.token, _subject.c.ref).where(_subject.c.token.in_(part)))
                found |= {bytes(token): ref for token, ref in rows}
        return found

    def mint(self, proposed: Mapping[bytes, SubjectRef]) -> Mapping[bytes, SubjectRef]:
        """The reference of every token, existing or new."""
        if not proposed:
            return {}
        # A reference written over itself is returned by the statement; one order for all, so that none wait crosswise.
        statement = insert_into(self._engine, _subject)
        statement = statement.on_conflict_do_update(index_elements=["token"], set_={"ref": _subject.c.ref})
        rows = [{"token": token, "ref": ref} for token, ref in sorted(proposed.items())]
        with self._engine.begin() as connection:
            standing = connection.execute(statement.returning(_subject.c.token, _subject.c.ref), rows)
            return {bytes(token): ref for token, ref in standing}

    def forget(self, refs: Collection[SubjectRef]) -> None:
        """Drop every token of these references."""
        with self._engine.begin() as connection:
            for part in in_parts(refs):
                connection.execute(delete(_subject).where(_subject.c.ref.in_(part)))


class SqlScopes:
    """Scopes in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, scope: SealedScope) -> SealedScope:
        """Keep a scope; the first of its task stands."""
        statement = insert_into(self._engine, _scope).on_conflict_do_nothing(index_elements=["task"])
        with self._engine.begin() as connection:
            connection.execute(statement, _row(scope, _scope))
            standing = select(*_SCOPE_FIELDS).where(_scope.c.task == scope.task)
            return SealedScope(**connection.execute(standing).mappings().one())

    def get(self, ref: SubjectRef, case: UUID) -> SealedScope | None:
        """The newest scope of this reference in this case."""
        newest = select(*_SCOPE_FIELDS).where(_scope.c.case == case, _scope.c.ref == ref)
        with self._engine.connect() as connection:
            row = connection.execute(newest.order_by(_scope.c.sequence.desc()).limit(1)).mappings().first()
        return None if row is None else SealedScope(**row)

    def close(self, case: UUID) -> None:
        """Forget every scope of a case."""
        with self._engine.begin() as connection:
            connection.execute(delete(_scope).where(_scope.c.case == case))


_SCOPE_FIELDS = (_scope.c.ref, _scope.c.task, _scope.c.case, _scope.c.document)


class SqlLog:
    """A Log in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, entries: Sequence[LogEntry]) -> int:
        """Add entries in one transaction; returns the sequence of the first."""
        if not entries:
            return 0
        rows = [_row(entry, _log) for entry in entries]
        # SQLite counts up in the order of the rows by itself, and would insert them one by one if it were told to.
        ordered = self._engine.dialect.name == "postgresql"
        statement = insert(_log).returning(_log.c.sequence, sort_by_parameter_order=ordered)
        with self._engine.begin() as connection:
            sequences: Sequence[int] = connection.execute(statement, rows).scalars().all()
        return min(sequences)

    def entries(self, subjects: Collection[SubjectRef], after: int, limit: int) -> Sequence[LogEntry]:
        """At most `limit` entries of these people after a sequence."""
        page = select(_log).where(_log.c.subject.in_(list(subjects)), _log.c.sequence > after)
        with self._engine.connect() as connection:
            rows = connection.execute(page.order_by(_log.c.sequence).limit(limit)).mappings()
            return [LogEntry(**row) for row in rows]


class SqlStanding:
    """A StandingStore in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, record: StandingRecord) -> int:
        """Add a record; returns its sequence."""
        statement = insert(_standing).returning(_standing.c.sequence)
        with self._engine.begin() as connection:
            return int(connection.execute(statement, _row(record, _standing)).scalar_one())

    def records(self, subjects: Collection[SubjectRef], after: int, limit: int) -> Sequence[StandingRecord]:
        """At most `limit` records of these people after a sequence."""
        page = select(_standing).where(_standing.c.subject.in_(list(subjects)), _standing.c.sequence > after)
        with self._engine.connect() as connection:
            rows = connection.execute(page.order_by(_standing.c.sequence).limit(limit)).mappings()
            return [StandingRecord(**row) for row in rows]


class SqlTombstones:
    """Tombstones in SQL; one statement a call, up to 1,000 new or 10,000 asked tokens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, tokens: Collection[bytes]) -> None:
        """Keep the tokens."""
        rows = [{"token": token} for token in sorted(tokens)]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert_into(self._engine, _tombstone).on_conflict_do_nothing(), rows)

    def among(self, tokens: Collection[bytes]) -> frozenset[bytes]:
        """Those of `tokens` that stand."""
        found: set[bytes] = set()
        with self._engine.connect() as connection:
            for part in in_parts(tokens):
                rows = connection.execute(select(_tombstone.c.token).where(_tombstone.c.token.in_(part)))
                found.update(bytes(token) for token in rows.scalars())
        return frozenset(found)
