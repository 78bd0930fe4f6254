"""What docs/spec says of cells and keys, once more and apart from the library: the vectors are made of this.

What must be random elsewhere is a hash of a vector's name here, so that the vectors come out the same every time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TENANT: Final = "sector-alarm"
KARI: Final = bytes(range(0xA0, 0xB0))
OLA: Final = bytes(range(0xB0, 0xC0))
TENANT_KEY: Final = bytes(range(0x40, 0x60))
BYTES, TEXT, INTEGER, DECIMAL, DATE, MOMENT, BOOLEAN, JSON = range(8)


def pretended(length: int, *name: str) -> bytes:
    """Bytes that stand for random ones."""
    return hashlib.sha256("/".join(("sp1 vectors", *name)).encode()).digest()[:length]


def derived(secret: bytes, label: str) -> bytes:
    return hmac.digest(secret, label.encode(), "sha512")


def prefixed(part: bytes) -> bytes:
    return len(part).to_bytes(2, "big") + part


def record_part(text: str) -> bytes:
    letter, value = text[0], text[1:]
    if letter in "ub":
        return letter.encode() + bytes.fromhex(value.replace("-", ""))
    return text.encode()


def record_bytes(parts: Sequence[str] | None) -> bytes:
    if parts is None:
        return b"S"
    if len(parts) == 1:
        return record_part(parts[0])
    return b"t" + bytes([len(parts)]) + b"".join(prefixed(record_part(part)) for part in parts)


def associated_data(place: Mapping[str, Any], codec_byte: int) -> bytes:
    version = place["version"]
    parts = [
        place["tenant"].encode(),
        place["model"].encode(),
        place["field"].encode(),
        bytes.fromhex(place["subject"]),
    ]
    parts += [] if version is None else [version.encode()]
    head = bytes([0xF9, codec_byte, len(parts)])
    return head + b"".join(map(prefixed, parts)) + record_bytes(place["record"])


def place_of(codec: int, **changes: Any) -> dict[str, Any]:
    return {
        "tenant": TENANT,
        "model": "crm.customer",
        "field": "national_id",
        "subject": KARI.hex(),
        "record": ["i7"],
        "codec": codec,
        "version": None,
        "retention_class": "contract",
    } | changes


def key_row(
    name: str, subject: bytes, retention_class: str, *, secret: bytes = b"", status: str = "active", epoch: int = 3
) -> dict[str, Any]:
    secret = secret or pretended(32, "secret", name)
    kid = derived(secret, "sp1/kid")[:16]
    parts = TENANT.encode(), subject, retention_class.encode()
    bound = b"sp1/wrap" + b"".join(map(prefixed, parts)) + kid + epoch.to_bytes(4, "big")
    nonce = pretended(12, "wrap", name)
    wrapped = b"\x01" + nonce + AESGCM(TENANT_KEY).encrypt(nonce, secret, bound)
    return {
        "name": name,
        "tenant": TENANT,
        "subject": subject.hex(),
        "retention_class": retention_class,
        "kid": kid.hex(),
        "epoch": epoch,
        "status": status,
        "wrapped": wrapped.hex(),
        "secret": secret.hex(),
        "associated_data": bound.hex(),
    }


ACTIVE: Final = key_row("active", KARI, "contract", secret=bytes(range(32)))
EARLIER: Final = key_row("earlier", KARI, "contract", status="decrypt_only")
DISABLED: Final = key_row("disabled", KARI, "marketing", status="disabled")
ERASED: Final = key_row("erased", KARI, "bookkeeping", status="erased")
OLAS: Final = key_row("another person's", OLA, "contract")
UNKNOWN: Final = key_row("not in the store", KARI, "contract")


def sealed(
    name: str, place: Mapping[str, Any], data: bytes, *, codec_byte: int | None = None, row: Mapping[str, Any] = ACTIVE
) -> bytes:
    """A cell; `codec_byte` where it is not the one that the place declares."""
    second: int = place["codec"] if codec_byte is None else codec_byte
    nonce = pretended(12, "cell", name)
    cipher = AESGCM(derived(bytes.fromhex(row["secret"]), "sp1/cell/F9")[:32])
    body = cipher.encrypt(nonce, data, associated_data(place, second))
    return bytes([0xF9, second]) + bytes.fromhex(row["kid"]) + nonce + body


def text_of(cell: bytes) -> str:
    return "sp1." + base64.b64encode(cell).decode()


def stored(*rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows as a key store has them: a tombstone has no wrapped key any more."""
    columns = ("name", "tenant", "subject", "retention_class", "kid", "epoch", "status", "wrapped")
    found = [{column: row[column] for column in columns} for row in rows]
    return [row | ({"wrapped": None} if row["status"] == "erased" else {}) for row in found]


MOVED: Final[Mapping[str, dict[str, Any]]] = {
    "tenant": {"tenant": "sector"},
    "model": {"model": "crm.contact"},
    "field": {"field": "telephone"},
    "person": {"subject": OLA.hex()},
    "record": {"record": ["i8"]},
    "record type": {"record": ["s7"]},
    "record of bytes": {"record": ["b37"]},
    "record, composite of it and nothing": {"record": ["i7", "s"]},
    "record, not bound": {"record": None},
    "row version": {"version": "1"},
    "class": {"retention_class": "marketing"},
}
