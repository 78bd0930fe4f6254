"""What binding a value to its place costs: cells, and peers, against a bare AES-256-GCM call with a fresh nonce."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks import Benchmark, Case
from benchmarks._peers import VALUE, Peer, peers
from sectorprivacy.encryption import (
    Codec,
    Keys,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    RowForm,
    RowPlace,
    SubjectKey,
    seal,
    seal_many,
    seal_row,
    unseal,
    unseal_many,
    unseal_row,
)
from sectorprivacy.vocabulary import RecordKey, SubjectRef

FIELDS = 8
RECORDS = 100_000
MEGABYTE = bytes(1024 * 1024)
PEER = "AES-GCM"
PERSON = SubjectRef.mint()


def benchmark() -> Benchmark:
    """Values of 24 characters; the peers encrypt the same ones, with a key of their own that is warm."""
    others = peers()
    bare_seal, bare_open = _bare(VALUE.encode())
    return Benchmark(
        (
            *_single(bare_seal, bare_open),
            *(each for peer in others.found for each in _of(peer, bare_seal, bare_open)),
            *_rows(bare_seal, bare_open),
            *_batches(bare_seal, bare_open),
            *_megabyte(),
            _first_use(bare_seal),
        ),
        missing=others.missing,
    )


def _single(bare_seal: Callable[[], bytes], bare_open: Callable[[], bytes]) -> tuple[Case, ...]:
    key, place = _key(), _place("national_id")
    cell = seal(key, place, VALUE)
    return (
        Case("seal one value", lambda: seal(key, place, VALUE), (PEER, bare_seal), 1.25),
        Case("open one value", lambda: unseal(key, place, cell), (PEER, bare_open), 1.75),
    )


def _of(peer: Peer, bare_seal: Callable[[], bytes], bare_open: Callable[[], bytes]) -> tuple[Case, ...]:
    return (
        Case(f"  {peer.name}: seal", peer.seal, (PEER, bare_seal)),
        Case(f"  {peer.name}: open", peer.open, (PEER, bare_open)),
    )


def _rows(bare_seal: Callable[[], bytes], bare_open: Callable[[], bytes]) -> tuple[Case, ...]:
    """With the places ready, as they are for one value; and for a record that comes anew from an application."""
    key, record, names = _key(), RecordKey.of(4711), [f"field_{number}" for number in range(FIELDS)]
    places, values = [_place(name) for name in names], [VALUE] * FIELDS
    row, form = RowPlace.of(places), RowForm(places)
    cells = seal_row(key, row, values)
    seals, opens = (PEER, _times(FIELDS, bare_seal)), (PEER, _times(FIELDS, bare_open))
    return (
        Case("seal a row of 8", lambda: seal_row(key, row, values), seals, 0.80, per=FIELDS),
        Case("open a row of 8", lambda: unseal_row(key, row, cells), opens, 1.55, per=FIELDS),
        Case("  and bind it: seal", lambda: seal_row(key, form.at(PERSON, record), values), seals, per=FIELDS),
        Case("  and bind it: open", lambda: unseal_row(key, form.at(PERSON, record), cells), opens, per=FIELDS),
    )


def _batches(bare_seal: Callable[[], bytes], bare_open: Callable[[], bytes]) -> tuple[Case, ...]:
    key, place, values = _key(), _place("national_id"), [VALUE] * RECORDS
    records = [RecordKey.of(number) for number in range(RECORDS)]
    cells = seal_many(key, place, records, values)
    return (
        Case(
            "seal 100,000 of one person",
            lambda: seal_many(key, place, records, values),
            (PEER, _times(RECORDS, bare_seal)),
            0.70,
            per=RECORDS,
        ),
        Case(
            "open 100,000 of one person",
            lambda: list(unseal_many(key, place, records, cells)),
            (PEER, _times(RECORDS, bare_open)),
            1.35,
            per=RECORDS,
        ),
    )


def _megabyte() -> tuple[Case, ...]:
    key, place = _key(), _place("image", Codec.BYTES)
    cell = seal(key, place, MEGABYTE)
    bare_seal, bare_open = _bare(MEGABYTE)
    return (
        Case("seal 1 MB", lambda: seal(key, place, MEGABYTE), (PEER, bare_seal), 1.05),
        Case("open 1 MB", lambda: unseal(key, place, cell), (PEER, bare_open), 1.05),
    )


def _first_use(bare_seal: Callable[[], bytes]) -> Case:
    """A person whose key is not remembered: the row is read, the key unwrapped, derived and compared."""
    store = MemoryKeyStore()
    keys = Keys("acme", store=store, provider=LocalKeyring.in_memory(), lifetime=0.0)
    key, place = keys.for_sealing(PERSON, "contract"), _place("national_id")
    cells = [seal(key, place, VALUE)]

    def read_and_call_six_times() -> None:
        store.rows("acme", kids=[key.kid])
        for _ in range(6):
            bare_seal()

    six = ("6 of AES-GCM, one read", read_and_call_six_times)
    return Case("first use of a person's key", lambda: keys.load(cells), six, 1.0)


def _key() -> SubjectKey:
    keys = Keys("acme", store=MemoryKeyStore(), provider=LocalKeyring.in_memory())
    return keys.for_sealing(PERSON, "contract")


def _place(field: str, codec: Codec = Codec.STR) -> Place:
    return Place(
        tenant="acme",
        model="crm.customer",
        field=field,
        subject=PERSON,
        record=RecordKey.of(4711),
        codec=codec,
        retention_class="contract",
    )


def _bare(value: bytes) -> tuple[Callable[[], bytes], Callable[[], bytes]]:
    """Bytes in, associated data ready: the least that any field encryption does."""
    cipher, associated_data = AESGCM(os.urandom(32)), _place("national_id").associated_data(Codec.STR)

    def bare_seal() -> bytes:
        nonce = os.urandom(12)
        return nonce + cipher.encrypt(nonce, value, associated_data)

    sealed = bare_seal()

    def bare_open() -> bytes:
        return cipher.decrypt(sealed[:12], sealed[12:], associated_data)

    return bare_seal, bare_open


def _times(number: int, call: Callable[[], bytes]) -> Callable[[], object]:
    def repeated() -> list[bytes]:
        return [call() for _ in range(number)]

    return repeated
