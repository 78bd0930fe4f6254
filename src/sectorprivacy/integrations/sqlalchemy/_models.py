"""SqlModels: a service's data derived from marked ORM models, with keyset pages and set-based changes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from attrs import frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    delete,
    insert,
    or_,
    text,
    tuple_,
    update,
)
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Session, sessionmaker

from sectorprivacy.annotations import FieldMap
from sectorprivacy.errors import report_together
from sectorprivacy.integrations.sqlalchemy._database import settle
from sectorprivacy.integrations.sqlalchemy._faults import faults, path_of
from sectorprivacy.integrations.sqlalchemy._horizon import horizon
from sectorprivacy.integrations.sqlalchemy._reach import Reach
from sectorprivacy.integrations.sqlalchemy._tables import create_tables, insert_into
from sectorprivacy.rights.service import (
    Asked,
    Changes,
    Decision,
    FileFolder,
    FileIntents,
    Finding,
    Journal,
    Who,
    find_by_marks,
)
from sectorprivacy.vocabulary import Identifier, RecordKey

JOURNAL = MetaData()

_journal = Table(
    "sectorprivacy_journal",
    JOURNAL,
    Column("task", Uuid, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

_file_intent = Table("sectorprivacy_file_intent", JOURNAL, Column("name", Text, primary_key=True))


# SQLite locks its file; on Postgres rows are locked as they are read, and this holds back others who apply.
_FIRST_STATEMENT: Final = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(hashtext('sectorprivacy_journal'))",
}


class SqlModels:
    """Everything a service holds in the tables of its marked models. Outcomes are journaled in the same database.

    Args:
        sessions: Makes sessions on the data database; open it with `open_database`.
        files: Where the files are that rows name, if there are any.
        backed_up_for: How long a copy of the data database is kept; None where none is made.
    """

    def __init__(
        self,
        sessions: sessionmaker[Session],
        *,
        files: FileFolder | None = None,
        backed_up_for: timedelta | None = None,
    ) -> None:
        self.files = files
        self._backed_up_for = backed_up_for
        self._sessions = sessions
        self._field_maps: list[FieldMap] = []
        with sessions() as session:
            create_tables(session.get_bind().engine, JOURNAL)

    def bind(self, field_maps: Sequence[FieldMap]) -> Sequence[FieldMap]:
        """Order the models so that rows that point at others go first, else the last given first.

        Raises:
            InvalidDeclaration: One of them is no mapped class, has a key that several rows may share, rows that go on
                in other tables or go with others, a column that can never be cleared, or a path that does not lead
                along relationships to a column; DeclarationsInvalid where several things are wrong.
        """
        report_together(faults(field_maps))
        found_through = {
            cast("Any", each.model).__table__: {table for path in _via(each) for table in _tables_beyond(each, path)}
            for each in field_maps
        }
        self._field_maps = sorted(field_maps, key=lambda each: _depth(cast("Any", each.model).__table__, found_through))
        self._field_maps.reverse()
        return self._field_maps

    @contextmanager
    def reading(self) -> Generator[SqlRecords]:
        """One transaction that is rolled back, whatever happened in it."""
        with self._sessions() as session:  # its end is a rollback
            yield SqlRecords(session, self._field_maps)

    @contextmanager
    def writing(self) -> Generator[SqlRecords]:
        """One transaction: committed at the end of the block, rolled back if it raises.

        Whoever applies waits for others who apply, and what is read stays as it is until the commit.
        """
        with self._sessions.begin() as session:
            session.execute(text(_FIRST_STATEMENT[session.get_bind().dialect.name]))
            yield SqlRecords(session, self._field_maps, locks=True)

    def settle(self) -> Mapping[str, str]:
        """Make deleted bytes leave the files.

        Returns:
            The horizon until which they may still lie in copies of the data: "now", a date, or what must happen first.

        Raises:
            DatabaseUnsafe: Others keep the log busy.
        """
        with self._sessions() as session:
            engine = session.get_bind().engine
        in_files = "now" if settle(engine) else "vacuum and turnover of the write-ahead log"
        return {"data": horizon(self._backed_up_for, in_files)}


@frozen
class SqlRecords:
    """The data inside one session."""

    session: Session
    field_maps: Sequence[FieldMap]
    locks: bool = False

    @property
    def journal(self) -> Journal:
        """The journal, in this transaction."""
        return SqlJournal(self.session)

    @property
    def intents(self) -> FileIntents:
        """Files given up, in this transaction."""
        return SqlJournal(self.session)

    def find(self, who: Who) -> Finding:
        """Look in every model, and learn from what the rows say."""
        return find_by_marks(self, self.field_maps, who)

    def select(self, field_map: FieldMap, who: Who, after: RecordKey | None, limit: int) -> Sequence[Any]:
        """One page in key order, in one statement, and one for each relationship that its marks lead along."""
        model = cast("Any", field_map.model)
        concerned = list(_concerning(field_map, who))
        if not concerned:
            return []
        key = _key(field_map)
        statement = sql_select(model).where(or_(*concerned)).order_by(*key).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(*key) > after.parts)
        paths = {*_via(field_map), *(path for path in field_map.anchors.values() if "." in path)}
        statement = statement.options(*(Reach.along(model, path).loaded for path in paths))
        statement = statement.with_for_update() if self.locks else statement
        # As the rows are now: a set-based change in this transaction is not known to the session.
        return self.session.scalars(statement, execution_options={"populate_existing": True}).all()

    def decide(self, asked: Asked) -> Decision:
        """As the register says."""
        return asked.by_policy()

    def write(self, field_map: FieldMap, changes: Changes) -> None:
        """One DELETE, and one UPDATE for each set of fields to clear; tokens of sealed fields go with them."""
        model = cast("Any", field_map.model)
        key = tuple_(*_key(field_map))
        if changes.erase:
            self._execute(delete(model).where(key.in_([each.parts for each in changes.erase])))
        for names, keys in changes.clear.items():
            cleared = dict.fromkeys(names)
            self._execute(update(model).where(key.in_([each.parts for each in keys])).values(cleared))

    def _execute(self, statement: Any) -> None:
        self.session.execute(statement, execution_options={"synchronize_session": False})


@frozen
class SqlJournal:
    """Journal and file intents as tables of the data database."""

    session: Session

    def written(self, task: UUID, part: str, page: int) -> bytes | None:
        """What was written for this page, or None."""
        row = _journal.c
        statement = sql_select(row.body).where(row.task == task, row.part == part, row.page == page)
        return self.session.execute(statement).scalar_one_or_none()

    def write(self, task: UUID, part: str, page: int, body: bytes) -> None:
        """Write an entry; it never changes again."""
        self.session.execute(insert(_journal), {"task": task, "part": part, "page": page, "body": body})

    def intend(self, names: Sequence[str]) -> None:
        """Note files to remove."""
        if names:
            statement = insert_into(self.session.get_bind().engine, _file_intent).on_conflict_do_nothing()
            self.session.execute(statement, [{"name": name} for name in names])

    def intended(self) -> Sequence[str]:
        """Every file whose removal is not confirmed."""
        return self.session.scalars(sql_select(_file_intent.c.name).order_by(_file_intent.c.name)).all()

    def confirm(self, names: Sequence[str]) -> None:
        """The files are gone."""
        self.session.execute(delete(_file_intent).where(_file_intent.c.name.in_(names)))


def _via(field_map: FieldMap) -> set[str]:
    return {path for each in field_map.subjects if "." in (path := path_of(each))}


def _tables_beyond(field_map: FieldMap, path: str) -> list[Any]:
    return Reach.along(field_map.model, path).tables[1:]


def _depth(table: Any, found_through: Mapping[Any, set[Any]], above: frozenset[Any] = frozenset()) -> int:
    """How many tables lie between a table and one that points at none; a way back to where it came from ends there.

    Args:
        table: The table.
        found_through: Table to the tables through which its rows are found: they are there until these are erased.
        above: The tables that led here.
    """
    above |= {table}
    targets = {key.column.table for key in table.foreign_keys} | found_through.get(table, set())
    return max((1 + _depth(each, found_through, above) for each in targets - above), default=0)


def _key(field_map: FieldMap) -> list[Any]:
    return [getattr(field_map.model, name) for name in field_map.key]


def _concerning(field_map: FieldMap, who: Who) -> Iterator[ColumnElement[bool]]:
    """What says, for each field that names somebody, that it is the person; one of these has to hold."""
    when = None if field_map.when is None else getattr(field_map.model, field_map.when)
    named: dict[str, list[Identifier]] = {}
    for field, identifier in who.matching(field_map):
        named.setdefault(path_of(field), []).append(identifier)
    for path, identifiers in named.items():
        reach = Reach.along(field_map.model, path)
        always = [each.value for each in identifiers if when is None or not (each.period.start or each.period.end)]
        if always:
            yield reach.leads_to(always)
        for each in identifiers:
            if each.value not in always:
                yield and_(reach.leads_to([each.value]), *_during(when, each))


def _during(when: Any, identifier: Identifier) -> Iterator[ColumnElement[bool]]:
    for bound, compare in ((identifier.period.start, when.__ge__), (identifier.period.end, when.__lt__)):
        if bound is not None:
            yield compare(_as_stored(when.type, bound))


def _as_stored(column_type: Any, moment: datetime) -> datetime | date:
    utc = moment.astimezone(UTC)
    if isinstance(column_type, Date):
        # A date is the start of its day: the first one that does not lie before the moment.
        started = utc.time() != datetime.min.time()
        return utc.date() + timedelta(days=started)
    if isinstance(column_type, DateTime) and not column_type.timezone:
        return utc.replace(tzinfo=None)
    return utc
