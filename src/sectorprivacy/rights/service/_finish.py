"""The end of an erasure: keys destroyed, tombstones set, bytes settled, and the receipt signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.ledger import CaseScope, Deed, LogEntry, Pair
from sectorprivacy.policy import RIGHTS_HANDLING
from sectorprivacy.purposes import Gate, owner_fields
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
            horizon={**self._settled(field_maps), **({"files": _NOT_REMOVED} if left else {})},
        )
        envelope = Envelope.sign(RECEIPT_TYPE, canonical(receipt), self.signer)
        with self.data.writing() as records:
            # Of two that finish at once the first one's receipt stands.
            if records.journal.written(task.task, RECEIPT_PART, 0) is None:
                records.journal.write(task.task, RECEIPT_PART, 0, envelope.to_json())

    def _settled(self, field_maps: Sequence[FieldMap]) -> Mapping[str, str]:
        """Store to horizon. Tokens of sealed fields lie with the data, in the clear for whoever has the index key."""
        data = self.data.settle()
        tokens = {"tokens": data["data"]} if "data" in data and any(each.indexed for each in field_maps) else {}
        return {**data, **tokens, **self.settle()}

    def _forget(
        self, task: ApplyTask, scope: CaseScope, field_maps: Sequence[FieldMap], outcomes: Sequence[DataSetOutcome]
    ) -> int:
        """Destroy the keys nothing retained needs, and see to it that the person does not come back by themselves."""
        pairs = owner_pairs(scope, field_maps)
        refs = frozenset(self.gate.subjects.known(pairs).values())
        if task.keeps_person:
            return 0
        kept = [field_map for field_map in field_maps if _retains(outcomes, field_map)]
        needed = frozenset[str]().union(*(_classes(field_map) for field_map in kept))
        # Where nothing is kept every key goes, also of a class that no field is declared with any more.
        classes = frozenset[str]().union(*(_classes(field_map) for field_map in field_maps)) - needed if kept else None
        destroyed = self._destroy(task, refs | self.gate.subjects.left_to(refs), classes)
        grounds = {each.ground for outcome in outcomes for each in outcome.retained}
        erased = any(outcome.outcomes.get("erased") for outcome in outcomes)
        if erased and not grounds & {Ground.CONTRACT_RUNNING, Ground.RIGHTS_OF_OTHERS}:
            self._log(refs)
            self.gate.subjects.erase([] if kept else refs, pairs)
        if not any(_classes(each) and self.gate.may_have_several_owners(each.id) for each in kept):
            self.gate.subjects.leave(refs)
        self.gate.end_groups()
        return destroyed

    def _destroy(self, task: ApplyTask, subjects: frozenset[SubjectRef], classes: frozenset[str] | None) -> int:
        """Destroy the keys, and say how many: counted and written down before, for whoever comes later finds none."""
        with self.data.writing() as records:
            written = records.journal.written(task.task, KEYS_PART, 0)
            if written is None:
                written = b"%d" % self.gate.keys.count(subjects, classes)
                records.journal.write(task.task, KEYS_PART, 0, written)
        if classes is None or classes:
            for subject in subjects:
                self.gate.keys.shred(subject, classes)
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


def owner_pairs(scope: CaseScope, field_maps: Sequence[FieldMap]) -> set[Pair]:
    """Those of the person's identifiers that can name them as an owner here."""
    naming = (each.subject for field_map in field_maps for each in owner_fields(field_map))
    kinds = {subject.kind for subject in naming if subject is not None}
    return {(each.kind, each.value) for each in scope.identifiers if each.kind in kinds and not each.names_a_thing}


def _retains(outcomes: Sequence[DataSetOutcome], field_map: FieldMap) -> bool:
    return any(each.retained for each in outcomes if each.dataset == field_map.id)


def _classes(field_map: FieldMap) -> frozenset[str]:
    return frozenset(each.retention_class for each in field_map.fields if each.codec is not None or each.sealed_file)
