"""The rows of one fetch: their people are looked up together, and their keys are loaded together."""

from __future__ import annotations

import time
import weakref
from collections.abc import Generator, Iterable, Iterator, Sequence
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
from sectorprivacy.ledger import Pair
from sectorprivacy.purposes import Gate, owner_fields


class Page:
    """Rows that were loaded or are written together. It keeps none of them alive."""

    def __init__(self, rows: Iterable[Model] = ()) -> None:
        self._rows = [weakref.ref(row) for row in rows]
        self._asked: Gate | None = None
        self._acquainted: Gate | None = None
        self._loaded_until = -1.0
        self.knows_owners = False

    def add(self, row: Any) -> None:
        """Take in a row that was just loaded."""
        self._rows.append(weakref.ref(row))
        row._state.sealed = self  # noqa: SLF001  # where Django keeps what it knows of an instance

    def gate(self, gate: Gate) -> Gate:
        """The same gate, which has looked up the owners of all these rows: in one statement, and one for groups."""
        if self._acquainted is None or self._asked is not gate:
            owned = _owners_named(gate, self._living())
            several = [owners for owners in owned if len(owners) > 1]
            subjects = gate.subjects.acquainted({pair for owners in owned for pair in owners}, several)
            self._acquainted = evolve(gate, subjects=subjects)
            self._asked = gate
        return self._acquainted

    @contextmanager
    def owners_made(self) -> Generator[None]:
        """While it lasts, nobody needs to ask for the owners of these rows once more: they were made just now."""
        self.knows_owners = True
        try:
            yield
        finally:
            self.knows_owners = False

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
        database: Where the instance is being saved; None where nobody said.
    """

    __slots__ = ("database", "page", "sealed_for", "shown")

    def __init__(self, page: Page | None = None) -> None:
        self.page = page
        self.sealed_for: dict[str, Place] = {}
        self.shown: dict[str, Sealed[Any]] = {}
        self.database: str | None = None

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


def row_page(rows: Sequence[Model]) -> Page:
    """The page that rows of one fetch are on."""
    page = row_state(rows[0]).page
    return Page(rows) if page is None else page


def by_table(gate: Gate, rows: Iterable[Model]) -> Iterator[tuple[type[Model], FieldMap, list[Model]]]:
    """These rows by model and by the tables their sealed columns stand in, with the marks of each.

    Rows that lead to the owners come in one query.
    """
    by_model: dict[type[Model], list[Model]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row)
    for model, members in by_model.items():
        for holder in dict.fromkeys(field.model for field in sealed_columns(model)):
            field_map = field_map_of(gate, holder)
            for path in _paths(field_map):
                cast("Any", models).prefetch_related_objects(members, path)
            yield holder, field_map, members


def _owners_named(gate: Gate, rows: Iterable[Model]) -> set[frozenset[Pair]]:
    return {gate.owners_named(row, field_map) for _, field_map, members in by_table(gate, rows) for row in members}


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
