"""What an administrator, who has not entered the Privacy of a service, is given of it: its cells and its people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from attrs import frozen

from sectorprivacy.encryption import CellHolder, Place, ResealPage, TokenHolder
from sectorprivacy.purposes import Gate, entered, sealed_place
from sectorprivacy.vocabulary import SubjectRef


@frozen
class HeldWithin:
    """A CellHolder and TokenHolder that works inside the Privacy it belongs to."""

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

    def count(self, stale: Callable[[bytes], bool]) -> int:
        """See CellHolder."""
        with entered(self._gate):
            return self._holder.count(stale)

    def token_counts(self) -> Mapping[str, Mapping[bytes, int]]:
        """See TokenHolder; nothing where the holder has no tokens."""
        if not isinstance(self._holder, TokenHolder):
            return {}
        with entered(self._gate):
            return self._holder.token_counts()


@frozen
class PeopleWithin:
    """The people of a Privacy, for its Custody."""

    _gate: Gate

    def find(self, kind: str, value: str) -> SubjectRef | None:
        """See People."""
        return self._gate.subjects.find(kind, value)

    def sealed_place(self, place: Place, cell: bytes) -> Place:
        """See People."""
        return sealed_place(self._gate, place, cell)

    def leave(self, subject: SubjectRef) -> None:
        """See People."""
        self._gate.subjects.leave([subject])
        self._gate.end_groups()
