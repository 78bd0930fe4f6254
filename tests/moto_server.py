"""A server that speaks as AWS KMS does, for the tests: moto, on loopback, emptied before each test."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import boto3
import httpx2

from tests.openbao import free_port

START_SECONDS = 60
STOP_SECONDS = 20


class MotoServer:
    """A running server.

    Args:
        url: Where it answers.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self) -> None:
        """Forget every key."""
        httpx2.post(f"{self.url}/moto-api/reset", trust_env=False).raise_for_status()

    def session(self) -> boto3.Session:
        """Credentials that the server takes, as it takes all."""
        return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")


@contextmanager
def run_moto(program: Path) -> Generator[MotoServer]:
    """Start a server and stop it at the end.

    Args:
        program: `moto_server`.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="moto-") as folder, (Path(folder) / "log").open("w+b") as log:
        process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield _wait_until_ready(process, f"http://127.0.0.1:{port}", Path(log.name))
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> MotoServer:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx2.get(f"{url}/moto-api/data.json", trust_env=False)
        except httpx2.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.1)
        else:
            return MotoServer(url)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
