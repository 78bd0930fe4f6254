"""Rows that are written together: their owners and keys are made in a number of statements that does not grow."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Model

from sectorprivacy.encryption import Sealed
from sectorprivacy.integrations.django._declared import declared, sealed_columns, values_of
from sectorprivacy.integrations.django._page import Page, by_table, row_state
from sectorprivacy.integrations.django._saving import is_in_the_clear
from sectorprivacy.integrations.django._value import CellText
from sectorprivacy.purposes import Gate, current_gate
from sectorprivacy.vocabulary import SubjectRef


@contextmanager
def written_together(rows: Iterable[Model], columns: Iterable[Any]) -> Generator[None]:
    """Make the owners and keys of all rows with values to seal, before they are sealed one by one inside.

    Args:
        rows: The rows.
        columns: Those of their sealed fields that are written.

    Raises:
        NoPrivacy: There is something to seal, and no Privacy object is current.
        InvalidDeclaration: A row names no owner.
        PersonErased: An owner was erased here.
        KeyErased: The keys of an owner were destroyed.
        KeyUnavailable: Those of an owner are disabled, or the key service cannot be reached.
    """
    written = frozenset(columns)
    new = [row for row in rows if any(written.intersection(_to_seal(row)))]
    if not new:
        yield
        return
    _make_keys(current_gate(), new, written)
    page = Page(new)
    for row in new:
        row_state(row).page = page
    with page.owners_made():
        yield


def _make_keys(gate: Gate, rows: Iterable[Model], written: frozenset[Any]) -> None:
    wanted: dict[str, set[SubjectRef]] = {}
    for holder, field_map, members in by_table(gate, rows):
        held = {id(row): _classes(gate, row, holder, written) for row in members}
        sealed = [row for row in members if held[id(row)]]
        for row, owner in zip(sealed, gate.owners(sealed, field_map), strict=True):
            for retention_class in held[id(row)]:
                wanted.setdefault(retention_class, set()).add(owner)
    for retention_class, owners in wanted.items():
        gate.keys.for_sealing_many(owners, retention_class)


def _classes(gate: Gate, row: Model, holder: type[Model], written: frozenset[Any]) -> set[str]:
    """The classes of keys that the values of a row are sealed under which stand in the table of one of its models."""
    return {
        declared(gate, column)[1].retention_class
        for column in _to_seal(row)
        if column.model is holder and column in written
    }


def _to_seal(row: Model) -> Iterator[Any]:
    for column in sealed_columns(type(row)):
        value = values_of(row).get(column.attname)
        if isinstance(value, Sealed | CellText) or is_in_the_clear(row, column):
            yield column
