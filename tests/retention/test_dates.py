"""Calendar arithmetic: the day a lawyer would write into the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectorprivacy.policy import Keep
from sectorprivacy.retention import add_months, due_date

DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))
MONTHS = st.integers(0, 1200)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 5, 15), 0, date(2026, 5, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_clamp_to_the_end_of_the_month(day: date, months: int, expected: date) -> None:
    """A month after 31 January is the last of February, not the beginning of March."""
    assert add_months(day, months) == expected


@given(DAYS, MONTHS)
def test_a_month_is_never_passed_over(day: date, months: int) -> None:
    """The result lies in the month that is so many after, on the same day or its last one."""
    result = add_months(day, months)
    assert (result.year * 12 + result.month) - (day.year * 12 + day.month) == months
    assert result.day == day.day or (result + timedelta(days=1)).day == 1


@given(DAYS, DAYS, MONTHS)
def test_later_events_are_never_due_earlier(one: date, other: date, months: int) -> None:
    """The order of events is the order in which they fall due."""
    first, second = sorted([one, other])
    for keep in (Keep(months=months, after="x"), Keep(months=months, after="x", end_of_year=True)):
        assert due_date(keep, first) <= due_date(keep, second)


@pytest.mark.parametrize(
    ("keep", "event", "due"),
    [
        (Keep(after="x"), date(2026, 5, 15), date(2026, 5, 15)),
        (Keep(after="x", months=3), date(2026, 5, 15), date(2026, 8, 15)),
        (Keep(after="x", years=1, months=2, days=3), date(2027, 12, 31), date(2029, 3, 3)),
        (Keep(after="x", years=5, end_of_year=True), date(2020, 1, 1), date(2026, 1, 1)),
        (Keep(after="x", years=5, end_of_year=True), date(2020, 12, 31), date(2026, 1, 1)),
        (Keep(after="x", end_of_year=True), date(2020, 12, 31), date(2021, 1, 1)),
    ],
)
def test_the_due_date_is_the_first_day_without_need(keep: Keep, event: date, due: date) -> None:
    """Bookkeeping counts five full years from the close of the year, whichever day the invoice has."""
    assert due_date(keep, event) == due
