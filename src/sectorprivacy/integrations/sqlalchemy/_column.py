"""SealedText: the type of sealed columns. It lets nothing in but cells, compares with nothing, and gives text."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnClause, Dialect, ExceptionContext, Text, TypeDecorator
from sqlalchemy.orm import Mapper, undefer
from sqlalchemy.sql import operators
from sqlalchemy.sql.base import ExecutableOption

from sectorprivacy.encryption import BlindIndex, Sealed
from sectorprivacy.errors import NotComparable, ValueNotSealable

_ASKS_WHETHER_EMPTY: Final = (operators.is_, operators.is_not)


def give_refusal_itself(context: ExceptionContext) -> BaseException | None:
    """Raise a refusal of the column as it is: the error that SQLAlchemy puts around it quotes the parameters."""
    refusal = context.original_exception
    return refusal if isinstance(refusal, ValueNotSealable) else None


class _NeverCompared(TypeDecorator.Comparator[Any]):
    """A cell differs from every other, so a comparison would only ever find nothing; NULL is what it may look for."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        equals = op in (operators.eq, operators.ne)
        # SQLAlchemy compares columns with one another wherever it keeps them in dictionaries.
        if op in _ASKS_WHETHER_EMPTY or (equals and (other[0] is None or isinstance(other[0], ColumnClause))):
            return super().operate(op, *other, **kwargs)
        raise self._refused()

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:  # noqa: ARG002  # SQLAlchemy's signature
        raise self._refused()

    def _refused(self) -> NotComparable:
        return NotComparable(path=str(self.expr))


class SealedText(TypeDecorator[Any]):
    """Column type of sealed values; it lets nothing else through, whatever path leads to it.

    A statement that selects the column itself, and no row, gives the cell as text: there is no row to say whose it is.

    Args:
        index: The blind index of the field, if it has one.
    """

    impl = Text
    cache_ok = True
    comparator_factory: Any = _NeverCompared

    def __init__(self, index: BlindIndex | None = None) -> None:
        super().__init__()
        self.index = index

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's
        """The cell as text. Raises: ValueNotSealable for whatever was not sealed for a row."""
        if value is None:
            return None
        if isinstance(value, Sealed) and value.is_stored:
            return str(cast("Any", value).text)
        raise ValueNotSealable(
            path="column",
            codec="cell",
            reason="it was not sealed for its row; insert many rows with insert_sealed(session, Model, rows)",
        )


def sealed_columns(mapper: Mapper[Any]) -> Mapping[str, SealedText]:
    """The attributes of a mapped class whose columns are sealed, with the type of each."""
    found = _SEALED_COLUMNS.get(mapper)
    if found is None:
        found = _SEALED_COLUMNS[mapper] = {
            each.key: column.type
            for each in mapper.column_attrs
            for column in each.columns
            if isinstance(column.type, SealedText)
        }
    return found


def undeferred(model: Any) -> list[ExecutableOption]:
    """Loads every sealed column with its row, also those that are mapped as deferred."""
    return [undefer(getattr(model, name)) for name in sealed_columns(model.__mapper__)]


# Asked for at every row of every flush.
_SEALED_COLUMNS: Final[MutableMapping[Mapper[Any], Mapping[str, SealedText]]] = WeakKeyDictionary()
