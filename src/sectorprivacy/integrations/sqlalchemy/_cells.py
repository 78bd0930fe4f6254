"""SqlCells: the sealed columns of a service's tables, gone through page by page when keys are rotated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any, Final, cast
from uuid import UUID

from attrs import frozen
from sqlalchemy import CursorResult, Select, Text, func, select, tuple_, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from sectorprivacy.annotations import FieldMap
from sectorprivacy.encryption import PREFIX, TEXT_HEAD, Place, ResealPage, Sealed, head_of, kid_of
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, KeyErased
from sectorprivacy.integrations.sqlalchemy._column import sealed_columns, undeferred
from sectorprivacy.integrations.sqlalchemy._faults import path_of
from sectorprivacy.integrations.sqlalchemy._pages import Page, field_of, marks_of, place_of
from sectorprivacy.integrations.sqlalchemy._reach import Reach
from sectorprivacy.integrations.sqlalchemy._tokens import index_of, token_of, tokens_of
from sectorprivacy.purposes import Gate, current_gate, owner_fields
from sectorprivacy.vocabulary import KeyPart

Stale = Callable[[bytes], bool]
SealAgain = Callable[[Place, bytes], bytes]

_COUNTED: Final = 10_000
"""Cells read from the database at a time while they are counted."""


class SqlCells:
    """The cells in the tables of marked models; a CellHolder, TokenHolder and PlaintextHolder, inside `with privacy:`.

    Each page is one transaction. A cell is swapped only where the old one still stands, so writers need not wait, and
    a sweep that is killed has lost nothing: what it had not committed is found again. What cannot be swapped stays as
    it is and is counted: a cell that does not open, and a unique value that another row has too.

    Args:
        sessions: Makes sessions on the data database.
        models: The mapped classes; those without sealed fields are passed over.
        name: What an administrator calls this database.
    """

    def __init__(self, sessions: sessionmaker[Session], models: Sequence[type], *, name: str = "sql") -> None:
        self.name = name
        self._sessions = sessions
        self._models = [each for each in models if sealed_columns(cast("Any", each).__mapper__)]

    @property
    def holds(self) -> Collection[str]:
        """Stable ids of the models whose cells it holds."""
        return [marks_of(each).id for each in self._models]

    def reseal(self, stale: Stale, seal_again: SealAgain, after: str | None, limit: int) -> ResealPage:
        """Seal one page of rows anew, in key order; tokens go with their cell. See CellHolder.

        Raises:
            NoPrivacy: No Privacy is entered here.
            InvalidDeclaration: `after` is not what a page before said.
            KeyUnavailable: The key service cannot be reached; the page is left as it was.
        """
        if not self._models:
            return ResealPage(seen=0, resealed=0, lost=0, failed=0, after=None)
        gate = current_gate()
        number, key = (0, None) if after is None else _position(after, len(self._models))
        table = _Table(gate.field_map(self._models[number]))
        with self._sessions() as session:
            rows = table.page(session, key, limit)
            last = table.key_of(rows[-1]) if len(rows) == limit else None
            changes = list(table.changes(gate, rows, stale, seal_again))  # sealed before the first lock is taken
        done = Counter(self._swapped(table, changes))
        return ResealPage(
            seen=len(rows),
            resealed=done[_Swap.DONE],
            lost=done[_Swap.LOST],
            failed=done[_Swap.FAILED],
            after=self._next(number, last),
        )

    def left(self, stale: Stale) -> Mapping[bytes, int]:
        """How many cells there still are of each of these key ids; only the beginning of each cell is read."""
        with self._sessions() as session:
            heads = (head_of(text) for model in self._models for text in _heads(session, model))
            return Counter(kid for head in heads if head and stale(kid := kid_of(head)))

    def token_counts(self) -> Mapping[str, Mapping[bytes, int]]:
        """How many rows have each token, by the path of its field: what a report of leakage is made of."""
        with self._sessions() as session:
            return {
                f"{marks.id}.{field.id}": _token_counts(session, marks.model, field.name)
                for marks in map(marks_of, self._models)
                for field in marks.indexed
            }

    def plaintext_counts(self) -> Mapping[str, int]:
        """How many rows still have a value in the clear, by the path of each field that is being migrated."""
        with self._sessions() as session:
            return {
                f"{marks.id}.{field.id}": _plaintext_count(session, marks.model, field.name)
                for marks in map(marks_of, self._models)
                for field in marks.fields
                if field.plaintext_until is not None
            }

    def _swapped(self, table: _Table, changes: Sequence[_Change | None]) -> list[_Swap]:
        """What became of each change."""
        try:
            with self._sessions.begin() as session:
                return [table.swap(session, each) for each in changes]
        except IntegrityError:
            # Two rows have one unique value, under tokens of two index keys: only one of them can have the new token.
            return [self._swapped_alone(table, each) for each in changes]

    def _swapped_alone(self, table: _Table, change: _Change | None) -> _Swap:
        try:
            with self._sessions.begin() as session:
                return table.swap(session, change)
        except IntegrityError:
            return _Swap.FAILED

    def _next(self, number: int, key: Sequence[KeyPart] | None) -> str | None:
        if key is not None:
            return json.dumps([number, [_written(part) for part in key]])
        return json.dumps([number + 1, None]) if number + 1 < len(self._models) else None


class _Swap(Enum):
    """What became of a stale cell."""

    DONE = auto()
    LOST = auto()
    """Somebody else changed it meanwhile."""
    FAILED = auto()
    """It does not open, or its value may not stand twice; it is as it was."""


@frozen
class _Change:
    """A cell to swap.

    Args:
        name: Its attribute.
        key: The primary key of its row.
        old: The text that must still stand.
        cell: The new value.
        token: Its token; None where the field has no index, or nothing is left to find.
    """

    name: str
    key: tuple[Any, ...]
    old: str
    cell: Sealed[Any]
    token: bytes | None


@frozen
class _Table:
    """The rows of one model."""

    field_map: FieldMap

    @property
    def mapper(self) -> Any:
        """Its mapper."""
        return self._model.__mapper__

    def page(self, session: Session, after: Sequence[KeyPart] | None, limit: int) -> Sequence[Any]:
        """Rows in the order of their primary key."""
        key = [getattr(self._model, name) for name in self._key]
        paths = [path for each in owner_fields(self.field_map) if "." in (path := path_of(each))]
        statement: Select[Any] = select(self._model).order_by(*key).limit(limit)
        statement = statement.options(
            *undeferred(self._model), *(Reach.along(self._model, each).loaded for each in paths)
        )
        if after is not None:
            statement = statement.where(tuple_(*key) > tuple(after))
        return session.scalars(statement).all()

    def changes(self, gate: Gate, rows: Sequence[Any], stale: Stale, seal_again: SealAgain) -> Iterator[_Change | None]:
        """The stale cells of these rows, sealed anew, None for one that does not open.

        What was never sealed is no cell, and is passed over.
        """
        page = Page(gate)
        found = [
            (row, name, text)
            for row in rows
            for name in sealed_columns(self.mapper)
            if (head := head_of(text := row.__dict__.get(name) or "")) and stale(kid_of(head))
        ]
        page.know({id(row): row for row, _, _ in found}.values())
        gate.keys.load(head_of(text) for _, _, text in found)
        for row, name, text in found:
            yield self._change(page.gate, row, name, text, seal_again)

    def _change(self, gate: Gate, row: Any, name: str, text: str, seal_again: SealAgain) -> _Change | None:
        field = field_of(self.field_map, name)
        place = place_of(gate, row, field)
        sealed: Sealed[Any] = Sealed.stored(place, text)
        index = index_of(self.mapper, self.field_map, field)
        token: bytes | None = None
        try:
            sealed = Sealed.stored(place, seal_again(place, sealed.cell))
            if index is not None:
                token = tokens_of(gate.keys, place, index, gate.keys.open(place, sealed.cell))[0]
        except KeyErased:
            pass  # nothing is left to seal, and no token may tell what it was
        except DecryptionError:
            return None  # damaged or in quarantine: it must not keep the others under their old keys
        return _Change(name, self.key_of(row), text, sealed, token)

    def swap(self, session: Session, change: _Change | None) -> _Swap:
        """Write a new cell where the old one still stands."""
        if change is None:
            return _Swap.FAILED
        mapper = self.mapper
        column = mapper.column_attrs[change.name].columns[0]
        values: dict[Any, Any] = {column: change.cell}
        if mapper.has_property(token_of(change.name)):
            values[mapper.column_attrs[token_of(change.name)].columns[0]] = change.token
        row = (each == part for each, part in zip(mapper.primary_key, change.key, strict=True))
        statement = update(mapper.local_table).where(*row, type_coerce(column, Text) == change.old).values(values)
        written = cast("CursorResult[Any]", session.connection().execute(statement)).rowcount
        return _Swap.DONE if written else _Swap.LOST

    def key_of(self, row: Any) -> tuple[Any, ...]:
        """The primary key of a row."""
        return tuple(getattr(row, name) for name in self._key)

    @property
    def _model(self) -> Any:
        return self.field_map.model

    @property
    def _key(self) -> list[str]:
        return [self.mapper.get_property_by_column(column).key for column in self.mapper.primary_key]


def _token_counts(session: Session, model: Any, name: str) -> Mapping[bytes, int]:
    column = model.__mapper__.column_attrs[token_of(name)].columns[0]
    counted = select(column, func.count()).where(column.is_not(None)).group_by(column)
    return {bytes(found): number for found, number in session.execute(counted)}


def _plaintext_count(session: Session, model: Any, name: str) -> int:
    column = model.__mapper__.column_attrs[name].columns[0]
    in_the_clear = func.substr(type_coerce(column, Text), 1, len(PREFIX)) != PREFIX
    return session.scalar(select(func.count()).select_from(model).where(in_the_clear)) or 0


def _heads(session: Session, model: Any) -> Iterator[str]:
    """The beginnings of all cells of a model, as text."""
    for name in sealed_columns(model.__mapper__):
        column = model.__mapper__.column_attrs[name].columns[0]
        beginning = func.substr(type_coerce(column, Text), 1, TEXT_HEAD)
        yield from session.scalars(select(beginning).where(column.is_not(None)).execution_options(yield_per=_COUNTED))


_LETTERS: Final = {int: "i", str: "s", UUID: "u", bytes: "b"}


def _written(part: KeyPart) -> list[str]:
    """A part of a key with the letter of its type."""
    return [
        _LETTERS[type(part)],
        part.hex if isinstance(part, UUID) else part.hex() if isinstance(part, bytes) else str(part),
    ]


def _read(part: Sequence[str]) -> KeyPart:
    letter, text = part
    reads: dict[str, Callable[[str], KeyPart]] = {"i": int, "s": str, "u": UUID, "b": bytes.fromhex}
    return reads[letter](text)


def _position(after: str, models: int) -> tuple[int, Sequence[KeyPart] | None]:
    """Number of the model and key after which a page begins."""
    try:
        number, key = json.loads(after)
        if number not in range(models):
            raise ValueError
        return number, None if key is None else [_read(part) for part in key]
    except (ValueError, TypeError, KeyError):
        raise InvalidDeclaration(
            where="SqlCells.reseal", problem="the page does not begin where one ended", instead="Begin with None"
        ) from None
