"""Calendar arithmetic of retention rules and deadlines: months clamp to the end of the month."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from sectorprivacy.policy import Keep


def add_months(day: date, months: int) -> date:
    """The same date `months` later, clamped to the end of that month (31 January and one month: 28 or 29 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def due_date(keep: Keep, event: date) -> date:
    """First civil day on which an activity no longer needs data whose event was on `event`.

    Args:
        keep: The activity's rule. With `end_of_year` the span is counted from 1 January after the event's year.
        event: Civil day of the event.
    """
    start = date(event.year + 1, 1, 1) if keep.end_of_year else event
    return add_months(start, keep.years * 12 + keep.months) + timedelta(days=keep.days)
