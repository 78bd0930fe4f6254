"""Locks on people: a key that is being made for somebody is seen by whoever erases or disables that person's keys."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from zlib import crc32

from sqlalchemy import Connection, text

from sectorprivacy.vocabulary import SubjectRef

PEOPLE_LOCK: Final = 0x5350_0002
"""First number of the Postgres locks on people; the second says on which part of them."""

PARTS: Final = 64
"""Into how many parts people are divided: a lock for each person would overflow Postgres' table of locks."""

_LOCK: Final = "SELECT {lock}(:people, part) FROM unnest(CAST(:parts AS int[])) AS part"
_ALONE: Final = text(_LOCK.format(lock="pg_advisory_xact_lock"))
_SHARED: Final = text(_LOCK.format(lock="pg_advisory_xact_lock_shared"))


def lock_people(connection: Connection, people: Collection[SubjectRef], *, shared: bool = False) -> None:
    """Lock people until the end of the transaction; what was under way for them is committed and seen then.

    A row that another transaction has inserted and not committed can be neither seen nor locked, so whoever changes all
    keys of a person would miss it. On SQLite writers take turns anyway.

    Args:
        connection: A connection that has written nothing yet, so that nobody waits crosswise.
        people: The people.
        shared: Whether others may hold the lock too, who also ask for a shared one.
    """
    if connection.dialect.name != "postgresql" or not people:
        return
    parts = sorted({crc32(each.raw) % PARTS for each in people})
    connection.execute(_SHARED if shared else _ALONE, {"people": PEOPLE_LOCK, "parts": parts})
