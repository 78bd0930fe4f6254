"""The content tree of a document: headings, text, facts, lists, links and tables, frozen and JSON-able."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Heading(_Node):
    """A heading. Level 1 is the document's title, so blocks start at 2; `anchor` is what links of the document name."""

    kind: Literal["heading"] = "heading"
    text: str
    level: int = Field(default=2, ge=2, le=4)
    anchor: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{0,60}$")


class Paragraph(_Node):
    """Running text."""

    kind: Literal["paragraph"] = "paragraph"
    text: str


class Bullets(_Node):
    """A list whose order does not matter."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[str, ...]


class Facts(_Node):
    """Names and what they are: a controller's address and telephone, say."""

    kind: Literal["facts"] = "facts"
    items: tuple[tuple[str, str], ...]


class Link(_Node):
    """A text that leads to a place: "#anchor" in the same document, an address on the web, of e-mail or telephone."""

    text: str
    to: str = Field(pattern=r"^(#[a-z]|https://|mailto:|tel:)[^\s<>\"\\]*$")


class Links(_Node):
    """A list of links: the contents of a document, or documents of their own."""

    kind: Literal["links"] = "links"
    items: tuple[Link, ...]

    @property
    def within(self) -> bool:
        """Whether all lead to places of the same document."""
        return all(link.to.startswith("#") for link in self.items)


class Table(_Node):
    """Rows under named columns; every row has one text per column."""

    kind: Literal["table"] = "table"
    columns: tuple[str, ...] = Field(min_length=1)
    rows: tuple[tuple[str, ...], ...]

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has another number of texts than there are columns")
        return self


Block = Annotated[Heading | Paragraph | Bullets | Facts | Links | Table, Field(discriminator="kind")]
"""A part of a document."""


class Document(_Node):
    """A text people read, free of any markup: `model_dump_json()` is its JSON form.

    Args:
        title: What stands above it.
        lead: A sentence under the title that says what it is.
        blocks: Its parts, in reading order.
        language: BCP 47 tag of the language it is written in.
    """

    title: str
    lead: str | None = None
    blocks: tuple[Block, ...]
    language: str = "en"
