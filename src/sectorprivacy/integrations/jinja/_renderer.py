"""Renders documents and the pages of a package: everything escaped, nothing undefined, nothing from outside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from sectorprivacy.documents import Catalogue, Document, catalogue
from sectorprivacy.errors import MissingExtra
from sectorprivacy.rights.package import Overview

try:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.jinja", extra="html") from None


class JinjaRenderer:
    """The Renderer of packages and of documents for people: calm pages that read well on paper, a desk and a telephone.

    They work without scripts and load nothing from outside: the style stands in the page and is named by its hash in
    the page's content security policy; pictures and recordings are files of the package.
    """

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("sectorprivacy.integrations.jinja"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        style = files("sectorprivacy.integrations.jinja").joinpath("templates/style.css").read_text("utf-8")
        self._page = {
            "style": Markup(style),  # noqa: S704  # ours, from the installed package
            "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        }

    def document(self, document: Document, *, texts: Catalogue | None = None) -> str:
        """A document as a page of its own: a notice to publish, a record to file.

        Args:
            document: What the page shows.
            texts: What the page says by itself; by default the built-in catalogue of the document's language.

        Raises:
            NotInCatalogue: There is no catalogue of the document's language.
        """
        return "".join(
            self._render(
                "document.html.jinja",
                document=document,
                language=document.language,
                texts=texts or catalogue(document.language),
            )
        )

    def start_here(self, overview: Overview) -> Iterator[str]:
        """START-HERE.html."""
        return self._render("start-here.html.jinja", overview=overview, language=overview.language)

    def information(self, overview: Overview, information: Document) -> Iterator[str]:
        """information.html."""
        return self._render(
            "information.html.jinja", overview=overview, information=information, language=overview.language
        )

    def withheld(self, overview: Overview) -> Iterator[str]:
        """withheld.html."""
        return self._render("withheld.html.jinja", overview=overview, language=overview.language)

    def _render(self, template: str, **facts: object) -> Iterator[str]:
        return self._templates.get_template(template).generate(self._page, **facts)
