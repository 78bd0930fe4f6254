"""A real Postgres server for the tests, made in a temporary folder and reached through a socket in that folder only."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

START_SECONDS = 30
STOP_SECONDS = 20


class PostgresServer:
    """A running server.

    Args:
        socket: Folder of its socket; whoever can enter the folder is its superuser.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    @property
    def data_folder(self) -> Path:
        """Folder of every file of the server: tables, indexes and the write-ahead log."""
        return self._socket / "data"

    def create_database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"test_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://postgres@/{name}?host={self._socket}"

    def connect(self) -> psycopg.Connection:
        """Connect to the server's own database, each statement in a transaction of its own."""
        return psycopg.connect(host=str(self._socket), user="postgres", dbname="postgres", autocommit=True)


@contextmanager
def run_postgres(program: Path) -> Generator[PostgresServer]:
    """Start a server and stop it at the end.

    Args:
        program: The server `postgres`; `initdb` stands beside it.
    """
    programs = program.resolve().parent
    # A socket's path may have 107 bytes, more than what pytest's own temporary folders leave.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        account = _account(folder)
        _initialise(programs / "initdb", folder, account)
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                # -F: no test outlives the machine, so nothing waits for its disk.
                [programs / "postgres", "-D", folder / "data", "-k", folder, "-F", "-c", "listen_addresses="],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                user=account,
                group=account,
            )
        try:
            yield _wait_until_ready(server, folder)
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder)


def _account(folder: Path) -> str | None:
    """Account that owns the folder and runs the programs, if not this one: the server refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    shutil.chown(folder, "postgres", "postgres")
    return "postgres"


def _initialise(initdb: Path, folder: Path, account: str | None) -> None:
    subprocess.run(
        [initdb, "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        cwd=folder,
        check=True,
        capture_output=True,
        user=account,
        group=account,
    )


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> PostgresServer:
    server = PostgresServer(folder)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return server


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # ends it at once and cleanly, without waiting for clients to leave
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
