"""Tables as CSV, in which no cell can act as a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sectorprivacy.documents._tree import Table

_BYTE_ORDER_MARK: Final = "\ufeff"
"""What stands first in a CSV, so that spreadsheets read it as UTF-8."""

_FORMULA_STARTS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_NEGATIVE_NUMBER = re.compile(r"-[0-9]+(\.[0-9]+)?")


def to_csv(table: Table) -> str:
    """The table as CSV (RFC 4180): a byte order mark, CRLF, every cell quoted, no cell that could act as a formula."""
    return _BYTE_ORDER_MARK + "".join(csv_line(row) for row in (table.columns, *table.rows))


def csv_line(cells: Iterable[str]) -> str:
    """One line of such a CSV, with its end."""
    return ",".join(_quoted(_inert(cell)) for cell in cells) + "\r\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection): such a start gets an apostrophe before it.

    White space in front is looked through, because some programs trim it first. A plain negative number stays a number.
    """
    if _NEGATIVE_NUMBER.fullmatch(cell):
        return cell
    start = cell.lstrip(" \u00a0\u3000")[:1]
    return f"'{cell}" if start and start in _FORMULA_STARTS else cell
