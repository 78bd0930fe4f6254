"""What an administrator, who has not entered the Privacy of a service, is given of it: its cells and its owners."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from attrs import frozen

from sectorprivacy.encryption import CellHolder, Place, PlaintextHolder, ResealPage, TokenHolder
from sectorprivacy.purposes import Gate, entered, sealed_place
from sectorprivacy.vocabulary import SubjectRef


@frozen
class HeldWithin:
    """A CellHolder, TokenHolder and PlaintextHolder that works inside the Privacy it belongs to."""

    _gate: Gate
    _holder: CellHolder

    @property
    def name(self) -> str:
        """See CellHolder."""
        return self._holder.name

    @property
    def holds(self) -> Collection[str]:
        """See CellHolder."""
        with entered(self._gate):
            return self._holder.holds

    def reseal(
        self,
        stale: Callable[[bytes], bool],
        seal_again: Callable[[Place, bytes], bytes],
        after: str | None,
        limit: int,
    ) -> ResealPage:
        """See CellHolder."""
        with entered(self._gate):
            return self._holder.reseal(stale, seal_again, after, limit)

    def left(self, stale: Callable[[bytes], bool]) -> Mapping[bytes, int]:
        """See CellHolder."""
        with entered(self._gate):
            return self._holder.left(stale)

    def token_counts(self) -> Mapping[str, Mapping[bytes, int]]:
        """See TokenHolder; nothing where the holder has no tokens."""
        if not isinstance(self._holder, TokenHolder):
            return {}
        with entered(self._gate):
            return self._holder.token_counts()

    def plaintext_counts(self) -> Mapping[str, int]:
        """See PlaintextHolder; nothing where nothing is being migrated."""
        if not isinstance(self._holder, PlaintextHolder):
            return {}
        with entered(self._gate):
            return self._holder.plaintext_counts()


@frozen
class OwnersWithin:
    """Who owns what in a Privacy, for its Custody."""

    _gate: Gate

    def find(self, kind: str, value: str) -> SubjectRef | None:
        """See Owners."""
        return self._gate.subjects.find(kind, value)

    def sealed_place(self, place: Place, cell: bytes) -> Place:
        """See Owners."""
        return sealed_place(self._gate, place, cell)

    def leave(self, subject: SubjectRef) -> None:
        """See Owners."""
        self._gate.subjects.leave([subject])
        self._gate.end_groups()
