"""The record of processing activities (Art. 30): to read, and as a table with a row for each activity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sectorprivacy.documents._catalogue import Catalogue, catalogue
from sectorprivacy.documents._data_map import DataMap
from sectorprivacy.documents._record_words import ActivityInWords, HoldingsInWords, facts_of, rows_in_a_line
from sectorprivacy.documents._sections import RegisterInWords
from sectorprivacy.documents._tree import Block, Bullets, Document, Facts, Heading, Link, Links, Paragraph, Table
from sectorprivacy.documents._words import measure_in_words, sentence
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.policy import RIGHTS_HANDLING, Policy


def processing_record(policy: Policy, data_map: DataMap, *, language: str | Catalogue = "en") -> Document:
    """The record of processing activities, to read: everything that Art. 30(1) demands, and the legal bases.

    Args:
        policy: The register in force.
        data_map: What the marked models hold.
        language: BCP 47 tag of a built-in catalogue, or a catalogue of your own.

    Raises:
        UnknownWord: There is no catalogue of this language.
        InvalidDeclaration: The data map belongs to another register, so the record would contradict itself.
    """
    return _Record(policy, data_map, catalogue(language)).document()


def processing_table(policy: Policy, data_map: DataMap, *, language: str | Catalogue = "en") -> Table:
    """The record of processing activities as a table: a row for each activity, which is whole by itself.

    Args:
        policy: The register in force.
        data_map: What the marked models hold.
        language: BCP 47 tag of a built-in catalogue, or a catalogue of your own.

    Raises:
        UnknownWord: There is no catalogue of this language.
        InvalidDeclaration: The data map belongs to another register.
    """
    return _Record(policy, data_map, catalogue(language)).table()


class _Record:
    """One record while it is written."""

    def __init__(self, policy: Policy, data_map: DataMap, texts: Catalogue) -> None:
        if data_map.policy.digest != policy.digest:
            raise InvalidDeclaration(
                where=f"record of version {policy.version}",
                problem="the data map was made from another register",
                instead="Make it from this one, with data_map(policy, ...)",
            )
        self._policy, self._texts = policy, texts
        self._register = RegisterInWords(policy, texts)
        holdings = HoldingsInWords(data_map, texts)
        self._activities = [
            ActivityInWords(activity, self._register, holdings) for activity in (*policy.activities, RIGHTS_HANDLING)
        ]

    def document(self) -> Document:
        sections = list(self._sections())
        contents = Links(items=tuple(Link(text=heading.text, to=f"#{heading.anchor}") for heading, _ in sections))
        company = self._policy.controller.name
        return Document(
            title=self._text("title", company=company),
            lead=self._text("lead", company=company),
            blocks=(
                Paragraph(text=self._text("wording")),
                contents,
                *(block for heading, blocks in sections for block in (heading, *blocks)),
            ),
            language=self._texts.language,
        )

    def table(self) -> Table:
        rows = [self._row(activity) for activity in self._activities]
        return Table(
            columns=tuple(self._text(f"activity.{name}") for name in rows[0]),
            rows=tuple(tuple(row.values()) for row in rows),
        )

    def _sections(self) -> Iterator[tuple[Heading, Sequence[Block]]]:
        yield self._heading("responsible"), [self._register.responsible]
        for number, activity in enumerate(self._activities, 1):
            yield Heading(text=activity.title, anchor=f"activity-{number}"), list(self._activity(activity))
        yield self._heading("measures"), [self._measures()]
        yield self._heading("register"), [self._version]

    def _activity(self, told: ActivityInWords) -> Iterator[Block]:
        facts = {
            "id": told.activity.id,
            "purpose": told.purpose,
            "people": told.people,
            "categories": told.categories,
            "protected": "; ".join(told.protected),
            "held": "" if told.held else told.places,
            "recipients": "" if told.recipients else self._text("says.no_recipients"),
            "transfers": told.transfers,
            "keep": told.keep,
            "channels": told.channels,
            "decision": told.decision,
        }
        yield Facts(items=tuple((self._text(f"activity.{name}"), text) for name, text in facts_of(facts)))
        yield Table(columns=self._columns("bases", "roles", "basis", "ground"), rows=tuple(told.bases))
        if told.held:
            yield Table(columns=self._columns("held", "service", "dataset", "categories"), rows=tuple(told.held))
        if told.recipients:
            columns = (*self._register.recipients(()).columns, self._text("recipients.agreement"))
            yield Table(columns=columns, rows=tuple(told.recipients))

    def _row(self, told: ActivityInWords) -> Mapping[str, str]:
        """A row by the names of its columns."""
        return {
            "activity": told.title,
            "id": told.activity.id,
            "purpose": told.purpose,
            "people": told.people,
            "basis": rows_in_a_line(told.bases),
            "categories": told.categories,
            "protected": "; ".join(told.protected),
            "held": told.places,
            "recipients": rows_in_a_line(told.recipients) or self._text("says.no_recipients"),
            "transfers": told.transfers,
            "keep": told.keep,
            "channels": told.channels,
            "decision": told.decision,
            "measures": "; ".join(self._measure_names) or self._text("says.no_measures"),
            "controller": rows_in_a_line(self._register.responsible.items),
            "register": rows_in_a_line(self._version.items),
        }

    def _measures(self) -> Block:
        names = self._measure_names
        return Bullets(items=tuple(names)) if names else Paragraph(text=self._text("says.no_measures"))

    @property
    def _measure_names(self) -> Sequence[str]:
        """What protects the data (Art. 30(1)(g), Art. 32(1))."""
        return [sentence(measure_in_words(measure, self._texts)) for measure in self._policy.measures]

    @property
    def _version(self) -> Facts:
        return Facts(
            items=(
                (self._text("register.version"), self._policy.version),
                (self._text("register.digest"), self._policy.digest),
            )
        )

    def _heading(self, section: str) -> Heading:
        return Heading(text=self._text(f"headings.{section}"), anchor=section)

    def _columns(self, section: str, *names: str) -> tuple[str, ...]:
        return tuple(self._text(f"{section}.{name}") for name in names)

    def _text(self, key: str, **facts: object) -> str:
        return self._texts.text(f"record.{key}", **facts)
