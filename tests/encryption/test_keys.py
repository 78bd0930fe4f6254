"""Keys: made once, remembered for a minute, shredded for good, and never looked for by trying."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest
from attrs import define, evolve, field

from sectorprivacy.encryption import (
    Codec,
    KeyRow,
    Keys,
    KeyStatus,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    TenantKey,
    seal,
)
from sectorprivacy.errors import DecryptionError, KeyErased, KeyNotLoaded, KeyUnavailable, NotSealed
from sectorprivacy.vocabulary import SubjectRef

At = Callable[..., Place]
KARI = SubjectRef(bytes(range(16)))
OLA = SubjectRef(bytes(16))


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

    def change(self, kid: bytes, **changes: Any) -> None:
        """What somebody with access to the database, or an administrator, does to a row."""
        row = self._rows["sector-alarm", kid]
        self._rows["sector-alarm", kid] = evolve(row, **changes)


class Unreachable:
    """A provider whose key service is down."""

    def tenant_key(self, tenant: str, epoch: int | None = None) -> TenantKey:
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
    key = keys.for_sealing(KARI, "contract")
    cell = seal(key, place(), "x")
    setup.store.change(key.kid, status=KeyStatus.DISABLED)
    for act in (
        lambda: setup.process().open(place(), cell),
        lambda: setup.process().for_sealing(KARI, "contract"),
    ):
        with pytest.raises(KeyUnavailable):
            act()


def test_a_key_for_opening_only_is_followed_by_a_new_one(setup: Setup, place: At) -> None:
    """Rotation: the earlier key opens what it sealed, and seals nothing more."""
    keys = setup.process()
    old = keys.for_sealing(KARI, "contract")
    cell = seal(old, place(), "x")
    setup.store.change(old.kid, status=KeyStatus.DECRYPT_ONLY)
    fresh = setup.process()
    assert fresh.for_sealing(KARI, "contract").kid != old.kid
    assert fresh.open(place(), cell) == "x"
    assert fresh.shred(KARI) == 2


@pytest.mark.parametrize("name", ["subject", "retention_class", "epoch", "wrapped"])
def test_a_row_that_was_tampered_with_opens_nothing(setup: Setup, place: At, name: str) -> None:
    """A wrapped key belongs to its person, class, key id and epoch; moved to another row it is refused."""
    keys = setup.process()
    mine, other = keys.for_sealing(KARI, "contract"), keys.for_sealing(OLA, "marketing")
    cell = seal(mine, place(), "x")
    theirs = setup.store.rows("sector-alarm", kids=[other.kid])[0]
    changes = {name: 2 if name == "epoch" else getattr(theirs, name)}
    setup.store.change(mine.kid, **changes)
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
        setup.store.change(key.kid, wrapped=bytes(changed))
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
    stranger.tenant_key("sector-alarm")
    with pytest.raises(DecryptionError):
        setup.process(provider=stranger).open(place(), cell)


def test_a_flood_of_invented_key_ids_does_not_fill_the_memory(
    setup: Setup, place: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write cells cannot make the reader hold ever more of them."""
    monkeypatch.setattr("sectorprivacy.encryption._keys.CACHE_LIMIT", 10)
    keys = setup.process()
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    for start in range(0, 100, 5):
        keys.load([b"\xf9\x01" + bytes([number]) * 60 for number in range(start, start + 5)])
        assert len(keys._known) <= 10
    assert keys.open(place(), cell) == "x"


def test_nothing_that_holds_a_secret_is_pickled(setup: Setup) -> None:
    """A cache, a queue or a crash report gets no key."""
    keys = setup.process()
    for secret in (keys, keys.for_sealing(KARI, "contract"), setup.keyring, setup.keyring.tenant_key("sector-alarm")):
        with pytest.raises(TypeError):
            pickle.dumps(secret)
