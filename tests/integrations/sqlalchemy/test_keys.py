"""The key store in SQL: how many statements a call costs, what the tables refuse, and a disk without room.

What it shares with the store in memory is in `tests/encryption/test_key_stores.py`.
"""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from sectorprivacy.encryption import Epoch, KeyName, KeyRow, KeyStatus, KeyUse
from sectorprivacy.errors import DatabaseUnreachable, DatabaseUnsafe, EpochEnded
from sectorprivacy.integrations.sqlalchemy import open_database, settle
from sectorprivacy.integrations.sqlalchemy._keys import SqlKeyStore
from sectorprivacy.vocabulary import SubjectRef
from tests.postgres import PostgresServer

TENANT = "sector-alarm"
MADE = datetime(2026, 11, 25, tzinfo=UTC)

Call = Callable[[SqlKeyStore], object]


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The database of each kind."""
    opened = open_database(url)
    yield opened
    opened.dispose()


@pytest.fixture
def key_store(engine: Engine) -> SqlKeyStore:
    """A key store in which the first epoch has begun and three people have keys."""
    store = SqlKeyStore(engine)
    store.begin(epoch(1))
    store.insert([row(number) for number in (1, 2, 3)])
    return store


def epoch(number: int, use: KeyUse = KeyUse.WRAP) -> Epoch:
    return Epoch.begun(KeyName(TENANT, use, number, "0" * 16), bytes(32), wrapped=b"w" * 40, at=MADE)


def row(number: int, under: int = 1) -> KeyRow:
    return KeyRow(
        tenant=TENANT,
        kid=number.to_bytes(16, "big"),
        subject=person(number),
        retention_class="contract",
        epoch=under,
        wrapped=number.to_bytes(61, "big"),
        status=KeyStatus.ACTIVE,
        made=MADE,
    )


def person(number: int) -> SubjectRef:
    return SubjectRef(number.to_bytes(16, "big"))


def rewrapped(number: int) -> tuple[KeyRow, KeyRow]:
    return row(number), evolve(row(number, under=2), wrapped=b"\xee" * 61)


def everything(store: SqlKeyStore) -> tuple[object, ...]:
    """All that the store says, to compare before with after."""
    return store.page(TENANT, limit=10_000), store.tally(TENANT), store.epochs(TENANT, KeyUse.WRAP)


CALLS: dict[str, Call] = {
    "rows": lambda store: store.rows(TENANT, kids=[row(1).kid, row(2).kid]),
    "insert": lambda store: store.insert([row(7), row(8), row(9)]),
    "erase": lambda store: store.erase(TENANT, person(1)),
    "change": lambda store: store.change(
        TENANT, [row(1).kid, row(2).kid], before=[KeyStatus.ACTIVE], after=KeyStatus.DISABLED
    ),
    "page": lambda store: store.page(TENANT, epoch=1, limit=1000),
    "tally": lambda store: store.tally(TENANT),
    "epochs": lambda store: store.epochs(TENANT, KeyUse.WRAP),
    "begin": lambda store: store.begin(epoch(2)),
}
WRITES = ("insert", "erase", "change", "begin")
LOCKS_PEOPLE = ("insert", "erase", "change")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rows", 1),
        ("insert", 3),  # the rows, the fence, and what stands
        ("erase", 1),
        ("change", 2),  # whose they are, and the change
        ("page", 1),
        ("tally", 1),
        ("epochs", 1),
        ("begin", 3),  # retires the former, keeps the new one, reads what stands
    ],
)
def test_a_call_costs_a_fixed_number_of_statements(
    key_store: SqlKeyStore, statements: Callable[[], AbstractContextManager[list[str]]], name: str, expected: int
) -> None:
    """Three people cost what one costs: a result page is one query, an import one insert."""
    with statements() as seen:
        CALLS[name](key_store)
    locks = name in LOCKS_PEOPLE and key_store._engine.dialect.name == "postgresql"
    assert len([each for each in seen if not each.startswith("PRAGMA")]) == expected + locks


@pytest.mark.parametrize("name", ["rows", "insert", "erase", "change", "page"])
def test_no_call_reads_the_whole_table(sqlite_store: SqlKeyStore, name: str) -> None:
    """What a new customer costs does not grow with the number of customers."""
    plans: list[str] = []

    def explain(_: object, cursor: sqlite3.Cursor, statement: str, values: Any, *rest: object) -> None:
        if not statement.startswith("PRAGMA"):
            one = values[0] if rest[-1] else values
            plans.extend(row[3] for row in cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", one))

    event.listen(sqlite_store._engine, "before_cursor_execute", explain)
    CALLS[name](sqlite_store)
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN sp_")] == []


def test_a_page_is_rewrapped_in_two_statements(
    key_store: SqlKeyStore, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    """The swaps, and the fence; the end of an epoch is one change, which looks for keys itself, and one look back."""
    key_store.begin(epoch(2))
    with statements() as seen:
        assert key_store.rewrap([rewrapped(number) for number in (1, 2, 3)]) == 3
    assert len(seen) == 2
    with statements() as seen:
        key_store.end(TENANT, KeyUse.WRAP, 1)
    assert len([each for each in seen if not each.startswith("PRAGMA")]) == 2


def test_what_is_destroyed_is_settled(
    url: str, key_store: SqlKeyStore, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    """On SQLite each call that destroys a wrapped key empties the log, also one that finds nothing to do."""
    key_store.begin(epoch(2))
    key_store.rewrap([rewrapped(2), rewrapped(3)])
    destroying: list[Call] = [
        lambda store: store.erase(TENANT, person(1)),
        lambda store: store.erase(TENANT, person(1)),
        lambda store: store.change(TENANT, [row(2).kid], before=[KeyStatus.ACTIVE], after=KeyStatus.ERASED),
        lambda store: store.end(TENANT, KeyUse.WRAP, 1),
        lambda store: store.end(TENANT, KeyUse.WRAP, 1),
    ]
    for call in destroying:
        with statements() as seen:
            call(key_store)
        assert (seen[-1] == "PRAGMA wal_checkpoint(TRUNCATE)") is url.startswith("sqlite")


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE sp_key SET status = 'erased'",
        "UPDATE sp_key SET wrapped = NULL",
        "UPDATE sp_epoch SET status = 'destroyed'",
        "UPDATE sp_epoch SET wrapped = NULL",
        'INSERT INTO sp_epoch SELECT tenant, use, 2, serial, "check", wrapped, status, began FROM sp_epoch',
        "UPDATE sp_key SET subject = (SELECT subject FROM sp_key LIMIT 1)",
    ],
)
def test_the_tables_refuse_what_may_never_be(url: str, key_store: SqlKeyStore, forged: str) -> None:
    """A tombstone with a key, a key without one, two current epochs, two active keys of one person: for no program."""
    before = everything(key_store)
    other = create_engine(url)
    with pytest.raises(IntegrityError), other.begin() as connection:
        connection.execute(text(forged))
    other.dispose()
    assert everything(key_store) == before


def test_the_first_epoch_is_number_one(engine: Engine) -> None:
    """A store without epochs is not begun in the middle: no number may name an object of the provider twice."""
    store = SqlKeyStore(engine)
    with pytest.raises(EpochEnded):
        store.begin(epoch(2))
    assert list(store.epochs(TENANT, KeyUse.WRAP)) == []


# Writers that meet


@pytest.mark.parametrize(
    "write",
    [lambda store: store.insert([row(7)]), lambda store: store.rewrap([(row(1), evolve(row(1), wrapped=b"w"))])],
)
def test_no_epoch_begins_between_the_look_at_it_and_the_commit(
    url: str, engine: Engine, key_store: SqlKeyStore, write: Call
) -> None:
    """A key kept under an epoch retired in that moment would be missed by its rotation, and destroyed with it."""
    refused: list[bool] = []

    def begin_meanwhile(_: object) -> None:
        other = create_engine(url, connect_args={"timeout": 0} if url.startswith("sqlite") else {})
        try:
            with other.connect() as connection:
                if url.startswith("sqlite"):
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                else:
                    connection.exec_driver_sql("SET lock_timeout = 1")
                    connection.exec_driver_sql("UPDATE sp_epoch SET status = 'retired'")
            refused.append(False)
        except OperationalError:
            refused.append(True)
        finally:
            other.dispose()

    event.listen(engine, "commit", begin_meanwhile)
    write(key_store)
    assert refused == [True]


@pytest.mark.needs("postgres")
def test_writers_of_the_same_people_do_not_wait_crosswise(postgres_url: str) -> None:
    """Two imports of one list in two orders both end; locks taken crosswise would end one of them."""
    opened = open_database(postgres_url)
    store = SqlKeyStore(opened)
    store.begin(epoch(1))
    with opened.begin() as connection:
        # Each row takes long enough for the other import to have its own.
        connection.exec_driver_sql(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER dawdle AFTER INSERT ON sp_key FOR EACH ROW EXECUTE FUNCTION dawdle()"
        )
    one = [evolve(row(number), kid=bytes([number]) * 16) for number in (1, 2)]
    other = [evolve(row(number), kid=bytes([255 - number]) * 16) for number in (2, 1)]
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(store.insert, (one, other))
    assert list(first) == list(reversed(second))
    opened.dispose()


@pytest.mark.needs("postgres")
@pytest.mark.parametrize(
    "ends",
    [
        lambda store: store.erase(TENANT, person(1)),
        lambda store: store.change(TENANT, [row(1).kid], before=list(KeyStatus), after=KeyStatus.DISABLED),
    ],
)
def test_whoever_ends_the_keys_of_a_person_waits_for_one_that_is_being_made(postgres_url: str, ends: Call) -> None:
    """It is not seen before its commit, and would be left to a person who is erased or in quarantine."""
    opened = open_database(postgres_url)
    other = open_database(f"{postgres_url}&options=-c%20lock_timeout%3D1")
    store = SqlKeyStore(opened)
    store.begin(epoch(1))
    store.insert([row(1)])
    store.change(TENANT, [row(1).kid], before=[KeyStatus.ACTIVE], after=KeyStatus.DECRYPT_ONLY)
    impatient, waited = SqlKeyStore(other), []

    def end_meanwhile(_: object) -> None:
        with pytest.raises(DatabaseUnreachable):
            ends(impatient)
        waited.append(True)

    event.listen(opened, "commit", end_meanwhile, once=True)
    store.insert([evolve(row(7), subject=person(1))])
    assert waited == [True]
    assert ends(impatient)
    opened.dispose()
    other.dispose()


# A disk without room


@contextmanager
def no_room() -> Generator[None]:
    """Files cannot grow beyond 4 KiB, less than one write to the log needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqlKeyStore]:
    """A key store in a file, as `key_store`; its log is empty."""
    opened = open_database(f"sqlite:///{tmp_path / 'keys.db'}")
    store = SqlKeyStore(opened)
    store.begin(epoch(1))
    store.insert([row(number) for number in (1, 2, 3)])
    settle(opened)
    yield store
    opened.dispose()


@pytest.mark.parametrize("name", WRITES)
def test_a_full_disk_leaves_nothing_half_done(sqlite_store: SqlKeyStore, name: str) -> None:
    """What could not be written whole is not there at all, reading goes on, and with room again the same call works."""
    before = everything(sqlite_store)
    with no_room():
        with pytest.raises(DatabaseUnsafe, match="disk") as refused:
            CALLS[name](sqlite_store)
        assert everything(sqlite_store) == before
    assert refused.value.__cause__ is None
    CALLS[name](sqlite_store)
    assert everything(sqlite_store) != before


def test_a_rotation_on_a_full_disk_goes_on_when_there_is_room(sqlite_store: SqlKeyStore) -> None:
    """Of a page that could not be written every key is as it was."""
    sqlite_store.begin(epoch(2))
    settle(sqlite_store._engine)
    before = everything(sqlite_store)
    with no_room(), pytest.raises(DatabaseUnsafe):
        sqlite_store.rewrap([rewrapped(number) for number in (1, 2, 3)])
    assert everything(sqlite_store) == before
    assert sqlite_store.rewrap([rewrapped(number) for number in (1, 2, 3)]) == 3
    sqlite_store.end(TENANT, KeyUse.WRAP, 1)


def test_a_database_that_may_not_grow_keeps_no_part_of_a_batch(sqlite_store: SqlKeyStore) -> None:
    """At the limit of its pages SQLite says that it is full; what does not fit whole is absent, what fits is kept."""
    with sqlite_store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # which SQLite takes for the present size
    with pytest.raises(DatabaseUnsafe, match="disk"):
        sqlite_store.insert([row(number) for number in range(4, 1000)])
    assert len(sqlite_store.page(TENANT, limit=10_000)) == 3
    sqlite_store.insert([row(4)])
    assert sqlite_store.erase(TENANT, person(1)) == 1


# A database that is gone


@pytest.mark.needs("postgres")
def test_a_database_that_is_gone_is_one_plain_error(postgres_server: PostgresServer, postgres_url: str) -> None:
    """Neither its address nor the driver's words reach whoever reads the error, and it works again once it is back."""
    opened = open_database(postgres_url)
    store = SqlKeyStore(opened)
    store.begin(epoch(1))
    name = postgres_url.partition("@/")[2].partition("?")[0]
    opened.dispose()
    with postgres_server.connect() as connection:
        connection.execute(f"ALTER DATABASE {name} RENAME TO gone_{name}".encode())
        with pytest.raises(DatabaseUnreachable) as refused:
            store.rows(TENANT, kids=[row(1).kid])
        assert name not in str(refused.value)
        assert refused.value.__cause__ is None
        connection.execute(f"ALTER DATABASE gone_{name} RENAME TO {name}".encode())
    store.insert([row(1)])
    opened.dispose()
