"""A service: answers the rights protocol over its data, whoever derived or wrote the access to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import Factory, field, frozen

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.errors import DatabaseUnsafe, KeyUnavailable, ProtocolError
from sectorprivacy.ledger import CaseScope
from sectorprivacy.purposes import Gate, Scope, entered
from sectorprivacy.rights.protocol import (
    PAGE_LIMIT,
    ApplyTask,
    ChangePage,
    ExportPage,
    ExportTask,
    FindTask,
    Found,
    Manifest,
    PlanTask,
    chain,
)
from sectorprivacy.rights.service._apply import Apply
from sectorprivacy.rights.service._attachments import Attached, blob_use
from sectorprivacy.rights.service._change import change_page
from sectorprivacy.rights.service._copy import Copier, roles_of, withheld_on
from sectorprivacy.rights.service._cursor import Cursors, Start
from sectorprivacy.rights.service._data import Records, ServiceData
from sectorprivacy.rights.service._decision import Asked, Decided, Decision, digest_of_page
from sectorprivacy.rights.service._finish import RECEIPT_PART, Finish, owner_pairs
from sectorprivacy.rights.service._handling import handling, prefetch
from sectorprivacy.rights.service._manifest import manifest_of
from sectorprivacy.rights.service._memory import Memory
from sectorprivacy.rights.service._page import Held, Page, following, read_page
from sectorprivacy.rights.service._quarantine import Quarantine
from sectorprivacy.rights.service._tasks import AnyTask, OpenTask, ReplayStore, TaskStore
from sectorprivacy.rights.service._who import Who
from sectorprivacy.signing import Envelope, Signer
from sectorprivacy.vocabulary import SubjectRef


@frozen(kw_only=True)
class Service:
    """A service of the rights protocol; made by `Privacy.service`. Implements PersonalDataService and Attachments.

    Args:
        name: Its stable id.
        gate: Policy, models, keys, subjects and log.
        data: What it holds.
        memory: What it remembers about tasks.
        signer: Signs receipts.
        title: What people read; by default its id.
        holds_nothing: Why it holds no personal data, if it holds none.
        quarantine: Holds every erasure back for a while, in which it can be taken back; None erases at once.
    """

    name: str
    gate: Gate
    data: ServiceData
    memory: Memory
    signer: Signer
    title: str | None = None
    holds_nothing: str | None = None
    quarantine: Quarantine | None = None
    _maps: Mapping[str, FieldMap] = field(
        init=False,
        default=Factory(
            lambda self: {each.id: each for each in self.data.bind(list(self.gate.models.values()))},
            takes_self=True,
        ),
    )

    @property
    def tasks(self) -> TaskStore:
        """The opened tasks, for the endpoint."""
        return self.memory.tasks

    @property
    def replay(self) -> ReplayStore:
        """The nonces, for the endpoint."""
        return self.memory.replay

    async def describe(self) -> Manifest:
        """What the service declares."""
        return self._manifest()

    async def find(self, task: FindTask) -> Found:
        """Whether the person is known here, and by what else."""
        return await asyncio.to_thread(self._find, task)

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        """One page of the person's records."""
        return await asyncio.to_thread(self._export, task, dataset, after, limit)

    async def plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        """What the instruction would do to one page."""
        return await asyncio.to_thread(self._plan, task, dataset, after, limit)

    async def apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        """Carry out one page of the plan, asked for with the plan's limit."""
        return await asyncio.to_thread(self._apply, task, dataset, after, limit)

    async def receipt(self, task: UUID) -> Envelope:
        """The signed account of a finished apply task."""
        return await asyncio.to_thread(self._receipt, task)

    async def close(self, case: UUID) -> None:
        """Forget whom a case was about; an erasure of it that is still in quarantine is taken back."""
        await asyncio.to_thread(self._close, case)

    async def take_back(self, task: UUID) -> bool:
        """Take an erasure back that is in quarantine: what was sealed for the person opens again.

        Args:
            task: The apply task; it can never be carried out afterwards.

        Returns:
            Whether it was taken back; False where it was carried out already, which is final.

        Raises:
            ProtocolError: `unknown_task`; `unknown_ref`, when its case was closed.
        """
        return await asyncio.to_thread(self._take_back, task)

    async def sweep(self) -> int:
        """Carry out the erasures whose quarantine is over, for callers who do not ask again; how many were."""
        return await asyncio.to_thread(self._sweep)

    async def attachment(self, task: ExportTask, attachment: str) -> AsyncIterator[bytes]:
        """The bytes of one attachment."""
        pieces = self._attachment(task, attachment)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece

    def _manifest(self) -> Manifest:
        return manifest_of(
            self.name,
            self.gate.policy,
            list(self._maps.values()),
            title=self.title,
            holds_nothing=self.holds_nothing,
        )

    def _find(self, task: FindTask) -> Found:
        self._open(task)
        who = Who(task.who)
        with self._handling(who), self.data.reading() as records:
            finding = records.find(who)
        if not finding.held or finding.ambiguous:
            return Found(task=task.task, ref=None, ambiguous=finding.ambiguous)
        scope = self.memory.scopes.keep(
            CaseScope(ref=SubjectRef.mint(), task=task.task, case=task.case, identifiers=who.identifiers)
        )
        return Found(task=task.task, ref=scope.ref, links=tuple(finding.links))

    def _export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        opened, field_map, who = self._known(task, dataset, limit)
        cursors = Cursors(opened)
        start = cursors.read(f"export/{dataset}", after)
        attached = Attached(self.gate, self.data.files, field_map)
        with self.data.reading() as records:
            page = read_page(records, field_map, who, start, limit)
            sealed = any(each.codec is not None or each.sealed_file for each in field_map.fields)
            with self._handling(who, field_map, page.records if sealed else ()) as purpose:
                copier = Copier(
                    field_map, task.right, partial(attached.describe, purpose, cursors, start.after), cursors.opaque
                )
                prefetch(
                    purpose, (value for each in page.held for value in copier.sealed_values(each.record, each.concerns))
                )
                copies = tuple(copier.copy(each.record, each.key, each.concerns) for each in page.held)
        return ExportPage(
            task=task.task,
            ref=task.ref,
            dataset=dataset,
            records=copies,
            next=following(cursors, f"export/{dataset}", page),
        )

    def _plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        opened, field_map, who = self._known(task, dataset, limit)
        cursors = Cursors(opened)
        start = cursors.read(f"plan/{dataset}", after)
        with entered(self.gate), self.data.reading() as records:
            page = read_page(records, field_map, who, start, limit)
            decided = self._decided(records, field_map, page)
        digest = digest_of_page(dataset, start.page, decided)
        self.memory.plans.put(task.task, dataset, start.page, digest)
        return change_page(task, dataset, decided, digest=digest, following=following(cursors, f"plan/{dataset}", page))

    def _apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        opened, _, who = self._known(task, dataset, limit)
        cursors = Cursors(opened)
        start = cursors.read(f"apply/{dataset}", after)
        if self._journaled(task, dataset, start.page) is None:
            self._check_plan(task)
            if self.quarantine is not None:
                self.quarantine.hold(task, self._people(task), limit)
            Apply(
                gate=self.gate,
                data=self.data,
                plans=self.memory.plans,
                field_maps=self._maps,
                decide=self._decided,
            ).run(task, who, cursors, limit)
        body = self._journaled(task, dataset, start.page)
        if body is None:
            raise ProtocolError(problem="bad_cursor")
        self._remove_files()
        self._finish(task)
        return ChangePage.model_validate_json(body)

    def _journaled(self, task: ApplyTask, dataset: str, page: int) -> bytes | None:
        with self.data.reading() as records:
            return records.journal.written(task.task, dataset, page)

    def _remove_files(self) -> None:
        """Remove what was given up, also by a process that died between its commit and this."""
        if self.data.files is None:
            return
        with self.data.reading() as records:
            names = records.intents.intended()
        if names and (removed := self.data.files.remove(names)):
            with self.data.writing() as records:
                records.intents.confirm(removed)

    def _close(self, case: UUID) -> None:
        if self.quarantine is not None:
            for each in self.quarantine.of_case(case):
                self._take_back(each.task)
        self.memory.close(case)

    def _take_back(self, task: UUID) -> bool:
        opened = self._opened(task)
        if self._is_applied(opened):
            return False
        self.memory.tasks.cancel(task)
        if self._is_applied(opened):  # meanwhile; from now on nobody begins
            return False
        if self.quarantine is not None:
            self.quarantine.end(task, self._people(opened))
        return True

    def _is_applied(self, task: ApplyTask) -> bool:
        return any(self._journaled(task, dataset, 0) is not None for dataset in self._maps)

    def _sweep(self) -> int:
        done = 0
        for each in () if self.quarantine is None else self.quarantine.due():
            try:
                self._apply(self._opened(each.task), next(iter(self._maps)), None, each.limit)
            except ProtocolError:
                continue  # its data changed, or it was cancelled: its case says what becomes of it
            done += 1
        return done

    def _people(self, task: ApplyTask) -> frozenset[SubjectRef]:
        """Those whose keys an erasure destroys: the person, and groups in which nobody else is left."""
        pairs = owner_pairs(self._scope(task), list(self._maps.values()))
        people = frozenset(self.gate.subjects.known(pairs).values())
        return people | self.gate.subjects.left_to(people)

    def _opened(self, task: UUID) -> ApplyTask:
        opened = self.memory.tasks.get(task)
        if opened is None or not isinstance(opened.task, ApplyTask):
            raise ProtocolError(problem="unknown_task")
        return opened.task

    def _receipt(self, task: UUID) -> Envelope:
        self._opened(task)
        with self.data.reading() as records:
            body = records.journal.written(task, RECEIPT_PART, 0)
        if body is None:
            raise ProtocolError(problem="not_finished", retry="backoff")
        return Envelope.from_json(body)

    def _attachment(self, task: ExportTask, attachment: str) -> Iterator[bytes]:
        opened = self._open(task)
        who = self._who(task)
        cursors = Cursors(opened)
        for field_map, each in self._file_fields():
            try:
                spot = cursors.pointed(blob_use(field_map, each), attachment)
            except ProtocolError:
                continue  # another field's token, or nobody's
            with self.data.reading() as records:
                page = read_page(records, field_map, who, Start(after=spot.since), PAGE_LIMIT)
                held = next((held for held in page.held if held.key == spot.key), None)
                if held is None or withheld_on(field_map, each, roles_of(held.concerns)) is not None:
                    break
                with self._handling(who, field_map, [held.record]) as purpose:
                    pieces = Attached(self.gate, self.data.files, field_map).pieces(purpose, each, held.record)
                    first = next(pieces, b"")  # opened inside the scope, which must not outlive a yield
            yield first
            yield from pieces
            return
        raise ProtocolError(problem="unknown_attachment")

    def _file_fields(self) -> Iterator[tuple[FieldMap, Field]]:
        for field_map in self._maps.values():
            for each in field_map.fields:
                if each.attachment is not None:
                    yield field_map, each

    def _finish(self, task: ApplyTask) -> None:
        scope = self._scope(task)
        finish = Finish(gate=self.gate, data=self.data, signer=self.signer, settle=self.memory.settle)
        try:
            finish.run(task, scope, self._manifest(), list(self._maps.values()))
        except DatabaseUnsafe:
            raise ProtocolError(problem="not_settled", retry="backoff") from None
        if self.quarantine is not None:
            self.quarantine.end(task.task, self._people(task))

    def _check_plan(self, task: ApplyTask) -> None:
        planned = self.memory.tasks.get(task.plan)
        if planned is None or not isinstance(planned.task, PlanTask) or planned.state == "cancelled":
            raise ProtocolError(problem="not_planned")
        if (planned.task.ref, planned.task.case) != (task.ref, task.case):
            raise ProtocolError(problem="not_planned")
        digests = [chain(self.memory.plans.get(task.plan, dataset)) for dataset in self._maps]
        if chain(digests) != task.digest:
            raise ProtocolError(problem="plan_changed")

    def _decided(self, records: Records, field_map: FieldMap, page: Page) -> list[Decided]:
        today, policy = self._today(), self.gate.policy

        def decide(held: Held) -> Decision:
            if all(concern.shared for concern in held.concerns):
                return Decision.leave_to_a_human()  # before any hook: whose it is, no rule knows
            return records.decide(
                Asked(policy=policy, field_map=field_map, record=held.record, concerns=held.concerns, today=today)
            )

        return [Decided(each.key, decide(each)) for each in page.held]

    def _today(self) -> date:
        return self.gate.now().astimezone(ZoneInfo(self.gate.policy.controller.time_zone)).date()

    @contextmanager
    def _handling(self, who: Who, field_map: FieldMap | None = None, records: Sequence[Any] = ()) -> Generator[Scope]:
        """The scope of the request, in whichever thread this runs; keys out of reach are worth another try."""
        try:
            with handling(self.gate, who, field_map, records) as purpose:
                yield purpose
        except KeyUnavailable:
            raise ProtocolError(problem="keys_unavailable", retry="backoff") from None

    def _known(
        self, task: ExportTask | PlanTask | ApplyTask, dataset: str, limit: int
    ) -> tuple[OpenTask, FieldMap, Who]:
        opened = self._open(task)
        if not 1 <= limit <= PAGE_LIMIT:
            raise ProtocolError(problem="limit_exceeded")
        field_map = self._maps.get(dataset)
        if field_map is None:
            raise ProtocolError(problem="unknown_dataset")
        return opened, field_map, self._who(task)

    def _open(self, task: AnyTask) -> OpenTask:
        opened = self.memory.tasks.open(task)
        if opened.state == "cancelled":
            raise ProtocolError(problem="cancelled")
        return opened

    def _who(self, task: ExportTask | PlanTask | ApplyTask) -> Who:
        return Who(self._scope(task).identifiers)

    def _scope(self, task: ExportTask | PlanTask | ApplyTask) -> CaseScope:
        scope = self.memory.scopes.get(task.ref, task.case)
        if scope is None:
            raise ProtocolError(problem="unknown_ref")
        return scope
