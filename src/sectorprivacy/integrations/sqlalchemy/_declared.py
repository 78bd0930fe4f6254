"""Tables for the checks: those beside the declared models, and those that a live database really has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Engine, Inspector, create_engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from sectorprivacy.checks import Table
from sectorprivacy.errors import DatabaseUnreachable
from sectorprivacy.integrations.sqlalchemy._cases import CASES
from sectorprivacy.integrations.sqlalchemy._keys import KEYS
from sectorprivacy.integrations.sqlalchemy._ledger import LEDGER
from sectorprivacy.integrations.sqlalchemy._models import JOURNAL
from sectorprivacy.integrations.sqlalchemy._tasks import TASKS
from sectorprivacy.integrations.sqlalchemy._waiting import WAITING

_OURS: Final = {
    name: frozenset(column.name for column in table.columns)
    for each in (CASES, JOURNAL, KEYS, LEDGER, TASKS, WAITING)
    for name, table in each.tables.items()
}


def mapped_tables(models: Iterable[type]) -> tuple[Table, ...]:
    """Every table beside the tables of these models: all that their metadata knows, declared or not.

    Args:
        models: Models; those that SQLAlchemy does not map are passed over.
    """
    mapped = [cast("Any", model) for model in models if hasattr(model, "__mapper__")]
    metadata = dict.fromkeys(model.metadata for model in mapped)
    rows = {
        mapper.local_table: mapper.class_
        for registry in dict.fromkeys(model.registry for model in mapped)
        for mapper in registry.mappers
    }
    return tuple(
        Table(name=table.fullname, columns=[column.name for column in table.columns], model=rows.get(table))
        for each in metadata
        for table in each.tables.values()
    )


def database_tables(url: str) -> tuple[Table, ...]:
    """Every table that a live database has, but for the library's own. Nothing is written and no row is read.

    Args:
        url: Of a database that SQLAlchemy has a driver for; a SQLite file must exist.

    Raises:
        DatabaseUnreachable: It cannot be opened.
    """
    try:
        engine = _engine(url)
        try:
            return tuple(_tables(inspect(engine)))
        finally:
            engine.dispose()
    except (ArgumentError, SQLAlchemyError, ImportError, ValueError):
        # The texts of drivers quote URLs, and those hold passwords; ValueError is a port that is no number.
        raise DatabaseUnreachable from None


def _engine(url: str) -> Engine:
    where = make_url(url)
    if where.get_backend_name() == "sqlite" and not (where.database and Path(where.database).is_file()):
        raise DatabaseUnreachable  # opening it would make an empty one
    return create_engine(where, hide_parameters=True)


def _tables(inspector: Inspector) -> Iterator[Table]:
    default = inspector.default_schema_name
    for schema in inspector.get_schema_names():
        if schema == "information_schema" or schema.startswith("pg_"):  # no other schema of Postgres may begin so
            continue
        for name in inspector.get_table_names(schema=schema):
            columns = [str(column["name"]) for column in inspector.get_columns(name, schema=schema)]
            if not _OURS.get(name, frozenset[str]()).issuperset(columns):  # others may have a table of that name
                yield Table(name=name if schema == default else f"{schema}.{name}", columns=columns)
