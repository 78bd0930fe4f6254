"""The facts an access answer owes beside the copy of the data: Art. 15(1)(a) to (h) and (2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from attrs import field, frozen

from sectorprivacy.documents._tree import Block, Bullets, Document, Heading, Paragraph, Table
from sectorprivacy.documents._words import (
    basis_in_words,
    category_in_words,
    keep_in_words,
    recipient_in_words,
    role_in_words,
    source_in_words,
)
from sectorprivacy.policy import RIGHTS_HANDLING, Activity, Controller, Policy, Recipient
from sectorprivacy.vocabulary import Basis, Category, Source


@frozen(kw_only=True)
class Holding:
    """What one service holds about the person, in the register's words.

    Args:
        service: Title of the service, as people read it.
        categories: Ids or words of the categories it holds.
        sources: Where it has them from.
        roles: Ids of the roles in which the person appears there.
        activities: Ids of the activities it holds them for.
    """

    service: str
    categories: Sequence[Category | str] = field(converter=tuple[Category | str, ...])
    sources: Sequence[Source] = field(converter=tuple[Source, ...])
    roles: Sequence[str] = field(converter=tuple[str, ...])
    activities: Sequence[str] = field(converter=tuple[str, ...])


def access_information(
    policy: Policy, *, holdings: Sequence[Holding], recipients: Sequence[Recipient] | None = None
) -> Document:
    """What a person may know about the processing of their data (Art. 15(1) and (2)).

    Args:
        policy: The register in force.
        holdings: What the services that answered hold about this person; none means that nothing is held.
        recipients: Who actually received this person's data; None names every recipient of the activities, which
            is what is known where disclosures are not recorded one by one.

    Returns:
        A document in English.

    Raises:
        ActivityNotDeclared: A holding names an activity that is not in the register.
    """
    roles = _distinct(role for holding in holdings for role in holding.roles)
    activities = _activities(policy, holdings, roles)
    blocks: list[Block] = [Heading(text="Who is responsible"), *_responsible(policy.controller)]
    if holdings:
        blocks += [
            Heading(text="Why we use your data, and what allows us to"),
            _purposes(activities, roles),
            Heading(text="What we hold"),
            _categories(holdings),
            Heading(text="Who receives it"),
            *_recipients(activities, recipients),
            Heading(text="How long we keep it"),
            *_retention(activities),
        ]
    else:
        blocks.append(Paragraph(text="None of our services that answered holds data about you."))
    blocks += [
        Heading(text="Your rights"),
        Bullets(items=tuple(_rights(_bases_of(activities, roles)))),
        Heading(text="How to complain"),
        Paragraph(text=_complaint(policy.controller)),
        Heading(text="Automated decisions"),
        Paragraph(
            text="We make no decision about you by automated means alone, and no profiling that has such an effect "
            "(Art. 22). A person has a say in every decision that affects you."
        ),
    ]
    return Document(title="About the use of your data", blocks=tuple(blocks))


def _activities(policy: Policy, holdings: Sequence[Holding], roles: Sequence[str]) -> list[Activity]:
    """What is done with this person's data: an activity without a basis for any of their roles does not touch it."""
    named = _distinct(activity for holding in holdings for activity in holding.activities)
    held = [policy.activity(activity) for activity in named if activity != RIGHTS_HANDLING.id]
    return [*(activity for activity in held if _bases_of([activity], roles)), RIGHTS_HANDLING]


def _bases_of(activities: Iterable[Activity], roles: Sequence[str]) -> set[Basis]:
    return {activity.basis[each] for activity in activities for each in roles if each in activity.basis}


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _responsible(controller: Controller) -> list[Block]:
    facts = [
        ("Company", controller.name),
        ("Organisation number", controller.organisation_number),
        ("Visiting address", controller.address),
        ("Postal address", controller.postal_address),
        ("Telephone", controller.telephone),
        ("E-mail", controller.email),
        ("Data protection officer", controller.dpo),
        ("Privacy notice", controller.notice),
    ]
    return [Bullets(items=tuple(f"{label}: {value}" for label, value in facts if value))]


def _purposes(activities: Sequence[Activity], roles: Sequence[str]) -> Table:
    return Table(
        columns=("What we do", "Purpose", "Why we may"),
        rows=tuple(
            (_sentence(activity.title), _sentence(activity.purpose.label), _bases(activity, roles))
            for activity in activities
        ),
    )


def _bases(activity: Activity, roles: Sequence[str]) -> str:
    grounds: dict[str, list[str]] = {}
    for each in roles:
        if each in activity.basis:
            grounds.setdefault(basis_in_words(activity, activity.basis[each]), []).append(role_in_words(each))
    if len(grounds) == 1:
        return _sentence(next(iter(grounds)))
    return "; ".join(f"As {' or '.join(mine)}: {ground}" for ground, mine in grounds.items())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _categories(holdings: Sequence[Holding]) -> Table:
    return Table(
        columns=("Where", "Kinds of data", "Where it comes from"),
        rows=tuple(
            (
                holding.service,
                ", ".join(_distinct(category_in_words(word) for word in holding.categories)),
                "; ".join(_distinct(source_in_words(source) for source in holding.sources)),
            )
            for holding in holdings
        ),
    )


def _recipients(activities: Sequence[Activity], actual: Sequence[Recipient] | None) -> list[Block]:
    declared = list(dict.fromkeys(recipient for activity in activities for recipient in activity.recipients))
    shown = declared if actual is None else list(dict.fromkeys(actual))
    if not shown:
        return [Paragraph(text="Nobody outside the company has received your data.")]
    intro = (
        "These companies and bodies receive data for the activities above."
        if actual is None
        else "These companies and bodies have received data about you."
    )
    return [
        Paragraph(text=intro),
        Table(
            columns=("Recipient", "What for", "In what capacity", "Country"),
            rows=tuple(recipient_in_words(recipient) for recipient in shown),
        ),
    ]


def _retention(activities: Sequence[Activity]) -> list[Block]:
    return [
        Paragraph(
            text="Data used for several activities is kept for the longest of their periods, and used only for "
            "those that still run."
        ),
        Table(
            columns=("What we do", "We keep the data"),
            rows=tuple((_sentence(activity.title), _sentence(keep_in_words(activity.keep))) for activity in activities),
        ),
    ]


def _rights(bases: Collection[Basis]) -> Iterator[str]:
    yield "Access to your data, and a copy of it (Art. 15)."
    yield "Correction of what is wrong (Art. 16)."
    yield "Erasure, as far as nothing obliges us to keep it (Art. 17)."
    yield "Restriction of its use (Art. 18). This may limit the service."
    if {Basis.CONSENT, Basis.CONTRACT, Basis.PRECONTRACT} & set(bases):
        yield "What you gave us and what the service registered, in a form another supplier can read (Art. 20)."
    if Basis.LEGITIMATE_INTEREST in bases:
        yield "Objection to what rests on our legitimate interest, and to direct marketing always (Art. 21)."
    if Basis.CONSENT in bases:
        yield "Withdrawal of a consent at any time, as easily as you gave it (Art. 7(3))."
    yield "No decision by automated means alone (Art. 22)."


def _complaint(controller: Controller) -> str:
    authority = controller.authority or "the data protection authority of your country"
    officer = (
        f" Our data protection officer answers questions first, if you like: {controller.dpo}."
        if controller.dpo
        else ""
    )
    return f"You may complain to {authority} (Art. 77).{officer}"
