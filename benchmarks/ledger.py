"""What remembering costs: the log and the subject index on SQLite against plain inserts and look-ups with sqlite3."""

from __future__ import annotations

import atexit
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory

from benchmarks import Benchmark, Case
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.ledger import Deed, IndexKey, LogEntry, Subjects, TombstoneKey
from sectorprivacy.vocabulary import Basis, SubjectRef

ENTRY = LogEntry(
    at=datetime(2026, 3, 1, tzinfo=UTC),
    activity="billing",
    subject=SubjectRef(b"s" * 16),
    actor="e-17",
    kind=Deed.OPENED,
    categories=("name", "email"),
    basis=Basis.CONTRACT,
)
ROW = ("2026-03-01T00:00:00.000000+00:00", "billing", b"s" * 16, "e-17", "opened", '["name", "email"]', 1, "contract")
PAGE = 1000


class PlainLog:
    """The same tables with nothing between the caller and SQLite; as durable, and overwriting what is deleted."""

    def __init__(self, file: Path) -> None:
        self.connection = sqlite3.connect(file)
        for setting in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self.connection.execute(f"PRAGMA {setting}")
        self.connection.execute(
            "CREATE TABLE log (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, activity TEXT NOT NULL,"
            " subject BLOB NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL, categories TEXT NOT NULL,"
            " count INTEGER NOT NULL, basis TEXT)"
        )
        self.connection.execute("CREATE INDEX log_subject ON log (subject, sequence)")
        self.connection.execute("CREATE TABLE person (number TEXT PRIMARY KEY, ref BLOB NOT NULL) WITHOUT ROWID")

    def append(self, rows: list[tuple[object, ...]]) -> None:
        with self.connection:
            self.connection.executemany(
                "INSERT INTO log (at, activity, subject, actor, kind, categories, count, basis)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def keep(self, people: list[tuple[str, bytes]]) -> None:
        with self.connection:
            self.connection.executemany("INSERT INTO person (number, ref) VALUES (?, ?)", people)

    def known(self, numbers: list[str]) -> dict[str, bytes]:
        marks = ", ".join("?" * len(numbers))
        return dict(self.connection.execute(f"SELECT number, ref FROM person WHERE number IN ({marks})", numbers))


def benchmark() -> Benchmark:
    """Append one entry, append a page of them, and look up a page of people."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    store = SqlStore(f"sqlite:///{folder.name}/privacy.db")
    plain = PlainLog(Path(folder.name, "plain.db"))
    atexit.register(plain.connection.close)
    atexit.register(store.close)
    subjects = Subjects(
        store.subjects,
        store.tombstones,
        index_key=IndexKey(token_bytes(32), "alarms"),
        tombstone_key=TombstoneKey(token_bytes(32), "alarms"),
    )
    numbers = [f"{100_000 + number}" for number in range(PAGE)]
    pairs = [("customer_number", number) for number in numbers]
    plain.keep([(number, ref.raw) for (_, number), ref in subjects.refs(pairs).items()])
    return Benchmark(
        [
            Case(
                "log one use, durable",
                lambda: store.log.append([ENTRY]),
                against=("sqlite3, plain insert", lambda: plain.append([ROW])),
                goal=3.0,
            ),
            Case(
                "log the uses of a page",
                lambda: store.log.append([ENTRY] * PAGE),
                against=("sqlite3, plain insert", lambda: plain.append([ROW] * PAGE)),
                goal=4.0,
                per=PAGE,
            ),
            Case(
                "look up the people of a page",
                lambda: subjects.known(pairs),
                against=("sqlite3, identifiers in the clear", lambda: plain.known(numbers)),
                goal=10.0,
                per=PAGE,
            ),
        ]
    )
