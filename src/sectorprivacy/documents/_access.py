"""The facts an access answer owes beside the copy of the data: Art. 15(1)(a) to (h) and (2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import field, frozen

from sectorprivacy.documents._catalogue import Catalogue, catalogue
from sectorprivacy.documents._rights import bases_of, rights_under
from sectorprivacy.documents._sections import RegisterInWords
from sectorprivacy.documents._tree import Block, Bullets, Document, Heading, Paragraph, Table
from sectorprivacy.documents._words import category_in_words, purpose_in_words, sentence, source_in_words
from sectorprivacy.policy import RIGHTS_HANDLING, Activity, Policy, Recipient, recipients_of
from sectorprivacy.vocabulary import Category, Source


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
    policy: Policy,
    *,
    holdings: Sequence[Holding],
    recipients: Sequence[Recipient] | None = None,
    language: str | Catalogue = "en",
) -> Document:
    """What a person may know about the processing of their data (Art. 15(1) and (2)).

    Args:
        policy: The register in force.
        holdings: What the services that answered hold about this person; none means that nothing is held.
        recipients: Who actually received this person's data; None names every recipient of the activities, which
            is what is known where disclosures are not recorded one by one.
        language: BCP 47 tag of a built-in catalogue, or a catalogue of your own.

    Raises:
        ActivityNotDeclared: A holding names an activity that is not in the register.
        NotInCatalogue: There is no catalogue of this language.
    """
    texts = catalogue(language)
    register = RegisterInWords(policy, texts)
    roles = _distinct(role for holding in holdings for role in holding.roles)
    activities = _activities(policy, holdings, roles)
    blocks: list[Block] = [_heading("responsible", texts), register.responsible]
    if holdings:
        blocks += [
            _heading("reasons", texts),
            _reasons(register, activities, roles),
            _heading("data", texts),
            _categories(holdings, texts),
            _heading("recipients", texts),
            *_recipients(register, activities, recipients),
            _heading("retention", texts),
            Paragraph(text=texts.text("sections.retention.longest")),
            register.retention(activities),
        ]
    else:
        blocks.append(Paragraph(text=texts.text("access.nothing")))
    blocks += [
        _heading("rights", texts),
        Bullets(items=tuple(texts.text(f"access.rights.{right}") for right in rights_under(activities, roles))),
        _heading("complaint", texts),
        Paragraph(text=register.complaint),
        _heading("decisions", texts),
        *register.decisions(activities),
    ]
    return Document(title=texts.text("access.title"), blocks=tuple(blocks), language=texts.language)


def _heading(section: str, texts: Catalogue) -> Heading:
    return Heading(text=texts.text(f"access.headings.{section}"))


def _activities(policy: Policy, holdings: Sequence[Holding], roles: Sequence[str]) -> list[Activity]:
    """What is done with this person's data: an activity without a basis for any of their roles does not touch it."""
    named = _distinct(activity for holding in holdings for activity in holding.activities)
    held = [policy.activity(activity) for activity in named if activity != RIGHTS_HANDLING.id]
    return [*(activity for activity in held if bases_of([activity], roles)), RIGHTS_HANDLING]


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _reasons(register: RegisterInWords, activities: Sequence[Activity], roles: Sequence[str]) -> Table:
    texts = register.texts
    return Table(
        columns=tuple(texts.text(f"access.reasons.{name}") for name in ("activity", "purpose", "basis")),
        rows=tuple(
            (
                register.said(activity.title),
                sentence(purpose_in_words(activity.purpose, texts)),
                register.bases(activity, roles),
            )
            for activity in activities
        ),
    )


def _categories(holdings: Sequence[Holding], texts: Catalogue) -> Table:
    return Table(
        columns=tuple(texts.text(f"access.data.{name}") for name in ("service", "categories", "sources")),
        rows=tuple(
            (
                holding.service,
                ", ".join(_distinct(category_in_words(word, texts) for word in holding.categories)),
                "; ".join(_distinct(source_in_words(source, texts) for source in holding.sources)),
            )
            for holding in holdings
        ),
    )


def _recipients(
    register: RegisterInWords, activities: Sequence[Activity], actual: Sequence[Recipient] | None
) -> list[Block]:
    declared = recipients_of(activities)
    shown = declared if actual is None else tuple(dict.fromkeys(actual))
    if not shown:
        return [Paragraph(text=register.texts.text("access.recipients.none"))]
    intro = "access.recipients.declared" if actual is None else "access.recipients.actual"
    return [Paragraph(text=register.texts.text(intro)), register.recipients(shown)]
