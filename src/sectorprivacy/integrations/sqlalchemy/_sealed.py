"""Sealed columns: text in the row, `Sealed` in the attribute, sealed for the row's person and record when flushed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast, overload

from sqlalchemy import Dialect, Text, TypeDecorator, event, inspect
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Mapper, QueryableAttribute

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import Sealed, seal
from sectorprivacy.errors import OwnerNotLoaded, ValueNotSealable
from sectorprivacy.purposes import Gate, current_gate


class SealedText(TypeDecorator[Any]):
    """Column type of sealed values; it lets nothing else through, whatever path leads to it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """The cell as text. Raises: ValueNotSealable for whatever was not sealed for a row."""
        if value is None:
            return None
        if isinstance(value, Sealed) and value.is_stored:
            return str(cast("Any", value).text)
        raise ValueNotSealable(
            path="column",
            codec="cell",
            reason="it was not sealed for its row; bulk statements need privacy.row(Model, subject, record)",
        )


class SealedAttribute:
    """What stands on the class in the place of a sealed column: makes `Sealed` of the stored text on access alone."""

    def __init__(self, column: QueryableAttribute[Any]) -> None:
        self._column = column

    @overload
    def __get__(self, instance: None, owner: type) -> QueryableAttribute[Any]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Sealed[Any] | None: ...
    def __get__(self, instance: object | None, owner: type) -> Any:
        value = self._column.__get__(instance, owner)
        if instance is None or not isinstance(value, str):
            return value
        gate = current_gate()
        place = place_of(gate, instance, _field(gate, instance, self._column.key))
        return cast("Any", Sealed.stored(place, value))

    def __set__(self, instance: object, value: Any) -> None:
        if value is not None and not isinstance(value, Sealed):
            raise ValueNotSealable(
                path=f"{type(instance).__name__}.{self._column.key}",
                codec="Sealed",
                reason="it is in the clear; give Sealed.of(value)",
            )
        self._column.__set__(instance, cast("Any", value))

    def __delete__(self, instance: object) -> None:
        self._column.__delete__(instance)


_SORTS: Final[tuple[Any, ...]] = (
    Sealed[str],
    Sealed[bytes],
    Sealed[int],
    Sealed[Decimal],
    Sealed[date],
    Sealed[datetime],
    Sealed[bool],
    Sealed[dict[str, Any]],
    Sealed[list[Any]],
)


def protect(base: type[DeclarativeBase]) -> None:
    """Prepare an ORM base for sealed fields, before its models are declared.

    `Mapped[Annotated[Sealed[str], Personal(...)]]` becomes a text column. Loading a row does no cryptography; the
    attribute gives a `Sealed` that opens inside a purpose; a flush seals what `Sealed.of` holds, inside
    `with privacy:`.
    """
    base.registry.update_type_annotation_map(dict.fromkeys(_SORTS, SealedText()))
    event.listen(base, "attribute_instrument", _wrap, propagate=True)
    event.listen(base, "before_insert", _seal, propagate=True)
    event.listen(base, "before_update", _seal, propagate=True)


def place_of(gate: Gate, instance: Any, field: Field) -> Any:
    """Where a sealed column of this row lives; rows whose key the database assigns are bound to the person alone."""
    return gate.place(instance, field, key_known=not _key_is_assigned(type(instance)))


def _wrap(owner: type, key: str, column: QueryableAttribute[Any]) -> None:
    if any(isinstance(each.type, SealedText) for each in getattr(column.property, "columns", ())):
        # Past the metaclass, which would take it for a new column.
        type.__setattr__(owner, key, SealedAttribute(column))


def _seal(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    for name in _sealed_names(mapper):
        value = target.__dict__.get(name)
        if not isinstance(value, Sealed):
            continue
        gate = current_gate()
        _refuse_unloaded(gate.field_map(mapper.class_), target)
        owner = gate.owner(target)
        field = _field(gate, target, name)
        place = place_of(gate, target, field)
        if not value.is_stored:
            key = gate.keys.for_sealing(owner, field.retention_class)
            setattr(target, name, Sealed.stored(place, seal(key, place, value.release())))
        elif value.place != place:
            raise ValueNotSealable(
                path=place.path, codec="cell", reason="it is sealed for another place; open it and hold it anew"
            )


def _refuse_unloaded(field_map: FieldMap, target: Any) -> None:
    """Whose keys seal a row's values must be known: a query for each row in a flush would go unnoticed."""
    for each in field_map.owners:
        via = None if each.subject is None else each.subject.via
        if via is not None and not _is_loaded(target, via):
            raise OwnerNotLoaded(path=f"{field_map.id}.{each.id}", via=via)


def _is_loaded(row: Any, path: str) -> bool:
    for step in path.split("."):
        if row is None:
            return True
        loaded = inspect(row).dict
        if step not in loaded:
            return False
        row = loaded[step]
    return True


def _sealed_names(mapper: Mapper[Any]) -> Iterator[str]:
    for each in mapper.column_attrs:
        if any(isinstance(column.type, SealedText) for column in each.columns):
            yield each.key


def _field(gate: Gate, instance: object, name: str) -> Field:
    return next(each for each in gate.field_map(type(instance)).fields if each.name == name)


def _key_is_assigned(model: Any) -> bool:
    return model.__mapper__.local_table.autoincrement_column is not None
