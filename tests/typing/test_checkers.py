"""The types that users see, under the two checkers they use.

The other files of this folder are read by the checkers and never run. `assert_type` says what a type is; a comment
`type: ignore` says that a line is refused, and is refused itself where it is not needed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def check(root: Path, *command: str | Path) -> None:
    result = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.timeout(300)
def test_mypy_agrees(root: Path, tmp_path: Path) -> None:
    """Under mypy --strict the public API has the types that these files say."""
    check(root, "mypy", "--cache-dir", tmp_path, HERE)


@pytest.mark.timeout(300)
def test_pyright_agrees(root: Path) -> None:
    """Under pyright the public API has the types that these files say."""
    check(root, "pyright", "--pythonpath", sys.executable, HERE)
