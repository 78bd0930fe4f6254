"""One version of a register, read out in one language: what the page of its changes says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from attrs import frozen
from pydantic import JsonValue

from sectorprivacy.documents._catalogue import Catalogue
from sectorprivacy.documents._words import (
    as_roles,
    basis_name,
    capacity_in_words,
    category_in_words,
    channel_in_words,
    country_in_words,
    keep_in_words,
    listed,
    measure_in_words,
    protection_in_words,
    purpose_in_words,
    recipient_in_words,
    role_in_words,
    safeguard_in_words,
    sentence,
    special_ground_in_words,
)
from sectorprivacy.policy import ActivityEntry, DecisionEntry, PolicyDocument, RecipientEntry, Texts, WordEntry
from sectorprivacy.vocabulary import Basis, Capacity, Protection, Safeguard, SpecialGround, wording

WORDS = {
    "measures": measure_in_words,
    "categories": category_in_words,
    "purposes": purpose_in_words,
    "roles": role_in_words,
}
"""The parts of the document that hold words."""


@frozen(slots=False)
class VersionInWords:
    """What a version of the register says, in the language of a catalogue.

    Args:
        document: The version.
        texts: Texts of the language.
    """

    document: PolicyDocument
    texts: Catalogue

    @property
    def name(self) -> str:
        """What it is called, with its digest."""
        return f"{self.document.version} ({self.document.digest})"

    def title(self, activity: str) -> str:
        """The title of an activity, as the start of a sentence."""
        return sentence(self._said(self._activities[activity].title))

    def knows(self, part: str, word: str) -> bool:
        """Whether a word stands in a part of the document."""
        return word in self._words[part]

    def word(self, part: str, word: str) -> str:
        """A word as people read it."""
        return WORDS[part](self._words[part].get(word, word), self.texts)

    def recipient(self, recipient: str) -> str:
        """What a recipient does, in what capacity and where (Art. 13(1)(e) and (f))."""
        _, *facts = recipient_in_words(self._recipients[recipient].recipient, self.texts)
        return "; ".join(facts)

    def activity(self, activity: str) -> Iterator[tuple[str, str]]:
        """All that is said of an activity: aspect and text; what it says nothing of is left out."""
        entry = self._activities[activity]
        for aspect in type(entry).model_fields:
            if aspect not in {"id", "title"} and (text := self._aspect(entry, aspect)):
                yield aspect, text

    def value(self, path: Sequence[str], value: JsonValue) -> str:
        """A value of the document in words; empty where there is none.

        Args:
            path: Where it stands, see `Change`.
            value: What stands there.
        """
        match list(path):
            case ["activities", activity, "channels", channel, *_]:
                return self._channels(self._activities[activity], channel)
            case ["activities", activity, ("keep" | "channels" | "decision") as aspect, *_]:
                # Their parts say nothing on their own: "6" is no period.
                return self._aspect(self._activities[activity], aspect)
            case _ if isinstance(value, list):
                return self._listed(self.value((*path, str(each)), each) for each in value)
            case _:
                return "" if value is None else self._one(path, value)

    def _one(self, path: Sequence[str], value: JsonValue) -> str:
        match list(path):
            case ["activities", _, aspect, *_]:
                return self._of_activity(aspect, path[-1], value)
            case ["recipients", _, aspect]:
                return self._of_recipient(aspect, value)
            case ["controller", *aspect]:
                return self._of_controller(aspect, value)
            case [part, word] if part in WORDS:
                return self._quoted(self.word(part, word))
            case [part, _, aspect] if part in WORDS:
                return self._of_word(part, aspect, value)
            case _:
                return self._plain(value)

    def _aspect(self, entry: ActivityEntry, aspect: str) -> str:
        match aspect:
            case "basis":
                return "; ".join(self._bases(entry))
            case "keep":
                events = {event: wording(text) for event, text in self.document.events.items()}
                return keep_in_words(entry.keep.rule, self.texts, events=events)
            case "channels":
                return self._channels(entry, *(each.id for each in entry.channels))
            case "decision":
                return "" if entry.decision is None else self._decision(entry.decision)
            case "uses" | "recipients":
                return self._listed(self._of_activity(aspect, each, each) for each in getattr(entry, aspect))
            case _:
                value = getattr(entry, aspect)
                return "" if value is None else self._of_activity(aspect, aspect, value)

    def _bases(self, entry: ActivityEntry) -> Iterator[str]:
        for basis in dict.fromkeys(entry.basis.values()):
            roles = [self.word("roles", role) for role, held in entry.basis.items() if held is basis]
            yield as_roles(roles, basis_name(basis, self.texts), self.texts)

    def _channels(self, entry: ActivityEntry, *channels: str) -> str:
        return "; ".join(channel_in_words(each.rule, self.texts) for each in entry.channels if each.id in channels)

    def _decision(self, decision: DecisionEntry) -> str:
        facts = {name: self._said(getattr(decision, name)) for name in type(decision).model_fields}
        return self.texts.text("changes.decision", **facts)

    def _of_activity(self, aspect: str, entry: str, value: object) -> str:
        match aspect:
            case "purpose":
                return self.word("purposes", str(value))
            case "basis":
                return basis_name(Basis(str(value)), self.texts)
            case "uses":
                return self.word("categories", entry)
            case "special":
                return special_ground_in_words(SpecialGround(str(value)), self.texts)
            case "title" | "consent":
                return self._quoted(self._plain(value).removesuffix("."))
            case _:
                return self._plain(value)

    def _of_recipient(self, aspect: str, value: JsonValue) -> str:
        match aspect:
            case "country":
                return country_in_words(str(value), self.texts)
            case "capacity":
                return capacity_in_words(Capacity(str(value)), self.texts)
            case "safeguard":
                return safeguard_in_words(Safeguard(str(value)), self.texts)
            case _:
                return self._plain(value)

    def _of_controller(self, aspect: Sequence[str], value: JsonValue) -> str:
        match aspect:
            case ["country" | "holidays"]:
                return country_in_words(str(value), self.texts)
            case ["languages", language]:
                return self.texts.find(f"changes.language.{language}") or language
            case ["documents", address]:
                return f"{self._plain(value)} ({address})"
            case _:
                return self._plain(value)

    def _of_word(self, part: str, aspect: str, value: JsonValue) -> str:
        match aspect:
            case "under":
                return self.word(part, str(value))
            case "protection":
                return protection_in_words(Protection(str(value)), self.texts)
            case _:
                return self._plain(value)

    def _plain(self, value: object) -> str:
        """A value that reads as it is: a text in its languages, a name, a number."""
        return self._said(cast("Texts", value)) if isinstance(value, Mapping) else str(value)

    def _said(self, text: Texts) -> str:
        return wording(text).in_language(self.texts.language)

    def _quoted(self, text: str) -> str:
        return self.texts.text("words.form.quote", text=text)

    def _listed(self, items: Iterable[str]) -> str:
        return listed(items, self.texts)

    @cached_property
    def _activities(self) -> Mapping[str, ActivityEntry]:
        return {each.id: each for each in self.document.activities}

    @cached_property
    def _recipients(self) -> Mapping[str, RecipientEntry]:
        return {each.id: each for each in self.document.recipients}

    @cached_property
    def _words(self) -> Mapping[str, Mapping[str, WordEntry]]:
        parts: dict[str, Sequence[Any]] = {part: getattr(self.document, part) for part in WORDS}
        return {part: {each.id: each for each in entries} for part, entries in parts.items()}
