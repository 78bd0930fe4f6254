"""The attacks on sealed values that the threat model lists, each with the refusal that is promised."""

from __future__ import annotations

import ast
import io
import itertools
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

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
    Sealed,
    SubjectKey,
    TenantIndexKey,
    TenantKey,
    from_text,
    open_stream,
    seal,
    seal_stream,
    to_text,
    unseal,
)
from sectorprivacy.errors import DecryptionError, EncryptionError, KeyErased, KeyUnavailable, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey, SubjectRef
from tests.encryption.test_commitment import NONCE, cell_key, opens_under_both

At = Callable[..., Place]
KARI, OLA = SubjectRef(bytes(range(16))), SubjectRef(bytes(16))
SECRET = "01019012345"
PUBLIC_TEXT = str(DecryptionError())


# Swaps and downgrades

WORLD = {
    "tenant": ("sector-alarm", "sector"),
    "model": ("crm.customer", "crm.contact"),
    "field": ("national_id", "telephone"),
    "subject": (KARI, OLA),
    "retention_class": ("contract", "marketing"),
    "record": (RecordKey.of(7), RecordKey.of("7")),
    "version": (None, 1),
}


def every_place(place: At) -> list[Place]:
    return [place(**dict(zip(WORLD, facts, strict=True))) for facts in itertools.product(*WORLD.values())]


def test_every_cell_opens_at_home_and_in_no_other_place(place: At) -> None:
    """Of 128 places that differ in tenant, model, field, person, class, record and version, each cell has one."""
    store, provider = MemoryKeyStore(), LocalKeyring.in_memory()
    tenants = {tenant: Keys(tenant, store=store, provider=provider) for tenant in WORLD["tenant"]}
    homes = every_place(place)
    cells = [seal(tenants[home.tenant].for_sealing(home.subject, home.retention_class), home, "x") for home in homes]
    for home, cell in zip(homes, cells, strict=True):
        keys = tenants[home.tenant]
        key = keys.for_opening(home, cell)
        for elsewhere in homes:
            if elsewhere is home:
                assert keys.open(elsewhere, cell) == "x"
            else:
                with pytest.raises(DecryptionError) as refused:
                    unseal(key, elsewhere, cell)
                assert str(refused.value) == PUBLIC_TEXT


def test_the_wrapped_key_of_another_row_is_refused(place: At) -> None:
    """Whoever exchanges wrapped keys in the store, or renames their rows, opens nothing with them."""
    here, there = place(), place(subject=OLA)
    for columns in (["wrapped"], ["kid"], ["subject"], ["subject", "wrapped"]):
        keys = Keys("sector-alarm", store=TamperedStore(columns), provider=LocalKeyring.in_memory())
        cells = [seal(keys.for_sealing(each.subject, each.retention_class), each, "x") for each in (here, there)]
        keys.forget([KARI, OLA])
        for each, cell in zip((here, there), cells, strict=True):
            with pytest.raises(DecryptionError) as refused:
                keys.open(each, cell)
            assert type(refused.value) is DecryptionError, columns


class TamperedStore(MemoryKeyStore):
    """A key store whose administrator has exchanged columns of the rows of two people."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__()
        self._columns = columns

    def rows(self, tenant: str, **asked: Any) -> Sequence[KeyRow]:
        people = super().rows(tenant, subjects=[KARI, OLA])
        if len(people) < 2 or not asked.get("kids"):
            return super().rows(tenant, **asked)
        one, other = people
        changed = [
            evolve(row, **{column: getattr(from_, column) for column in self._columns})
            for row, from_ in ((one, other), (other, one))
        ]
        return [row for row in changed if row.kid in asked["kids"]]


def test_no_other_first_byte_is_a_cell(key: SubjectKey, place: At) -> None:
    """There is one version and suite: a cell cannot be taken for one of a weaker kind."""
    cell = seal(key, place(), "x")
    for byte in set(range(256)) - {0xF9}:
        with pytest.raises(DecryptionError):
            unseal(key, place(), bytes([byte]) + cell[1:])


def test_no_other_second_byte_opens(key: SubjectKey, place: At) -> None:
    """The codec and the bit of padding are authenticated: neither is taken away nor put there."""
    cell = seal(key, place(), "x")
    for byte, codec in itertools.product(set(range(256)) - {cell[1]}, Codec):
        with pytest.raises(DecryptionError):
            unseal(key, place(codec), cell[:1] + bytes([byte]) + cell[2:])


def test_a_stream_is_no_cell_and_a_cell_no_stream(key: SubjectKey, place: At) -> None:
    """Keys of cells and of streams are different keys: what was sealed as the one does not open as the other."""
    here = place(Codec.BYTES)
    target = io.BytesIO()
    seal_stream(key, here, io.BytesIO(b"x"), target)
    cell, stream = seal(key, here, b"x"), target.getvalue()
    for changed in (stream, b"\xf9\x00" + stream[4:20] + stream[20:]):
        with pytest.raises(DecryptionError):
            unseal(key, here, changed)
    for changed in (cell, b"SPS1" + cell[2:]):
        with pytest.raises(DecryptionError):
            list(open_stream(key, here, io.BytesIO(changed)))


# A ciphertext for two keys


def two_keys(place: Place) -> tuple[list[SubjectKey], bytes]:
    """Two keys of one person, and a ciphertext that AES-GCM opens under both."""
    secrets = [bytes([1]) * 32, bytes([2]) * 32]
    keys = [
        SubjectKey.derive(secret, tenant=place.tenant, subject=place.subject, retention_class=place.retention_class)
        for secret in secrets
    ]
    ciphertext = opens_under_both((cell_key(secrets[0]), cell_key(secrets[1])), place.associated_data(Codec.BYTES))
    for key in keys:
        key.cell_cipher.decrypt(NONCE, ciphertext, place.associated_data(Codec.BYTES))
    return keys, ciphertext


def test_a_ciphertext_for_two_keys_never_shows_two_values(place: At) -> None:
    """One cell names one key; under another key id than that of either it opens under neither."""
    here = place(Codec.BYTES)
    (one, other), ciphertext = two_keys(here)
    for named, stranger in ((one, other), (other, one)):
        cell = b"\xf9\x00" + named.kid + NONCE + ciphertext
        unseal(named, here, cell)
        with pytest.raises(DecryptionError):
            unseal(stranger, here, cell)
    between = b"\xf9\x00" + one.kid[:8] + other.kid[8:] + NONCE + ciphertext
    for key in (one, other):
        with pytest.raises(DecryptionError):
            unseal(key, here, between)


def test_a_registered_key_cannot_take_the_key_id_of_another(place: At) -> None:
    """Both keys registered under one key id: the id is derived again from the secret, and the impostor is refused."""
    here = place(Codec.BYTES)
    (one, other), ciphertext = two_keys(here)
    tenant_key = TenantKey(here.tenant, 1, bytes(32))
    cell = b"\xf9\x00" + one.kid + NONCE + ciphertext
    # The owner of the tenant key wraps the second secret rightly in every respect but for whose key id it is.
    impostor = evolve(other, kid=one.kid)
    wrapped = tenant_key._wrap(bytes([2]) * 32, impostor)
    with pytest.raises(DecryptionError):
        tenant_key.unwrap(wrapped, kid=one.kid, subject=here.subject, retention_class=here.retention_class)
    assert unseal(impostor, here, cell) != unseal(one, here, cell), "without that check one cell has two values"


# One public text


def test_every_refusal_says_the_same(keys: Keys, place: At) -> None:
    """Wrong key, tag, place, version, codec, form and key id: same type, same text, same code, and no cause to read."""
    key, other = keys.for_sealing(KARI, "contract"), keys.for_sealing(OLA, "contract")
    cell = seal(key, place(), SECRET)
    refused = [
        (place(subject=OLA), cell),
        (place(record=None), cell),
        (place(version=1), cell),
        (place(retention_class="marketing"), cell),
        (place(Codec.BYTES), cell),
        (place(), cell[:-1] + bytes([cell[-1] ^ 1])),
        (place(), cell[:45]),
        (place(), b"\xf9\x09" + cell[2:]),
        (place(), cell[:2] + other.kid + cell[18:]),
        (place(), cell[:2] + bytes(16) + cell[18:]),
        (place(Codec.INT), seal(key, place(Codec.STR), "7")),
    ]
    errors = [error_of(lambda at=at, it=it: keys.open(at, it)) for at, it in refused]
    errors.append(error_of(lambda: from_text("sp1.AAAA")))
    errors.append(error_of(lambda: list(open_stream(key, place(Codec.BYTES), io.BytesIO(b"SPS1" + key.kid)))))
    assert {(type(error), str(error), repr(error), error.args, error.code) for error in errors} == {
        (DecryptionError, PUBLIC_TEXT, repr(DecryptionError()), DecryptionError().args, DecryptionError.code)
    }
    for error in errors:
        shown = "".join(traceback.format_exception(error))
        assert "InvalidTag" not in shown
        assert SECRET not in shown


def error_of(opening: Callable[[], Any]) -> DecryptionError:
    with pytest.raises(DecryptionError) as refused:
        opening()
    return refused.value


def test_erased_unavailable_and_unknown_are_told_apart_by_type_alone(keys: Keys, place: At) -> None:
    """Whoever reads the public text learns nothing; the program learns whether to retry, or that it was on purpose."""
    cell = seal(keys.for_sealing(KARI, "contract"), place(), SECRET)
    keys.disable(KARI)
    assert type(error_of(lambda: keys.open(place(), cell))) is KeyUnavailable
    keys.enable(KARI)
    assert keys.open(place(), cell) == SECRET
    keys.shred(KARI)
    assert type(error_of(lambda: keys.open(place(), cell))) is KeyErased
    assert type(error_of(lambda: keys.open(place(), cell[:2] + bytes(16) + cell[18:]))) is DecryptionError


# The key service is down


class Switched:
    """A key service that can be down: a real keyring behind a switch."""

    def __init__(self) -> None:
        self.down = False
        self.asked = 0
        self._keyring = LocalKeyring.in_memory()

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        self._reach()
        return self._keyring.wrap(name, secret)

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        self._reach()
        return self._keyring.unwrap(name, wrapped)

    def _reach(self) -> None:
        self.asked += 1
        if self.down:
            raise KeyUnavailable


def test_nothing_is_sealed_or_kept_while_the_key_service_is_down(place: At) -> None:
    """The very first key cannot be made: no epoch, no row, one question to the service, and the same once more."""
    store, service = MemoryKeyStore(), Switched()
    service.down = True
    keys = Keys("sector-alarm", store=store, provider=service)
    for asked in (1, 2):
        with pytest.raises(KeyUnavailable):
            keys.for_sealing(KARI, "contract")
        assert service.asked == asked, "a service that is down is not asked again and again"
    assert not store.epochs("sector-alarm", KeyUse.WRAP)
    assert not store.tally("sector-alarm")
    service.down = False
    assert keys.open(place(), seal(keys.for_sealing(KARI, "contract"), place(), SECRET)) == SECRET


def test_nothing_opens_in_a_new_process_while_the_key_service_is_down(place: At) -> None:
    """It fails closed and says that it may be retried; when the service is back, everything opens."""
    store, service = MemoryKeyStore(), Switched()
    cell = seal(Keys("sector-alarm", store=store, provider=service).for_sealing(KARI, "contract"), place(), SECRET)
    keys = Keys("sector-alarm", store=store, provider=service)
    service.down = True
    # More often than the alarm of systemic failure would let pass: this is an outage, not damage.
    for _ in range(30):
        assert type(error_of(lambda: keys.open(place(), cell))) is KeyUnavailable
    service.down = False
    assert keys.open(place(), cell) == SECRET


# Nothing shows a secret


def holders(keys: Keys, key: SubjectKey, place: At) -> Iterator[tuple[object, list[bytes]]]:
    """Everything that holds a secret or a value, and what it must not show."""
    secret = bytes(range(100, 132))
    held = SubjectKey.derive(secret, tenant="sector-alarm", subject=KARI, retention_class="contract")
    tenant_key, index_key = TenantKey("sector-alarm", 1, secret), TenantIndexKey(1, secret)
    cell = seal(key, place(), SECRET)
    yield held, [secret, held.stream_key]
    yield tenant_key, [secret]
    yield index_key, [secret]
    yield keys, []
    yield keys.provider, []
    yield keys.tenant_keys, []
    yield Sealed.of(SECRET), [SECRET.encode()]
    yield Sealed[str].stored(place(), to_text(cell)), [SECRET.encode(), cell]


def spelled(secret: bytes) -> list[str]:
    return [secret.decode("latin-1"), repr(secret)[2:-1], secret.hex(), secret.hex().upper(), repr(list(secret))]


def test_no_holder_of_a_secret_shows_it(
    keys: Keys, key: SubjectKey, place: At, caplog: pytest.LogCaptureFixture
) -> None:
    """Printed, formatted, nested, logged or in a traceback, a secret is nowhere to be read; pickling is refused."""
    for holder, secrets in holders(keys, key, place):
        caplog.clear()
        try:
            raise RuntimeError(holder)
        except RuntimeError as error:
            logging.getLogger("app").exception("with %s and %r", holder, [holder])
            shown = [*traceback.format_exception(error), caplog.text]
        shown += [str(holder), repr(holder), f"{holder}", f"{holder!r:>5}", repr({"it": (holder,)}), ascii(holder)]
        for spelling in itertools.chain.from_iterable(map(spelled, secrets)):
            assert spelling not in "\n".join(shown), type(holder)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError):
                pickle.dumps(holder, protocol)


def test_a_row_of_the_key_store_does_not_show_its_wrapped_key(keys: Keys) -> None:
    """What is wrapped can be unwrapped by who has the tenant key: it does not belong into a log either."""
    keys.for_sealing(KARI, "contract")
    (row,) = keys.store.rows("sector-alarm", subjects=[KARI])
    (epoch,) = keys.store.epochs("sector-alarm", KeyUse.WRAP)
    for each in (row, epoch):
        assert each.wrapped is not None
        for spelling in spelled(each.wrapped):
            assert spelling not in repr(each)


def test_no_refusal_shows_the_value_that_was_refused(key: SubjectKey, place: At) -> None:
    """An error names the field and the reason, never what stood there."""
    for codec, value in (
        (Codec.STR, SECRET.encode()),
        (Codec.STR, SECRET + "\ud800"),
        (Codec.INT, SECRET),
        (Codec.INT, int(SECRET) ** 200),
        (Codec.DATE, SECRET),
        (Codec.JSON, {SECRET: object()}),
        (Codec.JSON, [SECRET + "\ud800"]),
    ):
        with pytest.raises(ValueNotSealable) as refused:
            seal(key, place(codec), value)
        assert refused.value.path == "crm.customer.national_id"
        assert SECRET not in "".join(traceback.format_exception(refused.value))


# Limits


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (Codec.INT, b"9" * 5_000),
        (Codec.DECIMAL, b"9" * 1_000_000),
        (Codec.DECIMAL, b"1E+999999999"),
        (Codec.JSON, b"[" * 1_000_000),
        (Codec.JSON, b'{"a":' * 1_000_000),
        (Codec.JSON, b'"' * 1_000_001),
        (Codec.JSON, b"9" * 1_000_000),
        (Codec.JSON, b"1" + b"0" * 400 + b".5"),
        (Codec.DATE, b"2026-01-01" * 1_000),
        (Codec.DATETIME, b"2026-01-01T00:00:00.000000Z" * 1_000),
        (Codec.BOOL, bytes(1_000_000)),
    ],
    ids=lambda each: each.name if isinstance(each, Codec) else f"{len(each)} bytes",
)
def test_what_is_oversized_is_refused_on_opening(key: SubjectKey, place: At, codec: Codec, data: bytes) -> None:
    """A value that a writer would never have sealed costs its reader a typed error, not its stack or its minutes."""
    here = place(codec)
    ciphertext = key.cell_cipher.encrypt(NONCE, data, here.associated_data(codec))
    with pytest.raises(DecryptionError):
        unseal(key, here, bytes([0xF9, codec]) + key.kid + NONCE + ciphertext)


def test_a_record_key_of_any_length_binds_or_is_refused(key: SubjectKey, place: At) -> None:
    """Alone a text may be long; as a part it has two bytes for its length, and more is refused, not cut."""
    for record in (RecordKey.of("x" * 100_000), RecordKey.of("x" * 65_534, 1)):
        here = place(record=record)
        assert unseal(key, here, seal(key, here, "x")) == "x"
    for record in (RecordKey.of("x" * 65_535, 1), RecordKey.of(10**1000), RecordKey.of("\ud800")):
        with pytest.raises(EncryptionError):
            seal(key, place(record=record), "x")


def test_invented_key_ids_do_not_fill_the_memory(keys: Keys, place: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells with made-up key ids are forgotten again, and the keys of real people are found again."""
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    monkeypatch.setattr("sectorprivacy.encryption._known.CACHE_LIMIT", 50)
    for start in range(0, 500, 10):
        keys.load(b"\xf9\x01" + number.to_bytes(16, "big") + bytes(28) for number in range(start, start + 10))
        assert keys.open(place(), cell) == "x"
    assert len(keys._known._known) <= 51


# Deserialisation


def test_no_module_can_execute_what_it_reads(root: Path) -> None:
    """Journals, outboxes and caches are JSON: no module of the library imports what would run a planted row."""
    dangerous = {"pickle", "cPickle", "dill", "marshal", "shelve", "yaml", "jsonpickle"}
    found = {
        str(path.relative_to(root))
        for path in sorted((root / "src").rglob("*.py"))
        for name in imported(ast.parse(path.read_bytes()))
        if name.partition(".")[0] in dangerous
    }
    # The conformance of key providers pickles one, to see that it refuses.
    assert found == {"src/sectorprivacy/testing/_key_providers.py"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


class Planted:
    """Creates a file if it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self._path), "w"))


@pytest.mark.parametrize("codec", list(Codec))
def test_a_planted_pickle_in_a_sealed_value_is_data(key: SubjectKey, place: At, codec: Codec, tmp_path: Path) -> None:
    """Even who has the key of a person cannot make a reader run something."""
    here, trap = place(codec), tmp_path / "trap"
    planted = pickle.dumps(Planted(trap))
    ciphertext = key.cell_cipher.encrypt(NONCE, planted, here.associated_data(codec))
    cell = bytes([0xF9, codec]) + key.kid + NONCE + ciphertext
    if codec is Codec.BYTES:
        assert unseal(key, here, cell) == planted
    else:
        with pytest.raises(DecryptionError):
            unseal(key, here, cell)
    assert not trap.exists()


def test_statuses_are_a_closed_set() -> None:
    """A row whose status nobody knows is no active one: it is refused when it is read."""
    with pytest.raises(ValueError, match="is not a valid KeyStatus"):
        KeyStatus("restored")
