"""Every module imports alone, and everything from errors to app with the base dependencies only."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Collection
from importlib import metadata
from pathlib import Path

from tests.surface import lone_imports
from tests.surface.modules import MODULES, SOURCE, UP_TO_APP


def import_each(
    modules: Collection[str], hidden: Collection[str] = (), *, python: Path | None = None
) -> dict[str, str]:
    """Errors of the modules that cannot be imported alone.

    Args:
        modules: What to import.
        hidden: Libraries that look as if they were not installed.
        python: Interpreter with the library installed; by default this one, with the sources of this tree.
    """
    question = json.dumps({"modules": list(modules), "hidden": sorted(hidden)})
    answer = subprocess.run(
        [python or sys.executable, lone_imports.__file__],
        input=question,
        capture_output=True,
        text=True,
        check=True,
        env={} if python else {"PYTHONPATH": str(SOURCE.parent)},
    )
    return json.loads(answer.stdout)


def closure(requirements: Collection[str]) -> set[str]:
    """Names of the distributions that come with these requirements, extras left out."""
    found: set[str] = set()
    waiting = [requirement for requirement in requirements if "extra ==" not in requirement]
    while waiting:
        name = re.split(r"[^\w.-]", waiting.pop(), maxsplit=1)[0].lower().replace("_", "-")
        if name not in found:
            try:
                needed = metadata.requires(name) or []
            except metadata.PackageNotFoundError:  # needed on another platform or an older Python only
                continue
            found.add(name)
            waiting += [requirement for requirement in needed if "extra ==" not in requirement]
    return found


def beyond_base(root: Path) -> set[str]:
    """Top-level modules of everything that is installed here and would not be by the base install."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    base = closure([*project["dependencies"], "sectorprivacy"])
    return {
        module
        for module, owners in metadata.packages_distributions().items()
        if base.isdisjoint(owner.lower().replace("_", "-") for owner in owners)
    }


def test_base_install_is_enough_up_to_app(root: Path) -> None:
    """From errors to app each module imports alone, with the standard library and the four base dependencies."""
    assert import_each(UP_TO_APP, beyond_base(root)) == {}


def test_modules_above_app_import_alone() -> None:
    """With every extra installed the other modules import alone too: none works only because another came first."""
    assert import_each(set(MODULES).difference(UP_TO_APP)) == {}


def test_hidden_is_hidden(root: Path) -> None:
    """The test above would notice: a library outside the base install cannot be imported there."""
    assert import_each(["pydantic", "sqlalchemy", "pytest"], beyond_base(root)).keys() == {"sqlalchemy", "pytest"}
