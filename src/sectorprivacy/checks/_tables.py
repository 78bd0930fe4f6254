"""Tables of a database, as the checks look at them: those that nobody declared, and columns no model reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._names import says_person, says_personal
from sectorprivacy.checks._rules import COLUMN_UNDECLARED, FIELD_UNMARKED_LIKELY, TABLE_UNDECLARED


@frozen(kw_only=True)
class Table:
    """A table, or what a store has in its place: a name and the names of its columns.

    Args:
        name: Its name, with its schema before a dot if it has one.
        columns: Names of its columns.
        model: Class of its rows, if there is one; a finding names the line where that is written.
    """

    name: str
    columns: Sequence[str] = field(converter=tuple[str, ...])
    model: type | None = None


def undeclared(tables: Iterable[Table], models: Iterable[type]) -> Iterator[Finding]:
    """Tables of none of the models, and columns that their model does not have, whose names say personal data."""
    declared = _declared(models)
    seen = {(table.name, tuple(sorted(table.columns))): table for table in tables}
    for table in seen.values():
        columns = declared.get(table.name)
        if columns is None:
            yield from _table(table)
        else:
            yield from _columns(table, columns)


def unmarked(models: Sequence[FieldMap]) -> Iterator[Finding]:
    """Fields that are marked as not personal though their names say otherwise; a token is called as its field is."""
    for marks in models:
        tokens = {field.token_name for field in marks.indexed}
        for path in sorted(marks.not_personal.keys() - tokens):
            meaning = says_personal(path.rpartition(".")[2])
            if meaning is not None:
                yield FIELD_UNMARKED_LIKELY.finding(
                    f"{marks.id}.{path}",
                    f"It is marked as not personal, and its name says {meaning}.",
                    "Mark it with Personal(...), or exempt it with the reason why it is none.",
                )


def _table(table: Table) -> Iterator[Finding]:
    if table.model is not None and "__personal__" in vars(table.model):
        yield TABLE_UNDECLARED.finding(
            f"table {table.name}",
            f"Its model {table.model.__qualname__} is declared, and is not among the models of the project.",
            "Add it to the models, or exempt it with the reason why nobody's rights reach it.",
        )
        return
    telling = [f"{column} ({meaning})" for column in table.columns if (meaning := says_person(column))]
    if telling:
        yield TABLE_UNDECLARED.finding(
            f"table {table.name}",
            f"No model of it is declared, and its columns say personal data: {', '.join(telling)}.",
            "Declare its model with @personal(id=...), or exempt it with the reason why it holds none.",
        )


def _columns(table: Table, declared: frozenset[str]) -> Iterator[Finding]:
    for column in table.columns:
        meaning = None if column in declared else says_person(column)
        if meaning is not None:
            yield COLUMN_UNDECLARED.finding(
                f"table {table.name}, column {column}",
                f"The declared model of the table does not have it, and its name says {meaning}.",
                "Add it to the model with its mark, or drop the column.",
            )


def _declared(models: Iterable[type]) -> Mapping[str, frozenset[str]]:
    """Columns by table of the declared models; third parties are known by what their classes carry."""
    found: dict[str, frozenset[str]] = {}
    for model in models:
        name, columns = _table_of(model)
        if name is not None:
            # Several models of one table, and tables of one name in several databases, are looked at as one.
            found[name] = found.get(name, frozenset()) | columns
    return found


def _table_of(model: Any) -> tuple[str | None, frozenset[str]]:
    mapped = getattr(model, "__table__", None)  # SQLAlchemy
    if mapped is not None:
        # A table may have more columns than this class reads: those of a narrower class of the same table.
        read = (column for each in model.__mapper__.column_attrs for column in each.columns)
        return str(mapped.fullname), frozenset(str(getattr(column, "name", None)) for column in read)
    meta = getattr(model, "_meta", None)  # Django
    if meta is not None and hasattr(meta, "db_table"):
        return str(meta.db_table), frozenset(str(each.column) for each in meta.concrete_fields)
    return None, frozenset()
