from __future__ import annotations

import io
import sys
import zipfile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from sectorprivacy.documents import Table
from sectorprivacy.errors import InvalidDeclaration, MissingExtra
from sectorprivacy.integrations.openpyxl import write_xlsx

TABLE = Table(columns=("Activity", "Recipients"), rows=(("Billing", "Fjordsky; Åsa"), ("Monitoring", "")))


def written(table: Table, **asked: str) -> bytes:
    target = io.BytesIO()
    write_xlsx(table, target, **asked)
    return target.getvalue()


def sheet_of(table: Table, **asked: str) -> Worksheet:
    workbook = openpyxl.load_workbook(io.BytesIO(written(table, **asked)))
    (sheet,) = workbook.worksheets
    return sheet


def of_one(text: str) -> Table:
    return Table(columns=("Text",), rows=((text,),))


def test_a_table_is_read_back_as_it_was() -> None:
    """A row of the sheet is a row of the table, and its first row is the header."""
    rows = [tuple(cell or "" for cell in row) for row in sheet_of(TABLE).values]
    assert rows == [TABLE.columns, *TABLE.rows]


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "#N/A", "#REF!", "12", "="])
def test_every_cell_is_text(text: str) -> None:
    """What somebody wrote is shown and never run, nor taken for a number or an error; also after it is edited."""
    sheet = sheet_of(of_one(text))
    cell = sheet["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
    with zipfile.ZipFile(io.BytesIO(written(of_one(text)))) as workbook:
        assert b"<f" not in workbook.read("xl/worksheets/sheet1.xml").replace(b"<family", b"")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_a_character_that_xml_cannot_hold_is_shown(character: str) -> None:
    """A text with a control character does not stop the record, nor does the character vanish unseen."""
    assert sheet_of(of_one(f"a{character}b"))["A2"].value == "a\ufffdb"


def test_nothing_is_cut_off_in_silence() -> None:
    """A record that lacks the end of a text says something else than the register: it is refused."""
    assert len(str(sheet_of(of_one("a" * 32_767))["A2"].value)) == 32_767
    with pytest.raises(InvalidDeclaration, match="Write the table as CSV"):
        written(of_one("a" * 32_768))


def test_it_reads_well_on_screen_and_on_paper() -> None:
    """The header stays and repeats, text wraps in columns that fit, and the sheet prints one page wide."""
    sheet = sheet_of(Table(columns=("Id", "Long"), rows=(("a", "word " * 100),)))
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("B2", "A1:B2", "$1:$1")
    assert [sheet.column_dimensions[name].width for name in "AB"] == [14, 60]
    assert sheet["B2"].alignment.wrap_text
    assert sheet["A1"].font.bold
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (
        "landscape",
        1,
        0,
    )


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Record", "Record"),
        ("Art. 30: a/b [c]*?", "Art. 30  a b  c"),
        ("x" * 40, "x" * 31),
        ("'=1'", "=1"),
        ("", "Sheet"),
    ],
)
def test_any_title_names_a_sheet(title: str, shown: str) -> None:
    """A workbook that Excel calls damaged is no record: what it forbids in names is left out."""
    assert sheet_of(TABLE, title=title).title == shown


def test_a_table_without_rows_is_a_header() -> None:
    """A register that declares nothing yet still has a record."""
    assert list(sheet_of(Table(columns=("A", "B"), rows=())).values) == [("A", "B")]


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lacks openpyxl reads which extra brings it, not an import error of somebody else's."""
    monkeypatch.delitem(sys.modules, "sectorprivacy.integrations.openpyxl")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtra, match=r"sectorprivacy\[xlsx\]"):
        __import__("sectorprivacy.integrations.openpyxl")
