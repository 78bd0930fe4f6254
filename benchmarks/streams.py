"""What streaming a recording costs: sealed streams against bare AES-256-GCM calls on the same pieces."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from io import BytesIO, RawIOBase
from typing import Any, BinaryIO, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks import Benchmark, Case
from sectorprivacy.encryption import (
    Codec,
    Keys,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    open_range,
    open_stream,
    seal_stream,
)
from sectorprivacy.vocabulary import RecordKey, SubjectRef

CONTENT = os.urandom(8 * 1024 * 1024)
PIECE = 128 * 1024
PART = 64 * 1024
PEER = "AES-GCM"


class Nowhere(RawIOBase):
    """Takes everything and keeps nothing."""

    def write(self, data: Any) -> int:
        """Forget the data."""
        return len(data)


def benchmark() -> Benchmark:
    """8 MB of sound, written to nowhere; the peer's pieces could be cut, exchanged or moved unnoticed."""
    person = SubjectRef.mint()
    key = Keys("acme", store=MemoryKeyStore(), provider=LocalKeyring.in_memory()).for_sealing(person, "contract")
    place = Place(
        tenant="acme",
        model="alarm.call",
        field="recording",
        subject=person,
        record=RecordKey.of(4711),
        codec=Codec.BYTES,
        retention_class="contract",
    )
    plain, stream, nowhere = BytesIO(CONTENT), BytesIO(), cast("BinaryIO", Nowhere())
    seal_stream(key, place, _again(plain), stream)
    cipher, nonce = AESGCM(os.urandom(32)), os.urandom(12)
    pieces = BytesIO(b"".join(cipher.encrypt(nonce, piece, None) for piece in _pieces(plain, PIECE)))
    part = cipher.encrypt(nonce, CONTENT[:PART], None)

    def bare_seal() -> None:
        nowhere.writelines(cipher.encrypt(os.urandom(12), piece, None) for piece in _pieces(plain, PIECE))

    def bare_open() -> None:
        nowhere.writelines(cipher.decrypt(nonce, piece, None) for piece in _pieces(pieces, PIECE + 16))

    def range_opened() -> None:
        nowhere.writelines(open_range(key, place, _again(stream), len(CONTENT) // 2, PART))

    return Benchmark(
        (
            Case("seal 8 MB", lambda: seal_stream(key, place, _again(plain), nowhere), (PEER, bare_seal), 1.67),
            Case(
                "open 8 MB",
                lambda: nowhere.writelines(open_stream(key, place, _again(stream))),
                (PEER, bare_open),
                1.67,
            ),
            Case("open 64 KB in the middle", range_opened, (PEER, lambda: cipher.decrypt(nonce, part, None))),
        )
    )


def _again(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    return iter(partial(_again(file).read, size), b"")
