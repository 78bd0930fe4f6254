"""Signatures: Ed25519 keys behind handles, and the signed envelope (DSSE) that receipts and packages travel in.

The wire format is `docs/spec/signed-envelope.md`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, NoReturn, Self

from attrs import field, frozen
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sectorprivacy.errors import KeyringError, SignatureInvalid

__all__ = ["Envelope", "EnvelopeSignature", "Signer", "Verifier"]

ENVELOPE_LIMIT = 16 * 1024 * 1024
"""Bytes of JSON that `Envelope.from_json` reads at most."""

SIGNATURE_LIMIT = 16
"""Signatures in one envelope at most."""

_PAYLOAD_TYPE = re.compile(r"[a-z0-9.+/_-]{1,200}")
_KEY_ID = re.compile(r"[0-9a-f]{16}")


class Verifier:
    """A pinned Ed25519 public key.

    Args:
        raw: The 32 bytes of the public key (RFC 8032).

    Raises:
        KeyringError: They are not a public key.
    """

    __slots__ = ("_key", "key_id")

    key_id: str
    """First 16 hexadecimal digits of the SHA-256 of the 32 bytes."""

    def __init__(self, raw: bytes) -> None:
        try:
            self._key = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            raise _not_a_key("public key") from None
        self.key_id = hashlib.sha256(raw).hexdigest()[:16]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a public key from a PEM file (SubjectPublicKeyInfo). Raises: KeyringError."""
        try:
            key = serialization.load_pem_public_key(_read(path))
        except (ValueError, UnsupportedAlgorithm):
            raise _not_a_key("public key") from None
        if not isinstance(key, Ed25519PublicKey):
            raise _not_a_key("public key")
        return cls(key.public_bytes_raw())

    def save(self, path: Path) -> None:
        """Write the key as PEM (SubjectPublicKeyInfo), for everybody to read."""
        path.write_bytes(
            self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    @property
    def raw(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._key.public_bytes_raw()

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return in silence when `signature` (64 bytes) is this key's over `data`. Raises: SignatureInvalid."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            raise SignatureInvalid from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verifier) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Verifier({self.key_id})"


class Signer:
    """An Ed25519 private key behind a handle: it signs, and never shows itself.

    Args:
        key: The key, as `cryptography` holds it.
    """

    __slots__ = ("_key", "verifier")

    verifier: Verifier
    """The public half."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verifier = Verifier(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a private key from a PEM file (PKCS #8) that its owner alone can read.

        Raises:
            KeyringError: The file is absent, open to others, or holds something else.
        """
        content = _read(path)
        if path.stat().st_mode & 0o077:
            raise KeyringError(problem="others can read the signing key", instead="Make a new key, with mode 0600")
        try:
            key = serialization.load_pem_private_key(content, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise _not_a_key("private key") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise _not_a_key("private key")
        return cls(key)

    def save(self, path: Path) -> None:
        """Write the key as PEM (PKCS #8) with mode 0600; a file that exists is refused with KeyringError."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeyringError(problem="the file of the signing key exists", instead="Load it") from None
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)

    @property
    def key_id(self) -> str:
        """The id of the public half."""
        return self.verifier.key_id

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, 64 bytes."""
        return self._key.sign(data)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Signer is never pickled or copied: it holds a private key")

    def __repr__(self) -> str:
        return f"Signer({self.key_id})"


@frozen
class EnvelopeSignature:
    """One signature of an envelope: who (a hint until verified), and the 64 bytes."""

    key_id: str
    signature: bytes = field(repr=False)


@frozen(kw_only=True)
class Envelope:
    """A payload with signatures over its type and its bytes (DSSE 1.0), so that neither can be taken for another.

    Args:
        payload_type: Media type of the payload, `[a-z0-9.+/_-]`.
        payload: The signed bytes.
        signatures: One to 16, in the order in which they were made, each by another key.
    """

    payload_type: str
    payload: bytes = field(repr=False)
    signatures: tuple[EnvelopeSignature, ...]

    @classmethod
    def sign(cls, payload_type: str, payload: bytes, *signers: Signer) -> Self:
        """The payload with a signature by each signer."""
        signed = _signed_bytes(payload_type, payload)
        signatures = tuple(EnvelopeSignature(each.key_id, each.sign(signed)) for each in signers)
        return cls(payload_type=payload_type, payload=payload, signatures=signatures)

    def countersign(self, signer: Signer) -> Self:
        """The same payload with one signature more; one by the same key is replaced."""
        mine = EnvelopeSignature(signer.key_id, signer.sign(_signed_bytes(self.payload_type, self.payload)))
        others = tuple(each for each in self.signatures if each.key_id != signer.key_id)
        return type(self)(payload_type=self.payload_type, payload=self.payload, signatures=(*others, mine))

    def verify(self, verifier: Verifier, payload_type: str) -> bytes:
        """The payload, once the signature of this very key over this very type of payload has verified.

        Args:
            verifier: The pinned key; the key id in the envelope only says which signature to try.
            payload_type: The type the caller is about to read.

        Raises:
            SignatureInvalid: The type is another one, or there is no valid signature of that key.
        """
        if self.payload_type != payload_type:
            raise SignatureInvalid
        for each in self.signatures:
            if each.key_id == verifier.key_id:
                verifier.verify(each.signature, _signed_bytes(self.payload_type, self.payload))
                return self.payload
        raise SignatureInvalid

    def to_json(self) -> bytes:
        """The one canonical spelling: members sorted, no white space."""
        facts = {
            "payload": _to_base64(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": each.key_id, "sig": _to_base64(each.signature)} for each in self.signatures],
        }
        return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `to_json` wrote; unknown or doubled members and every other spelling are refused.

        Raises:
            SignatureInvalid: It is no envelope, or larger than ENVELOPE_LIMIT.
        """
        if len(text) > ENVELOPE_LIMIT:
            raise SignatureInvalid
        try:
            envelope = cls._parse(json.loads(text))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise SignatureInvalid from None
        # One payload has one spelling, so that a digest of an envelope means something; it also shows doubled members.
        if envelope.to_json() != text:
            raise SignatureInvalid
        return envelope

    @classmethod
    def _parse(cls, facts: Any) -> Self:
        payload_type = facts["payloadType"]
        signatures = tuple(EnvelopeSignature(each["keyid"], _from_base64(each["sig"])) for each in facts["signatures"])
        key_ids = {each.key_id for each in signatures if _KEY_ID.fullmatch(each.key_id)}
        if not 1 <= len(signatures) <= SIGNATURE_LIMIT or len(key_ids) != len(signatures):
            raise SignatureInvalid
        if not _PAYLOAD_TYPE.fullmatch(payload_type):
            raise SignatureInvalid
        return cls(payload_type=payload_type, payload=_from_base64(facts["payload"]), signatures=signatures)


def _signed_bytes(payload_type: str, payload: bytes) -> bytes:
    name = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def _to_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _from_base64(text: str) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeyringError(problem="there is no key file of that name", instead="Name the file of the key") from None


def _not_a_key(sort: str) -> KeyringError:
    return KeyringError(problem=f"the file holds no Ed25519 {sort}", instead="Name the PEM file of the key")
