"""The vectors of docs/spec: read by the library, and by an independent decoder under Node."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sectorprivacy.encryption import Codec, Place, SubjectKey, TenantKey, from_text, open_stream, unseal
from sectorprivacy.encryption._codecs import WRITERS
from sectorprivacy.errors import DecryptionError, NotSealed, SignatureInvalid
from sectorprivacy.signing import Envelope, Verifier
from sectorprivacy.vocabulary import RecordKey, SubjectRef

DECODER = Path(__file__).parent / "decoder.mjs"
ERRORS = {"not_sealed": NotSealed, "decryption": DecryptionError}


def load(root: Path, name: str) -> Any:
    return json.loads((root / "docs" / "spec" / "vectors" / name).read_text())


def key_of(facts: Mapping[str, str]) -> SubjectKey:
    return SubjectKey.derive(
        bytes.fromhex(facts["secret"]),
        tenant=facts["tenant"],
        subject=SubjectRef.parse(facts["subject"]),
        retention_class=facts["retention_class"],
    )


def place_of(facts: Mapping[str, Any]) -> Place:
    return Place(
        tenant=facts["tenant"],
        model=facts["model"],
        field=facts["field"],
        subject=SubjectRef.parse(facts["subject"]),
        record=None if facts["record"] is None else RecordKey.from_json(facts["record"]),
        codec=Codec(facts["codec"]),
        retention_class="contract",
        version=None if facts["version"] is None else int(facts["version"]),
    )


def cell_of(vector: Mapping[str, str]) -> bytes:
    return from_text(vector["text"]) if "text" in vector else bytes.fromhex(vector["cell"])


def test_derived_keys_are_those_of_the_vectors(root: Path) -> None:
    """A key derived elsewhere from the same secret is the same key."""
    facts = load(root, "sealed-value.json")["key"]
    key = key_of(facts)
    assert (key.kid.hex(), key.stream_key.hex()) == (facts["kid"], facts["stream"])


def test_cells_of_the_vectors_open(root: Path) -> None:
    """Every positive vector opens, as bytes and as text, and its value is written as it was."""
    content = load(root, "sealed-value.json")
    key = key_of(content["key"])
    for vector in content["open"]:
        place, cell = place_of(vector["place"]), bytes.fromhex(vector["cell"])
        assert from_text(vector["text"]) == cell
        assert place.associated_data(cell[1]).hex() == vector["associated_data"]
        value = unseal(key, place, cell)
        if "white space" not in vector["name"]:
            assert WRITERS[place.codec](value).hex() == vector["value"], vector["name"]


def test_cells_that_the_vectors_refuse_do_not_open(root: Path) -> None:
    """Every negative vector is refused with the error it names, and nothing else escapes."""
    content = load(root, "sealed-value.json")
    key = key_of(content["key"])
    for vector in content["refuse"]:
        with pytest.raises(DecryptionError) as refused:
            unseal(key, place_of(vector["place"]), cell_of(vector))
        assert type(refused.value) is ERRORS[vector["error"]], vector["name"]


def test_streams_of_the_vectors(root: Path) -> None:
    """Streams open at every edge of a chunk, and the negative ones are refused with the error they name."""
    content = load(root, "sealed-stream.json")
    key = key_of(content["key"])
    for vector in content["open"]:
        stream = io.BytesIO(base64.b64decode(vector["stream"]))
        value = b"".join(open_stream(key, place_of(vector["place"]), stream))
        assert (len(value), hashlib.sha256(value).hexdigest()) == (vector["length"], vector["sha256"])
    for vector in content["refuse"]:
        with pytest.raises(DecryptionError) as refused:
            list(open_stream(key, place_of(vector["place"]), io.BytesIO(base64.b64decode(vector["stream"]))))
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
        with pytest.raises(DecryptionError):
            unwrapped(row)


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


@pytest.mark.needs("node")
def test_an_independent_decoder_agrees(root: Path, program: Mapping[str, Path]) -> None:
    """Another language, with WebCrypto and the specification alone, opens and refuses the same vectors."""
    folder = root / "docs" / "spec" / "vectors"
    run = subprocess.run([program["node"], DECODER, folder], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    answers = json.loads(run.stdout)
    for name, expected in (("sealed-value.json", "open"), ("keys.json", "unwrap"), ("signed-envelope.json", "verify")):
        for vector, answer in zip(load(root, name)[expected], answers[name][expected], strict=True):
            assert answer.get("error") is None, (name, answer)
            assert answer["value"] == vector.get("value", vector.get("secret", vector.get("payload")))
            if "associated_data" in vector:
                assert answer["bound"] == vector["associated_data"]
    for vector, answer in zip(
        load(root, "sealed-stream.json")["open"], answers["sealed-stream.json"]["open"], strict=True
    ):
        assert hashlib.sha256(bytes.fromhex(answer["value"])).hexdigest() == vector["sha256"]
    for name in answers:
        for vector, answer in zip(load(root, name)["refuse"], answers[name]["refuse"], strict=True):
            assert answer.get("error", "opened") == vector.get("error", answer.get("error")), (name, vector["name"])
            assert "error" in answer, (name, vector["name"])
