"""What the company does with personal data: controller, activities, recipients and retention rules, as plain values.

A value says what it says; whether that is enough is held by `Policy`, which reports all that is missing together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from attrs import Factory, field, frozen
from attrs.converters import optional

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary import (
    AnyWording,
    Basis,
    Capacity,
    Category,
    Channel,
    Condition,
    Purpose,
    Role,
    Safeguard,
    SpecialGround,
    Wording,
    category,
    purpose,
    stable_id,
    wording,
)
from sectorprivacy.vocabulary import basis as as_basis
from sectorprivacy.vocabulary import capacity as as_capacity
from sectorprivacy.vocabulary import channel as as_channel
from sectorprivacy.vocabulary import condition as as_condition
from sectorprivacy.vocabulary import role as as_role
from sectorprivacy.vocabulary import safeguard as as_safeguard
from sectorprivacy.vocabulary import special_ground as as_special_ground

EEA = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())


_COUNTRY = re.compile(r"[A-Z]{2}")


def _said(value: AnyWording | None) -> Wording | None:
    """The wording; None where nothing is said, so that an empty text never passes for one."""
    return wording(value) if value else None


def _country(code: str) -> str:
    """The code of a country, if it has the form of one."""
    if not _COUNTRY.fullmatch(code):
        raise InvalidDeclaration(
            where=f"country {code!r}",
            problem="it is no code of a country",
            instead='Write its two capital letters of ISO 3166, such as "NO" or "SE"',
        )
    return code


@frozen(kw_only=True)
class LinkedDocument:
    """A document of its own that people should know of beside the notice: an agreement, a cookie policy.

    Args:
        title: Its name.
        url: Where it can be read.
    """

    title: Wording = field(converter=wording)
    url: str


@frozen
class Controller:
    """Who decides about the processing (Art. 4(7)), as people read it (Art. 13(1)(a) and (b)).

    Args:
        name: Registered name.
        id: Stable id; the tenant of keys and stores.
        country: ISO 3166 code of where it is established.
        holidays: ISO 3166 code of the country whose public holidays move its deadlines; by default `country`.
        time_zone: IANA name; the civil day of a receipt is local to the controller.
        languages: BCP 47 tags of the languages its notice is published in, the most used first.
        organisation_number: As registered.
        address: Visiting address.
        postal_address: Where letters go.
        telephone: In the form people dial.
        telephone_abroad: The same from abroad.
        email: General address.
        dpo: E-mail address of the data protection officer.
        authority: Supervisory authority to complain to (Art. 77).
        notice: Where the current privacy notice can be read.
        documents: Documents of their own that the notice names.
    """

    name: str
    id: str = field(kw_only=True)
    country: str = field(converter=_country, kw_only=True)
    holidays: str = field(default=Factory(lambda self: self.country, takes_self=True), converter=_country, kw_only=True)
    time_zone: str = field(default="Europe/Oslo", kw_only=True)
    languages: Sequence[str] = field(default=("en",), converter=tuple[str, ...], kw_only=True)
    organisation_number: str | None = field(default=None, kw_only=True)
    address: str | None = field(default=None, kw_only=True)
    postal_address: str | None = field(default=None, kw_only=True)
    telephone: str | None = field(default=None, kw_only=True)
    telephone_abroad: str | None = field(default=None, kw_only=True)
    email: str | None = field(default=None, kw_only=True)
    dpo: str | None = field(default=None, kw_only=True)
    authority: str | None = field(default=None, kw_only=True)
    notice: str | None = field(default=None, kw_only=True)
    documents: Sequence[LinkedDocument] = field(default=(), converter=tuple[LinkedDocument, ...], kw_only=True)

    def __attrs_post_init__(self) -> None:
        stable_id(self.id, where="Controller")


@frozen(kw_only=True)
class Recipient:
    """Who receives personal data (Art. 13(1)(e)), in what capacity and where (Art. 13(1)(f)).

    Args:
        name: Of the recipient itself: an access answer names the actual recipients (C-154/21).
        capacity: What the recipient is in law.
        task: What it helps with, in words people understand.
        country: ISO 3166 code of where it processes.
        safeguard: Needed outside the EEA.
        agreement: Where the data processing agreement is kept (Art. 28(3)), for a processor.
    """

    name: str
    capacity: Capacity = field(converter=as_capacity)
    task: Wording = field(converter=wording)
    country: str = field(converter=_country)
    safeguard: Safeguard | None = field(default=None, converter=optional(as_safeguard))
    agreement: str | None = None

    @property
    def leaves_the_eea(self) -> bool:
        """Whether data that it receives leaves the European Economic Area (Chapter V)."""
        return self.country not in EEA


@frozen(kw_only=True)
class Keep:
    """How long an activity needs its data: so long after an event (Art. 5(1)(e), Art. 13(2)(a)).

    Args:
        after: The event, an anchor of the data sets.
        years, months, days: Added to the day of the event; months clamp to the end of the month.
        end_of_year: Count from 31 December of the event's year (bookkeeping counts from the close of the year).
        law: The provision that demands it, if one does.
    """

    after: str
    years: int = 0
    months: int = 0
    days: int = 0
    end_of_year: bool = False
    law: Wording | None = field(default=None, converter=_said)

    def __attrs_post_init__(self) -> None:
        stable_id(self.after, where="Keep(after=...)")
        if min(self.years, self.months, self.days) < 0:
            raise InvalidDeclaration(
                where=f"Keep after {self.after}", problem="its span is negative", instead="Count from another event"
            )


@frozen(kw_only=True)
class ChannelRule:
    """Under which condition people may be approached by a channel, for direct marketing.

    Args:
        channel: The channel.
        condition: What must hold: they are customers and the product is similar, they consented, they are not reserved.
        law: The provision that says so.
    """

    channel: Channel = field(converter=as_channel)
    condition: Condition = field(converter=as_condition)
    law: Wording | None = field(default=None, converter=_said)


@frozen(kw_only=True)
class HumanDecision:
    """A decision that affects people, and the human who makes it (Art. 22, Art. 13(2)(f)).

    Args:
        about: What is decided.
        inputs: On what.
        by: Which human has discretion.
    """

    about: Wording = field(converter=wording)
    inputs: Wording = field(converter=wording)
    by: Wording = field(converter=wording)


AnyBases = (
    Mapping[Role | str, Basis | str]
    | Mapping[str, Basis]
    | Mapping[str, str]
    | Mapping[Role, Basis]
    | Mapping[Role, str]
    | Mapping[str, Basis | str]
)
"""Roles, or their ids, to bases, or their ids. Keys of a mapping are invariant, so each mixture is named."""


class Bases(Mapping[str, Basis]):
    """Legal bases, Art. 6(1), by the id of the role of whom they cover."""

    __slots__ = ("_bases",)

    def __init__(self, bases: AnyBases) -> None:
        known = cast("Mapping[Role | str, Basis | str]", bases)
        self._bases = {(word := as_role(role)).id: (word, as_basis(value)) for role, value in known.items()}

    @property
    def roles(self) -> Sequence[Role]:
        """The words of the roles, a company's own among them."""
        return [role for role, _ in self._bases.values()]

    def __getitem__(self, role: str) -> Basis:
        return self._bases[role][1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bases)

    def __len__(self) -> int:
        return len(self._bases)

    def __repr__(self) -> str:
        return repr(dict(self))


def _bases(bases: AnyBases) -> Bases:
    return bases if isinstance(bases, Bases) else Bases(bases)


def _categories(words: Iterable[Category | str]) -> frozenset[Category]:
    return frozenset(category(word) for word in words)


_MISSING = cast("Keep", None)
"""What `Activity.keep` is where none is given: the register says so then, together with all else that is missing."""


@frozen
class Activity:
    """A processing activity: one purpose, one legal basis per role, what it may use and for how long (Art. 30(1)).

    Args:
        id: Stable id.
        title: What people read; by default the id with spaces.
        purpose: What it is for.
        basis: Legal basis per role; roles without one are not covered.
        uses: Categories it may use. A broader category covers those under it, but for those the law protects further
            (Art. 9, 10 and 87): they are used where they are named, or a word under the same protection is.
        keep: How long it needs its data; needed.
        recipients: Who receives data for it.
        contract: Which agreement, for the basis CONTRACT.
        law: The obligation, needed for LEGAL_OBLIGATION.
        interest: The legitimate interest pursued, needed for LEGITIMATE_INTEREST (Art. 13(1)(d)).
        assessment: Where the balancing test of that interest is kept.
        consent: The text consented to, needed for CONSENT.
        special: What permits the use of special categories of data, needed for those (Art. 9(2)).
        criminal: The law that authorises the use of data on offences, needed for it (Art. 10).
        channels: By which channels people are approached, and when, if it is direct marketing.
        decision: The decision about people that it prepares, if it does.
        covers_everything: It may use every category, of people in every role; for the built-in `rights_handling` alone.
    """

    id: str
    purpose: Purpose = field(converter=purpose, kw_only=True)
    basis: Bases = field(converter=_bases, hash=False, kw_only=True)
    uses: frozenset[Category] = field(converter=_categories, kw_only=True)
    keep: Keep = field(default=_MISSING, kw_only=True)
    title: Wording = field(
        default=Factory(lambda self: self.id.replace("-", " ").replace("_", " "), takes_self=True),
        converter=wording,
        kw_only=True,
    )
    recipients: Sequence[Recipient] = field(default=(), converter=tuple[Recipient, ...], kw_only=True)
    contract: Wording | None = field(default=None, converter=_said, kw_only=True)
    law: Wording | None = field(default=None, converter=_said, kw_only=True)
    interest: Wording | None = field(default=None, converter=_said, kw_only=True)
    assessment: str | None = field(default=None, kw_only=True)
    consent: Wording | None = field(default=None, converter=_said, kw_only=True)
    special: SpecialGround | None = field(default=None, converter=optional(as_special_ground), kw_only=True)
    criminal: Wording | None = field(default=None, converter=_said, kw_only=True)
    channels: Sequence[ChannelRule] = field(default=(), converter=tuple[ChannelRule, ...], kw_only=True)
    decision: HumanDecision | None = field(default=None, kw_only=True)
    covers_everything: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        stable_id(self.id, where="Activity")

    def may_use(self, word: Category) -> bool:
        """Whether the activity's `uses` covers this category."""
        return self.covers_everything or any(
            word.within(allowed) and (word.protected is None or word.protected is allowed.protected)
            for allowed in self.uses
        )

    def basis_for(self, role: str) -> Basis | None:
        """Its legal basis for people in this role, None where it has none."""
        return Basis.LEGAL_OBLIGATION if self.covers_everything else self.basis.get(role)


def recipients_of(activities: Iterable[Activity]) -> tuple[Recipient, ...]:
    """Whoever receives data for these activities, each once, in the order in which they are first named."""
    return tuple(dict.fromkeys(recipient for activity in activities for recipient in activity.recipients))
