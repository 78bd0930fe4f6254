"""Rows of the key store: wrapped keys and tombstones; the Protocol, and the store in memory."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import evolve, field, frozen

from sectorprivacy.vocabulary import SubjectRef


class KeyStatus(StrEnum):
    """What may be done with a key."""

    ACTIVE = "active"
    """Seals and opens; one for each person and class."""
    DECRYPT_ONLY = "decrypt_only"
    """Opens what an earlier key sealed."""
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
    """

    tenant: str
    kid: bytes
    subject: SubjectRef
    retention_class: str
    epoch: int
    wrapped: bytes | None = field(repr=False)
    status: KeyStatus


_DECISIVE = (KeyStatus.ACTIVE, KeyStatus.DISABLED, KeyStatus.ERASED)


def decisive(rows: Iterable[KeyRow]) -> KeyRow | None:
    """Of the rows of one person and class, the one that decides whether a key may be made.

    An active one comes first, then a disabled one, then a tombstone; None where there is none of them.
    """
    candidates = [row for row in rows if row.status in _DECISIVE]
    return min(candidates, key=lambda row: _DECISIVE.index(row.status), default=None)


class KeyStore(Protocol):
    """Where wrapped keys and tombstones lie; the durable one is in `integrations.sqlalchemy`."""

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


class MemoryKeyStore:
    """A key store that lives as long as its process; nothing of it is ever on disk."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, bytes], KeyRow] = {}
        self._kids: defaultdict[tuple[str, SubjectRef], list[bytes]] = defaultdict(list)
        self._lock = threading.Lock()

    def rows(
        self, tenant: str, *, kids: Collection[bytes] = (), subjects: Collection[SubjectRef] = ()
    ) -> Sequence[KeyRow]:
        """See KeyStore."""
        with self._lock:
            theirs = [kid for subject in subjects for kid in self._kids.get((tenant, subject), ())]
            wanted = dict.fromkeys([*kids, *theirs])
            return [row for kid in wanted if (row := self._rows.get((tenant, kid))) is not None]

    def insert(self, rows: Sequence[KeyRow]) -> Sequence[KeyRow]:
        """See KeyStore."""
        with self._lock:
            return [self._insert(row) for row in rows]

    def _insert(self, new: KeyRow) -> KeyRow:
        stands = decisive(self._of(new.tenant, new.subject, [new.retention_class]))
        if stands is None:
            self._rows[new.tenant, new.kid] = stands = new
            self._kids[new.tenant, new.subject].append(new.kid)
        return stands

    def erase(self, tenant: str, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """See KeyStore."""
        with self._lock:
            doomed = [row for row in self._of(tenant, subject, classes) if row.status is not KeyStatus.ERASED]
            for row in doomed:
                self._rows[tenant, row.kid] = evolve(row, wrapped=None, status=KeyStatus.ERASED)
            return len(doomed)

    def _of(self, tenant: str, subject: SubjectRef, classes: Collection[str] | None) -> list[KeyRow]:
        rows = [self._rows[tenant, kid] for kid in self._kids.get((tenant, subject), ())]
        return [row for row in rows if classes is None or row.retention_class in classes]
