from __future__ import annotations

import pytest
from pydantic import ValidationError

from sectorprivacy.documents import Bullets, Document, Heading, Paragraph, Table, to_markdown


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


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<script>", r"\<script\>"),
        ("[a](http://x)", r"\[a\](http://x)"),
        ("# not a heading", r"\# not a heading"),
        ("1. not a list", r"1\. not a list"),
        ("- not a list", r"\- not a list"),
        ("a | b", r"a \| b"),
        ("a\n\n# b", "a # b"),
        ("&lt;", r"\&lt;"),
        ("snake_case*", r"snake\_case\*"),
    ],
)
def test_text_cannot_become_markup(text: str, escaped: str) -> None:
    """A name such as `<script>` or `# x` stays a name, whoever chose it."""
    assert to_markdown(Document(title="T", blocks=(Paragraph(text=text),))) == f"# T\n\n{escaped}\n"


def test_a_ragged_table_is_refused() -> None:
    """A row with a text too few would shift facts under the wrong heading."""
    with pytest.raises(ValidationError):
        Table(columns=("x", "y"), rows=(("1",),))
