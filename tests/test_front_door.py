"""The front door: the names of every day, one import away, and nothing loaded before it is used."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import sectorprivacy
from sectorprivacy.vocabulary import categories, purposes


def modules_after(program: str) -> set[str]:
    """Which modules a fresh interpreter has loaded after these lines."""
    listing = "import sys; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", f"{program}\n{listing}"],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.split())


def test_the_import_alone_loads_nothing() -> None:
    """A command that asks for the version, or a program that uses one word, does not pay for the rest."""
    loaded = modules_after("import sectorprivacy")
    assert {name for name in loaded if name.startswith("sectorprivacy.")} == set()
    words = modules_after("from sectorprivacy import C")
    assert "sectorprivacy.vocabulary" in words
    assert "sectorprivacy.encryption" not in words


def test_the_import_alone_loads_no_third_party() -> None:
    """Whoever imports the library pays for the standard library: pydantic, attrs and cryptography wait for use."""
    loaded = modules_after("import sectorprivacy") - modules_after("pass")
    assert {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names == {"sectorprivacy"}


@pytest.mark.parametrize("name", sectorprivacy.__all__)
def test_every_name_is_the_one_of_its_package(name: str) -> None:
    """A name of the front door is another way to the same thing, never a second one."""
    value = getattr(sectorprivacy, name)
    assert value is getattr(sectorprivacy, name)
    home = value.__name__ if name in {"C", "P"} else value.__module__
    assert home.startswith("sectorprivacy.")
    package = importlib.import_module(home.partition("._")[0])
    assert name in {"C", "P"} or getattr(package, name) is value


def test_short_names_are_the_words() -> None:
    """`C` and `P` are what examples write for the categories and the purposes."""
    assert sectorprivacy.C is categories
    assert sectorprivacy.P is purposes


def test_names_are_listed() -> None:
    """Completion in an editor or a shell shows the names before they are loaded."""
    assert set(sectorprivacy.__all__) <= set(dir(sectorprivacy))
    assert 25 <= len(sectorprivacy.__all__) <= 40


def test_other_names_are_refused() -> None:
    """A misspelt name is an error as of any module, and a submodule is still found."""
    with pytest.raises(AttributeError, match="Privcy"):
        _ = sectorprivacy.Privcy  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ImportError):
        exec("from sectorprivacy import Privcy")
    from sectorprivacy import errors

    assert errors.PrivacyError is sectorprivacy.PrivacyError
