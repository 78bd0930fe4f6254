"""One reader per style of model: which attributes are its fields, and with what annotation."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar, get_args, get_origin

import attrs

from sectorprivacy.errors import InvalidDeclaration


def field_hints(model: type) -> dict[str, Any]:
    """Every field of the model with its annotation, `Annotated` kept.

    Reads pydantic models, attrs classes, dataclasses, TypedDicts, and classes whose annotations are their fields
    (SQLAlchemy's declarative models, with the columns they map without an annotation). A field without one has `Any`.

    Raises:
        InvalidDeclaration: An annotation cannot be resolved.
    """
    try:
        hints = typing.get_type_hints(model, include_extras=True)
    except NameError as unresolved:
        raise InvalidDeclaration(
            where=model.__qualname__,
            problem=f"the annotation names {unresolved.name!r}, which cannot be resolved",
            instead="Import the name at run time, not only under TYPE_CHECKING",
        ) from None
    return {name: hints.get(name, Any) for name in _names(model, hints)}


def _names(model: Any, hints: dict[str, Any]) -> Iterable[str]:
    if attrs.has(model):
        return [attribute.name for attribute in attrs.fields(model)]
    if dataclasses.is_dataclass(model):
        return [each.name for each in dataclasses.fields(model)]
    if hasattr(model, "__pydantic_fields__"):
        return list(model.__pydantic_fields__)
    annotated = [name for name, hint in hints.items() if not name.startswith("__") and not _is_of_class(hint)]
    # A column that is mapped without `Mapped[...]` has no annotation, and would go unread.
    mapper = getattr(model, "__mapper__", None)
    return annotated if mapper is None else dict.fromkeys([*annotated, *mapper.column_attrs.keys()])


def _is_of_class(hint: Any) -> bool:
    return hint is ClassVar or get_origin(hint) is ClassVar


def metadata_of(hint: Any) -> Iterator[object]:
    """Everything that stands in `Annotated`, at any depth of the annotation."""
    if get_origin(hint) is Annotated:
        inner, *metadata = get_args(hint)
        yield from metadata
        yield from metadata_of(inner)
        return
    for argument in get_args(hint):
        yield from metadata_of(argument)


def find_generic(hint: Any, generic: type) -> Any | None:
    """The argument of `generic[...]` at any depth of the annotation, or None where it does not occur."""
    if get_origin(hint) is generic:
        return get_args(hint)[0]
    for argument in get_args(hint):
        found = find_generic(argument, generic)
        if found is not None:
            return found
    return None
