from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from alarm_company.policy import models, policy
from sectorprivacy.annotations import read_fields
from sectorprivacy.documents import DataMap, catalogue, data_map, to_svg
from sectorprivacy.documents._picture._flows import flows
from sectorprivacy.documents._picture._layout import lay_out
from sectorprivacy.documents._picture._lettering import STYLES, TEXT
from sectorprivacy.documents._picture._shapes import WIDTH, Box, Layout
from sectorprivacy.documents._picture._style import _DARK, _LIGHT, _Palette
from tests.documents.large_company import large_data_map

Room = tuple[float, float, float, float]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=["alarm_company", "large"])
def company(request: pytest.FixtureRequest) -> DataMap:
    """The data map of the reference company, and one of the size that the picture is drawn for."""
    if request.param == "large":
        return large_data_map()
    return data_map(policy, [read_fields(model) for model in models])


def laid_out(company: DataMap, language: str = "en") -> Layout:
    return lay_out(
        flows(company, catalogue(language)), top=0, carries=lambda start, end, fields: f"{start}{end}{fields}"
    )


def overlap(one: Room, other: Room) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def room(box: Box) -> Room:
    return box.x, box.y, box.x + box.width, box.y + box.height


def within(inner: Room, outer: Room) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def said(svg: str) -> str:
    """All text and titles of the picture, white space as one space."""
    return re.sub(r"\s+", " ", " ".join(ET.fromstring(svg).itertext()))


@pytest.mark.parametrize("language", ["en", "nb", "sv"])
def test_everything_is_in_the_picture(company: DataMap, language: str) -> None:
    """Every service, category that is held, activity and recipient is named in well-formed XML."""
    text = said(to_svg(company, language=language)).lower()
    shown = flows(company, catalogue(language))
    stops = [*shown.services, *shown.activities, *shown.recipients]
    stops += [stop for group in shown.groups for stop in (group.head, *group.rows)]
    assert {stop.text for stop in stops if stop.text.lower() not in text} == set()
    assert len(shown.services) == len(company.services)
    assert len(shown.activities) == len(company.policy.activities)
    assert len(shown.recipients) == len(company.policy.recipients)
    held = {field.category for each in company.datasets for field in each.fields}
    assert held <= {stop.id for group in shown.groups for stop in (group.head, *group.rows)}


@pytest.mark.parametrize("language", ["en", "nb", "sv"])
def test_no_text_lies_on_another(company: DataMap, language: str) -> None:
    """Lines of text keep apart, as wide as the widest common font would set them."""
    rooms = [line.room for line in laid_out(company, language).letters]
    assert [(a, b) for a, b in combinations(rooms, 2) if overlap(a, b)] == []


@pytest.mark.parametrize("language", ["en", "nb", "sv"])
def test_text_stays_in_its_box(company: DataMap, language: str) -> None:
    """No line leaves the box it is written in, and no box another or the picture."""
    layout = laid_out(company, language)
    holders = [room(box) for box in layout.boxes if box.kind != "row"]
    assert [line.text for line in layout.letters if not any(within(line.room, holder) for holder in holders)] == []
    outer = [room(box) for box in layout.boxes if box.kind not in {"row", "pill"}]
    assert [(a, b) for a, b in combinations(outer, 2) if overlap(a, b)] == []
    assert all(within(each, (0, -0.01, WIDTH, layout.bottom + 0.01)) for each in outer)


def test_ribbons_end_at_their_boxes(company: DataMap) -> None:
    """A ribbon leaves the edge of one box and arrives at the edge of the next, whatever it carries."""
    layout = laid_out(company)
    for ribbon in layout.ribbons:
        for (x, top, bottom), side in ((ribbon.start, 2), (ribbon.end, 0)):
            assert top < bottom
            assert any(
                abs(room(box)[side] - x) < 0.01 and box.y - 0.01 <= top and bottom <= box.y + box.height + 0.01
                for box in layout.boxes
            )


def test_its_size_is_bounded() -> None:
    """Ten services, 45 categories, 25 activities and 12 recipients fit a page that people still scroll through."""
    svg = to_svg(large_data_map())
    height = float(ET.fromstring(svg).attrib["height"])
    assert height < 2400
    assert len(svg.encode()) < 150_000


def test_the_same_map_is_the_same_picture(company: DataMap) -> None:
    """Equal data maps give equal bytes, in whatever order services and recipients were declared."""
    turned = company.model_copy(
        update={
            "services": dict(reversed(list(company.services.items()))),
            "policy": company.policy.model_copy(
                update={
                    "activities": tuple(reversed(company.policy.activities)),
                    "recipients": tuple(reversed(company.policy.recipients)),
                }
            ),
        }
    )
    assert to_svg(turned) == to_svg(company)


def test_it_can_be_heard() -> None:
    """The picture has a role, a title and a description that counts and names what it shows (WCAG 2.2, 1.1.1)."""
    root = ET.fromstring(to_svg(large_data_map()))
    assert root.attrib["role"] == "img"
    named = {node.attrib["id"] for node in root if node.tag in {f"{SVG}title", f"{SVG}desc"}}
    assert named == set(root.attrib["aria-labelledby"].split())
    assert "25 activities" in str(root.findtext(f"{SVG}desc"))


def test_what_is_remarkable_is_marked() -> None:
    """Special categories, identity numbers and recipients outside the EEA carry a mark, and only they."""
    layout = laid_out(large_data_map())
    marks = sorted(line.text for line in layout.letters if line.style.name == "mark")
    assert marks == ["Art. 87", "Art. 9", "Art. 9", "outside the EEA"]
    assert any(ribbon.outside for ribbon in layout.ribbons)


def test_an_activity_draws_only_what_it_may_use() -> None:
    """A broader category does not cover a further protected one: it flows where an activity names it."""
    company = large_data_map()
    shown = flows(company, catalogue("en"))
    assert {activity for group, activity in shown.used if group == "special"} == {"vital_interests"}
    fields = {stop.id: stop.fields for group in shown.groups for stop in (group.head, *group.rows)}
    identifiers = [word.id for word in company.categories if "identifier" in (word.id, word.under)]
    unprotected = sum(fields[word] for word in identifiers if word != "national_id")
    by_broader = {each.id for each in company.policy.activities if "identifier" in each.uses}
    assert by_broader
    assert {shown.used["identifier", activity] for activity in by_broader - {"credit_rating"}} == {unprotected}


def test_names_cannot_become_markup() -> None:
    """A controller called <script> stays a name, and what XML forbids is replaced."""
    company = large_data_map()
    controller = company.policy.controller.model_copy(update={"name": "<script>\x00</title>&"})
    changed = company.model_copy(update={"policy": company.policy.model_copy(update={"controller": controller})})
    svg = to_svg(changed)
    assert "<script>\ufffd</title>&" in said(svg)
    assert "script" not in {node.tag.removeprefix(SVG) for node in ET.fromstring(svg).iter()}


def test_an_empty_map_is_a_picture_too() -> None:
    """A company that declared nothing yet sees its headings."""
    company = large_data_map()
    bare = company.policy.model_copy(update={"activities": (), "recipients": ()})
    empty = company.model_copy(update={"policy": bare, "services": {}, "categories": (), "datasets": ()})
    assert "Recipients" in said(to_svg(empty))


words = st.lists(st.text("abcxyzABCmWil.-æøåéß漢", min_size=1, max_size=40), max_size=12).map(" ".join)


@given(text=words, width=st.floats(30, 300))
def test_lines_fit_their_room(text: str, width: float) -> None:
    """A line is never wider than its room, and no letter is lost unless an ellipsis says so."""
    lines = TEXT.lines(text, width)
    assert all(TEXT.width(line) <= width for line in lines)
    if not any(line.endswith("…") for line in lines):
        assert re.sub("[ -]", "", "".join(lines)) == re.sub("[ -]", "", text)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [_LIGHT, _DARK])
def test_text_stands_out(palette: _Palette) -> None:
    """Text has a contrast of 4.5 to 1 and colours that mean something 3 to 1, by day and by night."""
    for text in (palette.ink, palette.quiet):
        assert all(contrast(text, ground) >= 4.5 for ground in (palette.paper, palette.panel))
    assert contrast(palette.mark, palette.pill) >= 4.5
    for colour in (*palette.hues, palette.outside):
        assert all(contrast(colour, ground) >= 3 for ground in (palette.paper, palette.panel))


@pytest.mark.needs("chromium")
def test_a_browser_sets_it_as_measured(program: Mapping[str, Path], tmp_path: Path) -> None:
    """In a real browser no line is wider than was reckoned, none lies on another, and nothing is fetched."""
    (tmp_path / "map.svg").write_text(to_svg(large_data_map(), language="nb"), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program["chromium"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "map.svg").as_uri())
        lines: Sequence[tuple[str, str, float, float]] = page.evaluate(
            """() => [...document.querySelectorAll('text')].map(line => {
                const box = line.getBBox();
                const size = parseFloat(getComputedStyle(line).fontSize);
                return [line.getAttribute('class'), line.textContent, box.width, size];
            })"""
        )
        browser.close()
    assert len(asked) == 1
    styles = {style.name: style for style in STYLES}
    assert {kind for kind, *_ in lines} == styles.keys()
    assert {(kind, size) for kind, _, _, size in lines} == {(style.name, style.size) for style in STYLES}
    assert [text for kind, text, width, _ in lines if width > styles[kind].width(text) + 0.5] == []


def test_rows_of_a_group_follow_each_other(company: DataMap) -> None:
    """Rows fill their group without gap, so that a ribbon's row is beyond doubt."""
    rows = [box for box in laid_out(company).boxes if box.kind == "row"]
    groups = [box for box in laid_out(company).boxes if box.kind == "group"]
    for group in groups:
        within_group = [box for box in rows if group.y - 0.01 <= box.y < group.y + group.height - 0.01]
        assert all(abs(above.y + above.height - below.y) < 0.01 for above, below in pairwise(within_group))
        assert abs(within_group[-1].y + within_group[-1].height - group.y - group.height) < 0.01
