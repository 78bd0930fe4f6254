"""WHAT PEOPLE READ: documents as trees of content, and the texts the register writes itself.

A `Document` holds words and structure only; Markdown and JSON come from here, HTML from an integration.
"""

from sectorprivacy.documents._access import Holding, access_information
from sectorprivacy.documents._markdown import to_markdown
from sectorprivacy.documents._tree import Block, Bullets, Document, Heading, Paragraph, Table
from sectorprivacy.documents._words import (
    basis_in_words,
    category_in_words,
    keep_in_words,
    recipient_in_words,
    role_in_words,
    source_in_words,
)

__all__ = [
    "Block",
    "Bullets",
    "Document",
    "Heading",
    "Holding",
    "Paragraph",
    "Table",
    "access_information",
    "basis_in_words",
    "category_in_words",
    "keep_in_words",
    "recipient_in_words",
    "role_in_words",
    "source_in_words",
    "to_markdown",
]
