"""How sealed values are bound to their record: the types of its key and of its version, as far as they can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    ForwardRef,
    Literal,
    NewType,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
)
from uuid import UUID

from typing_extensions import ReadOnly, TypeAliasType

from sectorprivacy.annotations._annotation import Attribute, is_of_sqlalchemy, resolved
from sectorprivacy.errors import InvalidDeclaration

LETTERS: Final[Mapping[Any, str]] = {str: "s", int: "i", UUID: "u", bytes: "b"}
"""Letters of the types that a part of a key may have, as they stand in the associated data of a sealed value."""

_NOTHING: Final = frozenset({Any, object, type(None)})
"""Classes that say nothing of what is held."""

# What these hold is what the attribute holds.
_AROUND: Final = frozenset({Union, UnionType, Required, NotRequired, ReadOnly})


def letters_of(types: Sequence[type | None]) -> str | None:
    """Letters of a key: that of its one part, or `t` and then those of its parts.

    Args:
        types: Types of its parts.

    Returns:
        The letters, or None where one of the types is not known, or is none that a key may have.
    """
    letters = [letter for each in types if (letter := LETTERS.get(each)) is not None]
    if len(letters) < len(types):
        return None
    return letters[0] if len(letters) == 1 else "t" + "".join(letters)


def type_of(attribute: Attribute, column: Callable[[], type | None]) -> type | None:
    """The one type of an attribute's values, None aside; None where there are several, or nothing says so.

    Args:
        attribute: The attribute.
        column: What its column says, which is asked where the annotation names nothing that a key can hold.
    """
    try:
        written = frozenset(_leaves(attribute.hint, attribute.owner))
    except InvalidDeclaration:
        return None  # it is reported where its marks are read
    held = next(iter(written)) if len(written) == 1 else None
    return held if held in LETTERS else column() or held


def _leaves(hint: Any, owner: Any) -> Iterator[Any]:
    """The types that an annotation allows."""
    if isinstance(hint, str | ForwardRef):
        hint = resolved(hint, owner, where="key")
    origin = get_origin(hint)
    if origin is Annotated:
        yield from _leaves(hint.__origin__, owner)
    elif origin is Literal:
        yield from (type(each) for each in get_args(hint))
    elif origin in _AROUND or (origin is not None and is_of_sqlalchemy(origin)):
        for argument in get_args(hint):
            yield from _leaves(argument, owner)
    elif origin is not None:
        yield origin
    elif isinstance(hint, NewType):
        yield from _leaves(hint.__supertype__, owner)
    elif isinstance(hint, TypeAliasType):
        yield from _leaves(hint.__value__, owner)
    elif isinstance(hint, type) and hint not in _NOTHING:
        yield hint
