"""Custody: what an administrator does with the keys of a tenant: look at them, rotate, rewrap, shred, replay.

Every rotation can be killed at any point and run again: it goes on where it stopped, and until an old key is destroyed
everything opens under the old one or the new one. `docs/spec/keys.md` has the steps and why they are in this order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve

from sectorprivacy.encryption._cell import seal, unseal
from sectorprivacy.encryption._epochs import Epoch, EpochStatus
from sectorprivacy.encryption._keyring import LocalKeyring
from sectorprivacy.encryption._keys import ATTEMPTS, Keys
from sectorprivacy.encryption._leakage import LeakageReport, leakage_report
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._provider import DestroysKeys, KeyUse
from sectorprivacy.encryption._rotation import (
    NO_PEOPLE,
    CellHolder,
    People,
    Progress,
    Rotated,
    Status,
    Step,
    TokenHolder,
    overdue,
)
from sectorprivacy.encryption._shreddings import Checkpoint
from sectorprivacy.encryption._store import LIBRARY, KeyRow, KeyStatus
from sectorprivacy.encryption._wrapping import rewrapped
from sectorprivacy.errors import EpochEnded, EpochInUse, InvalidDeclaration, KeyringError, KeysInUse, ShreddingsInvalid
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
        file_classes: Retention classes under which sealed files lie. A rotation leaves their old keys in place, since
            files are not sealed anew.
        longest_transaction: Seconds after which whoever read a key has finished with it; waited for before a key is
            destroyed.
        wait: Waits for some seconds.
        people: Knows who is who, and who owns records together.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        cells: Sequence[CellHolder] = (),
        sealed_models: Collection[str] = (),
        file_classes: Collection[str] = (),
        longest_transaction: float = LONGEST_TRANSACTION,
        wait: Callable[[float], None] = time.sleep,
        people: People = NO_PEOPLE,
    ) -> None:
        self._keys = keys
        self._tenant = keys.tenant
        self._store = keys.store
        self._cells = cells
        self._sealed_models = frozenset(sealed_models)
        self._file_classes = frozenset(file_classes)
        self._pause = keys.lifetime + longest_transaction
        self._wait = wait
        self.people = people

    def status(self) -> Status:
        """Every key there is, and what is overdue."""
        wrapping = tuple(self._store.epochs(self._tenant, KeyUse.WRAP))
        index = tuple(self._store.epochs(self._tenant, KeyUse.INDEX))
        tally = tuple(self._store.tally(self._tenant))
        shreddings = self._keys.shreddings
        return Status(
            tenant=self._tenant,
            wrapping=wrapping,
            index=index,
            keys=tally,
            overdue=tuple(overdue([*wrapping, *index], tally, self._keys.now())),
            plaintext_reads=dict(self._keys.plaintext_reads),
            checkpoint=None if shreddings is None else shreddings.checkpoint(),
        )

    def rotate_tenant_key(self, progress: Progress = _nothing) -> Rotated:
        """Wrap every subject key under a new tenant key, and destroy the old one.

        An earlier rotation that did not end is brought to its end instead. What was shredded before is then out of
        reach in every backup of the key store.

        Raises:
            KeyUnavailable: The provider cannot be reached; run it again.
            EpochInUse: A key under the old tenant key does not unwrap; all others were rewrapped, and nothing was
                destroyed. What is sealed under such a key is lost already.
        """
        if not self._unfinished(KeyUse.WRAP):
            self._keys.tenant_keys.begin(KeyUse.WRAP)
        changed = self.rewrap(progress)
        return self._destroy_retired(KeyUse.WRAP, changed, progress)

    def rewrap(self, progress: Progress = _nothing) -> int:
        """Wrap under the current tenant key what is still under an older one; how many keys were rewrapped."""
        swapped = 0
        for epoch in self._unfinished(KeyUse.WRAP):
            total = sum(
                each.count
                for each in self._store.tally(self._tenant)
                if each.epoch == epoch.number and each.status is not KeyStatus.ERASED
            )
            done = 0
            after = b""
            while page := self._store.page(self._tenant, after=after, epoch=epoch.number, limit=PAGE):
                swapped += self._rewrap(page)
                after = page[-1].kid
                done += len(page)
                progress(Step(f"rewrapping the keys of epoch {epoch.number}", done, total))
        return swapped

    def _rewrap(self, page: Sequence[KeyRow]) -> int:
        old = self._keys.tenant_keys.at(sorted({row.epoch for row in page}))
        for _ in range(ATTEMPTS):
            current = self._keys.tenant_keys.current()
            changes = [(row, new) for row in page if (new := rewrapped(row, old, current)) is not None]
            try:
                return self._store.rewrap(changes)
            except EpochEnded:
                # Another rotation began meanwhile; what it began is current now.
                continue
        raise EpochEnded

    def rotate_index_key(self, progress: Progress = _nothing) -> Rotated:
        """Compute every token of a blind index under a new index key, and destroy the old one.

        Meanwhile values are found by both. Cells are sealed anew on the way. Raises: as `rotate_tenant_key`.
        """
        self._refuse_unless_all_cells_are_named()
        if not self._unfinished(KeyUse.INDEX):
            self._keys.tenant_keys.begin(KeyUse.INDEX)
        # Until every process searches by the new key, none may write under it.
        self._pause_for(
            2 * self._keys.lifetime + self._pause, "waiting until every process knows the new key", progress
        )
        changed = self._sweep(lambda _: True, progress)
        return self._destroy_retired(KeyUse.INDEX, changed, progress)

    def rotate_subject_keys(
        self,
        subjects: Collection[SubjectRef] | None = None,
        classes: Collection[str] | None = None,
        *,
        made_before: datetime | None = None,
        progress: Progress = _nothing,
    ) -> Rotated:
        """Seal every value of these people under new keys, and destroy the old ones.

        Also what was sealed under a retention class that its field is no longer declared with finds its new one.

        Args:
            subjects: The people; None for everybody.
            classes: Classes of keys; None for all.
            made_before: Only keys made before this; None for now. Give the same moment to go on with a rotation that
                did not end, or the new keys are rotated too.
            progress: Told about each step.

        Raises:
            InvalidDeclaration: `cells` leaves out a model that has sealed fields.
            KeysInUse: Cells under the old keys are still there after the sweep; nothing was destroyed. Run it again.
        """
        self._refuse_unless_all_cells_are_named()
        retired = self._retire(subjects, classes, made_before or self._keys.now(), progress)
        if retired:
            self._pause_for(self._pause, "waiting until nobody seals under the old keys", progress)
        stale = {row.kid for row in retired}
        changed = self._sweep(stale.__contains__, progress)
        remaining = sum(holder.count(stale.__contains__) for holder in self._cells)
        if remaining:
            raise KeysInUse(cells=remaining)
        doomed = [row for row in retired if row.retention_class not in self._file_classes]
        self._destroy(doomed)
        return Rotated(changed=changed, remaining=0, destroyed=tuple(row.kid.hex() for row in doomed))

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

    def _destroy(self, rows: Sequence[KeyRow]) -> None:
        kids = [row.kid for row in rows]
        if self._keys.shreddings is not None:
            self._keys.shreddings.note(self._tenant, kids, at=self._keys.now(), rotated=True)
        self._store.change(self._tenant, kids, before={KeyStatus.DECRYPT_ONLY}, after=KeyStatus.ERASED)
        self._keys.forget({row.subject for row in rows})

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

    def _sweep(self, stale: Callable[[bytes], bool], progress: Progress) -> int:
        resealed = 0
        for holder in self._cells:
            after: str | None = None
            seen = 0
            while True:
                page = holder.reseal(stale, self._seal_again, after, PAGE)
                seen += page.seen
                resealed += page.resealed
                progress(Step(f"sealing {holder.name} anew", seen, None))
                if page.after is None:
                    break
                after = page.after
        return resealed

    def _seal_again(self, place: Place, cell: bytes) -> bytes:
        """The cell under the active key of its place; its old class may be another one than is declared now."""
        key = self._keys.of_cell(cell)
        then = evolve(self.people.sealed_place(place, cell), retention_class=key.retention_class)
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
            self.people.leave(subject)
        return destroyed

    def relock(self, secret: str | bytes) -> None:
        """Lock the local keyring by another passphrase or key: the rotation of the root.

        Raises:
            KeyringError: The keys do not lie in a local keyring with a file, or the secret is too short.
        """
        if not isinstance(self._keys.provider, LocalKeyring):
            raise KeyringError(
                problem="the root key lies in a key service", instead="Rotate it there, with the means of the service"
            )
        self._keys.provider.relock(secret)

    @property
    def keys(self) -> Keys:
        """The keys: quarantine, shredding, counts."""
        return self._keys

    def replay(self, checkpoint: Checkpoint) -> int:
        """Destroy again, after a restore of the key store, everything on the list of destroyed keys.

        What a rotation had destroyed goes only where the key that followed it is there: in a store from before the
        rotation it is the one that opens.

        Args:
            checkpoint: The newest one that is held outside the machine.

        Returns:
            How many keys were destroyed now: those that the restore had brought back.

        Raises:
            ShreddingsInvalid: There is no list, it was changed, or it does not contain the checkpoint.
        """
        if self._keys.shreddings is None:
            raise ShreddingsInvalid(problem="there is none")
        noted = {each.kid: each for each in self._keys.shreddings.since(checkpoint) if each.tenant == self._tenant}
        back = self._store.rows(self._tenant, kids=noted)
        people = {row.subject for row in back}
        followed = {
            (row.subject, row.retention_class)
            for row in (self._store.rows(self._tenant, subjects=people) if people else ())
            if row.status is KeyStatus.ACTIVE and row.kid not in noted
        }
        doomed = [
            row.kid for row in back if not noted[row.kid].rotated or (row.subject, row.retention_class) in followed
        ]
        living = frozenset(KeyStatus) - {KeyStatus.ERASED}
        destroyed = self._store.change(self._tenant, doomed, before=living, after=KeyStatus.ERASED)
        self._keys.forget(people)
        return destroyed

    def _unfinished(self, use: KeyUse) -> list[Epoch]:
        return [each for each in self._store.epochs(self._tenant, use) if each.status is EpochStatus.RETIRED]

    def _destroy_retired(self, use: KeyUse, changed: int, progress: Progress) -> Rotated:
        retired = self._unfinished(use)
        if use is KeyUse.WRAP:
            # Whoever read a wrapped key before it was rewrapped still needs the old tenant key for a moment.
            self._pause_for(self._pause, "waiting until nobody needs the old tenant key", progress)
        if use is KeyUse.WRAP:
            self._refuse_if_used(retired)
        provider = self._keys.provider
        gone: list[datetime] = []
        for epoch in retired:
            # The object first: were its row the first, a crash would leave an object that nothing points at.
            if isinstance(provider, DestroysKeys) and (when := provider.destroy(epoch.name)) is not None:
                gone.append(when)
            self._store.end(self._tenant, use, epoch.number)
        self._keys.tenant_keys.forget()
        names = tuple(str(epoch.name) for epoch in retired)
        destroys = isinstance(provider, DestroysKeys)
        return Rotated(
            changed=changed,
            remaining=0,
            destroyed=names if destroys else (),
            kept=() if destroys else names,
            gone_by=max(gone, default=None),
        )

    def _refuse_if_used(self, epochs: Sequence[Epoch]) -> None:
        for epoch in epochs:
            left = self._store.page(self._tenant, epoch=epoch.number, limit=1)
            if left:
                why = f"it wraps subject keys that were not rewrapped or do not unwrap, first {left[0].kid.hex()}"
                raise EpochInUse(epoch=epoch.number, why=why)

    def _pause_for(self, seconds: float, why: str, progress: Progress) -> None:
        whole = math.ceil(seconds)
        for done in range(whole):
            progress(Step(why, done, whole))
            self._wait(1)
        progress(Step(why, whole, whole))


def _rotates(row: KeyRow, classes: frozenset[str] | None) -> bool:
    living = row.status in {KeyStatus.ACTIVE, KeyStatus.DECRYPT_ONLY} and row.subject != LIBRARY
    return living and (classes is None or row.retention_class in classes)
