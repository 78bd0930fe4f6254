"""What binding a value to its place costs: cells against a bare AES-256-GCM call with a fresh nonce."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks import Benchmark, Case
from sectorprivacy.encryption import (
    Codec,
    Keys,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    seal,
    seal_many,
    seal_row,
    unseal,
    unseal_many,
)
from sectorprivacy.vocabulary import RecordKey, SubjectRef

VALUE = "24 characters of a value"
FIELDS = 8
RECORDS = 10_000
PEER = "AES-GCM"


def benchmark() -> Benchmark:
    person = SubjectRef.mint()
    key = Keys("acme", store=MemoryKeyStore(), provider=LocalKeyring.in_memory()).for_sealing(person, "contract")

    def place(field: str) -> Place:
        return Place(
            tenant="acme",
            model="crm.customer",
            field=field,
            subject=person,
            record=RecordKey.of(4711),
            codec=Codec.STR,
            retention_class="contract",
        )

    one = place("national_id")
    row = [place(f"field_{number}") for number in range(FIELDS)]
    records = [RecordKey.of(number) for number in range(RECORDS)]
    cell = seal(key, one, VALUE)
    cells = seal_many(key, one, records, [VALUE] * RECORDS)
    bare_seal, bare_open = _bare(one.associated_data(Codec.STR))
    return Benchmark(
        (
            Case("seal one value", lambda: seal(key, one, VALUE), (PEER, bare_seal), 1.25),
            Case("open one value", lambda: unseal(key, one, cell), (PEER, bare_open), 1.75),
            Case(
                "seal a row of 8",
                lambda: seal_row(key, row, [VALUE] * FIELDS),
                (PEER, _times(FIELDS, bare_seal)),
                0.80,
                per=FIELDS,
            ),
            Case(
                "seal 10,000 of one person",
                lambda: seal_many(key, one, records, [VALUE] * RECORDS),
                (PEER, _times(RECORDS, bare_seal)),
                0.70,
                per=RECORDS,
            ),
            Case(
                "open 10,000 of one person",
                lambda: list(unseal_many(key, one, records, cells)),
                (PEER, _times(RECORDS, bare_open)),
                1.35,
                per=RECORDS,
            ),
        )
    )


def _bare(associated_data: bytes) -> tuple[Callable[[], bytes], Callable[[], bytes]]:
    """Bytes in, associated data ready: the least that any field encryption does."""
    cipher, value = AESGCM(os.urandom(32)), VALUE.encode()

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
