"""The stores of the ledger in SQL: who is who, running cases, the log, standing and tombstones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    delete,
    exists,
    insert,
    select,
    update,
)

from sectorprivacy.integrations.sqlalchemy._tables import (
    ClosedWord,
    Moment,
    Ref,
    Sequenced,
    Words,
    in_parts,
    insert_into,
)
from sectorprivacy.ledger import Deed, LogEntry, People, SealedScope, StandingKind, StandingRecord, group_name
from sectorprivacy.vocabulary import Basis, SubjectRef

LEDGER = MetaData()

_subject = Table(
    "sp_subject",
    LEDGER,
    Column("token", LargeBinary(32), primary_key=True),
    Column("ref", Ref, nullable=False, index=True),
)

_group = Table(
    "sp_group",
    LEDGER,
    Column("ref", Ref, primary_key=True),
    # Cleared when somebody leaves: the same people together are another group from then on.
    Column("name", LargeBinary(32), unique=True),
)

_member = Table(
    "sp_group_member",
    LEDGER,
    Column("group_ref", Ref, primary_key=True),
    Column("member", Ref, primary_key=True, index=True),
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


class SqlGroups:
    """Groups in SQL, and how they end; a fixed number of statements a call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def form(self, proposed: Mapping[People, SubjectRef]) -> Mapping[People, SubjectRef]:
        """The group of exactly these people, existing or new."""
        names = {group_name(people): people for people in proposed}
        formed = self._named(names)
        new = {name: proposed[people] for name, people in names.items() if name not in formed}
        if new:
            formed |= self._insert(new, names)
        return {people: formed[name] for name, people in names.items()}

    def members(self, groups: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        """Who is left in each of these groups."""
        with self._engine.connect() as connection:
            return _members(connection, groups)

    def joined(self, people: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        """Every group in which one of these people is left."""
        with self._engine.connect() as connection:
            return _members(connection, _joined(connection, people))

    def leave(self, people: Collection[SubjectRef]) -> None:
        """Take these people out of all their groups."""
        with self._engine.begin() as connection:
            for part in in_parts(_joined(connection, people)):
                connection.execute(update(_group).where(_group.c.ref.in_(part)).values(name=None))
            for part in in_parts(people):
                connection.execute(delete(_member).where(_member.c.member.in_(part)))

    def abandoned(self) -> Collection[SubjectRef]:
        """The groups that everybody left."""
        with self._engine.connect() as connection:
            return connection.execute(select(_group.c.ref).where(_EMPTY)).scalars().all()

    def disband(self, groups: Collection[SubjectRef]) -> None:
        """Drop those of these groups that everybody left."""
        with self._engine.begin() as connection:
            for part in in_parts(groups):
                connection.execute(delete(_group).where(_group.c.ref.in_(part), _EMPTY))

    def _named(self, names: Collection[bytes]) -> dict[bytes, SubjectRef]:
        found: dict[bytes, SubjectRef] = {}
        with self._engine.connect() as connection:
            for part in in_parts(names):
                rows = connection.execute(select(_group.c.name, _group.c.ref).where(_group.c.name.in_(part)))
                found |= {bytes(name): ref for name, ref in rows}
        return found

    def _insert(self, new: Mapping[bytes, SubjectRef], names: Mapping[bytes, People]) -> dict[bytes, SubjectRef]:
        statement = insert_into(self._engine, _group)
        statement = statement.on_conflict_do_update(index_elements=["name"], set_={"ref": _group.c.ref})
        # One order for all, so that none wait crosswise; the members are seen with their group, or neither is.
        rows = [{"name": name, "ref": group} for name, group in sorted(new.items())]
        with self._engine.begin() as connection:
            standing = connection.execute(statement.returning(_group.c.name, _group.c.ref), rows)
            formed = {bytes(name): ref for name, ref in standing}
            ours = [name for name, group in new.items() if formed[name] == group]
            members = [{"group_ref": new[name], "member": member} for name in ours for member in names[name]]
            if members:
                connection.execute(insert(_member), members)
        return formed


_EMPTY = ~exists().where(_member.c.group_ref == _group.c.ref)


def _joined(connection: Connection, people: Collection[SubjectRef]) -> set[SubjectRef]:
    found: set[SubjectRef] = set()
    for part in in_parts(people):
        found.update(connection.execute(select(_member.c.group_ref).where(_member.c.member.in_(part))).scalars())
    return found


def _members(connection: Connection, groups: Collection[SubjectRef]) -> dict[SubjectRef, People]:
    """Who is left in each; a group that everybody left is in the answer, with nobody."""
    left: dict[SubjectRef, set[SubjectRef]] = {}
    for part in in_parts(groups):
        rows = connection.execute(
            select(_group.c.ref, _member.c.member)
            .outerjoin(_member, _member.c.group_ref == _group.c.ref)
            .where(_group.c.ref.in_(part))
        )
        for group, member in rows:
            left.setdefault(group, set()).update(() if member is None else (member,))
    return {group: frozenset(members) for group, members in left.items()}


class SqlSubjectIndex(SqlGroups):
    """A SubjectIndex in SQL; one statement a call, up to 1,000 new or 10,000 known tokens."""

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
