"""SqlStore: all that one service remembers, in one privacy database; the keys in it or in one of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sectorprivacy.integrations.sqlalchemy._database import open_database, settle
from sectorprivacy.integrations.sqlalchemy._horizon import horizon
from sectorprivacy.integrations.sqlalchemy._keys import SqlKeyStore
from sectorprivacy.integrations.sqlalchemy._ledger import (
    LEDGER,
    SqlLog,
    SqlScopes,
    SqlStanding,
    SqlSubjectIndex,
    SqlTombstones,
)
from sectorprivacy.integrations.sqlalchemy._tables import create_tables
from sectorprivacy.integrations.sqlalchemy._tasks import TASKS, SqlPlanPages, SqlReplay, SqlTasks
from sectorprivacy.integrations.sqlalchemy._waiting import WAITING, SqlWaitingList

_TURNOVER: Final = "vacuum and turnover of the write-ahead log"
_END_OF_EPOCH: Final = "end of the keys' epoch"


class SqlStore:
    """The durable stores of one service on SQLite or Postgres. Only the processes of that service share them.

    Args:
        url: Where the privacy database is: "sqlite:///crm-privacy.db" or "postgresql+psycopg://...". It is never the
            service's data database.
        keys_url: Where the keys are, if in a database of their own with a shorter backup life.
        keys_backed_up_for: How long a copy of the keys is kept; None where none is made.
        data_backed_up_for: How long a copy of the rest is kept, and with it the keys if they are in the same database;
            None where none is made.
    """

    def __init__(
        self,
        url: str,
        *,
        keys_url: str | None = None,
        keys_backed_up_for: timedelta | None = None,
        data_backed_up_for: timedelta | None = None,
    ) -> None:
        engine = open_database(url)
        if keys_url is None:
            kept_for = [each for each in (keys_backed_up_for, data_backed_up_for) if each is not None]
            keys_backed_up_for = data_backed_up_for = max(kept_for, default=None)
        self._privacy, self._privacy_copies = engine, data_backed_up_for
        self._keys, self._keys_copies = engine if keys_url is None else open_database(keys_url), keys_backed_up_for
        create_tables(engine, LEDGER)
        create_tables(engine, TASKS)
        create_tables(engine, WAITING)
        self.keys = SqlKeyStore(self._keys)
        self.subjects = SqlSubjectIndex(engine)
        self.scopes = SqlScopes(engine)
        self.log = SqlLog(engine)
        self.standing = SqlStanding(engine)
        self.tombstones = SqlTombstones(engine)
        self.tasks = SqlTasks(engine)
        self.plans = SqlPlanPages(engine)
        self.replay = SqlReplay(engine)
        self.waiting = SqlWaitingList(engine)

    def settle(self) -> Mapping[str, str]:
        """Make deleted bytes leave the files: an erasure that is not settled can be read back from the log files.

        Returns:
            Store to the horizon until which copies may still hold bytes: "now" where none do, the date on which the
            last copy of today is gone, or what must happen first. The end of an epoch reaches every copy of its keys,
            those in the files of Postgres and in backups too (`docs/spec/keys.md`).

        Raises:
            DatabaseUnsafe: Others keep a write-ahead log busy; settle again.
            DatabaseUnreachable: A database cannot be had.
        """
        settled = {engine: settle(engine) for engine in {self._privacy, self._keys}}
        return {
            "privacy": horizon(self._privacy_copies, "now" if settled[self._privacy] else _TURNOVER),
            "keys": horizon(self._keys_copies, "now") if settled[self._keys] else _END_OF_EPOCH,
        }

    def close(self) -> None:
        """Give back every connection."""
        for engine in {self._privacy, self._keys}:
            engine.dispose()
