"""Where one service of the reference company keeps its things: data, privacy database, keyring, signing key, files."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from attrs import frozen

from sectorprivacy.app import Privacy
from sectorprivacy.encryption import LocalKeyring
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.policy import Policy
from sectorprivacy.signing import Signer

SERVICES: Final = ("billing", "contact_centre", "crm", "monitoring")

KEYRING_KEY: Final = "ALARM_COMPANY_KEYRING_KEY"
"""Name of the environment variable with the key of a service's keyring."""

Use = Literal["answers", "receipts"]
"""What a key signs."""


@frozen
class Site:
    """The folder of one service; nobody else reads or writes in it.

    Args:
        path: The folder.
        keyring_key: 32 bytes that unlock its keyring and never lie in the folder.
    """

    path: Path
    keyring_key: bytes

    @property
    def database(self) -> Path:
        """File of the data database."""
        return self.path / "data.db"

    @property
    def files(self) -> Path:
        """Folder of images or recordings."""
        return self.path / "files"

    def public_key(self, use: Use) -> Path:
        """Public half of one of the service's keys, for those it answers."""
        return self.path / f"{use}.pub.pem"

    def signer(self, use: Use) -> Signer:
        """One of the service's Ed25519 keys, made at the first start: a key for each use."""
        private = self.path / f"{use}.pem"
        if not private.exists():
            signer = Signer.generate()
            signer.save(private)
            signer.verifier.save(self.public_key(use))
        return Signer.load(private)

    def privacy(self, policy: Policy, models: list[type]) -> Privacy:
        """The service's Privacy over its own keyring and its own privacy database."""
        keyring = self.path / "keyring.json"
        if not keyring.exists():
            LocalKeyring.create(keyring, self.keyring_key)
        return Privacy(
            policy,
            models=models,
            keys=LocalKeyring.open(keyring, self.keyring_key),
            store=SqlStore(f"sqlite:///{self.path / 'privacy.db'}", keys_url=f"sqlite:///{self.path / 'keys.db'}"),
            actor=self.path.name,
        )
