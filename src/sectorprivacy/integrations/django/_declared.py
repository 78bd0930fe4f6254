"""What is declared of a sealed field: the model whose column it is, its marks, and where its values live."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import NOT_PROVIDED, AutoField, Model
from django.db.models.fields import AutoFieldMixin

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import Place
from sectorprivacy.errors import InvalidDeclaration, NotDeclared
from sectorprivacy.purposes import Gate


def meta(model: Any) -> Any:
    """What Django knows of a model: its columns, its managers, its name."""
    return model._meta  # noqa: SLF001  # documented, and the only way there


def values_of(row: object) -> dict[str, Any]:
    """What an instance holds, past its attributes: the text of a column, not the `Sealed` made of it."""
    return vars(row)


@cache
def sealed_columns(model: type[Model]) -> tuple[Any, ...]:
    """The sealed fields of a model, those of its parents included."""
    return tuple(field for field in meta(model).concrete_fields if getattr(field, "is_sealed", False))


def token_name(name: str) -> str:
    """Name of the column with the search tokens of a sealed field; `Field.token_name` says the same."""
    return f"{name}_token"


def token_column(field: Any) -> str | None:
    """Name of the column with the search tokens of a sealed field, if its table has one."""
    name = token_name(field.name)
    try:
        found = meta(field.model).get_field(name)
    except FieldDoesNotExist:
        return None
    return name if getattr(found, "is_token", False) else None


def field_map_of(gate: Gate, model: type[Model]) -> FieldMap:
    """The marks of a model. A migration has a model of its own; the one of the same name says what is declared.

    Raises:
        NotDeclared: It is not declared, or this Privacy was not given it.
    """
    if model not in gate.models:
        label = meta(model).label
        model = next((each for each in gate.models if hasattr(each, "_meta") and meta(each).label == label), model)
    return gate.field_map(model)


def declared(gate: Gate, field: Any) -> tuple[FieldMap, Field]:
    """What is declared of a sealed field, on the model whose column it is.

    Raises:
        NotDeclared: Nothing is.
        InvalidDeclaration: It is marked as if it were in the clear.
    """
    field_map = field_map_of(gate, field.model)
    for each in field_map.fields:
        if each.name == field.attname:
            if each.codec is None:
                raise InvalidDeclaration(
                    where=f"{field_map.id}.{each.id}",
                    problem="its column is sealed, and its annotation says otherwise",
                    instead="Leave the annotation out, or write Annotated[Sealed[...], Personal(...)]",
                )
            return field_map, each
    raise NotDeclared(model=f"{field_map.id}.{field.attname}")


def place_of(gate: Gate, field: Any, row: Model) -> Place:
    """Where a sealed value of this row lives; where the database assigns the key, it is bound to the person alone."""
    field_map, each = declared(gate, field)
    return gate.place(row, each, field_map, key_known=not key_is_assigned(field.model, field_map))


def tokens_of(gate: Gate, field: Any, place: Place, value: Any) -> tuple[bytes, ...]:
    """The token that a value is written with, then those it may stand with while the index key is rotated.

    Returns:
        None at all where the field has no index.

    Raises:
        ValueNotSealable: The normaliser refuses the value.
    """
    index = declared(gate, field)[1].index
    if index is None:
        return ()
    return index.tokens(gate.keys.index_keys(), place.model, place.field, place.codec, value)


def key_is_assigned(model: type[Model], field_map: FieldMap) -> bool:
    """Whether the database makes the key, or a part of it, when the row is inserted."""
    columns = {name: each for each in meta(model).concrete_fields for name in (each.name, each.attname)}
    return any(_is_assigned(columns[name]) for name in field_map.key if name in columns)


def _is_assigned(column: Any) -> bool:
    return (
        isinstance(column, AutoField | AutoFieldMixin)
        or column.generated
        or getattr(column, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
    )
