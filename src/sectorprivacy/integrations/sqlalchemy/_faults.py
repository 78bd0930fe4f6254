"""What would spoil a request in its midst: models whose rows cannot be told apart, read or erased one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from sqlalchemy import Column, Index, PrimaryKeyConstraint, UniqueConstraint

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.errors import DeclarationError, InvalidDeclaration
from sectorprivacy.integrations.sqlalchemy._reach import Reach
from sectorprivacy.vocabulary import Relation

_LEAVES_ALONE: Final = frozenset({None, "NO ACTION", "RESTRICT"})
"""What a foreign key may do when the row it points at is deleted."""


def faults(field_maps: Sequence[FieldMap]) -> Iterator[DeclarationError]:
    """Everything that is wrong with the models of a service; better said at the start than in a request."""
    models = frozenset(each.model for each in field_maps)
    for field_map in field_maps:
        if not hasattr(field_map.model, "__mapper__"):
            yield InvalidDeclaration(
                where=field_map.id, problem="it is no mapped class", instead="Give models of the protected base"
            )
            continue
        yield from _shared_key(field_map)
        yield from _other_tables(field_map, models)
        yield from _erased_with_others(field_map, models)
        yield from _never_cleared(field_map)
        yield from _leading_nowhere(field_map)


def path_of(field: Field) -> str:
    """What leads from a record to the identifier of a field."""
    return field.name if field.subject is None or field.subject.via is None else field.subject.via


def _shared_key(field_map: FieldMap) -> Iterator[InvalidDeclaration]:
    """Rows of one key are lost between two pages, and erased for one another."""
    table = _mapper(field_map).local_table
    key = {column.name for name in field_map.key for column in _columns(field_map, name)}
    constraints = (each for each in table.constraints if isinstance(each, PrimaryKeyConstraint | UniqueConstraint))
    whole = (each for each in table.indexes if each.unique and not _is_partial(each))
    if not any(each.columns and {column.name for column in each.columns} <= key for each in (*constraints, *whole)):
        yield InvalidDeclaration(
            where=field_map.id,
            problem=f"several rows may have the same key ({', '.join(field_map.key)})",
            instead="Name its primary key, or columns with a unique constraint",
        )


def _is_partial(index: Index) -> bool:
    return any(options.get("where") is not None for options in index.dialect_options.values())


def _other_tables(field_map: FieldMap, models: frozenset[type]) -> Iterator[InvalidDeclaration]:
    """A row that goes on in another table is half read and half erased; so is one of a class that says more."""
    mapper = _mapper(field_map)
    narrower_mappers = [each for each in mapper.self_and_descendants if not each.concrete]
    tables = dict.fromkeys(table.name for each in narrower_mappers for table in each.tables)
    if len(tables) > 1:
        yield InvalidDeclaration(
            where=field_map.id,
            problem=f"its rows lie in several tables: {', '.join(tables)}",
            instead="Give each table a model of its own, joined by a relationship",
        )
        return
    for narrower in narrower_mappers:
        unread = sorted(set(narrower.attrs.keys()) - set(mapper.attrs.keys()))
        if unread and narrower.class_ not in models:
            yield InvalidDeclaration(
                where=field_map.id,
                problem=f"rows of {narrower.class_.__name__} are its rows too, and {', '.join(unread)} is not read",
                instead="Declare that class too, and give it to the service",
            )


def _erased_with_others(field_map: FieldMap, models: frozenset[type]) -> Iterator[InvalidDeclaration]:
    """What the database deletes or unlinks by itself goes whatever was decided for it, and no receipt says so."""
    tables = {cast("Any", model).__mapper__.local_table for model in models if hasattr(model, "__mapper__")}
    for key in _mapper(field_map).local_table.foreign_keys:
        action = None if key.ondelete is None else key.ondelete.upper()
        if key.column.table in tables and action not in _LEAVES_ALONE:
            yield InvalidDeclaration(
                where=f"{field_map.id}, column {key.parent.name}",
                problem=f"ON DELETE {action} changes its rows with those of {key.column.table.name}, kept ones too",
                instead="Leave it out: what is erased is erased row by row, in an order that the keys allow",
            )


def _never_cleared(field_map: FieldMap) -> Iterator[InvalidDeclaration]:
    """What is about somebody who may leave a record behind is set to NULL then."""
    leaving = {role for role, relation in field_map.relations().items() if relation is not Relation.OWNER}
    for each in field_map.fields:
        if each.about not in leaving:
            continue
        columns = _columns(field_map, each.name)
        if not columns:
            yield InvalidDeclaration(
                where=f"{field_map.id}.{each.name}",
                problem="it is cleared when its person is erased, yet it is no column of its own",
                instead="Mark the column itself, or keep it in a table of its own",
            )
        elif not all(column.nullable for column in columns):
            yield InvalidDeclaration(
                where=f"{field_map.id}.{each.name}",
                problem="it is cleared when its person is erased, yet its column is NOT NULL",
                instead="Make the column nullable",
            )


def _leading_nowhere(field_map: FieldMap) -> Iterator[InvalidDeclaration]:
    searched = [(f"{field_map.id}.{each.name}", path_of(each)) for each in field_map.subjects]
    counted_from = [(f"{field_map.id}: anchor {event}", path) for event, path in field_map.anchors.items()]
    for where, path in (*searched, *counted_from):
        try:
            reach = Reach.along(field_map.model, path, where=where)
        except InvalidDeclaration as error:
            yield error
            continue
        if (where, path) in searched and not reach.outlasts:
            yield InvalidDeclaration(
                where=where,
                problem=f"rows on the way of {path!r} may be erased before those that are found through them",
                instead="Lead it along foreign keys to other tables, or keep the identifier in the row itself",
            )


def _columns(field_map: FieldMap, name: str) -> list[Column[Any]]:
    found = _mapper(field_map).column_attrs.get(name)
    return [] if found is None else [each for each in found.columns if isinstance(each, Column)]


def _mapper(field_map: FieldMap) -> Any:
    return cast("Any", field_map.model).__mapper__
