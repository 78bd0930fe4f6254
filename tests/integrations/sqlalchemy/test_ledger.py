"""The ledger keeps one contract in memory, on SQLite and on Postgres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from sqlalchemy import create_engine, text

from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.ledger import Deed, LogEntry, SealedScope, StandingKind, StandingRecord
from sectorprivacy.vocabulary import Basis, SubjectRef

KARI, OLA, LIV = (SubjectRef(bytes([octet]) * 16) for octet in (1, 2, 255))
CASE, OTHER_CASE = UUID(int=1), UUID(int=2)
NOON_IN_OSLO = datetime(2026, 3, 29, 12, 0, 0, 7, tzinfo=timezone(timedelta(hours=2)))


def token(number: int) -> bytes:
    return number.to_bytes(32, "big")


def entry(subject: SubjectRef, **facts: Any) -> LogEntry:
    given: dict[str, Any] = {"at": NOON_IN_OSLO, "activity": "billing", "actor": "e-17", "kind": Deed.OPENED}
    return LogEntry(subject=subject, **(given | facts))


def consent(subject: SubjectRef, activity: str = "newsletter") -> StandingRecord:
    return StandingRecord(
        subject=subject,
        kind=StandingKind.CONSENT,
        activity=activity,
        at=NOON_IN_OSLO,
        channel="my_pages",
        text="ab" * 32,
        version="2026-01",
        evidence="form-7",
    )


def scope(task: int, *, ref: SubjectRef = KARI, case: UUID = CASE, document: bytes = b"\x00sealed\xff") -> SealedScope:
    return SealedScope(ref=ref, task=UUID(int=task), case=case, document=document)


# Who is who


def test_an_index_keeps_the_reference_that_stands(store: Any) -> None:
    """A reference once given is never replaced: sealed values are bound to it."""
    assert store.subjects.refs([token(1)]) == {}
    assert store.subjects.mint({token(1): KARI, token(2): OLA}) == {token(1): KARI, token(2): OLA}
    assert store.subjects.mint({token(2): LIV, token(3): LIV}) == {token(2): OLA, token(3): LIV}
    assert store.subjects.refs([token(1), token(2), token(9)]) == {token(1): KARI, token(2): OLA}


def test_an_index_forgets_all_of_a_person_and_nobody_else(store: Any) -> None:
    """Every token of the reference goes, the others stay (Art. 17)."""
    store.subjects.mint({token(1): KARI, token(2): KARI, token(3): OLA})
    store.subjects.forget([KARI, LIV])
    assert store.subjects.refs([token(1), token(2), token(3)]) == {token(3): OLA}


def test_empty_questions_have_empty_answers(store: Any) -> None:
    """A page without people asks for nothing and gets nothing."""
    assert store.subjects.refs([]) == {}
    assert store.subjects.mint({}) == {}
    store.subjects.forget([])
    store.tombstones.add([])
    assert store.tombstones.among([]) == frozenset()
    assert store.log.append([]) == 0
    assert store.log.entries([], 0, 10) == []
    assert store.standing.records([], 0, 10) == []


def test_more_tokens_than_a_statement_carries(store: Any) -> None:
    """A whole register fits, although SQLite takes 32,766 parameters in a statement and Postgres 65,535."""
    many = {token(number): SubjectRef.mint() for number in range(33_000)}
    assert store.subjects.mint(many) == many
    assert store.subjects.refs(many.keys()) == many
    store.tombstones.add(many.keys())
    assert store.tombstones.among([*many, token(99_999)]) == many.keys()


# Who owns things together


def test_a_group_once_formed_stands(store: Any) -> None:
    """The same people keep their group: sealed values are bound to its reference."""
    both, three = frozenset([KARI, OLA]), frozenset([KARI, OLA, LIV])
    first, second, third = (SubjectRef.mint() for _ in range(3))
    assert store.subjects.form({both: first}) == {both: first}
    assert store.subjects.form({both: second, three: third}) == {both: first, three: third}
    assert store.subjects.members([first, third, KARI]) == {first: both, third: three}
    assert store.subjects.joined([LIV]) == {third: three}
    assert store.subjects.joined([LIV, KARI]) == {first: both, third: three}


def test_a_group_ends_when_everybody_left(store: Any) -> None:
    """Somebody who leaves is left out, and a group without anybody is found until it is disbanded."""
    both, others = frozenset([KARI, OLA]), frozenset([OLA, LIV])
    first, second = SubjectRef.mint(), SubjectRef.mint()
    store.subjects.form({both: first, others: second})
    store.subjects.leave([KARI])
    assert store.subjects.members([first, second]) == {first: {OLA}, second: others}
    assert list(store.subjects.abandoned()) == []
    store.subjects.leave([OLA, KARI])
    assert store.subjects.members([first]) == {first: frozenset()}
    assert list(store.subjects.abandoned()) == [first]
    assert store.subjects.joined([KARI, OLA]) == {}
    store.subjects.disband([first, second])
    assert store.subjects.members([first, second]) == {second: {LIV}}
    assert list(store.subjects.abandoned()) == []


def test_people_who_parted_form_another_group(store: Any) -> None:
    """What they seal from then on does not go with the one who was left."""
    both = frozenset([KARI, OLA])
    before, after = SubjectRef.mint(), SubjectRef.mint()
    store.subjects.form({both: before})
    store.subjects.leave([KARI])
    assert store.subjects.form({both: after}) == {both: after}
    assert store.subjects.members([before, after]) == {before: {OLA}, after: both}


def test_groups_formed_at_once_are_one(store: Any) -> None:
    """Two processes that seal for the same people at the same moment seal under the same key."""
    sets = [frozenset([KARI, SubjectRef.mint()]) for _ in range(50)]
    with ThreadPoolExecutor(4) as pool:
        formed = list(pool.map(lambda _: store.subjects.form({each: SubjectRef.mint() for each in sets}), range(8)))
    assert all(each == formed[0] for each in formed)
    assert store.subjects.members(formed[0].values()) == {group: people for people, group in formed[0].items()}


def test_empty_groups_are_asked_for_nothing(store: Any) -> None:
    """A page without co-owners costs nothing and changes nothing."""
    assert store.subjects.form({}) == {}
    assert store.subjects.members([]) == store.subjects.joined([]) == {}
    store.subjects.leave([])
    store.subjects.disband([])


# Running cases


def test_the_first_scope_of_a_task_stands(store: Any) -> None:
    """A repeated find answers as it did."""
    first = scope(1)
    assert store.scopes.keep(first) == first
    assert store.scopes.keep(scope(1, ref=OLA, case=OTHER_CASE, document=b"other")) == first
    assert store.scopes.get(OLA, OTHER_CASE) is None


def test_the_newest_scope_of_a_reference_counts_within_its_case(store: Any) -> None:
    """Rounds of finding add identifiers; a reference of one case is nobody in another."""
    for kept in (scope(9), scope(1), scope(5, case=OTHER_CASE), scope(6, ref=OLA)):
        store.scopes.keep(kept)
    assert store.scopes.get(KARI, CASE) == scope(1)
    assert store.scopes.get(KARI, OTHER_CASE) == scope(5, case=OTHER_CASE)
    assert store.scopes.get(LIV, CASE) is None


def test_scopes_end_with_their_case(store: Any) -> None:
    """Identifiers held to answer a case do not outlive it (Art. 5(1)(e)); other cases go on."""
    for kept in (scope(1), scope(2), scope(3, case=OTHER_CASE)):
        store.scopes.keep(kept)
    store.scopes.close(CASE)
    assert store.scopes.get(KARI, CASE) is None
    assert store.scopes.get(KARI, OTHER_CASE) == scope(3, case=OTHER_CASE)


# The log


def test_a_log_gives_back_what_it_got(store: Any) -> None:
    """Every member survives, to the microsecond; the moment is the same whatever its zone."""
    written = entry(
        KARI,
        kind=Deed.DISCLOSED,
        categories=("name", "email"),
        count=3,
        basis=Basis.CONTRACT,
        activity="alarm-response",
    )
    first = store.log.append([written, entry(KARI)])
    assert store.log.entries([KARI], 0, 10) == [
        evolve(written, sequence=first),
        evolve(entry(KARI), sequence=first + 1),
    ]


def test_a_log_is_read_by_person_in_order_and_in_pages(store: Any) -> None:
    """A person reads the uses of their own data, all of them, each once."""
    store.log.append([entry(KARI, count=1), entry(OLA, count=2), entry(LIV, count=3), entry(KARI, count=4)])
    store.log.append([entry(KARI, count=5)])
    seen: list[int] = []
    after = 0
    while page := store.log.entries([KARI, OLA], after, 2):
        seen += [each.count for each in page]
        after = page[-1].sequence
    assert seen == [1, 2, 4, 5]


# Consent and objection


def test_standing_gives_back_what_it_got(store: Any) -> None:
    """The proof of a consent survives whole (Art. 7(1))."""
    objection = evolve(consent(KARI), kind=StandingKind.OBJECTION, text=None, version=None, evidence=None)
    sequences = [store.standing.append(record) for record in (consent(KARI), consent(OLA), objection)]
    assert sequences == sorted(set(sequences))
    assert store.standing.records([KARI], 0, 10) == [
        evolve(consent(KARI), sequence=sequences[0]),
        evolve(objection, sequence=sequences[2]),
    ]
    assert store.standing.records([KARI, OLA], sequences[0], 1) == [evolve(consent(OLA), sequence=sequences[1])]


# Tombstones


def test_tombstones_stand_once_and_for_all(store: Any) -> None:
    """Adding twice is adding once, so that an erasure can be repeated after a crash."""
    store.tombstones.add([token(1), token(2)])
    store.tombstones.add([token(2), token(3)])
    assert store.tombstones.among([token(2), token(3), token(4)]) == {token(2), token(3)}


# What only durable stores can show


def test_a_page_of_people_takes_one_statement(sql_store: SqlStore, statements: Any) -> None:
    """The cost of a page does not grow with its records: one statement a call for 1,000 people."""
    page = {token(number): SubjectRef.mint() for number in range(1000)}
    calls = {
        "mint": lambda: sql_store.subjects.mint(page),
        "refs": lambda: sql_store.subjects.refs(page.keys()),
        "bury": lambda: sql_store.tombstones.add(page.keys()),
        "among": lambda: sql_store.tombstones.among(page.keys()),
        "log": lambda: sql_store.log.append([entry(ref) for ref in page.values()]),
        "entries": lambda: sql_store.log.entries(page.values(), 0, 1000),
        "records": lambda: sql_store.standing.records(page.values(), 0, 1000),
        "forget": lambda: sql_store.subjects.forget(page.values()),
    }
    counts = {}
    for name, call in calls.items():
        with statements() as seen:
            call()
        counts[name] = len(seen)
    assert counts == dict.fromkeys(calls, 1)


def test_scopes_take_few_statements(sql_store: SqlStore, statements: Any) -> None:
    """Keeping is an insert and a look at what stands; getting and closing are one statement each."""
    with statements() as seen:
        sql_store.scopes.keep(scope(1))
        sql_store.scopes.get(KARI, CASE)
        sql_store.scopes.close(CASE)
    assert len(seen) == 4


def test_two_writers_agree_on_every_reference(url: str) -> None:
    """Two processes that meet the same people at once give them the same references, in whatever order they come."""
    stores = [SqlStore(url), SqlStore(url)]
    tokens = [token(number) for number in range(300)]

    def mint(number: int) -> dict[bytes, SubjectRef]:
        order = tokens if number % 2 else tokens[::-1]
        return dict(stores[number % 2].subjects.mint({each: SubjectRef.mint() for each in order}))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(mint, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert stores[0].subjects.refs(tokens) == answers[0]
    for each in stores:
        each.close()


def test_a_word_outside_its_list_is_refused_on_reading(sql_store: SqlStore, url: str) -> None:
    """A row that another program wrote with an unknown deed is an error, not an answer."""
    sql_store.log.append([entry(KARI)])
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE sp_log SET kind = 'guessed'"))
    engine.dispose()
    with pytest.raises(ValueError, match="guessed"):
        sql_store.log.entries([KARI], 0, 1)


def test_times_are_stored_in_utc_and_sort_as_text(sql_store: SqlStore, url: str) -> None:
    """The same moment is the same text in every database, whatever zone it was given in."""
    sql_store.log.append([entry(KARI), entry(KARI, at=NOON_IN_OSLO.astimezone(UTC))])
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT DISTINCT at FROM sp_log")).scalars().all()
    engine.dispose()
    assert stored == ["2026-03-29T10:00:00.000007+00:00"]


def test_a_long_append_keeps_its_order(store: Any) -> None:
    """An append of more entries than one statement carries is still one append, in order and without a gap."""
    first = store.log.append([entry(KARI, count=number) for number in range(2500)])
    entries = store.log.entries([KARI], 0, 3000)
    assert [each.count for each in entries] == list(range(2500))
    assert [each.sequence for each in entries] == list(range(first, first + 2500))
