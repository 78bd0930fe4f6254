"""The value of a sealed column as its row holds it, and the text of a cell where nobody knows its row yet."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.db.models import Model

from sectorprivacy.annotations import FieldMap
from sectorprivacy.encryption import Place, Sealed, from_text, key_access, to_text
from sectorprivacy.integrations.django._declared import place_of
from sectorprivacy.integrations.django._page import row_state
from sectorprivacy.purposes import Gate, current_gate, sealed_place

"""How the text of every cell begins; what begins otherwise is in the clear."""


class CellText(str):
    """Text of a cell that was checked for its form or written by us: what a column takes, whatever it begins with."""

    __slots__ = ()

    @classmethod
    def of(cls, cell: bytes) -> CellText:
        """The text of a cell."""
        return cls(to_text(cell))

    @classmethod
    def checked(cls, text: str) -> CellText:
        """Raises: NotSealed, DecryptionError."""
        from_text(text)
        return cls(text)


class SealedColumn(Sealed[Any]):
    """A stored value that knows its row; its place is worked out when it is wanted, so that reading asks nobody."""

    __slots__ = ("row",)

    row: Model

    @classmethod
    def of_row(cls, row: Model, field: Any, text: str) -> SealedColumn:
        """What a row holds in a sealed column."""
        value = cast("SealedColumn", cls.stored(partial(_place, row, field), text))
        value.row = row
        return value


def gate_for(row: Model) -> Gate:
    """The current gate, which has looked up all owners of the row's page. Raises: NoPrivacy."""
    page = row_state(row).page
    return current_gate() if page is None else page.gate(current_gate())


def gate_for_sealing(row: Model, field_map: FieldMap) -> Gate:
    """As `gate_for`, after the owners of the row were made where they are new.

    Raises:
        NoPrivacy: No Privacy object is current.
        InvalidDeclaration: The row names no owner.
        PersonErased: One of them was erased here.
    """
    state, gate = row_state(row), gate_for(row)
    if state.page is None:
        gate.owner(row, field_map)
    elif not state.page.knows_owners:
        before = gate.subjects.known(gate.owners_named(row, field_map))
        gate.owner(row, field_map)
        if len(before) < len(gate.owners_named(row, field_map)):
            state.page = None  # it was asked before they were made, and would not know them
    return gate_for(row)


def opened(gate: Gate, place: Place, cell: bytes) -> Any:
    """The value of a cell of this place, also where owners joined or left since; for the service itself.

    Raises: As `Keys.open`.
    """
    if not gate.keys.reads_plaintext(place, cell):
        place = sealed_place(gate, place, cell)
    return gate.keys.open(place, cell)


def _place(row: Model, field: Any) -> Place:
    page = row_state(row).page
    if page is not None and key_access.get(None) is not None:
        page.load_keys(current_gate())  # about to be opened, and the others of its page after it
    return place_of(gate_for(row), field, row)
