"""A document as Markdown (CommonMark with tables); no text in it can become markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sectorprivacy.documents._tree import Block, Bullets, Document, Heading, Paragraph, Table

_INLINE = re.compile(r"([\\`*_\[\]<>|&~])")
_AT_START = re.compile(r"^(\d*)([-+=#.)])")


def to_markdown(document: Document) -> str:
    """The document as Markdown, ending with a line feed."""
    parts = [f"# {_plain(document.title)}", *(_block(block) for block in document.blocks)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text=text, level=level):
            return f"{'#' * level} {_plain(text)}"
        case Paragraph(text=text):
            return _plain(text)
        case Bullets(items=items):
            return "\n".join(f"- {_plain(item)}" for item in items)
        case Table(columns=columns, rows=rows):
            return "\n".join([_row(columns), "|" + " --- |" * len(columns), *(_row(row) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _plain(text: str) -> str:
    """One line of text in which every character means itself."""
    line = _INLINE.sub(r"\\\1", " ".join(text.split()))
    return _AT_START.sub(r"\1\\\2", line)
