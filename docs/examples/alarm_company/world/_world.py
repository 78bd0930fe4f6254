"""The whole world, made from a seed, with the truth about whose data is whose."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from random import Random
from typing import Self

from attrs import frozen

from alarm_company.world._correspondence import contacts, messages, recordings
from alarm_company.world._events import activations, alarms, arming_events
from alarm_company.world._invoices import invoices
from alarm_company.world._people import People
from alarm_company.world._population import populate
from alarm_company.world._preferences import consents, objections
from alarm_company.world._rows import (
    Activation,
    Agreement,
    ArmingEvent,
    Consent,
    ContactPerson,
    Customer,
    Installation,
    Invoice,
    Message,
    Objection,
    Ownership,
    OwnershipChange,
    Person,
    Recording,
    UserSlot,
)
from alarm_company.world._story import CUSTOMERS, Story, tell
from alarm_company.world._town import Town

FEWEST_CUSTOMERS = 20
BOOKKEEPING_YEARS = 5
"""How many years after its financial year an invoice is kept (Norwegian bookkeeping act, s. 13)."""


@frozen(kw_only=True, repr=False)
class World:
    """Everything the services of the reference company hold, in rows; times are aware and in UTC.

    The questions at the end are answered from the rows alone, without any service: tests hold services to them.
    """

    today: date
    story: Story
    people: tuple[Person, ...]
    customers: tuple[Customer, ...]
    installations: tuple[Installation, ...]
    agreements: tuple[Agreement, ...]
    ownerships: tuple[Ownership, ...]
    ownership_changes: tuple[OwnershipChange, ...]
    contact_persons: tuple[ContactPerson, ...]
    user_slots: tuple[UserSlot, ...]
    arming_events: tuple[ArmingEvent, ...]
    activations: tuple[Activation, ...]
    invoices: tuple[Invoice, ...]
    messages: tuple[Message, ...]
    recordings: tuple[Recording, ...]
    consents: tuple[Consent, ...]
    objections: tuple[Objection, ...]

    @classmethod
    def generate(cls, seed: int = 1, customers: int = 2000, today: date = date(2026, 11, 25)) -> Self:
        """The world of that seed: the same arguments make the same world, on every machine.

        Args:
            seed: Any number.
            customers: How many, at least 20; with 2,000 there are more than 200,000 arming events.
            today: The world ends at the start of this day, in UTC.

        Raises:
            ValueError: There are too few customers for the story.
        """
        if customers < FEWEST_CUSTOMERS:
            raise ValueError(f"a world has at least {FEWEST_CUSTOMERS} customers")

        def dice(part: str) -> Random:
            # Each part has its own, so that a change in one leaves the others as they were.
            return Random(f"{seed}/{part}")

        town = Town(People(dice("people"), today), dice("town"), today)
        story = tell(town)
        populate(town, dice("population"), customers - CUSTOMERS)
        enquirers = [town.people.draw() for _ in range(customers // 20)]
        others = [customer for customer in town.customers if not story.is_about(customer.person)]
        other_slots = [slot for slot in town.user_slots if slot.installation not in story.homes]
        now = town.now
        in_touch = [*story.contacts(), *contacts(others, enquirers, dice("contacts"), now)]
        return cls(
            today=today,
            story=story,
            people=tuple(town.people.drawn),
            customers=tuple(sorted(town.customers, key=lambda customer: customer.number)),
            installations=tuple(sorted(town.installations, key=lambda installation: installation.number)),
            agreements=tuple(sorted(town.agreements, key=lambda agreement: agreement.customer)),
            ownerships=tuple(sorted(town.ownerships, key=lambda ownership: (ownership.installation, ownership.start))),
            ownership_changes=tuple(sorted(town.ownership_changes, key=lambda change: (change.at, change.old))),
            contact_persons=tuple(sorted(town.contact_persons, key=lambda contact: (contact.customer, contact.order))),
            user_slots=tuple(sorted(town.user_slots, key=lambda slot: (slot.slot, slot.start))),
            arming_events=arming_events(town.user_slots, dice("arming"), now),
            activations=activations([*story.alarms(), *alarms(other_slots, dice("alarms"), now)], dice("follow-up")),
            invoices=invoices(town.agreements, dice("invoices"), today),
            messages=messages(in_touch, dice("messages")),
            recordings=recordings(in_touch, dice("recordings")),
            consents=(*story.consents(), *consents(others, dice("consents"), now)),
            objections=(*story.objections(), *objections(others, enquirers, dice("objections"), now)),
        )

    def customer_numbers_of(self, person: Person) -> frozenset[str]:
        """The person's own customer numbers, one or none in this world."""
        return self._numbers.get(person.pid, frozenset())

    def values_of(self, person: Person) -> frozenset[str]:
        """Every value that nobody else has and that points to this person, as services store it.

        Name, e-mail, telephone, national identity number, customer number, and the opening sentence of each message.
        """
        return (
            frozenset({person.name, person.email, person.telephone, person.national_id})
            | self.customer_numbers_of(person)
            | {message.opening for message in self.messages if _sent_by(person, message)}
        )

    def sealed_values_of(self, person: Person) -> frozenset[str]:
        """Those of the person's values that `crm` seals: they must never be found in its files, erased or not."""
        return frozenset({person.national_id, person.telephone})

    def events_visible_to(self, person: Person) -> frozenset[int]:
        """Ids of the arming events that a copy for this person contains.

        They are the events of homes while the person owned them, and those given with the person's own place on a panel
        while it was theirs. Of the former, whose code it was is shown only where it is among `events_given_by`.
        """
        return self.events_given_by(person) | {event.id for event in self.arming_events if self._owned(person, event)}

    def events_given_by(self, person: Person) -> frozenset[int]:
        """Ids of the arming events that were given with this person's place on a panel while it was theirs."""
        places = [slot for slot in self.user_slots if slot.person.pid == person.pid]
        return frozenset(
            event.id
            for event in self.arming_events
            if any(place.slot == event.slot and place.covers(event.at) for place in places)
        )

    def activations_of(self, person: Person) -> frozenset[int]:
        """Ids of the activations in homes while the person owned them."""
        return frozenset(each.id for each in self.activations if self._owned(person, each))

    def images_of(self, person: Person) -> frozenset[str]:
        """Names of the images of those activations."""
        mine = self.activations_of(person)
        return frozenset(image for each in self.activations if each.id in mine for image in each.images)

    def invoices_of(self, person: Person) -> frozenset[int]:
        """Ids of the invoices to the person's customer number."""
        numbers = self.customer_numbers_of(person)
        return frozenset(invoice.id for invoice in self.invoices if invoice.customer in numbers)

    def invoices_kept_by_law(self, person: Person) -> frozenset[int]:
        """Ids of those that survive an erasure today: five years after their financial year have not passed."""
        mine = self.invoices_of(person)
        return frozenset(
            invoice.id
            for invoice in self.invoices
            if invoice.id in mine and invoice.issued.year + BOOKKEEPING_YEARS >= self.today.year
        )

    def messages_of(self, person: Person) -> frozenset[int]:
        """Ids of the messages the person wrote, whether or not an agent noted a customer number."""
        return frozenset(message.id for message in self.messages if _sent_by(person, message))

    def recordings_of(self, person: Person) -> frozenset[int]:
        """Ids of the recordings of calls from the person's telephone."""
        return frozenset(recording.id for recording in self.recordings if recording.telephone == person.telephone)

    @cached_property
    def _numbers(self) -> dict[int, frozenset[str]]:
        return {customer.person.pid: frozenset({customer.number}) for customer in self.customers}

    def _owned(self, person: Person, happened: ArmingEvent | Activation) -> bool:
        owned = self._ownerships.get((person.pid, happened.installation), ())
        return any(ownership.covers(happened.at) for ownership in owned)

    @cached_property
    def _ownerships(self) -> dict[tuple[int, str], tuple[Ownership, ...]]:
        owner = {customer.number: customer.person.pid for customer in self.customers}
        found: dict[tuple[int, str], tuple[Ownership, ...]] = {}
        for each in self.ownerships:
            key = owner[each.customer], each.installation
            found[key] = (*found.get(key, ()), each)
        return found


def _sent_by(person: Person, message: Message) -> bool:
    return person.email == message.email or person.telephone == message.telephone
