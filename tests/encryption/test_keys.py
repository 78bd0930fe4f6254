"""Keys: made once, remembered for a minute, shredded for good, and never looked for by trying."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import define, evolve, field

from sectorprivacy.encryption import (
    Codec,
    KeyName,
    KeyRow,
    Keys,
    KeyStatus,
    KeyUse,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    seal,
)
from sectorprivacy.encryption._wrapping import minted
from sectorprivacy.errors import (
    DecryptionError,
    EpochEnded,
    KeyErased,
    KeyNotLoaded,
    KeyUnavailable,
    NotSealed,
    SystemicFailure,
)
from sectorprivacy.vocabulary import SubjectRef

At = Callable[..., Place]
KARI = SubjectRef(bytes(range(16)))
OLA = SubjectRef(bytes([7] * 16))


@define
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class CountingStore(MemoryKeyStore):
    """A real store that counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def rows(
        self, tenant: str, *, kids: Collection[bytes] = (), subjects: Collection[SubjectRef] = ()
    ) -> Sequence[KeyRow]:
        self.asked += 1
        return super().rows(tenant, kids=kids, subjects=subjects)

    def tamper(self, kid: bytes, **changes: Any) -> None:
        """What somebody with access to the database, or an administrator, does to a row."""
        row = self._rows["sector-alarm", kid]
        self._rows["sector-alarm", kid] = evolve(row, **changes)


class Unreachable:
    """A provider whose key service is down."""

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        raise KeyUnavailable

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        raise KeyUnavailable


@define
class Setup:
    """Two processes of one service over one key store."""

    store: CountingStore = field(factory=CountingStore)
    keyring: LocalKeyring = field(factory=LocalKeyring.in_memory)
    clock: Clock = field(factory=Clock)

    def process(self, **changes: Any) -> Keys:
        facts = {"store": self.store, "provider": self.keyring, "clock": self.clock} | changes
        return Keys("sector-alarm", **facts)


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_a_person_has_one_key_for_each_class_in_every_process(setup: Setup) -> None:
    """Two processes that seal for one person at the same time use one key, or shredding would miss the other."""
    one, other = setup.process(), setup.process()
    first = one.for_sealing(KARI, "contract")
    assert other.for_sealing(KARI, "contract").kid == first.kid
    assert one.for_sealing(KARI, "contract") is first
    assert one.for_sealing(KARI, "marketing").kid != first.kid
    assert one.for_sealing(OLA, "contract").kid != first.kid


def test_many_people_cost_one_query(setup: Setup) -> None:
    """An import or a result page does not ask the store once for each person."""
    keys = setup.process()
    people = [SubjectRef.mint() for _ in range(50)]
    assert set(keys.for_sealing_many(people, "contract")) == set(people)
    assert setup.store.asked == 1
    keys.for_sealing_many(people, "contract")
    assert setup.store.asked == 1


def test_a_page_of_cells_is_loaded_with_one_query(setup: Setup, place: At) -> None:
    """After loading a page every cell of it opens without a word to the store."""
    writer, reader = setup.process(), setup.process()
    people = [SubjectRef.mint() for _ in range(20)]
    places = [place(subject=person) for person in people]
    cells = [seal(writer.for_sealing(each.subject, "contract"), each, "x") for each in places]
    setup.store.asked = 0
    reader.load([*cells, b"plain"])
    assert [reader.open(each, cell) for each, cell in zip(places, cells, strict=True)] == ["x"] * 20
    assert setup.store.asked == 1


def test_a_shredded_key_opens_nothing_and_is_not_made_again(setup: Setup, place: At) -> None:
    """Destroyed on purpose is a state of its own: not unknown, not unavailable, and final (Art. 17)."""
    keys = setup.process()
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "0101")
    keys.for_sealing(KARI, "marketing")
    kept = seal(keys.for_sealing(OLA, "contract"), place(subject=OLA), "other")
    assert (keys.count([KARI]), keys.count([KARI], ["contract"]), keys.count([])) == (2, 1, 0)
    assert keys.shred(KARI) == 2
    assert keys.count([KARI]) == 0
    with pytest.raises(KeyErased):
        keys.open(place(), cell)
    with pytest.raises(KeyErased):
        keys.for_sealing(KARI, "contract")
    assert keys.open(place(subject=OLA), kept) == "other"
    assert keys.shred(KARI) == 0


def test_one_class_is_shredded_alone(setup: Setup, place: At) -> None:
    """What the bookkeeping law keeps stays readable when the contract's keys die."""
    keys = setup.process()
    law = place(retention_class="bookkeeping")
    cell = seal(keys.for_sealing(KARI, "bookkeeping"), law, "invoice")
    keys.for_sealing(KARI, "contract")
    assert keys.shred(KARI, {"contract"}) == 1
    assert keys.open(law, cell) == "invoice"
    with pytest.raises(KeyErased):
        keys.for_sealing(KARI, "contract")


def test_another_process_forgets_within_the_lifetime(setup: Setup, place: At) -> None:
    """The published latency of shredding holds in processes that hear nothing of it, counted from before their read."""
    writer, other = setup.process(), setup.process()
    cell = seal(writer.for_sealing(KARI, "contract"), place(), "0101")
    other.open(place(), cell)
    writer.shred(KARI)
    setup.clock.now += 59.9
    assert other.open(place(), cell) == "0101"
    setup.clock.now += 0.1
    with pytest.raises(KeyErased):
        other.open(place(), cell)
    with pytest.raises(KeyErased):
        other.for_sealing(KARI, "contract")


def test_the_lifetime_counts_from_before_the_store_was_read(setup: Setup, place: At) -> None:
    """A slow store does not lengthen the promise."""

    class SlowStore(CountingStore):
        def rows(self, *args: Any, **kwargs: Any) -> Sequence[KeyRow]:
            found = super().rows(*args, **kwargs)
            setup.clock.now += 50
            return found

    store = SlowStore()
    keys = setup.process(store=store)
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    asked = store.asked
    setup.clock.now += 10
    keys.open(place(), cell)
    assert store.asked == asked + 1


def test_under_a_loop_nothing_is_fetched(setup: Setup, place: At) -> None:
    """open() never blocks an event loop: a key that was not loaded is an error of its own, before anything else."""
    writer, reader = setup.process(), setup.process()
    cell = seal(writer.for_sealing(KARI, "contract"), place(), "x")
    unknown = b"\xf9\x01" + bytes(60)

    async def serve() -> None:
        for each, where in ((cell, place()), (cell, place(Codec.INT)), (unknown, place())):
            with pytest.raises(KeyNotLoaded):
                reader.open(where, each)
        await asyncio.to_thread(reader.load, [cell, unknown])
        assert reader.open(place(), cell) == "x"
        with pytest.raises(DecryptionError) as refused:
            reader.open(place(), unknown)
        assert type(refused.value) is DecryptionError

    asyncio.run(serve())


def test_a_cell_without_a_known_key_is_not_an_erased_one(setup: Setup, place: At) -> None:
    """Only a tombstone says that a value was erased; everything unknown is an error."""
    with pytest.raises(DecryptionError) as refused:
        setup.process().open(place(), b"\xf9\x01" + bytes(60))
    assert type(refused.value) is DecryptionError


def test_causes_are_found_in_the_order_of_the_specification(setup: Setup, place: At) -> None:
    """Prefix, form, codec, key row, subject and class, status, tag: the first that fails is the answer."""
    keys = setup.process()
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    keys.shred(KARI)
    for where, each, expected in (
        (place(Codec.INT), b"plain", NotSealed),
        (place(), cell[:45], DecryptionError),
        (place(Codec.INT), cell, DecryptionError),
        (place(subject=OLA), cell, DecryptionError),
        (place(retention_class="marketing"), cell, DecryptionError),
        (place(field="telephone"), cell[:-1] + b"?", KeyErased),
    ):
        with pytest.raises(DecryptionError) as refused:
            keys.open(where, each)
        assert type(refused.value) is expected


def test_a_disabled_key_is_unavailable(setup: Setup, place: At) -> None:
    """Quarantine is temporary: neither erased nor opened, and no second key is made beside it."""
    keys = setup.process()
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    assert keys.disable(KARI) == 1
    for process in (keys, setup.process()):
        with pytest.raises(KeyUnavailable):
            process.open(place(), cell)
        with pytest.raises(KeyUnavailable):
            process.for_sealing(KARI, "contract")
    assert keys.disable(KARI) == 0
    assert keys.count([KARI]) == 1


def test_quarantine_is_taken_back(setup: Setup, place: At) -> None:
    """The wrong person's erasure is undone: every byte opens as before; what is written next gets a key of its own."""
    keys = setup.process()
    old = keys.for_sealing(KARI, "contract")
    cell = seal(old, place(), "x")
    keys.disable(KARI)
    assert keys.enable(KARI) == 1
    assert keys.open(place(), cell) == "x"
    assert keys.for_sealing(KARI, "contract").kid != old.kid
    assert keys.shred(KARI) == 2
    assert keys.enable(KARI) == 0
    with pytest.raises(KeyErased):
        keys.open(place(), cell)


def test_quarantine_of_a_class_leaves_the_others(setup: Setup, place: At) -> None:
    """What another law needs is not held up."""
    keys = setup.process()
    law = place(retention_class="bookkeeping")
    cell = seal(keys.for_sealing(KARI, "bookkeeping"), law, "invoice")
    keys.for_sealing(KARI, "contract")
    assert keys.disable(KARI, {"contract"}) == 1
    assert keys.open(law, cell) == "invoice"


def test_a_key_for_opening_only_is_followed_by_a_new_one(setup: Setup, place: At) -> None:
    """Rotation: the earlier key opens what it sealed, and seals nothing more."""
    keys = setup.process()
    old = keys.for_sealing(KARI, "contract")
    cell = seal(old, place(), "x")
    setup.store.tamper(old.kid, status=KeyStatus.DECRYPT_ONLY)
    fresh = setup.process()
    assert fresh.for_sealing(KARI, "contract").kid != old.kid
    assert fresh.open(place(), cell) == "x"
    assert fresh.shred(KARI) == 2


def test_an_epoch_that_begins_meanwhile_holds_nobody_up(setup: Setup, place: At) -> None:
    """A key made while another process rotates is wrapped under the new tenant key, never under one that is to die."""
    keys = setup.process()
    keys.for_sealing(KARI, "contract")
    slow = setup.process()
    before = slow.tenant_keys.current()
    keys.tenant_keys.begin(KeyUse.WRAP)
    with pytest.raises(EpochEnded):
        setup.store.insert([row for row, _ in minted(before, [OLA], "contract", datetime.now(UTC))])
    key = slow.for_sealing(OLA, "contract")
    assert [row.epoch for row in setup.store.rows("sector-alarm", kids=[key.kid])] == [2]


def test_many_failures_raise_one_alarm(setup: Setup, place: At) -> None:
    """A wrong key store is not taken for a thousand damaged or erased values; an alarm is no DecryptionError."""
    keys = setup.process()
    unknown = b"\xf9\x01" + bytes(60)
    for _ in range(19):
        with pytest.raises(DecryptionError):
            keys.open(place(), unknown)
    with pytest.raises(SystemicFailure, match="20 of the last 20"):
        keys.open(place(), unknown)


def test_an_alarm_weighs_failures_against_what_opened_before(setup: Setup, place: At) -> None:
    """Twenty damaged rows in a table of a thousand are damage; the alarm comes when half of the last hundred fail."""
    keys = setup.process()
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    for _ in range(1000):
        keys.open(place(), cell)
    unknown = b"\xf9\x01" + bytes(60)
    for _ in range(49):
        with pytest.raises(DecryptionError):
            keys.open(place(), unknown)
    with pytest.raises(SystemicFailure, match="50 of the last 100"):
        keys.open(place(), unknown)
    assert keys.open(place(), cell) == "x"


def test_single_failures_among_many_values_raise_no_alarm(setup: Setup, place: At) -> None:
    """One damaged value in four is still the data's fault, and an erased person nobody's."""
    keys = setup.process()
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    other = place(subject=OLA)
    gone = seal(keys.for_sealing(OLA, "contract"), other, "x")
    keys.shred(OLA)
    for _ in range(100):
        with pytest.raises(DecryptionError):
            keys.open(place(), cell[:-1] + bytes([cell[-1] ^ 1]))
        assert {keys.open(place(), cell) for _ in range(3)} == {"x"}
        with pytest.raises(KeyErased):
            keys.open(other, gone)


def test_a_value_in_the_clear_is_read_until_its_date_and_counted(setup: Setup, place: At) -> None:
    """Migration is switched on for one field, ends by itself, and shows how much is left to do."""
    day = date(2026, 11, 25)
    keys = setup.process(now=lambda: datetime(2026, 11, 25, 23, tzinfo=UTC))
    where = place(plaintext_until=day)
    assert keys.open(where, b"0101") == "0101"
    assert keys.plaintext_reads == {where.path: 1}
    for late in (place(plaintext_until=date(2026, 11, 24)), place()):
        with pytest.raises(NotSealed):
            keys.open(late, b"0101")
    with pytest.raises(DecryptionError):
        keys.open(where, b"\xf9" + bytes(60))


@pytest.mark.parametrize("name", ["subject", "retention_class", "epoch", "wrapped"])
def test_a_row_that_was_tampered_with_opens_nothing(setup: Setup, place: At, name: str) -> None:
    """A wrapped key belongs to its person, class, key id and epoch; moved to another row it is refused."""
    keys = setup.process()
    mine, other = keys.for_sealing(KARI, "contract"), keys.for_sealing(OLA, "marketing")
    cell = seal(mine, place(), "x")
    theirs = setup.store.rows("sector-alarm", kids=[other.kid])[0]
    changes = {name: 2 if name == "epoch" else getattr(theirs, name)}
    setup.store.tamper(mine.kid, **changes)
    where = place(**{name: changes[name]} if name in {"subject", "retention_class"} else {})
    with pytest.raises(DecryptionError) as refused:
        setup.process().open(where, cell)
    assert type(refused.value) is DecryptionError


def test_every_flipped_bit_of_a_wrapped_key_is_refused(setup: Setup, place: At) -> None:
    """A row changed in the store opens nothing, and the error is a typed one."""
    keys = setup.process()
    key = keys.for_sealing(KARI, "contract")
    cell = seal(key, place(), "x")
    (row,) = setup.store.rows("sector-alarm", kids=[key.kid])
    wrapped = row.wrapped or b""
    assert len(wrapped) == 61
    for bit in range(len(wrapped) * 8):
        changed = bytearray(wrapped)
        changed[bit // 8] ^= 1 << bit % 8
        setup.store.tamper(key.kid, wrapped=bytes(changed))
        with pytest.raises(DecryptionError):
            setup.process().open(place(), cell)


def test_a_provider_that_is_down_is_said_to_be_so(setup: Setup, place: At) -> None:
    """An outage is retryable; it must not look like damage or erasure, and it is forgotten when it ends."""
    cell = seal(setup.process().for_sealing(KARI, "contract"), place(), "x")
    cut_off = setup.process(provider=Unreachable())
    with pytest.raises(KeyUnavailable):
        cut_off.open(place(), cell)
    with pytest.raises(KeyUnavailable):
        cut_off.for_sealing(OLA, "contract")
    assert not setup.store.rows("sector-alarm", subjects=[OLA])


def test_another_keyring_opens_nothing(setup: Setup, place: At) -> None:
    """Rows without the tenant key of their epoch are worth nothing."""
    cell = seal(setup.process().for_sealing(KARI, "contract"), place(), "x")
    stranger = LocalKeyring.in_memory()
    stranger.wrap(KeyName("sector-alarm", "wrap", 1, "0" * 16), bytes(32))
    with pytest.raises(DecryptionError):
        setup.process(provider=stranger).open(place(), cell)


def test_a_flood_of_invented_key_ids_does_not_fill_the_memory(
    setup: Setup, place: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write cells cannot make the reader hold ever more of them."""
    monkeypatch.setattr("sectorprivacy.encryption._known.CACHE_LIMIT", 10)
    keys = setup.process()
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    for start in range(0, 100, 5):
        keys.load([b"\xf9\x01" + bytes([number]) * 60 for number in range(start, start + 5)])
        assert len(keys._known._known) <= 10
    assert keys.open(place(), cell) == "x"


def test_nothing_that_holds_a_secret_is_pickled(setup: Setup) -> None:
    """A cache, a queue or a crash report gets no key."""
    keys = setup.process()
    tenant_keys = keys.tenant_keys
    for secret in (
        keys,
        keys.for_sealing(KARI, "contract"),
        setup.keyring,
        tenant_keys,
        tenant_keys.current(),
        *keys.index_keys(),
    ):
        with pytest.raises(TypeError):
            pickle.dumps(secret)


def test_a_key_that_is_made_while_its_person_is_disabled_is_disabled_too(setup: Setup) -> None:
    """Quarantine reads which keys there are and then disables them; one that comes in between does not slip through."""
    keys, other = setup.process(), setup.process()
    keys.for_sealing(KARI, "contract")
    change = setup.store.change

    def late(*arguments: Any, **named: Any) -> int:
        setup.store.change = change
        other.for_sealing(KARI, "marketing")
        return change(*arguments, **named)

    setup.store.change = late
    assert keys.disable(KARI) == 2
    assert {row.status for row in setup.store.rows("sector-alarm", subjects=[KARI])} == {KeyStatus.DISABLED}
