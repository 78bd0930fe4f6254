"""Custody: what an administrator does with the keys of a tenant: look at them, rotate, rewrap, shred, replay.

Every rotation can be killed at any point and run again: it goes on where it stopped, and until an old key is destroyed
everything opens under the old one or the new one. `docs/spec/keys.md` has the steps and why they are in this order.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve

from sectorprivacy.encryption._cell import seal, unseal
from sectorprivacy.encryption._epochs import Epoch, EpochStatus
from sectorprivacy.encryption._keys import ATTEMPTS, Keys
from sectorprivacy.encryption._leakage import LeakageReport, leakage_report
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._provider import DestroysKeys, KeyUse, Relocks
from sectorprivacy.encryption._rotation import (
    NO_OWNERS,
    CellHolder,
    CustodyStatus,
    Owners,
    PlaintextHolder,
    Progress,
    Rotated,
    Step,
    TokenHolder,
    overdue,
)
from sectorprivacy.encryption._shreddings import Checkpoint
from sectorprivacy.encryption._store import LIBRARY, KeyRow, KeyStatus
from sectorprivacy.encryption._wrapping import rewrapped
from sectorprivacy.errors import EpochEnded, InvalidDeclaration, KeyringError, KeyUnavailable, ShreddingsInvalid
from sectorprivacy.vocabulary import SubjectRef

PAGE: Final = 1000

LONGEST_TRANSACTION: Final = 60.0
"""Seconds after which whoever read a key before a rotation has finished with it."""


def _nothing(_: Step) -> None:
    return None


class Custody:
    """The keys of one tenant, and everything that is sealed under them.

    Args:
        keys: The keys.
        cells: Where cells are; a rotation of subject keys or of the index key goes through all of it.
        sealed_models: Stable ids of the models that have sealed fields; a rotation that goes through all cells refuses
            to begin while `cells` leaves one of them out.
        longest_transaction: Seconds after which whoever read a key has finished with it; waited for before a key is
            destroyed.
        wait: Waits for some seconds.
        owners: Knows who is who, and who owns records together.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        cells: Sequence[CellHolder] = (),
        sealed_models: Collection[str] = (),
        longest_transaction: float = LONGEST_TRANSACTION,
        wait: Callable[[float], None] = time.sleep,
        owners: Owners = NO_OWNERS,
    ) -> None:
        self._keys = keys
        self._tenant = keys.tenant
        self._store = keys.store
        self._cells = cells
        self._sealed_models = frozenset(sealed_models)
        self._pause = keys.lifetime + longest_transaction
        self._wait = wait
        self.owners = owners

    def status(self) -> CustodyStatus:
        """Every key there is, and what is overdue."""
        wrapping = tuple(self._store.epochs(self._tenant, KeyUse.WRAP))
        index = tuple(self._store.epochs(self._tenant, KeyUse.INDEX))
        tally = tuple(self._store.tally(self._tenant))
        shreddings = self._keys.shreddings
        return CustodyStatus(
            tenant=self._tenant,
            wrapping=wrapping,
            index=index,
            keys=tally,
            overdue=tuple(overdue([*wrapping, *index], tally, self._keys.now())),
            plaintext={
                path: count
                for holder in self._cells
                if isinstance(holder, PlaintextHolder)
                for path, count in holder.plaintext_counts().items()
            },
            checkpoint=None if shreddings is None else shreddings.checkpoint(),
        )

    def rotate_tenant_key(self, progress: Progress = _nothing) -> Rotated:
        """Wrap every subject key under a new tenant key, and destroy the old one.

        What was shredded before this call is then out of reach in every backup of the key store. An earlier rotation
        that did not end is brought to its end on the way.

        Raises:
            KeyUnavailable: The provider cannot be reached; run it again.
        """
        self._keys.tenant_keys.begin(KeyUse.WRAP)
        doomed = self._epochs(KeyUse.WRAP, EpochStatus.RETIRED)
        changed, damaged = self._rewrap_all(progress)
        # Whoever read a wrapped key before it was rewrapped still needs the old tenant key for a moment.
        self._pause_for(self._pause, "waiting until nobody needs the old tenant key", progress)
        return evolve(self._destroyed(KeyUse.WRAP, doomed), changed=changed, damaged=damaged)

    def rewrap(self, progress: Progress = _nothing) -> int:
        """Wrap under the current tenant key what is still under an older one; how many keys were rewrapped."""
        return self._rewrap_all(progress)[0]

    def _rewrap_all(self, progress: Progress) -> tuple[int, int]:
        swapped = damaged = 0
        for epoch in self._epochs(KeyUse.WRAP, EpochStatus.RETIRED):
            total = sum(
                each.count
                for each in self._store.tally(self._tenant)
                if each.epoch == epoch.number and each.status is not KeyStatus.ERASED
            )
            done = 0
            after = b""
            while page := self._store.page(self._tenant, after=after, epoch=epoch.number, limit=PAGE):
                of_page, unreadable = self._rewrap(page)
                swapped, damaged = swapped + of_page - unreadable, damaged + unreadable
                after = page[-1].kid
                done += len(page)
                progress(Step(f"rewrapping the keys of epoch {epoch.number}", done, total))
        return swapped, damaged

    def _rewrap(self, page: Sequence[KeyRow]) -> tuple[int, int]:
        old = self._keys.tenant_keys.at(sorted({row.epoch for row in page}))
        for _ in range(ATTEMPTS):
            current = self._keys.tenant_keys.current()
            changes = [(row, *rewrapped(row, old, current)) for row in page]
            try:
                swapped = self._store.rewrap([(row, new) for row, new, _ in changes])
            except EpochEnded:
                # Another rotation began meanwhile; what it began is current now.
                continue
            return swapped, sum(not unwraps for _, _, unwraps in changes)
        raise EpochEnded

    def rotate_index_key(self, progress: Progress = _nothing) -> Rotated:
        """Compute every token of a blind index under a new index key, and destroy the old one.

        Meanwhile values are found by both. Cells are sealed anew on the way. While cells are left that do not open, the
        old key stays.

        Raises:
            InvalidDeclaration: `cells` leaves out a model that has sealed fields.
            KeyUnavailable: The provider cannot be reached, or the clock of this machine is behind the one of the
                machine that began; run it again.
        """
        self._refuse_unless_all_cells_are_named()
        if not self._epochs(KeyUse.INDEX, EpochStatus.RETIRED):
            self._keys.tenant_keys.begin(KeyUse.INDEX)
        doomed = self._epochs(KeyUse.INDEX, EpochStatus.RETIRED)
        # Until every process searches by the new key, none may write under it.
        self._pause_for(
            2 * self._keys.lifetime + self._pause, "waiting until every process knows the new key", progress
        )
        self._keys.tenant_keys.forget()
        if self._keys.index_keys()[0].epoch in {each.number for each in doomed}:
            raise KeyUnavailable
        changed, failed = self._sweep(lambda _: True, progress)
        if failed:
            return Rotated(changed=changed, remaining=failed)
        return evolve(self._destroyed(KeyUse.INDEX, doomed), changed=changed)

    def rotate_subject_keys(
        self,
        subjects: Collection[SubjectRef] | None = None,
        classes: Collection[str] | None = None,
        *,
        made_before: datetime | None = None,
        keep: bool = False,
        progress: Progress = _nothing,
    ) -> Rotated:
        """Seal every value of these people under new keys, and destroy the old ones of which nothing is left.

        Also what was sealed under a retention class that its field is no longer declared with finds its new one.

        Args:
            subjects: The people; None for everybody.
            classes: Classes of keys; None for all.
            made_before: Only keys made before this; None for now. Give the same moment to go on with a rotation that
                did not end, or the new keys are rotated too.
            keep: Destroy nothing yet: backups of the data, which hold the old cells, can still be opened. Run it again
                with the same moment and without this, when they are gone.
            progress: Told about each step.

        Raises:
            InvalidDeclaration: `cells` leaves out a model that has sealed fields.
        """
        self._refuse_unless_all_cells_are_named()
        retired = self._retire(subjects, classes, made_before or self._keys.now(), progress)
        if retired:
            self._pause_for(self._pause, "waiting until nobody seals under the old keys", progress)
        stale = {row.kid for row in retired}
        changed, _ = self._sweep(stale.__contains__, progress)
        left: Counter[bytes] = Counter()
        for holder in self._cells:
            left.update(holder.left(stale.__contains__))
        doomed = [] if keep else [row for row in retired if not row.seals_files and row.kid not in left]
        return Rotated(changed=changed, remaining=left.total(), destroyed=tuple(self._destroy(doomed)))

    def _retire(
        self,
        subjects: Collection[SubjectRef] | None,
        classes: Collection[str] | None,
        made_before: datetime,
        progress: Progress,
    ) -> list[KeyRow]:
        wanted = None if classes is None else frozenset(classes)
        retired: list[KeyRow] = []
        for rows in self._pages(subjects):
            page = [row for row in rows if row.made < made_before and _rotates(row, wanted)]
            retired += self._retired(page)
            progress(Step("making new keys", len(retired), None))
        return retired

    def _retired(self, rows: Sequence[KeyRow]) -> list[KeyRow]:
        """Let keys only open from now on, and make the ones that follow them.

        A person whose last key were destroyed would be taken for erased, so the next one is made first.
        """
        kids = [row.kid for row in rows]
        self._store.change(self._tenant, kids, before={KeyStatus.ACTIVE}, after=KeyStatus.DECRYPT_ONLY)
        self._keys.forget({row.subject for row in rows})
        retired = [row for row in self._store.rows(self._tenant, kids=kids) if row.status is KeyStatus.DECRYPT_ONLY]
        for retention_class in sorted({row.retention_class for row in retired}):
            people = {row.subject for row in retired if row.retention_class == retention_class}
            self._keys.for_sealing_many(people, retention_class)
        return retired

    def _destroy(self, rows: Sequence[KeyRow]) -> list[str]:
        """Make tombstones of keys that only open; the ids of those that are tombstones now."""
        kids = [row.kid for row in rows]
        self._store.change(self._tenant, kids, before={KeyStatus.DECRYPT_ONLY}, after=KeyStatus.ERASED)
        self._keys.forget({row.subject for row in rows})
        gone = self._store.rows(self._tenant, kids=kids)
        return [row.kid.hex() for row in gone if row.status is KeyStatus.ERASED]

    def _pages(self, subjects: Collection[SubjectRef] | None) -> Iterator[Sequence[KeyRow]]:
        if subjects is not None:
            yield self._store.rows(self._tenant, subjects=subjects)
            return
        after = b""
        while page := self._store.page(self._tenant, after=after, limit=PAGE):
            after = page[-1].kid
            yield page

    def _refuse_unless_all_cells_are_named(self) -> None:
        """A key whose cells were not gone through would be destroyed, and they with it."""
        left_out = self._sealed_models.difference(*(holder.holds for holder in self._cells))
        if left_out:
            raise InvalidDeclaration(
                where=", ".join(sorted(left_out)),
                problem="nothing was named that holds its sealed values",
                instead="Name it: privacy.custody(cells=[SqlCells(sessions, models), ...])",
            )

    def _sweep(self, stale: Callable[[bytes], bool], progress: Progress) -> tuple[int, int]:
        """How many cells were sealed anew, and how many do not open."""
        resealed = failed = 0
        for holder in self._cells:
            after: str | None = None
            seen = 0
            while True:
                page = holder.reseal(stale, self._seal_again, after, PAGE)
                seen += page.seen
                resealed += page.resealed
                failed += page.failed
                progress(Step(f"sealing {holder.name} anew", seen, None))
                if page.after is None:
                    break
                after = page.after
        return resealed, failed

    def _seal_again(self, place: Place, cell: bytes) -> bytes:
        """The cell under the active key of its place; its old class may be another one than is declared now."""
        key = self._keys.of_cell(cell)
        then = evolve(self.owners.sealed_place(place, cell), retention_class=key.retention_class)
        value = unseal(key, then, cell)
        return seal(self._keys.for_sealing(place.subject, place.retention_class), place, value)

    def leakage(self) -> Mapping[str, LeakageReport]:
        """What the blind indexes give away to somebody who reads the database, by path of the field."""
        return {
            path: leakage_report(tokens)
            for holder in self._cells
            if isinstance(holder, TokenHolder)
            for path, tokens in holder.token_counts().items()
        }

    def shred(self, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """Destroy a person's keys (Art. 17); without `classes`, they also leave what they own together with others.

        Returns:
            How many keys of their own were destroyed now.
        """
        destroyed = self._keys.shred(subject, classes)
        if classes is None:
            self.owners.leave(subject)
        return destroyed

    def relock(self, secret: str | bytes) -> None:
        """Lock the local keyring by another passphrase or key: the rotation of the root.

        Raises:
            KeyringError: The keys do not lie in a local keyring with a file, or the secret is too short.
        """
        if not isinstance(self._keys.provider, Relocks):
            raise KeyringError(
                problem="the root key lies in a key service", instead="Rotate it there, with the means of the service"
            )
        self._keys.provider.relock(secret)

    @property
    def keys(self) -> Keys:
        """The keys: quarantine, shredding, counts."""
        return self._keys

    def replay(self, checkpoint: Checkpoint, *, only_count: bool = False) -> int:
        """Destroy again, after a restore of the key store, the keys of everybody who was erased.

        Args:
            checkpoint: The newest one that is held outside the machine.
            only_count: Destroy nothing.

        Returns:
            How many keys the restore had brought back.

        Raises:
            ShreddingsInvalid: There is no list, it was changed, or it does not contain the checkpoint.
        """
        if self._keys.shreddings is None:
            raise ShreddingsInvalid(problem="there is none")
        noted = {each.kid for each in self._keys.shreddings.since(checkpoint) if each.tenant == self._tenant}
        back = [row for row in self._store.rows(self._tenant, kids=noted) if row.status is not KeyStatus.ERASED]
        if only_count:
            return len(back)
        living = frozenset(KeyStatus) - {KeyStatus.ERASED}
        kids = [row.kid for row in back]
        destroyed = self._store.change(self._tenant, kids, before=living, after=KeyStatus.ERASED)
        self._keys.forget({row.subject for row in back})
        return destroyed

    def _epochs(self, use: KeyUse, status: EpochStatus) -> list[Epoch]:
        return [each for each in self._store.epochs(self._tenant, use) if each.status is status]

    def _destroyed(self, use: KeyUse, doomed: Sequence[Epoch]) -> Rotated:
        """End epochs, and destroy the object of every epoch that ended.

        The row first: it refuses while something is under it, and goes on naming the object. A run that was killed in
        between, or whose provider did not answer, is made up for by the next one.
        """
        for epoch in doomed:
            self._store.end(self._tenant, use, epoch.number)
        self._keys.tenant_keys.forget()
        names = tuple(str(each.name) for each in doomed)
        provider = self._keys.provider
        if not isinstance(provider, DestroysKeys):
            return Rotated(changed=0, remaining=0, destroyed=(), kept=names)
        ended = self._epochs(use, EpochStatus.DESTROYED)
        gone = [when for each in ended if (when := provider.destroy(each.name)) is not None]
        return Rotated(changed=0, remaining=0, destroyed=names, gone_by=max(gone, default=None))

    def _pause_for(self, seconds: float, why: str, progress: Progress) -> None:
        whole = math.ceil(seconds)
        for done in range(whole):
            progress(Step(why, done, whole))
            self._wait(1)
        progress(Step(why, whole, whole))


def _rotates(row: KeyRow, classes: frozenset[str] | None) -> bool:
    living = row.status in {KeyStatus.ACTIVE, KeyStatus.DECRYPT_ONLY} and row.subject != LIBRARY
    return living and (classes is None or row.retention_class in classes)
