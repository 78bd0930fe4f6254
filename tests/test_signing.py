"""Signatures: keys behind handles, and envelopes that have one spelling and one meaning."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sectorprivacy.errors import KeyringError, SignatureInvalid
from sectorprivacy.signing import ENVELOPE_LIMIT, Envelope, Signer, Verifier

TYPE = "application/vnd.sectorprivacy.receipt.v1+json"


@pytest.fixture
def signer() -> Signer:
    return Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture
def envelope(signer: Signer) -> Envelope:
    return Envelope.sign(TYPE, b'{"done":true}', signer)


def test_what_is_signed_verifies_with_that_key_alone(signer: Signer) -> None:
    """A signature stands for one key and one byte string."""
    signature = signer.sign(b"data")
    signer.verifier.verify(signature, b"data")
    for wrong_signature, data, verifier in (
        (signature, b"date", signer.verifier),
        (signature[:-1] + bytes([signature[-1] ^ 1]), b"data", signer.verifier),
        (b"", b"data", signer.verifier),
        (signature, b"data", Signer.generate().verifier),
    ):
        with pytest.raises(SignatureInvalid):
            verifier.verify(wrong_signature, data)


def test_the_key_id_is_the_start_of_the_key_s_digest(signer: Signer) -> None:
    """Anybody who has the public key can compute it."""
    assert signer.key_id == hashlib.sha256(signer.verifier.raw).hexdigest()[:16]
    assert Verifier(signer.verifier.raw) == signer.verifier
    assert len({Verifier(signer.verifier.raw), signer.verifier}) == 1


def test_keys_are_kept_in_files(tmp_path: Path, signer: Signer) -> None:
    """The private half is for its owner alone and never written over; the public half is for everybody."""
    private, public = tmp_path / "key.pem", tmp_path / "public.pem"
    signer.save(private)
    signer.verifier.save(public)
    assert private.stat().st_mode & 0o777 == 0o600
    assert Signer.load(private).key_id == Verifier.load(public).key_id == signer.key_id
    with pytest.raises(KeyringError):
        Signer.generate().save(private)
    private.chmod(0o644)
    with pytest.raises(KeyringError, match="0600"):
        Signer.load(private)


def test_files_with_something_else_are_refused(tmp_path: Path, signer: Signer) -> None:
    """Another kind of key, the other half, or no key at all: a typed error that says what is wanted."""
    other = ec.generate_private_key(ec.SECP256R1())
    contents = {
        "nothing.pem": b"",
        "curve.pem": other.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        "public-curve.pem": other.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o600)
        for load in (Signer.load, Verifier.load):
            with pytest.raises(KeyringError):
                load(path)
    with pytest.raises(KeyringError):
        Verifier.load(tmp_path / "absent.pem")
    signer.save(tmp_path / "key.pem")
    with pytest.raises(KeyringError):
        Verifier.load(tmp_path / "key.pem")


def test_a_private_key_never_shows_itself(signer: Signer) -> None:
    """No representation, pickle or copy carries it."""
    assert repr(signer) == f"Signer({signer.key_id})"
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copying(signer)


def test_an_envelope_gives_its_payload_once_it_verified(envelope: Envelope, signer: Signer) -> None:
    """Over the wire and back, with the pinned key and the expected type."""
    again = Envelope.from_json(envelope.to_json())
    assert again == envelope
    assert again.verify(signer.verifier, TYPE) == b'{"done":true}'
    assert "done" not in repr(again)


def test_an_envelope_of_another_type_or_key_is_refused(envelope: Envelope, signer: Signer) -> None:
    """A receipt is never taken for a package, even by the same key; the key id in it decides nothing."""
    stranger = Signer.generate()
    forged = Envelope.from_json(envelope.to_json().replace(signer.key_id.encode(), stranger.key_id.encode()))
    renamed = Envelope.from_json(envelope.to_json().replace(b"receipt", b"package"))
    for each, verifier, payload_type in (
        (envelope, signer.verifier, "application/json"),
        (envelope, stranger.verifier, TYPE),
        (forged, stranger.verifier, TYPE),
        (forged, signer.verifier, TYPE),
        (renamed, signer.verifier, renamed.payload_type),
    ):
        with pytest.raises(SignatureInvalid):
            each.verify(verifier, payload_type)


def test_the_signed_bytes_are_those_of_dsse(envelope: Envelope, signer: Signer) -> None:
    """Any tool that knows DSSE can verify: type and payload with their lengths, in bytes."""
    (signature,) = envelope.signatures
    expected = f'DSSEv1 {len(TYPE)} {TYPE} 13 {{"done":true}}'.encode()
    signer.verifier.verify(signature.signature, expected)


def test_countersigning_adds_a_signature(envelope: Envelope, signer: Signer) -> None:
    """The coordinator confirms a service's receipt without touching it; both signatures verify."""
    second = Signer.generate()
    both = Envelope.from_json(envelope.countersign(second).to_json())
    assert [each.key_id for each in both.signatures] == [signer.key_id, second.key_id]
    assert both.verify(signer.verifier, TYPE) == both.verify(second.verifier, TYPE)
    assert len(both.countersign(second).signatures) == 2


def test_every_flipped_bit_of_an_envelope_is_refused(envelope: Envelope, signer: Signer) -> None:
    """One content has one spelling: nothing in it can change unnoticed."""
    content = envelope.to_json()
    for bit in range(len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureInvalid):
            Envelope.from_json(bytes(changed)).verify(signer.verifier, TYPE)


def spelled(envelope: Envelope, **changes: Any) -> bytes:
    return json.dumps(json.loads(envelope.to_json()) | changes, sort_keys=True, separators=(",", ":")).encode()


def test_other_forms_are_refused(envelope: Envelope) -> None:
    """Strict parsing with limits: closed members, no duplicates, one base64, one to 16 signatures by different keys."""
    signature = json.loads(envelope.to_json())["signatures"][0]
    many = [{"keyid": f"{number:016x}", "sig": signature["sig"]} for number in range(17)]
    content = envelope.to_json()
    for wrong in (
        b"",
        b"null",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        content + b"\n",
        content.replace(b'"payload"', b' "payload"'),
        content.replace(b"{", b'{"payload":"",', 1),
        spelled(envelope, more=1),
        spelled(envelope, signatures=[]),
        spelled(envelope, signatures=many),
        spelled(envelope, signatures=[signature, signature]),
        spelled(envelope, signatures=[signature | {"keyid": "XYZ"}]),
        spelled(envelope, signatures=[signature | {"keyid": 7}]),
        spelled(envelope, signatures=[signature | {"more": 1}]),
        spelled(envelope, signatures={"keyid": "a"}),
        spelled(envelope, payloadType="Text/Plain"),
        spelled(envelope, payloadType=None),
        spelled(envelope, payload=base64.urlsafe_b64encode(b"\xff\xff\xff").decode()),
        spelled(envelope, payload="eyJkb25lIjp0cnVlfR=="),
        b'{"payload":"' + b"A" * ENVELOPE_LIMIT + b'"}',
    ):
        with pytest.raises(SignatureInvalid):
            Envelope.from_json(wrong)
