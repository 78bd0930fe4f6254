"""The register and its words as a person would say them, in the language of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sectorprivacy.documents._catalogue import Catalogue
from sectorprivacy.policy import Activity, ChannelRule, Keep, Recipient, WordEntry
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Category,
    Ground,
    Measure,
    Protection,
    Purpose,
    Right,
    Role,
    Safeguard,
    Source,
    SpecialGround,
    Word,
    Wording,
    wording,
)

_ARTICLE = re.compile(r"Art\. (\d+)(?:\((\d+)\)(?:\(([a-z])\))?)?")


def category_in_words(word: Category | WordEntry | str, texts: Catalogue) -> str:
    """A category as people read it; one of the company's own by its label, or by its id where nothing else is known."""
    return _word("category", word, texts)


def purpose_in_words(word: Purpose | WordEntry | str, texts: Catalogue) -> str:
    """A purpose as people read it."""
    return _word("purpose", word, texts)


def role_in_words(word: Role | WordEntry | str, texts: Catalogue) -> str:
    """A role as people read it."""
    return _word("role", word, texts)


def measure_in_words(word: Measure | WordEntry | str, texts: Catalogue) -> str:
    """A measure that protects data, as people read it (Art. 32)."""
    return _word("measure", word, texts)


def basis_in_words(activity: Activity, basis: Basis, texts: Catalogue) -> str:
    """The legal basis of an activity, with its article and what it rests on (Art. 13(1)(c) and (d))."""
    ground = rests_on(activity, basis, texts)
    reason = texts.text(f"words.reason.{basis}")
    article = article_in_words(basis.article, texts)
    return f"{reason}: {ground} ({article})" if ground else f"{reason} ({article})"


def rests_on(activity: Activity, basis: Basis, texts: Catalogue) -> str | None:
    """The agreement, law, interest or text of consent that a basis of the activity rests on; None if it names none."""
    named = {
        Basis.CONSENT: activity.consent,
        Basis.CONTRACT: activity.contract,
        Basis.LEGAL_OBLIGATION: activity.law,
        Basis.LEGITIMATE_INTEREST: activity.interest,
    }.get(basis)
    if named is None:
        return None
    return _quoted(named, texts) if basis is Basis.CONSENT else named.in_language(texts.language)


def basis_name(basis: Basis, texts: Catalogue) -> str:
    """What a legal basis is called, with its article."""
    return f"{texts.text(f'words.basis.{basis}')} ({article_in_words(basis.article, texts)})"


def keep_in_words(keep: Keep, texts: Catalogue, *, events: Mapping[str, Wording]) -> str:
    """How long data is kept, "5 years from the end of the agreement", with the law that demands it (Art. 13(2)(a)).

    Args:
        keep: The rule.
        texts: Texts of the language.
        events: The register's words for the events; one that it does not word reads as its id.
    """
    event = _event(keep.after, texts, events)
    spans = [
        texts.count(f"words.unit.{unit}", number)
        for unit, number in (("year", keep.years), ("month", keep.months), ("day", keep.days))
        if number
    ]
    form = ("after" if spans else "until") + ("_year" if keep.end_of_year else "")
    period = (
        texts.text(f"words.keep.{form}", span=listed(spans, texts), event=event)
        if spans
        else texts.text(f"words.keep.{form}", event=event)
    )
    return f"{period} ({keep.law.in_language(texts.language)})" if keep.law else period


def recipient_in_words(recipient: Recipient, texts: Catalogue) -> tuple[str, str, str, str]:
    """Name, task, capacity, and where with its safeguard, of a recipient (Art. 13(1)(e) and (f))."""
    return (
        recipient.name,
        recipient.task.in_language(texts.language),
        capacity_in_words(recipient.capacity, texts),
        where_in_words(recipient, texts),
    )


def where_in_words(recipient: Recipient, texts: Catalogue) -> str:
    """The country of a recipient and, outside the EEA, what lets data go there (Chapter V)."""
    place = country_in_words(recipient.country, texts)
    if not recipient.leaves_the_eea:
        return place
    place = texts.text("words.where.third_country", country=place)
    if recipient.safeguard is None:
        return place
    return texts.text(
        "words.where.protected",
        place=place,
        safeguard=safeguard_in_words(recipient.safeguard, texts),
        article=article_in_words(recipient.safeguard.article, texts),
    )


def country_in_words(code: str, texts: Catalogue) -> str:
    """A country by its ISO 3166 code; one the catalogue does not know reads as its code."""
    return texts.find(f"words.country.{code}") or code


def source_in_words(source: Source, texts: Catalogue) -> str:
    """Where a value comes from (Art. 14(2)(f), Art. 15(1)(g))."""
    return texts.text(f"words.source.{source}")


def capacity_in_words(capacity: Capacity, texts: Catalogue) -> str:
    """What a recipient is in law."""
    return texts.text(f"words.capacity.{capacity}")


def safeguard_in_words(safeguard: Safeguard, texts: Catalogue) -> str:
    """What lets data leave the EEA."""
    return texts.text(f"words.safeguard.{safeguard}")


def right_in_words(right: Right, texts: Catalogue) -> str:
    """What a right is called."""
    return texts.text(f"words.right.{right}")


def ground_in_words(ground: Ground, texts: Catalogue) -> str:
    """Why something is kept from erasure or withheld from a copy."""
    return texts.text(f"words.ground.{ground}")


def protection_in_words(protection: Protection, texts: Catalogue) -> str:
    """What the law calls data that it protects further."""
    return texts.text(f"words.protection.{protection}")


def special_ground_in_words(ground: SpecialGround, texts: Catalogue) -> str:
    """What permits the use of special categories of data, with its article (Art. 9(2))."""
    return f"{texts.text(f'words.special_ground.{ground}')} ({article_in_words(ground.article, texts)})"


def channel_in_words(rule: ChannelRule, texts: Catalogue) -> str:
    """By which channel people are approached, and when: "e-mail: only if you consented", with the law that says so."""
    said = f"{texts.text(f'words.channel.{rule.channel}')}: {texts.text(f'words.condition.{rule.condition}')}"
    return f"{said} ({rule.law.in_language(texts.language)})" if rule.law else said


def article_in_words(article: str, texts: Catalogue) -> str:
    """A provision as the language cites it: "Art. 6(1)(b)" is "art. 6 nr. 1 bokstav b" in Norwegian."""
    cited = _ARTICLE.match(article)
    if cited is None:
        return article
    number, paragraph, letter = cited.groups()
    if letter:
        return texts.text("words.article.letter", article=number, number=paragraph, letter=letter)
    if paragraph:
        return texts.text("words.article.number", article=number, number=paragraph)
    return texts.text("words.article.whole", article=number)


def listed(items: Iterable[str], texts: Catalogue, *, joined_by: str = "and") -> str:
    """Several texts in a row, the last one joined by a word: "name, telephone and e-mail".

    Args:
        items: The texts, each shown once.
        texts: Texts of the language.
        joined_by: "and" or "or".
    """
    *first, last = list(dict.fromkeys(items)) or [""]
    return texts.text(f"words.list.{joined_by}", first=", ".join(first), last=last) if first else last


def as_roles(roles: Sequence[str], text: str, texts: Catalogue) -> str:
    """What holds for people in some roles alone: "As contact person or alarm user: ..."."""
    return texts.text("words.form.as_role", roles=listed(roles, texts, joined_by="or"), text=text)


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def _word(sort: str, word: Word | WordEntry | str, texts: Catalogue) -> str:
    if isinstance(word, str):
        return texts.find(f"words.{sort}.{word}") or readable(word)
    return texts.find(f"words.{sort}.{word.id}") or wording(word.label).in_language(texts.language)


def _event(event: str, texts: Catalogue, events: Mapping[str, Wording]) -> str:
    if event in events:
        return events[event].in_language(texts.language)
    return texts.find(f"words.event.{event}") or texts.text("words.form.quote", text=readable(event))


def _quoted(text: Wording, texts: Catalogue) -> str:
    return texts.text("words.form.quote", text=text.in_language(texts.language))


def readable(stable_id: str) -> str:
    """An id as a last resort for people: "service_visits" is "service visits"."""
    return re.sub(r"[_.-]+", " ", stable_id).strip()
