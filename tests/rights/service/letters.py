"""A small service by hand over SQLite: letters somebody wrote, calls they made as sealed files, and visits to homes.

Kari wrote, called, and owned home H1 until she moved; Ola bought it. Ola has Kari's old place on the panel.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy, Store
from sectorprivacy.encryption import KeyProvider, LocalKeyring
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.rights.service import Changes, FileFolder, Finding, Service, SqliteHooks, Who
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Basis, Identifier, KeyPart, Period, Relation, Source
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

NOW = datetime(2026, 5, 20, 22, 30, tzinfo=UTC)
MOVED = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC)

KARI = Identifier(kind="customer_number", value="100001")
KARI_MAIL = Identifier(kind="email", value="kari@example.no")
KARI_PHONE = Identifier(kind="telephone", value="41000001")
KARI_HOME = Identifier(kind="installation", value="H1", period=Period(end=MOVED))
KARI_SLOT = Identifier(kind="user_slot", value="H1/1", role="alarm_user", period=Period(end=MOVED))
OLA = Identifier(kind="customer_number", value="100002")
OLA_HOME = Identifier(kind="installation", value="H1", period=Period(start=MOVED))
OLA_SLOT = Identifier(kind="user_slot", value="H1/1", role="alarm_user", period=Period(start=MOVED))

Key = tuple[KeyPart, ...] | None

answering = Activity(
    "answer-requests",
    purpose=P.COMMUNICATION,
    basis={"customer": Basis.LEGITIMATE_INTEREST, "enquirer": Basis.LEGITIMATE_INTEREST},
    interest="answering what people ask",
    uses=[C.COMMUNICATION],
    keep=Keep(after="answered", years=1),
)
bookkeeping = Activity(
    "bookkeeping",
    purpose=P.LEGAL_COMPLIANCE,
    basis={"customer": Basis.LEGAL_OBLIGATION},
    law="Bookkeeping Act s. 13",
    uses=[C.TRANSACTION],
    keep=Keep(after="invoiced", years=5, end_of_year=True),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [answering, bookkeeping])


@personal(id="letters.letter")
@dataclass(frozen=True, kw_only=True)
class Letter:
    id: Annotated[int, NotPersonal("row key")]
    email: Annotated[str | None, SubjectId("email", role="enquirer")]
    customer: Annotated[str | None, SubjectId("customer_number", role="customer")]
    body: Annotated[str, Personal(C.COMMUNICATION)]


@personal(id="letters.call")
@dataclass(frozen=True, kw_only=True)
class Call:
    id: Annotated[int, NotPersonal("row key")]
    telephone: Annotated[str, SubjectId("telephone", role="enquirer")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    file: Annotated[str, Personal(C.RECORDING, attachment="audio/wav", sealed_file=True)]


@personal(id="letters.visit", when="at")
@dataclass(frozen=True, kw_only=True)
class Visit:
    id: Annotated[int, NotPersonal("row key")]
    home: Annotated[str, SubjectId("installation", role="customer")]
    slot: Annotated[str | None, SubjectId("user_slot", role="alarm_user", relation=Relation.APPEARS)]
    at: Annotated[datetime, Personal(C.EVENT, shown_to=("customer", "alarm_user"), source=Source.OBSERVED)]
    note: Annotated[str, Personal(C.EVENT, source=Source.GENERATED)]


TABLES = """
CREATE TABLE letter (id INTEGER PRIMARY KEY, email TEXT, customer TEXT, body TEXT NOT NULL);
CREATE TABLE call (id INTEGER PRIMARY KEY, telephone TEXT NOT NULL, customer TEXT NOT NULL, file TEXT NOT NULL);
CREATE TABLE visit (id INTEGER PRIMARY KEY, home TEXT NOT NULL, slot TEXT, at TEXT NOT NULL, note TEXT NOT NULL);
"""

LETTERS = [
    (1, "kari@example.no", None, "my alarm beeps"),
    (2, "ola@example.no", "100002", "mine does not"),
    (3, None, "100001", "it beeps again"),
    (4, "kari@example.no", "100001", "silence at last"),
]
CALLS = {1: ("41000001", "100001", b"Kari speaks" * 20_000), 2: ("41000002", "100002", b"Ola speaks" * 30)}
VISITS = [
    (1, "H1", "H1/1", BEFORE, "Kari let us in"),
    (2, "H1", "H1/1", AFTER, "Ola let us in"),
    (3, "H1", "H1/2", BEFORE, "the housemate let us in"),
    (4, "H2", None, BEFORE, "nobody was home"),
]


class Letters:
    """The service with everything it holds below one folder; `statements` lists what its connections executed."""

    def __init__(
        self, folder: Path, *, store: Store | None = None, keys: KeyProvider | None = None, signer: Signer | None = None
    ) -> None:
        self.database = folder / "letters.db"
        self.files = folder / "calls"
        self.signer = signer or Signer.generate()
        self.statements: list[str] = []
        self.data = SqliteHooks(self.connect, files=FileFolder(self.files))
        self.privacy = Privacy(
            policy,
            models=[Letter, Call, Visit],
            keys=keys or LocalKeyring.in_memory(),
            store=store or MemoryStore(),
            now=lambda: NOW,
        )

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.database)
        connection.set_trace_callback(self.statements.append)
        return connection

    def fill(self) -> None:
        with closing(sqlite3.connect(self.database)) as db, db:
            db.executescript(TABLES)
            db.executemany("INSERT INTO letter VALUES (?, ?, ?, ?)", LETTERS)
            db.executemany(
                "INSERT INTO visit VALUES (?, ?, ?, ?, ?)", [(*v[:3], v[3].isoformat(), v[4]) for v in VISITS]
            )
            for number, (telephone, customer, sound) in CALLS.items():
                call = Call(id=number, telephone=telephone, customer=customer, file=f"{number}.sealed")
                db.execute("INSERT INTO call VALUES (?, ?, ?, ?)", (number, telephone, customer, call.file))
                with (self.files / call.file).open("xb") as target:
                    self.privacy.seal_file(call, "file", BytesIO(sound), target)

    def service(self) -> Service:
        self.data.find(find)
        self.data.select(Letter)(letters)
        self.data.select(Call)(calls)
        self.data.select(Visit)(visits)
        self.data.write(Letter)(deleting("letter"))
        self.data.write(Call)(deleting("call"))
        self.data.write(Visit)(write_visits)
        return self.privacy.service("letters", data=self.data, signer=self.signer)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as db:
            return db.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def opened(folder: Path) -> Letters:
    """The service over a filled database in a folder."""
    (folder / "calls").mkdir()
    letters = Letters(folder)
    letters.fill()
    return letters


def find(db: sqlite3.Connection, who: Who) -> Finding:
    return Finding(held=any(select(db, who, None, 1) for select in (letters, calls, visits)))


def letters(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> Sequence[Letter]:
    known = {"email": who.values("email"), "customer": who.values("customer_number")}
    return [
        Letter(id=number, email=email, customer=customer, body=body)
        for number, email, customer, body in _page(db, "id, email, customer, body FROM letter", known, after, limit)
    ]


def calls(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> Sequence[Call]:
    known = {"telephone": who.values("telephone"), "customer": who.values("customer_number")}
    return [
        Call(id=number, telephone=telephone, customer=customer, file=file)
        for number, telephone, customer, file in _page(
            db, "id, telephone, customer, file FROM call", known, after, limit
        )
    ]


def _page(
    db: sqlite3.Connection, table: str, known: Mapping[str, Sequence[str]], after: Key, limit: int
) -> list[tuple[Any, ...]]:
    whose = " OR ".join(f"{column} IN ({_marks(values)})" for column, values in known.items())
    values = [value for each in known.values() for value in each]
    (last,) = after or (-1,)
    return db.execute(
        f"SELECT {table} WHERE ({whose}) AND id > ? ORDER BY id LIMIT ?", (*values, last, limit)
    ).fetchall()


def visits(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> Sequence[Visit]:
    (last,) = after or (-1,)
    whose = ["0"]
    values: list[Any] = []
    for each in who.identifiers:
        column = {"installation": "home", "user_slot": "slot"}.get(each.kind)
        if column is not None:
            start, end = each.period.start, each.period.end
            whose.append(f"({column} = ? AND at >= ? AND at < ?)")
            values += [each.value, start.isoformat() if start else "", end.isoformat() if end else "9"]
    rows = db.execute(
        f"SELECT id, home, slot, at, note FROM visit WHERE ({' OR '.join(whose)}) AND id > ? ORDER BY id LIMIT ?",
        (*values, last, limit),
    )
    return [
        Visit(id=number, home=home, slot=slot, at=datetime.fromisoformat(at), note=note)
        for number, home, slot, at, note in rows
    ]


def deleting(table: str) -> Callable[[sqlite3.Connection, Changes], None]:
    def write(db: sqlite3.Connection, changes: Changes) -> None:
        keys = [key.parts[0] for key in changes.erase]
        db.execute(f"DELETE FROM {table} WHERE id IN ({_marks(keys)})", keys)

    return write


def write_visits(db: sqlite3.Connection, changes: Changes) -> None:
    deleting("visit")(db, changes)
    for names, keys in changes.clear.items():
        cleared = ", ".join(f"{name} = NULL" for name in names)
        db.execute(f"UPDATE visit SET {cleared} WHERE id IN ({_marks(keys)})", [key.parts[0] for key in keys])


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
