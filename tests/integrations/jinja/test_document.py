"""Documents as pages: everybody can read them, by eye or by ear, on any screen and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from alarm_company.policy import models, policy, titles
from sectorprivacy.annotations import read_fields
from sectorprivacy.documents import (
    Bullets,
    Document,
    Facts,
    Heading,
    Holding,
    Link,
    Links,
    Paragraph,
    Table,
    access_information,
    data_map,
    policy_changes,
    privacy_notice,
    processing_record,
)
from sectorprivacy.errors import NotInCatalogue
from sectorprivacy.integrations.jinja import JinjaRenderer
from sectorprivacy.policy import Policy
from sectorprivacy.vocabulary import Source

MAP = data_map(policy, [read_fields(model) for model in models], titles=titles)
HOLDING = Holding(
    service="CRM",
    categories=["name", "email"],
    sources=[Source.PROVIDED],
    roles=["customer"],
    activities=["identify-and-contact"],
)
REAL: dict[str, Callable[[], Document]] = {
    "notice-en": lambda: privacy_notice(policy, MAP),
    "notice-nb": lambda: privacy_notice(policy, MAP, language="nb"),
    "notice-sv-14": lambda: privacy_notice(policy, MAP, language="sv", article=14),
    "record": lambda: processing_record(policy, MAP),
    "access": lambda: access_information(policy, holdings=[HOLDING]),
    "changes": lambda: policy_changes(Policy(policy.controller, policy.activities[1:]).document, policy.document),
}
HOSTILE = "<script>document.documentElement.id = 'taken'</script>\u202e" + "W" * 400
STRANGE = Document(
    title=HOSTILE,
    lead=HOSTILE,
    blocks=(
        Heading(text=HOSTILE, anchor="here"),
        Paragraph(text=HOSTILE),
        Bullets(items=(HOSTILE,)),
        Facts(items=((HOSTILE, HOSTILE),)),
        Links(items=(Link(text=HOSTILE, to="#here"),)),
        Links(items=(Link(text=HOSTILE, to="https://example.no/?a=1&b='2'"),)),
        Table(columns=(HOSTILE, "b"), rows=((HOSTILE, HOSTILE), ("", ""))),
    ),
)


class Shape(HTMLParser):
    """Tags of a page that is well formed: every element is closed in the order in which it was opened."""

    VOID = frozenset({"meta", "input", "br", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        facts = dict(attrs)
        self.ids += [value for value in [facts.get("id")] if value]
        self.links += [value for value in [facts.get("href"), facts.get("src")] if value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def browser(program: dict[str, Path]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program["chromium"], args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, make in REAL.items():
        (folder / f"{name}.html").write_text(JinjaRenderer().document(make()), "utf-8")
    (folder / "strange.html").write_text(JinjaRenderer().document(STRANGE), "utf-8")
    return folder


@pytest.mark.parametrize("name", [*REAL, "strange"])
def test_page_is_well_formed_and_complete(pages: Path, name: str) -> None:
    """One h1, elements closed in order, ids that occur once, and links that lead somewhere."""
    html = (pages / f"{name}.html").read_text("utf-8")
    shape = Shape(html)
    assert shape.open == []
    assert shape.seen.count("h1") == 1
    assert "script" not in shape.seen
    assert len(shape.ids) == len(set(shape.ids))
    for link in shape.links:
        assert link.startswith(("https://", "mailto:", "tel:")) or link.removeprefix("#") in shape.ids, link


@pytest.mark.parametrize("name", [*REAL, "strange"])
def test_page_loads_nothing(pages: Path, name: str) -> None:
    """The policy of the page allows its own style and nothing else."""
    allowed = re.search(r'Policy" content="([^"]*)"', (pages / f"{name}.html").read_text("utf-8"))
    assert allowed is not None
    hashed = r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; base-uri 'none'; form-action 'none'"
    assert re.fullmatch(hashed, allowed[1])


def test_a_language_without_a_catalogue_is_refused() -> None:
    """A page whose own texts were English in a Finnish document would read as broken."""
    with pytest.raises(NotInCatalogue):
        JinjaRenderer().document(Document(title="Tietosuoja", blocks=(), language="fi"))


def opened(browser: Browser, file: Path, width: int, scheme: Literal["light", "dark"], *, axe: bool) -> Page:
    # To put axe into a page, the page's own policy must step aside; every other look is with it in force.
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=axe)
    page.goto(file.as_uri())
    return page


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", REAL)
def test_axe_finds_nothing(
    browser: Browser, pages: Path, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    """Everybody can read the page: names, roles, order, contrast (WCAG 2.2 A and AA, and axe's best practices)."""
    page = opened(browser, pages / f"{name}.html", width, scheme, axe=True)
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == []
    page.close()


@pytest.mark.needs("chromium")
def test_axe_would_find_something(browser: Browser, pages: Path, tmp_path: Path) -> None:
    """The test above looks: the same page without its language and with grey text is refused."""
    html = (pages / "notice-en.html").read_text("utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(html.replace(' lang="en"', "").replace("--ink: #1d2327", "--ink: #cccccc"), "utf-8")
    page = opened(browser, broken, 1280, "light", axe=True)
    assert {"html-has-lang", "color-contrast"} <= {each["id"] for each in Axe().run(page).response["violations"]}
    page.close()


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("name", [*REAL, "strange"])
def test_nothing_runs_off_the_screen(browser: Browser, pages: Path, name: str, width: int) -> None:
    """No page scrolls sideways, and no text of it runs as code or asks the network for something."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((pages / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.id") == ""
    assert [url for url in asked if not url.startswith("file:")] == []
    page.close()


@pytest.mark.needs("chromium")
def test_prints_as_a_document(browser: Browser, pages: Path) -> None:
    """On paper the contents are left out, addresses of links are written out, and no table is cut at its side."""
    page = browser.new_page(viewport={"width": 700, "height": 1000})
    page.emulate_media(media="print")
    page.goto((pages / "notice-en.html").as_uri())
    assert page.locator("nav.contents:visible").count() == 0
    content = page.locator(".links a").first.evaluate("link => getComputedStyle(link, '::after').content")
    assert "https://" in content
    assert page.evaluate("[...document.querySelectorAll('.table')].every(e => e.scrollWidth <= e.clientWidth + 1)")
    page.close()
