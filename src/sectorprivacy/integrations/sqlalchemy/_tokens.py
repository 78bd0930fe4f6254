"""Blind indexes: a sealed field that has one gets a column of tokens beside it, which `find_by` searches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any, Final, cast, get_args, get_origin

from sqlalchemy import Column, LargeBinary, Select, Table, UniqueConstraint, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Mapper, Session, TypeResolve

from sectorprivacy.annotations import Field, FieldMap, NotPersonal, Personal
from sectorprivacy.encryption import BlindIndex, Keys, Place, Sealed
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, KeyUnavailable, NotIndexed, ValueNotSealable
from sectorprivacy.integrations.sqlalchemy._column import SealedText, sealed_columns, undeferred
from sectorprivacy.integrations.sqlalchemy._faults import path_of
from sectorprivacy.integrations.sqlalchemy._pages import (
    beside_the_loop,
    class_of,
    field_of,
    page_of,
    place_of,
)
from sectorprivacy.integrations.sqlalchemy._reach import Reach
from sectorprivacy.purposes import Gate, current_gate, owner_fields, sealed_place

_SUFFIX: Final = "_token"


def token_of(name: str) -> str:
    """Name of the attribute that holds the tokens of a sealed attribute."""
    return name + _SUFFIX


def type_of(resolve: TypeResolve) -> SealedText | None:
    """The column type of an annotation, if it is `Sealed[...]`; the mark beside it says how it is searched."""
    sealed: Any = resolve.resolved_type
    if (get_origin(sealed) or sealed) is not Sealed:
        return None
    marks = get_args(resolve.raw_pep_593_type)[1:]
    return SealedText(next((each.index for each in marks if isinstance(each, Personal)), None))


def add_token_columns(mapper: Mapper[Any], model: type) -> None:
    """Put the columns of tokens beside those of cells, before anybody creates or compares the tables."""
    table = cast("object", mapper.local_table)
    if not isinstance(table, Table):
        return
    columns: list[Column[Any]] = list(cast("Any", table).columns)
    for column in columns:
        index = column.type.index if isinstance(column.type, SealedText) else None
        if index is None or not mapper.columns.contains_column(column):
            continue
        name = token_of(mapper.get_property_by_column(column).key)
        if not mapper.has_property(name):
            mapper.add_property(name, _token_column(cast("Any", table), token_of(column.name), index))
            reason = f"tokens of {name.removesuffix(_SUFFIX)}: part of that field, and cleared with it"
            model.__annotations__[name] = Mapped[Annotated[bytes | None, NotPersonal(reason)]]


def _token_column(table: Table, name: str, index: BlindIndex) -> Column[bytes]:
    tokens = Column[bytes](name, LargeBinary(index.size), index=not index.unique)
    table.append_column(tokens)
    if index.unique:
        # By a name of its own: no migration can drop a constraint that has none.
        table.append_constraint(UniqueConstraint(tokens, name=f"uq_{table.name}_{name}"))
    return tokens


def index_of(mapper: Mapper[Any], field_map: FieldMap, field: Field) -> BlindIndex | None:
    """The blind index of a field.

    Raises:
        InvalidDeclaration: Its mark was given from outside the class, and its column does not know of it.
    """
    column = sealed_columns(mapper)[field.name]
    if field.index != column.index:
        raise InvalidDeclaration(
            where=f"{field_map.id}.{field.id}",
            problem="its mark has an index that its column does not have",
            instead="Write the mark in the annotation, or declare the column as mapped_column(SealedText(index))",
        )
    return field.index


def tokens_of(keys: Keys, place: Place, index: BlindIndex, value: Any) -> tuple[bytes, ...]:
    """The token that a value is written with, then those it may stand with while the index key is rotated.

    Raises:
        ValueNotSealable: The normaliser refuses the value.
    """
    return index.tokens(keys.index_keys(), place.model, place.field, place.codec, value)


def standing(mapper: Mapper[Any], name: str, tokens: Collection[bytes]) -> Select[bytes]:
    """Which of these tokens stand in the column beside a sealed attribute."""
    column = cast("Column[bytes]", mapper.column_attrs[token_of(name)].columns[0])
    return select(column).where(column.in_(tokens))


def duplicate(path: str) -> IntegrityError:
    """What the unique constraint would say if both rows had their tokens under one index key."""
    why = ValueNotSealable(path=path, codec="token", reason="another row has the value, and its index is unique")
    return IntegrityError(None, None, why, hide_parameters=True)


def find_by(session: Session, column: Any, value: Any) -> Sequence[Any]:
    """The rows whose sealed field has a value, inside `with privacy:`.

    Rows are looked up by token, and compared after opening, since many values share one. No purpose is needed, and
    nothing is logged: whoever asks knows the value, and learns of nobody else's. With an AsyncSession:
    `await session.run_sync(find_by, Customer.email, value)`.

    Args:
        session: The session.
        column: The sealed field, `Customer.email`.
        value: The value, in the type that the field holds.

    Returns:
        The rows; one whose key was destroyed or is in quarantine is not found.

    Raises:
        NotIndexed: The field has no blind index.
        ValueNotSealable: The value is none that the field's normaliser takes.
        KeyUnavailable: The key service cannot be reached.
    """
    gate, mapper = current_gate(), column.parent.mapper
    field_map = gate.field_map(mapper.class_)
    field = field_of(field_map, column.key)
    index = index_of(mapper, field_map, field) if field.codec is not None else None
    if index is None or field.codec is None:
        raise NotIndexed(path=f"{field_map.id}.{field.id}")
    codec = field.codec
    keys = beside_the_loop(gate.keys.index_keys)
    tokens = index.tokens(keys, field_map.id, field.id, codec, value)
    model = mapper.class_
    found = select(model).where(getattr(model, token_of(column.key)).in_(tokens))
    paths = [path for each in owner_fields(field_map) if "." in (path := path_of(each))]
    found = found.options(*undeferred(model), *(Reach.along(model, path).loaded for path in paths))
    rows = session.scalars(found).all()
    opened = beside_the_loop(lambda: _opened(gate, session, rows, field)) if rows else []
    return [row for row, held in zip(rows, opened, strict=True) if held is not None and index.same(codec, held, value)]


def _opened(gate: Gate, session: Session, rows: Sequence[Any], field: Field) -> list[Any]:
    """The values of the field in these rows; None for one that does not open: it is not what was looked for."""
    page = page_of(session, gate, class_of(rows[0]))
    page.know(rows)
    stored = [stored_in(page.gate, row, field) for row in rows]
    gate.keys.load(each.cell for each in stored if each is not None and each.is_stored)
    return [None if each is None else _value(gate, each) for each in stored]


def stored_in(gate: Gate, row: Any, field: Field) -> Sealed[Any] | None:
    """What stands in a sealed field of a row, or is held there until the next flush."""
    value = inspect(row).dict.get(field.name)
    return Sealed.stored(place_of(gate, row, field), value) if isinstance(value, str) else value


def _value(gate: Gate, sealed: Sealed[Any]) -> Any:
    place = sealed.place
    if place is None:
        return sealed.release()
    try:
        return gate.keys.open(sealed_place(gate, place, sealed.cell), sealed.cell)
    except KeyUnavailable:
        gate.keys.load([sealed.cell])  # raises it where the key service cannot be reached; else the key is disabled
        return None
    except DecryptionError:
        return None
