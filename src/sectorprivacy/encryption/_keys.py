"""Keys: finds, makes, remembers for a minute and shreds the subject keys of one tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from sectorprivacy.encryption._cell import CellHead, head_of, kid_of, unseal
from sectorprivacy.encryption._codecs import decode
from sectorprivacy.encryption._epochs import TenantKeys
from sectorprivacy.encryption._failures import Failures
from sectorprivacy.encryption._forks import begins_anew
from sectorprivacy.encryption._known import Known, KnownKeys
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._provider import KeyProvider
from sectorprivacy.encryption._running import awake_or_not, loop_runs
from sectorprivacy.encryption._shreddings import Shreddings
from sectorprivacy.encryption._store import KeyRow, KeyStatus, KeyStore, decisive
from sectorprivacy.encryption._subject_key import SubjectKey, TenantIndexKey
from sectorprivacy.encryption._wrapping import minted, unwrapped
from sectorprivacy.errors import (
    DecryptionError,
    EpochEnded,
    KeyErased,
    KeyNotLoaded,
    KeyUnavailable,
    NotSealed,
)
from sectorprivacy.vocabulary import SubjectRef

LIFETIME: Final = 60.0

_LIVING: Final = frozenset(KeyStatus) - {KeyStatus.ERASED}

ATTEMPTS: Final = 5
"""How often something is done anew because an epoch began or a person was shredded meanwhile."""


class Keys:
    """The subject keys of one tenant.

    Args:
        tenant: Stable id of the controller.
        store: Where wrapped keys and tombstones lie.
        provider: What protects the tenant keys.
        shreddings: Where destroyed keys are noted, outside the store, so that a restored store can be put right.
        lifetime: Seconds for which a key is used without asking the store again, counted from before the store was
            asked: the latency of shredding in other processes.
        clock: Seconds; by default a clock that runs while the machine is suspended.
        now: The time of day, aware.

    Attributes:
        plaintext_reads: How many values in the clear were read of each field that is being migrated, by its path.
    """

    def __init__(
        self,
        tenant: str,
        *,
        store: KeyStore,
        provider: KeyProvider,
        shreddings: Shreddings | None = None,
        lifetime: float = LIFETIME,
        clock: Callable[[], float] = awake_or_not,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.tenant = tenant
        self.store = store
        self.provider = provider
        self.shreddings = shreddings
        self.lifetime = lifetime
        self.now = now
        self.plaintext_reads: Counter[str] = Counter()
        self.tenant_keys = TenantKeys(tenant, store=store, provider=provider, clock=clock, now=now)
        self._clock = clock
        self.begin_anew()
        begins_anew(self)

    def begin_anew(self) -> None:
        """Know no key any more, as in a forked child: it takes neither keys nor a held lock over from its parent."""
        self._failures = Failures()
        self._known = KnownKeys(self.lifetime, self._clock)

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
        found = {subject: self._known.active(subject, retention_class) for subject in subjects}
        missing = [subject for subject, key in found.items() if key is None]
        if missing:
            found.update(self._find_or_make(missing, retention_class))
        return {subject: key for subject, key in found.items() if key is not None}

    def load(self, cells: Iterable[bytes]) -> None:
        """Fetch the keys of a whole page of cells in one query; what is no cell is passed over.

        Raises:
            KeyUnavailable: The provider cannot be reached.
        """
        kids = {kid_of(cell) for cell in cells if head_of(cell)}
        self._fetch([kid for kid in kids if self._known.fresh(kid) is None])

    def for_files(self, subject: SubjectRef, retention_class: str) -> SubjectKey:
        """As `for_sealing`, for a sealed file; a rotation leaves its key in place. Raises: as `for_sealing`."""
        key = self.for_sealing(subject, retention_class)
        known = self._known.fresh(key.kid)
        if known is None or known.row is None or not known.row.seals_files:
            self.store.note_files(self.tenant, [key.kid])
            self._known.forget([subject])
        return key

    def for_opening(self, place: Place, cell: bytes) -> SubjectKey:
        """The key of a cell, if it is the one of the place's person and class.

        Raises:
            NotSealed: It is no cell.
            KeyNotLoaded: An event loop runs here and the key is not loaded; nothing about the cell is known yet.
            KeyErased: The key was destroyed on purpose.
            KeyUnavailable: The key is disabled, or the provider cannot be reached.
            DecryptionError: The form, the codec, the key id, the person or the class is another one.
            SystemicFailure: So many values failed lately that the keys must be wrong.
        """
        try:
            return self._for_opening(place, cell)
        except DecryptionError as refused:
            self._count(refused)
            raise

    def for_stream(self, place: Place, kid: bytes) -> SubjectKey:
        """The key of a stream by its key id. Raises: as `for_opening`."""
        try:
            return self._for_place(place, kid)
        except DecryptionError as refused:
            self._count(refused)
            raise

    def open(self, place: Place, cell: bytes) -> Any:
        """The value of a cell in its place; of a field that is being migrated, also a value in the clear.

        Raises:
            DecryptionError: As `for_opening`, or the cell was not sealed for this place, or was changed.
            SystemicFailure: As `for_opening`.
        """
        if self.reads_plaintext(place, cell):
            self.plaintext_reads[place.path] += 1
            return decode(place.codec, cell)
        try:
            value = unseal(self._for_opening(place, cell), place, cell)
        except DecryptionError as refused:
            self._count(refused)
            raise
        self._failures.opened()
        return value

    def is_loaded(self, kid: bytes) -> bool:
        """Whether what is known of a key id can still be relied on without asking the store."""
        return self._known.fresh(kid) is not None

    def reads_plaintext(self, place: Place, cell: bytes) -> bool:
        """Whether what stands in the place of a cell is a value in the clear that may still be read."""
        until = place.plaintext_until
        return until is not None and cell[:1] != b"\xf9" and self.now().date() <= until

    def of_cell(self, cell: bytes) -> SubjectKey:
        """The key that a cell names, whoever it belongs to: for sealing it anew, never for reading it.

        Raises:
            NotSealed: It is no cell.
            KeyErased: The key was destroyed on purpose.
            KeyUnavailable: The key is disabled, or the provider cannot be reached.
            DecryptionError: There is no such key.
        """
        kid = CellHead.read(cell).kid
        return _usable(self._known.fresh(kid) or self._ask(kid))

    def index_keys(self) -> tuple[TenantIndexKey, ...]:
        """The keys of blind indexes: tokens are written under the first, and searched by all.

        Raises:
            KeyUnavailable: The provider cannot be reached.
            DecryptionError: One of them does not unwrap.
        """
        return self.tenant_keys.index_keys(self.lifetime)

    def count(self, subjects: Collection[SubjectRef], classes: Collection[str] | None = None) -> int:
        """How many keys of these people there are that were not destroyed.

        Args:
            subjects: The people.
            classes: Classes of keys; None for all.
        """
        return sum(row.status in _LIVING for row in self._rows(subjects, classes))

    def shred(self, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """Destroy a person's keys (Art. 17): nothing sealed under them opens again.

        Args:
            subject: The person.
            classes: Classes of keys; None for all.

        Returns:
            How many keys were destroyed now.
        """
        try:
            if self.shreddings is not None:
                rows = self._rows([subject], classes)
                if any(row.status in _LIVING for row in rows):
                    # Every one, also those that a rotation destroyed: a store from before it has them still.
                    self.shreddings.note(self.tenant, [row.kid for row in rows], at=self.now())
            return self.store.erase(self.tenant, subject, classes)
        finally:
            self._known.forget([subject])

    def disable(self, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """Put a person's keys in quarantine: until `enable`, nothing opens or is sealed under them.

        Args:
            subject: The person.
            classes: Classes of keys; None for all.

        Returns:
            How many keys were disabled now.
        """
        return self._change([subject], classes, _LIVING - {KeyStatus.DISABLED}, KeyStatus.DISABLED)

    def enable(self, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """Take a person's keys out of quarantine: what was sealed opens again; a new value gets a new key.

        Args:
            subject: The person.
            classes: Classes of keys; None for all.

        Returns:
            How many keys were enabled now.
        """
        return self._change([subject], classes, {KeyStatus.DISABLED}, KeyStatus.DECRYPT_ONLY)

    def forget(self, subjects: Collection[SubjectRef]) -> None:
        """Ask the store again for the keys of these people, whose state was changed there."""
        self._known.forget(subjects)

    def _rows(self, subjects: Collection[SubjectRef], classes: Collection[str] | None) -> list[KeyRow]:
        rows = self.store.rows(self.tenant, subjects=subjects) if subjects else ()
        return [row for row in rows if classes is None or row.retention_class in classes]

    def _change(
        self,
        subjects: Collection[SubjectRef],
        classes: Collection[str] | None,
        before: Collection[KeyStatus],
        after: KeyStatus,
    ) -> int:
        changed = 0
        try:
            # Once more after each change: it waited for keys that were being made, and they were not seen before it.
            for _ in range(ATTEMPTS):
                kids = [row.kid for row in self._rows(subjects, classes) if row.status in before]
                if not kids:
                    return changed
                changed += self.store.change(self.tenant, kids, before=before, after=after)
            raise KeyUnavailable
        finally:
            self._known.forget(subjects)

    def _count(self, refused: DecryptionError) -> None:
        """Only what speaks of wrong keys or changed data; other errors say themselves what is the matter."""
        if type(refused) in {DecryptionError, NotSealed}:
            self._failures.failed()

    def _for_opening(self, place: Place, cell: bytes) -> SubjectKey:
        kid = kid_of(head_of(cell))
        known = self._known.fresh(kid)
        if kid and known is None and loop_runs():
            raise KeyNotLoaded
        head = CellHead.read(cell)
        if head.codec != place.codec:
            raise DecryptionError
        return self._of_place(known or self._ask(head.kid), place)

    def _for_place(self, place: Place, kid: bytes) -> SubjectKey:
        known = self._known.fresh(kid)
        if known is None and loop_runs():
            raise KeyNotLoaded
        return self._of_place(known or self._ask(kid), place)

    def _of_place(self, known: Known, place: Place) -> SubjectKey:
        row = known.row
        if (
            row is None
            or row.subject != place.subject
            or row.retention_class != place.retention_class
            or place.tenant != self.tenant
        ):
            raise DecryptionError
        return _usable(known)

    def _ask(self, kid: bytes) -> Known:
        return self._fetch([kid])[kid]

    def _fetch(self, kids: Collection[bytes]) -> dict[bytes, Known]:
        if not kids:
            return {}
        for _ in range(ATTEMPTS):
            forgotten, asked = self._known.forgotten, self._clock()
            rows = {row.kid: row for row in self.store.rows(self.tenant, kids=kids)}
            keys = self._unwrap(rows.values())
            fetched = {kid: Known(rows.get(kid), keys.get(kid), asked) for kid in kids}
            if self._known.remember(fetched, forgotten=forgotten):
                return fetched
        raise KeyUnavailable

    def _unwrap(self, rows: Collection[KeyRow]) -> dict[bytes, SubjectKey]:
        usable = [row for row in rows if row.wrapped is not None and row.status is not KeyStatus.DISABLED]
        return unwrapped(usable, self.tenant_keys.at({row.epoch for row in usable})) if usable else {}

    def _find_or_make(self, subjects: Collection[SubjectRef], retention_class: str) -> dict[SubjectRef, SubjectKey]:
        for _ in range(ATTEMPTS):
            forgotten, asked = self._known.forgotten, self._clock()
            stands, keys = self._standing(subjects, retention_class)
            keys |= self._unwrap([row for row in stands.values() if row.kid not in keys])
            if len(keys) < len(stands):
                raise DecryptionError
            answers = {row.kid: Known(row, keys[row.kid], asked) for row in stands.values()}
            if self._known.remember(answers, forgotten=forgotten):
                return {subject: keys[row.kid] for subject, row in stands.items()}
        raise KeyUnavailable

    def _standing(
        self, subjects: Collection[SubjectRef], retention_class: str
    ) -> tuple[dict[SubjectRef, KeyRow], dict[bytes, SubjectKey]]:
        """The active row of each person, made where there was none; and the keys that were made."""
        stored: dict[SubjectRef, list[KeyRow]] = {subject: [] for subject in subjects}
        for row in self._rows(subjects, [retention_class]):
            stored[row.subject].append(row)
        found = {subject: decisive(rows) for subject, rows in stored.items()}
        stands = {subject: row for subject, row in found.items() if row is not None}
        for row in stands.values():
            _refuse_unless_active(row)
        new = [subject for subject in subjects if subject not in stands]
        made: dict[bytes, SubjectKey] = {}
        if new:
            rows, made = self._insert(new, retention_class)
            for row in rows:
                # Another process may have made or destroyed it between the query and the insert.
                _refuse_unless_active(row)
            stands.update(zip(new, rows, strict=True))
        return stands, made

    def _insert(
        self, subjects: Collection[SubjectRef], retention_class: str
    ) -> tuple[Sequence[KeyRow], dict[bytes, SubjectKey]]:
        for _ in range(ATTEMPTS):
            made = minted(self.tenant_keys.current(), subjects, retention_class, self.now())
            try:
                rows = self.store.insert([row for row, _ in made])
            except EpochEnded:
                continue
            return rows, {row.kid: key for row, key in made}
        raise KeyUnavailable

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys are never pickled or copied: they hold secrets")

    def __repr__(self) -> str:
        return f"Keys({self.tenant!r})"


def _usable(known: Known) -> SubjectKey:
    if known.row is not None and known.row.status is KeyStatus.ERASED:
        raise KeyErased
    if known.row is not None and known.row.status is KeyStatus.DISABLED:
        raise KeyUnavailable
    if known.key is None:
        raise DecryptionError
    return known.key


def _refuse_unless_active(row: KeyRow) -> None:
    if row.status is KeyStatus.ERASED:
        raise KeyErased
    if row.status is not KeyStatus.ACTIVE:
        raise KeyUnavailable
