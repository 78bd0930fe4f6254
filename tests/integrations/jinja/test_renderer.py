from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from jinja2 import UndefinedError
from playwright.sync_api import Browser, Page, sync_playwright

from sectorprivacy.documents import Bullets, Document, Heading, Paragraph, Table
from sectorprivacy.integrations.jinja import JinjaRenderer
from sectorprivacy.rights.package import AttachmentFile, Overview, PackageContents, write_package
from sectorprivacy.rights.protocol import Record
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Right
from tests.rights.package.sample import COMPANY, contents_of, declared, png, record

PAGES = ("START-HERE.html", "information.html", "withheld.html")
HOSTILE = (
    "<script>document.documentElement.id = 'taken'</script>",
    "<img src=http://127.0.0.1:9/x onerror=\"document.documentElement.id='taken'\">",
    "</style><style>body { display: none }</style>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u2066 hidden",
    "W" * 5_000,
    "javascript:alert(1)",
)
INFORMATION = Document(
    title=HOSTILE[0],
    blocks=(
        Heading(text=HOSTILE[1]),
        Paragraph(text=HOSTILE[5]),
        Bullets(items=HOSTILE),
        Table(columns=(HOSTILE[0], "b"), rows=((HOSTILE[1], HOSTILE[5]),)),
    ),
)


def unpacked(contents: PackageContents, folder: Path) -> Path:
    import zipfile

    package = folder / "package.zip"
    with package.open("wb") as out:
        write_package(out, contents, signer=Signer.generate(), renderer=JinjaRenderer())
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def hostile(folder: Path) -> PackageContents:
    """Every text that a person or a service can choose is one that tries to break the page."""
    picture = png()
    digest = hashlib.sha256(picture).hexdigest()
    (folder / digest).write_bytes(picture)
    file = AttachmentFile(sha256=digest, media_type="image/png", size=len(picture), path=folder / digest)
    records: Sequence[Record] = [
        record(number, note=text, pictures=[picture], secret=True) for number, text in enumerate(HOSTILE * 4)
    ]
    contents = contents_of(records, files=[file], information=INFORMATION)
    first, *others = contents.services
    part = first.datasets[0]
    label = part.declaration.model_copy(update={"label": HOSTILE[0], "fields": (*part.declaration.fields, FIELD)})
    services = (attrs.evolve(first, title=HOSTILE[1], datasets=(attrs.evolve(part, declaration=label),)), *others)
    return attrs.evolve(
        contents, services=services, controller=attrs.evolve(contents.controller, name=HOSTILE[0] + HOSTILE[5])
    )


FIELD = declared("hostile", HOSTILE[1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return unpacked(hostile(tmp_path), tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_text_never_becomes_markup(folder: Path, page: str) -> None:
    """Everything is escaped: whatever a value says, the page shows it as text."""
    html = (folder / page).read_text("utf-8")
    assert "<script" not in html
    assert 'onerror="' not in html
    assert html.count("<style>") == html.count("</style>") == 1


@pytest.mark.parametrize("page", PAGES)
def test_the_page_may_load_nothing_but_its_own_files(folder: Path, page: str) -> None:
    """The content security policy forbids everything but this very style and the pictures and sounds beside it."""
    html = (folder / page).read_text("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert policy is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1].startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "script-src" not in policy[1]
    assert "http" not in policy[1]


def test_links_lead_to_files_of_the_package_only(folder: Path) -> None:
    """No link leaves the folder: a value can neither send the person somewhere nor tell anybody that they read."""
    for page in PAGES:
        for link in re.findall(r'(?:href|src)="([^"]*)"', (folder / page).read_text("utf-8")):
            assert link.startswith("#") or (folder / link).is_file(), link


def test_says_how_many_rows_there_are_and_where(tmp_path: Path) -> None:
    """Only the first rows are shown, and the page says so and where the others are."""
    folder = unpacked(contents_of([record(number) for number in range(1_234)]), tmp_path)
    html = (folder / "START-HERE.html").read_text("utf-8")
    assert "These are the first 20. All 1\u202f234 rows are in" in html
    assert "data/monitoring/monitoring.event.csv" in html


def test_a_service_that_did_not_answer_stands_at_the_top(tmp_path: Path) -> None:
    """The person must not take a missing answer for a complete one."""
    html = (unpacked(contents_of([record(1)]), tmp_path) / "START-HERE.html").read_text("utf-8")
    assert html.index("Something is missing") < html.index("What is here")
    assert "Invoices: it did not answer in time" in html


def test_nothing_held_is_said(tmp_path: Path) -> None:
    """An unknown person's page is an answer, not an empty page."""
    html = (unpacked(contents_of([]), tmp_path) / "START-HERE.html").read_text("utf-8")
    assert "We looked, and nothing here is about you." in html
    assert "Holds no personal data: addresses are cut off" in html


def test_portability_says_what_it_is(tmp_path: Path) -> None:
    """Art. 20 gives less than Art. 15: the page does not promise everything."""
    contents = contents_of([record(1)], right=Right.PORTABILITY)
    html = (unpacked(contents, tmp_path) / "START-HERE.html").read_text("utf-8")
    assert "Your data, to take along" in html
    assert "A copy of what our services hold" not in html


def test_a_name_the_template_does_not_know_is_an_error() -> None:
    """A gap in a page must be noticed when it is made, not by the person who reads it."""
    nothing: Any = object()
    overview = Overview(
        case="6c1f3c0e",
        right=Right.ACCESS,
        made="25 November 2026",
        clock="UTC",
        controller=COMPANY,
        language="en",
        services=(),
        withheld=(),
        files=0,
    )
    with pytest.raises(UndefinedError):
        list(JinjaRenderer().information(overview, nothing))


@pytest.fixture(scope="module")
def browser(program: dict[str, Path]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program["chromium"], args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Browser, file: Path, width: int, **options: Any) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 800}, **options)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    return page, asked


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_reads_well_whatever_the_values_say(
    browser: Browser, folder: Path, name: str, width: int, scripts: bool
) -> None:
    """No text runs off a telephone, nothing is asked of the network, and no value runs as code."""
    page, asked = opened(browser, folder / name, width, java_script_enabled=scripts)
    assert [url for url in asked if not url.startswith("file:")] == []
    if scripts:
        assert page.evaluate("document.documentElement.id") == ""
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("getComputedStyle(document.body).display") == "block"
    page.close()


@pytest.mark.needs("chromium")
def test_pictures_are_shown(browser: Browser, folder: Path) -> None:
    """The content security policy lets the package's own pictures through."""
    page, _ = opened(browser, folder / "START-HERE.html", 1280)
    sizes = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert sizes
    assert set(sizes) == {8}
    page.close()


@pytest.mark.needs("chromium")
def test_on_a_telephone_the_rest_of_the_rows_unfolds_without_scripts(browser: Browser, folder: Path) -> None:
    """Twenty cards would bury what follows them: five are shown, and a touch shows the others."""
    page, _ = opened(browser, folder / "START-HERE.html", 390)
    shown = page.locator("tbody tr:visible")
    assert shown.count() == 5
    page.get_by_text("Show 15 more").click()
    assert shown.count() == 20
    page.close()
