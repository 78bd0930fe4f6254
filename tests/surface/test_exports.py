"""What can be imported without an underscore is public: named in `__all__`, explained, and in the reference."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from sectorprivacy.errors import MissingExtra
from tests.surface.modules import FILES, PACKAGES, PUBLIC

PUBLIC_PACKAGES = [name for name in PACKAGES if name in PUBLIC]


def by_kind(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest: the order that ruff keeps."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


def exported(module: str) -> list[str] | None:
    """`__all__` as it is written, without importing the module; None where there is none."""
    for statement in ast.parse(FILES[module].read_text()).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return ast.literal_eval(value)
            case ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.List() as value):
                return ast.literal_eval(value)
            case _:
                pass
    return None


@pytest.mark.parametrize("package", PUBLIC_PACKAGES)
def test_all_is_the_table_of_contents(package: str) -> None:
    """A package lists its public names, each once and in order; one that only holds others lists none."""
    names = exported(package)
    assert names is not None, "it has no __all__"
    assert names == sorted(set(names), key=by_kind)


@pytest.mark.parametrize("module", [name for name in PUBLIC if exported(name)])
def test_exports_exist_and_are_explained(module: str) -> None:
    """Every name of `__all__` is there, is ours, and its docstring says what it is."""
    try:
        loaded = importlib.import_module(module)
    except MissingExtra as missing:
        pytest.skip(f"needs the extra {missing.extra}")
    for name in exported(module) or ():
        value = getattr(loaded, name)
        is_alias = getattr(value, "__name__", name) != name  # such as `Subject = Any`
        if (inspect.isclass(value) or inspect.isfunction(value)) and not is_alias:
            assert value.__module__.startswith("sectorprivacy"), f"{name} belongs to {value.__module__}"
            assert value.__doc__, f"{name} is not explained"
            assert not value.__doc__.startswith(f"{name}("), f"{name} has only the docstring that its decorator made"


def test_front_door_is_typed_as_it_is_loaded() -> None:
    """The names that type checkers see in `sectorprivacy` are those that are loaded on demand."""
    seen: set[str] = set()
    for statement in ast.parse(FILES["sectorprivacy"].read_text()).body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test).endswith("TYPE_CHECKING"):
            imports = [line for line in statement.body if isinstance(line, ast.ImportFrom)]
            seen |= {alias.asname or alias.name for line in imports for alias in line.names}
    front = importlib.import_module("sectorprivacy")
    listed = set(exported("sectorprivacy") or ()) - {"__version__"}
    assert seen == listed
    assert all(getattr(front, name) is not None for name in listed)


@pytest.mark.parametrize("module", [name for name in PUBLIC if exported(name) and "cli" not in name.split(".")])
def test_public_module_has_its_place_in_the_reference(module: str, root: Path) -> None:
    """A module with public names is rendered on a page of docs/reference."""
    pages = "\n".join(page.read_text() for page in sorted((root / "docs/reference").glob("*.md")))
    assert f"::: {module}\n" in pages
