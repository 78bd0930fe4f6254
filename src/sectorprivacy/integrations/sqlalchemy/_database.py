"""Databases that keep what they were given and forget what they were told to: SQLite and Postgres."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from sectorprivacy.errors import DatabaseUnreachable, DatabaseUnsafe, SetupError

BUSY_SECONDS: Final = 10.0
"""How long a statement waits for another writer."""

_SQLITE_DISK: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_POSTGRES_DISK: Final = {"53100", "58030"}  # disk_full, io_error

SETTLE_ATTEMPTS: Final = 5
SETTLE_PAUSE: Final = 0.2

# Each setting and what it must read back as; a build or an odd file system may answer otherwise and say nothing.
_SETTINGS: Final = {
    "journal_mode": ("WAL", "wal"),
    "secure_delete": ("ON", 1),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
}


def open_database(url: str) -> Engine:
    """Open SQLite or Postgres for personal data.

    SQLite gets WAL, full synchronisation, foreign keys and `secure_delete`, which overwrites what is deleted; all are
    read back on every connection. Its file is for its owner alone (mode 0600). A transaction takes the write lock with
    its first write, never with a read.

    Args:
        url: "sqlite:///FILE" or "postgresql+psycopg://...".

    Raises:
        DatabaseUnsafe: The URL names neither, SQLite is asked for without a file, or a setting does not hold.
    """
    try:
        where = make_url(url)
    except (ArgumentError, ValueError):  # the latter quotes a port that is no number
        raise _no_such_database() from None
    backend = where.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(where)
    if backend == "postgresql":
        return create_engine(where.set(drivername="postgresql+psycopg"), hide_parameters=True)
    raise _no_such_database()


@contextmanager
def transaction(engine: Engine) -> Generator[Connection]:
    """A transaction, committed at the end of the block; what the database refuses is an error without its words.

    Raises:
        DatabaseUnsafe: Its disk is full or fails; nothing was changed.
        DatabaseUnreachable: It cannot be had: it is down, or others kept it busy for too long.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        raise _typed(error) from None


def settle(engine: Engine) -> bool:
    """Make deleted bytes leave the files, as far as the database can.

    Returns:
        True on SQLite: the write-ahead log was emptied, and deleted bytes are overwritten. False on Postgres, where
        they stay in dead rows, in the log and in backups until the epoch of their keys ends (`docs/spec/keys.md`).

    Raises:
        DatabaseUnsafe: A reader or writer kept the write-ahead log busy for longer than five attempts; what was
            deleted is deleted, but its bytes are still in the file. Call it again.
    """
    if engine.dialect.name != "sqlite":
        return False
    for attempt in range(SETTLE_ATTEMPTS):
        if attempt:
            time.sleep(SETTLE_PAUSE)
        with transaction(engine) as connection:
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy == 0:
            return True
    raise DatabaseUnsafe(
        problem="deleted bytes are still in the write-ahead log, which others keep busy",
        instead="End long transactions, then settle again",
    )


def _open_sqlite(where: URL) -> Engine:
    if not where.database or where.database == ":memory:" or where.database.startswith("file:"):
        raise DatabaseUnsafe(problem="SQLite was named without a file", instead='Use "sqlite:///FILE"')
    _keep_for_owner(Path(where.database))
    engine = create_engine(
        where,
        hide_parameters=True,
        # The driver begins before the first write: IMMEDIATE, since the upgrade of a read lock cannot wait.
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": "IMMEDIATE"},
    )
    event.listen(engine, "connect", _set_and_read_back)
    try:
        engine.connect().close()
    except OperationalError:
        engine.dispose()
        raise DatabaseUnsafe(problem="its file cannot be opened", instead="Check the path and its rights") from None
    return engine


def _keep_for_owner(path: Path) -> None:
    """SQLite gives its log files the mode of the file, so the file must have it before the first connection."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError:
        raise DatabaseUnsafe(
            problem="its file cannot be made or kept for its owner alone", instead="Check the path and its rights"
        ) from None


def _set_and_read_back(connection: sqlite3.Connection, _record: Any) -> None:
    for name, (wanted, reads) in _SETTINGS.items():
        connection.execute(f"PRAGMA {name} = {wanted}")
        (actual,) = connection.execute(f"PRAGMA {name}").fetchone()
        if actual != reads:
            raise DatabaseUnsafe(problem=f"SQLite keeps {name} at {actual}", instead="Use another build or file system")


def _typed(error: OperationalError) -> SetupError:
    sqlite_code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # without what it adds about the kind of access
    if sqlite_code in _SQLITE_DISK or getattr(error.orig, "sqlstate", None) in _POSTGRES_DISK:
        return DatabaseUnsafe(problem="its disk is full or fails", instead="Look at its disk, then do it again")
    return DatabaseUnreachable()


def _no_such_database() -> DatabaseUnsafe:
    return DatabaseUnsafe(
        problem="its URL names neither SQLite nor Postgres",
        instead='Use "sqlite:///FILE" or "postgresql+psycopg://..."',
    )
