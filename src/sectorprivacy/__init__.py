"""The front door: the names of every day, each loaded when it is first used. Everything else is in its own package."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
    from sectorprivacy.app import MemoryStore, Privacy
    from sectorprivacy.encryption import LocalKeyring, Sealed
    from sectorprivacy.errors import PrivacyError
    from sectorprivacy.policy import Activity, Controller, Keep, Policy, Recipient
    from sectorprivacy.purposes import prefetch, processing, using
    from sectorprivacy.rights.service import Changes, Decision, Finding, SqliteHooks, Who
    from sectorprivacy.signing import Signer, Verifier
    from sectorprivacy.vocabulary import Basis, Identifier, Period, Relation, Right, SubjectRef
    from sectorprivacy.vocabulary import categories as C
    from sectorprivacy.vocabulary import purposes as P

__all__ = [
    "Activity",
    "Basis",
    "C",
    "Changes",
    "Controller",
    "Decision",
    "Finding",
    "Identifier",
    "Keep",
    "LocalKeyring",
    "MemoryStore",
    "NotPersonal",
    "P",
    "Period",
    "Personal",
    "Policy",
    "Privacy",
    "PrivacyError",
    "Recipient",
    "Relation",
    "Right",
    "Sealed",
    "Signer",
    "SqliteHooks",
    "SubjectId",
    "SubjectRef",
    "Verifier",
    "Who",
    "personal",
    "prefetch",
    "processing",
    "using",
]

_HOMES = {
    "sectorprivacy.annotations": ("NotPersonal", "Personal", "SubjectId", "personal"),
    "sectorprivacy.app": ("MemoryStore", "Privacy"),
    "sectorprivacy.encryption": ("LocalKeyring", "Sealed"),
    "sectorprivacy.errors": ("PrivacyError",),
    "sectorprivacy.policy": ("Activity", "Controller", "Keep", "Policy", "Recipient"),
    "sectorprivacy.purposes": ("prefetch", "processing", "using"),
    "sectorprivacy.rights.service": ("Changes", "Decision", "Finding", "SqliteHooks", "Who"),
    "sectorprivacy.signing": ("Signer", "Verifier"),
    "sectorprivacy.vocabulary": ("Basis", "Identifier", "Period", "Relation", "Right", "SubjectRef"),
}
_WHERE = {name: (module, name) for module, names in _HOMES.items() for name in names} | {
    "C": ("sectorprivacy.vocabulary", "categories"),
    "P": ("sectorprivacy.vocabulary", "purposes"),
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _WHERE[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
