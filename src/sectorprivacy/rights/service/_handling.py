"""The scope in which a person's request is handled: it covers them, and the owners of the records that concern them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Final

from attrs import evolve

from sectorprivacy.annotations import FieldMap
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import KeyErased, SubjectNotCovered
from sectorprivacy.ledger import Deed
from sectorprivacy.policy import RIGHTS_HANDLING
from sectorprivacy.purposes import Gate, Scope, entered, using
from sectorprivacy.rights.service._who import Who

FORGOTTEN: Final = (KeyErased, SubjectNotCovered)
"""How a value refuses whose key was destroyed: the scope covers every owner known here, so others were forgotten."""


@contextmanager
def handling(gate: Gate, who: Who, field_map: FieldMap | None = None, records: Iterable[Any] = ()) -> Generator[Scope]:
    """Enter `rights_handling` for a person, with one look-up of people, whatever the number of records.

    Args:
        gate: The gate of the service.
        who: The person.
        field_map: Marks of the records' model, where there are records.
        records: Records that concern them. Values are sealed under the key of a record's owner, who may be known by
            another identifier than the one by which the person is found.
    """
    theirs = {(each.kind, each.value) for each in who.identifiers if not each.names_a_thing}
    records = list(records)
    pairs = theirs.union(*(gate.owner_pairs(record, field_map) for record in records))
    subjects = gate.subjects.acquainted(pairs, {gate.owners_named(record, field_map) for record in records})
    with (
        entered(evolve(gate, subjects=subjects)),
        using(RIGHTS_HANDLING, list(subjects.known(pairs).values()), deed=Deed.EXPORTED) as purpose,
    ):
        yield purpose


def prefetch(purpose: Scope, values: Iterable[Any]) -> None:
    """Load the keys of sealed values, in one query; what is empty or of somebody forgotten is passed over."""
    sealed: list[Sealed[Any]] = [value for value in values if isinstance(value, Sealed)]
    purpose.prefetch(purpose.covered(sealed))
