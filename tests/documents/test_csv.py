from __future__ import annotations

import csv

import pytest

from sectorprivacy.documents import Table, csv_line, to_csv

TABLE = Table(columns=("Who", "What"), rows=(("Bjørn", 'said "no"\nthen left'), ("Åsa", "a, b; c")))


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", " =", "\u00a0@", "\u3000+"]
)
def test_no_cell_can_act_as_a_formula(start: str) -> None:
    """OWASP, CSV injection: a spreadsheet must show what somebody typed, never run it."""
    assert csv_line([start + "1+1", "b"]) == f'"\'{start}1+1","b"\r\n'


@pytest.mark.parametrize("text", ["", "Furuveien 12", "a=b", "'=1", "12.50", "-449.00", "-3"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    """What is no formula is not touched."""
    assert csv_line([text]) == f'"{text}"\r\n'


def test_a_quote_cannot_end_its_cell() -> None:
    """RFC 4180: a quote is written twice, so that no text breaks out into the next cell."""
    assert csv_line(['",=1+1,"']) == '""",=1+1,"""\r\n'


def test_a_table_is_read_back_as_it_was() -> None:
    """A byte order mark, CRLF and quotes around every cell: names with accents and texts of several lines survive."""
    text = to_csv(TABLE)
    assert text.startswith('\ufeff"Who","What"\r\n')
    header, *rows = csv.reader(text.encode().decode("utf-8-sig").splitlines(keepends=True), strict=True)
    assert (tuple(header), tuple(map(tuple, rows))) == (TABLE.columns, TABLE.rows)


def test_the_header_is_held_to_the_same_rule() -> None:
    """The label of a field is text of the company's, and no more trusted than a value."""
    assert to_csv(Table(columns=("=1+1",), rows=())) == '\ufeff"\'=1+1"\r\n'
