"""What the company does with personal data: controller, activities, recipients and retention rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import Factory, field, frozen

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary import Basis, Capacity, Category, Purpose, Safeguard, category, purpose, stable_id
from sectorprivacy.vocabulary import basis as as_basis
from sectorprivacy.vocabulary import role as as_role

EEA = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())


@frozen
class Controller:
    """Who decides about the processing (Art. 4(7)), as people read it (Art. 13(1)(a) and (b)).

    Args:
        name: Registered name.
        id: Stable id; the tenant of keys and stores.
        country: ISO 3166 code; decides the holiday calendar of deadlines.
        time_zone: IANA name; the civil day of a receipt is local to the controller.
        organisation_number: As registered.
        address: Visiting address.
        postal_address: Where letters go.
        telephone: In the form people dial.
        email: General address.
        dpo: E-mail address of the data protection officer.
        authority: Supervisory authority to complain to (Art. 77).
        notice: Where the current privacy notice can be read.
    """

    name: str
    id: str = field(kw_only=True)
    country: str = field(kw_only=True)
    time_zone: str = field(default="Europe/Oslo", kw_only=True)
    organisation_number: str | None = field(default=None, kw_only=True)
    address: str | None = field(default=None, kw_only=True)
    postal_address: str | None = field(default=None, kw_only=True)
    telephone: str | None = field(default=None, kw_only=True)
    email: str | None = field(default=None, kw_only=True)
    dpo: str | None = field(default=None, kw_only=True)
    authority: str | None = field(default=None, kw_only=True)
    notice: str | None = field(default=None, kw_only=True)

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
    """

    name: str
    capacity: Capacity
    task: str
    country: str = "NO"
    safeguard: Safeguard | None = None

    def __attrs_post_init__(self) -> None:
        if self.country not in EEA and self.safeguard is None:
            raise InvalidDeclaration(
                where=f"Recipient {self.name}",
                problem=f"{self.country} lies outside the EEA and no safeguard is named",
                instead="Name the safeguard of Chapter V, such as Safeguard.STANDARD_CLAUSES",
            )


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
    law: str | None = None

    def __attrs_post_init__(self) -> None:
        if min(self.years, self.months, self.days) < 0:
            raise InvalidDeclaration(
                where=f"Keep after {self.after}", problem="its span is negative", instead="Count from another event"
            )


def _categories(words: Iterable[Category | str]) -> frozenset[Category]:
    return frozenset(category(word) for word in words)


def _basis(basis: Mapping[Any, Basis | str]) -> Mapping[str, Basis]:
    return {as_role(role).id: as_basis(value) for role, value in basis.items()}


@frozen
class Activity:
    """A processing activity: one purpose, one legal basis per role, what it may use and for how long (Art. 30(1)).

    Args:
        id: Stable id.
        title: What people read; by default the id with spaces.
        purpose: What it is for.
        basis: Legal basis per role; roles without one are not covered.
        uses: Categories it may use; a broader category covers those under it.
        keep: How long it needs its data.
        recipients: Who receives data for it.
        law: The obligation, needed for the basis LEGAL_OBLIGATION.
        interest: The legitimate interest pursued, needed for LEGITIMATE_INTEREST (Art. 13(1)(d)).
        consent: The text consented to, needed for CONSENT.
        covers_everything: It may use every category, of people in every role; for the built-in `rights_handling` alone.
    """

    id: str
    purpose: Purpose = field(converter=purpose, kw_only=True)
    basis: Mapping[str, Basis] = field(converter=_basis, hash=False, kw_only=True)
    uses: frozenset[Category] = field(converter=_categories, kw_only=True)
    keep: Keep = field(kw_only=True)
    title: str = field(
        default=Factory(lambda self: self.id.replace("-", " ").replace("_", " "), takes_self=True), kw_only=True
    )
    recipients: Sequence[Recipient] = field(default=(), converter=tuple[Recipient, ...], kw_only=True)
    law: str | None = field(default=None, kw_only=True)
    interest: str | None = field(default=None, kw_only=True)
    consent: str | None = field(default=None, kw_only=True)
    covers_everything: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        stable_id(self.id, where="Activity")
        needed = {
            Basis.LEGAL_OBLIGATION: ("law", self.law),
            Basis.LEGITIMATE_INTEREST: ("interest", self.interest),
            Basis.CONSENT: ("consent", self.consent),
        }
        for basis, (argument, value) in needed.items():
            if basis in self.basis.values() and not value:
                raise InvalidDeclaration(
                    where=f"Activity {self.id}",
                    problem=f"{basis.article} needs `{argument}`",
                    instead=f"Say {argument}=... on the activity",
                )
        if not self.basis:
            raise InvalidDeclaration(
                where=f"Activity {self.id}",
                problem="it has no legal basis for anybody",
                instead="Give a basis per role (Art. 6(1))",
            )

    def may_use(self, word: Category) -> bool:
        """Whether the activity's `uses` covers this category."""
        return self.covers_everything or any(word.within(allowed) for allowed in self.uses)

    def basis_for(self, role: str) -> Basis | None:
        """Its legal basis for people in this role, None where it has none."""
        return Basis.LEGAL_OBLIGATION if self.covers_everything else self.basis.get(role)
