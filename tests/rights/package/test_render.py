"""The plain pages of a package: every part of a document is shown, and nothing in it becomes markup."""

from __future__ import annotations

from typing import get_args

import pytest

from sectorprivacy.documents import Block, Bullets, Document, Facts, Heading, Link, Links, Paragraph, Table
from sectorprivacy.rights.package import PlainRenderer
from tests.rights.package.test_overview import overview

MARKUP = "<b>&"
SHOWN = "&lt;b&gt;&amp;"
BLOCKS = (
    (Heading(text=MARKUP, anchor="who"), f'<h2 id="who">{SHOWN}</h2>'),
    (Paragraph(text=MARKUP), f"<p>{SHOWN}</p>"),
    (Bullets(items=(MARKUP,)), f"<ul><li>{SHOWN}</li></ul>"),
    (Facts(items=(("Name", MARKUP),)), f"<dl><dt>Name</dt><dd>{SHOWN}</dd></dl>"),
    (
        Links(items=(Link(text=MARKUP, to="https://example.no/?a&b"),)),
        f'<ul><li><a href="https://example.no/?a&amp;b">{SHOWN}</a></li></ul>',
    ),
    (Table(columns=(MARKUP,), rows=((MARKUP,),)), f"<table><tr><th>{SHOWN}</th></tr><tr><td>{SHOWN}</td></tr></table>"),
)


@pytest.mark.parametrize(("block", "html"), BLOCKS)
def test_each_sort_of_block_is_written_as_text(block: Block, html: str) -> None:
    """Whatever a document says, a page shows it as text."""
    document = Document(title=MARKUP, lead=MARKUP, blocks=(block,))
    page = "".join(PlainRenderer().information(overview([]), document))
    assert html in page
    assert f"<h1>{SHOWN}</h1>\n<p>{SHOWN}</p>" in page
    assert MARKUP not in page


def test_no_sort_of_block_is_left_out() -> None:
    """A new sort of block needs its place in the plain pages too."""
    sorts = {type(block) for block, _ in BLOCKS}
    assert sorts == set(get_args(get_args(Block)[0]))
