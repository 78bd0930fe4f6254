from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sectorprivacy.cli import run
from sectorprivacy.rights.package import PlainRenderer, write_package
from sectorprivacy.signing import Signer
from tests.rights.package.sample import contents_of, record


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package, and the company's public key beside it as key.pem."""
    signer = Signer.generate()
    path = tmp_path / "package.zip"
    with path.open("wb") as out:
        write_package(out, contents_of([record(1)]), signer=signer, renderer=PlainRenderer())
    signer.verifier.save(tmp_path / "key.pem")
    return path


def test_verify_tells_what_verified(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The good case ends with 0 and says whose package it is and who did not answer."""
    assert run(["verify", str(package), "--key", str(package.with_name("key.pem"))]) == 0
    told = capsys.readouterr().out
    assert "6c1f3c0e-94a0-4f0e-9a51-8a2e5a1c7b11" in told
    assert "no answer (timed_out)" in told


def test_verify_names_the_file_that_was_changed(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One changed byte: exit code 1, and one sentence with the file's name on standard error."""
    changed = bytearray(package.read_bytes())
    changed[60] ^= 1
    package.write_bytes(changed)
    assert run(["verify", str(package), "--key", str(package.with_name("key.pem"))]) == 1
    told = capsys.readouterr()
    assert "START-HERE.html" in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_the_key_is_the_projects_by_default(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the root of a project, `verify PACKAGE` needs no option."""
    (package.parent / "pyproject.toml").write_text('[tool.sectorprivacy]\nkey = "key.pem"\n')
    monkeypatch.chdir(package.parent)
    assert run(["verify", package.name]) == 0
    assert "to the last byte" in capsys.readouterr().out


@pytest.mark.parametrize("table", ["", "[tool.sectorprivacy]\npath = []\n", '[tool.sectorprivacy]\nkey = "none.pem"\n'])
def test_without_a_key_it_says_what_to_do(
    package: Path, table: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No key, no verdict: one sentence that names the option."""
    (package.parent / "pyproject.toml").write_text(table)
    monkeypatch.chdir(package.parent)
    assert run(["verify", package.name]) == 1
    told = capsys.readouterr().err
    assert "[tool.sectorprivacy]" in told
    assert told.count("\n") == 1


def test_a_command_line_that_makes_no_sense_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts can tell a misspelt command from a package that does not verify."""
    assert run(["verify"]) == 2
    assert run(["verfy"]) == 2
    assert capsys.readouterr().out == ""


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """From a bare wheel, the command names the line that installs what it needs."""
    monkeypatch.delitem(sys.modules, "sectorprivacy.cli._application", raising=False)
    monkeypatch.setitem(sys.modules, "cyclopts", None)
    assert run(["verify", "x.zip"]) == 2
    assert "pip install 'sectorprivacy[cli]'" in capsys.readouterr().err
