"""The page that lists the words lists those there are."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Category,
    Ground,
    Protection,
    Right,
    Safeguard,
    Source,
    SpecialGround,
    Word,
    categories,
    measures,
    purposes,
    roles,
)


def table(*rows: list[str]) -> str:
    """A Markdown table, the first row its head."""
    head, *others = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *others])


def code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def meaning(word: Word) -> str:
    protection = word.protection if isinstance(word, Category) else None
    return f"{word.label} (protected, {protection.article})" if protection else str(word.label)


def open_words(module: ModuleType) -> str:
    words = [word for word in vars(module).values() if isinstance(word, Word)]
    rows = [
        [code(word.id), meaning(word), code(word.under and word.under.id), code(word.dpv), code(word.fides)]
        for word in words
    ]
    return table(["id", "what it is", "under", "DPV", "fideslang"], *rows)


def closed_words(*sorts: Any) -> str:
    rows = [[sort.__name__, code(word.value), word.article or "", code(word.dpv)] for sort in sorts for word in sort]
    return table(["sort", "id", "provision", "DPV"], *rows)


EXPECTED = {
    "categories": open_words(categories),
    "purposes": open_words(purposes),
    "roles": open_words(roles),
    "measures": open_words(measures),
    "closed": closed_words(Basis, Source, Right, Ground, Capacity, Safeguard, Protection, SpecialGround),
}


@pytest.mark.parametrize("words", EXPECTED)
def test_the_page_lists_the_words_there_are(words: str, root: Path) -> None:
    """Whoever looks for a word finds every one, with its links, and none that is gone."""
    assert f"\n\n{EXPECTED[words]}\n\n" in (root / "docs/reference/vocabulary.md").read_text()
