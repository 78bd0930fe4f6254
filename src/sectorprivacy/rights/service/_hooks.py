"""Hand-written access to data: small hooks per data set, registered as a web route is, over SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeVar
from uuid import UUID

from attrs import define, frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.errors import DatabaseUnsafe, InvalidDeclaration
from sectorprivacy.rights.service._data import Changes, FileIntents, Finding, Journal
from sectorprivacy.rights.service._decision import Asked, Decision
from sectorprivacy.rights.service._files import FileFolder
from sectorprivacy.rights.service._who import Who
from sectorprivacy.vocabulary import KeyPart, RecordKey

M = TypeVar("M")

FindHook = Callable[[sqlite3.Connection, Who], Finding]
SelectHook = Callable[[sqlite3.Connection, Who, tuple[KeyPart, ...] | None, int], Sequence[M]]
DecideHook = Callable[[M, Asked], Decision]
WriteHook = Callable[[sqlite3.Connection, Changes], None]

# As for every database with personal data: what is deleted is overwritten, and what is committed is on the disk.
_SETTINGS = {"secure_delete": ("ON", 1), "synchronous": ("FULL", 2), "foreign_keys": ("ON", 1)}

_SETTLE_ATTEMPTS = 5
_SETTLE_PAUSE = 0.2

_TABLES = """
CREATE TABLE IF NOT EXISTS sectorprivacy_journal (
    task BLOB NOT NULL, part TEXT NOT NULL, page INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (task, part, page)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sectorprivacy_file_intent (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@define
class _Hooks:
    select: SelectHook[Any] | None = None
    decide: DecideHook[Any] | None = None
    write: WriteHook | None = None


class SqliteHooks:
    """The data of a hand-written service: its owner writes what finds, selects, decides and writes.

    Every hook gets an open connection and runs in a worker thread; the library opens the transaction, commits it with
    the journal, and closes the connection. While something is read, the connection refuses to write.

    Args:
        connect: Opens a connection to the SQLite database.
        files: Where attachments are, if there are any.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, files: FileFolder | None = None) -> None:
        self.files = files
        self.finder: FindHook | None = None
        self._connect = connect
        self._hooks: dict[type, _Hooks] = {}
        with closing(self._open()) as connection:
            # WAL, so that those who read do not hold up a case.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)

    def find(self, hook: FindHook) -> FindHook:
        """Register `find(db, who) -> Finding`: whether the person is known, and by what else."""
        self.finder = hook
        return hook

    def select(self, model: type[M]) -> Callable[[SelectHook[M]], SelectHook[M]]:
        """Register `select(db, who, after, limit) -> Sequence[model]`: one page in key order.

        `after` is the key of the last record before the page, as a tuple, or None.
        """

        def register(hook: SelectHook[M]) -> SelectHook[M]:
            self.hooks_of(model).select = hook
            return hook

        return register

    def decide(self, model: type[M]) -> Callable[[DecideHook[M]], DecideHook[M]]:
        """Register `decide(record, asked) -> Decision`; without it the register decides."""

        def register(hook: DecideHook[M]) -> DecideHook[M]:
            self.hooks_of(model).decide = hook
            return hook

        return register

    def write(self, model: type[Any]) -> Callable[[WriteHook], WriteHook]:
        """Register `write(db, changes)`: carry out one page of changes, in the transaction the library opened."""

        def register(hook: WriteHook) -> WriteHook:
            self.hooks_of(model).write = hook
            return hook

        return register

    def bind(self, field_maps: Sequence[FieldMap]) -> Sequence[FieldMap]:
        """See that every hook is there. The models given to Privacy last go first: those before them may be pointed at.

        Raises:
            InvalidDeclaration: A hook is missing: a service without it could not account for what it holds.
        """
        if self.finder is None:
            raise _no_find_hook()
        for field_map in field_maps:
            hooks = self.hooks_of(field_map.model)
            for name, hook in (("select", hooks.select), ("write", hooks.write)):
                if hook is None:
                    raise _missing(field_map, name)
        return list(reversed(field_maps))

    @contextmanager
    def reading(self) -> Generator[HookedRecords]:
        """One transaction that cannot change anything."""
        with self._transaction("BEGIN", "PRAGMA query_only = ON") as records:
            yield records

    @contextmanager
    def writing(self) -> Generator[HookedRecords]:
        """One transaction: committed at the end of the block, rolled back if it raises."""
        with self._transaction("BEGIN IMMEDIATE") as records:
            yield records

    def settle(self) -> Mapping[str, str]:
        """Empty the write-ahead log; with `secure_delete` no deleted byte stays in the files.

        Raises:
            DatabaseUnsafe: Somebody keeps the log busy; settle again.
        """
        for attempt in range(_SETTLE_ATTEMPTS):
            if attempt:
                time.sleep(_SETTLE_PAUSE)
            with closing(self._open()) as connection:
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return {"data": "now"}
        raise DatabaseUnsafe(
            problem="deleted bytes are still in the write-ahead log, which others keep busy",
            instead="End long transactions, then settle again",
        )

    def hooks_of(self, model: type) -> _Hooks:
        """The hooks of a model, empty until they are registered."""
        return self._hooks.setdefault(model, _Hooks())

    def _open(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.isolation_level = None  # transactions are the library's, not implicit
        for name, (value, expected) in _SETTINGS.items():
            connection.execute(f"PRAGMA {name} = {value}")
            if connection.execute(f"PRAGMA {name}").fetchone() != (expected,):
                connection.close()
                raise DatabaseUnsafe(
                    problem=f"SQLite does not keep {name} = {value}", instead="Use another build of it"
                )
        return connection

    @contextmanager
    def _transaction(self, begin: str, *settings: str) -> Generator[HookedRecords]:
        with closing(self._open()) as connection:
            for setting in settings:
                connection.execute(setting)
            connection.execute(begin)
            try:
                yield HookedRecords(self, connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


@frozen
class HookedRecords:
    """The data inside one transaction, through the hooks."""

    hooks: SqliteHooks
    connection: sqlite3.Connection

    @property
    def journal(self) -> Journal:
        """The journal, in this transaction."""
        return SqliteJournal(self.connection)

    @property
    def intents(self) -> FileIntents:
        """Files given up, in this transaction."""
        return SqliteJournal(self.connection)

    def find(self, who: Who) -> Finding:
        """Ask the find hook. Raises: InvalidDeclaration where there is none."""
        if self.hooks.finder is None:
            raise _no_find_hook()
        return self.hooks.finder(self.connection, who)

    def select(self, field_map: FieldMap, who: Who, after: RecordKey | None, limit: int) -> Sequence[Any]:
        """Ask the select hook of the model."""
        hook = self.hooks.hooks_of(field_map.model).select
        if hook is None:
            raise _missing(field_map, "select")
        return hook(self.connection, who, None if after is None else after.parts, limit)

    def decide(self, asked: Asked) -> Decision:
        """Ask the decide hook of the model, or the register."""
        hook = self.hooks.hooks_of(asked.field_map.model).decide
        return asked.by_policy() if hook is None else hook(asked.record, asked)

    def write(self, field_map: FieldMap, changes: Changes) -> None:
        """Ask the write hook of the model, if there is something to write."""
        if not changes.erase and not changes.clear:
            return
        hook = self.hooks.hooks_of(field_map.model).write
        if hook is None:
            raise _missing(field_map, "write")
        self.connection.set_authorizer(_refuse_commit)
        try:
            hook(self.connection, changes)
        finally:
            self.connection.set_authorizer(None)


@frozen
class SqliteJournal:
    """Journal and file intents as tables of the data database."""

    connection: sqlite3.Connection

    def written(self, task: UUID, part: str, page: int) -> bytes | None:
        """What was written for this page, or None."""
        row = self.connection.execute(
            "SELECT body FROM sectorprivacy_journal WHERE task = ? AND part = ? AND page = ?", (task.bytes, part, page)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def write(self, task: UUID, part: str, page: int, body: bytes) -> None:
        """Write an entry; it never changes again."""
        self.connection.execute(
            "INSERT INTO sectorprivacy_journal (task, part, page, body) VALUES (?, ?, ?, ?)",
            (task.bytes, part, page, body),
        )

    def intend(self, names: Sequence[str]) -> None:
        """Note files to remove."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO sectorprivacy_file_intent (name) VALUES (?)", [(name,) for name in names]
        )

    def intended(self) -> Sequence[str]:
        """Every file whose removal is not confirmed."""
        return [name for (name,) in self.connection.execute("SELECT name FROM sectorprivacy_file_intent ORDER BY name")]

    def confirm(self, names: Sequence[str]) -> None:
        """The files are gone."""
        self.connection.executemany("DELETE FROM sectorprivacy_file_intent WHERE name = ?", [(name,) for name in names])


def _refuse_commit(action: int, *_: str | None) -> int:
    """`with db:` in a hook would commit the change without the journal that proves it."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_TRANSACTION else sqlite3.SQLITE_OK


def _no_find_hook() -> InvalidDeclaration:
    return InvalidDeclaration(
        where="SqliteHooks", problem="there is no find hook", instead="Register it with @data.find"
    )


def _missing(field_map: FieldMap, hook: str) -> InvalidDeclaration:
    return InvalidDeclaration(
        where=field_map.id, problem=f"there is no {hook} hook", instead=f"Register it with @data.{hook}"
    )
