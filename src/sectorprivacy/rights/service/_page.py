"""One page of what concerns the person: whatever selected it, held against the marks once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import PAGE_LIMIT
from sectorprivacy.rights.service._cursor import Cursors, Start
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
    """A page from the data; records of a time at which an identifier was not the person's are passed over.

    Raises:
        ProtocolError: A hand-written selector gave a record that does not name the person, or one that was there.
    """
    found = records.select(field_map, who, start.after, limit)
    concerning = list(map(who.concerning(field_map), found))
    passed_over = [record for record, concerns in zip(found, concerning, strict=True) if not concerns]
    if len(found) > limit or not all(map(who.naming(field_map), passed_over)):
        raise ProtocolError(problem="record_of_another", retry="human")
    keys = [key_of(field_map, record) for record in found]
    if len({start.after, *keys}) != len(keys) + 1:
        raise ProtocolError(problem="record_twice", retry="human")
    held = [Held(*each) for each in zip(found, keys, concerning, strict=True)]
    return Page(
        [each for each in held if each.concerns],
        Start(start.page + 1, keys[-1]) if len(found) == limit else None,
    )


def read_all(records: Records, field_map: FieldMap, who: Who) -> Iterator[Held]:
    """Everything of a data set, a page at a time."""
    start: Start | None = Start()
    while start is not None:
        page = read_page(records, field_map, who, start, PAGE_LIMIT)
        yield from page.held
        start = page.following


def following(cursors: Cursors, use: str, page: Page) -> str | None:
    """The cursor of the page after this one, for `use` ("export/crm.customer"); None after the last."""
    if page.following is None or page.following.after is None:
        return None
    return cursors.write(use, page.following.page, page.following.after)
