"""Every row of every SQLite database below a folder, and what became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

Key = tuple[Any, ...]
Row = dict[str, Any]
Tables = dict[str, dict[Key, Row]]
"""By table, as "crm/data.db/customer", its rows by primary key."""

Changes = dict[str, dict[Key, Row | None]]
"""By table and primary key: None for a row that is gone, else the columns that are others now."""


def read_tables(root: Path) -> Tables:
    """The rows as they are stored: values of SQLite, texts equal if and only if their bytes are."""
    return {
        f"{path.relative_to(root)}/{table}": rows
        for path in sorted(root.rglob("*.db"))
        for table, rows in _read(path).items()
    }


def keys_where(tables: Tables, table: str, **values: object) -> set[Key]:
    """Primary keys of the rows that have these values."""
    return {key for key, row in tables[table].items() if values.items() <= row.items()}


def changes(before: Tables, after: Tables) -> Changes:
    """What became of the rows that were there before; tables in which nothing happened to them are left out."""
    found: Changes = {}
    for table, rows in before.items():
        now = after.get(table, {})
        changed = {key: _change(row, now.get(key)) for key, row in rows.items() if now.get(key) != row}
        if changed:
            found[table] = changed
    return found


def added(before: Tables, after: Tables) -> Mapping[str, set[Key]]:
    """Primary keys that were not there before, by table; tables without any are left out."""
    new = {table: rows.keys() - before.get(table, {}).keys() for table, rows in after.items()}
    return {table: keys for table, keys in new.items() if keys}


def _change(row: Row, now: Row | None) -> Row | None:
    return None if now is None else {column: value for column, value in now.items() if value != row.get(column)}


def _read(path: Path) -> Tables:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: _rows(database, name) for name in names}


def _rows(database: sqlite3.Connection, table: str) -> dict[Key, Row]:
    columns = database.execute(f'PRAGMA table_info("{table}")').fetchall()
    key = [column["name"] for column in columns if column["pk"]] or [column["name"] for column in columns]
    rows = [dict(row) for row in database.execute(f'SELECT * FROM "{table}"')]
    return {tuple(row[name] for name in key): row for row in rows}
