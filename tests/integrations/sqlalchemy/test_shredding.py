"""Shredding and quarantine across processes: what one does, another learns within the lifetime of what it remembers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from sectorprivacy.encryption import Codec, Keys, LocalKeyring, Place, seal
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.vocabulary import RecordKey, SubjectRef

KARI = SubjectRef(b"k" * 16)
SECRET = b"s" * 32
LIFETIME = 60

# Another process of the service. It does what each line says at the time the line gives, on a clock of its own, and
# answers with what came of it and how often it asked the store.
OTHER_PROCESS = """
import sys
from pathlib import Path
from sqlalchemy import Engine, event
from sectorprivacy.encryption import Codec, Keys, LocalKeyring, Place
from sectorprivacy.errors import PrivacyError
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.vocabulary import RecordKey, SubjectRef

url, keyring, cell = sys.argv[1], Path(sys.argv[2]), bytes.fromhex(sys.argv[3])
kari = SubjectRef(b"k" * 16)
time = 0.0
asked = 0

@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, *rest):
    global asked
    asked += "FROM sp_key" in statement

place = Place(tenant="alarms", model="crm.customer", field="name", subject=kari, record=RecordKey.of(1),
              codec=Codec.STR, retention_class="contract")
keys = Keys("alarms", store=SqlStore(url).keys, provider=LocalKeyring.open(keyring, b"s" * 32), clock=lambda: time)
print("ready", flush=True)
for line in sys.stdin:
    deed, at = line.split()
    time, asked = float(at), 0
    try:
        if deed == "open":
            keys.open(place, cell)
        else:
            keys.for_sealing(kari, "contract")
        answer = "done"
    except PrivacyError as error:
        answer = type(error).__name__
    print(answer, asked, flush=True)
"""


@frozen
class Other:
    """Another process."""

    process: subprocess.Popen[str]

    def does(self, deed: str, *, at: float) -> tuple[str, int]:
        """What came of it, and how often it asked the key store."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(deed, at, file=self.process.stdin, flush=True)
        answer, asked = self.process.stdout.readline().split()
        return answer, int(asked)


@pytest.fixture
def keys(sql_store: SqlStore, tmp_path: Path) -> Keys:
    """The keys in this process."""
    return Keys("alarms", store=sql_store.keys, provider=LocalKeyring.create(tmp_path / "keyring", SECRET))


@pytest.fixture
def other(keys: Keys, url: str, tmp_path: Path) -> Iterator[Other]:
    """The other process, which knows of a cell of Kari; it never outlives the test."""
    place = Place(
        tenant="alarms",
        model="crm.customer",
        field="name",
        subject=KARI,
        record=RecordKey.of(1),
        codec=Codec.STR,
        retention_class="contract",
    )
    cell = seal(keys.for_sealing(KARI, "contract"), place, "Kari Nordmann")
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, url, str(tmp_path / "keyring"), cell.hex()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield Other(process)
    process.kill()
    process.communicate()


def test_a_key_shredded_in_one_process_is_refused_in_the_other_within_the_lifetime(other: Other, keys: Keys) -> None:
    """The published latency: what was read stays in use for 60 seconds from before it was asked for, no longer."""
    assert other.does("open", at=0) == ("done", 1)
    assert other.does("open", at=LIFETIME / 2) == ("done", 0)
    assert keys.shred(KARI) == 1
    assert other.does("open", at=LIFETIME - 0.001) == ("done", 0)
    assert other.does("open", at=LIFETIME) == ("KeyErased", 1)
    assert other.does("open", at=LIFETIME + 1) == ("KeyErased", 0)


def test_nothing_more_is_sealed_under_a_shredded_key(other: Other, keys: Keys) -> None:
    """Nor is another made in its stead: whoever was erased stays erased."""
    assert other.does("seal", at=0) == ("done", 1)
    keys.shred(KARI)
    assert other.does("seal", at=LIFETIME) == ("KeyErased", 1)
    assert other.does("open", at=LIFETIME) == ("KeyErased", 1)


def test_a_process_that_did_not_know_the_key_refuses_at_once(other: Other, keys: Keys) -> None:
    """Only what was remembered is late."""
    keys.shred(KARI)
    assert other.does("open", at=0) == ("KeyErased", 1)


def test_quarantine_and_its_end_reach_the_other_process(other: Other, keys: Keys) -> None:
    """A disabled key is refused within the lifetime, and opens again within one more; the next value gets a new key."""
    assert other.does("open", at=0) == ("done", 1)
    assert keys.disable(KARI) == 1
    assert other.does("open", at=LIFETIME) == ("KeyUnavailable", 1)
    assert other.does("seal", at=LIFETIME) == ("KeyUnavailable", 1)
    assert keys.enable(KARI) == 1
    assert other.does("open", at=2 * LIFETIME) == ("done", 1)
    before = keys.count([KARI])
    assert other.does("seal", at=2 * LIFETIME)[0] == "done"
    assert keys.count([KARI]) == before + 1
