"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast

import pytest

from tests.surface.modules import FILES, SOURCE

LISTS = {"sectorprivacy.errors": 700}
"""Modules that list things of one sort, each understood alone, and how long such a list may be."""

VAGUE = {"base", "common", "core", "helper", "helpers", "manager", "misc", "util", "utils"}


@pytest.mark.parametrize("module", [name for name, path in FILES.items() if path.read_text().strip()])
def test_module_says_what_it_is_for(module: str) -> None:
    """The first line of a module is a sentence about it, and it ends within what one can read at once."""
    text = FILES[module].read_text()
    explanation = ast.get_docstring(ast.parse(text))
    assert explanation, "it has no docstring"
    assert text.startswith('"""'), "the docstring is not the first line"
    assert len(text.splitlines()) <= LISTS.get(module, 400)


def test_names_can_be_guessed() -> None:
    """No module is called by a word that says nothing about what is in it."""
    assert [path for path in SOURCE.rglob("*") if path.stem.strip("_") in VAGUE] == []
