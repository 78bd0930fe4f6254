"""The company running: each service a process of its own on loopback, stopped by whoever started it."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from alarm_company.site import KEYRING_KEY, SERVICES, Site, Use
from sectorprivacy.errors import ServiceFailed
from sectorprivacy.integrations.http_signatures import HttpSigner
from sectorprivacy.integrations.httpx2 import HttpService
from sectorprivacy.signing import Signer, Verifier

EXAMPLES: Final = Path(__file__).parent.parent
STOP_SECONDS: Final = 10


class Company:
    """The four services as processes. Use it with `with`: at the end none is left.

    A service also ends by itself when this process does, even if it is killed: it holds the other end of its input.

    Args:
        root: Folder that gets a folder for each service.
        world: Seed, number of customers and day of the world, as "1,2000,2026-11-25".
    """

    def __init__(self, root: Path, *, world: str) -> None:
        self.root = root
        self._world = world
        self._signer = Signer.generate()
        self._keyring_keys = {name: secrets.token_bytes(32) for name in SERVICES}
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self.urls: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def verifiers(self) -> Mapping[str, Verifier]:
        """By service, the key of its receipts."""
        return self._public_keys("receipts")

    def process(self, name: str) -> subprocess.Popen[str]:
        """The process of a service, for those who want to see what happens when it dies."""
        return self._processes[name]

    @asynccontextmanager
    async def services(self) -> AsyncIterator[Mapping[str, HttpService]]:
        """The services, as the coordinator calls them."""
        async with AsyncExitStack() as stack:
            signer, answers = HttpSigner(self._signer), self._public_keys("answers")
            yield {
                name: await stack.enter_async_context(HttpService(url, signer=signer, verifier=answers[name]))
                for name, url in self.urls.items()
            }

    def _public_keys(self, use: Use) -> Mapping[str, Verifier]:
        return {name: Verifier.load(Site(self.root / name, b"").public_key(use)) for name in SERVICES}

    def restart(self, name: str) -> None:
        """Start a service that has ended once more, over the data it left; it listens on another port."""
        _close(self._processes[name])
        self._launch(name)
        self.urls[name] = _url(name, self._processes[name])

    def _start(self) -> None:
        self._signer.verifier.save(self.root / "coordinator.pem")
        for name in SERVICES:
            (self.root / name).mkdir()
            self._launch(name)
        for name, process in self._processes.items():
            self.urls[name] = _url(name, process)

    def _launch(self, name: str) -> None:
        self._processes[name] = subprocess.Popen(  # noqa: S603  (this very interpreter, with our own arguments)
            [
                *(sys.executable, "-m", "alarm_company", name),
                *("--site", str(self.root / name), "--coordinator", str(self.root / "coordinator.pem")),
                *("--world", self._world),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Each service has a keyring key of its own, in its environment and nowhere on disk.
            env={
                **os.environ,
                KEYRING_KEY: base64.b64encode(self._keyring_keys[name]).decode(),
                "PYTHONPATH": os.pathsep.join(filter(None, [str(EXAMPLES), os.environ.get("PYTHONPATH")])),
            },
        )

    def _stop(self) -> None:
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes.values():
            _close(process)


def _close(process: subprocess.Popen[str]) -> None:
    """Let the process end, make it end where it does not, and let go of it."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _url(name: str, process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise ServiceFailed(service=name, reason="not_started")
    return f"http://127.0.0.1:{int(json.loads(line)['port'])}"
