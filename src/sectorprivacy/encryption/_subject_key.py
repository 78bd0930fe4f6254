"""The key of one person and one retention class, behind a handle, and how it is wrapped under a tenant key."""

from __future__ import annotations

import hmac
import os
import secrets
from typing import Final, NoReturn

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption._place import names, prefixed
from sectorprivacy.errors import DecryptionError
from sectorprivacy.vocabulary import SubjectRef

LABEL_CELL: Final = b"sp1/cell/F9"
LABEL_STREAM: Final = b"sp1/stream"
LABEL_KID: Final = b"sp1/kid"
LABEL_WRAP: Final = b"sp1/wrap"
WRAP_SUITE: Final = b"\x01"
WRAPPED_LENGTH: Final = 1 + 12 + 32 + 16


@frozen(kw_only=True, eq=False)
class SubjectKey:
    """What seals and opens the values of one person in one retention class; it never shows its secret.

    Args:
        tenant: Whose person it is.
        subject: The person.
        retention_class: The class of keys; another class of the same person has another key.
        kid: 16 bytes that name the key in every cell, and commit to it.
        cell_cipher: AES-256-GCM under the derived cell key.
        stream_key: The derived key of streams.
    """

    tenant: str
    subject: SubjectRef
    retention_class: str
    kid: bytes
    cell_cipher: AESGCM = field(repr=False)
    stream_key: bytes = field(repr=False)

    @classmethod
    def derive(cls, secret: bytes, *, tenant: str, subject: SubjectRef, retention_class: str) -> SubjectKey:
        """The handle over a 32-byte secret."""
        return cls(
            tenant=tenant,
            subject=subject,
            retention_class=retention_class,
            kid=_derived(secret, LABEL_KID)[:16],
            cell_cipher=AESGCM(_derived(secret, LABEL_CELL)[:32]),
            stream_key=_derived(secret, LABEL_STREAM)[:32],
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("a SubjectKey is never pickled or copied: it holds a secret")


class TenantKey:
    """The key of one tenant and epoch, which wraps subject keys and never shows itself.

    Args:
        tenant: Stable id of the controller.
        epoch: Number of the key, from 1.
        secret: 32 bytes.
    """

    __slots__ = ("_cipher", "epoch", "tenant")

    def __init__(self, tenant: str, epoch: int, secret: bytes) -> None:
        self.tenant = tenant
        self.epoch = epoch
        self._cipher = AESGCM(secret)

    def mint(self, subject: SubjectRef, retention_class: str) -> tuple[SubjectKey, bytes]:
        """A new key of the person, and the same wrapped, for its row."""
        secret = secrets.token_bytes(32)
        key = SubjectKey.derive(secret, tenant=self.tenant, subject=subject, retention_class=retention_class)
        nonce = os.urandom(12)
        return key, WRAP_SUITE + nonce + self._cipher.encrypt(nonce, secret, self._binding(key))

    def unwrap(self, wrapped: bytes, *, kid: bytes, subject: SubjectRef, retention_class: str) -> SubjectKey:
        """The key of a row, once what it unwraps to has the key id of the row.

        Raises:
            DecryptionError: It was not wrapped under this key for this very row.
        """
        if len(wrapped) != WRAPPED_LENGTH or wrapped[:1] != WRAP_SUITE:
            raise DecryptionError
        binding = _binding(self.tenant, subject, retention_class, kid, self.epoch)
        try:
            secret = self._cipher.decrypt(wrapped[1:13], wrapped[13:], binding)
        except InvalidTag:
            raise DecryptionError from None
        key = SubjectKey.derive(secret, tenant=self.tenant, subject=subject, retention_class=retention_class)
        if not hmac.compare_digest(key.kid, kid):
            raise DecryptionError
        return key

    def _binding(self, key: SubjectKey) -> bytes:
        return _binding(self.tenant, key.subject, key.retention_class, key.kid, self.epoch)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a TenantKey is never pickled or copied: it holds a secret")

    def __repr__(self) -> str:
        return f"TenantKey({self.tenant!r}, epoch={self.epoch})"


def _derived(secret: bytes, label: bytes) -> bytes:
    return hmac.digest(secret, label, "sha512")


def _binding(tenant: str, subject: SubjectRef, retention_class: str, kid: bytes, epoch: int) -> bytes:
    return b"".join(
        (LABEL_WRAP, names(tenant), prefixed(subject.raw), names(retention_class), kid, epoch.to_bytes(4, "big"))
    )
