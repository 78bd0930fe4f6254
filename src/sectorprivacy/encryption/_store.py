"""Rows of the key store: wrapped subject keys, tombstones and epochs; the Protocols of a store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from attrs import field, frozen

from sectorprivacy.encryption._epochs import EpochRows
from sectorprivacy.vocabulary import SubjectRef

LIBRARY: Final = SubjectRef(bytes(16))
"""Whose key the secrets of the library itself come from; no person is ever given this reference."""

LIBRARY_CLASS: Final = "library"
"""Class of that key; it is never rotated, since tokens are computed under it."""


class KeyStatus(StrEnum):
    """What may be done with a subject key."""

    ACTIVE = "active"
    """Seals and opens; one for each person and class."""
    DECRYPT_ONLY = "decrypt_only"
    """Opens what was sealed under it before."""
    DISABLED = "disabled"
    """In quarantine: neither, for now."""
    ERASED = "erased"
    """A tombstone: destroyed on purpose (Art. 17), and never made again for this person and class."""


@frozen(kw_only=True)
class KeyRow:
    """One subject key as it is stored.

    Args:
        tenant: Stable id of the controller.
        kid: The key's id, 16 bytes, unique in the tenant.
        subject: The person.
        retention_class: The class of keys.
        epoch: Which tenant key wraps it.
        wrapped: The wrapped key, 61 bytes; None on a tombstone.
        status: What may be done with it.
        made: When it was made, in UTC.
        seals_files: Whether a sealed file lies under it. A rotation seals no files anew, so it leaves the key in place.
    """

    tenant: str
    kid: bytes
    subject: SubjectRef
    retention_class: str
    epoch: int
    wrapped: bytes | None = field(repr=False)
    status: KeyStatus
    made: datetime
    seals_files: bool = False


@frozen(kw_only=True)
class KeyTally:
    """How many subject keys of one class, status and epoch there are.

    Args:
        retention_class: Their class.
        status: What may be done with them.
        epoch: Which tenant key wraps them.
        count: How many.
        oldest: When the first of them was made.
    """

    retention_class: str
    status: KeyStatus
    epoch: int
    count: int
    oldest: datetime


_DECISIVE = (KeyStatus.ACTIVE, KeyStatus.DISABLED, KeyStatus.ERASED)


def decisive(rows: Iterable[KeyRow]) -> KeyRow | None:
    """Of the rows of one person and class, the one that decides whether a key may be made.

    An active one comes first, then a disabled one, then a tombstone; None where there is none of them, or where a key
    that only opens says that the person is still there.
    """
    found = list(rows)
    candidates = [row for row in found if row.status in _DECISIVE]
    decides = min(candidates, key=lambda row: _DECISIVE.index(row.status), default=None)
    if decides is None or decides.status is not KeyStatus.ERASED:
        return decides
    return None if any(row.status is KeyStatus.DECRYPT_ONLY for row in found) else decides


class KeyRows(Protocol):
    """Subject keys, one by one."""

    def rows(
        self, tenant: str, *, kids: Collection[bytes] = (), subjects: Collection[SubjectRef] = ()
    ) -> Sequence[KeyRow]:
        """Every row with one of the key ids or of one of the persons, in one query."""
        ...

    def insert(self, rows: Sequence[KeyRow]) -> Sequence[KeyRow]:
        """Keep new active rows, atomically.

        Returns:
            For each row the one that stands for its person and class: itself, or one that was there before (active,
            disabled or a tombstone), and then nothing was kept for it.

        Raises:
            EpochEnded: A row is not wrapped under the current epoch; nothing was kept.
        """
        ...

    def erase(self, tenant: str, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """Replace the person's wrapped keys by tombstones, and leave no residue of them where the store can.

        Args:
            tenant: Stable id of the controller.
            subject: The person.
            classes: Classes of keys; None for all.

        Returns:
            How many keys were destroyed; those that were tombstones before do not count.
        """
        ...


class KeyStates(Protocol):
    """What may be done with subject keys."""

    def change(self, tenant: str, kids: Collection[bytes], *, before: Collection[KeyStatus], after: KeyStatus) -> int:
        """Give keys another status, if they have one of those it may come from.

        Args:
            tenant: Stable id of the controller.
            kids: The keys.
            before: What their status must be; others are left alone.
            after: Their new status; `ERASED` makes tombstones of them, as `erase` does.

        Returns:
            How many changed.
        """
        ...

    def note_files(self, tenant: str, kids: Collection[bytes]) -> None:
        """Note that sealed files lie under these keys; it is written before the first byte of a file."""
        ...


class KeyPages(Protocol):
    """Subject keys in bulk, for rotation and its proof."""

    def page(self, tenant: str, *, after: bytes = b"", epoch: int | None = None, limit: int) -> Sequence[KeyRow]:
        """Rows that have a wrapped key, by key id.

        Args:
            tenant: Stable id of the controller.
            after: The last key id of the page before.
            epoch: Only those under this tenant key; None for all.
            limit: How many at most.
        """
        ...

    def rewrap(self, changes: Sequence[tuple[KeyRow, KeyRow]]) -> int:
        """Swap wrapped keys, each only where the old one still stands.

        Args:
            changes: For each key the row as it was read, and the row with its new epoch and wrapped key.

        Returns:
            How many were swapped.

        Raises:
            EpochEnded: The new epoch is not the current one; nothing was swapped.
        """
        ...

    def tally(self, tenant: str) -> Sequence[KeyTally]:
        """How many keys there are of each class, status and epoch."""
        ...


class KeyStore(KeyRows, KeyStates, KeyPages, EpochRows, Protocol):
    """Everything one key database does; the durable one is in `integrations.sqlalchemy`."""
