"""Databases: settings that erasure and durability need are set and read back, and deleted bytes leave the files."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from traceback import format_exception

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from sectorprivacy.errors import DatabaseUnreachable, DatabaseUnsafe, EpochEnded, PrivacyError
from sectorprivacy.integrations.sqlalchemy import _database
from sectorprivacy.integrations.sqlalchemy._database import open_database, settle, transaction

CANARY = "kari.nordmann@example.org"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "privacy.db"


def every_byte(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.iterdir())


def test_settings_hold_on_every_connection(path: Path) -> None:
    """They belong to the connection, not to the file: each new one must have them."""
    engine = open_database(f"sqlite:///{path}")
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            for name, expected in (
                ("journal_mode", "wal"),
                ("secure_delete", 1),
                ("synchronous", 2),
                ("foreign_keys", 1),
                ("busy_timeout", 10_000),
            ):
                assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == expected
    engine.dispose()


def test_a_setting_that_does_not_hold_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that ignores a setting in silence must not be trusted with personal data."""
    monkeypatch.setitem(_database._SETTINGS, "secure_delete", ("OFF", 1))
    with pytest.raises(DatabaseUnsafe, match="secure_delete"):
        open_database(f"sqlite:///{path}")


def test_its_files_are_for_their_owner_alone(path: Path) -> None:
    """Mode 0600 for the database and its logs, also for a file that was there before."""
    path.touch(0o644)
    engine = open_database(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (email TEXT)"))
        assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}
        assert len(list(path.parent.iterdir())) == 3
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db", "no url", ""])
def test_what_cannot_keep_the_promise_is_refused(url: str) -> None:
    """A database that is not durable, or of which nothing is known, is not opened."""
    with pytest.raises(DatabaseUnsafe):
        open_database(url)


def test_a_file_that_cannot_be_made_is_named_as_such(tmp_path: Path) -> None:
    """One clear sentence instead of the driver's."""
    with pytest.raises(DatabaseUnsafe, match="path"):
        open_database(f"sqlite:///{tmp_path / 'absent' / 'privacy.db'}")


def test_deleted_bytes_leave_the_files(path: Path) -> None:
    """After a deletion the value is still in the log; settled, it is in no byte of any file (Art. 17)."""
    engine = open_database(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (email TEXT)"))
        connection.execute(text("INSERT INTO person VALUES (:email)"), {"email": CANARY})
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM person"))
    assert CANARY.encode() in every_byte(path)
    assert settle(engine) is True
    assert CANARY.encode() not in every_byte(path)
    engine.dispose()


def test_a_busy_log_is_an_error_and_settles_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Residue that could not be removed is never taken for removed."""
    monkeypatch.setattr(_database, "SETTLE_PAUSE", 0)
    monkeypatch.setattr(_database, "BUSY_SECONDS", 0.01)
    engine = open_database(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (email TEXT)"))
        connection.execute(text("INSERT INTO person VALUES (:email)"), {"email": CANARY})
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM person").fetchone() == (1,)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM person"))
    with pytest.raises(DatabaseUnsafe, match="settle again"):
        settle(engine)
    reader.close()
    assert settle(engine)
    assert CANARY.encode() not in every_byte(path)
    engine.dispose()


def test_errors_quote_no_values(path: Path) -> None:
    """Parameters of a statement stay out of the driver's exceptions (they end in logs)."""
    engine = open_database(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (email TEXT UNIQUE)"))
        connection.execute(text("INSERT INTO person VALUES (:email)"), {"email": CANARY})
    with pytest.raises(IntegrityError) as refused, engine.begin() as connection:
        connection.execute(text("INSERT INTO person VALUES (:email)"), {"email": CANARY})
    assert CANARY not in str(refused.value)
    engine.dispose()


@pytest.mark.needs("postgres")
@pytest.mark.parametrize(
    ("sqlstate", "expected"),
    [
        ("53100", DatabaseUnsafe),
        ("58030", DatabaseUnsafe),
        ("57P01", DatabaseUnreachable),
        ("55P03", DatabaseUnreachable),
    ],
)
def test_what_ails_postgres_is_told_without_its_words(
    postgres_url: str, sqlstate: str, expected: type[PrivacyError]
) -> None:
    """A full or failing disk is one thing to mend, an absent or busy server another; its own words may quote rows."""
    engine = open_database(postgres_url)
    ailing = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}', MESSAGE = '{CANARY}'; END $$"
    with pytest.raises(expected) as told, transaction(engine) as connection:
        connection.exec_driver_sql(ailing)
    assert CANARY not in "".join(format_exception(told.value))
    engine.dispose()


def test_a_transaction_that_fails_keeps_nothing(path: Path) -> None:
    """Also where the failure is the caller's own."""
    engine = open_database(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (email TEXT)"))

    def refuse_after_writing() -> None:
        with transaction(engine) as connection:
            connection.execute(text("INSERT INTO person VALUES (:email)"), {"email": CANARY})
            raise EpochEnded

    with pytest.raises(EpochEnded):
        refuse_after_writing()
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM person")).scalar() == 0
    engine.dispose()


@pytest.mark.needs("postgres")
def test_postgres_says_that_it_cannot_settle(postgres_url: str) -> None:
    """There deleted bytes stay in dead rows and in the log; nobody is told otherwise."""
    engine = open_database(postgres_url)
    assert settle(engine) is False
    engine.dispose()
