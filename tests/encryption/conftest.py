"""One person, their keys, and places for their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sectorprivacy.encryption import Codec, Keys, LocalKeyring, MemoryKeyStore, Place, SubjectKey
from sectorprivacy.vocabulary import RecordKey, SubjectRef

KARI = SubjectRef(bytes(range(16)))


@pytest.fixture
def keys() -> Keys:
    return Keys("sector-alarm", store=MemoryKeyStore(), provider=LocalKeyring.in_memory())


@pytest.fixture
def key(keys: Keys) -> SubjectKey:
    return keys.for_sealing(KARI, "contract")


@pytest.fixture
def place() -> Callable[..., Place]:
    """A place in which everything but what is named stays the same."""

    def at(codec: Codec = Codec.STR, **changes: Any) -> Place:
        facts: dict[str, Any] = {
            "tenant": "sector-alarm",
            "model": "crm.customer",
            "field": "national_id",
            "subject": KARI,
            "record": RecordKey.of(7),
            "codec": codec,
            "retention_class": "contract",
        }
        return Place(**{**facts, **changes})

    return at
