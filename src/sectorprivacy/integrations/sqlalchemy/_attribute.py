"""What stands on a class in the place of a sealed column: `Sealed` is made of the stored text on access alone."""

from __future__ import annotations

from functools import partial
from typing import Any, cast, overload

from sqlalchemy.orm import QueryableAttribute

from sectorprivacy.encryption import Sealed, loop_runs
from sectorprivacy.errors import ValueNotSealable
from sectorprivacy.integrations.sqlalchemy._pages import field_of, known_place, place_in_page
from sectorprivacy.purposes import current_gate


class SealedAttribute:
    """Reads a sealed column as `Sealed`, and takes nothing else; where a value lives is found out when it is opened."""

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
        field = field_of(current_gate().field_map(type(instance)), self._column.key)
        place = known_place(instance, field) if loop_runs() else None
        return cast("Any", Sealed.stored(place or partial(place_in_page, instance, field), value))

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
