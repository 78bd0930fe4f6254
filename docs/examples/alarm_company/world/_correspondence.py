"""What people wrote to the company and said on the telephone, in the last year and a half."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from attrs import frozen

from alarm_company.world._rows import Customer, Message, Person, Recording

DAYS = 540
FIRST_ID = 1001

_CHANNELS = ("email", "email", "form", "sms", "chat")
_DEVICES = "motion detector|door sensor|smoke detector|siren|keypad|camera|water sensor|panic button".split("|")
_ROOMS = "hall|kitchen|living room|garage|cellar|bedroom|laundry room|annexe|attic|workshop".split("|")
_MONTHS = "January February March April May June July August September October November December".split()
_TROUBLES = (
    "went quiet",
    "lost its signal",
    "gave a false alarm",
    "asked for a new battery",
    "beeped without a reason",
    "fell off the wall",
)
_WISHES = (
    "Could you look into it?",
    "Please call me when you know more.",
    "Is there anything I have to do myself?",
    "It works again now, but I wanted you to know.",
)


@frozen(kw_only=True, repr=False)
class Contact:
    """Somebody is going to write, or to call.

    Args:
        number: Customer number, where the agent noted it.
        channel: "email", "form", "sms" or "chat"; "telephone" for a call.
    """

    at: datetime
    person: Person
    number: str | None
    channel: str


def contacts(
    customers: Sequence[Customer], enquirers: Iterable[Person], rng: Random, now: datetime
) -> Iterator[Contact]:
    """Who writes and calls: most customers once, some never, and enquirers who have no customer number."""
    for customer in customers:
        for _ in range(rng.choice((0, 1, 1, 2))):
            number = customer.number if rng.random() < 0.5 else None
            yield Contact(at=_moment(rng, now), person=customer.person, number=number, channel=rng.choice(_CHANNELS))
        if rng.random() < 0.1:
            number = customer.number if rng.random() < 0.6 else None
            yield Contact(at=_moment(rng, now), person=customer.person, number=number, channel="telephone")
    for person in enquirers:
        yield Contact(at=_moment(rng, now), person=person, number=None, channel=rng.choice(_CHANNELS))


def _moment(rng: Random, now: datetime) -> datetime:
    """A time of the day when offices are open."""
    return now - timedelta(days=rng.randrange(1, DAYS), minutes=-rng.randrange(8 * 60, 16 * 60))


def messages(to_come: Iterable[Contact], rng: Random) -> tuple[Message, ...]:
    """The written ones as rows, numbered in the order in which they came."""
    said: set[str] = set()
    written = sorted((each for each in to_come if each.channel != "telephone"), key=_order)
    return tuple(_message(number, contact, rng, said) for number, contact in enumerate(written, start=FIRST_ID))


def recordings(to_come: Iterable[Contact], rng: Random) -> tuple[Recording, ...]:
    """The calls as rows, numbered in the order in which they came."""
    calls = sorted((each for each in to_come if each.channel == "telephone"), key=_order)
    return tuple(
        Recording(
            id=number,
            telephone=contact.person.telephone,
            customer=contact.number,
            at=contact.at,
            seconds=rng.choice((1, 2)),
        )
        for number, contact in enumerate(calls, start=FIRST_ID)
    )


def _order(contact: Contact) -> tuple[datetime, int]:
    return contact.at, contact.person.pid


def _message(number: int, contact: Contact, rng: Random, said: set[str]) -> Message:
    device = rng.choice(_DEVICES)
    opening = _opening(rng, device, contact.at, said)
    short = contact.channel in {"sms", "chat"}
    by_sms = contact.channel == "sms"
    return Message(
        id=number,
        channel=contact.channel,
        email=None if by_sms else contact.person.email,
        telephone=contact.person.telephone if by_sms else None,
        customer=contact.number,
        at=contact.at,
        subject=None if short else f"About the {device}",
        body="\n".join([opening, rng.choice(_WISHES)] + ([] if short else ["", "Regards", contact.person.name])),
    )


def _opening(rng: Random, device: str, at: datetime, said: set[str]) -> str:
    """A sentence that nobody has written before."""
    while True:
        when = at - timedelta(minutes=rng.randrange(30, 10_000))
        sentence = (
            f"The {device} in the {rng.choice(_ROOMS)} {rng.choice(_TROUBLES)} "
            f"on {when.day} {_MONTHS[when.month - 1]} {when.year} at {when:%H:%M}."
        )
        if sentence not in said:
            said.add(sentence)
            return sentence
