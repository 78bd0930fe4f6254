"""The vectors of docs/spec: read by the library, and by an independent decoder under Node."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sectorprivacy.encryption import (
    Codec,
    Epoch,
    KeyName,
    KeyRow,
    Keys,
    KeyStatus,
    KeyUse,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    SubjectKey,
    TenantIndexKey,
    TenantKey,
    from_text,
    open_stream,
)
from sectorprivacy.encryption._codecs import READERS, WRITERS
from sectorprivacy.errors import (
    DecryptionError,
    EncryptionError,
    KeyErased,
    KeyringError,
    KeyUnavailable,
    NotSealed,
    SignatureInvalid,
)
from sectorprivacy.signing import Envelope, Verifier
from sectorprivacy.vocabulary import RecordKey, SubjectRef
from tests.encryption import make_vectors

DECODER = Path(__file__).parent / "decoder.mjs"
ERRORS = {
    "not_sealed": NotSealed,
    "decryption": DecryptionError,
    "key_erased": KeyErased,
    "key_unavailable": KeyUnavailable,
    "keyring": KeyringError,
}
MADE = datetime(2026, 1, 2, tzinfo=UTC)
EPOCH = 3


def load(root: Path, name: str) -> Any:
    return json.loads((root / "docs" / "spec" / "vectors" / name).read_text())


def keys_of(content: Mapping[str, Any]) -> Keys:
    """The keys of a file of vectors, over a key store with the rows it lists."""
    provider, store = LocalKeyring.in_memory(), MemoryKeyStore()
    for number in range(1, EPOCH + 1):
        name = KeyName("sector-alarm", KeyUse.WRAP, number, "0" * 16)
        wrapped = provider.wrap(name, bytes.fromhex(content["tenant_key"]))
        store.begin(Epoch.begun(name, bytes.fromhex(content["tenant_key"]), wrapped=wrapped, at=MADE))
    # An active key is inserted last: there is one for each person and class.
    for row in sorted(content["keys"], key=lambda row: row["status"] == "active"):
        insert(store, row)
    return Keys("sector-alarm", store=store, provider=provider)


def insert(store: MemoryKeyStore, row: Mapping[str, Any]) -> None:
    kid, status = bytes.fromhex(row["kid"]), KeyStatus(row["status"])
    made = KeyRow(
        tenant=row["tenant"],
        kid=kid,
        subject=SubjectRef.parse(row["subject"]),
        retention_class=row["retention_class"],
        epoch=row["epoch"],
        wrapped=bytes.fromhex(row["wrapped"] or ""),
        status=KeyStatus.ACTIVE,
        made=MADE,
    )
    store.insert([made])
    if status is not KeyStatus.ACTIVE:
        store.change(row["tenant"], [kid], before=[KeyStatus.ACTIVE], after=status)


def place_of(facts: Mapping[str, Any]) -> Place:
    return Place(
        tenant=facts["tenant"],
        model=facts["model"],
        field=facts["field"],
        subject=SubjectRef.parse(facts["subject"]),
        record=None if facts["record"] is None else RecordKey.from_json(facts["record"]),
        codec=Codec(facts["codec"]),
        retention_class=facts["retention_class"],
        version=None if facts["version"] is None else int(facts["version"]),
    )


def cell_of(vector: Mapping[str, str]) -> bytes:
    return from_text(vector["text"]) if "text" in vector else bytes.fromhex(vector["cell"])


def stream_of(vector: Mapping[str, Any], content: Mapping[str, Any]) -> io.BytesIO:
    if "stream" in vector:
        return io.BytesIO(base64.b64decode(vector["stream"]))
    whole = next(base64.b64decode(each["stream"]) for each in content["open"] if each["name"] == vector["of"])
    stream = bytearray(b"".join(whole[start:end] for start, end in vector["pieces"]))
    if vector["flip"] is not None:
        stream[vector["flip"]] ^= 1
    return io.BytesIO(bytes(stream))


def test_the_files_are_what_their_program_writes() -> None:
    """A vector is changed in the program that makes it, which knows nothing of the library, and nowhere else."""
    assert make_vectors.stale() == []


def test_cells_of_the_vectors_open(root: Path) -> None:
    """Every positive vector opens, as bytes and as text, and its value is written as it was."""
    content = load(root, "sealed-value.json")
    keys = keys_of(content)
    for vector in content["open"]:
        place, cell = place_of(vector["place"]), bytes.fromhex(vector["cell"])
        assert from_text(vector["text"]) == cell
        assert place.associated_data(cell[1]).hex() == vector["associated_data"]
        value = keys.open(place, cell)
        assert value == READERS[place.codec](bytes.fromhex(vector["value"])), vector["name"]
        if "white space" not in vector["name"]:
            assert WRITERS[place.codec](value).hex() == vector["value"], vector["name"]


def test_cells_that_the_vectors_refuse_do_not_open(root: Path) -> None:
    """Every negative vector is refused with the error it names, and nothing else escapes."""
    content = load(root, "sealed-value.json")
    for vector in content["refuse"]:
        # Each with keys of its own: many failures at once are a failure of another kind.
        keys = keys_of(content)
        with pytest.raises(DecryptionError) as refused:
            keys.open(place_of(vector["place"]), cell_of(vector))
        assert type(refused.value) is ERRORS[vector["error"]], vector["name"]


def test_streams_of_the_vectors(root: Path) -> None:
    """Streams open at every edge of a chunk, and the negative ones are refused with the error they name."""
    content = load(root, "sealed-stream.json")
    keys = keys_of(content)
    for vector in content["open"]:
        value = b"".join(open_stream(keys, place_of(vector["place"]), stream_of(vector, content)))
        assert (len(value), hashlib.sha256(value).hexdigest()) == (vector["length"], vector["sha256"])
    for vector in content["refuse"]:
        keys = keys_of(content)
        with pytest.raises(DecryptionError) as refused:
            list(open_stream(keys, place_of(vector["place"]), stream_of(vector, content)))
        assert type(refused.value) is ERRORS[vector["error"]], vector["name"]


def test_wrapped_keys_of_the_vectors(root: Path) -> None:
    """A wrapped key unwraps for its own row alone."""
    content = load(root, "keys.json")

    def unwrapped(row: Mapping[str, Any]) -> SubjectKey:
        tenant_key = TenantKey(row["tenant"], row["epoch"], bytes.fromhex(content["tenant_key"]))
        return tenant_key.unwrap(
            bytes.fromhex(row["wrapped"]),
            kid=bytes.fromhex(row["kid"]),
            subject=SubjectRef.parse(row["subject"]),
            retention_class=row["retention_class"],
        )

    for row in content["unwrap"]:
        assert unwrapped(row).kid.hex() == row["kid"]
    for row in content["refuse"]:
        with pytest.raises(DecryptionError) as refused:
            unwrapped(row)
        assert type(refused.value) is ERRORS[row["error"]], row["name"]


def test_derived_keys_are_those_of_the_vectors(root: Path) -> None:
    """A key derived elsewhere from the same secret is the same key, and so is the key of a field's index."""
    content = load(root, "keys.json")
    for facts in content["derive"]:
        key = SubjectKey.derive(
            bytes.fromhex(facts["secret"]), tenant="any", subject=SubjectRef(bytes(16)), retention_class="any"
        )
        assert (key.kid.hex(), key.stream_key.hex()) == (facts["kid"], facts["stream"])
    for facts in content["index"]:
        index_key = TenantIndexKey(facts["epoch"], bytes.fromhex(facts["key"]))
        derived = index_key.derive(facts["model"], facts["field"], facts["kind"], facts["normaliser"])
        assert derived.hex() == facts["derived"]


def unwrapped_by_keyring(vector: Mapping[str, Any], path: Path) -> bytes:
    path.touch(mode=0o600)
    path.write_text(vector["file"])
    secret = vector["passphrase"] if "passphrase" in vector else bytes.fromhex(vector["key"])
    keyring = LocalKeyring.open(path, secret)
    return keyring.unwrap(name_of(vector["key_name"]), bytes.fromhex(vector["wrapped"]))


def name_of(written: str) -> KeyName:
    tenant, use, epoch, serial = written.split("/")
    return KeyName(tenant, KeyUse(use), int(epoch), serial)


def test_epochs_of_the_vectors_commit_to_their_tenant_key(root: Path) -> None:
    """An epoch takes no other key for its own, whatever a key service answers."""
    for vector in load(root, "keys.json")["epochs"]:
        secret = bytes.fromhex(vector["key"])
        epoch = Epoch.begun(name_of(vector["key_name"]), secret, wrapped=b"", at=MADE)
        assert epoch.check.hex() == vector["check"]
        assert epoch.commits_to(secret)
        assert not epoch.commits_to(bytes(32))


def test_keyrings_of_the_vectors(root: Path, tmp_path: Path) -> None:
    """A keyring opens by its key or passphrase, and unwraps a tenant key for the name it was wrapped for."""
    content = load(root, "keys.json")
    for vector in content["keyring"]:
        assert unwrapped_by_keyring(vector, tmp_path / "keyring").hex() == vector["unwrapped"]
    for vector in content["keyring_refuse"]:
        with pytest.raises(EncryptionError) as refused:
            unwrapped_by_keyring(vector, tmp_path / "keyring")
        assert type(refused.value) is ERRORS[vector["error"]], vector["name"]


def test_envelopes_of_the_vectors(root: Path) -> None:
    """An envelope verifies with its pinned key and expected type, in its one spelling."""
    content = load(root, "signed-envelope.json")

    def verified(vector: Mapping[str, str]) -> bytes:
        verifier = Verifier(bytes.fromhex(vector["public_key"]))
        return Envelope.from_json(vector["envelope"].encode()).verify(verifier, vector["payload_type"])

    for vector in content["verify"]:
        assert verified(vector).hex() == vector["payload"]
    for vector in content["refuse"]:
        with pytest.raises(SignatureInvalid):
            verified(vector)


@pytest.fixture(scope="module")
def node_answers(root: Path, program: Mapping[str, Path]) -> Any:
    """What the decoder in another language says of every vector."""
    folder = root / "docs" / "spec" / "vectors"
    run = subprocess.run([program["node"], DECODER, folder], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.needs("node")
@pytest.mark.parametrize(
    ("name", "kind", "column"),
    [
        ("sealed-value.json", "open", "value"),
        ("keys.json", "unwrap", "secret"),
        ("blind-index.json", "keys", "key"),
        ("blind-index.json", "tokens", "token"),
        ("signed-envelope.json", "verify", "payload"),
    ],
)
def test_an_independent_decoder_opens(root: Path, node_answers: Any, name: str, kind: str, column: str) -> None:
    """Another language, with WebCrypto and the specification alone, finds the same values bound to the same places."""
    for vector, answer in zip(load(root, name)[kind], node_answers[name][kind], strict=True):
        assert answer.get("value") == vector[column], (name, vector, answer)
        assert answer.get("bound") == vector.get("associated_data")


@pytest.mark.needs("node")
def test_an_independent_decoder_opens_streams(root: Path, node_answers: Any) -> None:
    """The other language composes Cobblestone from HMAC and AES-GCM, and reads the same content."""
    for vector, answer in zip(
        load(root, "sealed-stream.json")["open"], node_answers["sealed-stream.json"]["open"], strict=True
    ):
        assert hashlib.sha256(bytes.fromhex(answer["value"])).hexdigest() == vector["sha256"]


@pytest.mark.needs("node")
def test_an_independent_decoder_derives(root: Path, node_answers: Any) -> None:
    """The other language derives the same keys from the same secrets."""
    content = load(root, "keys.json")
    found = {kind: [each["value"] for each in node_answers[kind][kind]] for kind in ("derive", "index", "library")}
    assert found == {
        "derive": [each["kid"] + each["cell"] + each["stream"] for each in content["derive"]],
        "index": [each["derived"] for each in content["index"]],
        "library": [each["derived"] for each in content["library"]],
    }


@pytest.mark.needs("node")
@pytest.mark.parametrize(
    "name", ["sealed-value.json", "sealed-stream.json", "keys.json", "blind-index.json", "signed-envelope.json"]
)
def test_an_independent_decoder_refuses(root: Path, node_answers: Any, name: str) -> None:
    """The other language refuses what the library refuses, for the reason that the vector names."""
    for vector, answer in zip(load(root, name)["refuse"], node_answers[name]["refuse"], strict=True):
        assert answer.get("error") == vector.get("error", "signature"), (name, vector["name"], answer)


@pytest.mark.needs("node")
def test_an_independent_decoder_opens_a_keyring(root: Path, node_answers: Any) -> None:
    """The other language unwraps a tenant key with a keyring that a key locks, and refuses the others."""
    content, answers = load(root, "keys.json"), node_answers["keyring"]
    opened = {answer["name"]: answer.get("value") for answer in answers["keyring"]}
    assert opened["locked by a key"] == content["keyring"][0]["unwrapped"]
    for vector, answer in zip(content["keyring_refuse"], answers["keyring_refuse"], strict=True):
        assert answer.get("error") == vector["error"], (vector["name"], answer)
