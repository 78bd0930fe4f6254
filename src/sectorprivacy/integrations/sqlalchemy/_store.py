"""SqlStore: all that one service remembers, in one privacy database; the keys in it or in one of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sectorprivacy.integrations.sqlalchemy._database import open_database, settle
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

_HORIZON: Final = "vacuum and turnover of the write-ahead log"


class SqlStore:
    """The durable stores of one service on SQLite or Postgres. Only the processes of that service share them.

    Args:
        url: Where the privacy database is: "sqlite:///crm-privacy.db" or "postgresql+psycopg://...". It is never the
            service's data database.
        keys_url: Where the keys are, if in a database of their own with a shorter backup life.
    """

    def __init__(self, url: str, *, keys_url: str | None = None) -> None:
        engine = open_database(url)
        self._engines = {"privacy": engine}
        if keys_url is not None:
            self._engines["keys"] = open_database(keys_url)
        create_tables(engine, LEDGER)
        create_tables(engine, TASKS)
        self.keys = SqlKeyStore(self._engines.get("keys", engine))
        self.subjects = SqlSubjectIndex(engine)
        self.scopes = SqlScopes(engine)
        self.log = SqlLog(engine)
        self.standing = SqlStanding(engine)
        self.tombstones = SqlTombstones(engine)
        self.tasks = SqlTasks(engine)
        self.plans = SqlPlanPages(engine)
        self.replay = SqlReplay(engine)

    def settle(self) -> Mapping[str, str]:
        """Make deleted bytes leave the files: an erasure that is not settled can be read back from the log files.

        Returns:
            Store to the horizon until which copies may still hold bytes; "now" where none do.
        """
        return {name: "now" if settle(engine) else _HORIZON for name, engine in self._engines.items()}

    def close(self) -> None:
        """Give back every connection."""
        for engine in self._engines.values():
            engine.dispose()
