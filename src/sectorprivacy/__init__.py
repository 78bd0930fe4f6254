"""The front door of sectorprivacy: the names of every day, each loaded when it is first asked for."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, mark, personal
    from sectorprivacy.app import MemoryStore, Privacy
    from sectorprivacy.encryption import LocalKeyring, Sealed
    from sectorprivacy.errors import PrivacyError
    from sectorprivacy.policy import Activity, Controller, Keep, Policy, Recipient
    from sectorprivacy.purposes import prefetch, processing, using
    from sectorprivacy.rights.service import Changes, Decision, Finding, SqliteHooks, Who
    from sectorprivacy.signing import Signer, Verifier
    from sectorprivacy.vocabulary import (
        Basis,
        Capacity,
        Identifier,
        Period,
        Relation,
        Right,
        Safeguard,
        Source,
        SubjectRef,
    )
    from sectorprivacy.vocabulary import categories as C  # the short names that users write
    from sectorprivacy.vocabulary import purposes as P

_HOMES = {
    "annotations": "NotPersonal Personal SubjectId mark personal",
    "app": "MemoryStore Privacy",
    "encryption": "LocalKeyring Sealed",
    "errors": "PrivacyError",
    "policy": "Activity Controller Keep Policy Recipient",
    "purposes": "prefetch processing using",
    "rights.service": "Changes Decision Finding SqliteHooks Who",
    "signing": "Signer Verifier",
    "vocabulary": "Basis Capacity Identifier Period Relation Right Safeguard Source SubjectRef",
}
_PLACES = {name: (home, name) for home, names in _HOMES.items() for name in names.split()} | {
    "C": ("vocabulary", "categories"),
    "P": ("vocabulary", "purposes"),
}

__all__ = [
    "Activity",
    "Basis",
    "C",
    "Capacity",
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
    "Safeguard",
    "Sealed",
    "Signer",
    "Source",
    "SqliteHooks",
    "SubjectId",
    "SubjectRef",
    "Verifier",
    "Who",
    "mark",
    "personal",
    "prefetch",
    "processing",
    "using",
]


if not TYPE_CHECKING:
    # Hidden from type checkers: they would take every misspelt name for one that is loaded on demand.
    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home, attribute = _PLACES[name]
        globals()[name] = value = getattr(importlib.import_module(f"{__name__}.{home}"), attribute)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
