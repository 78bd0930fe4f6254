"""What shows at the edges alone: how long an answer counts, which classes are meant, bytes that look like syntax."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sectorprivacy.encryption import (
    BlindIndex,
    Codec,
    Custody,
    Epoch,
    KeyName,
    KeyRow,
    Keys,
    KeyStatus,
    KeyUse,
    LocalKeyring,
    MemoryKeyStore,
    MemoryShreddings,
    Place,
    Sealed,
    Step,
    SubjectKey,
    TenantKey,
    key_access,
    open_stream,
    seal,
    seal_many,
    seal_stream,
    to_text,
    unseal,
    unseal_many,
)
from sectorprivacy.errors import (
    DecryptionError,
    EpochInUse,
    KeyErased,
    KeyNotLoaded,
    KeyringError,
    KeyUnavailable,
    NotSealed,
    ShreddingsInvalid,
    UnknownWord,
    ValueNotSealable,
)
from sectorprivacy.vocabulary import RecordKey, SubjectRef

At = Callable[..., Place]
KARI = SubjectRef(bytes(range(16)))
TENANT = "sector-alarm"


class CountingStore(MemoryKeyStore):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.rows_asked: list[int] = []
        self.epochs_asked = 0

    def rows(
        self, tenant: str, *, kids: Collection[bytes] = (), subjects: Collection[SubjectRef] = ()
    ) -> Sequence[KeyRow]:
        self.rows_asked.append(len(kids) + len(subjects))
        return super().rows(tenant, kids=kids, subjects=subjects)

    def epochs(self, tenant: str, use: KeyUse) -> Sequence[Epoch]:
        self.epochs_asked += 1
        return super().epochs(tenant, use)


class Time:
    """A clock and a time of day that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


@pytest.fixture
def keys(store: CountingStore, time: Time) -> Keys:
    return Keys(TENANT, store=store, provider=LocalKeyring.in_memory(), clock=time.clock, now=time.now)


# What is relied on, and for how long


def test_a_page_asks_only_for_keys_that_are_not_known(keys: Keys, store: CountingStore, place: At) -> None:
    """Loading a page again costs no query, and one new cell costs a query for its key alone."""
    people = [SubjectRef(bytes([number]) * 16) for number in range(3)]
    cells = [seal(keys.for_sealing(each, "contract"), place(subject=each), "x") for each in people]
    keys.forget(people)
    store.rows_asked.clear()
    keys.load(cells[:2])
    assert store.rows_asked == [2]
    keys.load(cells[:2])
    keys.load([b"plain", b""])
    assert store.rows_asked == [2]
    keys.load(cells)
    assert store.rows_asked == [2, 1]


def test_a_key_is_relied_on_for_its_lifetime_and_not_a_moment_longer(
    keys: Keys, store: CountingStore, time: Time, place: At
) -> None:
    """At 60 seconds the store is asked again, for opening and for sealing alike."""
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    asked = len(store.rows_asked)
    time.seconds += 59.999
    keys.open(place(), cell)
    keys.for_sealing(KARI, "contract")
    assert len(store.rows_asked) == asked
    time.seconds += 0.001
    keys.open(place(), cell)
    assert len(store.rows_asked) == asked + 1


def test_index_keys_are_relied_on_for_a_lifetime(keys: Keys, store: CountingStore, time: Time) -> None:
    """A search asks the store for index keys once a minute, not once a query; forgetting asks at once."""
    (first,) = keys.index_keys()
    asked = store.epochs_asked
    time.seconds += 59.999
    assert keys.index_keys() == (first,)
    assert store.epochs_asked == asked
    time.seconds += 0.001
    keys.index_keys()
    assert store.epochs_asked > asked
    asked = store.epochs_asked
    keys.tenant_keys.forget()
    keys.index_keys()
    assert store.epochs_asked > asked


def test_a_new_index_key_is_searched_at_once_and_written_later(keys: Keys, time: Time) -> None:
    """For two lifetimes rows are written under the old key: by then every process searches by the new one as well."""
    keys.index_keys()
    keys.tenant_keys.begin(KeyUse.INDEX)
    keys.tenant_keys.forget()
    assert [each.epoch for each in keys.index_keys()] == [1, 2]
    time.seconds += 119
    assert [each.epoch for each in keys.index_keys()] == [1, 2]
    keys.tenant_keys.forget()
    time.seconds += 1
    assert [each.epoch for each in keys.index_keys()] == [2, 1]


def test_of_index_keys_that_are_all_new_the_oldest_is_written(keys: Keys, store: CountingStore) -> None:
    """Where nothing older is left, the key that most processes know already is the one to write under."""
    keys.index_keys()
    keys.tenant_keys.begin(KeyUse.INDEX)
    store.end(TENANT, KeyUse.INDEX, 1)
    keys.tenant_keys.begin(KeyUse.INDEX)
    keys.tenant_keys.forget()
    assert [each.epoch for each in keys.index_keys()] == [2, 3]


def test_a_known_key_of_a_stream_needs_no_store(keys: Keys, store: CountingStore, place: At) -> None:
    """A file is opened with what is known; under an event loop only with that."""
    here = place(Codec.BYTES)
    target = io.BytesIO()
    seal_stream(keys.for_sealing(KARI, "contract"), here, io.BytesIO(b"x"), target)
    asked = len(store.rows_asked)

    def opened() -> bytes:
        return b"".join(open_stream(keys, here, io.BytesIO(target.getvalue())))

    async def under_a_loop() -> bytes:
        return opened()

    assert opened() == asyncio.run(under_a_loop()) == b"x"
    assert len(store.rows_asked) == asked
    keys.forget([KARI])
    with pytest.raises(KeyNotLoaded):
        asyncio.run(under_a_loop())
    assert opened() == b"x"


# Which classes are meant


def test_quarantine_and_its_end_mean_the_classes_they_name(keys: Keys, place: At) -> None:
    """One class is disabled and enabled; the others of the person are left as they are."""
    classes = ("contract", "marketing", "bookkeeping")
    cells = {each: seal(keys.for_sealing(KARI, each), place(retention_class=each), "x") for each in classes}

    def opens() -> set[str]:
        found: set[str] = set()
        for each, cell in cells.items():
            try:
                keys.open(place(retention_class=each), cell)
                found.add(each)
            except KeyUnavailable:
                continue
        return found

    assert keys.disable(KARI, ["contract", "marketing"]) == 2
    assert opens() == {"bookkeeping"}
    assert keys.enable(KARI, ["marketing"]) == 1
    assert opens() == {"bookkeeping", "marketing"}
    assert keys.enable(KARI) == 1
    assert opens() == set(classes)
    assert keys.disable(KARI) == 3
    assert opens() == set()
    assert (keys.count([KARI]), keys.count([KARI], ["contract"]), keys.count([])) == (3, 1, 0)
    assert keys.shred(KARI, ["contract"]) == 1
    assert (keys.count([KARI]), keys.count([KARI], ["contract"])) == (2, 0)


def test_a_key_that_only_opens_seals_nothing(keys: Keys, place: At) -> None:
    """After quarantine the next value gets a fresh key; both open."""
    before = keys.for_sealing(KARI, "contract")
    old = seal(before, place(), "old")
    keys.disable(KARI)
    with pytest.raises(KeyUnavailable):
        keys.for_sealing(KARI, "contract")
    keys.enable(KARI)
    after = keys.for_sealing(KARI, "contract")
    assert after.kid != before.kid
    assert [keys.open(place(), old), keys.open(place(), seal(after, place(), "new"))] == ["old", "new"]
    assert {row.status for row in keys.store.rows(TENANT, subjects=[KARI])} == {
        KeyStatus.ACTIVE,
        KeyStatus.DECRYPT_ONLY,
    }


def test_one_erased_person_stops_a_batch_before_a_key_is_made(keys: Keys) -> None:
    """A batch for many people makes a key for none of them if one must not be sealed for."""
    turid = SubjectRef(bytes(16)[:-1] + b"\x01")
    keys.for_sealing(KARI, "contract")
    keys.shred(KARI)
    with pytest.raises(KeyErased):
        keys.for_sealing_many([turid, KARI], "contract")
    assert keys.count([turid]) == 0


# Bytes that mean something to a formatter, and batches


@pytest.mark.parametrize("raw", [b"%d%s%%%i%x%b%c%r%", b"%" * 16, b"{}{0}\\x25%d\x00%i", bytes(range(0x20, 0x30))])
def test_a_reference_with_percent_signs_is_bound_alike_everywhere(keys: Keys, place: At, raw: bytes) -> None:
    """A reference is random: in a batch it must not be taken for a format, for any kind of record key."""
    subject = SubjectRef(raw[:16].ljust(16, b"%"))
    key, here = keys.for_sealing(subject, "contract"), place(subject=subject)
    for records in (
        [RecordKey.of(number) for number in (0, 7, -7, 10**17, 10**18, -(10**30), 2**62, 2**63, 2**64)],
        [RecordKey.of(each) for each in ("%d", "", b"%s", 7)],
        [RecordKey.of("a", 7), RecordKey.of(7), RecordKey.of(7, "%")],
    ):
        cells = seal_many(key, here, records, [f"value {number}" for number in range(len(records))])
        assert list(unseal_many(key, here, records, cells)) == [f"value {number}" for number in range(len(records))]
        for number, (record, cell) in enumerate(zip(records, cells, strict=True)):
            assert unseal(key, place(subject=subject, record=record), cell) == f"value {number}"


@pytest.mark.parametrize(("codec", "value"), [(Codec.BYTES, b"x"), (Codec.STR, "x"), (Codec.INT, 7)])
def test_each_damaged_cell_of_a_long_batch_answers_for_itself(
    key: SubjectKey, place: At, codec: Codec, value: Any
) -> None:
    """Of several thousand cells the whole ones open, wherever in the batch the damaged ones lie."""
    here, number = place(codec), 5_000
    records = [RecordKey.of(each) for each in range(number)]
    cells = seal_many(key, here, records, [value] * number)
    damaged = {0, 1, 999, 1000, 1023, 1024, 1025, 2047, 2048, 4095, 4096, number - 1}
    for at in damaged:
        cells[at] = cells[at][:-1] + bytes([cells[at][-1] ^ 1])
    cells[3000] = b""
    cells[3001] = cells[3002]
    answers = list(unseal_many(key, here, records, cells))
    refused = {at for at, answer in enumerate(answers) if isinstance(answer, DecryptionError)}
    assert refused == damaged | {3000, 3001}
    assert all(answer == value for at, answer in enumerate(answers) if at not in refused)


def test_a_batch_needs_one_value_and_one_cell_for_each_record(key: SubjectKey, place: At) -> None:
    """Neither too few nor too many: nothing is sealed or opened for the wrong record."""
    records = [RecordKey.of(1), RecordKey.of(2)]
    cells = seal_many(key, place(), records, ["x", "y"])
    for given in ([], ["x"], ["x", "y", "z"]):
        with pytest.raises(ValueError, match="there is not one value for each record"):
            seal_many(key, place(), records, given)
    for found in ([], cells[:1], [*cells, cells[0]]):
        with pytest.raises(ValueError, match="there is not one cell for each record"):
            list(unseal_many(key, place(), records, found))
    assert seal_many(key, place(), [], []) == []
    assert list(unseal_many(key, place(), [], [])) == []


# Words of refusals of the stores


def test_an_epoch_that_is_in_use_is_not_ended(keys: Keys, store: CountingStore) -> None:
    """The error says which, and why."""
    keys.for_sealing(KARI, "contract")
    with pytest.raises(EpochInUse) as current:
        store.end(TENANT, KeyUse.WRAP, 1)
    assert (current.value.epoch, current.value.why) == (1, "it is the current one")
    keys.tenant_keys.begin(KeyUse.WRAP)
    with pytest.raises(EpochInUse) as used:
        store.end(TENANT, KeyUse.WRAP, 1)
    assert (used.value.epoch, used.value.why) == (1, "subject keys are wrapped under it")


def test_shreddings_in_memory_know_their_own_checkpoints_alone() -> None:
    """Each note moves the checkpoint; one that the list never had is refused."""
    noted, now = MemoryShreddings(), datetime(2026, 1, 2, tzinfo=UTC)
    ends = [noted.checkpoint()]
    for kid in (b"a" * 16, b"b" * 16):
        noted.note(TENANT, [kid], at=now)
        ends.append(noted.checkpoint())
    assert [end.size for end in ends] == [0, 1, 2]
    assert len({end.head for end in ends}) == 3
    assert all(len(end.head) == 32 for end in ends)
    another = MemoryShreddings()
    another.note(TENANT, [b"c" * 16], at=now)
    with pytest.raises(ShreddingsInvalid) as refused:
        noted.since(another.checkpoint())
    assert refused.value.problem == "it does not contain the checkpoint"


def test_a_keyring_in_memory_is_not_locked_anew() -> None:
    """There is no file to lock, and the error says so."""
    with pytest.raises(KeyringError) as refused:
        LocalKeyring.in_memory().relock("a passphrase")
    assert (refused.value.problem, refused.value.instead) == ("it has no file", "Create one with a file")


@pytest.mark.parametrize(
    ("normaliser", "value", "reason"),
    [
        ("email-1", "kari", "nothing stands before or behind its last @"),
        ("email-1", "kari@", "nothing stands before or behind its last @"),
        ("telephone-1", "41000001", "not + and 7 to 15 digits"),
        ("digits-1", "4100 0001", "not digits alone"),
        ("casefold-1", "\u0378", "it has a code point that is unassigned here"),
        ("exact-1", "\ud800", "it has an unpaired surrogate"),
    ],
)
def test_a_value_that_cannot_be_searched_is_refused_with_its_reason(
    keys: Keys, normaliser: str, value: str, reason: str
) -> None:
    """The field, the normaliser and why; not the value."""
    index = BlindIndex(normaliser, distinct=50_000)
    with pytest.raises(ValueNotSealable) as refused:
        index.token(keys.index_keys()[0], "crm.customer", "email", Codec.STR, value)
    spoken = "str" if normaliser == "exact-1" else normaliser
    assert (refused.value.path, refused.value.codec, refused.value.reason) == ("crm.customer.email", spoken, reason)


def test_an_object_of_a_keyring_wraps_for_its_name_alone() -> None:
    """Tenant, use and epoch are each part of the name that a tenant key is bound to."""
    keyring, name = LocalKeyring.in_memory(), KeyName(TENANT, KeyUse.WRAP, 1, "0" * 16)
    others = [
        KeyName("sector", KeyUse.WRAP, 1, "0" * 16),
        KeyName(TENANT, KeyUse.INDEX, 1, "0" * 16),
        KeyName(TENANT, KeyUse.WRAP, 2, "0" * 16),
        KeyName(TENANT, KeyUse.WRAP, 1, "1" * 16),
    ]
    wrapped = keyring.wrap(name, bytes(range(32)))
    assert keyring.unwrap(name, wrapped) == bytes(range(32))
    for other in others:
        keyring.wrap(other, bytes(32))
        with pytest.raises(DecryptionError):
            keyring.unwrap(other, wrapped)


# What a rotation and a shredding leave behind


def test_shredding_one_class_notes_the_keys_of_that_class_alone(store: CountingStore) -> None:
    """A replay after a restore must not destroy what was never shredded."""
    noted = MemoryShreddings()
    keys = Keys(TENANT, store=store, provider=LocalKeyring.in_memory(), shreddings=noted)
    shredded = keys.for_sealing(KARI, "marketing").kid
    keys.for_sealing(KARI, "contract")
    start = noted.checkpoint()
    keys.shred(KARI, ["marketing"])
    keys.shred(KARI, ["marketing"])
    (only,) = noted.since(start)
    assert (only.tenant, only.kid) == (TENANT, shredded)


def test_a_rotation_goes_through_every_page(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """More keys than one page holds: each is rewrapped once, and the progress counts up to all of them."""
    monkeypatch.setattr("sectorprivacy.encryption._custody.PAGE", 3)
    people = [SubjectRef(bytes([number]) * 16) for number in range(1, 9)]
    for each in people:
        keys.for_sealing(each, "contract")
    keys.tenant_keys.begin(KeyUse.WRAP)
    steps: list[Step] = []
    assert Custody(keys).rewrap(steps.append) == 8
    assert [(step.done, step.of) for step in steps] == [(3, 8), (6, 8), (8, 8)]
    assert {row.epoch for row in keys.store.rows(TENANT, subjects=people)} == {2}
    assert Custody(keys).rewrap() == 0


def test_the_status_has_both_kinds_of_epochs(keys: Keys) -> None:
    """Tenant keys that wrap and tenant keys that index are told apart."""
    keys.for_sealing(KARI, "contract")
    keys.index_keys()
    keys.tenant_keys.begin(KeyUse.INDEX)
    status = Custody(keys).status()
    assert [(each.use, each.number) for each in status.wrapping] == [(KeyUse.WRAP, 1)]
    assert [(each.use, each.number) for each in status.index] == [(KeyUse.INDEX, 1), (KeyUse.INDEX, 2)]
    assert status.plaintext == {}
    assert (status.tenant, status.checkpoint) == (TENANT, None)


def test_tokens_are_the_same_in_another_process(store: CountingStore) -> None:
    """Index keys come from the store and the provider, and so do all tokens; another field has others."""
    provider, index = LocalKeyring.in_memory(), BlindIndex("exact-1", distinct=50_000, unique=True)
    one, other = (Keys(TENANT, store=store, provider=provider) for _ in range(2))
    made = [
        index.tokens(keys.index_keys(), "crm.customer", field, Codec.STR, "x")
        for keys in (one, other)
        for field in ("email", "telephone")
    ]
    assert made[0] == made[2] != made[1] == made[3]
    with pytest.raises(ValueNotSealable) as refused:
        index.tokens(one.index_keys(), "crm.customer", "email", Codec.STR, 7)
    assert refused.value.path == "crm.customer.email"


def test_a_batch_without_a_value_fails_as_one_value_does(key: SubjectKey, place: At) -> None:
    """The reason of the first value that is refused is the reason of the batch."""
    for values, reason in ((["x", 7], "not a str"), (["x", "\ud800"], "it has an unpaired surrogate")):
        with pytest.raises(ValueNotSealable) as refused:
            seal_many(key, place(), [RecordKey.of(1), RecordKey.of(2)], values)
        assert (refused.value.path, refused.value.reason) == ("crm.customer.national_id", reason)


# A stored value whose place is found out late


def test_a_place_is_found_out_once_and_never_under_a_loop(keys: Keys, place: At) -> None:
    """Asking whose row it is may block: outside a loop it is asked once, under one `open` is refused until it was."""
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    asked: list[int] = []

    def late() -> Place:
        asked.append(1)
        return place()

    async def under_a_loop(value: Sealed[Any]) -> Any:
        return value.open()

    token = key_access.set(keys)
    try:
        value = Sealed[str].stored(late, to_text(cell))
        with pytest.raises(KeyNotLoaded):
            asyncio.run(under_a_loop(value))
        assert (value.is_stored, asked) == (True, [])
        assert value.open() == "x"
        assert asyncio.run(under_a_loop(value)) == "x"
        assert asyncio.run(under_a_loop(Sealed[str].stored(place(), cell))) == "x"
        assert (value.place, asked) == (place(), [1])
        assert (Sealed.of("x").place, Sealed.of("x").is_stored) == (None, False)
    finally:
        key_access.reset(token)


def test_text_in_the_clear_is_taken_for_a_value_only_while_its_field_is_migrated(keys: Keys, place: At) -> None:
    """Until the end date the text is read and counted; afterwards, and of every other field, it is refused."""
    today = keys.now().date()
    for until, opens in ((today, True), (today - timedelta(days=1), False), (None, False)):
        here = place(plaintext_until=until)
        token = key_access.set(keys)
        try:
            value = Sealed[str].stored(here, "in the clear")
            if opens:
                assert value.open() == "in the clear"
            else:
                with pytest.raises(NotSealed):
                    value.open()
        finally:
            key_access.reset(token)
    assert keys.plaintext_reads == {"crm.customer.national_id": 1}
    with pytest.raises(DecryptionError) as refused:
        keys.open(place(plaintext_until=today), b"\xf9 begins as a cell does")
    assert type(refused.value) is DecryptionError


# What is counted and minted


def test_every_value_in_the_clear_is_counted(keys: Keys, place: At) -> None:
    """How far a migration is shows in how many values are still read in the clear."""
    for _ in range(3):
        assert keys.open(place(plaintext_until=keys.now().date()), b"plain") == "plain"
    assert keys.plaintext_reads == {"crm.customer.national_id": 3}


def test_a_minted_key_is_of_its_tenant() -> None:
    """What is minted fits the places of its tenant at once, before any row was read."""
    key, _ = TenantKey(TENANT, 1, bytes(32)).mint(KARI, "contract")
    assert (key.tenant, key.subject, key.retention_class) == (TENANT, KARI, "contract")


def test_an_unknown_normaliser_is_refused_with_those_that_are_known() -> None:
    """A misspelt id names what it could have been; an index of one value may be accepted with a reason."""
    with pytest.raises(UnknownWord) as refused:
        BlindIndex("email-2", distinct=50_000)
    assert (refused.value.kind, refused.value.id) == ("normaliser", "email-2")
    assert refused.value.known == ("exact-1", "email-1", "telephone-1", "digits-1", "casefold-1")
    assert BlindIndex("email-1", distinct=1, accepted="A test field.").size == 2
