"""Every implementation fits the Protocol that its users ask for."""

from __future__ import annotations

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


def the_ledger_in_memory() -> tuple[SubjectIndex, Scopes, Log, StandingStore, Tombstones]:
    return MemorySubjectIndex(), MemoryScopes(), MemoryLog(), MemoryStanding(), MemoryTombstones()
