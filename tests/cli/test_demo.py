"""`sectorprivacy demo`: the whole path with one command, and one clear sentence where it cannot run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sectorprivacy.cli import run
from sectorprivacy.rights.package import verify_package
from sectorprivacy.rights.protocol import RECEIPT_TYPE
from sectorprivacy.signing import Envelope, Verifier


@pytest.mark.timeout(300)
def test_demo_shows_the_path_and_leaves_what_it_says(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything it checks holds, the package verifies with the key beside it, and each service signed a receipt."""
    monkeypatch.chdir(root)
    output = tmp_path / "shown"
    assert run(["demo", "--customers", "40", "--output", str(output), "--keep"]) == 0
    told = capsys.readouterr().out
    assert "✗" not in told
    assert "Everything that was checked holds." in told
    verify_package(output / "package.zip", Verifier.load(output / "verify-key.pem"))
    assert (output / "package" / "START-HERE.html").is_file()
    for service in ("billing", "contact_centre", "crm", "monitoring"):
        receipt = Envelope.from_json((output / "receipts" / f"{service}.json").read_bytes())
        assert receipt.verify(Verifier.load(output / "receipts" / f"{service}.pem"), RECEIPT_TYPE)
        assert (output / "receipts" / f"{service}.countersigned.json").is_file()
    assert (output / "services" / "crm" / "data.db").is_file()


def test_demo_replaces_only_what_a_demo_made(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder with anything else in it is left alone."""
    monkeypatch.chdir(root)
    (tmp_path / "letters").write_text("mine")
    assert run(["demo", "--customers", "20", "--output", str(tmp_path)]) == 1
    assert "holds something else" in capsys.readouterr().err
    assert (tmp_path / "letters").read_text() == "mine"


def test_outside_the_repository_it_says_where_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reference company is not in the wheel: one sentence says so, before any extra is asked for."""
    monkeypatch.chdir(tmp_path)
    assert run(["demo"]) == 1
    assert capsys.readouterr().err.startswith("The reference company is not part of the installed package.")


def test_with_the_base_dependencies_alone_it_says_the_same(tmp_path: Path) -> None:
    """From a bare wheel too: what is missing first is the repository, not an extra."""
    script = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('cyclopts', 'rich'))\n"
        "from sectorprivacy.cli import run\n"
        "sys.exit(run(['demo']))\n"
    )
    said = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "Take the repository" in said.stderr
