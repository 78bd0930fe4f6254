"""Public holidays of the countries whose controllers the clock knows, computed for any year."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache

from sectorprivacy.errors import NotYetSupported

_SATURDAY = 5


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    leaps, leap_rest = divmod(of_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leaps - epact - leap_rest) % 7
    shift = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def _norway(year: int) -> frozenset[date]:
    """Act on public holidays of 1995, s. 2, with 1 and 17 May by the act of 1947."""
    moving = {easter(year) + timedelta(days) for days in (-3, -2, 0, 1, 39, 49, 50)}
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))}
    return frozenset(moving | fixed)


def _sweden(year: int) -> frozenset[date]:
    """Act on public holidays of 1989; the eves that the act on time limits of 1930 treats alike are added."""
    moving = {easter(year) + timedelta(days) for days in (-2, 0, 1, 39, 49)}
    fixed = {date(year, month, day) for month, day in ((1, 1), (1, 6), (5, 1), (6, 6), (12, 25), (12, 26))}
    midsummer = _saturday_from(date(year, 6, 20))
    all_saints = _saturday_from(date(year, 10, 31))
    eves = {midsummer - timedelta(1), date(year, 12, 24), date(year, 12, 31)}
    return frozenset(moving | fixed | {midsummer, all_saints} | eves)


def _saturday_from(day: date) -> date:
    return day + timedelta((_SATURDAY - day.weekday()) % 7)


_CALENDARS: Mapping[str, Callable[[int], frozenset[date]]] = {"NO": _norway, "SE": _sweden}


@cache
def holidays(country: str, year: int) -> frozenset[date]:
    """Public holidays of a country (ISO 3166 code) in a year.

    Raises:
        NotYetSupported: There is no calendar for the country.
    """
    if country not in _CALENDARS:
        raise NotYetSupported(what=f"The holiday calendar of {country}")
    return _CALENDARS[country](year)
