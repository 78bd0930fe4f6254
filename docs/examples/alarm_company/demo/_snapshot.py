"""Every row and file of the services, as digests: what an erasure changed, and that nobody else lost anything."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from attrs import frozen

OWN_TABLES = ("sectorprivacy_",)
"""Prefix of the library's own tables beside the data."""

Place = tuple[str, str, str]
"""Service, table (or "files"), key of the row (or name of the file)."""


@frozen
class Difference:
    """What became of the rows and files between two snapshots."""

    removed: frozenset[Place]
    changed: frozenset[Place]
    added: frozenset[Place]


def snapshot(root: Path) -> Mapping[Place, bytes]:
    """A digest of every row of every data database, and of every file, below the folder of the company."""
    return dict(entry for site in sorted(root.iterdir()) if site.is_dir() for entry in _site(site))


def difference(before: Mapping[Place, bytes], after: Mapping[Place, bytes]) -> Difference:
    """Rows and files removed, changed and added."""
    return Difference(
        removed=frozenset(before.keys() - after.keys()),
        changed=frozenset(place for place in before.keys() & after.keys() if before[place] != after[place]),
        added=frozenset(after.keys() - before.keys()),
    )


def _site(site: Path) -> Iterator[tuple[Place, bytes]]:
    with closing(sqlite3.connect(f"file:{site / 'data.db'}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in sorted(tables):
            if not table.startswith(OWN_TABLES):
                for row in db.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  (a name from the schema)
                    yield (site.name, table, str(row[0])), hashlib.sha256(repr(row).encode()).digest()
    for file in sorted((site / "files").glob("*")):
        yield (site.name, "files", file.name), hashlib.sha256(file.read_bytes()).digest()
