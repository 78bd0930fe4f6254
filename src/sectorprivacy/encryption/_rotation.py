"""What a rotation says of itself, and what it asks of whoever holds cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from attrs import frozen

from sectorprivacy.encryption._epochs import Epoch, EpochStatus
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._shreddings import Checkpoint
from sectorprivacy.encryption._store import LIBRARY_CLASS, KeyStatus, KeyTally
from sectorprivacy.vocabulary import SubjectRef

CRYPTOPERIOD: Final = timedelta(days=365)
"""How long a key should be in use (NIST SP 800-57: one to two years for keys that seal)."""

Progress = Callable[["Step"], None]


@frozen
class Step:
    """How far a rotation is.

    Args:
        work: What is being done, in a few words.
        done: How many keys, records or seconds are done.
        of: How many there are; None where that is not known.
    """

    work: str
    done: int
    of: int | None


@frozen(kw_only=True)
class ResealPage:
    """What one page of a sweep did.

    Args:
        seen: Records looked at.
        resealed: Cells sealed anew.
        lost: Cells that somebody else changed meanwhile; those are sealed under the new key already.
        failed: Cells that do not open, because they are damaged or their key is in quarantine; they are left as they
            are.
        after: Where the next page begins; None at the end.
    """

    seen: int
    resealed: int
    lost: int
    failed: int
    after: str | None


class CellHolder(Protocol):
    """Somewhere that holds cells: the tables of a service."""

    @property
    def name(self) -> str:
        """What an administrator calls it."""
        ...

    @property
    def holds(self) -> Collection[str]:
        """Stable ids of the models whose cells it holds, all of them."""
        ...

    def reseal(
        self,
        stale: Callable[[bytes], bool],
        seal_again: Callable[[Place, bytes], bytes],
        after: str | None,
        limit: int,
    ) -> ResealPage:
        """Seal one page of records anew, in key order, each cell by compare and swap; tokens go with their cell.

        Args:
            stale: Whether a cell of this key id is sealed anew.
            seal_again: The new cell for a place and its old cell.
            after: Where the page before ended; None for the first.
            limit: How many records at most.
        """
        ...

    def left(self, stale: Callable[[bytes], bool]) -> Mapping[bytes, int]:
        """How many cells there still are of each of these key ids; an id of which there is none is left out."""
        ...


@runtime_checkable
class TokenHolder(Protocol):
    """A CellHolder that also holds tokens of blind indexes."""

    def token_counts(self) -> Mapping[str, Mapping[bytes, int]]:
        """How many records have each token, by the path of its field ("crm.customer.email")."""
        ...


@runtime_checkable
class PlaintextHolder(Protocol):
    """A CellHolder some of whose fields are being migrated from values in the clear."""

    def plaintext_counts(self) -> Mapping[str, int]:
        """How many records still have a value in the clear, by path of each field declared with `plaintext_until`."""
        ...


class Owners(Protocol):
    """Who is who in a service, and who owns records together."""

    def find(self, kind: str, value: str) -> SubjectRef | None:
        """Whose an identifier is; None for one that is not known."""
        ...

    def sealed_place(self, place: Place, cell: bytes) -> Place:
        """The place that a cell was sealed for, where its record says another since owners joined or left."""
        ...

    def leave(self, subject: SubjectRef) -> None:
        """Take a person out of what they own with others, and destroy the keys of what everybody left."""
        ...


class _NoOwners:
    """Nobody is known by an identifier, and nothing is owned together."""

    def find(self, kind: str, value: str) -> SubjectRef | None:
        return None

    def sealed_place(self, place: Place, cell: bytes) -> Place:
        return place

    def leave(self, subject: SubjectRef) -> None:
        return None


NO_OWNERS: Final[Owners] = _NoOwners()


@frozen(kw_only=True)
class CustodyStatus:
    """The keys of a tenant.

    Args:
        tenant: Stable id of the controller.
        wrapping: Epochs of the key that wraps subject keys.
        index: Epochs of the key of blind indexes.
        keys: How many subject keys there are, by class, status and epoch.
        overdue: Keys in use for more than a year, in words.
        plaintext: Values still in the clear in each field that is being migrated, by its path.
        checkpoint: Length and hash of the list of destroyed keys, to be kept elsewhere; None where there is no list.
    """

    tenant: str
    wrapping: tuple[Epoch, ...]
    index: tuple[Epoch, ...]
    keys: tuple[KeyTally, ...]
    overdue: tuple[str, ...]
    plaintext: Mapping[str, int]
    checkpoint: Checkpoint | None


@frozen(kw_only=True)
class Rotated:
    """What a rotation did, and the proof that it is complete.

    Args:
        changed: Keys rewrapped, or cells sealed anew, in this run.
        remaining: Cells that are still under an old key, counted after the last change: they do not open, because they
            are damaged or in quarantine. Their keys were left in place.
        damaged: Subject keys whose row does not unwrap; what is sealed under them is lost.
        destroyed: Names or ids of the keys that were destroyed.
        kept: Names of key objects that the provider cannot destroy. Destroy them by hand: until then a backup of the
            key store opens with them.
        gone_by: When what was destroyed is out of the key service's reach too; None for now.
    """

    changed: int
    remaining: int
    damaged: int = 0
    destroyed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    gone_by: datetime | None = None


def overdue(epochs: Iterable[Epoch], tally: Iterable[KeyTally], now: datetime) -> Iterator[str]:
    """Keys that are in use for more than their cryptoperiod, in words."""
    since = now - CRYPTOPERIOD
    for epoch in epochs:
        if epoch.status is EpochStatus.CURRENT and epoch.began < since:
            yield f"tenant key {epoch.name} is in use since {epoch.began:%Y-%m-%d}"
    for each in tally:
        if each.status is KeyStatus.ACTIVE and each.oldest < since and each.retention_class != LIBRARY_CLASS:
            yield f"subject keys of class {each.retention_class} are in use since {each.oldest:%Y-%m-%d}"
