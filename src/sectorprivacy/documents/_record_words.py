"""What the record says of one activity: each fact once, for the record to read and for its table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from sectorprivacy.documents._catalogue import Catalogue
from sectorprivacy.documents._data_map import DataMap, DataSetEntry
from sectorprivacy.documents._people import Held, covering, held
from sectorprivacy.documents._rights import by_basis
from sectorprivacy.documents._sections import RegisterInWords
from sectorprivacy.documents._words import (
    basis_name,
    category_in_words,
    channel_in_words,
    keep_in_words,
    listed,
    purpose_in_words,
    rests_on,
    sentence,
    where_in_words,
)
from sectorprivacy.policy import Activity
from sectorprivacy.vocabulary import Basis, wording


class HoldingsInWords:
    """Where the data stands that an activity uses, in the language of a catalogue."""

    def __init__(self, data_map: DataMap, texts: Catalogue) -> None:
        self._data_map, self._texts = data_map, texts
        self._held = list(held(data_map))
        self._covering = covering(data_map)
        self._words = {word.id: word for word in data_map.categories}

    def of(self, activity: Activity) -> Sequence[tuple[str, str, str]]:
        """Service, data set and kinds of data, for each data set that the activity uses.

        A data set that holds its kinds of data about people in other roles alone is left out: the activity has no
        basis for those.
        """
        found: dict[str, tuple[DataSetEntry, dict[str, None]]] = {}
        for each in self._held:
            if self._used(each, activity):
                _, kinds = found.setdefault(each.dataset.id, (each.dataset, {}))
                kinds[each.field.category] = None
        return [self._row(dataset, kinds) for dataset, kinds in found.values()]

    def _used(self, each: Held, activity: Activity) -> bool:
        words = self._covering[each.field.category]
        return (
            activity.id in each.dataset.activities
            and each.role in activity.basis
            and any(word.id in words for word in activity.uses)
        )

    def _row(self, dataset: DataSetEntry, kinds: Iterable[str]) -> tuple[str, str, str]:
        language = self._texts.language
        return (
            wording(self._data_map.services[dataset.service]).in_language(language),
            sentence(wording(dataset.label).in_language(language)),
            sentence("; ".join(category_in_words(self._words[kind], self._texts) for kind in kinds)),
        )


@frozen
class ActivityInWords:
    """An activity as Art. 30(1) wants it recorded.

    Args:
        activity: The activity.
        register: The register, in the language of the record.
        holdings: Where data stands, in that language.
    """

    activity: Activity
    register: RegisterInWords
    holdings: HoldingsInWords

    @property
    def title(self) -> str:
        """What people read."""
        return self.register.said(self.activity.title)

    @property
    def purpose(self) -> str:
        """The purpose, with the broader ones that it stands under in brackets (Art. 30(1)(b))."""
        own, *broader = (purpose_in_words(word.id, self._texts) for word in self.activity.purpose.lineage)
        return sentence(f"{own} ({', '.join(broader)})" if broader else own)

    @property
    def people(self) -> str:
        """Categories of people (Art. 30(1)(c))."""
        if self.activity.covers_everything:
            return self._says("everybody")
        return sentence("; ".join(map(self.register.role, self.activity.basis)))

    @property
    def categories(self) -> str:
        """Categories of data (Art. 30(1)(c))."""
        if self.activity.covers_everything:
            return self._says("everything")
        words = sorted(self.activity.uses, key=lambda word: word.id)
        return sentence("; ".join(category_in_words(word, self._texts) for word in words))

    @property
    def bases(self) -> Sequence[tuple[str, str, str]]:
        """People, the legal basis for them, and what it rests on (Art. 6(1))."""
        activity = self.activity
        return [
            (
                self.people
                if activity.covers_everything
                else sentence(listed(map(self.register.role, roles), self._texts)),
                sentence(basis_name(basis, self._texts)),
                sentence(self._ground(basis)),
            )
            for basis, roles in by_basis(activity, activity.basis).items()
        ]

    @property
    def protected(self) -> Sequence[str]:
        """What permits the use of each category that the law protects further (Art. 9, 10 and 87)."""
        if self.activity.covers_everything:
            return ()
        return [
            f"{sentence(category_in_words(word, self._texts))}: {permit}"
            for word in sorted(self.activity.uses, key=lambda word: word.id)
            if (permit := self.register.permit(self.activity, word))
        ]

    @property
    def held(self) -> Sequence[tuple[str, str, str]]:
        """Service, data set and kinds of data that it may use; none for what may use everything."""
        return () if self.activity.covers_everything else self.holdings.of(self.activity)

    @property
    def places(self) -> str:
        """The services with their data sets, in a line."""
        if self.activity.covers_everything:
            return self._says("everywhere")
        by_service: dict[str, list[str]] = {}
        for service, dataset, _ in self.held:
            by_service.setdefault(service, []).append(dataset)
        places = (f"{service} ({', '.join(datasets)})" for service, datasets in by_service.items())
        return "; ".join(places) or self._says("nowhere")

    @property
    def recipients(self) -> Sequence[tuple[str, ...]]:
        """Name, task, capacity, country and agreement of each recipient (Art. 30(1)(d), Art. 28(3))."""
        told = self.register.recipients(self.activity.recipients).rows
        return [
            (*row, recipient.agreement or "") for row, recipient in zip(told, self.activity.recipients, strict=True)
        ]

    @property
    def transfers(self) -> str:
        """Transfers to third countries, with what safeguards them (Art. 30(1)(e))."""
        abroad = (each for each in self.activity.recipients if each.leaves_the_eea)
        return "; ".join(f"{each.name}: {where_in_words(each, self._texts)}" for each in abroad) or self._says(
            "no_transfers"
        )

    @property
    def keep(self) -> str:
        """The time limit for erasure (Art. 30(1)(f))."""
        return sentence(keep_in_words(self.activity.keep, self._texts, events=self.register.policy.events))

    @property
    def channels(self) -> str:
        """By which channels people are approached, and when; empty where they are not."""
        return sentence("; ".join(channel_in_words(rule, self._texts) for rule in self.activity.channels))

    @property
    def decision(self) -> str:
        """The decision that it prepares and the human who makes it (Art. 22); empty where there is none."""
        made = self.activity.decision
        if made is None:
            return ""
        about, inputs, by = (each.in_language(self._texts.language) for each in (made.about, made.inputs, made.by))
        return self._says("decision", about=sentence(about), inputs=inputs, by=by)

    def _ground(self, basis: Basis) -> str:
        ground = rests_on(self.activity, basis, self._texts) or ""
        assessment = self.activity.assessment
        if basis is Basis.LEGITIMATE_INTEREST and assessment:
            return self._texts.text("record.bases.assessment", interest=ground, assessment=assessment)
        return ground

    def _says(self, key: str, **facts: object) -> str:
        return self._texts.text(f"record.says.{key}", **facts)

    @property
    def _texts(self) -> Catalogue:
        return self.register.texts


def rows_in_a_line(rows: Iterable[Sequence[str]]) -> str:
    """Rows as one text: "first: second / third; ..."; empty cells are left out."""
    return "; ".join(_row_in_a_line(row) for row in rows)


def _row_in_a_line(row: Sequence[str]) -> str:
    first, *others = (cell for cell in row if cell)
    return f"{first}: {' / '.join(others)}" if others else first


def facts_of(items: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The facts that say something."""
    return ((name, text) for name, text in items.items() if text)
