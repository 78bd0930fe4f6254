"""Real PKCS#11 tokens for the tests: SoftHSM in a temporary folder, with enough tokens for every test."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

MODULES: Final = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/*/softhsm/libsofthsm2.so",
    "/usr/lib/*/pkcs11/libsofthsm2.so",
)
CONFIGURATION: Final = "SOFTHSM2_CONF"
TOKENS: Final = 24


@frozen
class Token:
    """A token and the PINs of its user and its security officer."""

    module: Path
    label: str
    pin: str = "483901"
    officer_pin: str = "727412"


class SoftHsm:
    """Hands out tokens, which are made beforehand: the library sees those that were there when it was initialised.

    Args:
        tokens: Empty tokens.
        folder: Where their files are.
    """

    def __init__(self, tokens: Sequence[Token], folder: Path) -> None:
        self.folder = folder
        self._tokens = iter(tokens)

    def token(self) -> Token:
        """An empty token that nobody else was given."""
        return next(self._tokens)


@contextmanager
def run_softhsm(program: Path) -> Generator[SoftHsm]:
    """Have a folder for tokens, which is gone at the end; the library finds it through its environment variable."""
    module = next(found for place in MODULES for found in sorted(Path("/").glob(place.removeprefix("/"))))
    with tempfile.TemporaryDirectory(prefix="softhsm-") as name:
        folder = Path(name)
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(
            f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        before = os.environ.get(CONFIGURATION)
        os.environ[CONFIGURATION] = str(folder / "softhsm2.conf")
        try:
            yield SoftHsm([_create(program, module, number) for number in range(TOKENS)], folder / "tokens")
        finally:
            if before is None:
                del os.environ[CONFIGURATION]
            else:
                os.environ[CONFIGURATION] = before


def _create(program: Path, module: Path, number: int) -> Token:
    token = Token(module, f"test-{number}")
    pins = ["--pin", token.pin, "--so-pin", token.officer_pin]
    subprocess.run([program, "--init-token", "--free", "--label", token.label, *pins], check=True, capture_output=True)
    return token
