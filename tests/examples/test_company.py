"""The company as processes: it starts or says why not, and no process outlives whoever started it."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alarm_company.company import EXAMPLES, Company
from alarm_company.site import KEYRING_KEY, SERVICES
from sectorprivacy.errors import ServiceFailed
from sectorprivacy.signing import Signer

WORLD = "1,20,2026-11-25"

OPENS_A_COMPANY = """
import sys
from pathlib import Path
from alarm_company.company import Company
with Company(Path(sys.argv[1]), world=sys.argv[2]) as company:
    print(*(company.process(name).pid for name in company.urls), flush=True)
    sys.stdin.read()
"""


def test_a_company_starts_and_leaves_no_process(tmp_path: Path):
    """Each service is a process of its own, and at the end all have ended well."""
    with Company(tmp_path, world=WORLD) as company:
        processes = [company.process(name) for name in SERVICES]
        assert set(company.urls) == set(SERVICES)
        assert len(set(company.urls.values())) == len(SERVICES)
        assert [each.poll() for each in processes] == [None] * len(SERVICES)
    assert [each.returncode for each in processes] == [0] * len(SERVICES)


def test_services_share_no_folder_and_no_key(tmp_path: Path):
    """Each has its data, its privacy database, its keyring and its signing keys to itself, a key for each use."""
    with Company(tmp_path, world=WORLD):
        pass
    keys = [path.read_bytes() for name in SERVICES for path in (tmp_path / name).glob("*.pub.pem")]
    assert len(set(keys)) == 2 * len(SERVICES)
    for name in SERVICES:
        own = {path.name for path in (tmp_path / name).iterdir()}
        assert {"data.db", "privacy.db", "keys.db", "keyring.json", "answers.pem", "receipts.pem"} <= own
    assert len({(tmp_path / name / "keyring.json").read_bytes() for name in SERVICES}) == len(SERVICES)


def test_a_company_that_cannot_start_leaves_no_process(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """Where one service gives up, the error names it and the others are stopped."""
    company = Company(tmp_path, world="1,3,2026-11-25")
    with pytest.raises(ServiceFailed) as refused, company:
        pytest.fail("a world of three customers is too small")
    assert (refused.value.service, refused.value.reason) == (SERVICES[0], "not_started")
    assert all(company.process(name).returncode is not None for name in SERVICES)
    capfd.readouterr()


def test_no_service_survives_a_killed_owner(tmp_path: Path):
    """Whoever started the company cannot clean up when it is killed; the services end by themselves."""
    with subprocess.Popen(
        [sys.executable, "-c", OPENS_A_COMPANY, str(tmp_path), WORLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    ) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        assert len(pids) == len(SERVICES)
        owner.kill()
        try:
            # The services hold the same standard error: it ends when the last of them does.
            owner.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            raise


def test_a_service_ends_well_with_its_owners_input(tmp_path: Path):
    """End of input is the sign to stop: no signal is needed, and the exit code is 0."""
    with _service(tmp_path, "billing") as process:
        assert process.stdout is not None
        assert '"service": "billing"' in process.stdout.readline()
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_port_in_use_is_one_sentence(tmp_path: Path):
    """Whoever names a port that is taken learns which and what to do, without a traceback; no data was made."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with _service(tmp_path, "crm", "--port", str(port)) as process:
            output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert errors.splitlines() == [
        f"Port {port} is in use. Stop the program that listens there, or name another port. [setup.port-in-use]"
    ]
    assert list((tmp_path / "site").iterdir()) == []


@contextmanager
def _service(root: Path, name: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    """One service by its command, which is over when this is, whatever the test finds."""
    coordinator, site = root / "coordinator.pem", root / "site"
    Signer.generate().verifier.save(coordinator)
    site.mkdir()
    command = [sys.executable, "-m", "alarm_company", name, "--site", str(site), "--coordinator", str(coordinator)]
    with subprocess.Popen(
        [*command, "--world", WORLD, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment() | {KEYRING_KEY: base64.b64encode(os.urandom(32)).decode()},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(EXAMPLES), os.environ.get("PYTHONPATH", "")])}
