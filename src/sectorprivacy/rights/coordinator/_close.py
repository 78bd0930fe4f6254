"""Close: the services forget whom the case was about, and then the case itself does."""

from __future__ import annotations

import asyncio
from uuid import UUID

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.coordinator._attachments import remove_files
from sectorprivacy.rights.coordinator._calls import Calls
from sectorprivacy.rights.coordinator._case import Case, CaseState
from sectorprivacy.rights.coordinator._desk import Desk
from sectorprivacy.rights.coordinator._opened import OpenCase
from sectorprivacy.rights.coordinator._progress import Progress
from sectorprivacy.rights.coordinator._vault import CaseVault


async def close(desk: Desk, opened: OpenCase, vault: CaseVault) -> Case:
    """Close the case; of a closed one, only the services are asked that had not forgotten it.

    The services come first: a coordinator that dies in between still has the case, and closes it again. One that failed
    is asked too, for it may have kept what it was asked before it failed.
    """
    remains = opened.case.moved(CaseState.CLOSED).without_person()
    services = opened.case.remembered_by
    forgot = await asyncio.gather(*(_forgot(desk, service, opened.case.id) for service in services))
    unclosed = tuple(service for service, done in zip(services, forgot, strict=True) if not done)
    closed = await opened.destroy(remains.model_copy(update={"unclosed": unclosed}), vault)
    await asyncio.to_thread(remove_files, desk.work, closed.id)
    return closed


async def _forgot(desk: Desk, service: str, case: UUID) -> bool:
    desk.tell(Progress(service=service, stage="close", state="running"))
    try:
        await _ask(desk, service, case)
    except ServiceFailed as failure:
        desk.tell(Progress(service=service, stage="close", state="failed", code=failure.reason))
        return False
    desk.tell(Progress(service=service, stage="close", state="done"))
    return True


async def _ask(desk: Desk, service: str, case: UUID) -> None:
    asked = desk.services.get(service)
    if asked is None:
        # A case lasts for weeks, and a service may have been taken away meanwhile.
        raise ServiceFailed(service=service, reason="unknown_service")
    await Calls(service, desk.limits).ask(lambda: asked.close(case))
