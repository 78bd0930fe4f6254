"""What every step of a case works with: the services, the limits, the keys and the watcher."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from sectorprivacy.policy import Policy
from sectorprivacy.rights.coordinator._calls import Calls
from sectorprivacy.rights.coordinator._limits import CoordinatorLimits
from sectorprivacy.rights.coordinator._progress import Progress, Watcher
from sectorprivacy.rights.protocol import Manifest, PersonalDataService
from sectorprivacy.signing import Signer, Verifier


def _unwatched(_: Progress) -> None:
    """Nobody watches."""


@frozen(kw_only=True)
class Desk:
    """The coordinator's means during one step."""

    policy: Policy
    services: Mapping[str, PersonalDataService]
    verifiers: Mapping[str, Verifier]
    signer: Signer
    work: Path
    limits: CoordinatorLimits
    now: Callable[[], datetime]
    tell: Watcher = field(default=_unwatched)

    def calls(self, manifest: Manifest) -> Calls:
        """Calls to a service for one step, in pages no longer than it gives."""
        pages = min(self.limits.page_records, manifest.page_limit)
        return Calls(manifest.service, evolve(self.limits, page_records=pages))


async def side_by_side(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Work on several services at once.

    A service's failure is noted by its own work and raises nothing; what is raised here is the case's or the store's,
    and ends the rest.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
