"""Statements that write many rows at once: what no row seals, and what belongs to another row, is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import BindParameter, Column, Null
from sqlalchemy.orm import Mapper, ORMExecuteState

from sectorprivacy.annotations import FieldMap
from sectorprivacy.encryption import Place, Sealed
from sectorprivacy.errors import ValueNotSealable
from sectorprivacy.integrations.sqlalchemy._column import sealed_columns
from sectorprivacy.integrations.sqlalchemy._faults import path_of
from sectorprivacy.integrations.sqlalchemy._pages import beside_the_loop, field_of, marks_of, record_of
from sectorprivacy.integrations.sqlalchemy._tokens import token_of
from sectorprivacy.purposes import current_gate, owner_fields

_Values = Mapping[str, Any]


def refuse_what_no_row_seals(state: ORMExecuteState) -> None:
    """Look at an INSERT or UPDATE of a model with sealed columns, before it is executed.

    Raises:
        ValueNotSealable: It writes what was not sealed for its rows, or moves rows away from their cells.
    """
    mapper = state.bind_mapper
    if mapper is None or not (state.is_insert or state.is_update) or not sealed_columns(mapper):
        return
    rows = list(_written(state, mapper))
    if state.is_insert:
        _check_insert(state, mapper, rows)
    else:
        for each in rows:
            _check_update(mapper, each, by_key=state.parameters is not None)
        _clear_tokens(state, mapper, rows)


def _check_update(mapper: Mapper[Any], values: _Values, *, by_key: bool) -> None:
    field_map = marks_of(mapper.class_)
    for name in sealed_columns(mapper).keys() & values.keys():
        if values[name] is not None:
            raise _refused(field_map, name, "a statement knows no row to seal it for; set it on the object")
    key = {mapper.get_property_by_column(column).key for column in mapper.primary_key}
    version = () if field_map.row_version is None else (field_map.row_version,)
    for name in {*(() if by_key else key), *_deciding(mapper, field_map), *version} & values.keys():
        if values[name] is not None:
            raise _refused(field_map, name, "its rows would be moved away from their cells; set it on the object")


def _check_insert(state: ORMExecuteState, mapper: Mapper[Any], rows: Sequence[_Values]) -> None:
    field_map = marks_of(mapper.class_)
    copied = cast("Any", state.statement)._select_names or ()  # noqa: SLF001  # nothing public tells them
    for name in sealed_columns(mapper).keys() & set(copied):
        raise _refused(field_map, name, "a cell cannot be copied to another row; open it and give Sealed.of(value)")
    stored = [
        (row, name, place)
        for row in rows
        for name in sealed_columns(mapper).keys() & row.keys()
        if (place := _place(row[name])) is not None
    ]
    if stored:
        owners = _owners(field_map, [row for row, _, _ in stored])
        for row, name, place in stored:
            _check_cell(mapper, field_map, row, name, place, owners)


def _check_cell(
    mapper: Mapper[Any], field_map: FieldMap, row: _Values, name: str, place: Place, owners: Mapping[Any, Any]
) -> None:
    field = field_of(field_map, name)
    pair = _pair(field_map, row)
    its_own = (place.model, place.field) == (field_map.id, field.id)
    record = record_of(mapper.class_, field_map, row)
    if not its_own or place.record != record or (pair is not None and owners.get(pair) != place.subject):
        raise _refused(field_map, name, "it is sealed for another place; seal it for its row")
    if field.index is not None and row.get(token_of(name)) is None:
        raise _refused(field_map, name, f"{token_of(name)} is missing; give it too, or use insert_sealed")


def _clear_tokens(state: ORMExecuteState, mapper: Mapper[Any], rows: Sequence[_Values]) -> None:
    """A token says what the value was: it goes with its field, also where a statement clears that."""
    cleared = {token_of(name) for values in rows for name in values if mapper.has_property(token_of(name))}
    if cleared and state.parameters is None:
        state.statement = cast("Any", state.statement).values(dict.fromkeys(cleared))


def _written(state: ORMExecuteState, mapper: Mapper[Any]) -> Iterator[_Values]:
    """What the statement writes, by attribute: one mapping, or one for each row."""
    statement = cast("Any", state.statement)
    for values in (statement._values, *(each for many in statement._multi_values for each in many)):  # noqa: SLF001  # no public way
        if values:
            yield {_attribute(mapper, column): _plain(value) for column, value in values.items()}
    parameters = state.parameters or ()
    yield from [parameters] if isinstance(parameters, Mapping) else parameters


def _attribute(mapper: Mapper[Any], column: Column[Any] | str) -> str:
    return column if isinstance(column, str) else mapper.get_property_by_column(column).key


def _plain(value: Any) -> Any:
    if isinstance(value, Null):
        return None
    return cast("Any", value).value if isinstance(value, BindParameter) else value


def _place(value: Any) -> Place | None:
    return value.place if isinstance(value, Sealed) else None


def _owners(field_map: FieldMap, rows: Sequence[_Values]) -> Mapping[Any, Any]:
    pairs = {pair for row in rows if (pair := _pair(field_map, row)) is not None}
    gate = current_gate()
    return beside_the_loop(lambda: gate.subjects.known(pairs))


def _pair(field_map: FieldMap, row: _Values) -> tuple[str, str] | None:
    """Whose the row is, as far as it says so itself; the rest is known when the cell is opened."""
    for each in owner_fields(field_map):
        if "." in path_of(each):
            return None
        if each.subject is not None and (value := row.get(each.name)) is not None:
            return each.subject.kind, str(value)
    return None


def _deciding(mapper: Mapper[Any], field_map: FieldMap) -> Iterator[str]:
    """The columns that say whose keys seal a row: the first that is never empty decides."""
    for each in owner_fields(field_map):
        column = mapper.column_attrs.get(path_of(each).partition(".")[0])
        if column is None:
            return
        yield column.key
        if not column.columns[0].nullable:
            return


def _refused(field_map: FieldMap, name: str, reason: str) -> ValueNotSealable:
    return ValueNotSealable(path=f"{field_map.id}.{name}", codec="cell", reason=reason)
