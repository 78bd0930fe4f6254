"""The built wheel, installed alone into an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.surface.modules import UP_TO_APP
from tests.surface.test_imports import import_each

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(600)]


def run(program: Path | str, *arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def do(program: Path | str, *arguments: str | Path, folder: Path) -> str:
    result = run(program, *arguments, folder=folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder.parent).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `python -m build` makes it from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    do(sys.executable, "-m", "build", "--wheel", "--outdir", folder, root, folder=root)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of an environment with the wheel and its base dependencies, outside the repository."""
    folder = tmp_path_factory.mktemp("environment")
    do(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    python = folder / "venv/bin/python"
    do(python, "-m", "pip", "install", "-q", wheel, folder=folder)
    return python


def test_wheel_holds_the_library_and_nothing_else(wheel: Path, root: Path) -> None:
    """Templates, styles and the marker of types travel along; tests, examples and benchmarks stay at home."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
    assert packed == files(root / "src/sectorprivacy")
    assert "sectorprivacy/py.typed" in packed
    assert len(licences) == 1


def test_base_install_imports_everything_up_to_app(python: Path) -> None:
    """What a user gets without any extra can be imported."""
    assert import_each(UP_TO_APP, python=python) == {}


def test_version_is_the_project_s(python: Path, root: Path) -> None:
    """The installed version is the one that pyproject.toml says."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    says = do(
        python, "-c", "from importlib.metadata import version; print(version('sectorprivacy'))", folder=python.parent
    )
    assert says.strip() == project["version"]


def test_command_names_the_missing_extra(python: Path) -> None:
    """Without the extra for commands, one sentence says what to install, and no traceback."""
    result = run(python.with_name("sectorprivacy"), "verify", "package.zip", folder=python.parent)
    assert result.returncode == 2
    assert "pip install 'sectorprivacy[cli]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_demonstration_asks_for_the_repository(python: Path) -> None:
    """The reference company is not in the wheel; the command says where it is, before it asks for any extra."""
    result = run(python.with_name("sectorprivacy"), "demo", folder=python.parent)
    assert result.returncode == 1
    assert "setup.repository-needed" in result.stderr
    assert "Traceback" not in result.stderr
