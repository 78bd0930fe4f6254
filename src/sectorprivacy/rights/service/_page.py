"""One page of what concerns the person: whatever selected it, held against the marks once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import PAGE_LIMIT
from sectorprivacy.rights.service._cursor import Start
from sectorprivacy.rights.service._data import Records
from sectorprivacy.rights.service._finding import key_of
from sectorprivacy.rights.service._who import Concern, Who
from sectorprivacy.vocabulary import RecordKey


@frozen
class Held:
    """A record that concerns the person, its key, and how."""

    record: Any
    key: RecordKey
    concerns: tuple[Concern, ...]


@frozen
class Page:
    """Records in key order, and where the next page starts."""

    held: Sequence[Held]
    following: Start | None

    @property
    def records(self) -> list[Any]:
        """The records alone."""
        return [each.record for each in self.held]


def read_page(records: Records, field_map: FieldMap, who: Who, start: Start, limit: int) -> Page:
    """A page from the data.

    Raises:
        ProtocolError: A hand-written selector gave a record that does not concern the person, or one that was there.
    """
    concerns = who.concerning(field_map)
    found = records.select(field_map, who, start.after, limit)
    held = [Held(record, key_of(field_map, record), concerns(record)) for record in found]
    if len(held) > limit or not all(each.concerns for each in held):
        raise ProtocolError(problem="record_of_another", retry="human")
    if len({start.after, *(each.key for each in held)}) != len(held) + 1:
        raise ProtocolError(problem="record_twice", retry="human")
    return Page(held, Start(start.page + 1, held[-1].key) if len(held) == limit else None)


def read_all(records: Records, field_map: FieldMap, who: Who) -> Iterator[Held]:
    """Everything of a data set, a page at a time."""
    start: Start | None = Start()
    while start is not None:
        page = read_page(records, field_map, who, start, PAGE_LIMIT)
        yield from page.held
        start = page.following
