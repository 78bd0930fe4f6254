"""Everything one service remembers, in one place: the Protocol, and the store in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from attrs import Factory, frozen

from sectorprivacy.encryption import KeyStore, MemoryKeyStore
from sectorprivacy.ledger import (
    Log,
    MemoryLog,
    MemoryScopes,
    MemoryStanding,
    MemorySubjectIndex,
    MemoryTombstones,
    Scopes,
    StandingStore,
    SubjectIndex,
    Tombstones,
)
from sectorprivacy.rights.service import (
    MemoryPlanPages,
    MemoryReplay,
    MemoryTasks,
    MemoryWaitingList,
    PlanPages,
    ReplayStore,
    TaskStore,
    WaitingList,
)


class Store(Protocol):
    """Everything one service remembers, in one place: `integrations.sqlalchemy.SqlStore`, or MemoryStore."""

    @property
    def keys(self) -> KeyStore:
        """Wrapped keys and their tombstones."""
        ...

    @property
    def subjects(self) -> SubjectIndex:
        """Who is who, by token."""
        ...

    @property
    def scopes(self) -> Scopes:
        """Whose records a case may touch."""
        ...

    @property
    def log(self) -> Log:
        """What was done with people's data."""
        ...

    @property
    def standing(self) -> StandingStore:
        """Consents and objections."""
        ...

    @property
    def tombstones(self) -> Tombstones:
        """Who was erased."""
        ...

    @property
    def tasks(self) -> TaskStore:
        """Opened tasks."""
        ...

    @property
    def plans(self) -> PlanPages:
        """What plans said."""
        ...

    @property
    def replay(self) -> ReplayStore:
        """Nonces already used."""
        ...

    @property
    def waiting(self) -> WaitingList:
        """Erasures in quarantine."""
        ...

    def settle(self) -> Mapping[str, str]:
        """Make deleted bytes unreadable; store to the horizon until which copies may hold them ("now": none do)."""
        ...


@frozen(kw_only=True)
class MemoryStore:
    """A Store that lasts as long as the process: for tests, and for services that hold nothing after a restart."""

    keys: KeyStore = Factory(MemoryKeyStore)
    subjects: SubjectIndex = Factory(MemorySubjectIndex)
    scopes: Scopes = Factory(MemoryScopes)
    log: Log = Factory(MemoryLog)
    standing: StandingStore = Factory(MemoryStanding)
    tombstones: Tombstones = Factory(MemoryTombstones)
    tasks: TaskStore = Factory(MemoryTasks)
    plans: PlanPages = Factory(MemoryPlanPages)
    replay: ReplayStore = Factory(MemoryReplay)
    waiting: WaitingList = Factory(MemoryWaitingList)

    def settle(self) -> Mapping[str, str]:
        """Nothing is written, so nothing stays."""
        return {"privacy": "now"}
