"""What a service remembers about cases, and how it forgets one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from attrs import frozen

from sectorprivacy.ledger import CaseScopes
from sectorprivacy.rights.service._tasks import PlanPages, ReplayStore, TaskStore


@frozen(kw_only=True)
class Memory:
    """What a service remembers about tasks, in its privacy database.

    Args:
        tasks: Opened tasks.
        plans: What plans said.
        replay: Nonces of signed requests.
        scopes: Whose records a case may touch.
        settle: Makes deleted bytes unreadable; returns store to horizon.
    """

    tasks: TaskStore
    plans: PlanPages
    replay: ReplayStore
    scopes: CaseScopes
    settle: Callable[[], Mapping[str, str]]

    def close(self, case: UUID) -> None:
        """Forget whom a case was about, down to the bytes. Pages of plans stay: they are digests of record keys."""
        self.scopes.close(case)
        self.tasks.close(case)
        self.settle()
