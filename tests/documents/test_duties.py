"""Who must be told of data that they did not give, and by when (Art. 14)."""

from __future__ import annotations

from datetime import date

import pytest

from alarm_company.policy import models, policy, titles
from sectorprivacy.annotations import read_fields
from sectorprivacy.documents import Duty, data_map, duties_to_inform, privacy_notice, to_markdown

MAP = data_map(policy, [read_fields(model) for model in models], titles=titles)
DUTIES = {each.role: each for each in duties_to_inform(policy, MAP)}


def test_whoever_is_named_by_others_is_told() -> None:
    """Contact persons and alarm users never gave their data; a customer and a writer did."""
    assert {"contact_person", "alarm_user", "payer", "bystander"} <= DUTIES.keys()
    assert not {"customer", "enquirer"} & DUTIES.keys()


def test_a_duty_says_what_is_held_where_and_for_what() -> None:
    """Enough to know whom to write to: data sets, categories and activities."""
    duty = DUTIES["contact_person"]
    assert "crm.contact_person" in duty.datasets
    assert {"name", "telephone"} <= set(duty.categories)
    assert {"identify-and-contact", "alarm-response"} <= set(duty.activities)
    assert "billing" not in duty.activities


def test_a_credit_rating_comes_from_elsewhere() -> None:
    """Somebody who asked for an offer did not give their credit rating."""
    assert DUTIES["interested_party"].categories == ("credit",)
    assert "credit-rating" in DUTIES["interested_party"].activities


@pytest.mark.parametrize("role", sorted(DUTIES))
def test_the_notice_for_others_speaks_to_whom_the_duty_names(role: str) -> None:
    """Duty and notice agree about whom Art. 14 is about."""
    from sectorprivacy.documents import catalogue, role_in_words

    assert role_in_words(role, catalogue("en")) in to_markdown(privacy_notice(policy, MAP, article=14)).lower()


DUTY = Duty(role="contact_person", datasets=(), categories=(), activities=())


@pytest.mark.parametrize(
    ("obtained", "others", "due"),
    [
        (date(2026, 11, 25), {}, date(2026, 12, 25)),
        (date(2027, 1, 31), {}, date(2027, 2, 28)),
        (date(2028, 1, 31), {}, date(2028, 2, 29)),
        (date(2026, 12, 15), {}, date(2027, 1, 15)),
        (date(2026, 11, 25), {"contacted": date(2026, 11, 27)}, date(2026, 11, 27)),
        (date(2026, 11, 25), {"disclosed": date(2026, 11, 26)}, date(2026, 11, 26)),
        (date(2026, 11, 25), {"contacted": date(2027, 3, 1), "disclosed": date(2027, 4, 1)}, date(2026, 12, 25)),
    ],
)
def test_the_first_of_three_moments_counts(obtained: date, others: dict[str, date], due: date) -> None:
    """A month by the calendar, the first word to them, or the first disclosure: whichever comes first (Art. 14(3))."""
    assert DUTY.due(obtained, **others) == due
