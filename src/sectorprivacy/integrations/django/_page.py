"""The rows of one fetch: their people are looked up together, and their keys are loaded together."""

from __future__ import annotations

import time
import weakref
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, cast

from attrs import evolve
from django.db import models
from django.db.models import Model

from sectorprivacy.annotations import FieldMap
from sectorprivacy.encryption import Place, Sealed, from_text
from sectorprivacy.errors import DecryptionError
from sectorprivacy.integrations.django._declared import field_map_of, sealed_columns, values_of
from sectorprivacy.purposes import Gate, owner_fields


class Page:
    """Rows that were loaded or are written together. It keeps none of them alive."""

    def __init__(self, rows: Iterable[Model] = ()) -> None:
        self._rows = [weakref.ref(row) for row in rows]
        self._asked: Gate | None = None
        self._acquainted: Gate | None = None
        self._loaded_until = -1.0

    def add(self, row: Any) -> None:
        """Take in a row that was just loaded."""
        self._rows.append(weakref.ref(row))
        row._state.sealed = self  # noqa: SLF001  # where Django keeps what it knows of an instance

    def gate(self, gate: Gate) -> Gate:
        """The same gate, which has looked up the owners of all these rows in one statement."""
        if self._acquainted is None or self._asked is not gate:
            pairs = owner_pairs(gate, self._living())
            self._acquainted = evolve(gate, subjects=gate.subjects.acquainted(pairs))
            self._asked = gate
        return self._acquainted

    def load_keys(self, gate: Gate) -> None:
        """Load the keys of every cell of these rows in one query, unless that was done a moment ago."""
        now = time.monotonic()
        if now >= self._loaded_until:
            gate.keys.load(_cells(self._living()))
            self._loaded_until = now + gate.keys.lifetime

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()  # a copy or a pickle of a row is on no page

    def _living(self) -> list[Model]:
        return [row for each in self._rows if (row := each()) is not None]


class RowState:
    """What an instance remembers of its sealed values besides their text; it is not copied or pickled with them.

    Attributes:
        page: The rows it was loaded with, if there are any.
        sealed_for: The place that each value was sealed for which this instance has written itself.
        shown: What was given out for the text of each field, so that a place is worked out once.
    """

    __slots__ = ("page", "sealed_for", "shown")

    def __init__(self, page: Page | None = None) -> None:
        self.page = page
        self.sealed_for: dict[str, Place] = {}
        self.shown: dict[str, Sealed[Any]] = {}

    def __copy__(self) -> RowState:
        return RowState()

    def __deepcopy__(self, memo: dict[int, Any]) -> RowState:
        return RowState()

    def __reduce__(self) -> tuple[type[RowState], tuple[()]]:
        return RowState, ()


def row_state(row: Model) -> RowState:
    """What an instance remembers; made where there is nothing yet."""
    state: Any = row._state  # noqa: SLF001  # where Django keeps what it knows of an instance
    found = values_of(state).get("sealed")
    if isinstance(found, RowState):
        return found
    made = state.sealed = RowState(found)  # until somebody asks, the page alone: nothing more is made per row
    return made


current_page: Final[ContextVar[Page | None]] = ContextVar("sectorprivacy_django_page", default=None)


@contextmanager
def one_page() -> Generator[None]:
    """Everything that is loaded inside belongs together."""
    token = current_page.set(Page())
    try:
        yield
    finally:
        current_page.reset(token)


def owner_pairs(gate: Gate, rows: Iterable[Model]) -> set[tuple[str, str]]:
    """Kind and value of all identifiers that name owners of these rows; rows they lead through come in one query."""
    pairs: set[tuple[str, str]] = set()
    for field_map, members in _by_table(gate, rows):
        for path in _paths(field_map):
            cast("Any", models).prefetch_related_objects(members, path)
        for row in members:
            pairs.update(gate.owner_pairs(row, field_map))
    return pairs


def _by_table(gate: Gate, rows: Iterable[Model]) -> Iterator[tuple[FieldMap, list[Model]]]:
    by_model: dict[type[Model], list[Model]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row)
    for model, members in by_model.items():
        for holder in dict.fromkeys(field.model for field in sealed_columns(model)):
            yield field_map_of(gate, holder), members


def _paths(field_map: FieldMap) -> Iterator[str]:
    for each in owner_fields(field_map):
        if each.subject is not None and each.subject.via is not None:
            yield each.subject.via.rpartition(".")[0].replace(".", "__")


def _cells(rows: Iterable[Model]) -> Iterator[bytes]:
    for row in rows:
        for field in sealed_columns(type(row)):
            text = values_of(row).get(field.attname)
            if isinstance(text, str):
                try:
                    yield from_text(text)
                except DecryptionError:
                    continue  # it says so itself when it is opened; the others of its page are not hidden
