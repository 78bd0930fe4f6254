"""The data map as a picture: services, categories, activities and recipients, and what flows between them, as SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from sectorprivacy.documents._catalogue import Catalogue, catalogue
from sectorprivacy.documents._data_map import DataMap
from sectorprivacy.documents._picture._flows import Flows, flows
from sectorprivacy.documents._picture._layout import lay_out
from sectorprivacy.documents._picture._lettering import HEADING, HINT, LEAD, NOTE, TITLE
from sectorprivacy.documents._picture._shapes import (
    ACTIVITIES,
    CATEGORIES,
    RECIPIENTS,
    SERVICES,
    WIDTH,
    Box,
    Layout,
    Lettering,
    Ribbon,
    draw_mark,
    mark_width,
)
from sectorprivacy.documents._picture._style import STYLE

_EDGE = 32
_HEADINGS = 124
_COLUMNS = 168
_FOOT = 80

_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that no XML document may hold, however they are written."""


def to_svg(data_map: DataMap, *, language: str | Catalogue = "en") -> str:
    """One picture of the data map as a standalone SVG document, the same bytes for the same data map.

    Left to right: services, categories under their top category, activities, recipients. Ribbons are as wide as they
    carry fields. It loads nothing, runs nothing, follows the reader's dark or light setting and is 1280 pixels wide.

    Args:
        data_map: The data map.
        language: BCP 47 tag of a built-in catalogue, or a catalogue of your own.

    Raises:
        NotInCatalogue: There is no catalogue of this language.
    """
    texts = catalogue(language)
    shown = flows(data_map, texts)
    layout = lay_out(
        shown,
        top=_COLUMNS,
        carries=lambda start, end, fields: f"{start} → {end}: {texts.count('map.fields', fields)}",
    )
    layout.letters.extend(_head(data_map, texts))
    _draw_legend(layout, texts)
    return "\n".join([*_opening(data_map, shown, layout, texts), *_body(layout), "</svg>", ""])


def _opening(data_map: DataMap, shown: Flows, layout: Layout, texts: Catalogue) -> Iterator[str]:
    height = layout.bottom + _FOOT
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="data-map" width="{WIDTH}" height="{height:g}"'
        f' viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="data-map-title data-map-about"'
        f' lang="{_xml(texts.language)}">'
    )
    yield f'<title id="data-map-title">{_xml(_title(data_map, texts))}</title>'
    yield f'<desc id="data-map-about">{_xml(_about(shown, texts))}</desc>'
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="paper" width="{WIDTH}" height="{height:g}" rx="14"/>'


def _body(layout: Layout) -> Iterator[str]:
    yield '<g class="ribbons">'
    yield from map(_ribbon, layout.ribbons)
    yield "</g>"
    yield from map(_box, layout.boxes)
    yield from map(_lettering, layout.letters)


def _title(data_map: DataMap, texts: Catalogue) -> str:
    return texts.text("map.title", controller=data_map.policy.controller.name)


def _about(shown: Flows, texts: Catalogue) -> str:
    """What the picture says, for who does not see it."""
    listed = {
        "services": shown.services,
        "categories": [group.head for group in shown.groups],
        "activities": shown.activities,
        "recipients": shown.recipients,
    }
    return " ".join(
        texts.text(f"map.about.{column}", number=len(stops), names=", ".join(stop.text for stop in stops))
        for column, stops in listed.items()
        if stops
    )


def _head(data_map: DataMap, texts: Catalogue) -> Iterator[Lettering]:
    whole = WIDTH - 2 * _EDGE
    yield Lettering(text=TITLE.lines(_title(data_map, texts), whole, most=1)[0], style=TITLE, x=_EDGE, y=56)
    lead = texts.text("map.lead", version=data_map.policy.version)
    yield Lettering(text=LEAD.lines(lead, whole, most=1)[0], style=LEAD, x=_EDGE, y=82)
    for name, column in (
        ("services", SERVICES),
        ("categories", CATEGORIES),
        ("activities", ACTIVITIES),
        ("recipients", RECIPIENTS),
    ):
        yield Lettering(text=texts.text(f"map.{name}"), style=HEADING, x=column.left, y=_HEADINGS)
        yield Lettering(text=texts.text(f"map.hint.{name}"), style=HINT, x=column.left, y=_HEADINGS + 19)


def _draw_legend(layout: Layout, texts: Catalogue) -> None:
    """Adds what widths, colours and marks mean, in a row below the columns."""
    x, top = float(_EDGE), layout.bottom + 36
    y = top + 12.5
    for outside, key in ((False, "width"), (True, "outside")):
        layout.ribbons.append(Ribbon(start=(x, y - 5, y - 3), end=(x + 34, y - 12, y + 2), outside=outside))
        text = texts.text(f"map.legend.{key}")
        layout.letters.append(Lettering(text=text, style=NOTE, x=x + 42, y=y))
        x += 42 + NOTE.width(text) + 24
    mark = texts.text("map.protection.special")
    draw_mark(layout, mark, x, top)
    x += mark_width(mark) + 8
    layout.letters.append(Lettering(text=texts.text("map.legend.marks"), style=NOTE, x=x, y=y))


def _ribbon(ribbon: Ribbon) -> str:
    kind = "outside" if ribbon.outside else "passed" if ribbon.hue is None else f"hue{ribbon.hue}"
    (x, top, bottom), (end, end_top, end_bottom) = ribbon.start, ribbon.end
    bend = (x + end) / 2
    path = (
        f"M{x:g} {top:.1f}C{bend:g} {top:.1f} {bend:g} {end_top:.1f} {end:g} {end_top:.1f}"
        f"V{end_bottom:.1f}C{bend:g} {end_bottom:.1f} {bend:g} {bottom:.1f} {x:g} {bottom:.1f}Z"
    )
    title = f"<title>{_xml(ribbon.about)}</title>" if ribbon.about else ""
    return f'<path class="ribbon {kind}" d="{path}">{title}</path>'


def _box(box: Box) -> str:
    title = f"<title>{_xml(box.about)}</title>" if box.about else ""
    place = f'x="{box.x:g}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    corner = {"pill": 8.5, "row": 0}.get(box.kind, 7)
    drawn = f'<rect class="{box.kind}" {place} rx="{corner:g}">{title}</rect>'
    if box.hue is None:
        return drawn
    bar = f'<rect class="bar hue{box.hue}" x="{box.x:g}" y="{box.y:.1f}" width="5" height="{box.height:.1f}" rx="2.5"/>'
    return f"{drawn}{bar}"


def _lettering(line: Lettering) -> str:
    anchor = "" if line.anchor == "start" else f' text-anchor="{line.anchor}"'
    return f'<text class="{line.style.name}" x="{line.x:.1f}" y="{line.y:.1f}"{anchor}>{_xml(line.text)}</text>'


def _xml(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))
