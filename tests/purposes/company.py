"""A small company with one model: enough to refuse for every reason there is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from attrs import define, field

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.ledger import LogEntry, MemoryLog, MemorySubjectIndex, StandingKind, StandingRecord
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.vocabulary import Basis, SubjectRef

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KARI, OLA = "100234", "100235"
SECRET = "01019012345"


@personal(id="crm.customer", key="number")
@define(kw_only=True)
class Customer:
    number: Annotated[str, SubjectId("customer_number", role="customer")]
    national_id: Annotated[Sealed[str] | None, Personal("national_id")] = None
    telephone: Annotated[Sealed[str] | None, Personal("telephone")] = None
    plan: Annotated[str, NotPersonal("what is sold")] = "alarm"


@personal(id="crm.payer", key="number")
@define(kw_only=True)
class Payer:
    number: Annotated[str, SubjectId("customer_number", role="payer")]
    national_id: Annotated[Sealed[str] | None, Personal("national_id")] = None


@personal(id="crm.asked")
@define(kw_only=True)
class Asked:
    """Who asked for an offer may be a customer already, or not yet."""

    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str | None, SubjectId("customer_number", role="customer")] = None
    email: Annotated[str | None, SubjectId("email", role="interested_party")] = None
    national_id: Annotated[Sealed[str] | None, Personal("national_id")] = None


def activity(activity_id: str, basis: Basis, **changes: Any) -> Activity:
    facts: dict[str, Any] = {
        "purpose": "creditworthiness",
        "basis": {"customer": basis},
        "uses": ["national_id"],
        "keep": Keep(months=3, after="rated"),
        "consent": "I agree.",
        "interest": "knowing more",
        "law": "An act",
    }
    return Activity(activity_id, **{**facts, **changes})


rating = activity("rating", Basis.PRECONTRACT)
calling = activity("calling", Basis.CONTRACT, uses=["contact"])
studies = activity("studies", Basis.CONSENT)
improvement = activity("improvement", Basis.LEGITIMATE_INTEREST)
public_task = activity("public_task", Basis.PUBLIC_TASK)
letters = activity("letters", Basis.CONTRACT, purpose="direct_marketing")

POLICY = Policy(
    Controller("Company", id="company", country="NO"), [rating, calling, studies, improvement, public_task, letters]
)


class WatchedLog(MemoryLog):
    """A real log that can be made to fail, as a full disk would."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.writes = 0

    def append(self, entries: Sequence[LogEntry]) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        self.writes += 1
        return super().append(entries)


class CountingIndex(MemorySubjectIndex):
    """A real index that counts the queries."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = 0

    def refs(self, tokens: Collection[bytes]) -> Any:
        self.queries += 1
        return super().refs(tokens)


@define
class Company:
    """The company's Privacy, and what its stores saw."""

    log: WatchedLog = field(factory=WatchedLog)
    index: CountingIndex = field(factory=CountingIndex)
    keyring: LocalKeyring = field(factory=LocalKeyring.in_memory)
    key_lifetime: float = 60.0
    store: MemoryStore = field(init=False)
    privacy: Privacy = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = MemoryStore(log=self.log, subjects=self.index)
        self.privacy = self.process()

    def process(self) -> Privacy:
        """Another process over the same stores: it knows no key yet."""
        return Privacy(
            POLICY,
            models=[Customer, Payer, Asked],
            keys=self.keyring,
            store=self.store,
            key_lifetime=self.key_lifetime,
            actor="e-17",
            now=lambda: NOW,
        )

    def ref(self, number: str) -> SubjectRef:
        return self.privacy.subjects.ref("customer_number", number)

    def customer(self, number: str = KARI) -> Customer:
        """A customer as they are read from a store."""
        row = self.privacy.row(Customer, self.ref(number), number)
        return Customer(
            number=number,
            national_id=row.sealed("national_id", SECRET),
            telephone=row.sealed("telephone", "+4791503033"),
        )

    def declare(self, kind: StandingKind, activity_id: str, number: str = KARI) -> None:
        self.store.standing.append(
            StandingRecord(
                subject=self.ref(number), kind=kind, activity=activity_id, at=NOW, channel="my_pages", text="00" * 32
            )
        )

    def entries(self, number: str = KARI) -> Sequence[LogEntry]:
        return self.log.entries([self.ref(number)], 0, 1000)


def opened(value: Sealed[str] | None) -> str:
    """The content of a value that is there."""
    return "" if value is None else value.open()
