"""A real OpenBao server for the tests: development mode, in memory, on loopback, with an engine for each test."""

from __future__ import annotations

import itertools
import secrets
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

START_SECONDS = 30
STOP_SECONDS = 20


class OpenBaoServer:
    """A running server.

    Args:
        url: Where it answers.
        token: Its root token.
        authority: File with the certificate of its authority; None without TLS.
    """

    def __init__(self, url: str, token: str, authority: Path | None = None) -> None:
        self.url = url
        self.token = token
        self.authority = authority
        self._numbers = itertools.count(1)

    def mount(self) -> str:
        """Path of a fresh Transit engine."""
        path = f"transit-{next(self._numbers)}"
        self.call("POST", f"sys/mounts/{path}", {"type": "transit"})
        return path

    def login(self, *rules: tuple[str, str]) -> str:
        """A token that may do nothing but what the rules say: paths with their capabilities."""
        name = f"policy-{next(self._numbers)}"
        text = "\n".join(f'path "{path}" {{ capabilities = [{capabilities}] }}' for path, capabilities in rules)
        self.call("PUT", f"sys/policies/acl/{name}", {"policy": text})
        created = self.call("POST", "auth/token/create", {"policies": [name], "no_default_policy": True})
        return str(created["auth"]["client_token"])

    def trust(self) -> ssl.SSLContext:
        """TLS that trusts the server's authority alone."""
        return ssl.create_default_context(cafile=self.authority)

    def call(self, method: str, path: str, message: Any = None) -> Any:
        """Ask the server as its administrator."""
        response = httpx2.request(
            method,
            f"{self.url}/v1/{path}",
            headers={"x-vault-token": self.token},
            json=message,
            trust_env=False,
            verify=False if self.authority is None else self.trust(),
        )
        response.raise_for_status()
        return response.json() if response.content else None


@contextmanager
def run_openbao(program: Path, *, tls: bool = False) -> Generator[OpenBaoServer]:
    """Start a server and stop it at the end.

    Args:
        program: The binary `bao`.
        tls: Whether it speaks TLS, under an authority of its own.
    """
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="bao-") as folder, (Path(folder) / "log").open("w+b") as log:
        certified = ["-dev-tls", f"-dev-tls-cert-dir={folder}"] if tls else []
        authority = Path(folder) / "vault-ca.pem" if tls else None
        address = f"127.0.0.1:{free_port()}"
        process = subprocess.Popen(
            [program, "server", "-dev", "-dev-no-store-token", f"-dev-listen-address={address}", *certified],
            cwd=folder,
            env={"BAO_DEV_ROOT_TOKEN_ID": token, "HOME": folder},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            server = OpenBaoServer(f"http{'s' if tls else ''}://{address}", token, authority)
            yield _wait_until_ready(process, server, Path(log.name))
        finally:
            _stop(process)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], server: OpenBaoServer, log: Path) -> OpenBaoServer:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.call("GET", "sys/mounts")
        except (httpx2.HTTPError, OSError):
            # Without TLS nobody listens yet; with it, the authority may not even have been written.
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return server


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
