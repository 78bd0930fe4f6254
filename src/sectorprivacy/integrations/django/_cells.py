"""DjangoCells: the cells in the tables of Django models, to be counted and sealed anew by a rotation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Model

from sectorprivacy.annotations import read_fields
from sectorprivacy.encryption import Place, ResealPage, from_text
from sectorprivacy.errors import DecryptionError, KeyErased
from sectorprivacy.integrations.django._declared import (
    declared,
    meta,
    place_of,
    sealed_columns,
    token_column,
    token_of,
    values_of,
)
from sectorprivacy.integrations.django._page import one_page
from sectorprivacy.integrations.django._value import CellText, gate_for
from sectorprivacy.purposes import current_gate

Stale = Callable[[bytes], bool]
SealAgain = Callable[[Place, bytes], bytes]


class DjangoCells:
    """Every cell and token in the tables of these models, for Custody; used inside `with privacy:`.

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
        """
        models = list(self._columns)
        number, key = (0, None) if after is None else json.loads(after)
        seen = resealed = lost = 0
        while number < len(models) and seen < limit:
            rows = self._page(models[number], key, limit - seen)
            for row in rows:
                for column in self._columns[models[number]]:
                    swapped = self._reseal(column, row, stale, seal_again)
                    resealed += swapped is True
                    lost += swapped is False
            seen += len(rows)
            if seen < limit:
                number, key = number + 1, None
            else:
                key = meta(models[number]).pk.value_to_string(rows[-1])
        end = number >= len(models)
        return ResealPage(seen=seen, resealed=resealed, lost=lost, after=None if end else json.dumps([number, key]))

    def count(self, stale: Stale) -> int:
        """How many cells of these key ids there are."""
        return sum(stale(kid) for model in self._columns for kid in self._kids(model))

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

    def _page(self, model: Any, after: str | None, limit: int) -> list[Any]:
        rows = self._rows(model).order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=meta(model).pk.to_python(after))
        with one_page():
            return list(rows[:limit])

    def _kids(self, model: Any) -> Iterator[bytes]:
        names = [column.attname for column in self._columns[model]]
        for texts in self._rows(model).values_list(*names).iterator():
            for text in texts:
                cell = _cell(text)
                if cell is not None:
                    yield cell[2:18]

    def _reseal(self, column: Any, row: Any, stale: Stale, seal_again: SealAgain) -> bool | None:
        """True where it was sealed anew, False where it was changed meanwhile, None where it may stay."""
        text = values_of(row)[column.attname]
        cell = _cell(text)
        if cell is None or not stale(cell[2:18]):
            return None
        stored = self._rows(column.model).filter(pk=row.pk, **{column.attname: CellText(text)})
        token = token_column(column)
        gate = gate_for(row)
        place = place_of(gate, column, row)
        try:
            new = seal_again(place, cell)
        except KeyErased:
            if token is not None:
                stored.update(**{token: None})  # its value is gone, and nobody shall learn from what it shared
            return None
        values: dict[str, Any] = {column.attname: CellText.of(new)}
        if token is not None:
            values[token] = token_of(gate, column, place, gate.keys.open(place, new))
        return bool(stored.update(**values))

    def _rows(self, model: Any) -> Any:
        return model._base_manager.using(self._using)  # noqa: SLF001  # past a manager that filters


def _cell(text: str | None) -> bytes | None:
    """The cell, or None for what is none: it has no key that could be replaced."""
    if text is None:
        return None
    try:
        return from_text(text)
    except DecryptionError:
        return None
