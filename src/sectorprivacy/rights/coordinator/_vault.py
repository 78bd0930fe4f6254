"""The keys of cases: what a case holds is sealed under a key of its own, and unreadable once that key is destroyed.

AES-256-GCM with a random nonce of 96 bits before each ciphertext. The associated data names what is sealed, so a page
does not open in another place or another case. A case key wraps under the coordinator's key in the same way.
"""

from __future__ import annotations

import secrets
from typing import Self
from uuid import UUID

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.errors import DecryptionError, KeyringError

WRAP_LABEL = b"sectorprivacy/1/case-key"
SEAL_LABEL = b"sectorprivacy/1/case"

_KEY_BYTES = 32
_NONCE_BYTES = 12


@frozen
class CaseKey:
    """The key of one case."""

    case: UUID
    _secret: bytes = field(repr=False)

    def seal(self, place: str, value: bytes) -> bytes:
        """Seal a value of the case for one place in it."""
        return _seal(self._secret, value, SEAL_LABEL + self.case.bytes + place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        """Open what was sealed for that place.

        Raises:
            DecryptionError: It was not, or not under this key.
        """
        return _open(self._secret, sealed, SEAL_LABEL + self.case.bytes + place.encode())


@frozen
class CaseVault:
    """Makes, wraps and unwraps case keys.

    Args:
        secret: 32 bytes from the company's key store; whoever has it and the case database can read open cases.

    Raises:
        KeyringError: It is not 32 bytes.
    """

    _secret: bytes = field(repr=False)

    def __attrs_post_init__(self) -> None:
        if len(self._secret) != _KEY_BYTES:
            raise KeyringError(problem="the key of the cases is not 32 bytes", instead="Take 32 random bytes")

    @classmethod
    def generate(cls) -> Self:
        """A vault with a new key; what it seals can be read by this object only."""
        return cls(secrets.token_bytes(_KEY_BYTES))

    def new_key(self, case: UUID) -> tuple[CaseKey, bytes]:
        """A new key for a case, and its wrapped form."""
        secret = secrets.token_bytes(_KEY_BYTES)
        return CaseKey(case, secret), _seal(self._secret, secret, WRAP_LABEL + case.bytes)

    def unwrap(self, case: UUID, wrapped: bytes) -> CaseKey:
        """The key of a case.

        Raises:
            DecryptionError: It was wrapped by another vault or for another case.
        """
        return CaseKey(case, _open(self._secret, wrapped, WRAP_LABEL + case.bytes))


def _seal(secret: bytes, value: bytes, associated: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, value, associated)


def _open(secret: bytes, sealed: bytes, associated: bytes) -> bytes:
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(secret).decrypt(nonce, ciphertext, associated)
    except (InvalidTag, ValueError):
        raise DecryptionError from None
