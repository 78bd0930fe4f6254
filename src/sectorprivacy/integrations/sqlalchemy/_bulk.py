"""insert_sealed: many rows of a model with sealed columns, in a number of statements that does not grow with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from attrs import evolve
from sqlalchemy import insert
from sqlalchemy.orm import Mapper, Session

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import Sealed, SubjectKey, seal
from sectorprivacy.errors import InvalidDeclaration, ValueNotSealable
from sectorprivacy.integrations.sqlalchemy._column import sealed_columns
from sectorprivacy.integrations.sqlalchemy._pages import beside_the_loop, field_of, key_is_assigned
from sectorprivacy.integrations.sqlalchemy._tables import in_parts
from sectorprivacy.integrations.sqlalchemy._tokens import duplicate, index_of, standing, token_of, tokens_of
from sectorprivacy.purposes import Gate, current_gate
from sectorprivacy.vocabulary import SubjectRef

_Keys = Mapping[tuple[SubjectRef, str], SubjectKey]

_Elsewhere = dict[str, set[bytes]]
"""Attribute to the tokens that its new values would have under the other index keys."""


def insert_sealed(session: Session, model: type, rows: Iterable[Mapping[str, Any]]) -> None:
    """Seal and insert many rows at once, inside `with privacy:`.

    People are looked up, their keys made and the rows inserted in one statement each. With an AsyncSession:
    `await session.run_sync(insert_sealed, Customer, rows)`; the values are then sealed in a thread.

    Args:
        session: The session; the rows are in its transaction, and no objects are made of them.
        model: The mapped class.
        rows: Attribute to value. A sealed field takes the value itself, or one that `Sealed.of` holds. Where a row
            reaches its owner through a relationship, give the row that it leads to as well.

    Raises:
        InvalidDeclaration: A row names no owner, or an attribute that the model has not.
        PersonErased: An owner was erased here.
        ValueNotSealable: A value is outside what its field can hold, or is sealed already; nothing is inserted.
        IntegrityError: A unique value is there already, also under a token of an index key that is being rotated.
    """
    gate = current_gate()
    mapper = cast("Any", model).__mapper__
    given = [dict(row) for row in rows]
    if given:
        _refuse_unknown(mapper, given)
        elsewhere: _Elsewhere = {}
        sealed = beside_the_loop(lambda: list(_sealed(gate, mapper, gate.field_map(model), given, elsewhere)))
        _refuse_duplicates(session, mapper, gate.field_map(model), elsewhere)
        session.execute(insert(model), sealed)


def _refuse_unknown(mapper: Mapper[Any], rows: Sequence[dict[str, Any]]) -> None:
    """SQLAlchemy passes over a name that it does not know, and the value would be lost without a word."""
    unknown = sorted({name for row in rows for name in row}.difference(mapper.attrs.keys()))
    if unknown:
        raise InvalidDeclaration(
            where=mapper.class_.__name__,
            problem=f"it has no {', '.join(unknown)}",
            instead=f"Its attributes are {', '.join(sorted(mapper.attrs.keys()))}",
        )


def _sealed(
    gate: Gate, mapper: Mapper[Any], field_map: FieldMap, rows: Sequence[dict[str, Any]], elsewhere: _Elsewhere
) -> Iterator[dict[str, Any]]:
    names = list(sealed_columns(mapper))
    fields = [field_of(field_map, name) for name in names]
    nothing = dict.fromkeys(mapper.attrs.keys())
    if field_map.row_version is not None:
        rows = [{**row, field_map.row_version: 1} for row in rows]
    records = [SimpleNamespace(**(nothing | row)) for row in rows]
    owned = {gate.owners_named(record, field_map) for record in records}
    owners = gate.owners(records, field_map)
    several = [each for each in owned if len(each) > 1]
    known = gate.subjects.acquainted({pair for each in owned for pair in each}, several)
    page = evolve(gate, subjects=known)
    keys = _keys(gate, fields, rows, owners)
    for row, record, owner in zip(rows, records, owners, strict=True):
        columns = {name: value for name, value in row.items() if name not in mapper.relationships}
        yield columns | _cells(page, mapper, field_map, record, owner, keys, elsewhere)


def _refuse_duplicates(session: Session, mapper: Mapper[Any], field_map: FieldMap, elsewhere: _Elsewhere) -> None:
    for name, tokens in elsewhere.items():
        for part in in_parts(tokens):
            if session.execute(standing(mapper, name, part).limit(1)).first() is not None:
                raise duplicate(f"{field_map.id}.{field_of(field_map, name).id}")


def _keys(
    gate: Gate, fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], owners: Sequence[SubjectRef]
) -> _Keys:
    """The keys of everybody who has a value to seal, in one query for each class of keys."""
    wanted: dict[str, set[SubjectRef]] = {}
    for row, owner in zip(rows, owners, strict=True):
        for field in fields:
            if row.get(field.name) is not None:
                wanted.setdefault(field.retention_class, set()).add(owner)
    return {
        (owner, each): key
        for each, people in wanted.items()
        for owner, key in gate.keys.for_sealing_many(people, each).items()
    }


def _cells(
    gate: Gate,
    mapper: Mapper[Any],
    field_map: FieldMap,
    record: Any,
    owner: SubjectRef,
    keys: _Keys,
    elsewhere: _Elsewhere,
) -> dict[str, Any]:
    """The cells of one row, and their tokens; those that a unique value may stand with already go to `elsewhere`."""
    written: dict[str, Any] = {}
    for name in sealed_columns(mapper):
        value = _plain(field_map, name, getattr(record, name))
        field = field_of(field_map, name)
        index = index_of(mapper, field_map, field)
        place = gate.place(record, field, field_map, key_known=not key_is_assigned(mapper.class_))
        if value is not None:
            written[name] = Sealed.stored(place, seal(keys[owner, field.retention_class], place, value))
        if index is not None:
            tokens = () if value is None else tokens_of(gate.keys, place, index, value)
            written[token_of(name)] = tokens[0] if tokens else None
            if index.unique:
                elsewhere.setdefault(name, set()).update(tokens[1:])
    return written


def _plain(field_map: FieldMap, name: str, value: Any) -> Any:
    if not isinstance(value, Sealed):
        return value
    if value.is_stored:
        raise ValueNotSealable(
            path=f"{field_map.id}.{name}", codec="cell", reason="it is sealed already; open it and give the value"
        )
    return cast("Any", value).release()
