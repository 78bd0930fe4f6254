"""What one process knows of subject keys, and for how long it may rely on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from threading import Lock
from typing import Final

from attrs import frozen

from sectorprivacy.encryption._store import KeyRow, KeyStatus
from sectorprivacy.encryption._subject_key import SubjectKey
from sectorprivacy.vocabulary import SubjectRef

CACHE_LIMIT: Final = 100_000


@frozen(eq=False)
class Known:
    """What the store said about a key id, and when it was asked.

    Args:
        row: Its row; None where the store has none.
        key: The key; None where it may not be used, or its row was tampered with.
        asked: Seconds on the clock before the store was asked.
    """

    row: KeyRow | None
    key: SubjectKey | None
    asked: float


class KnownKeys:
    """A cache of keys by their id, and of the active key of each person and class.

    No lock is held while the store is asked: `remember` refuses an answer that was asked for before something was
    forgotten, since it may be what was to be forgotten.

    Args:
        lifetime: Seconds for which an answer of the store is relied on.
        clock: Seconds, on a clock that runs while the machine is suspended.
    """

    def __init__(self, lifetime: float, clock: Callable[[], float]) -> None:
        self._lifetime = lifetime
        self._clock = clock
        self._known: dict[bytes, Known] = {}
        self._active: dict[tuple[bytes, str], bytes] = {}
        self._lock = Lock()
        self.forgotten = 0

    def fresh(self, kid: bytes) -> Known | None:
        """What is known of a key id and not too old."""
        known = self._known.get(kid)
        return known if known is not None and self._clock() - known.asked < self._lifetime else None

    def active(self, subject: SubjectRef, retention_class: str) -> SubjectKey | None:
        """The key that seals for a person and class, if it is known."""
        known = self.fresh(self._active.get((subject.raw, retention_class), b""))
        # It may have been read again since, and retired meanwhile: a rotation would destroy what is sealed under it.
        active = known is not None and known.row is not None and known.row.status is KeyStatus.ACTIVE
        return known.key if known is not None and active else None

    def remember(self, answers: Mapping[bytes, Known], *, forgotten: int) -> bool:
        """Rely on these answers of the store from now on.

        Args:
            answers: What the store said, by key id.
            forgotten: The value of `forgotten` before the store was asked.

        Returns:
            False, and nothing is remembered, if something was forgotten meanwhile: ask again.
        """
        with self._lock:
            if forgotten != self.forgotten:
                return False
            # A flood of invented key ids must not fill the memory; what is forgotten is only asked for again.
            if len(self._known) + len(answers) > CACHE_LIMIT:
                self._known.clear()
                self._active.clear()
            self._known.update(answers)
            for kid, known in answers.items():
                row = known.row
                if row is not None and known.key is not None and row.status is KeyStatus.ACTIVE:
                    self._active[row.subject.raw, row.retention_class] = kid
            return True

    def forget(self, subjects: Collection[SubjectRef]) -> None:
        """Ask the store again for everything about these people."""
        people = frozenset(subjects)
        raw = {each.raw for each in people}
        with self._lock:
            self.forgotten += 1
            self._known = {
                kid: known for kid, known in self._known.items() if known.row is None or known.row.subject not in people
            }
            self._active = {name: kid for name, kid in self._active.items() if name[0] not in raw}
