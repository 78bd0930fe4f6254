"""The messages of the rights protocol, closed and frozen: what a service is asked and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainSerializer, PlainValidator, WithJsonSchema

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary import Ground, Identifier, Relation, Right, Source, SubjectRef

PROTOCOL = "sectorprivacy/1"

PAGE_LIMIT = 1000
"""Most records of one page."""


def _ref(value: object) -> SubjectRef:
    if isinstance(value, SubjectRef):
        return value
    if isinstance(value, str):
        try:
            return SubjectRef.parse(value)
        except InvalidDeclaration:
            raise ValueError("not a subject reference") from None
    raise ValueError("not a subject reference")


Ref = Annotated[
    SubjectRef,
    PlainValidator(_ref),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{32}$"}),
]
"""A SubjectRef, 32 hexadecimal digits on the wire."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hexadecimal."""

StableId = Annotated[str, Field(pattern="^[a-z0-9_.-]{1,100}$")]


AttachmentId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,512}$")]


class Message(BaseModel):
    """What crosses the boundary between services: unknown members are refused, and nothing changes after parsing."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


# What a service declares


class FieldDeclaration(Message):
    """One personal field of a data set."""

    id: StableId
    label: str
    category: StableId
    source: Source
    roles: tuple[str, ...]
    secret: bool = False
    sealed: bool = False
    attachment: str | None = None
    values: Mapping[str, str] | None = None


class DataSet(Message):
    """One marked model or table of a service: whom its records concern and what they hold."""

    id: StableId
    label: str
    relations: Mapping[str, Relation]
    fields: tuple[FieldDeclaration, ...]
    activities: tuple[StableId, ...]


class Manifest(Message):
    """What a service declares about itself, derived from marks and policy; answers account for all its data sets."""

    protocol: Literal["sectorprivacy/1"] = "sectorprivacy/1"
    service: StableId
    title: str | None = None
    controller: StableId
    policy: Digest
    accepts: tuple[str, ...]
    teaches: tuple[str, ...] = ()
    datasets: tuple[DataSet, ...]
    instructions: tuple[Literal["erasure"], ...] = ("erasure",)
    holds_nothing: str | None = None
    page_limit: int = PAGE_LIMIT


# Tasks


class Task(Message):
    """What every task names: itself (case x service x operation) and the case it belongs to."""

    task: UUID
    case: UUID


class FindTask(Task):
    """Whom to look for: identifiers of the kinds the service accepts, each with its period, role and assurance."""

    operation: Literal["find"] = "find"
    who: tuple[Identifier, ...]


class ExportTask(Task):
    """Give the person's data: everything they may see (access), or what they provided (portability)."""

    operation: Literal["export"] = "export"
    ref: Ref
    right: Literal[Right.ACCESS, Right.PORTABILITY] = Right.ACCESS


class Erasure(Message):
    """Erase the person as far as Art. 17 goes."""

    kind: Literal["erasure"] = "erasure"


Instruction = Erasure


class PlanTask(Task):
    """Say what the instruction would change, and change nothing."""

    operation: Literal["plan"] = "plan"
    ref: Ref
    instruction: Instruction


class ApplyTask(Task):
    """Carry out the instruction exactly as planned: `plan` and `digest` name the plan; a changed plan is refused.

    `keeps_person` says that a contract with the person runs on in some service. Then records go as planned, and the
    person may be registered again: their keys stay, and no tombstone is set.
    """

    operation: Literal["apply"] = "apply"
    ref: Ref
    instruction: Instruction
    plan: UUID
    digest: Digest
    keeps_person: bool = False


# Answers


class Link(Message):
    """Something `find` learned.

    `same_person` goes into the next round as an identifier of the person; `record_link` only scopes records, by role
    and by period.
    """

    kind: Literal["same_person", "record_link"]
    identifier: Identifier
    learned_from: str


class Found(Message):
    """Whom the service knows under these identifiers. No `ref` is an answer too: nothing is held.

    `ambiguous` says that the identifiers name several people; that is never resolved automatically.
    """

    task: UUID
    ref: Ref | None
    ambiguous: bool = False
    links: tuple[Link, ...] = ()


class Attachment(Message):
    """A file that belongs to a record, fetched by its id within the task (an encrypted token, safe in a URL)."""

    id: AttachmentId
    field: StableId
    media_type: str
    size: int = Field(ge=0)
    sha256: Digest


class Withheld(Message):
    """A field the person learns about but does not receive, and why."""

    field: StableId
    ground: Ground


class Record(Message):
    """One record: its key, the roles in which it concerns the person, and the fields they may see."""

    key: tuple[str, ...] = Field(repr=False)
    roles: tuple[str, ...]
    fields: Mapping[str, JsonValue] = Field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    withheld: tuple[Withheld, ...] = ()


class ExportPage(Message):
    """One page of a data set in key order. `next` is the cursor of the following page; null is the only end."""

    task: UUID
    ref: Ref
    dataset: StableId
    records: tuple[Record, ...]
    next: str | None


Outcome = Literal["erased", "anonymised", "unlinked", "key_destroyed", "retained", "none_held"]
"""What happens to records under an erasure."""


class Retained(Message):
    """Records that stay: on which ground and law, until when, and for which activities alone they may be read."""

    ground: Ground
    law: str
    until: str = Field(description="ISO date, or the event that ends it")
    only: tuple[StableId, ...]
    count: int = Field(ge=1)


class ChangePage(Message):
    """One page of a plan, or of what was applied: how many records met which outcome.

    `digest` covers every record key of the page and its outcome; plan and apply of the same page have the same.
    `next` is the cursor of the following page; null is the only end.
    """

    task: UUID
    ref: Ref
    dataset: StableId
    outcomes: Mapping[Outcome, int]
    retained: tuple[Retained, ...] = ()
    side_effects: tuple[str, ...] = ()
    digest: Digest
    next: str | None


class DataSetOutcome(Message):
    """What a finished task did to one data set."""

    dataset: StableId
    outcomes: Mapping[Outcome, int]
    retained: tuple[Retained, ...] = ()
    digest: Digest


class Receipt(Message):
    """What a service reports to have done; the payload of a DSSE envelope.

    `horizon` names per store until when copies may still hold bytes ("now": none do).
    """

    protocol: Literal["sectorprivacy/1"] = "sectorprivacy/1"
    service: StableId
    task: UUID
    case: UUID
    plan: UUID
    manifest: Digest
    datasets: tuple[DataSetOutcome, ...]
    keys_destroyed: int = Field(ge=0)
    finished: str
    horizon: Mapping[str, str]


RECEIPT_TYPE = "application/vnd.sectorprivacy.receipt.v1+json"
"""DSSE payload type of a Receipt."""
