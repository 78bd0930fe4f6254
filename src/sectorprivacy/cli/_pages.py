"""A document in the form that a command was asked for."""

from __future__ import annotations

from enum import StrEnum

from sectorprivacy.cli._output import file_form
from sectorprivacy.documents import Document, to_markdown


class PageFormat(StrEnum):
    """Forms of a document."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


def page(document: Document, form: PageFormat) -> str:
    """The document in this form.

    Args:
        document: What to write.
        form: How.

    Raises:
        MissingExtra: HTML is asked for and the extra `html` is not installed.
    """
    match form:
        case PageFormat.MARKDOWN:
            return to_markdown(document)
        case PageFormat.JSON:
            return file_form(document)
        case PageFormat.HTML:
            from sectorprivacy.integrations.jinja import JinjaRenderer  # noqa: PLC0415  # needs an extra

            return JinjaRenderer().document(document)
