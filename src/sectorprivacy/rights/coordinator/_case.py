"""The case: one person's request, what every service answered, and where it stands. Frozen values; steps make new ones.

Pydantic, because a case is also what is stored: sealed under the case's own key (`_vault`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from sectorprivacy.errors import CaseRefused
from sectorprivacy.rights.package import ExportOutcome
from sectorprivacy.rights.protocol import Digest, Manifest, Outcome, Ref, Retained
from sectorprivacy.vocabulary import Assurance, Identifier, Right


class CaseState(StrEnum):
    """Where a case stands; its outcome (`fold(case)`) and its legal clock (`Case.due`) are other things."""

    RECEIVED = "received"
    IDENTIFYING = "identifying"
    CLARIFYING = "clarifying"
    PLANNING = "planning"
    REVIEW = "review"
    EXECUTING = "executing"
    ASSEMBLING = "assembling"
    CLOSED = "closed"


_S = CaseState
_STEPS: Mapping[CaseState, frozenset[CaseState]] = {
    _S.RECEIVED: frozenset({_S.IDENTIFYING, _S.CLARIFYING, _S.CLOSED}),
    _S.IDENTIFYING: frozenset({_S.IDENTIFYING, _S.CLARIFYING, _S.PLANNING}),
    _S.CLARIFYING: frozenset({_S.CLOSED}),
    _S.PLANNING: frozenset({_S.IDENTIFYING, _S.PLANNING, _S.EXECUTING, _S.REVIEW, _S.CLOSED}),
    _S.REVIEW: frozenset({_S.REVIEW, _S.PLANNING, _S.EXECUTING, _S.ASSEMBLING, _S.CLOSED}),
    _S.EXECUTING: frozenset({_S.EXECUTING, _S.REVIEW, _S.ASSEMBLING}),
    _S.ASSEMBLING: frozenset({_S.PLANNING, _S.EXECUTING, _S.ASSEMBLING, _S.CLOSED}),
    _S.CLOSED: frozenset({_S.CLOSED}),
}
"""What may follow what. Executing has no way out but its own end: it is resumed, not abandoned. Closed is closed again
to ask those who had not forgotten."""


class CasePart(BaseModel):
    """Part of a stored case: unknown members are refused, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Edge(CasePart):
    """How the case came to know an identifier; kept for every way it was learned.

    `given` came with the request, `same_person` is the person's too, `record_link` only scopes records.
    """

    kind: Literal["given", "same_person", "record_link"]
    identifier: Identifier
    round: int = 0
    service: str | None = None
    learned_from: str | None = None


class Doubt(CasePart):
    """What a human has to look at, because nothing may be disclosed on it: a weak link, or an ambiguous answer."""

    kind: Literal["weak_link", "ambiguous"]
    service: str
    edge: Edge | None = None


class DataSetExport(CasePart):
    """What came of exporting one data set; `head` is the chain over its pages."""

    dataset: str
    outcome: ExportOutcome
    code: str | None = None
    records: int = 0
    pages: int = 0
    head: Digest


class DataSetChange(CasePart):
    """What a plan would do, or an apply did, to one data set; `pages` are the digests of its pages in order."""

    dataset: str
    code: str | None = None
    outcomes: Mapping[Outcome, int] = {}
    retained: tuple[Retained, ...] = ()
    side_effects: tuple[str, ...] = ()
    pages: tuple[Digest, ...] = ()


class Evidence(CasePart):
    """A service's receipt as it came, and the coordinator's countersignature over it; both DSSE envelopes in JSON."""

    receipt: str
    countersignature: str


class ServiceAnswer(CasePart):
    """Everything one service answered in a case.

    Args:
        service: Its id.
        manifest: What it declares; None where it could not even say that.
        failed: Reason code where it did not answer who the person is to it.
        asked: The identifiers of its last find task.
        ref: Its name for the person; None: it knows nobody under what it was asked.
        export_task, plan_task, apply_task: Tasks once they were made.
        exports, plans, applied: One entry for every data set of the manifest, once the step is done.
        evidence: Its receipt; None while there is no valid one.
        receipt_failed: Reason code where a receipt is owed and there is no valid one.
    """

    service: str
    manifest: Manifest | None = None
    failed: str | None = None
    asked: tuple[Identifier, ...] = ()
    ref: Ref | None = None
    export_task: UUID | None = None
    exports: tuple[DataSetExport, ...] = ()
    plan_task: UUID | None = None
    plans: tuple[DataSetChange, ...] = ()
    apply_task: UUID | None = None
    applied: tuple[DataSetChange, ...] = ()
    evidence: Evidence | None = None
    receipt_failed: str | None = None

    @property
    def held(self) -> bool:
        """Whether the service answered that it knows the person."""
        return self.failed is None and self.manifest is not None and self.ref is not None


class CaseAttachment(CasePart):
    """One file of the person, once for all records that name it."""

    sha256: Digest
    media_type: str
    size: int
    service: str
    dataset: str
    field: str
    state: Literal["fetched", "released", "withheld", "failed"]
    reason: str | None = None


class DataSetRest(CasePart):
    """What verification found in one data set after an erasure: how many records may remain, and how many do."""

    service: str
    dataset: str
    expected: int
    remaining: int | None = None
    code: str | None = None

    @property
    def as_planned(self) -> bool:
        """Whether exactly what was retained remains."""
        return self.code is None and self.remaining == self.expected


class Verification(CasePart):
    """The coordinator's own look after an erasure; what a service reports does not count here."""

    rest: tuple[DataSetRest, ...]

    @property
    def deviations(self) -> tuple[DataSetRest, ...]:
        """The data sets in which something else remains than the plan retained, or that could not be looked at."""
        return tuple(each for each in self.rest if not each.as_planned)


class Case(CasePart):
    """One person's request with one or more rights in it.

    Args:
        id: Random.
        rights: What the person asked for.
        received: Moment of receipt on any channel; aware.
        due: Last day for the answer (Art. 12(3)).
        extended: Last day with an extension that was told in time.
        state: Where it stands.
        edges: What is known of the person, and from whom.
        doubts: What only a human may decide.
        answers: By service id.
        attachments: Files of the person.
        plan_digest: Digest of the plan that was shown; `apply` names it.
        verification: The look afterwards.
        unclosed: Ids of the services that did not say, when the case was closed, that they forgot whom it was about.
    """

    id: UUID
    rights: tuple[Right, ...]
    received: datetime
    due: date
    extended: date
    state: CaseState = CaseState.RECEIVED
    edges: tuple[Edge, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    answers: Mapping[str, ServiceAnswer] = {}
    attachments: tuple[CaseAttachment, ...] = ()
    plan_digest: Digest | None = None
    verification: Verification | None = None
    unclosed: tuple[str, ...] = ()

    @property
    def remembered_by(self) -> tuple[str, ...]:
        """Ids of the services that may hold whom the case is about."""
        return self.unclosed if self.state is CaseState.CLOSED else tuple(self.answers)

    def moved(self, state: CaseState) -> Self:
        """The case in another state.

        Raises:
            CaseRefused: That state may not follow the present one.
        """
        if state not in _STEPS[self.state]:
            raise CaseRefused(case=str(self.id), problem=f"it is {self.state.value}, not ready to be {state.value}")
        return self.model_copy(update={"state": state})

    def answered(self, answer: ServiceAnswer) -> Self:
        """The case with one service's answer put in place of the one before."""
        return self.model_copy(update={"answers": {**self.answers, answer.service: answer}})

    def without_person(self) -> Self:
        """The case with everything that tells who it was about left out; outcomes and receipts stay (Art. 5(2))."""
        nameless = {
            service: answer.model_copy(update={"asked": (), "ref": None}) for service, answer in self.answers.items()
        }
        return self.model_copy(update={"edges": (), "doubts": (), "attachments": (), "answers": nameless})


def is_proven(identifier: Identifier) -> bool:
    """Whether disclosure may follow this identifier: somebody made sure that it is the person's."""
    return identifier.assurance is not Assurance.CLAIMED
