"""The key of one person and one retention class, behind a handle, and the tenant keys that wrap it and index values."""

from __future__ import annotations

import hmac
import os
import secrets
from typing import Final, NoReturn

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sectorprivacy.encryption._place import names, prefixed
from sectorprivacy.errors import DecryptionError
from sectorprivacy.vocabulary import SubjectRef

LABEL_CELL: Final = b"sp1/cell/F9"
LABEL_STREAM: Final = b"sp1/stream"
LABEL_KID: Final = b"sp1/kid"
LABEL_WRAP: Final = b"sp1/wrap"
LABEL_INDEX: Final = b"sp1/index"
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
    """

    tenant: str
    subject: SubjectRef
    retention_class: str
    kid: bytes
    cell_cipher: AESGCM = field(repr=False)
    _keyed: HMAC = field(repr=False, alias="keyed")

    @property
    def stream_key(self) -> bytes:
        """The derived key of streams."""
        return _derived(self._keyed, LABEL_STREAM)[:32]

    @classmethod
    def derive(cls, secret: bytes, *, tenant: str, subject: SubjectRef, retention_class: str) -> SubjectKey:
        """The handle over a 32-byte secret."""
        keyed = HMAC(secret, SHA512())
        return cls(
            tenant=tenant,
            subject=subject,
            retention_class=retention_class,
            kid=_derived(keyed, LABEL_KID)[:16],
            cell_cipher=AESGCM(_derived(keyed, LABEL_CELL)[:32]),
            keyed=keyed,
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
        return key, self._wrap(secret, key)

    def unwrap(self, wrapped: bytes, *, kid: bytes, subject: SubjectRef, retention_class: str) -> SubjectKey:
        """The key of a row, once what it unwraps to has the key id of the row.

        Raises:
            DecryptionError: It was not wrapped under this key for this very row.
        """
        return self._unwrapped(wrapped, kid, subject, retention_class)[0]

    def rewrap(self, wrapped: bytes, *, kid: bytes, subject: SubjectRef, retention_class: str, to: TenantKey) -> bytes:
        """The key of a row, wrapped under another tenant key. Raises: as `unwrap`."""
        key, secret = self._unwrapped(wrapped, kid, subject, retention_class)
        return to._wrap(secret, key)

    def _wrap(self, secret: bytes, key: SubjectKey) -> bytes:
        nonce = os.urandom(12)
        binding = _binding(self.tenant, key.subject, key.retention_class, key.kid, self.epoch)
        return WRAP_SUITE + nonce + self._cipher.encrypt(nonce, secret, binding)

    def _unwrapped(
        self, wrapped: bytes, kid: bytes, subject: SubjectRef, retention_class: str
    ) -> tuple[SubjectKey, bytes]:
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
        return key, secret

    def __reduce__(self) -> NoReturn:
        raise TypeError("a TenantKey is never pickled or copied: it holds a secret")

    def __repr__(self) -> str:
        return f"TenantKey({self.tenant!r}, epoch={self.epoch})"


class TenantIndexKey:
    """The key of one tenant and epoch that blind indexes are computed under; it never shows itself.

    Args:
        epoch: Number of the key, from 1.
        secret: 32 bytes.
    """

    __slots__ = ("_secret", "epoch")

    def __init__(self, epoch: int, secret: bytes) -> None:
        self.epoch = epoch
        self._secret = secret

    def derive(self, model: str, field: str, kind: str, normaliser: str) -> bytes:
        """The 32-byte key of one field's index.

        Args:
            model: Stable id of the model.
            field: Stable id of the field.
            kind: "eq", or "uniq" for an index that is unique.
            normaliser: Id of the normaliser, with its version.
        """
        info = b"".join((LABEL_INDEX, names(model, field, kind, normaliser), self.epoch.to_bytes(4, "big")))
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._secret)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a TenantIndexKey is never pickled or copied: it holds a secret")

    def __repr__(self) -> str:
        return f"TenantIndexKey(epoch={self.epoch})"


def _derived(keyed: HMAC, label: bytes) -> bytes:
    # Keying costs as much as the rest, so it is done once for all labels.
    mac = keyed.copy()
    mac.update(label)
    return mac.finalize()


def _binding(tenant: str, subject: SubjectRef, retention_class: str, kid: bytes, epoch: int) -> bytes:
    return b"".join(
        (LABEL_WRAP, names(tenant), prefixed(subject.raw), names(retention_class), kid, epoch.to_bytes(4, "big"))
    )
