"""The end of each case: the services and the coordinator forget whom it was about."""

from __future__ import annotations

from alarm_company.demo._screen import Screen
from sectorprivacy.rights.coordinator import Case, Coordinator


async def close(screen: Screen, coordinator: Coordinator, case: Case) -> bool:
    """Close a case. Returns whether every service said that it forgot."""
    closed = await coordinator.close(case.id)
    return screen.check(not closed.unclosed, "The case is closed: nobody holds any longer whom it was about.")
