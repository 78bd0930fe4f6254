"""The content tree of a document: headings, paragraphs, lists and tables of plain text, frozen and JSON-able."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Heading(_Node):
    """A heading. Level 1 is the document's title, so blocks start at 2."""

    kind: Literal["heading"] = "heading"
    text: str
    level: int = Field(default=2, ge=2, le=4)


class Paragraph(_Node):
    """Running text."""

    kind: Literal["paragraph"] = "paragraph"
    text: str


class Bullets(_Node):
    """A list whose order does not matter."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[str, ...]


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


Block = Annotated[Heading | Paragraph | Bullets | Table, Field(discriminator="kind")]
"""A part of a document."""


class Document(_Node):
    """A text people read, free of any markup: `model_dump_json()` is its JSON form.

    Args:
        title: What stands above it.
        blocks: Its parts, in reading order.
        language: BCP 47 tag of the language it is written in.
    """

    title: str
    blocks: tuple[Block, ...]
    language: str = "en"
