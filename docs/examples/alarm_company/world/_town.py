"""Homes, their owners, their users and the people to call: the town while it is being settled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from random import Random

from alarm_company.world._names import STREETS, TOWNS
from alarm_company.world._people import People
from alarm_company.world._rows import (
    Agreement,
    ContactPerson,
    Customer,
    Installation,
    Ownership,
    OwnershipChange,
    Person,
    UserSlot,
)


class Town:
    """What `crm` knows, row by row.

    Args:
        today: The world ends at the start of this day, in UTC.
    """

    def __init__(self, people: People, rng: Random, today: date) -> None:
        self.people = people
        self.now = datetime.combine(today, time(), tzinfo=UTC)
        self.customers: list[Customer] = []
        self.installations: list[Installation] = []
        self.agreements: list[Agreement] = []
        self.ownerships: list[Ownership] = []
        self.ownership_changes: list[OwnershipChange] = []
        self.contact_persons: list[ContactPerson] = []
        self.user_slots: list[UserSlot] = []
        self._rng = rng
        self._customer_numbers = _distinct(rng, 1_000_000, 10_000_000)
        self._installation_numbers = _distinct(rng, 100_000, 1_000_000)

    def build_home(self) -> Installation:
        """A new home with an alarm system."""
        street, house = self._rng.choice(STREETS), self._rng.randrange(1, 120)
        home = Installation(
            number=f"I-{next(self._installation_numbers)}",
            address=f"{street} {house}, {self._rng.choice(TOWNS)}",
        )
        self.installations.append(home)
        return home

    def move_in(self, home: Installation, owner: Person, start: datetime, end: datetime | None = None) -> Customer:
        """A new customer who owns the home, uses its first slot and has an agreement, all for the same time."""
        customer = Customer(number=f"C-{next(self._customer_numbers)}", person=owner, registered=start)
        self.customers.append(customer)
        self.agreements.append(Agreement(customer=customer.number, installation=home.number, signed=start, ended=end))
        self.ownerships.append(Ownership(installation=home.number, customer=customer.number, start=start, end=end))
        self.give_slot(home, 1, owner, start, end)
        return customer

    def hand_over(self, home: Installation, old: Customer, new: Customer, at: datetime) -> None:
        """Record that the home passed from one customer to the next."""
        self.ownership_changes.append(OwnershipChange(installation=home.number, old=old.number, new=new.number, at=at))

    def give_slot(
        self, home: Installation, number: int, person: Person, start: datetime, end: datetime | None = None
    ) -> None:
        """A place on the home's panel for a person, from `start` until `end`."""
        self.user_slots.append(
            UserSlot(installation=home.number, slot=f"{home.number}/{number}", person=person, start=start, end=end)
        )

    def name_contacts(self, customer: Customer, *people: Person) -> None:
        """Whom the customer wants to be called, first to last."""
        for order, person in enumerate(people, start=1):
            self.contact_persons.append(
                ContactPerson(
                    customer=customer.number,
                    person=person,
                    name=person.name,
                    telephone=person.telephone,
                    email=person.email,
                    order=order,
                )
            )


def _distinct(rng: Random, low: int, high: int) -> Iterator[int]:
    used: set[int] = set()
    while True:
        number = rng.randrange(low, high)
        if number not in used:
            used.add(number)
            yield number
