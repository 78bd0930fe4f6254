"""The legal clock of a case: until when the person must have an answer (Art. 12(3), Regulation 1182/71).

Pure: the moment of receipt comes in, civil days come out. State and outcome of a case never move it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.policy import Controller
from sectorprivacy.retention import add_months
from sectorprivacy.rights.coordinator._holidays import holidays

_SATURDAY = 5

ANSWER_MONTHS = 1
"""Months in which a request is answered (Art. 12(3), first sentence)."""

EXTENDED_MONTHS = 3
"""Months with the extension by two further ones; counted from receipt, never from a deadline that was moved."""


@frozen(kw_only=True)
class Deadlines:
    """The civil days of one request, in the controller's country.

    Args:
        received: Day of receipt, local to the controller.
        due: Last day for the answer.
        extended: Last day if the person is told the reason for an extension by `due`.
    """

    received: date
    due: date
    extended: date


def deadlines(received: datetime, controller: Controller) -> Deadlines:
    """The deadlines of a request.

    Args:
        received: Moment of receipt on any channel; aware.
        controller: Its time zone says which civil day that was, and whose holidays move the deadline.

    Raises:
        InvalidDeclaration: The moment is naive.
        NotYetSupported: There is no calendar of these holidays.
    """
    if received.tzinfo is None:
        raise InvalidDeclaration(where="received", problem="the moment is naive", instead="Give it a time zone")
    day = received.astimezone(ZoneInfo(controller.time_zone)).date()
    return Deadlines(
        received=day,
        due=due(day, ANSWER_MONTHS, controller.holidays),
        extended=due(day, EXTENDED_MONTHS, controller.holidays),
    )


def due(received: date, months: int, country: str) -> date:
    """The last day of a period of months that began with an event on the day `received`.

    The same date in the last month, or that month's end where it has no such date (Art. 3(2)(c) of the regulation); a
    Saturday, Sunday or public holiday moves it to the next working day (Art. 3(4)).
    """
    day = add_months(received, months)
    while day.weekday() >= _SATURDAY or day in holidays(country, day.year):
        day += timedelta(1)
    return day
