"""DjangoCells: the cells in the tables of Django models, to be counted and sealed anew by a rotation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import Any, cast

from attrs import frozen
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet, TextField
from django.db.models.functions import Substr
from django.db.models.lookups import Exact

from sectorprivacy.annotations import read_fields
from sectorprivacy.encryption import PREFIX, Place, ResealPage, from_text, kid_of
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, KeyErased, KeyUnavailable
from sectorprivacy.integrations.django._declared import (
    declared,
    meta,
    place_of,
    sealed_columns,
    token_column,
    tokens_of,
    values_of,
)
from sectorprivacy.integrations.django._page import one_page, row_page
from sectorprivacy.integrations.django._value import CellText, gate_for
from sectorprivacy.purposes import Gate, current_gate
from sectorprivacy.vocabulary import SubjectRef

Stale = Callable[[bytes], bool]
SealAgain = Callable[[Place, bytes], bytes]


class DjangoCells:
    """Every cell and token in the tables of these models, for Custody; used inside `with privacy:`.

    What cannot be sealed anew stays as it is and is counted: a cell that does not open, and a unique value that another
    row has too.

    Args:
        models: Models with sealed fields; those of parents and proxies are found with the model that has the column.
        using: Which of Django's databases.
    """

    name = "django"

    def __init__(self, models: Iterable[type[Model]], *, using: str = "default") -> None:
        given = list(models)
        holders = dict.fromkeys(field.model for model in given for field in sealed_columns(model))
        self._models = dict.fromkeys([*given, *holders])
        self._columns = {model: [each for each in sealed_columns(model) if each.model is model] for model in holders}
        self._using = using

    @property
    def holds(self) -> frozenset[str]:
        """Stable ids of the models whose cells these are."""
        return frozenset(read_fields(model).id for model in self._models if "__personal__" in vars(model))

    def reseal(self, stale: Stale, seal_again: SealAgain, after: str | None, limit: int) -> ResealPage:
        """Seal one page of rows anew, in the order of their keys, each cell by compare and swap.

        Args:
            stale: Whether a cell of this key id is to be sealed anew.
            seal_again: The new cell for a place and its old cell.
            after: Where the page before ended; None for the first.
            limit: How many rows at most.

        Raises:
            InvalidDeclaration: `after` is not what a page before said.
            KeyUnavailable: The key service cannot be reached; the page is left as it was.
        """
        models = list(self._columns)
        number, key = (0, None) if after is None else self._position(after)
        seen = 0
        found: list[_Stale] = []
        while number < len(models) and seen < limit:
            rows = self._page(models[number], key, limit - seen)
            found += self._stale(models[number], rows, stale)
            seen += len(rows)
            if seen < limit:
                number, key = number + 1, None
            else:
                key = meta(models[number]).pk.value_to_string(rows[-1])
        _load_new_keys(found)
        changes = [_change(each, seal_again) for each in found]  # sealed before the first lock is taken
        done = Counter(self._swapped(changes))
        end = number >= len(models)
        return ResealPage(
            seen=seen,
            resealed=done[_Swap.DONE],
            lost=done[_Swap.LOST],
            failed=done[_Swap.FAILED],
            after=None if end else json.dumps([number, key]),
        )

    def left(self, stale: Stale) -> Mapping[bytes, int]:
        """How many cells there still are of each of these key ids."""
        return Counter(kid for model in self._columns for kid in self._kids(model) if stale(kid))

    def token_counts(self) -> Mapping[str, Mapping[bytes, int]]:
        """How many rows have each token, by the path of its field. See TokenHolder."""
        counts: dict[str, Counter[bytes]] = {}
        for column in (each for columns in self._columns.values() for each in columns):
            token = token_column(column)
            if token is not None:
                field_map, field = declared(current_gate(), column)
                tokens = self._rows(column.model).values_list(token, flat=True).iterator()
                counts[f"{field_map.id}.{field.id}"] = Counter(bytes(each) for each in tokens if each is not None)
        return counts

    def plaintext_counts(self) -> Mapping[str, int]:
        """How many rows still have a value in the clear, by the path of each field that is being migrated."""
        counts: dict[str, int] = {}
        for column in (each for columns in self._columns.values() for each in columns):
            field_map, field = declared(current_gate(), column)
            if field.plaintext_until is not None:
                beginning = Substr(column.attname, 1, len(PREFIX), output_field=TextField())
                rows = self._rows(column.model).filter(**{f"{column.attname}__isnull": False})
                counts[f"{field_map.id}.{field.id}"] = rows.exclude(Exact(beginning, PREFIX)).count()
        return counts

    def _position(self, after: str) -> tuple[int, str | None]:
        """Number of the model, and the key after which a page of it begins."""
        models = list(self._columns)
        try:
            number, key = json.loads(after)
            if type(number) is not int or number not in range(len(models)):
                raise ValueError
            if key is not None:
                meta(models[number]).pk.to_python(key)
        except (ValueError, TypeError, ValidationError):
            raise InvalidDeclaration(
                where="DjangoCells.reseal", problem="the page does not begin where one ended", instead="Begin with None"
            ) from None
        return number, key

    def _page(self, model: Any, after: str | None, limit: int) -> list[Any]:
        rows = self._rows(model).order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=meta(model).pk.to_python(after))
        with one_page():
            found = list(rows[:limit])
        if found:
            row_page(found).load_keys(current_gate())  # here a key service that is down stops the sweep
        return found

    def _kids(self, model: Any) -> Iterator[bytes]:
        names = [column.attname for column in self._columns[model]]
        for texts in self._rows(model).values_list(*names).iterator():
            for text in texts:
                cell = _cell(text)
                if cell is not None:
                    yield kid_of(cell)

    def _stale(self, model: Any, rows: Iterable[Any], stale: Stale) -> Iterator[_Stale]:
        for row in rows:
            gate = gate_for(row)
            for column in self._columns[model]:
                text = values_of(row)[column.attname]
                cell = _cell(text)
                if cell is not None and stale(kid_of(cell)):
                    stored = self._rows(column.model).filter(pk=row.pk, **{column.attname: CellText(text)})
                    yield _Stale(gate, column, place_of(gate, column, row), cell, stored)

    def _swapped(self, changes: Sequence[_Change | None]) -> list[_Swap | None]:
        """What became of each change; None for one that nobody counts."""
        try:
            with transaction.atomic(using=self._using):  # what is refused spoils nothing around it
                return [_swap(each) for each in changes]
        except IntegrityError:
            # Two rows have one unique value, under tokens of two index keys: only one of them can have the new token.
            return [self._swapped_alone(each) for each in changes]

    def _swapped_alone(self, change: _Change | None) -> _Swap | None:
        try:
            with transaction.atomic(using=self._using):
                return _swap(change)
        except IntegrityError:
            return _Swap.FAILED

    def _rows(self, model: Any) -> Any:
        # Past every manager: one may filter, or defer columns.
        return cast("Any", QuerySet)(model, using=self._using)


class _Swap(Enum):
    """What became of a stale cell."""

    DONE = auto()
    LOST = auto()
    """Somebody else changed it meanwhile."""
    FAILED = auto()
    """It does not open, or its value may not stand twice; it is as it was."""


@frozen
class _Stale:
    """A cell to seal anew.

    Args:
        gate: The gate that knows whose row it is in.
        column: Its field.
        place: Where it is.
        cell: The cell.
        stored: Its row, as long as this cell stands in it.
    """

    gate: Gate
    column: Any
    place: Place
    cell: bytes
    stored: Any


@frozen
class _Change:
    """What is written where a stale cell still stands.

    Args:
        stored: Its row, as long as the old cell stands in it.
        values: Column to what it gets.
        counts: Whether a cell is sealed anew; False where the key is gone, and only a token is taken away.
    """

    stored: Any
    values: Mapping[str, Any]
    counts: bool = True


def _change(found: _Stale, seal_again: SealAgain) -> _Change | None:
    """The cell sealed anew with its token; None where it does not open."""
    gate, column, token = found.gate, found.column, token_column(found.column)
    try:
        new = seal_again(found.place, found.cell)
        values: dict[str, Any] = {column.attname: CellText.of(new)}
        if token is not None:
            values[token] = next(iter(tokens_of(gate, column, found.place, gate.keys.open(found.place, new))), None)
    except KeyErased:
        # Its value is gone, and nobody shall learn from a token what it shared.
        return _Change(found.stored, {} if token is None else {token: None}, counts=False)
    except DecryptionError:
        return None
    return _Change(found.stored, values)


def _swap(change: _Change | None) -> _Swap | None:
    if change is None:
        return _Swap.FAILED
    written = change.stored.update(**change.values) if change.values else 0
    if not change.counts:
        return None
    return _Swap.DONE if written else _Swap.LOST


def _load_new_keys(found: Iterable[_Stale]) -> None:
    """Find or make the keys of everybody whose cells open, in one query for each class."""
    keys = current_gate().keys
    wanted: dict[str, set[SubjectRef]] = {}
    for each in found:
        with suppress(DecryptionError):  # its turn comes, and says what is the matter
            keys.of_cell(each.cell)
            wanted.setdefault(each.place.retention_class, set()).add(each.place.subject)
    for retention_class, subjects in wanted.items():
        with suppress(KeyErased, KeyUnavailable):  # of one of them: the cells of the others must not wait for it
            keys.for_sealing_many(subjects, retention_class)


def _cell(text: str | None) -> bytes | None:
    """The cell, or None for what is none: it has no key that could be replaced."""
    if text is None:
        return None
    try:
        return from_text(text)
    except DecryptionError:
        return None
