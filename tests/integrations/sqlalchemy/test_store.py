"""SqlStore: crashes leave whole entries, processes see each other, and deleted bytes leave the files."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sectorprivacy.encryption import Keys, LocalKeyring
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.ledger import CaseScope, CaseScopes, IndexKey, Subjects, TombstoneKey
from sectorprivacy.vocabulary import Identifier, SubjectRef

KARI = SubjectRef(b"k" * 16)

# A process that appends 2,500 entries at a time, in three statements, and is killed in the middle of its second append.
DYING_WRITER = """
import os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import Engine, event
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.ledger import Deed, LogEntry
from sectorprivacy.vocabulary import SubjectRef

inserts = 0

@event.listens_for(Engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    global inserts
    inserts += statement.startswith("INSERT INTO sp_log")
    if inserts == 5:
        os.kill(os.getpid(), signal.SIGKILL)

entry = LogEntry(at=datetime.now(UTC), activity="billing", subject=SubjectRef(b"k" * 16), actor="a", kind=Deed.OPENED)
store = SqlStore(sys.argv[1])
while True:
    store.log.append([entry] * 2500)
"""

# A process that appends batches of seven entries, and says so after each, until it is killed.
WRITER = """
import sys
from datetime import UTC, datetime
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.ledger import Deed, LogEntry
from sectorprivacy.vocabulary import SubjectRef

store = SqlStore(sys.argv[1])
while True:
    store.log.append([
        LogEntry(at=datetime.now(UTC), activity="billing", subject=SubjectRef(b"k" * 16), actor="a", kind=Deed.OPENED)
        for _ in range(7)
    ])
    print("appended", flush=True)
"""


@pytest.fixture
def writer(url: str) -> Iterator[subprocess.Popen[str]]:
    """A running writer; it never outlives the test."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def test_a_writer_killed_within_an_append_leaves_none_of_it(url: str) -> None:
    """Entries of one append are there together or not at all, also when the process dies between two statements."""
    assert subprocess.run([sys.executable, "-c", DYING_WRITER, url], check=False).returncode == -signal.SIGKILL
    with closing(SqlStore(url)) as store:
        assert len(store.log.entries([KARI], 0, 1_000_000)) == 2500


def test_a_killed_writer_loses_nothing_it_acknowledged(writer: subprocess.Popen[str], url: str) -> None:
    """After SIGKILL at any moment everything acknowledged is there, and nothing is there in part."""
    assert writer.stdout is not None
    for _ in range(3):
        assert writer.stdout.readline() == "appended\n"
    writer.send_signal(signal.SIGKILL)
    acknowledged = 3 + writer.stdout.read().count("appended\n")
    assert writer.wait() == -signal.SIGKILL
    with closing(SqlStore(url)) as store:
        entries = store.log.entries([KARI], 0, 1_000_000)
    assert len(entries) % 7 == 0
    assert len(entries) // 7 in (acknowledged, acknowledged + 1)


def test_one_process_sees_what_another_committed(writer: subprocess.Popen[str], sql_store: SqlStore) -> None:
    """An open store reads what another process has committed since, without being told."""
    assert writer.stdout is not None
    assert writer.stdout.readline() == "appended\n"
    seen = len(sql_store.log.entries([KARI], 0, 1_000_000))
    assert seen >= 7
    writer.stdout.readline()
    writer.stdout.readline()
    assert len(sql_store.log.entries([KARI], 0, 1_000_000)) > seen


def test_what_was_stored_is_there_after_a_restart(url: str) -> None:
    """Opening again makes no new tables and loses nothing."""
    with closing(SqlStore(url)) as store:
        store.subjects.mint({b"t" * 32: KARI})
    with closing(SqlStore(url)) as store:
        assert store.subjects.refs([b"t" * 32]) == {b"t" * 32: KARI}


def test_many_processes_may_start_at_once(url: str) -> None:
    """Workers of one service that start together all find their tables."""
    start = "import sys; from sectorprivacy.integrations.sqlalchemy import SqlStore; SqlStore(sys.argv[1]).close()"
    workers = [subprocess.Popen([sys.executable, "-c", start, url]) for _ in range(4)]
    assert [worker.wait(60) for worker in workers] == [0] * 4


def test_no_identifier_ever_reaches_the_files(tmp_path: Path) -> None:
    """The privacy database of a service cannot be read as a list of its customers, also while a case runs."""
    store = SqlStore(f"sqlite:///{tmp_path / 'privacy.db'}")
    people = Subjects(
        store.subjects,
        store.tombstones,
        index_key=IndexKey(b"i" * 32, "alarms"),
        tombstone_key=TombstoneKey(b"t" * 32, "alarms"),
    )
    ref = people.ref("email", "kari.nordmann@example.org")
    email = Identifier(kind="email", value="kari.nordmann@example.org")
    CaseScopes(store.scopes, b"k" * 32).keep(
        CaseScope(ref=ref, task=UUID(int=1), case=UUID(int=2), identifiers=(email,))
    )
    people.erase([ref], [("email", "kari.nordmann@example.org")])
    raw = every_byte(tmp_path)
    assert ref.raw in raw
    assert b"nordmann" not in raw
    store.close()


def test_what_was_forgotten_leaves_the_files_when_settled(tmp_path: Path) -> None:
    """After an erasure and the end of its case no token, reference or sealed document stays in any file (Art. 17)."""
    store = SqlStore(f"sqlite:///{tmp_path / 'privacy.db'}")
    tokens = [bytes([number]) * 32 for number in range(1, 100)]
    store.subjects.mint(dict.fromkeys(tokens, KARI))
    scopes = CaseScopes(store.scopes, b"k" * 32)
    scopes.keep(CaseScope(ref=KARI, task=UUID(int=1), case=UUID(int=2), identifiers=()))
    sealed = store.scopes.get(KARI, UUID(int=2))
    assert sealed is not None
    assert tokens[0] in every_byte(tmp_path)
    assert sealed.document in every_byte(tmp_path)
    store.subjects.forget([KARI])
    scopes.close(UUID(int=2))
    store.settle()
    raw = every_byte(tmp_path)
    assert not [token for token in tokens if token in raw]
    assert sealed.document not in raw
    assert KARI.raw not in raw
    store.close()


def test_keys_may_live_in_a_database_of_their_own(tmp_path: Path) -> None:
    """Keys get a shorter backup life than the data only if they are not in the same file."""
    with closing(
        SqlStore(f"sqlite:///{tmp_path / 'privacy.db'}", keys_url=f"sqlite:///{tmp_path / 'keys.db'}")
    ) as store:
        Keys("alarms", store=store.keys, provider=LocalKeyring.in_memory()).for_sealing(KARI, "contract")
    assert KARI.raw in (tmp_path / "keys.db").read_bytes()
    assert KARI.raw not in (tmp_path / "privacy.db").read_bytes()


@pytest.mark.parametrize(
    ("apart", "copies", "privacy", "keys"),
    [
        (False, {}, None, None),
        (True, {}, None, None),
        (True, {"keys_backed_up_for": timedelta(7), "data_backed_up_for": timedelta(90)}, 90, 7),
        (True, {"data_backed_up_for": timedelta(90)}, 90, None),
        # In one file every copy holds both.
        (False, {"keys_backed_up_for": timedelta(7), "data_backed_up_for": timedelta(90)}, 90, 90),
        (False, {"keys_backed_up_for": timedelta(7)}, 7, 7),
    ],
)
def test_the_horizon_is_when_the_last_copy_is_gone(
    tmp_path: Path, apart: bool, copies: dict[str, timedelta], privacy: int | None, keys: int | None
) -> None:
    """A receipt says "now" only where no backup holds a key or a token any more (Art. 17, Art. 5(2))."""
    keys_url = f"sqlite:///{tmp_path / 'keys.db'}" if apart else None
    with closing(SqlStore(f"sqlite:///{tmp_path / 'privacy.db'}", keys_url=keys_url, **copies)) as store:
        before, horizon, after = datetime.now(UTC), store.settle(), datetime.now(UTC)
    for said, expected in ((horizon["privacy"], privacy), (horizon["keys"], keys)):
        assert said in (
            {"now"} if expected is None else {f"{at + timedelta(expected):%Y-%m-%d}" for at in (before, after)}
        )


@pytest.mark.needs("postgres")
def test_on_postgres_the_keys_are_gone_when_their_epoch_ends(postgres_url: str) -> None:
    """No backup's end is promised for them: dead rows and the log hold them too; the end of the epoch reaches all."""
    with closing(SqlStore(postgres_url, data_backed_up_for=timedelta(30))) as store:
        horizon = store.settle()
    assert horizon["keys"] == "end of the keys' epoch"
    assert horizon["privacy"].startswith("vacuum and turnover of the write-ahead log; backups until 20")


def every_byte(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())
