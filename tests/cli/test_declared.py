"""Commands find register and models through the project's table, and say what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sectorprivacy.cli._declared import read_declared
from sectorprivacy.errors import ConfigurationError, InvalidDeclaration

MODULE = """
from sectorprivacy import Activity, Basis, C, Controller, Keep, P, Policy

policy = Policy(Controller("Shop", id="shop", country="NO"), [])
models = [int]
titles = {"shop": "The shop"}
number = 3
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with a module of its own, which is forgotten afterwards."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "shop_privacy.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(sys.path))
    yield tmp_path
    sys.modules.pop("shop_privacy", None)


def table(project: Path, **options: str) -> None:
    known = {"policy": "shop_privacy:policy", "models": "shop_privacy:models"} | options
    lines = [f'{name} = "{value}"' for name, value in known.items() if value]
    (project / "pyproject.toml").write_text("\n".join(["[tool.sectorprivacy]", 'path = ["src"]', *lines]) + "\n")


def test_finds_what_the_table_names(project: Path) -> None:
    """Register, models and titles come from the modules that the table names."""
    table(project, titles="shop_privacy:titles")
    declared = read_declared()
    assert (declared.policy.controller.id, list(declared.models), declared.titles) == (
        "shop",
        [int],
        {"shop": "The shop"},
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"policy": ""}, "names no policy"),
        ({"models": ""}, "names no models"),
        ({"policy": "nowhere:policy"}, "no module nowhere"),
        ({"policy": "shop_privacy:polcy"}, "has no polcy. Did you mean policy"),
        ({"policy": "shop_privacy:xyzzy"}, "Name something that the module defines"),
        ({"policy": "shop_privacy.nowhere:policy"}, "no module shop_privacy.nowhere"),
        ({"policy": "shop_privacy:models"}, "is no Policy"),
        ({"models": "shop_privacy:number"}, "no list"),
        ({"models": "shop_privacy:titles"}, "not a list of classes"),
        ({"titles": "shop_privacy:number"}, "no mapping"),
    ],
)
def test_says_what_is_wrong(project: Path, options: dict[str, str], says: str) -> None:
    """A reference that leads nowhere, or to something else, is named with its option."""
    table(project, **options)
    with pytest.raises(ConfigurationError, match=says):
        read_declared()


@pytest.mark.parametrize(
    ("line", "error"), [("Keep.nowhere", AttributeError), ("import nowhere_at_all", ModuleNotFoundError)]
)
def test_a_slip_inside_a_module_is_not_a_wrong_reference(project: Path, line: str, error: type[Exception]) -> None:
    """Python says where the slip is; the table of the project is not to blame."""
    (project / "src" / "shop_privacy.py").write_text(MODULE + line + "\n")
    table(project)
    with pytest.raises(error, match="nowhere"):
        read_declared()


def test_a_wrong_register_is_the_registers_error(project: Path) -> None:
    """What the register itself refuses is not hidden behind the configuration."""
    (project / "src" / "shop_privacy.py").write_text(MODULE.replace('country="NO"', 'country="NO", languages=[]'))
    table(project)
    with pytest.raises(InvalidDeclaration, match="no language"):
        read_declared()
