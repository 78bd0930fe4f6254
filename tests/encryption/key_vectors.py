"""Vectors of keys: docs/spec/vectors/keys.json."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.encryption.specified import (
    KARI,
    OLA,
    TENANT,
    TENANT_KEY,
    derived,
    key_row,
    prefixed,
    pretended,
)

LIBRARY: Final = bytes(16)
INDEX_KEY: Final = bytes(range(0x60, 0x80))


def keys() -> dict[str, Any]:
    row = key_row("subject key", KARI, "contract", secret=bytes(range(32)))
    last = key_row("last epoch", OLA, "marketing", epoch=2**32 - 1)
    wrapped = bytes.fromhex(row["wrapped"])
    another = key_row("another", KARI, "contract")
    wrong: dict[str, dict[str, Any]] = {
        "nothing": {"wrapped": ""},
        "another suite": {"wrapped": "02" + row["wrapped"][2:]},
        "cut": {"wrapped": wrapped[:-1].hex()},
        "longer": {"wrapped": (wrapped + b"\x00").hex()},
        "changed nonce": {"wrapped": _flipped(wrapped, 1)},
        "changed key": {"wrapped": _flipped(wrapped, 13)},
        "changed tag": {"wrapped": _flipped(wrapped, 60)},
        "another person": {"subject": OLA.hex()},
        "another class": {"retention_class": "marketing"},
        "another epoch": {"epoch": 4},
        "another tenant": {"tenant": "sector"},
        "another key id": {"kid": another["kid"]},
        "wrapped key of another row": {"wrapped": another["wrapped"]},
        "rightly wrapped, but the secret is not of the key id": _wrapped_for_another_kid(row, another),
    }
    columns = ("tenant", "epoch", "subject", "retention_class", "kid", "wrapped")
    library = key_row("the library's own", LIBRARY, "library")
    return {
        "format": "sp1 keys",
        "tenant_key": TENANT_KEY.hex(),
        "unwrap": [row, last, library],
        "refuse": [
            {"name": name, "error": "decryption"} | {column: row[column] for column in columns} | changes
            for name, changes in wrong.items()
        ],
        "derive": [derivation(each) for each in (row, last, library)],
        "index": [index_key(*each) for each in INDEXES],
        "epochs": [
            {"key_name": name, "key": TENANT_KEY.hex(), "check": check_of(name)}
            for name in (NAME, f"{TENANT}/index/1/00112233445566ff")
        ],
        "keyring": keyrings(),
        "keyring_refuse": keyring_refusals(),
        "library": [
            {"name": use, "secret": library["secret"], "derived": library_secret(bytes.fromhex(library["secret"]), use)}
            for use in ("index", "tombstone", "scopes", "tasks")
        ],
    }


INDEXES: Final = (
    ("crm.customer", "national_id", "uniq", "digits-1", 1),
    ("crm.customer", "national_id", "eq", "digits-1", 1),
    ("crm.customer", "national_id", "uniq", "exact-1", 1),
    ("crm.customer", "national_id", "uniq", "digits-1", 2),
    ("crm.contact", "national_id", "uniq", "digits-1", 1),
    ("crm.customer", "telephone", "uniq", "digits-1", 1),
)


def derivation(row: Mapping[str, Any]) -> dict[str, Any]:
    secret = bytes.fromhex(row["secret"])
    labels = {"cell": "sp1/cell/F9", "stream": "sp1/stream"}
    found = {name: derived(secret, label)[:32].hex() for name, label in labels.items()}
    return {"name": row["name"], "secret": row["secret"], "kid": row["kid"], **found}


def index_key(model: str, field: str, kind: str, normaliser: str, epoch: int) -> dict[str, Any]:
    parts = [part.encode() for part in (model, field, kind, normaliser)]
    info = b"sp1/index" + b"".join(map(prefixed, parts)) + epoch.to_bytes(4, "big")
    extracted = hmac.digest(bytes(32), INDEX_KEY, "sha256")
    return {
        "name": f"{model}.{field}, {kind}, {normaliser}, epoch {epoch}",
        "key": INDEX_KEY.hex(),
        "model": model,
        "field": field,
        "kind": kind,
        "normaliser": normaliser,
        "epoch": epoch,
        "derived": hmac.digest(extracted, info + b"\x01", "sha256").hex(),
    }


def library_secret(secret: bytes, use: str) -> str:
    return hmac.digest(derived(secret, "sp1/stream")[:32], f"sp1/library/{use}".encode(), "sha256").hex()


def _flipped(data: bytes, at: int) -> str:
    return (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]).hex()


def _wrapped_for_another_kid(row: Mapping[str, Any], another: Mapping[str, Any]) -> dict[str, Any]:
    bound = bytes.fromhex(row["associated_data"]).replace(bytes.fromhex(row["kid"]), bytes.fromhex(another["kid"]))
    nonce = pretended(12, "wrap", "another key id")
    wrapped = AESGCM(TENANT_KEY).encrypt(nonce, bytes.fromhex(row["secret"]), bound)
    return {"kid": another["kid"], "wrapped": (b"\x01" + nonce + wrapped).hex()}


def keyring(lock: Mapping[str, Any], locked_by: bytes, keys: Mapping[str, bytes], *, label: str = "sp1/keyring") -> str:
    """The file of a local keyring."""
    spelled = json.dumps(lock, separators=(",", ":"))
    bound = b"\x00".join((label.encode(), b"sectorprivacy-keyring/1", spelled.encode()))
    content = json.dumps({"keys": {name: _base64(key) for name, key in keys.items()}}, separators=(",", ":"))
    nonce = pretended(12, "keyring", spelled)
    cipher = AESGCM(derived(locked_by, "sp1/keyring")[:32])
    members = {"format": "sectorprivacy-keyring/1", "lock": lock, "nonce": _base64(nonce)}
    sealed = cipher.encrypt(nonce, content.encode(), bound)
    return json.dumps(members | {"sealed": _base64(sealed)}, indent=2) + "\n"


OBJECT: Final = pretended(32, "key object")
NAME: Final = f"{TENANT}/wrap/3/9f2c4e0a1b2c3d4e"


def check_of(name: str) -> str:
    """What an epoch commits to its tenant key with."""
    return hmac.digest(TENANT_KEY, b"sp1/epoch\x00" + name.encode(), "sha256")[:16].hex()


def wrapped_by_object(name: str, secret: bytes = TENANT_KEY) -> bytes:
    """A tenant key as the local keyring wraps it."""
    nonce = pretended(12, "key object", name)
    return b"\x01" + nonce + AESGCM(OBJECT).encrypt(nonce, secret, b"sp1/keyring/wrap\x00" + name.encode())


def keyrings() -> list[dict[str, Any]]:
    secret, passphrase = pretended(32, "keyring"), "correct horse battery staple"
    lock = {"kind": "passphrase", "salt": _base64(pretended(16, "salt")), "log2_n": 14}
    stretched = hashlib.scrypt(
        passphrase.encode(), salt=pretended(16, "salt"), n=2**14, r=8, p=1, maxmem=2**26, dklen=32
    )
    objects = {NAME: OBJECT, f"{TENANT}/index/1/00112233445566ff": pretended(32, "another object")}
    common = {"key_name": NAME, "wrapped": wrapped_by_object(NAME).hex(), "unwrapped": TENANT_KEY.hex()}
    return [
        {"name": "locked by a key", "key": secret.hex(), "file": keyring({"kind": "key"}, secret, objects)} | common,
        {"name": "locked by a passphrase", "passphrase": passphrase, "file": keyring(lock, stretched, objects)}
        | common,
    ]


def keyring_refusals() -> list[dict[str, Any]]:
    """What a keyring does not open, and what an object of it does not unwrap."""
    opens = keyrings()[0]
    members = json.loads(opens["file"])
    wrapped = bytes.fromhex(opens["wrapped"])
    other = f"{TENANT}/index/1/00112233445566ff"
    secret = bytes.fromhex(opens["key"])
    files = {
        "another key": {"key": bytes(32).hex()},
        "changed content": {
            "file": _members(members, sealed=_base64(base64.b64decode(members["sealed"])[:-1] + b"\x00"))
        },
        "changed nonce": {"file": _members(members, nonce=_base64(bytes(12)))},
        "nonce of 13 bytes": {"file": _members(members, nonce=_base64(bytes(13)))},
        "another format": {"file": _members(members, format="sectorprivacy-keyring/2")},
        "a member that nobody knows": {"file": _members(members, note="")},
        "no lock": {"file": json.dumps({name: each for name, each in members.items() if name != "lock"})},
        "a lock that nobody knows": {"file": _members(members, lock={"kind": "none"})},
        "not JSON": {"file": "keys"},
        "key object of 31 bytes": {"file": keyring({"kind": "key"}, secret, {NAME: OBJECT[:-1]})},
        "sealed with another label": {"file": keyring({"kind": "key"}, secret, {NAME: OBJECT}, label="sp1/keyring/2")},
    }
    keys = {
        "nothing": {"wrapped": ""},
        "another suite": {"wrapped": "02" + opens["wrapped"][2:]},
        "cut": {"wrapped": wrapped[:-1].hex()},
        "longer": {"wrapped": (wrapped + b"\x00").hex()},
        "changed": {"wrapped": _flipped(wrapped, 20)},
        "wrapped for another name": {"wrapped": wrapped_by_object(other).hex()},
        "name of another use": {"key_name": other},
        "name that has no object": {"key_name": f"{TENANT}/wrap/3/9f2c4e0a1b2c3d4f"},
    }
    return [
        {"error": error} | opens | {"name": name} | changes
        for error, cases in (("keyring", files), ("decryption", keys))
        for name, changes in cases.items()
    ]


def _members(members: Mapping[str, Any], **changes: Any) -> str:
    return json.dumps({**members, **changes})


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
