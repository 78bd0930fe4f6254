"""What the documentation shows of the reference company is what its declaration says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from alarm_company.publish import pages

PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_published_pages_are_those_of_the_declaration(root: Path, name: str) -> None:
    """A page that is not written anew after a change fails here; docs/reference-company/index.md says how."""
    assert (root / "docs/reference-company" / name).read_text("utf-8") == PAGES[name]


def test_nothing_else_is_published(root: Path) -> None:
    """No page of an earlier declaration stays behind."""
    there = {path.name for path in (root / "docs/reference-company").iterdir()}
    assert there == {*PAGES, "index.md"}
