"""Key services for the tests: each is started once for a process that runs tests, and empty for each test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.moto_server import MotoServer, run_moto
from tests.openbao import OpenBaoServer, run_openbao
from tests.softhsm import SoftHsm, Token, run_softhsm


@pytest.fixture(scope="session")
def softhsm(program: Mapping[str, Path]) -> Iterator[SoftHsm]:
    """Real PKCS#11 tokens; for tests marked `needs("softhsm")`."""
    with run_softhsm(program["softhsm"]) as hsm:
        yield hsm


@pytest.fixture(scope="class")
def token(softhsm: SoftHsm) -> Token:
    """An empty token for a test, or for the tests of a class; for tests marked `needs("softhsm")`."""
    return softhsm.token()


@pytest.fixture(scope="session")
def openbao(program: Mapping[str, Path]) -> Iterator[OpenBaoServer]:
    """A real OpenBao server; for tests marked `needs("openbao")`."""
    with run_openbao(program["openbao"]) as server:
        yield server


@pytest.fixture(scope="session")
def moto_server(program: Mapping[str, Path]) -> Iterator[MotoServer]:
    """A server that speaks as AWS does; for tests marked `needs("moto")`."""
    with run_moto(program["moto"]) as server:
        yield server


@pytest.fixture
def moto(moto_server: MotoServer) -> MotoServer:
    """The same, with no keys in it; for tests marked `needs("moto")`."""
    moto_server.reset()
    return moto_server
