"""Hooks by hand: all of them are there, they run in the library's transaction, and they cannot commit it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring
from sectorprivacy.errors import DatabaseUnsafe, InvalidDeclaration
from sectorprivacy.rights.service import Asked, Changes, Decision, Finding, SqliteHooks, Who
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import RecordKey
from tests.rights.service.asking import Asking
from tests.rights.service.letters import KARI, KARI_MAIL, LETTERS, Key, Letter, Letters, opened, policy


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    return opened(tmp_path)


@pytest.mark.parametrize("absent", ["find", "select", "write"])
def test_a_service_without_all_its_hooks_is_not_made(tmp_path: Path, absent: str):
    """A missing hook is found at start-up, not in the middle of somebody's case."""
    data = SqliteHooks(lambda: sqlite3.connect(tmp_path / "data.db"))
    if absent != "find":
        data.find(lambda db, who: Finding(held=False))
    if absent != "select":
        data.select(Letter)(lambda db, who, after, limit: [])
    if absent != "write":
        data.write(Letter)(lambda db, changes: None)
    privacy = Privacy(policy, models=[Letter], keys=LocalKeyring.in_memory(), store=MemoryStore())
    with pytest.raises(InvalidDeclaration, match=f"there is no {absent} hook"):
        privacy.service("letters", data=data, signer=Signer.generate())


def test_a_reading_transaction_writes_nothing(letters: Letters):
    """Whatever reads gets a connection on which no statement changes anything."""
    for statement in ("DELETE FROM letter", "CREATE TABLE t (x)", "INSERT INTO call VALUES (9, '', '', '')"):
        with letters.data.reading() as records, pytest.raises(sqlite3.OperationalError, match="readonly"):
            records.connection.execute(statement)
    assert letters.rows("letter") == LETTERS


def test_an_error_rolls_everything_back(letters: Letters):
    """Change, journal and intents stand together or not at all."""
    task = uuid4()

    def fail_at_the_end() -> None:
        with letters.data.writing() as records:
            records.connection.execute("DELETE FROM letter")
            records.journal.write(task, "letters.letter", 0, b"done")
            records.intents.intend(["1.sealed"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_the_end()
    assert letters.rows("letter") == LETTERS
    with letters.data.reading() as records:
        assert records.journal.written(task, "letters.letter", 0) is None
        assert list(records.intents.intended()) == []


async def test_a_hook_cannot_commit(letters: Letters):
    """`with db:` commits by habit, and would leave the change without evidence: it is refused, and nothing is done."""
    service = letters.service()

    @letters.data.write(Letter)
    def write(db: sqlite3.Connection, changes: Changes) -> None:
        with db:
            db.execute("DELETE FROM letter")

    planned = await Asking(service, [KARI]).plan()
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        await service.apply(planned.to_apply(), "letters.letter", None, 100)
    assert letters.rows("letter") == LETTERS


async def test_a_decision_by_hand_stands_in_plan_and_apply(letters: Letters):
    """A service's owner may know better than the register; what they decide is what is done."""
    service = letters.service()

    @letters.data.decide(Letter)
    def decide(letter: Letter, asked: Asked) -> Decision:
        return Decision(act="anonymise", fields=("customer",)) if letter.id == 3 else asked.by_policy()

    @letters.data.write(Letter)
    def write(db: sqlite3.Connection, changes: Changes) -> None:
        db.executemany("DELETE FROM letter WHERE id = ?", [key.parts for key in changes.erase])
        assert list(changes.clear) == [("customer",)]
        for keys in changes.clear.values():
            db.executemany("UPDATE letter SET customer = NULL WHERE id = ?", [key.parts for key in keys])

    asking = Asking(service, [KARI, KARI_MAIL])
    planned = await asking.plan()
    assert planned.outcomes("letters.letter") == {"anonymised": 1, "erased": 2}
    await asking.apply(planned)
    assert [row[:3] for row in letters.rows("letter")] == [
        (2, "ola@example.no", "100002"),
        (3, None, None),
    ]


def test_nothing_to_write_calls_no_hook(letters: Letters):
    """A page without a change needs no statement, so a write hook may rely on having something to do."""
    called: list[Changes] = []
    letters.data.write(Letter)(lambda db, changes: called.append(changes))
    with letters.data.writing() as records:
        records.write(letters.privacy.gate.field_map(Letter), Changes())
    assert called == []


def test_deleted_bytes_leave_the_files(letters: Letters):
    """After settling, neither the database file nor its log holds what was erased."""
    secret = b"an unusual sentence nobody else wrote"
    with letters.data.writing() as records:
        records.connection.execute("INSERT INTO letter VALUES (50, NULL, '1', ?)", (secret.decode(),))
    with letters.data.writing() as records:
        records.connection.execute("DELETE FROM letter WHERE id = 50")
    assert letters.data.settle() == {"data": "now"}
    assert not [each for each in letters.database.parent.glob("letters.db*") if secret in each.read_bytes()]


def test_a_reader_who_does_not_end_is_reported(letters: Letters, monkeypatch: pytest.MonkeyPatch):
    """While somebody reads an old state the log cannot be emptied; that is said, not passed over."""
    monkeypatch.setattr("sectorprivacy.rights.service._hooks._SETTLE_PAUSE", 0)
    with closing(sqlite3.connect(letters.database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM letter").fetchone()
        with letters.data.writing() as records:
            records.connection.execute("PRAGMA busy_timeout = 0")
            records.connection.execute("DELETE FROM letter WHERE id = 1")
        letters.data = SqliteHooks(lambda: sqlite3.connect(letters.database, timeout=0))
        with pytest.raises(DatabaseUnsafe):
            letters.data.settle()


def test_the_key_of_a_page_is_a_tuple(letters: Letters):
    """A select hook gets the last key as plain values, and nothing for the first page."""
    seen: list[Key] = []

    @letters.data.select(Letter)
    def select(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> list[Letter]:
        seen.append(after)
        return []

    with letters.data.reading() as records:
        field_map = letters.privacy.gate.field_map(Letter)
        records.select(field_map, Who([KARI]), None, 10)
        records.select(field_map, Who([KARI]), RecordKey.of(7), 10)
    assert seen == [None, (7,)]
