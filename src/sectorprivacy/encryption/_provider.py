"""Where tenant keys are protected: a KMS, an HSM, the local keyring. Two methods, and a third for what can destroy."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, Self, runtime_checkable

from attrs import field, frozen
from attrs.validators import ge, le, matches_re

from sectorprivacy.vocabulary import stable_id

WRAPPED_LIMIT: Final = 4096
"""Octets that a wrapped tenant key may have."""

LAST_EPOCH: Final = 2**32 - 1


class KeyUse(StrEnum):
    """What a tenant key is for."""

    WRAP = "wrap"
    """It wraps subject keys."""
    INDEX = "index"
    """Blind indexes are computed under it."""


def _stable(tenant: str) -> str:
    return stable_id(tenant, where="KeyName")


@frozen
class KeyName:
    """The name of one key object in a key service; no name is ever used for a second object.

    Several key stores of one tenant may share a key service, and one store may be restored to an earlier state. The
    serial keeps their objects apart, and lets nobody foresee a name.

    Args:
        tenant: Stable id of the controller.
        use: What the tenant key under it is for.
        epoch: Number of the tenant key in its key store, from 1.
        serial: 16 lower-case hexadecimal digits, drawn at random with the epoch.
    """

    tenant: str = field(converter=_stable)
    use: KeyUse = field(converter=KeyUse)
    epoch: int = field(validator=[ge(1), le(LAST_EPOCH)])
    serial: str = field(validator=matches_re(r"[0-9a-f]{16}"))

    @classmethod
    def fresh(cls, tenant: str, use: KeyUse, epoch: int) -> Self:
        """A name that no object has yet."""
        return cls(tenant, use, epoch, secrets.token_hex(8))

    def __str__(self) -> str:
        return f"{self.tenant}/{self.use.value}/{self.epoch}/{self.serial}"


class KeyProvider(Protocol):
    """Wraps tenant keys under key objects that never leave it. `docs/how-to/developer/write-a-key-provider.md`."""

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        """Protect a tenant key, under an object that is made where there is none of this name.

        Args:
            name: The object's name; what is wrapped for one name unwraps for no other.
            secret: 32 bytes.

        Returns:
            At most 4,096 bytes that mean something to this provider alone.

        Raises:
            KeyUnavailable: The service does not answer, or does not let us.
        """
        ...

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        """The secret again.

        Raises:
            KeyUnavailable: The service does not answer, does not let us, or the object is disabled for now.
            DecryptionError: It was not wrapped by this provider for this name, there is no such object, or it was
                destroyed.
        """
        ...


@runtime_checkable
class Relocks(Protocol):
    """A KeyProvider whose root secret the library itself can replace; a key service has means of its own."""

    def relock(self, secret: str | bytes) -> None:
        """Protect everything by another passphrase or 32-byte key from now on.

        Raises:
            KeyringError: The secret is too short, or there is nothing to write to.
        """
        ...


@runtime_checkable
class DestroysKeys(Protocol):
    """A KeyProvider that can destroy a key object, and with it every copy of what was wrapped under it."""

    def destroy(self, name: KeyName) -> datetime | None:
        """Destroy an object for good; again, for one that is destroyed, changes nothing.

        Returns:
            When it is gone: None for now, else the end of the service's waiting period, aware.

        Raises:
            KeyUnavailable: The service does not answer, or does not let us.
        """
        ...
