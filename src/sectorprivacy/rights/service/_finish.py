"""The end of an erasure: keys destroyed, tombstones set, bytes settled, and the receipt signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.ledger import CaseScope, Deed, LogEntry
from sectorprivacy.policy import RIGHTS_HANDLING
from sectorprivacy.purposes import Gate
from sectorprivacy.rights.protocol import (
    RECEIPT_TYPE,
    ApplyTask,
    ChangePage,
    DataSetOutcome,
    Manifest,
    Outcome,
    Receipt,
    Retained,
    canonical,
    chain,
    digest_of,
)
from sectorprivacy.rights.service._data import Journal, ServiceData
from sectorprivacy.signing import Envelope, Signer
from sectorprivacy.vocabulary import Basis, Ground, SubjectRef

RECEIPT_PART = "/receipt"
"""Part of the journal that holds the receipt; no data set has an id with a slash in it."""

_NOT_REMOVED = "a file that could not be removed is"

KEYS_PART = "/keys"
"""Part of the journal that says how many keys were destroyed."""


@frozen(kw_only=True)
class Finish:
    """What is done once, when the last page of an apply task is written. Every step may be repeated after a crash.

    Args:
        gate: Keys, subjects, log and clock.
        data: The data, to settle it.
        signer: Signs the receipt.
        settle: Settles the privacy database; returns store to horizon.
    """

    gate: Gate
    data: ServiceData
    signer: Signer
    settle: Callable[[], Mapping[str, str]]

    def run(self, task: ApplyTask, scope: CaseScope, manifest: Manifest, field_maps: Sequence[FieldMap]) -> None:
        """Finish the task if all its data sets are written and it is not finished yet."""
        with self.data.reading() as records:
            if records.journal.written(task.task, RECEIPT_PART, 0) is not None:
                return
            outcomes = [data_set_outcome(records.journal, task, each.id) for each in field_maps]
            left = records.intents.intended()
        complete = [each for each in outcomes if each is not None]
        if len(complete) < len(outcomes):
            return
        destroyed = self._forget(task, scope, field_maps, complete)
        receipt = Receipt(
            service=manifest.service,
            task=task.task,
            case=task.case,
            plan=task.plan,
            manifest=digest_of(manifest),
            datasets=tuple(complete),
            keys_destroyed=destroyed,
            finished=self.gate.now().isoformat(timespec="seconds"),
            horizon={**self.data.settle(), **self.settle(), **({"files": _NOT_REMOVED} if left else {})},
        )
        envelope = Envelope.sign(RECEIPT_TYPE, canonical(receipt), self.signer)
        with self.data.writing() as records:
            # Of two that finish at once the first one's receipt stands.
            if records.journal.written(task.task, RECEIPT_PART, 0) is None:
                records.journal.write(task.task, RECEIPT_PART, 0, envelope.to_json())

    def _forget(
        self, task: ApplyTask, scope: CaseScope, field_maps: Sequence[FieldMap], outcomes: Sequence[DataSetOutcome]
    ) -> int:
        """Destroy the keys nothing retained needs, and see to it that the person does not come back by themselves."""
        kinds = {each.subject.kind for field_map in field_maps for each in field_map.owners if each.subject is not None}
        pairs = {(each.kind, each.value) for each in scope.identifiers if each.kind in kinds and not each.names_a_thing}
        refs = frozenset(self.gate.subjects.known(pairs).values())
        if task.keeps_person:
            return 0
        kept = {each.dataset for each in outcomes if each.retained}
        needed = {name for field_map in field_maps if field_map.id in kept for name in _classes(field_map)}
        classes = frozenset[str]().union(*(_classes(field_map) for field_map in field_maps)) - needed
        destroyed = self._destroy(task, refs, classes)
        grounds = {each.ground for outcome in outcomes for each in outcome.retained}
        erased = any(outcome.outcomes.get("erased") for outcome in outcomes)
        if erased and not grounds & {Ground.CONTRACT_RUNNING, Ground.RIGHTS_OF_OTHERS}:
            self._log(refs)
            self.gate.subjects.erase([] if kept else refs, pairs)
        return destroyed

    def _destroy(self, task: ApplyTask, refs: frozenset[SubjectRef], classes: frozenset[str]) -> int:
        """Destroy the keys, and say how many: counted and written down before, for whoever comes later finds none."""
        with self.data.writing() as records:
            written = records.journal.written(task.task, KEYS_PART, 0)
            if written is None:
                written = b"%d" % self.gate.keys.count(refs, classes)
                records.journal.write(task.task, KEYS_PART, 0, written)
        if classes:
            for ref in refs:
                self.gate.keys.shred(ref, classes)
        return int(written)

    def _log(self, refs: frozenset[SubjectRef]) -> None:
        entries = [
            LogEntry(
                at=self.gate.now(),
                activity=RIGHTS_HANDLING.id,
                subject=ref,
                actor=self.gate.actor,
                kind=Deed.ERASED,
                basis=Basis.LEGAL_OBLIGATION,
            )
            for ref in refs
        ]
        if entries:
            self.gate.log.append(entries)


def data_set_outcome(journal: Journal, task: ApplyTask, dataset: str) -> DataSetOutcome | None:
    """What the journal says was done to a data set; None while its last page is missing."""
    outcomes: Counter[Outcome] = Counter()
    retained: list[Retained] = []
    digests: list[str] = []
    for page in _pages(journal, task, dataset):
        outcomes.update(page.outcomes)
        retained.extend(page.retained)
        digests.append(page.digest)
        if page.next is None:
            return DataSetOutcome(
                dataset=dataset, outcomes=dict(outcomes), retained=tuple(retained), digest=chain(digests)
            )
    return None


def _pages(journal: Journal, task: ApplyTask, dataset: str) -> Iterator[ChangePage]:
    number = 0
    while (body := journal.written(task.task, dataset, number)) is not None:
        yield ChangePage.model_validate_json(body)
        number += 1


def _classes(field_map: FieldMap) -> frozenset[str]:
    return frozenset(each.retention_class for each in field_map.fields if each.codec is not None or each.sealed_file)
