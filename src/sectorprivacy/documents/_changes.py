"""What changed between two versions of a register, in words a customer understands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen
from pydantic import JsonValue

from sectorprivacy.documents._catalogue import Catalogue, catalogue
from sectorprivacy.documents._tree import Block, Bullets, Document, Facts, Heading, Paragraph
from sectorprivacy.documents._version import WORDS, VersionInWords
from sectorprivacy.documents._words import listed, sentence
from sectorprivacy.policy import Change, PolicyDocument, changes, voided_consents


def policy_changes(old: PolicyDocument, new: PolicyDocument, *, language: str | Catalogue = "en") -> Document:
    """What changed, grouped by what it means to people; nothing that differs is left out.

    Args:
        old: The version before.
        new: The version after.
        language: BCP 47 tag of a built-in catalogue, or a catalogue of your own.

    Raises:
        NotInCatalogue: There is no catalogue of this language.
    """
    texts = catalogue(language)
    told = _Told(old=VersionInWords(old, texts), new=VersionInWords(new, texts), texts=texts, found=changes(old, new))
    return Document(
        title=texts.text("changes.title", company=new.controller.name),
        lead=texts.text("changes.lead", old=old.version, new=new.version),
        blocks=tuple(told.blocks()),
        language=texts.language,
    )


@frozen(kw_only=True)
class _Told:
    """The differences, told one by one."""

    old: VersionInWords
    new: VersionInWords
    texts: Catalogue
    found: Sequence[Change]

    def blocks(self) -> Iterator[Block]:
        if not self.found:
            yield Paragraph(text=self._text("none"))
            return
        yield Facts(items=((self._text("before"), self.old.name), (self._text("after"), self.new.name)))
        if all(change.path == ("version",) for change in self.found):
            yield Paragraph(text=self._text("version_only"))
            return
        yield from self._consents()
        yield from self._came()
        yield from self._went()
        yield from self._changed()
        yield from self._section("company", self._lines(self._in("controller")))
        yield from self._section("details", self._lines(self._details()))

    def _consents(self) -> Iterator[Block]:
        """Whom to ask again, and why: a consent covers what people were told, and no more (Art. 4(11), Art. 7)."""
        lines: list[str] = []
        for voided in voided_consents(self.old.document, self.new.document):
            reasons = self._listed(self._text(f"because.{why}") for why in voided.because)
            lines.append(f"{self.new.title(voided.activity)}: {reasons}.")
        if lines:
            yield Heading(text=self._text("headings.again"))
            yield Paragraph(text=self._text("again"))
            yield Bullets(items=tuple(lines))

    def _came(self) -> Iterator[Block]:
        recipients = [
            self._text("recipient.came", name=name, facts=self.new.recipient(name))
            for name in self._whole("recipients", "added")
        ]
        activities = self._whole("activities", "added")
        if recipients or activities:
            yield Heading(text=self._text("headings.new"))
        if recipients:
            yield Bullets(items=tuple(recipients))
        for activity in activities:
            yield Heading(text=self.new.title(activity), level=3)
            told = self.new.activity(activity)
            yield Facts(items=tuple((self._text(f"what.{aspect}"), sentence(text)) for aspect, text in told))

    def _went(self) -> Iterator[Block]:
        activities = [f"{self.old.title(activity)}." for activity in self._whole("activities", "removed")]
        recipients = [self._text("recipient.went", name=name) for name in self._whole("recipients", "removed")]
        yield from self._section("ended", [*activities, *recipients])

    def _changed(self) -> Iterator[Block]:
        """Activities and recipients that stayed, each with what is different."""
        told: dict[tuple[str, str], list[Change]] = {}
        for change in self._in("activities", "recipients"):
            if len(change.path) > 2:
                told.setdefault((change.path[0], change.path[1]), []).append(change)
        if told:
            yield Heading(text=self._text("headings.changed"))
        for (part, entry), found in told.items():
            yield Heading(text=self.new.title(entry) if part == "activities" else entry, level=3)
            yield Bullets(items=tuple(self._lines(found)))

    def _details(self) -> Iterator[Change]:
        yield from self._in("measures", "events", "categories", "purposes", "roles")
        yield from (change for change in self._in("activities", "recipients") if len(change.path) == 1)

    def _section(self, heading: str, lines: Sequence[str]) -> Iterator[Block]:
        if lines:
            yield Heading(text=self._text(f"headings.{heading}"))
            yield Bullets(items=tuple(lines))

    def _lines(self, found: Iterable[Change]) -> Sequence[str]:
        """What is different, what came to one list or went from it in one sentence."""
        told: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for change in found:
            what = self._what(change.path)
            before = self.old.value(change.path, change.before)
            after = self.new.value(change.path, change.after)
            told.setdefault((what, _line(change, before, after)), []).append((before, after))
        return [
            self._text(
                f"line.{line}",
                what=what,
                before=_inside(self._listed(before for before, _ in pairs)),
                after=_inside(self._listed(after for _, after in pairs)),
            )
            for (what, line), pairs in told.items()
        ]

    def _what(self, path: Sequence[str]) -> str:
        match list(path):
            case ["activities", _, "basis", role]:
                return self._text("what.basis_for", role=self._word("roles", role))
            case ["activities" | "recipients", _, aspect, *_]:
                return self._text(f"what.{aspect}")
            case ["controller", aspect, *_]:
                return self._text(f"company.{aspect}")
            case [part, word, aspect] if part in WORDS:
                name = self._word(part, word)
                return self._text(
                    "word.what", part=self._text(f"part.{part}"), name=name, aspect=self._text(f"word.{aspect}")
                )
            case [part, *_]:
                return self._text(f"part.{part}")
            case _:
                return self._text("part.version")

    def _word(self, part: str, word: str) -> str:
        version = self.new if self.new.knows(part, word) else self.old
        return version.word(part, word)

    def _in(self, *parts: str) -> Iterator[Change]:
        return (change for change in self.found if change.path[0] in parts)

    def _whole(self, part: str, kind: str) -> Sequence[str]:
        """Ids of the activities or recipients that came or went."""
        return [change.path[1] for change in self._in(part) if change.kind == kind and len(change.path) == 2]

    def _listed(self, items: Iterable[str]) -> str:
        return listed(filter(None, items), self.texts)

    def _text(self, key: str, **facts: object) -> str:
        return self.texts.text(f"changes.{key}", **facts)


def _line(change: Change, before: str, after: str) -> str:
    """Which sentence tells a difference, given what is said of it before and after."""
    if _is_order(change.before, change.after):
        return "order"
    if before == after:
        return "inside"
    return "changed" if before and after else "added" if after else "removed"


def _is_order(before: JsonValue, after: JsonValue) -> bool:
    return (
        isinstance(before, list)
        and isinstance(after, list)
        and sorted(map(json.dumps, before)) == sorted(map(json.dumps, after))
    )


def _inside(text: str) -> str:
    """The text as part of a sentence that has a full stop of its own."""
    return text.removesuffix(".")
