"""Carries out a plan: every page of every data set in one transaction, journaled with the change, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.errors import ProtocolError
from sectorprivacy.purposes import Gate, entered
from sectorprivacy.rights.protocol import ApplyTask
from sectorprivacy.rights.service._attachments import Attached
from sectorprivacy.rights.service._change import change_page, changes_of
from sectorprivacy.rights.service._cursor import Cursors, Start
from sectorprivacy.rights.service._data import Records, ServiceData
from sectorprivacy.rights.service._decision import Decided, Decision, digest_of_page, is_held
from sectorprivacy.rights.service._page import Page, following, read_all, read_page
from sectorprivacy.rights.service._tasks import PlanPages
from sectorprivacy.rights.service._who import Who
from sectorprivacy.vocabulary import RecordKey

Decide = Callable[[Records, FieldMap, Page], Sequence[Decided]]


@frozen(kw_only=True)
class Apply:
    """One erasure in one service.

    Args:
        gate: The gate of the service.
        data: What it holds.
        plans: What plans said.
        field_maps: The models by data set, in the order in which their records may be removed.
        decide: What happens to each record of a page.
    """

    gate: Gate
    data: ServiceData
    plans: PlanPages
    field_maps: Mapping[str, FieldMap]
    decide: Decide

    def run(self, task: ApplyTask, who: Who, cursors: Cursors, limit: int) -> None:
        """Carry out the whole plan, unless that was done before.

        Raises:
            ProtocolError: `plan_changed`, if anything is not as it was planned; `not_written`, if a write hook left
                what it was told to remove or to clear. Nothing is changed then.
        """
        with entered(self.gate), self.data.writing() as records:
            if any(records.journal.written(task.task, dataset, 0) is not None for dataset in self.field_maps):
                return
            for field_map in self.field_maps.values():
                self._data_set(records, task, field_map, who, cursors, limit)

    def _data_set(
        self, records: Records, task: ApplyTask, field_map: FieldMap, who: Who, cursors: Cursors, limit: int
    ) -> None:
        planned = self.plans.get(task.plan, field_map.id)
        told: dict[RecordKey, Decision] = {}
        start: Start | None = Start()
        while start is not None:
            page = read_page(records, field_map, who, start, limit)
            decided = self.decide(records, field_map, page)
            digest = digest_of_page(field_map.id, start.page, decided)
            if planned[start.page : start.page + 1] != [digest]:
                raise ProtocolError(problem="plan_changed")
            answer = change_page(
                task,
                field_map.id,
                decided,
                digest=digest,
                following=following(cursors, f"apply/{field_map.id}", page),
            )
            self._write(records, field_map, page, decided)
            records.journal.write(task.task, field_map.id, start.page, answer.model_dump_json().encode())
            told.update((each.key, each.decision) for each in decided)
            pages, start = start.page + 1, page.following
            if start is None and pages != len(planned):
                raise ProtocolError(problem="plan_changed")
        for held in read_all(records, field_map, who):
            decision = told.get(held.key)
            if decision is not None and _is_undone(field_map, held.record, decision):
                raise ProtocolError(problem="not_written", retry="human")

    def _write(self, records: Records, field_map: FieldMap, page: Page, decided: Sequence[Decided]) -> None:
        given_up = Attached(self.gate, self.data.files, field_map).given_up
        pairs = zip(page.records, decided, strict=True)
        names = [name for record, each in pairs for name in given_up(record, each.decision)]
        if self.data.files is not None:
            self.data.files.check(names)
        records.intents.intend(names)
        records.write(field_map, changes_of(decided))


def _is_undone(field_map: FieldMap, record: Any, decision: Decision) -> bool:
    """Whether a record still is what it was told not to be."""
    if decision.act == "erase":
        return True
    readers = {each.name: each.read for each in field_map.fields}
    values = (readers[name](record) if name in readers else field_map.value(record, name) for name in decision.fields)
    return any(map(is_held, values))
