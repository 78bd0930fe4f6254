"""The contact centre as a service: hooks by hand over SQLite, and recordings as sealed files."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from io import BytesIO
from typing import Any

from alarm_company.contact_centre._records import Message, Recording
from alarm_company.register import policy
from alarm_company.site import Site
from alarm_company.world import World, record_call
from sectorprivacy.rights.service import Changes, FileFolder, Finding, Service, SqliteHooks, Who
from sectorprivacy.vocabulary import KeyPart

MODELS: list[type] = [Message, Recording]

TABLES = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, channel TEXT NOT NULL, email TEXT, telephone TEXT, customer TEXT,
    at TEXT NOT NULL, subject TEXT, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS recording (
    id INTEGER PRIMARY KEY, telephone TEXT NOT NULL, customer TEXT,
    at TEXT NOT NULL, seconds INTEGER NOT NULL, file TEXT NOT NULL
);
"""

Key = tuple[KeyPart, ...] | None


def build(site: Site) -> Service:
    """The service over the site's database and recordings."""
    site.files.mkdir(exist_ok=True)
    data = SqliteHooks(lambda: sqlite3.connect(site.database), files=FileFolder(site.files))
    data.find(find)
    data.select(Message)(messages)
    data.write(Message)(write_messages)
    data.select(Recording)(recordings)
    data.write(Recording)(write_recordings)
    return site.privacy(policy, MODELS).service("contact_centre", data=data, signer=site.signer("receipts"))


def find(db: sqlite3.Connection, who: Who) -> Finding:
    """Whoever wrote or called, by whatever they were known by then."""
    return Finding(held=bool(messages(db, who, None, 1) or recordings(db, who, None, 1)))


def messages(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> Sequence[Message]:
    """One page of messages."""
    rows = _page(db, "message", "id, channel, email, telephone, customer, at, subject, body", who, after, limit)
    return [
        Message(
            id=number,
            channel=channel,
            email=email,
            telephone=telephone,
            customer=customer,
            at=datetime.fromisoformat(at),
            subject=subject,
            body=body,
        )
        for number, channel, email, telephone, customer, at, subject, body in rows
    ]


def recordings(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> Sequence[Recording]:
    """One page of recordings."""
    rows = _page(db, "recording", "id, telephone, customer, at, seconds, file", who, after, limit)
    return [
        Recording(
            id=number,
            telephone=telephone,
            customer=customer,
            at=datetime.fromisoformat(at),
            seconds=seconds,
            file=file,
        )
        for number, telephone, customer, at, seconds, file in rows
    ]


def write_messages(db: sqlite3.Connection, changes: Changes) -> None:
    """A message is its writer's: it is removed or it stays."""
    _delete(db, "message", changes)


def write_recordings(db: sqlite3.Connection, changes: Changes) -> None:
    """The row of a recording; the library removes the file it named."""
    _delete(db, "recording", changes)


def _page(db: sqlite3.Connection, table: str, columns: str, who: Who, after: Key, limit: int) -> list[tuple[Any, ...]]:
    known = {"telephone": who.values("telephone"), "customer": who.values("customer_number")}
    if table == "message":
        known["email"] = who.values("email")
    whose = " OR ".join(f"{column} IN ({', '.join('?' * len(values))})" for column, values in known.items())
    (last,) = after or (-1,)
    return db.execute(
        f"SELECT {columns} FROM {table} WHERE ({whose}) AND id > ? ORDER BY id LIMIT ?",  # noqa: S608  (our own names)
        (*(value for values in known.values() for value in values), last, limit),
    ).fetchall()


def _delete(db: sqlite3.Connection, table: str, changes: Changes) -> None:
    marks = ", ".join("?" * len(changes.erase))
    db.execute(
        f"DELETE FROM {table} WHERE id IN ({marks})",  # noqa: S608  (our own names, and question marks)
        [key.parts[0] for key in changes.erase],
    )


def fill(site: Site, world: World) -> None:
    """Write what the contact centre knows of the world."""
    site.files.mkdir(exist_ok=True)
    privacy = site.privacy(policy, MODELS)
    privacy.enrol(
        ("customer_number", each.customer) if each.customer else ("telephone", each.telephone)
        for each in world.recordings
    )
    for each in world.recordings:
        recording = Recording(
            id=each.id,
            telephone=each.telephone,
            customer=each.customer,
            at=each.at,
            seconds=each.seconds,
            file=each.file,
        )
        with (site.files / each.file).open("xb") as target:
            privacy.seal_file(recording, "file", BytesIO(record_call(each.id, each.seconds)), target)
    with closing(sqlite3.connect(site.database)) as db, db:
        db.executescript(TABLES)
        db.executemany(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (m.id, m.channel, m.email, m.telephone, m.customer, m.at.isoformat(), m.subject, m.body)
                for m in world.messages
            ],
        )
        db.executemany(
            "INSERT INTO recording VALUES (?, ?, ?, ?, ?, ?)",
            [(r.id, r.telephone, r.customer, r.at.isoformat(), r.seconds, r.file) for r in world.recordings],
        )
