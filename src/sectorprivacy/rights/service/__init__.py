"""WHAT A SERVICE IMPLEMENTS: hooks or derived data, the plan and its application, the journal, and the endpoint.

A service answers PersonalDataService over its ServiceData: derived from marks (`integrations.sqlalchemy.SqlModels`),
or written by hand (`SqliteHooks`).
"""

from sectorprivacy.rights.service._data import (
    Changes,
    FileIntents,
    Finding,
    Journal,
    Records,
    ServiceData,
)
from sectorprivacy.rights.service._decision import Asked, Decided, Decision
from sectorprivacy.rights.service._endpoint import Endpoint, MountedService, Peer
from sectorprivacy.rights.service._files import FileFolder
from sectorprivacy.rights.service._finding import find_by_marks, key_of
from sectorprivacy.rights.service._hooks import SqliteHooks
from sectorprivacy.rights.service._memory import Memory
from sectorprivacy.rights.service._quarantine import MemoryWaitingList, Quarantine, Waiting, WaitingList
from sectorprivacy.rights.service._sealed_tasks import SealedTasks, is_sealed
from sectorprivacy.rights.service._service import Service
from sectorprivacy.rights.service._tasks import (
    AnyTask,
    MemoryPlanPages,
    MemoryReplay,
    MemoryTasks,
    OpenTask,
    PlanPages,
    ReplayStore,
    TaskStore,
    same_task,
)
from sectorprivacy.rights.service._who import Concern, Who

__all__ = [
    "AnyTask",
    "Asked",
    "Changes",
    "Concern",
    "Decided",
    "Decision",
    "Endpoint",
    "FileFolder",
    "FileIntents",
    "Finding",
    "Journal",
    "Memory",
    "MemoryPlanPages",
    "MemoryReplay",
    "MemoryTasks",
    "MemoryWaitingList",
    "MountedService",
    "OpenTask",
    "Peer",
    "PlanPages",
    "Quarantine",
    "Records",
    "ReplayStore",
    "SealedTasks",
    "Service",
    "ServiceData",
    "SqliteHooks",
    "TaskStore",
    "Waiting",
    "WaitingList",
    "Who",
    "find_by_marks",
    "is_sealed",
    "key_of",
    "same_task",
]
