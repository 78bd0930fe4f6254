"""The legal clock: one month from the civil day of receipt, moved to a working day (Art. 12(3), Regulation 1182/71)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sectorprivacy.errors import InvalidDeclaration, NotYetSupported
from sectorprivacy.policy import Controller
from sectorprivacy.retention import add_months
from sectorprivacy.rights.coordinator import deadlines
from sectorprivacy.rights.coordinator._clock import due
from sectorprivacy.rights.coordinator._holidays import easter, holidays

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "deadlines.json").read_text())
NORWEGIAN = Controller("Sector Alarm Group AS", id="sector-alarm", country="NO")


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["received"])
def test_every_vector(vector: dict[str, str]) -> None:
    """All rows of the published vectors: the unmoved day, the due day and the extended one."""
    received = date.fromisoformat(vector["received"])
    assert add_months(received, 1).isoformat() == vector["raw"]
    assert due(received, 1, VECTORS["country"]).isoformat() == vector["due"]
    assert due(received, 3, VECTORS["country"]).isoformat() == vector["extended"]


def test_norwegian_holidays_are_those_of_the_vectors() -> None:
    """The computed calendar has exactly the days that the vectors list."""
    computed = {day.isoformat() for year in range(2026, 2030) for day in holidays("NO", year)}
    assert computed == set(VECTORS["holidays"])


@pytest.mark.parametrize(
    ("year", "day"),
    [(1818, "03-22"), (1943, "04-25"), (2000, "04-23"), (2026, "04-05"), (2038, "04-25"), (2285, "03-22")],
)
def test_easter(year: int, day: str) -> None:
    """Easter of years whose date is known, the earliest and latest possible ones among them."""
    assert easter(year).isoformat() == f"{year}-{day}"


@pytest.mark.parametrize(
    "day",
    ["2026-01-06", "2026-04-03", "2026-05-14", "2026-06-06", "2026-06-19", "2026-06-20", "2026-10-31", "2026-12-24"],
)
def test_swedish_holidays(day: str) -> None:
    """Sweden has its own: epiphany, the national day, midsummer and its eve, all saints, Christmas Eve."""
    assert date.fromisoformat(day) in holidays("SE", 2026)


@pytest.mark.parametrize("day", ["2026-04-02", "2026-05-17", "2026-05-25"])
def test_norwegian_holidays_are_not_swedish_ones(day: str) -> None:
    """Maundy Thursday, 17 May and Whit Monday are working days in Sweden where they are no Sunday."""
    assert date.fromisoformat(day) not in holidays("SE", 2026)


def test_the_day_of_receipt_is_local_to_the_controller() -> None:
    """22:30 UTC on 31 March is 1 April in Oslo, and the month counts from there."""
    days = deadlines(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), NORWEGIAN)
    assert (days.received, days.due) == (date(2026, 4, 1), date(2026, 5, 4))


def test_a_naive_moment_is_refused() -> None:
    """A moment without a zone has no civil day."""
    with pytest.raises(InvalidDeclaration):
        deadlines(datetime(2026, 3, 31, 22, 30), NORWEGIAN)  # noqa: DTZ001  # a naive one is the case


def test_a_country_without_a_calendar_is_refused() -> None:
    """A deadline is never computed without the holidays of the country."""
    with pytest.raises(NotYetSupported):
        deadlines(datetime(2026, 3, 31, tzinfo=UTC), Controller("X", id="x", country="FR"))
