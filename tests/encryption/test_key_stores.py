"""Key stores: one conformance for memory, SQLite and Postgres: rows, statuses, pages, epochs and their races."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from sectorprivacy.encryption import (
    Codec,
    Epoch,
    EpochStatus,
    KeyRow,
    Keys,
    KeyStatus,
    KeyStore,
    KeyTally,
    KeyUse,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    seal,
)
from sectorprivacy.errors import EpochEnded, EpochInUse, KeyErased
from sectorprivacy.integrations.sqlalchemy._database import open_database
from sectorprivacy.integrations.sqlalchemy._keys import SqlKeyStore
from sectorprivacy.vocabulary import RecordKey, SubjectRef

KARI = SubjectRef(bytes(range(16)))
OLA = SubjectRef(bytes(16))
TENANT = "sector-alarm"
MADE = datetime(2026, 11, 25, 12, 30, 15, 123456, tzinfo=UTC)

ACTIVE, DECRYPT_ONLY, DISABLED, ERASED = KeyStatus
CURRENT, RETIRED, DESTROYED = EpochStatus


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyStore]:
    """A KeyStore of each kind, in which no epoch has begun."""
    if request.param == "memory":
        yield MemoryKeyStore()
        return
    url = f"sqlite:///{tmp_path / 'keys.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_database(url)
    yield SqlKeyStore(engine)
    engine.dispose()


@pytest.fixture
def key_store(empty_store: KeyStore) -> KeyStore:
    """A KeyStore of each kind, in which the first epoch of two tenants has begun."""
    for tenant in (TENANT, "another"):
        empty_store.begin(epoch(1, tenant=tenant))
    return empty_store


def epoch(number: int, use: KeyUse = KeyUse.WRAP, tenant: str = TENANT, wrapped: bytes | None = None) -> Epoch:
    return Epoch(
        tenant=tenant,
        use=use,
        number=number,
        serial=f"{number:016x}",
        check=bytes(16),
        wrapped=bytes([number]) * 40 if wrapped is None else wrapped,
        status=CURRENT,
        began=MADE,
    )


def row(
    number: int, subject: SubjectRef = KARI, retention_class: str = "contract", tenant: str = TENANT, under: int = 1
) -> KeyRow:
    return KeyRow(
        tenant=tenant,
        kid=bytes([number]) * 16,
        subject=subject,
        retention_class=retention_class,
        epoch=under,
        wrapped=bytes([number]) * 61,
        status=ACTIVE,
        made=MADE,
    )


def person(number: int) -> SubjectRef:
    return SubjectRef(number.to_bytes(16, "big"))


def rewrapped(old: KeyRow, under: int) -> tuple[KeyRow, KeyRow]:
    return old, evolve(old, epoch=under, wrapped=b"\xee" * 61)


def at_once(*calls: Callable[[], object]) -> None:
    """Run the calls in threads that start together."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        start.wait()
        call()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Rows


def test_what_was_kept_is_found_by_key_id_and_by_person(key_store: KeyStore) -> None:
    """A row comes back as it was written, in its own tenant alone."""
    key_store.insert([row(1), row(2, OLA), row(3, KARI, "marketing")])
    assert key_store.rows(TENANT, kids=[row(1).kid]) == [row(1)]
    assert sorted(key_store.rows(TENANT, subjects=[KARI]), key=lambda each: each.kid) == [
        row(1),
        row(3, KARI, "marketing"),
    ]
    assert len(key_store.rows(TENANT, kids=[row(1).kid], subjects=[KARI, OLA])) == 3
    assert list(key_store.rows(TENANT)) == []
    assert list(key_store.rows("another", kids=[row(1).kid], subjects=[KARI])) == []


def test_the_first_active_key_stands(key_store: KeyStore) -> None:
    """Whoever comes second gets the first's key, or one person would have two."""
    assert list(key_store.insert([row(1)])) == [row(1)]
    assert list(key_store.insert([row(2), row(3, OLA)])) == [row(1), row(3, OLA)]
    assert list(key_store.rows(TENANT, kids=[row(2).kid])) == []
    assert list(key_store.insert([])) == []


def test_two_rows_of_one_person_in_one_call_keep_one(key_store: KeyStore) -> None:
    """The rule holds inside one batch too."""
    first, second = key_store.insert([row(1), row(2)])
    assert first == second
    assert len(key_store.rows(TENANT, subjects=[KARI])) == 1


def test_tenants_are_strangers(key_store: KeyStore) -> None:
    """The same person and key id in another tenant is another row, and erasing one leaves the other."""
    key_store.insert([row(1), row(1, tenant="another")])
    assert key_store.erase(TENANT, KARI) == 1
    assert list(key_store.rows("another", subjects=[KARI])) == [row(1, tenant="another")]


def test_an_erased_key_leaves_a_tombstone(key_store: KeyStore) -> None:
    """Destroyed is not the same as never made: the row stays without its key, and no new one is made beside it."""
    key_store.insert([row(1), row(2, OLA)])
    tombstone = evolve(row(1), wrapped=None, status=ERASED)
    assert key_store.erase(TENANT, KARI) == 1
    assert list(key_store.rows(TENANT, subjects=[KARI])) == [tombstone]
    assert list(key_store.insert([row(3)])) == [tombstone]
    assert list(key_store.rows(TENANT, subjects=[OLA])) == [row(2, OLA)]
    assert key_store.erase(TENANT, KARI) == 0


def test_one_class_can_be_erased_alone(key_store: KeyStore) -> None:
    """What a law keeps stays when the contract's key dies."""
    key_store.insert([row(1), row(2, KARI, "bookkeeping")])
    assert key_store.erase(TENANT, KARI, {"contract"}) == 1
    assert key_store.erase(TENANT, KARI, set()) == 0
    kept = [each for each in key_store.rows(TENANT, subjects=[KARI]) if each.wrapped is not None]
    assert kept == [row(2, KARI, "bookkeeping")]


def test_more_people_than_one_statement_carries(key_store: KeyStore) -> None:
    """An import of many thousands is no special case."""
    people = [person(number) for number in range(12_000)]
    rows = [evolve(row(1, each), kid=each.raw) for each in people]
    assert list(key_store.insert(rows)) == rows
    assert len(key_store.rows(TENANT, subjects=people)) == len(people)
    changed = key_store.change(TENANT, [each.raw for each in people], before=[ACTIVE], after=DISABLED)
    assert changed == len(people)


def test_threads_that_make_a_key_at_once_agree(empty_store: KeyStore) -> None:
    """Of many writers at the same moment one wins, and all of them seal under its key; so with the first epoch."""
    keyring = LocalKeyring.in_memory()
    kids: list[bytes] = []

    def make() -> None:
        kids.append(Keys(TENANT, store=empty_store, provider=keyring).for_sealing(KARI, "contract").kid)

    at_once(*[make] * 6)
    assert len(kids) == 6
    assert len(set(kids)) == 1
    assert len(empty_store.epochs(TENANT, KeyUse.WRAP)) == 1


def test_shredding_reaches_every_process(empty_store: KeyStore) -> None:
    """A process that never held the key learns from the tombstone that the value was erased."""
    keyring = LocalKeyring.in_memory()
    place = Place(
        tenant=TENANT,
        model="crm.customer",
        field="name",
        subject=KARI,
        record=RecordKey.of(1),
        codec=Codec.STR,
        retention_class="contract",
    )
    keys = Keys(TENANT, store=empty_store, provider=keyring)
    cell = seal(keys.for_sealing(KARI, "contract"), place, "Kari")
    assert Keys(TENANT, store=empty_store, provider=keyring).open(place, cell) == "Kari"
    keys.shred(KARI)
    with pytest.raises(KeyErased):
        Keys(TENANT, store=empty_store, provider=keyring).open(place, cell)


# Statuses


def test_a_status_changes_only_from_what_it_was_seen_to_be(key_store: KeyStore) -> None:
    """Compare and set: what another process changed meanwhile is left as that process wants it."""
    key_store.insert([row(1), row(2, OLA), row(1, tenant="another")])
    kids = [row(1).kid, row(2).kid, row(9).kid]
    assert key_store.change(TENANT, kids[:1], before=[ACTIVE], after=DISABLED) == 1
    assert key_store.change(TENANT, kids, before=[ACTIVE, DECRYPT_ONLY], after=DECRYPT_ONLY) == 1
    assert list(key_store.rows(TENANT, kids=kids[:1])) == [evolve(row(1), status=DISABLED)]
    assert list(key_store.rows(TENANT, kids=kids[1:])) == [evolve(row(2, OLA), status=DECRYPT_ONLY)]
    assert list(key_store.rows("another", kids=kids)) == [row(1, tenant="another")]
    assert key_store.change(TENANT, [], before=[ACTIVE], after=DISABLED) == 0
    assert key_store.change(TENANT, kids, before=[], after=DISABLED) == 0


def test_a_key_that_is_changed_to_erased_is_a_tombstone(key_store: KeyStore) -> None:
    """The wrapped key goes with the status, and the tombstone never changes again."""
    key_store.insert([row(1)])
    assert key_store.change(TENANT, [row(1).kid], before=[ACTIVE], after=ERASED) == 1
    assert key_store.change(TENANT, [row(1).kid], before=[ACTIVE, DISABLED], after=DECRYPT_ONLY) == 0
    assert list(key_store.rows(TENANT, subjects=[KARI])) == [evolve(row(1), wrapped=None, status=ERASED)]


@pytest.mark.parametrize("quarantined", [False, True])
def test_a_new_key_stands_beside_one_that_only_opens(key_store: KeyStore, quarantined: bool) -> None:
    """Rotation makes the next key; in quarantine nobody makes one."""
    key_store.insert([row(1)])
    key_store.change(TENANT, [row(1).kid], before=[ACTIVE], after=DISABLED if quarantined else DECRYPT_ONLY)
    stands = list(key_store.insert([row(2)]))
    assert stands == [evolve(row(1), status=DISABLED)] if quarantined else [row(2)]


def test_a_tombstone_of_rotation_does_not_end_the_person(key_store: KeyStore) -> None:
    """An old key destroyed after a rotation is no erasure: beside one that still opens the next may be made."""
    key_store.insert([row(1)])
    key_store.change(TENANT, [row(1).kid], before=[ACTIVE], after=DECRYPT_ONLY)
    key_store.insert([row(2)])
    key_store.change(TENANT, [row(1).kid], before=[DECRYPT_ONLY], after=ERASED)
    assert list(key_store.insert([row(3)])) == [row(2)]
    key_store.change(TENANT, [row(2).kid], before=[ACTIVE], after=DECRYPT_ONLY)
    assert list(key_store.insert([row(3)])) == [row(3)]
    assert key_store.erase(TENANT, KARI) == 2
    assert next(iter(key_store.insert([row(4)]))).status is ERASED


# Pages


def test_pages_walk_through_every_wrapped_key_once(key_store: KeyStore) -> None:
    """Rotation sees each key in the order of its id, those in quarantine too; tombstones have nothing to rewrap."""
    key_store.insert([row(number, person(number)) for number in range(1, 8)])
    key_store.insert([row(1, tenant="another")])
    key_store.erase(TENANT, person(4))
    key_store.change(TENANT, [row(5).kid], before=[ACTIVE], after=DISABLED)
    seen: list[int] = []
    after = b""
    while page := key_store.page(TENANT, after=after, limit=2):
        assert len(page) <= 2
        seen += [each.kid[0] for each in page]
        after = page[-1].kid
    assert seen == [1, 2, 3, 5, 6, 7]


def test_a_page_may_be_of_one_epoch(key_store: KeyStore) -> None:
    """A rotation that goes on after a crash does not see again what it has done."""
    rows = key_store.insert([row(number, person(number)) for number in range(1, 5)])
    key_store.begin(epoch(2))
    assert key_store.rewrap([rewrapped(each, 2) for each in rows[:2]]) == 2
    assert list(key_store.page(TENANT, epoch=1, limit=10)) == list(rows[2:])
    assert [each.epoch for each in key_store.page(TENANT, epoch=2, limit=10)] == [2, 2]
    assert len(key_store.page(TENANT, limit=10)) == 4


def test_a_wrapped_key_is_swapped_only_where_the_old_one_stands(key_store: KeyStore) -> None:
    """A key that was shredded or rewrapped by somebody else meanwhile stays as it is: nothing comes back."""
    rows = key_store.insert([row(number, person(number)) for number in range(1, 4)])
    key_store.begin(epoch(2))
    key_store.erase(TENANT, person(1))
    key_store.change(TENANT, [row(3).kid], before=[ACTIVE], after=DISABLED)
    others = evolve(rows[1], epoch=2, wrapped=b"\xaa" * 61)
    assert key_store.rewrap([(rows[1], others)]) == 1
    assert key_store.rewrap([rewrapped(each, 2) for each in rows]) == 1
    first, second, third = sorted(key_store.rows(TENANT, kids=[each.kid for each in rows]), key=lambda each: each.kid)
    assert first == evolve(rows[0], wrapped=None, status=ERASED)
    assert second == others
    assert third == evolve(rows[2], epoch=2, wrapped=b"\xee" * 61, status=DISABLED)
    assert key_store.rewrap([]) == 0


def test_no_key_is_swapped_to_an_epoch_that_ended(key_store: KeyStore) -> None:
    """A rotation that was overtaken by another swaps nothing, not even the part of its page that would be right."""
    one, two = key_store.insert([row(1), row(2, OLA)])
    key_store.begin(epoch(2))
    with pytest.raises(EpochEnded):
        key_store.rewrap([rewrapped(one, 2), rewrapped(two, 1)])
    assert list(key_store.page(TENANT, limit=10)) == [one, two]


def test_the_tally_counts_by_class_status_and_epoch(key_store: KeyStore) -> None:
    """What is left to do, and how old the oldest key is, is known without reading every row."""
    older = evolve(row(2, OLA), made=MADE - timedelta(days=400))
    key_store.insert([row(1), older, row(3, KARI, "marketing"), row(4, tenant="another")])
    key_store.erase(TENANT, KARI, {"marketing"})

    def tally(retention_class: str, status: KeyStatus, count: int, oldest: datetime) -> KeyTally:
        return KeyTally(retention_class=retention_class, status=status, epoch=1, count=count, oldest=oldest)

    assert list(key_store.tally(TENANT)) == [
        tally("contract", ACTIVE, 2, older.made),
        tally("marketing", ERASED, 1, MADE),
    ]
    assert list(key_store.tally("nobody")) == []


# Epochs


def test_epochs_begin_one_after_another(empty_store: KeyStore) -> None:
    """One is current, those before it are retired; numbers leave no gap, and tenants and uses do not mix."""
    assert list(empty_store.epochs(TENANT, KeyUse.WRAP)) == []
    assert empty_store.begin(epoch(1)) == epoch(1)
    assert empty_store.begin(epoch(1, KeyUse.INDEX)) == epoch(1, KeyUse.INDEX)
    assert empty_store.begin(epoch(2)) == epoch(2)
    assert empty_store.begin(epoch(4)) == epoch(2)
    assert list(empty_store.epochs(TENANT, KeyUse.WRAP)) == [evolve(epoch(1), status=RETIRED), epoch(2)]
    assert list(empty_store.epochs(TENANT, KeyUse.INDEX)) == [epoch(1, KeyUse.INDEX)]
    assert list(empty_store.epochs("another", KeyUse.WRAP)) == []


@pytest.mark.parametrize("number", [1, 2])
def test_the_second_to_begin_an_epoch_is_given_the_first_ones(key_store: KeyStore, number: int) -> None:
    """Two rotations at once end in one tenant key, or what one of them wrapped would open nowhere."""
    if number == 2:
        key_store.begin(epoch(2))
    assert key_store.begin(epoch(number, wrapped=b"other")) == epoch(number)
    assert [each.number for each in key_store.epochs(TENANT, KeyUse.WRAP)] == list(range(1, number + 1))


@pytest.mark.parametrize("number", [1, 2])
def test_threads_that_begin_an_epoch_at_once_agree(empty_store: KeyStore, number: int) -> None:
    """Also where they meet at the same moment."""
    if number == 2:
        empty_store.begin(epoch(1))
    given: list[Epoch] = []

    def begin(wrapped: bytes) -> Callable[[], None]:
        return lambda: given.append(empty_store.begin(epoch(number, wrapped=wrapped)))

    at_once(*(begin(bytes([each]) * 40) for each in range(6)))
    assert len(given) == 6
    assert len(set(given)) == 1
    assert empty_store.epochs(TENANT, KeyUse.WRAP)[-1] == given[0]


def test_a_new_key_is_kept_under_the_current_epoch_alone(key_store: KeyStore) -> None:
    """A process that has not heard of the rotation keeps nothing, not even the part that would be right."""
    key_store.begin(epoch(2))
    for rows in ([row(1)], [row(2, under=2), row(1, OLA)], [row(1, under=3)], [row(1, tenant="nobody")]):
        with pytest.raises(EpochEnded):
            key_store.insert(rows)
    assert list(key_store.rows(TENANT, subjects=[KARI, OLA])) == []
    assert list(key_store.insert([row(1, under=2)])) == [row(1, under=2)]


def test_an_epoch_of_the_index_is_none_of_subject_keys(empty_store: KeyStore) -> None:
    """A key row under the number of an index key would be wrapped under nothing."""
    empty_store.begin(epoch(1, KeyUse.INDEX))
    with pytest.raises(EpochEnded):
        empty_store.insert([row(1)])


def test_an_epoch_ends_when_nothing_is_wrapped_under_it(key_store: KeyStore) -> None:
    """Its wrapped key goes, its row stays; a second time changes nothing."""
    (kept,) = key_store.insert([row(1)])
    key_store.insert([row(2, OLA)])
    key_store.erase(TENANT, OLA)
    with pytest.raises(EpochInUse, match="current"):
        key_store.end(TENANT, KeyUse.WRAP, 1)
    key_store.begin(epoch(2))
    with pytest.raises(EpochInUse, match="wrapped"):
        key_store.end(TENANT, KeyUse.WRAP, 1)
    key_store.rewrap([rewrapped(kept, 2)])
    ended = [evolve(epoch(1), status=DESTROYED, wrapped=None), epoch(2)]
    for _ in range(2):
        key_store.end(TENANT, KeyUse.WRAP, 1)
        assert list(key_store.epochs(TENANT, KeyUse.WRAP)) == ended


def test_keys_of_another_tenant_do_not_hold_an_epoch(key_store: KeyStore) -> None:
    """Nor do subject keys hold an epoch of the index key, whose tokens lie elsewhere."""
    key_store.insert([row(1), row(1, tenant="another")])
    key_store.erase(TENANT, KARI)
    for number in (1, 2):
        key_store.begin(epoch(number, KeyUse.INDEX))
    key_store.begin(epoch(2))
    key_store.end(TENANT, KeyUse.WRAP, 1)
    key_store.begin(epoch(2, tenant="another"))
    key_store.begin(epoch(1, KeyUse.INDEX, "another"))
    key_store.begin(epoch(2, KeyUse.INDEX, "another"))
    key_store.end("another", KeyUse.INDEX, 1)
    with pytest.raises(EpochInUse):
        key_store.end("another", KeyUse.WRAP, 1)


def test_no_key_is_left_under_a_destroyed_epoch(key_store: KeyStore) -> None:
    """However new keys, rotations and the end of epochs meet: what is kept is under a key that is still there."""
    rotations = 12
    written = threading.Event()

    def insert(first: int) -> Callable[[], None]:
        def run() -> None:
            number = first
            while not written.is_set():
                number += 2
                current = key_store.epochs(TENANT, KeyUse.WRAP)[-1].number
                each = person(number)
                try:
                    key_store.insert([evolve(row(1, each, under=current), kid=each.raw)])
                except EpochEnded:
                    continue

        return run

    def rotate() -> None:
        try:
            for number in range(2, rotations + 2):
                key_store.begin(epoch(number))
                while page := key_store.page(TENANT, epoch=number - 1, limit=50):
                    key_store.rewrap([(old, evolve(old, epoch=number, wrapped=bytes([number]) * 61)) for old in page])
                key_store.end(TENANT, KeyUse.WRAP, number - 1)
        finally:
            written.set()

    at_once(insert(0), insert(1), rotate)
    assert [each.status for each in key_store.epochs(TENANT, KeyUse.WRAP)] == [*[DESTROYED] * rotations, CURRENT]
    assert {each.epoch for each in key_store.tally(TENANT)} <= {rotations + 1}
