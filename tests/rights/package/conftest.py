"""What the tests of packages share: a signer, files, and a writer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from sectorprivacy.rights.package import AttachmentFile, PackageContents, PlainRenderer, write_package
from sectorprivacy.signing import Signer


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[bytes], AttachmentFile]:
    """Puts bytes into a file as a released PNG attachment."""

    def store(data: bytes) -> AttachmentFile:
        digest = hashlib.sha256(data).hexdigest()
        path = tmp_path / digest
        path.write_bytes(data)
        return AttachmentFile(sha256=digest, media_type="image/png", size=len(data), path=path)

    return store


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer.generate()


@pytest.fixture
def written(signer: Signer) -> Callable[[PackageContents], bytes]:
    """Writes contents and gives the bytes of the zip."""

    def write(contents: PackageContents) -> bytes:
        out = BytesIO()
        write_package(out, contents, signer=signer, renderer=PlainRenderer())
        return out.getvalue()

    return write
