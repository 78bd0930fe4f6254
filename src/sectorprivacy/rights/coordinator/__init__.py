"""The case: finds a person in every service, collects or erases what is held, and accounts for all of it.

Explanation: docs/explanation/the-case.md.
"""

from sectorprivacy.rights.coordinator._case import (
    Case,
    CaseAttachment,
    CaseState,
    DataSetChange,
    DataSetExport,
    DataSetRest,
    Doubt,
    Edge,
    Evidence,
    ServiceAnswer,
    Verification,
)
from sectorprivacy.rights.coordinator._change import CasePlan
from sectorprivacy.rights.coordinator._clock import Deadlines, deadlines
from sectorprivacy.rights.coordinator._coordinator import Coordinator
from sectorprivacy.rights.coordinator._fold import Fold, failures, fold
from sectorprivacy.rights.coordinator._limits import CoordinatorLimits
from sectorprivacy.rights.coordinator._progress import Progress, Watcher
from sectorprivacy.rights.coordinator._receipts import COUNTERSIGNATURE_TYPE, Countersignature
from sectorprivacy.rights.coordinator._review import ReviewDecision, ReviewItem
from sectorprivacy.rights.coordinator._store import (
    CaseFiles,
    CasePages,
    CaseStore,
    MemoryCases,
    StoredCase,
    StoredPage,
    changed_meanwhile,
)
from sectorprivacy.rights.coordinator._vault import CaseVault

__all__ = [
    "COUNTERSIGNATURE_TYPE",
    "Case",
    "CaseAttachment",
    "CaseFiles",
    "CasePages",
    "CasePlan",
    "CaseState",
    "CaseStore",
    "CaseVault",
    "Coordinator",
    "CoordinatorLimits",
    "Countersignature",
    "DataSetChange",
    "DataSetExport",
    "DataSetRest",
    "Deadlines",
    "Doubt",
    "Edge",
    "Evidence",
    "Fold",
    "MemoryCases",
    "Progress",
    "ReviewDecision",
    "ReviewItem",
    "ServiceAnswer",
    "StoredCase",
    "StoredPage",
    "Verification",
    "Watcher",
    "changed_meanwhile",
    "deadlines",
    "failures",
    "fold",
]
