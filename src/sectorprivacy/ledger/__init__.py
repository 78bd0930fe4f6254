"""APPEND-ONLY MEMORY: what a service remembers about people it may have forgotten.

Who is who (by tokens, never by identifiers), whose records a case may touch, what was done with their data, what they
consented and objected to, and whom nothing may bring back. Each store is a small Protocol with an in-memory
implementation beside it; durable ones are in `sectorprivacy.integrations.sqlalchemy`.
"""

from sectorprivacy.ledger._groups import GroupEnds, Groups, MemoryGroups, People, group_name
from sectorprivacy.ledger._log import Deed, Log, LogEntry, MemoryLog
from sectorprivacy.ledger._scopes import CaseScope, CaseScopes, MemoryScopes, Scopes, SealedScope
from sectorprivacy.ledger._standing import (
    MemoryStanding,
    StandingKind,
    StandingRecord,
    StandingState,
    StandingStore,
    state,
)
from sectorprivacy.ledger._subjects import MemorySubjectIndex, Pair, SubjectIndex, Subjects, SubjectTokens
from sectorprivacy.ledger._tokens import IndexKey, TombstoneKey, token
from sectorprivacy.ledger._tombstones import MemoryTombstones, Tombstones

__all__ = [
    "CaseScope",
    "CaseScopes",
    "Deed",
    "GroupEnds",
    "Groups",
    "IndexKey",
    "Log",
    "LogEntry",
    "MemoryGroups",
    "MemoryLog",
    "MemoryScopes",
    "MemoryStanding",
    "MemorySubjectIndex",
    "MemoryTombstones",
    "Pair",
    "People",
    "Scopes",
    "SealedScope",
    "StandingKind",
    "StandingRecord",
    "StandingState",
    "StandingStore",
    "SubjectIndex",
    "SubjectTokens",
    "Subjects",
    "TombstoneKey",
    "Tombstones",
    "group_name",
    "state",
    "token",
]
