"""The key store in memory: a real one, of which nothing is ever on disk."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from attrs import evolve

from sectorprivacy.encryption._epochs import Epoch, EpochStatus
from sectorprivacy.encryption._provider import KeyUse
from sectorprivacy.encryption._store import KeyRow, KeyStatus, KeyTally, decisive
from sectorprivacy.errors import EpochEnded, EpochInUse
from sectorprivacy.vocabulary import SubjectRef


class MemoryKeyStore:
    """A KeyStore that lives as long as its process."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, bytes], KeyRow] = {}
        self._kids: defaultdict[tuple[str, SubjectRef], list[bytes]] = defaultdict(list)
        self._epochs: defaultdict[tuple[str, KeyUse], list[Epoch]] = defaultdict(list)
        self._lock = threading.Lock()

    def rows(
        self, tenant: str, *, kids: Collection[bytes] = (), subjects: Collection[SubjectRef] = ()
    ) -> Sequence[KeyRow]:
        """See KeyRows."""
        with self._lock:
            theirs = [kid for subject in subjects for kid in self._kids.get((tenant, subject), ())]
            wanted = dict.fromkeys([*kids, *theirs])
            return [row for kid in wanted if (row := self._rows.get((tenant, kid))) is not None]

    def insert(self, rows: Sequence[KeyRow]) -> Sequence[KeyRow]:
        """See KeyRows."""
        with self._lock:
            self._refuse_unless_current(rows)
            return [self._insert(row) for row in rows]

    def _insert(self, new: KeyRow) -> KeyRow:
        stands = decisive(self._of(new.tenant, new.subject, [new.retention_class]))
        if stands is None:
            self._rows[new.tenant, new.kid] = stands = new
            self._kids[new.tenant, new.subject].append(new.kid)
        return stands

    def erase(self, tenant: str, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """See KeyRows."""
        with self._lock:
            return self._put(
                self._of(tenant, subject, classes), lambda row: row.status is not KeyStatus.ERASED, KeyStatus.ERASED
            )

    def change(self, tenant: str, kids: Collection[bytes], *, before: Collection[KeyStatus], after: KeyStatus) -> int:
        """See KeyStates."""
        with self._lock:
            rows = [row for kid in kids if (row := self._rows.get((tenant, kid))) is not None]
            return self._put(rows, lambda row: row.status in before and row.status is not KeyStatus.ERASED, after)

    def note_files(self, tenant: str, kids: Collection[bytes]) -> None:
        """See KeyStates."""
        with self._lock:
            for kid in kids:
                row = self._rows.get((tenant, kid))
                if row is not None:
                    self._rows[tenant, kid] = evolve(row, seals_files=True)

    def page(self, tenant: str, *, after: bytes = b"", epoch: int | None = None, limit: int) -> Sequence[KeyRow]:
        """See KeyPages."""
        with self._lock:
            living = sorted(
                (
                    row
                    for (owner, kid), row in self._rows.items()
                    if owner == tenant and kid > after and row.wrapped is not None and epoch in {None, row.epoch}
                ),
                key=lambda row: row.kid,
            )
            return living[:limit]

    def rewrap(self, changes: Sequence[tuple[KeyRow, KeyRow]]) -> int:
        """See KeyPages."""
        with self._lock:
            self._refuse_unless_current([new for _, new in changes])
            swapped = 0
            for old, new in changes:
                stands = self._rows.get((old.tenant, old.kid))
                if stands is not None and stands.wrapped is not None and stands.wrapped == old.wrapped:
                    self._rows[old.tenant, old.kid] = evolve(stands, epoch=new.epoch, wrapped=new.wrapped)
                    swapped += 1
            return swapped

    def tally(self, tenant: str) -> Sequence[KeyTally]:
        """See KeyPages."""
        with self._lock:
            kinds: defaultdict[tuple[str, KeyStatus, int], list[KeyRow]] = defaultdict(list)
            for (owner, _), row in self._rows.items():
                if owner == tenant:
                    kinds[row.retention_class, row.status, row.epoch].append(row)
        return [
            KeyTally(
                retention_class=retention_class,
                status=status,
                epoch=epoch,
                count=len(rows),
                oldest=min(row.made for row in rows),
            )
            for (retention_class, status, epoch), rows in sorted(kinds.items())
        ]

    def epochs(self, tenant: str, use: KeyUse) -> Sequence[Epoch]:
        """See EpochRows."""
        with self._lock:
            return list(self._epochs.get((tenant, use), ()))

    def begin(self, epoch: Epoch) -> Epoch:
        """See EpochRows."""
        with self._lock:
            epochs = self._epochs[epoch.tenant, epoch.use]
            if not epochs and epoch.number != 1:
                raise EpochEnded
            if epoch.number == len(epochs) + 1:
                if epochs:
                    epochs[-1] = evolve(epochs[-1], status=EpochStatus.RETIRED)
                epochs.append(epoch)
            return epochs[-1]

    def end(self, tenant: str, use: KeyUse, number: int) -> None:
        """See EpochRows."""
        with self._lock:
            epochs = self._epochs[tenant, use]
            if not 1 <= number <= len(epochs):
                return
            epoch = epochs[number - 1]
            if epoch.status is EpochStatus.CURRENT:
                raise EpochInUse(epoch=number, why="it is the current one")
            if use is KeyUse.WRAP and any(
                owner == tenant and row.epoch == number and row.wrapped is not None
                for (owner, _), row in self._rows.items()
            ):
                raise EpochInUse(epoch=number, why="subject keys are wrapped under it")
            epochs[number - 1] = evolve(epoch, wrapped=None, status=EpochStatus.DESTROYED)

    def _refuse_unless_current(self, rows: Iterable[KeyRow]) -> None:
        for tenant, number in {(row.tenant, row.epoch) for row in rows}:
            epochs = self._epochs.get((tenant, KeyUse.WRAP))
            if not epochs or epochs[-1].number != number:
                raise EpochEnded

    def _put(self, rows: Iterable[KeyRow], may: Callable[[KeyRow], bool], after: KeyStatus) -> int:
        changed = [row for row in rows if may(row)]
        for row in changed:
            wrapped = None if after is KeyStatus.ERASED else row.wrapped
            self._rows[row.tenant, row.kid] = evolve(row, wrapped=wrapped, status=after)
        return len(changed)

    def _of(self, tenant: str, subject: SubjectRef, classes: Collection[str] | None) -> list[KeyRow]:
        rows = [self._rows[tenant, kid] for kid in self._kids.get((tenant, subject), ())]
        return [row for row in rows if classes is None or row.retention_class in classes]
