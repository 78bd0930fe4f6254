"""The rows of the reference world: what the alarm company's services hold, before any of them holds it."""

from __future__ import annotations

from datetime import date, datetime

from attrs import frozen


@frozen(kw_only=True, repr=False)
class Person:
    """Somebody who lives in the world; services know only the part of them that they need.

    Args:
        pid: Number of the person in the world. No service stores it.
        national_id: Eleven digits with valid control digits and 80 added to the month, which no real number has.
        telephone: "+47" and eight digits that no real subscriber has.
    """

    pid: int
    name: str
    birth_date: date
    national_id: str
    email: str
    telephone: str


@frozen(kw_only=True, repr=False)
class Customer:
    """Who has, or had, an agreement."""

    number: str
    person: Person
    registered: datetime


@frozen(kw_only=True, repr=False)
class Installation:
    """An alarm system at an address; it stays when its owner moves."""

    number: str
    address: str


@frozen(kw_only=True, repr=False)
class Agreement:
    """A customer's agreement about an installation; numbers, as services store them."""

    customer: str
    installation: str
    signed: datetime
    ended: datetime | None


@frozen(kw_only=True, repr=False)
class Ownership:
    """From when until when an installation belonged to a customer."""

    installation: str
    customer: str
    start: datetime
    end: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Whether `moment` lies in the half-open period."""
        return self.start <= moment and (self.end is None or moment < self.end)


@frozen(kw_only=True, repr=False)
class OwnershipChange:
    """An installation passed from one customer to another."""

    installation: str
    old: str
    new: str
    at: datetime


@frozen(kw_only=True, repr=False)
class ContactPerson:
    """Whom a customer wants to be called, in `order`; it copies the person's details as the customer gave them."""

    customer: str
    person: Person
    name: str
    telephone: str
    email: str
    order: int


@frozen(kw_only=True, repr=False)
class UserSlot:
    """A place on the panel, such as "I-204817/2", while it was one person's; places are used again."""

    installation: str
    slot: str
    person: Person
    start: datetime
    end: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Whether `moment` lies in the half-open period."""
        return self.start <= moment and (self.end is None or moment < self.end)


@frozen(kw_only=True, repr=False)
class ArmingEvent:
    """An alarm was armed or disarmed; `slot` says by whose code, None where none was needed."""

    id: int
    installation: str
    slot: str | None
    command: str
    at: datetime


@frozen(kw_only=True, repr=False)
class Activation:
    """An alarm went off; `images` are the names of its verification images, drawn by `draw_image`."""

    id: int
    installation: str
    kind: str
    at: datetime
    follow_up: str
    images: tuple[str, ...]


@frozen(kw_only=True, repr=False)
class Invoice:
    """A quarter's invoice; `amount` in øre, `paid` None while it is open."""

    id: int
    customer: str
    issued: date
    due: date
    amount: int
    paid: date | None
    text: str


@frozen(kw_only=True, repr=False)
class Message:
    """Somebody wrote, from an e-mail address or a telephone number; an agent may have noted the customer number."""

    id: int
    channel: str
    email: str | None
    telephone: str | None
    customer: str | None
    at: datetime
    subject: str | None
    body: str

    @property
    def opening(self) -> str:
        """The first sentence of the body, which no other message has."""
        return self.body.partition("\n")[0]


@frozen(kw_only=True, repr=False)
class Recording:
    """A recorded call; `record_call(id, seconds)` is its sound."""

    id: int
    telephone: str
    customer: str | None
    at: datetime
    seconds: int

    @property
    def file(self) -> str:
        """Name of the file with the sound."""
        return f"R-{self.id:05}.wav"


@frozen(kw_only=True, repr=False)
class Consent:
    """A customer agreed to an activity, to the text in that version."""

    customer: str
    activity: str
    text_version: str
    at: datetime


@frozen(kw_only=True, repr=False)
class Objection:
    """Somebody, known by customer number or by e-mail address alone, objected to an activity."""

    customer: str | None
    email: str | None
    activity: str
    at: datetime
