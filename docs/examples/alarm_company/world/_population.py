"""Settles the town with everybody who is not in the story: households, homes that changed owner, reused slots."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from attrs import frozen

from alarm_company.world._rows import Customer, Installation, Person
from alarm_company.world._town import Town

_RESOLD = 12  # one home in so many has had a second owner


@frozen
class _Household:
    customer: Customer
    family: tuple[Person, ...]


def populate(town: Town, rng: Random, customers: int) -> None:
    """Add `customers` customers, at least 2, with their homes and households, then name their contact persons."""
    resold = max(1, customers // (_RESOLD + 1))
    households: list[_Household] = []
    for number in range(customers - resold):
        home = town.build_home()
        start = _noon(town.now - timedelta(days=rng.randrange(230, 4000)))
        if number < resold:
            sold = _noon(start + (town.now - start) * rng.uniform(0.3, 0.98))
            seller = _settle(town, rng, home, start, sold)
            buyer = _settle(town, rng, home, sold)
            town.hand_over(home, seller.customer, buyer.customer, sold)
            households += [seller, buyer]
        else:
            households.append(_settle(town, rng, home, start))
    for household in households:
        _name_contacts(town, rng, household, households)


def _settle(town: Town, rng: Random, home: Installation, start: datetime, end: datetime | None = None) -> _Household:
    owner = town.people.draw()
    last_name = owner.name.split()[-1]
    family = tuple(town.people.draw(last_name) for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 3))))
    customer = town.move_in(home, owner, start, end)
    for slot, person in enumerate(family, start=2):
        town.give_slot(home, slot, person, start, end)
    if rng.random() < 0.15:
        _help_in_the_house(town, rng, home, len(family) + 2, start, end)
    return _Household(customer, family)


def _help_in_the_house(
    town: Town, rng: Random, home: Installation, slot: int, start: datetime, end: datetime | None
) -> None:
    """Two helpers after one another on the same place of the panel."""
    left = _noon(start + ((end or town.now) - start) * rng.uniform(0.4, 0.9))
    town.give_slot(home, slot, town.people.draw(), start, left)
    town.give_slot(home, slot, town.people.draw(), left, end)


def _name_contacts(town: Town, rng: Random, household: _Household, neighbours: list[_Household]) -> None:
    others = {person.pid: person for person in household.family}
    if rng.random() < 0.6:
        neighbour = rng.choice(neighbours).customer.person
        others[neighbour.pid] = neighbour
    if not others or rng.random() < 0.3:
        relative = town.people.draw()
        others[relative.pid] = relative
    others.pop(household.customer.person.pid, None)
    town.name_contacts(household.customer, *others.values())


def _noon(moment: datetime) -> datetime:
    return moment.replace(hour=12, minute=0, second=0, microsecond=0)
