"""Whose the rows of a session are, and which keys open them: asked for all rows of a class at once, for a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import partial
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from attrs import evolve
from sqlalchemy import inspect
from sqlalchemy.orm import Session, object_session
from sqlalchemy.util.concurrency import await_, in_greenlet

from sectorprivacy.annotations import Field, FieldMap, read_fields
from sectorprivacy.encryption import Place, head_of, loop_runs
from sectorprivacy.integrations.sqlalchemy._column import sealed_columns
from sectorprivacy.ledger import Pair
from sectorprivacy.purposes import Gate, current_gate, owner_fields
from sectorprivacy.vocabulary import RecordKey

T = TypeVar("T")
Owners = frozenset[Pair]

_REMEMBERED: Final = "sectorprivacy.pages"


class Page:
    """What one session found out about its rows of one class.

    Args:
        gate: The gate that was current when it began.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._began_with = gate
        self._until = time.monotonic() + gate.keys.lifetime
        self._found: frozenset[Owners] = frozenset()
        self._asked: frozenset[Owners] = frozenset()

    def lasts(self, gate: Gate) -> bool:
        """Whether it still speaks for this gate: the owners and keys in it are as old as its beginning."""
        return self._began_with is gate and time.monotonic() < self._until

    def gate_for(self, row: Any, others: Callable[[], Iterable[Any]]) -> Gate:
        """The gate that knows the owners of a row: the first row asked about finds out about all of them.

        Args:
            row: The row.
            others: The rows of its class that the session holds now.
        """
        owners = self._began_with.owners_named(row)
        if owners not in self._asked:
            rows = [each for each in others() if names_owner(self._began_with, each)]
            self.know(rows)
            self._began_with.keys.load(head for each in rows for head in _heads(each))
        return self.gate if owners in self._found else self._began_with

    def knows(self, row: Any) -> bool:
        """Whether every owner of a row was found."""
        return self._began_with.owners_named(row) in self._found

    def know(self, rows: Iterable[Any]) -> None:
        """Look up the owners of these rows, in one statement, and one for those who own rows together."""
        asked = frozenset(self._began_with.owners_named(row) for row in rows)
        pairs = frozenset(pair for owners in asked for pair in owners)
        several = [owners for owners in asked if len(owners) > 1]
        subjects = self._began_with.subjects.acquainted(pairs, several)
        known = subjects.known(pairs).keys()
        self.gate = evolve(self._began_with, subjects=subjects)
        self._asked = asked
        self._found = frozenset(owners for owners in asked if owners <= known)


def place_in_page(row: Any, field: Field) -> Place:
    """Where a value of a loaded row lives; the first one asked for loads keys and owners of its whole page."""
    gate = current_gate()
    session = object_session(row)
    if session is None:
        return place_of(gate, row, field)
    page = page_of(session, gate, class_of(row))
    return place_of(page.gate_for(row, partial(_rows_of, session, class_of(row))), row, field)


def known_place(row: Any, field: Field) -> Place | None:
    """Where a value of a loaded row lives, if its session knows; nothing is asked, so a loop is not blocked."""
    gate, session = current_gate(), object_session(row)
    if session is None or not names_owner(gate, row):
        return None
    page = page_of(session, gate, class_of(row))
    return place_of(page.gate, row, field) if page.knows(row) else None


def page_of(session: Session, gate: Gate, model: type) -> Page:
    """What the session remembers of its rows of a class."""
    pages: dict[type, Page] = session.info.setdefault(_REMEMBERED, {})
    page = pages.get(model)
    if page is None or not page.lasts(gate):
        page = pages[model] = Page(gate)
    return page


def names_owner(gate: Gate, row: Any) -> bool:
    """Whether a row says whose it is, and everything that says so lies in memory."""
    return owner_is_loaded(gate.field_map(class_of(row)), row) and bool(gate.owner_pairs(row))


def place_of(gate: Gate, row: Any, field: Field) -> Place:
    """Where a sealed column of this row lives; rows whose key the database assigns are bound to the person alone."""
    return gate.place(row, field, key_known=not key_is_assigned(type(row)))


def class_of(row: object) -> type:
    """The class of a row."""
    return type(row)


def marks_of(model: type) -> FieldMap:
    """The marks of a mapped class, also where no Privacy is entered. Raises: as `read_fields`."""
    found = _MARKS.get(model)
    if found is None:
        found = _MARKS[model] = read_fields(model)
    return found


_MARKS: Final[MutableMapping[type, FieldMap]] = WeakKeyDictionary()


def field_of(field_map: FieldMap, name: str) -> Field:
    """The marked field of an attribute."""
    return next(each for each in field_map.fields if each.name == name)


def owner_is_loaded(field_map: FieldMap, row: Any) -> bool:
    """Whether everything that says whose row it is lies in memory."""
    return unloaded_owner(field_map, row) is None


def unloaded_owner(field_map: FieldMap, row: Any) -> Field | None:
    """The field that says through another row whose this one is, where that row is not loaded."""
    for each in owner_fields(field_map):
        via = None if each.subject is None else each.subject.via
        if via is not None and not is_loaded(row, via):
            return each
    return None


def beside_the_loop(call: Callable[[], T]) -> T:
    """Do what reads the key store: inside an AsyncSession in a thread, while the loop goes on with other work."""
    if loop_runs() and in_greenlet():
        return await_(asyncio.to_thread(call))
    return call()


def _rows_of(session: Session, model: type) -> list[Any]:
    return [each for each in session.identity_map.values() if type(each) is model]


def _heads(row: Any) -> Iterator[bytes]:
    loaded = inspect(row).dict
    for name in sealed_columns(inspect(row).mapper):
        value = loaded.get(name)
        if isinstance(value, str):
            yield head_of(value)


def is_loaded(row: Any, path: str) -> bool:
    """Whether everything that a path leads through lies in memory."""
    for step in path.split("."):
        if row is None:
            return True
        loaded = inspect(row).dict
        if step not in loaded:
            return False
        row = loaded[step]
    return True


def record_of(model: type, field_map: FieldMap, row: Mapping[str, Any]) -> RecordKey | None:
    """The record that a row's cells are bound to, for a row that is written as a mapping."""
    return None if key_is_assigned(model) else RecordKey.of(*(row[name] for name in field_map.key))


def key_is_assigned(model: Any) -> bool:
    """Whether the database counts the primary key up; it is not known then before the row is written."""
    return model.__mapper__.local_table.autoincrement_column is not None
