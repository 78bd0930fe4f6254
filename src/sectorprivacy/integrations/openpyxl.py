"""Tables as workbooks (XLSX): to read, filter and print; every cell is text, so nothing in one can run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import BinaryIO

from sectorprivacy.documents import Table
from sectorprivacy.errors import InvalidDeclaration, MissingExtra

try:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties
    from openpyxl.worksheet.worksheet import Worksheet
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.openpyxl", extra="xlsx") from None

_LONGEST_CELL = 32_767
"""Characters that a cell takes; openpyxl would cut off the rest and say nothing."""

_NARROWEST, _WIDEST = 14, 60
"""Widths of a column, in characters."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_TITLES = re.compile(r"[\\*?:/\[\]\x00-\x1f]")
_LONGEST_TITLE = 31

_HEADER = Font(bold=True), PatternFill("solid", fgColor="FFE7ECF2")
_WRAPPED = Alignment(vertical="top", wrap_text=True)


def write_xlsx(table: Table, target: BinaryIO, *, title: str = "Art. 30") -> None:
    """Write a table as a workbook of one sheet, with a frozen header and a filter, to print on wide A3 paper.

    Every cell is text, also after somebody edits it in Excel: "=1+1" stays what somebody wrote. Characters that XML
    cannot hold are shown as U+FFFD.

    Args:
        table: What the sheet shows.
        target: Takes the bytes of the workbook.
        title: Name of the sheet; characters that Excel forbids there become spaces, and it is cut at 31.

    Raises:
        InvalidDeclaration: A text is longer than the 32 767 characters that a cell takes.
    """
    workbook = Workbook()
    for surplus in workbook.worksheets:
        workbook.remove(surplus)
    sheet = workbook.create_sheet(_sheet_title(title))
    for number, texts in enumerate((table.columns, *table.rows), 1):
        _write_row(sheet, number, texts)
    _style_header(sheet, len(table.columns))
    _set_widths(sheet, table)
    _set_up_print(sheet)
    workbook.save(target)


def _write_row(sheet: Worksheet, number: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts, 1):
        cell = sheet.cell(number, column, _writable(text))
        cell.data_type = "s"
        cell.quotePrefix = True
        cell.alignment = _WRAPPED


def _writable(text: str) -> str:
    if len(text) > _LONGEST_CELL:
        raise InvalidDeclaration(
            where="workbook",
            problem=f"a text of {len(text)} characters is longer than a cell takes ({_LONGEST_CELL})",
            instead="Write the table as CSV",
        )
    return _NOT_IN_XML.sub("\ufffd", text)


def _style_header(sheet: Worksheet, columns: int) -> None:
    for column in range(1, columns + 1):
        cell = sheet.cell(1, column)
        cell.font, cell.fill = _HEADER
    # The first column stays too: it names the row that somebody reads far to the right.
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions


def _set_widths(sheet: Worksheet, table: Table) -> None:
    for column, texts in enumerate(zip(table.columns, *table.rows, strict=True), 1):
        longest = max(len(line) for text in texts for line in (text.splitlines() or [""]))
        sheet.column_dimensions[get_column_letter(column)].width = min(max(longest + 2, _NARROWEST), _WIDEST)


def _set_up_print(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _sheet_title(title: str) -> str:
    return _NOT_IN_TITLES.sub(" ", title)[:_LONGEST_TITLE].strip(" '") or "Sheet"
