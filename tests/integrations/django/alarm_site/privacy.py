"""The Privacy of the site; each test has one of its own."""

from __future__ import annotations

from typing import Any

from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, MemoryKeyStore
from sectorprivacy.ledger import MemorySubjectIndex
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT, "employee": Basis.CONTRACT},
    uses=[C.NAME, C.EMAIL, C.TELEPHONE, C.COMMUNICATION, C.IDENTIFIER],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving])


class CountingKeys(MemoryKeyStore):
    """Counts how often it is asked."""

    queries = 0

    def rows(self, *args: Any, **options: Any) -> Any:
        self.queries += 1
        return super().rows(*args, **options)


class CountingSubjects(MemorySubjectIndex):
    """Counts how often it is asked."""

    queries = 0

    def refs(self, *args: Any, **options: Any) -> Any:
        self.queries += 1
        return super().refs(*args, **options)


def start(models: list[type], store: MemoryStore | None = None, keyring: LocalKeyring | None = None) -> Privacy:
    """A Privacy over these models."""
    store = store or MemoryStore(keys=CountingKeys(), subjects=CountingSubjects())
    return Privacy(policy, models=models, keys=keyring or LocalKeyring.in_memory(), store=store)


_current: list[Privacy] = []


def use(privacy: Privacy) -> None:
    """Let requests have this one."""
    _current[:] = [privacy]


def current() -> Privacy:
    """What the setting SECTORPRIVACY leads to."""
    return _current[0]
