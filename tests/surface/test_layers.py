"""The import contract of pyproject.toml holds, and would notice a breach."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from importlinter.cli import lint_imports

sys.exit(lint_imports(no_cache=True, no_logo=True))
"""


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "COLUMNS": "300"},  # wide, so that no line is broken
        capture_output=True,
        text=True,
        check=False,
    )


def test_contracts_are_kept(root: Path) -> None:
    """Each layer imports lower ones only, and private modules stay inside their packages."""
    result = lint_imports(root)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        pytest.param("errors.py", "import sectorprivacy.policy", "The layers of the house BROKEN", id="upwards"),
        pytest.param("policy/_policy.py", "import sqlalchemy", "base dependencies BROKEN", id="an extra"),
        pytest.param("policy/_policy.py", "import sectorprivacy.vocabulary._words", "alone BROKEN", id="private"),
        pytest.param("somewhere.py", "", "every child of every container must be declared", id="without a layer"),
    ],
)
def test_breach_is_noticed(root: Path, tmp_path: Path, module: str, line: str, complaint: str) -> None:
    """The contract bites: one import against it, or one module it does not know, and the check fails."""
    shutil.copytree(root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    with (tmp_path / "src/sectorprivacy" / module).open("a") as file:
        file.write(f"\n{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode != 0
    assert complaint in result.stdout
