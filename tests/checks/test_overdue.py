"""A field that was to be sealed by now is found, until somebody names another day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import pytest
from attrs import define

from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.encryption import Sealed
from sectorprivacy.vocabulary import categories as C
from tests.checks.company import Customer, codes, found


def migrating(until: date) -> type:
    @personal(
        id="shop.account",
        key="number",
        anchors={"left": "number"},
        fields={"email": Personal(C.EMAIL, plaintext_until=until)},
    )
    @define
    class Account:
        number: Annotated[str, SubjectId("customer_number", role="customer")]
        email: Sealed[str]

    return Account


@pytest.mark.parametrize(
    ("until", "found_codes"),
    [
        (date(2026, 11, 24), ["plaintext-overdue"]),
        (date(2026, 11, 25), []),
        (date(2027, 1, 1), []),
    ],
)
def test_the_last_day_counts_as_a_whole(until: date, found_codes: list[str]) -> None:
    """On its last day the migration still goes on; from the next day its end is found."""
    assert codes(found(models=(Customer, migrating(until)), today=date(2026, 11, 25))) == found_codes


def test_what_is_found_says_where_and_until_when() -> None:
    """Whoever reads it knows the field, the day and the way out."""
    (finding,) = found(models=(Customer, migrating(date(2026, 11, 24))), today=date(2026, 11, 25))
    assert finding.where == "shop.account.email"
    assert "until 2026-11-24" in finding.message


def test_by_default_it_is_today() -> None:
    """A build says so from the day on, without being told the day."""
    past = datetime.now(UTC).date() - timedelta(days=2)
    assert codes(found(models=(Customer, migrating(past)))) == ["plaintext-overdue"]
