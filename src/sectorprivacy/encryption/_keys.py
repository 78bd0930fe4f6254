"""Keys: finds, makes, remembers for a minute and shreds the subject keys of one tenant."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NoReturn

from attrs import frozen

from sectorprivacy.encryption._cell import CellHead, unseal
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._provider import KeyProvider
from sectorprivacy.encryption._store import KeyRow, KeyStatus, KeyStore, decisive
from sectorprivacy.encryption._subject_key import SubjectKey, TenantKey
from sectorprivacy.errors import DecryptionError, KeyErased, KeyNotLoaded, KeyUnavailable
from sectorprivacy.vocabulary import SubjectRef

LIFETIME: Final = 60.0
CACHE_LIMIT: Final = 100_000


def awake_or_not() -> float:
    """Seconds on a clock that also runs while the machine is suspended."""
    # Where there is no CLOCK_BOOTTIME (macOS), the monotonic clock counts suspended time.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@frozen(eq=False)
class _Known:
    """What the store said about a key id, and when it was asked."""

    row: KeyRow | None
    key: SubjectKey | None
    asked: float


class Keys:
    """The subject keys of one tenant.

    Args:
        tenant: Stable id of the controller.
        store: Where wrapped keys and tombstones lie.
        provider: Where tenant keys come from.
        lifetime: Seconds for which a key is used without asking the store again, counted from before the store was
            asked: the latency of shredding in other processes.
        clock: Seconds; by default a clock that runs while the machine is suspended.
    """

    def __init__(
        self,
        tenant: str,
        *,
        store: KeyStore,
        provider: KeyProvider,
        lifetime: float = LIFETIME,
        clock: Callable[[], float] = awake_or_not,
    ) -> None:
        self.tenant = tenant
        self.lifetime = lifetime
        self._store = store
        self._provider = provider
        self._clock = clock
        self._known: dict[bytes, _Known] = {}
        self._active: dict[tuple[bytes, str], bytes] = {}
        # Held while the store is read, so that what was read before a shredding is not remembered after it.
        self._lock = threading.RLock()

    def for_sealing(self, subject: SubjectRef, retention_class: str) -> SubjectKey:
        """The active key of a person and class, made where there is none.

        Raises:
            KeyErased: The person's key of this class was destroyed; it is not made again.
            KeyUnavailable: The key is disabled, or the provider cannot be reached.
        """
        return self.for_sealing_many([subject], retention_class)[subject]

    def for_sealing_many(
        self, subjects: Collection[SubjectRef], retention_class: str
    ) -> Mapping[SubjectRef, SubjectKey]:
        """The active keys of many persons in one class: one query, and one insert for those that are new.

        Raises:
            KeyErased: As `for_sealing`, for any of them; then no key was made.
            KeyUnavailable: As `for_sealing`.
        """
        with self._lock:
            found = {subject: self._cached_active(subject, retention_class) for subject in subjects}
            missing = [subject for subject, key in found.items() if key is None]
            if missing:
                found.update(self._find_or_make(missing, retention_class))
        return {subject: key for subject, key in found.items() if key is not None}

    def load(self, cells: Iterable[bytes]) -> None:
        """Fetch the keys of a whole page of cells in one query; what is no cell is passed over.

        Raises:
            KeyUnavailable: The provider cannot be reached.
        """
        kids = {cell[2:18] for cell in cells if cell[:1] == b"\xf9"}
        with self._lock:
            self._fetch([kid for kid in kids if self._fresh(kid) is None])

    def for_opening(self, place: Place, cell: bytes) -> SubjectKey:
        """The key of a cell, if it is the one of the place's person and class.

        Raises:
            NotSealed: It is no cell.
            KeyNotLoaded: An event loop runs here and the key is not loaded; nothing about the cell is known yet.
            KeyErased: The key was destroyed on purpose.
            KeyUnavailable: The key is disabled, or the provider cannot be reached.
            DecryptionError: The form, the codec, the key id, the person or the class is another one.
        """
        head = CellHead.read(cell)
        known = self._fresh(head.kid)
        if known is None and loop_runs():
            raise KeyNotLoaded
        if head.codec != place.codec:
            raise DecryptionError
        return self._usable(known or self._ask(head.kid), place)

    def for_stream(self, place: Place, kid: bytes) -> SubjectKey:
        """The key of a stream by its key id. Raises: as `for_opening`."""
        known = self._fresh(kid)
        if known is None and loop_runs():
            raise KeyNotLoaded
        return self._usable(known or self._ask(kid), place)

    def open(self, place: Place, cell: bytes) -> Any:
        """The value of a cell in its place. Raises: as `for_opening`."""
        return unseal(self.for_opening(place, cell), place, cell)

    def count(self, subjects: Collection[SubjectRef], classes: Collection[str] | None = None) -> int:
        """How many keys of these people there are that were not destroyed.

        Args:
            subjects: The people.
            classes: Classes of keys; None for all.
        """
        rows = self._store.rows(self.tenant, subjects=subjects) if subjects else ()
        return sum(
            row.status is not KeyStatus.ERASED and (classes is None or row.retention_class in classes) for row in rows
        )

    def shred(self, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """Destroy a person's keys (Art. 17): nothing sealed under them opens again.

        Args:
            subject: The person.
            classes: Classes of keys; None for all.

        Returns:
            How many keys were destroyed now.
        """
        with self._lock:
            try:
                return self._store.erase(self.tenant, subject, classes)
            finally:
                self._forget(subject)

    def _usable(self, known: _Known, place: Place) -> SubjectKey:
        row = known.row
        if row is None or row.subject != place.subject or row.retention_class != place.retention_class:
            raise DecryptionError
        if row.status is KeyStatus.ERASED:
            raise KeyErased
        if row.status is KeyStatus.DISABLED:
            raise KeyUnavailable
        if known.key is None or place.tenant != self.tenant:
            raise DecryptionError
        return known.key

    def _ask(self, kid: bytes) -> _Known:
        with self._lock:
            return self._fresh(kid) or self._fetch([kid])[kid]

    def _fresh(self, kid: bytes) -> _Known | None:
        known = self._known.get(kid)
        return known if known is not None and self._clock() - known.asked < self.lifetime else None

    def _fetch(self, kids: Collection[bytes]) -> dict[bytes, _Known]:
        if not kids:
            return {}
        asked = self._clock()
        rows = {row.kid: row for row in self._store.rows(self.tenant, kids=kids)}
        opener = _Opener(self._provider, self.tenant)
        fetched = {kid: _Known(row := rows.get(kid), opener.key(row), asked) for kid in kids}
        self._remember(fetched)
        return fetched

    def _remember(self, fetched: Mapping[bytes, _Known]) -> None:
        # A flood of invented key ids must not fill the memory; what is forgotten is only asked for again.
        if len(self._known) + len(fetched) > CACHE_LIMIT:
            self._known.clear()
            self._active.clear()
        self._known.update(fetched)
        for kid, known in fetched.items():
            row = known.row
            if row is not None and known.key is not None and row.status is KeyStatus.ACTIVE:
                self._active[row.subject.raw, row.retention_class] = kid

    def _forget(self, subject: SubjectRef) -> None:
        self._known = {
            kid: known for kid, known in self._known.items() if known.row is None or known.row.subject != subject
        }
        self._active = {name: kid for name, kid in self._active.items() if name[0] != subject.raw}

    def _cached_active(self, subject: SubjectRef, retention_class: str) -> SubjectKey | None:
        known = self._fresh(self._active.get((subject.raw, retention_class), b""))
        return known.key if known is not None else None

    def _find_or_make(self, subjects: Collection[SubjectRef], retention_class: str) -> dict[SubjectRef, SubjectKey]:
        asked = self._clock()
        stored: dict[SubjectRef, list[KeyRow]] = {subject: [] for subject in subjects}
        for row in self._store.rows(self.tenant, subjects=subjects):
            if row.retention_class == retention_class:
                stored[row.subject].append(row)
        found = {subject: decisive(rows) for subject, rows in stored.items()}
        stands = {subject: row for subject, row in found.items() if row is not None}
        for row in stands.values():
            _refuse_unless_active(row)
        new = [subject for subject in subjects if subject not in stands]
        if new:
            stands.update(zip(new, self._store.insert(self._mint(new, retention_class)), strict=True))
        return self._active_keys(stands, asked)

    def _mint(self, subjects: Collection[SubjectRef], retention_class: str) -> list[KeyRow]:
        tenant_key = self._provider.tenant_key(self.tenant, None)
        rows: list[KeyRow] = []
        for subject in subjects:
            key, wrapped = tenant_key.mint(subject, retention_class)
            rows.append(
                KeyRow(
                    tenant=self.tenant,
                    kid=key.kid,
                    subject=subject,
                    retention_class=retention_class,
                    epoch=tenant_key.epoch,
                    wrapped=wrapped,
                    status=KeyStatus.ACTIVE,
                )
            )
        return rows

    def _active_keys(self, rows: Mapping[SubjectRef, KeyRow], asked: float) -> dict[SubjectRef, SubjectKey]:
        opener = _Opener(self._provider, self.tenant)
        keys: dict[SubjectRef, SubjectKey] = {}
        fetched: dict[bytes, _Known] = {}
        for subject, row in rows.items():
            # Another process may have made or destroyed it between the query and the insert.
            _refuse_unless_active(row)
            key = opener.key(row)
            if key is None:
                raise DecryptionError
            keys[subject] = key
            fetched[row.kid] = _Known(row, key, asked)
        self._remember(fetched)
        return keys

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys are never pickled or copied: they hold secrets")

    def __repr__(self) -> str:
        return f"Keys({self.tenant!r})"


class _Opener:
    """Unwraps the rows of one page, asking the provider once for each epoch."""

    def __init__(self, provider: KeyProvider, tenant: str) -> None:
        self._provider = provider
        self._tenant = tenant
        self._epochs: dict[int, TenantKey] = {}

    def key(self, row: KeyRow | None) -> SubjectKey | None:
        """The key of a row; None where it has none, may not be used, or was tampered with."""
        if row is None or row.wrapped is None or row.status in {KeyStatus.ERASED, KeyStatus.DISABLED}:
            return None
        try:
            tenant_key = self._tenant_key(row.epoch)
            return tenant_key.unwrap(row.wrapped, kid=row.kid, subject=row.subject, retention_class=row.retention_class)
        except KeyUnavailable:
            raise
        except DecryptionError:
            # One damaged row must not hide the others of its page; it stays unusable.
            return None

    def _tenant_key(self, epoch: int) -> TenantKey:
        if epoch not in self._epochs:
            self._epochs[epoch] = self._provider.tenant_key(self._tenant, epoch)
        return self._epochs[epoch]


def _refuse_unless_active(row: KeyRow) -> None:
    if row.status is KeyStatus.ERASED:
        raise KeyErased
    if row.status is not KeyStatus.ACTIVE:
        raise KeyUnavailable


def loop_runs() -> bool:
    """Whether an event loop runs in this thread; opening a value never blocks one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
