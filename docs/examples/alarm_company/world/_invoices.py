"""Invoices: one a quarter for each agreement, of the present year and the seven before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random

from alarm_company.world._rows import Agreement, Invoice

YEARS = 7
FIRST_ID = 300_001

_RISE = 1.03  # of prices, from one year to the next
_ORDINALS = ("1st", "2nd", "3rd", "4th")
_PATIENCE = timedelta(days=60)  # after so long everything has been paid, if late


def invoices(agreements: Iterable[Agreement], rng: Random, today: date) -> tuple[Invoice, ...]:
    """All invoices, numbered in the order in which they were issued."""
    first_year = today.year - YEARS
    quarters = [date(year, month, 1) for year in range(first_year, today.year + 1) for month in (1, 4, 7, 10)]
    issued = sorted(
        (day, agreement.customer, price)
        for agreement in agreements
        for price in [rng.randrange(39_900, 64_900, 1_000)]
        for day in _billed(agreement, quarters, today)
    )
    return tuple(
        Invoice(
            id=number,
            customer=customer,
            issued=day,
            due=day + timedelta(days=14),
            amount=round(3 * price * _RISE ** (day.year - first_year)),
            paid=_paid(rng, day, today),
            text=f"Alarm monitoring and rented equipment, {_ORDINALS[day.month // 3]} quarter {day.year}",
        )
        for number, (day, customer, price) in enumerate(issued, start=FIRST_ID)
    )


def _billed(agreement: Agreement, quarters: Iterable[date], today: date) -> Iterator[date]:
    end = today if agreement.ended is None else agreement.ended.date()
    return (day for day in quarters if agreement.signed.date() <= day < end)


def _paid(rng: Random, issued: date, today: date) -> date | None:
    """Most pay within a fortnight; who has not paid yet is reminded."""
    late = rng.random() < 0.03
    paid = issued + timedelta(days=rng.randrange(20, _PATIENCE.days) if late else rng.randrange(2, 15))
    return paid if paid < today else None
