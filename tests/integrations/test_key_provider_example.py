"""The worked example of `write-a-key-provider.md` keeps every rule that it teaches."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sectorprivacy.encryption import KeyProvider
from sectorprivacy.testing import KeyProviderConformance
from tests.integrations.key_service_journey import (
    live_and_shred,
    nothing_happens_without_the_service,
    nothing_opens_in_the_old_copy,
)

PAGE = Path(__file__).parents[2] / "docs/how-to/developer/write-a-key-provider.md"


def code_of_the_page() -> dict[str, Any]:
    """What the page defines before it is tried: the key folder, the service and the provider."""
    before = PAGE.read_text().partition("## Try it")[0]
    names: dict[str, Any] = {"__name__": "write_a_key_provider"}
    for block in re.findall(r"^```python\n(.*?)^```$", before, flags=re.MULTILINE | re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)
    return names


EXAMPLE = code_of_the_page()


@pytest.fixture
def address() -> Iterator[Path]:
    """Socket of a running key service with a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="keys-") as place:
        folder, path = Path(place) / "keys", Path(place) / "socket"
        folder.mkdir(mode=0o700)
        with EXAMPLE["KeyService"](path, EXAMPLE["KeyFolder"](folder)) as service:
            serving = threading.Thread(target=service.serve_forever, args=(0.01,))
            serving.start()
            try:
                yield path
            finally:
                service.shutdown()
                serving.join()


def provider_of(address: Path) -> KeyProvider:
    provider: KeyProvider = EXAMPLE["SocketKeys"](address)
    return provider


class TestConformance(KeyProviderConformance):
    @pytest.fixture(autouse=True)
    def _service(self, address: Path) -> None:
        self.address = address

    def provider(self) -> KeyProvider:
        return provider_of(self.address)

    def unreachable(self) -> KeyProvider:
        return provider_of(self.address.with_name("nobody-listens-here"))


def test_a_life_with_the_example(address: Path, tmp_path: Path) -> None:
    """Sealed, opened, shredded, rotated: with the old key destroyed, an old copy of the store opens nothing (T08)."""
    live_and_shred(provider_of(address), tmp_path)
    nothing_opens_in_the_old_copy(provider_of(address), tmp_path)


def test_an_outage_writes_nothing(address: Path, tmp_path: Path) -> None:
    """While the service is down the application fails closed, and no plaintext reaches the disk (T51)."""
    nothing_happens_without_the_service(provider_of(address), provider_of(address.with_name("nobody")), tmp_path)
