"""The commands that write what people read, run at the root of this project: they take the reference company."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sectorprivacy.cli import run
from sectorprivacy.cli._configuration import read_configuration
from sectorprivacy.cli._declared import declared_policy
from sectorprivacy.documents import DataMap
from sectorprivacy.policy import PolicyDocument

LANGUAGES = ("en", "nb", "sv")


@pytest.fixture(autouse=True)
def _at_the_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)


def told(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> bytes:
    """Standard output of a command that ended well and said nothing else."""
    assert run(arguments) == 0
    result = capfdbinary.readouterr()
    assert result.err == b""
    return result.out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("article", ["13", "14"])
def test_notice(capfdbinary: pytest.CaptureFixture[bytes], language: str, article: str) -> None:
    """The notice is there in three languages and both versions, as a page and as Markdown with the same title."""
    asked = ("notice", "--language", language, "--article", article, "--format")
    html = told(capfdbinary, *asked, "html").decode()
    markdown = told(capfdbinary, *asked, "markdown").decode()
    assert html.startswith(f'<!doctype html>\n<html lang="{language}">')
    title = markdown.partition("\n")[0].removeprefix("# ")
    assert f"<title>{title}</title>" in html
    assert "Vitaminveien 1A" in markdown
    assert json.loads(told(capfdbinary, *asked, "json"))["language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_record(capfdbinary: pytest.CaptureFixture[bytes], language: str) -> None:
    """The record is there to read and as a table, with a row for each activity."""
    asked = ("record", "--language", language, "--format")
    assert f'lang="{language}"' in told(capfdbinary, *asked, "html").decode()
    table = told(capfdbinary, *asked, "csv").decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(told(capfdbinary, *asked, "xlsx"))) as workbook:
        assert "xl/workbook.xml" in workbook.namelist()
    assert told(capfdbinary, *asked, "markdown").startswith(b"# ")
    activities = declared_policy(read_configuration(Path.cwd()), "policy", "alarm_company.policy:policy").activities
    assert table.count("\r\n") == len(activities) + 2  # with its head, and the answering of rights


def test_datamap(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """The map is there as its own format, as linked data and as a picture."""
    found = DataMap.model_validate_json(told(capfdbinary, "datamap"))
    assert len(found.services) == 10
    assert json.loads(told(capfdbinary, "datamap", "--format", "jsonld"))["@context"]
    for language in LANGUAGES:
        picture = ET.fromstring(told(capfdbinary, "datamap", "--format", "svg", "--language", language))
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"


def test_policy_show_and_diff(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    """A stored register is compared with the one in force, by file, as a data map, and by its name in Python."""
    shown = told(capfdbinary, "policy", "show")
    now = PolicyDocument.model_validate_json(shown)
    (tmp_path / "now.json").write_bytes(shown)
    same = told(capfdbinary, "policy", "diff", str(tmp_path / "now.json"))
    assert told(capfdbinary, "policy", "diff", "alarm_company.policy:policy") == same
    (tmp_path / "map.json").write_bytes(told(capfdbinary, "datamap"))
    assert told(capfdbinary, "policy", "diff", str(tmp_path / "map.json")) == same
    fewer = now.model_copy(update={"activities": now.activities[1:], "version": "2026-10"})
    (tmp_path / "old.json").write_text(fewer.model_dump_json())
    for language in LANGUAGES:
        changed = told(capfdbinary, "policy", "diff", str(tmp_path / "old.json"), "--language", language)
        assert changed != same
        assert now.activities[0].title[language].lower() in changed.decode().lower()


def test_policy_diff_reads_standard_input(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`git show REVISION:privacy.lock.json | sectorprivacy policy diff -` needs no file in between."""
    shown = told(capfdbinary, "policy", "show")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(shown)))
    assert told(capfdbinary, "policy", "diff", "-").startswith(b"# ")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"format": "sectorprivacy/policy/2"}', "\x00", "[" * 100_000])
def test_policy_diff_refuses_what_is_no_register(
    capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path, content: str
) -> None:
    """A wrong file is one sentence with its name, and nothing of its content."""
    (tmp_path / "x.json").write_text(content)
    assert run(["policy", "diff", str(tmp_path / "x.json")]) == 1
    result = capfdbinary.readouterr()
    assert result.out == b""
    assert b"x.json cannot be used" in result.err
    assert result.err.count(b"\n") == 1


def test_a_file_that_is_not_there_is_said(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """No traceback for a misspelt name."""
    assert run(["policy", "diff", "nowhere.json"]) == 1
    assert b"nowhere.json cannot be used" in capfdbinary.readouterr().err


def test_output_is_a_whole_file(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    """With --output nothing goes to standard output, and the file is what would have gone there."""
    target = tmp_path / "map.json"
    target.write_text("what was there")
    target.chmod(0o640)
    assert told(capfdbinary, "datamap", "--output", str(target)) == b""
    assert target.read_bytes() == told(capfdbinary, "datamap")
    assert target.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_output_that_cannot_be_written_is_said(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    """A folder that is not there is one sentence, not a traceback."""
    assert run(["datamap", "--output", str(tmp_path / "none" / "map.json")]) == 1
    result = capfdbinary.readouterr()
    assert result.out == b""
    assert b"map.json was not written" in result.err


@pytest.mark.parametrize("command", [["notice"], ["record"], ["datamap", "--format", "svg"], ["policy", "diff", "-"]])
def test_a_language_nobody_wrote_is_said(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """There is no silent English: a language without a catalogue is refused."""
    if command[-1] == "-":
        shown = told(capfdbinary, "policy", "show")
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(shown)))
    assert run([*command, "--language", "tlh"]) == 1
    assert b"'tlh'" in capfdbinary.readouterr().err


@pytest.mark.parametrize("command", ["notice", "record", "datamap", "policy"])
def test_help_says_what_a_command_does(capfdbinary: pytest.CaptureFixture[bytes], command: str) -> None:
    """Whoever asks for help gets the options with their meaning."""
    assert run([command, "--help"]) == 0
    assert len(capfdbinary.readouterr().out.splitlines()) > 5


def test_notice_publishes_once(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    """Every language and article is kept and its digest told; a second time nothing changes."""
    folder = tmp_path / "notices"
    first = told(capfdbinary, "notice", "--publish", str(folder))
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert first.count(b"\n") == len(kept) == 2 * len(LANGUAGES)
    assert told(capfdbinary, "notice", "--publish", str(folder)) == first
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == kept
