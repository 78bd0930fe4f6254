"""Who agreed to the bonus programme, and who wants no newsletters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from alarm_company.world._rows import Consent, Customer, Objection, Person

BONUS_PROGRAMME = "bonus-programme"
NEWSLETTERS = "newsletters"
TEXT_VERSION = "2"
"""Version of the text on the bonus programme that customers are shown now; earlier ones saw version 1."""


def consents(customers: Iterable[Customer], rng: Random, now: datetime) -> Iterator[Consent]:
    """Three customers in ten agreed to the bonus programme, each some time after they came."""
    for customer in customers:
        if rng.random() < 0.3:
            yield Consent(
                customer=customer.number,
                activity=BONUS_PROGRAMME,
                text_version=rng.choice(("1", TEXT_VERSION)),
                at=_since(customer.registered, rng, now),
            )


def objections(
    customers: Iterable[Customer], enquirers: Iterable[Person], rng: Random, now: datetime
) -> Iterator[Objection]:
    """One in ten objected to newsletters: customers by their number, others by their e-mail address."""
    for customer in customers:
        if rng.random() < 0.1:
            at = _since(customer.registered, rng, now)
            yield Objection(customer=customer.number, email=None, activity=NEWSLETTERS, at=at)
    for person in enquirers:
        if rng.random() < 0.1:
            at = _since(now - timedelta(days=365), rng, now)
            yield Objection(customer=None, email=person.email, activity=NEWSLETTERS, at=at)


def _since(start: datetime, rng: Random, now: datetime) -> datetime:
    return start + timedelta(seconds=int((now - start).total_seconds() * rng.random()))
