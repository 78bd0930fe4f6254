"""What tests may ask of the machine."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from tests.conftest import absent


def test_missing_program_skips_for_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the system's programs the tests that need them are skipped, and say what to read."""
    monkeypatch.delenv("SECTORPRIVACY_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"needs chromium.*run-the-tests"):
        absent("chromium")


def test_missing_program_fails_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that must have a program cannot turn green without it."""
    monkeypatch.setenv("SECTORPRIVACY_REQUIRE", "node,chromium")
    with pytest.raises(pytest.fail.Exception, match="needs chromium"):
        absent("chromium")


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("run", [1, 2])
def test_postgres_database_is_empty_for_each_test(postgres_url: str, run: int) -> None:
    """What one test writes into Postgres, the next does not find."""
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (id integer)"))
        connection.execute(text("INSERT INTO person VALUES (:run)"), {"run": run})
        assert connection.execute(text("SELECT id FROM person")).scalars().all() == [run]
    engine.dispose()


@pytest.mark.needs("postgres")
def test_postgres_listens_on_no_network(postgres_url: str) -> None:
    """Servers of the tests cannot be reached from outside the machine."""
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW listen_addresses")).scalar_one() == ""
    engine.dispose()
