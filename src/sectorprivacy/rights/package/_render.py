"""Who turns the pages into HTML: the Renderer, and a plain one that needs nothing but the standard library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Protocol

from sectorprivacy.documents import Block, Bullets, Document, Facts, Heading, Links, Paragraph, Table
from sectorprivacy.rights.package._overview import DataSetView, Overview, ServiceView


class Renderer(Protocol):
    """Writes the three pages of a package as HTML, in pieces of text.

    Whatever values say, a page must show it as text, load nothing from outside and work without scripts.
    """

    def start_here(self, overview: Overview) -> Iterable[str]:
        """START-HERE.html: what there is, service by service."""
        ...

    def information(self, overview: Overview, information: Document) -> Iterable[str]:
        """information.html: the facts of Art. 15(1)."""
        ...

    def withheld(self, overview: Overview) -> Iterable[str]:
        """withheld.html: what is not shown, and why."""
        ...


class PlainRenderer:
    """Pages of headings, lists and tables without any styling."""

    def start_here(self, overview: Overview) -> Iterator[str]:
        """What there is, service by service."""
        blocks: list[Block] = [Paragraph(text=f"Made {overview.made} ({overview.clock}).")]
        if overview.missing:
            blocks += [Heading(text="Missing"), Bullets(items=tuple(overview.missing))]
        for service in overview.services:
            blocks += _service(service)
        return _page(overview, Document(title="Your data", blocks=tuple(blocks), language=overview.language))

    def information(self, overview: Overview, information: Document) -> Iterator[str]:
        """The facts of Art. 15(1)."""
        return _page(overview, information)

    def withheld(self, overview: Overview) -> Iterator[str]:
        """What is not shown, and why."""
        rows = tuple((item.what, item.where, str(item.count), item.reason) for item in overview.withheld)
        block: Block = (
            Table(columns=("What", "Where", "How many", "Why"), rows=rows)
            if rows
            else Paragraph(text="Nothing is withheld.")
        )
        return _page(overview, Document(title="What is not shown", blocks=(block,), language=overview.language))


def _service(service: ServiceView) -> Iterator[Block]:
    yield Heading(text=service.title)
    if service.failed or service.holds_nothing:
        yield Paragraph(text=service.failed or service.holds_nothing or "")
    for dataset in service.datasets:
        yield Heading(text=f"{dataset.title}: {dataset.count}", level=3)
        yield from _rows(dataset)


def _rows(dataset: DataSetView) -> Iterator[Block]:
    if dataset.rows and dataset.columns:
        rows = tuple(tuple(cell.text or " ".join(cell.files) for cell in row) for row in dataset.rows)
        yield Table(columns=tuple(dataset.columns), rows=rows)
        yield Paragraph(text=f"All {dataset.count} are in {dataset.csv}.")


def _page(overview: Overview, document: Document) -> Iterator[str]:
    yield f'<!doctype html>\n<html lang="{escape(document.language)}"><head><meta charset="utf-8">'
    yield '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    yield f"<title>{escape(document.title)}</title></head><body><h1>{escape(document.title)}</h1>\n"
    if document.lead is not None:
        yield f"<p>{escape(document.lead)}</p>\n"
    for block in document.blocks:
        yield _html(block) + "\n"
    yield f"<p>{escape(overview.controller.name)}, case {escape(overview.case)}</p></body></html>\n"


def _html(block: Block) -> str:
    match block:
        case Heading(text=text, level=level, anchor=anchor):
            place = "" if anchor is None else f' id="{escape(anchor)}"'
            return f"<h{level}{place}>{escape(text)}</h{level}>"
        case Paragraph(text=text):
            return f"<p>{escape(text)}</p>"
        case Bullets(items=items):
            return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"
        case Facts(items=facts):
            return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts) + "</dl>"
        case Links(items=links):
            lines = (f'<li><a href="{escape(link.to)}">{escape(link.text)}</a></li>' for link in links)
            return "<ul>" + "".join(lines) + "</ul>"
        case Table(columns=columns, rows=rows):
            head = "".join(f"<th>{escape(column)}</th>" for column in columns)
            body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            return f"<table><tr>{head}</tr>{body}</table>"
