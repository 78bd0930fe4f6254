from __future__ import annotations

import pytest
from pydantic import ValidationError

from sectorprivacy.documents import Bullets, Document, Facts, Heading, Link, Links, Paragraph, Table, to_markdown


def test_each_block_has_its_form() -> None:
    """Headings, paragraphs, lists and tables become CommonMark, one blank line between them."""
    document = Document(
        title="T",
        blocks=(
            Heading(text="H"),
            Paragraph(text="P"),
            Bullets(items=("a", "b")),
            Table(columns=("x", "y"), rows=(("1", "2"),)),
        ),
    )
    assert to_markdown(document) == "# T\n\n## H\n\nP\n\n- a\n- b\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n"


def test_facts_links_anchors_and_the_lead_have_theirs() -> None:
    """A notice has a contents list whose links work wherever CommonMark is shown, and two lists in a row stay two."""
    document = Document(
        title="T",
        lead="L",
        blocks=(
            Links(items=(Link(text="Who [we] are", to="#who"), Link(text="web", to="https://example.no/a_(b)"))),
            Facts(items=(("*Name*", "Ola"), ("Place", "Oslo"))),
            Heading(text="Who", level=3, anchor="who"),
        ),
    )
    assert to_markdown(document) == (
        "# T\n\nL\n\n"
        "* [Who \\[we\\] are](<#who>)\n* [web](<https://example.no/a_(b)>)\n\n"
        "+ **\\*Name\\*:** Ola\n+ **Place:** Oslo\n\n"
        '<a id="who"></a>\n\n### Who\n'
    )


@pytest.mark.parametrize(
    "to", ["javascript:alert(1)", "http://x", "#", "https://x y", 'https://x"', "https://x>", "https://x\\"]
)
def test_a_link_leads_to_a_safe_place(to: str) -> None:
    """A link is an anchor, or an address of the web, e-mail or telephone; nothing that runs or breaks out."""
    with pytest.raises(ValidationError):
        Link(text="x", to=to)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<script>", "&lt;script&gt;"),
        ("[a](http://x)", r"\[a\](http://x)"),
        ("# not a heading", r"\# not a heading"),
        ("1. not a list", r"1\. not a list"),
        ("2026-11 is a month", "2026-11 is a month"),
        ("+ not a list", r"\+ not a list"),
        ("- not a list", r"\- not a list"),
        ("a | b", "a &#124; b"),
        ("~~gone~~", "&#126;&#126;gone&#126;&#126;"),
        ("a\n\n# b", "a # b"),
        ("&lt;", "&amp;lt;"),
        ("snake_case*", r"snake\_case\*"),
        ("x {: onclick=a }", "x &#123;: onclick=a &#125;"),
        ("!!! note", r"\!!! note"),
    ],
)
def test_text_cannot_become_markup(text: str, escaped: str) -> None:
    """A name such as `<script>` or `# x` stays a name, whoever chose it."""
    assert to_markdown(Document(title="T", blocks=(Paragraph(text=text),))) == f"# T\n\n{escaped}\n"


def test_a_ragged_table_is_refused() -> None:
    """A row with a text too few would shift facts under the wrong heading."""
    with pytest.raises(ValidationError):
        Table(columns=("x", "y"), rows=(("1",),))
