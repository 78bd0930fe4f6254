"""What the notice says of the activities: why, on which basis, whether one can stop them, and who receives data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from sectorprivacy.documents._catalogue import Catalogue
from sectorprivacy.documents._rights import by_basis, is_marketing
from sectorprivacy.documents._sections import RegisterInWords
from sectorprivacy.documents._tree import Block, Bullets, Facts, Heading, Paragraph, Table
from sectorprivacy.documents._words import (
    basis_in_words,
    category_in_words,
    channel_in_words,
    listed,
    purpose_in_words,
    sentence,
)
from sectorprivacy.policy import Activity, Recipient, recipients_of
from sectorprivacy.vocabulary import Basis, Category

_NEEDED = {
    "agreement": Basis.CONTRACT,
    "request": Basis.PRECONTRACT,
    "law": Basis.LEGAL_OBLIGATION,
}


@frozen
class Told:
    """An activity, and of what the notice speaks when it speaks of it.

    Args:
        activity: The activity.
        roles: Ids of the roles of the people in question.
        words: Their categories of data that it uses.
    """

    activity: Activity
    roles: Sequence[str]
    words: Sequence[Category]

    @property
    def bases(self) -> set[Basis]:
        """Its legal bases for these people."""
        return set(by_basis(self.activity, self.roles))


@frozen
class ReasonsInWords:
    """The activities as people read them.

    Args:
        register: The register, in the language of the notice.
        told: The activities that the notice speaks of.
    """

    register: RegisterInWords
    told: Sequence[Told]

    def activities(self) -> Iterator[Block]:
        """Each activity with its purpose, its basis for each role, and how one can stop it (Art. 13(1)(c) and (d))."""
        columns = tuple(self._text(f"reasons.{name}") for name in ("roles", "basis", "stop"))
        for told in self.told:
            yield Heading(text=self.register.said(told.activity.title), level=3)
            yield Facts(items=tuple(self._facts(told)))
            yield Table(columns=columns, rows=tuple(self._allowed(told)))

    def protected(self) -> Iterator[Block]:
        """The data that the law protects further, what it is used for and what permits that (Art. 9, 10 and 87)."""
        rows = tuple(
            (sentence(self._category(word)), self.register.said(told.activity.title), permit)
            for told in self.told
            for word in told.words
            if (permit := self.register.permit(told.activity, word))
        )
        if rows:
            yield Paragraph(text=self._text("protected.intro"))
            columns = tuple(self._text(f"protected.{name}") for name in ("category", "activity", "permit"))
            yield Table(columns=columns, rows=rows)

    def providing(self) -> Iterator[Block]:
        """Whether people must give their data, and what happens if they do not (Art. 13(2)(e))."""
        own = [told for told in self.told if not told.activity.covers_everything]
        named = {name: [told for told in own if basis in told.bases] for name, basis in _NEEDED.items()}
        named["voluntary"] = [told for told in own if not told.bases & set(_NEEDED.values())]
        texts = [
            self._text(f"providing.{name}", activities=self._titles(those)) for name, those in named.items() if those
        ]
        if texts:
            yield Bullets(items=tuple(texts))

    @property
    def recipients(self) -> Sequence[Recipient]:
        """Who receives data for these activities, each once."""
        return recipients_of(told.activity for told in self.told)

    def _facts(self, told: Told) -> Iterator[tuple[str, str]]:
        activity, texts = told.activity, self._texts
        yield self._text("reasons.purpose"), sentence(purpose_in_words(activity.purpose, texts))
        words = ", ".join(map(self._category, told.words))
        yield (
            self._text("reasons.data"),
            self._text("reasons.everything") if activity.covers_everything else sentence(words),
        )
        if activity.channels:
            ways = "; ".join(channel_in_words(rule, texts) for rule in activity.channels)
            yield self._text("reasons.channels"), sentence(ways)

    def _allowed(self, told: Told) -> Iterator[tuple[str, str, str]]:
        """What allows the activity and whether one can stop it, for the roles that share a basis."""
        activity = told.activity
        for basis, roles in by_basis(activity, told.roles).items():
            people = sentence(listed(map(self.register.role, roles), self._texts))
            yield (
                self._text("reasons.everybody") if activity.covers_everything else people,
                sentence(basis_in_words(activity, basis, self._texts)),
                self._stop(activity, basis),
            )

    def _stop(self, activity: Activity, basis: Basis) -> str:
        if is_marketing(activity) and basis is not Basis.CONSENT:
            return self._text("stop.marketing")
        return self._text(f"stop.{basis}")

    def _titles(self, told: Iterable[Told]) -> str:
        language = self._texts.language
        return listed((each.activity.title.in_language(language) for each in told), self._texts)

    def _category(self, word: Category) -> str:
        return category_in_words(word, self._texts)

    @property
    def _texts(self) -> Catalogue:
        return self.register.texts

    def _text(self, key: str, **facts: object) -> str:
        return self._texts.text(f"notice.{key}", **facts)
