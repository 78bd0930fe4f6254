"""Tokens: keyed digests that stand for identifiers, so that a privacy database holds none of them."""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import ClassVar

from attrs import field, frozen

from sectorprivacy.errors import InvalidDeclaration

NORMALISER = "exact-1"
"""What was done to a value before it was turned into a token: nothing; code points are compared as they are stored."""


def token(key: bytes, label: str, tenant: str, kind: str, value: str) -> bytes:
    """HMAC-SHA-256 over label, tenant, kind and normaliser, each after its length in four bytes, and then the value.

    Args:
        key: 32 bytes.
        label: Use and version of the token, such as "sp1/subject".
        tenant: Id of the controller.
        kind: Kind of the identifier.
        value: The identifier, exactly as it is stored.

    Returns:
        32 bytes.
    """
    # A lone surrogate is no character, yet a stored text may hold one; it must name somebody else, not stop the page.
    return hmac.digest(key, _framed(label, tenant, kind, NORMALISER) + value.encode("utf-8", "surrogatepass"), "sha256")


@lru_cache(maxsize=256)
def _framed(*parts: str) -> bytes:
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _secret_of_32_bytes(key: object, _attribute: object, secret: bytes) -> None:
    if len(secret) != 32:
        raise InvalidDeclaration(
            where=type(key).__name__, problem="its secret is not 32 bytes", instead="Take one from the keyring"
        )


@frozen
class _TokenKey:
    label: ClassVar[str]

    secret: bytes = field(repr=False, validator=_secret_of_32_bytes)
    tenant: str

    def token(self, kind: str, value: str) -> bytes:
        """The 32-byte token of an identifier under this key."""
        return token(self.secret, self.label, self.tenant, kind, value)


@frozen
class IndexKey(_TokenKey):
    """Key of the subject index.

    Args:
        secret: 32 random bytes that live outside the database whose tokens they make.
        tenant: Id of the controller.
    """

    label: ClassVar[str] = "sp1/subject"


@frozen
class TombstoneKey(_TokenKey):
    """Key of the tombstones. It must outlive the last backup that could bring an erased person back.

    Args:
        secret: 32 random bytes, others than those of the index.
        tenant: Id of the controller.
    """

    label: ClassVar[str] = "sp1/tombstone"
