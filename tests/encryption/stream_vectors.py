"""Vectors of sealed streams: docs/spec/vectors/sealed-stream.json."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.encryption.specified import (
    ACTIVE,
    BYTES,
    DISABLED,
    EARLIER,
    ERASED,
    MOVED,
    OLAS,
    TENANT_KEY,
    UNKNOWN,
    associated_data,
    derived,
    place_of,
    pretended,
    stored,
)

CHUNK: Final = 16 * 1024


def content(length: int) -> bytes:
    return bytes(index % 251 for index in range(length))


def chunks_of(data: bytes) -> list[bytes]:
    return [data[start : start + CHUNK] for start in range(0, len(data) + 1, CHUNK)]


def stream_of(name: str, place: Mapping[str, Any], chunks: Sequence[bytes], row: Mapping[str, Any] = ACTIVE) -> bytes:
    head = b"SPS1" + bytes.fromhex(row["kid"])
    salt = pretended(24, "salt", name)
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + head + associated_data(place, BYTES)
    stream_key = derived(bytes.fromhex(row["secret"]), "sp1/stream")[:32]
    first = hmac.digest(stream_key, info + b"\x01", "sha512")
    material = first + hmac.digest(stream_key, first + info + b"\x02", "sha512")
    cipher, nonce, commitment = AESGCM(material[:32]), int.from_bytes(material[32:44], "big"), material[44:76]
    body = (cipher.encrypt((nonce ^ index).to_bytes(12, "big"), chunk, b"") for index, chunk in enumerate(chunks))
    return b"".join((head, salt, commitment, *body))


def streams() -> dict[str, Any]:
    place = place_of(BYTES, field="recording")
    whole = {
        length: stream_of(str(length), place, chunks_of(content(length)))
        for length in (0, 1, 16383, 16384, 16385, 32769)
    }
    opens = [
        {
            "name": f"{length} bytes",
            "place": place,
            "length": length,
            "sha256": hashlib.sha256(content(length)).hexdigest(),
            "stream": base64.b64encode(stream).decode(),
        }
        for length, stream in whole.items()
    ]
    return {
        "format": "SPS1",
        "content": "byte i is i mod 251",
        "pieces": "a refused stream is made of these ranges of the one it names, then one bit of a byte is flipped",
        "tenant_key": TENANT_KEY.hex(),
        "keys": stored(ACTIVE, EARLIER, DISABLED, ERASED, OLAS),
        "open": opens,
        "refuse": stream_refusals(place, len(whole[1]), len(whole[32769])),
    }


def stream_refusals(place: dict[str, Any], short: int, long: int) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []

    def case(
        name: str,
        *pieces: tuple[int, int],
        of: str = "32769 bytes",
        flip: int | None = None,
        error: str = "decryption",
        at: dict[str, Any] = place,
    ) -> None:
        cases.append({"name": name, "error": error, "place": at, "of": of, "pieces": pieces, "flip": flip})

    def literal(name: str, stream: bytes, *, error: str = "decryption", at: dict[str, Any] = place) -> None:
        cases.append({"name": name, "error": error, "place": at, "stream": base64.b64encode(stream).decode()})

    one, size, first = "1 bytes", CHUNK + 16, 76
    case("nothing", of=one, error="not_sealed")
    case("another magic", (0, short), of=one, flip=0, error="not_sealed")
    case("a cell", (2, short), of=one, error="not_sealed")
    case("magic alone", (0, 4), of=one)
    case("key id cut", (0, 19), of=one)
    case("head alone", (0, 20), of=one)
    case("salt cut", (0, 43), of=one)
    case("commitment cut", (0, 75), of=one)
    case("without a chunk", (0, 76), of=one)
    case("another key id", (0, short), of=one, flip=4)
    case("changed salt", (0, short), of=one, flip=20)
    case("changed commitment", (0, short), of=one, flip=44)
    case("changed last byte of the commitment", (0, short), of=one, flip=75)
    case("changed only chunk", (0, short), of=one, flip=76)
    case("changed tag", (0, short), of=one, flip=short - 1)
    case("cut by one byte", (0, short - 1), of=one)
    case("longer by one byte", (0, short), (0, 1), of=one)
    case("changed first chunk", (0, long), flip=first)
    case("changed last chunk", (0, long), flip=long - 1)
    case("last chunk missing", (0, first + 2 * size))
    case("empty last chunk missing", (0, first + size), of="16384 bytes")
    case("middle chunk missing", (0, first + size), (first + 2 * size, long))
    case("first chunk twice", (0, first + size), (first, long))
    case(
        "first two chunks exchanged",
        (0, first),
        (first + size, first + 2 * size),
        (first, first + size),
        (first + 2 * size, long),
    )
    case("cut inside the first chunk", (0, first + 100))
    case("cut inside the last chunk", (0, long - 1))
    case("whole, and another stream's chunk", (0, long), (first, first + size))
    for name, changes in MOVED.items():
        case(f"moved: {name}", (0, short), of=one, at=place | changes)
    case("moved: boundary of names", (0, short), of=one, at=place | {"model": "crm.customerr", "field": "ecording"})
    literal(
        "key id of one key, sealed under another",
        stream_of("committed", place, [b"x"], EARLIER | {"kid": ACTIVE["kid"]}),
    )
    literal("chunk of more than 16,384 bytes", stream_of("too long", place, [content(CHUNK + 1)]))
    for row, error in ((ERASED, "key_erased"), (DISABLED, "key_unavailable")):
        at = place | {"retention_class": row["retention_class"]}
        stream = stream_of(row["name"], at, [b"x"], row)
        literal(f"{row['name']} key", stream, error=error, at=at)
        literal(f"{row['name']} key, another class: its status is not told", stream)
    literal("key id that is not in the store", stream_of("unknown", place, [b"x"], UNKNOWN))
    literal("short chunk before the last", stream_of("too short", place, [b"x", b"y"]))
    return cases
