"""What is fuzzed: every parser that reads bytes somebody else may have written. Only errors of the library may escape.

A target takes any bytes. It returns where they were refused with a PrivacyError, or where they were read and what was
read is what it should be; anything else is a finding.
"""

from __future__ import annotations

import base64
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption import (
    BlindIndex,
    Codec,
    FileShreddings,
    KeyName,
    KeyUse,
    LocalKeyring,
    Normaliser,
    Place,
    SubjectKey,
    TenantIndexKey,
    TenantKey,
    from_text,
    open_stream,
    seal,
    to_text,
    unseal,
)
from sectorprivacy.encryption._json import read_json, write_json
from sectorprivacy.encryption._shreddings import Checkpoint
from sectorprivacy.errors import PrivacyError, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey, SubjectRef
from tests.encryption.key_vectors import keyring
from tests.encryption.specified import derived

VECTORS: Final = Path(__file__).parents[2] / "docs" / "spec" / "vectors"
KARI: Final = SubjectRef(bytes(range(0xA0, 0xB0)))
KEY: Final = SubjectKey.derive(bytes(range(32)), tenant="sector-alarm", subject=KARI, retention_class="contract")
TENANT_KEY: Final = TenantKey("sector-alarm", 3, bytes(range(0x40, 0x60)))
INDEX_KEY: Final = TenantIndexKey(1, bytes(32))
NONCE: Final = bytes(12)
FOLDER: Final = Path(tempfile.gettempdir())


def place(codec: Codec) -> Place:
    return Place(
        tenant="sector-alarm",
        model="crm.customer",
        field="national_id",
        subject=KARI,
        record=RecordKey.of(7),
        codec=codec,
        retention_class="contract",
    )


PLACES: Final = tuple(place(codec) for codec in Codec)


class Finding(Exception):  # what a fuzzer reports, which is no error of the library
    """Something was read that should have been refused, or was read as something else."""


def cell(data: bytes) -> None:
    """Bytes of a sealed column, at each place that may declare it; then the same bytes with the head of a real cell."""
    for at in PLACES:
        for found in (data, bytes([0xF9, at.codec]) + KEY.kid + data):
            _refused_or(lambda found=found, at=at: unseal(KEY, at, found))


def text(data: bytes) -> None:
    """Text of a sealed column: one spelling of a cell, and no other."""
    for spelled in (data.decode("utf-8", "surrogateescape"), "sp1." + _base64(data)):
        found = _refused_or(lambda spelled=spelled: from_text(spelled))
        if found is not None and to_text(found) != spelled:
            raise Finding("a cell in another spelling")


def codec(data: bytes) -> None:
    """What was rightly sealed, by who has the key: the reader of each codec, with and without padding."""
    if not data:
        return
    second = data[0] & 0x87
    at = PLACES[second & 7]
    body = KEY.cell_cipher.encrypt(NONCE, data[1:], at.associated_data(second))
    found = _refused_or(lambda: unseal(KEY, at, bytes([0xF9, second]) + KEY.kid + NONCE + body))
    # NaN and None are no values of any codec but JSON, where None is one.
    if found is not None and unseal(KEY, at, seal(KEY, at, found)) != found:
        raise Finding("a value that does not come back")


def json_value(data: bytes) -> None:
    """JSON in a sealed value: what is accepted is written and read again as the same."""
    try:
        found = read_json(data)
    except (ValueError, OverflowError):
        return
    if read_json(write_json(found)) != found:
        raise Finding("JSON that does not come back")
    if json.loads(data) != found:
        raise Finding("JSON that another reader reads otherwise")


def stream(data: bytes) -> None:
    """A sealed stream, alone and behind a real head."""
    for found in (data, b"SPS1" + KEY.kid + data):
        _refused_or(lambda found=found: list(open_stream(KEY, PLACES[Codec.BYTES], io.BytesIO(found))))


def wrapped(data: bytes) -> None:
    """A wrapped key, as a key store or a provider gives it back."""
    _refused_or(lambda: TENANT_KEY.unwrap(data, kid=KEY.kid, subject=KARI, retention_class="contract"))
    name = KeyName("sector-alarm", KeyUse.WRAP, 1, "0" * 16)
    _refused_or(lambda: KEYRING.unwrap(name, data))


def keyring_file(data: bytes) -> None:
    """The file of a local keyring: any bytes, and any content that is sealed under the right key."""
    contents = [data, _sealed_keyring(data)]
    path = FOLDER / f"sectorprivacy-fuzz-{os.getpid()}"
    for content in contents:
        path.touch(mode=0o600)
        path.write_bytes(content)
        try:
            _refused_or(lambda: LocalKeyring.open(path, SECRET))
        finally:
            path.unlink()


def token(data: bytes) -> None:
    """A value that is searched: every normaliser refuses it or makes a token, and spells it once and for all."""
    value = data.decode("utf-8", "surrogateescape")
    for normaliser in Normaliser:
        index = BlindIndex(normaliser, distinct=1_000_000, unique=True)
        try:
            made = index.token(INDEX_KEY, "crm.customer", "email", Codec.STR, value)
        except ValueNotSealable:
            if index.same(Codec.STR, value, value):
                raise Finding("a refused value that equals itself") from None
            continue
        if len(made) != index.size or not index.same(Codec.STR, value, value):
            raise Finding("a token of another size, or a value unequal to itself")


def shreddings(data: bytes) -> None:
    """The file of shreddings and the checkpoint that an administrator types in."""
    _refused_or(lambda: Checkpoint.read(data.decode("utf-8", "replace")))
    path = FOLDER / f"sectorprivacy-fuzz-{os.getpid()}"
    path.write_bytes(data)
    try:
        _refused_or(lambda: FileShreddings(path).checkpoint())
        _refused_or(lambda: FileShreddings(path).since(Checkpoint.read("0:" + "0" * 64)))
    finally:
        path.unlink()


SECRET: Final = bytes(range(32))
KEYRING: Final = LocalKeyring.in_memory()
KEYRING.wrap(KeyName("sector-alarm", KeyUse.WRAP, 1, "0" * 16), bytes(32))

TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "cell": cell,
    "text": text,
    "codec": codec,
    "json": json_value,
    "stream": stream,
    "wrapped": wrapped,
    "keyring": keyring_file,
    "token": token,
    "shreddings": shreddings,
}


def seeds(name: str) -> Iterator[bytes]:
    """Where a fuzzer starts: what the vectors of the specification hold for a target."""
    yield b""
    values = _vectors("sealed-value.json")
    if name in {"cell", "text"}:
        for vector in (*values["open"], *values["refuse"]):
            yield (
                bytes.fromhex(vector["cell"])
                if name == "cell" and "cell" in vector
                else vector.get("text", "").encode()
            )
    elif name in {"codec", "json", "token"}:
        for vector in values["open"]:
            head = b"" if name != "codec" else bytes([vector["place"]["codec"]])
            yield head + bytes.fromhex(vector["value"])
    elif name == "stream":
        yield from (base64.b64decode(vector["stream"]) for vector in _vectors("sealed-stream.json")["open"])
    elif name == "wrapped":
        yield from (bytes.fromhex(vector["wrapped"]) for vector in _vectors("keys.json")["unwrap"])
    elif name == "shreddings":
        yield from _listed()
    elif name == "keyring":
        yield from (vector["file"].encode() for vector in _vectors("keys.json")["keyring"])
        yield json.dumps({"keys": {"sector-alarm/wrap/1/0000000000000000": _base64(bytes(32))}}).encode()


def _listed() -> tuple[bytes, bytes]:
    """A list of shreddings as it is written, and its checkpoint."""
    path = FOLDER / f"sectorprivacy-fuzz-{os.getpid()}"
    try:
        FileShreddings.create(path).note("acme", [bytes(16), bytes(range(16))], at=datetime(2026, 1, 2, tzinfo=UTC))
        return path.read_bytes(), str(FileShreddings(path).checkpoint()).encode()
    finally:
        path.unlink()


def _vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def _refused_or(read: Callable[[], Any]) -> Any:
    """What was read; None where it was refused as it should be."""
    try:
        return read()
    except PrivacyError:
        return None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _sealed_keyring(content: bytes) -> bytes:
    """A keyring file with any content under the right key."""
    cipher = AESGCM(derived(SECRET, "sp1/keyring")[:32])
    sealed = cipher.encrypt(NONCE, content, b'sp1/keyring\x00sectorprivacy-keyring/1\x00{"kind":"key"}')
    members = json.loads(keyring({"kind": "key"}, SECRET, {}))
    return json.dumps(members | {"nonce": _base64(NONCE), "sealed": _base64(sealed)}).encode()
