"""One tree of errors, each with a stable code of its own and a place on the page that explains it."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from pathlib import Path

import attrs
import pytest

from sectorprivacy import errors
from sectorprivacy.errors import PrivacyError
from tests.surface.modules import FILES

TREE = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, PrivacyError)
]  # in the order of the file


def page(root: Path) -> str:
    return (root / "docs/reference/errors.md").read_text()


def explained(root: Path) -> list[str]:
    """Codes whose entry the page has, in its order."""
    return re.findall(r"^#+ .*\{ ?#([a-z.-]+) ?\}$", page(root), flags=re.MULTILINE)


def test_codes_are_unique() -> None:
    """A code names one error for ever."""
    assert [code for code, count in Counter(error.code for error in TREE).items() if count > 1] == []


@pytest.mark.parametrize("error", TREE)
def test_error_says_what_happened_and_what_to_do(error: type[PrivacyError]) -> None:
    """The sentence is made from the data the error carries, and ends with its code."""
    facts = {field.name: 1 if field.type in {int, "int"} else "x" for field in attrs.fields(error)}
    text = str(error(**facts))
    assert text.endswith(f"[{error.code}]")
    assert "{" not in text.replace("{...}", "")
    assert error.__doc__


@pytest.mark.parametrize("error", TREE)
def test_code_extends_its_parents(error: type[PrivacyError]) -> None:
    """Codes grow along the tree, so that a prefix catches what a class catches; a broad class's code is its area."""
    parent = error.__bases__[0]
    if parent not in {Exception, PrivacyError}:
        assert error.code.partition(".")[0] == parent.code.partition(".")[0]


def test_page_explains_every_code_in_order(root: Path) -> None:
    """Whoever meets a code finds it on the page, and no code stays there that is gone."""
    assert explained(root) == [error.code for error in TREE]


def test_errors_are_declared_in_one_place() -> None:
    """No other module adds to the tree: what callers may catch is read in one file."""
    names = {error.__name__ for error in TREE}
    elsewhere = [
        (module, statement.name)
        for module, path in FILES.items()
        if module != "sectorprivacy.errors"
        for statement in ast.walk(ast.parse(path.read_text()))
        if isinstance(statement, ast.ClassDef)
        for parent in statement.bases
        if ast.unparse(parent).rpartition(".")[2] in names | {"Exception", "BaseException", "ValueError"}
    ]
    assert elsewhere == []
