"""A document as Markdown (CommonMark with tables); no text in it can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sectorprivacy.documents._tree import Block, Bullets, Document, Facts, Heading, Links, Paragraph, Table

_INLINE = re.compile(r"([\\`*_\[\]])")
_ENTITIES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "~": "&#126;", "{": "&#123;", "}": "&#125;"}
)
"""Written as entities: not every reader of Markdown knows a backslash before these.

Braces are no markup of CommonMark; to common extensions of it they give an element attributes, `onclick` among them.
"""

_AT_START = re.compile(r"^(?=[-+=#!]|\d+[.)])(\d*)(.)")


def to_markdown(document: Document) -> str:
    """The document as Markdown, ending with a line feed."""
    return "\n\n".join(_parts(document)) + "\n"


def _parts(document: Document) -> Iterator[str]:
    yield f"# {_plain(document.title)}"
    if document.lead is not None:
        yield _plain(document.lead)
    yield from map(_block, document.blocks)


def _block(block: Block) -> str:
    match block:
        case Heading(text=text, level=level, anchor=anchor):
            # CommonMark has no anchors of its own; the empty element is what its readers keep.
            place = "" if anchor is None else f'<a id="{anchor}"></a>\n\n'
            return f"{place}{'#' * level} {_plain(text)}"
        case Paragraph(text=text):
            return _plain(text)
        case Bullets(items=items):
            return "\n".join(f"- {_plain(item)}" for item in items)
        case Facts(items=items):
            # Each sort of list has a sign of its own: two in a row would else be read as one.
            return "\n".join(f"+ **{_plain(name)}:** {_plain(value)}" for name, value in items)
        case Links(items=items):
            return "\n".join(f"* [{_plain(link.text)}](<{link.to}>)" for link in items)
        case Table(columns=columns, rows=rows):
            return "\n".join([_row(columns), "|" + " --- |" * len(columns), *(_row(row) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _plain(text: str) -> str:
    """One line of text in which every character means itself."""
    line = _AT_START.sub(r"\1\\\2", _INLINE.sub(r"\\\1", " ".join(text.split())))
    return line.translate(_ENTITIES)
