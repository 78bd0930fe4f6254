"""Where tenant keys come from: a KMS, an HSM, or the local keyring."""

from __future__ import annotations

from typing import Protocol

from sectorprivacy.encryption._subject_key import TenantKey


class KeyProvider(Protocol):
    """Hands out the keys that wrap subject keys."""

    def tenant_key(self, tenant: str, epoch: int | None = None) -> TenantKey:
        """The tenant's key of an epoch.

        Args:
            tenant: Stable id of the controller.
            epoch: Number of the epoch; None for the current one, which is made where the tenant has none.

        Raises:
            KeyUnavailable: It cannot be had now.
            DecryptionError: There is no key of that epoch, or it was destroyed.
        """
        ...
