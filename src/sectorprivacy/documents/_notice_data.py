"""What the notice says of the data: whose it is, what is held where, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from attrs import frozen

from sectorprivacy.documents._catalogue import Catalogue
from sectorprivacy.documents._data_map import DataMap
from sectorprivacy.documents._people import Held, lineages, owners_of
from sectorprivacy.documents._sections import RegisterInWords
from sectorprivacy.documents._tree import Block, Paragraph, Table
from sectorprivacy.documents._words import category_in_words, listed, sentence, source_in_words
from sectorprivacy.policy import WordEntry
from sectorprivacy.vocabulary import Source, categories, wording

_IDENTITY = frozenset(
    word.id for word in (categories.IDENTIFIER, categories.NAME, categories.BIRTH_DATE, categories.CONTACT)
)


@frozen
class DataInWords:
    """The data map as people read it.

    Args:
        register: The register, in the language of the notice.
        data_map: What the marked models hold.
        every: Every field of the data map, by role.
        held: Those that the notice speaks of.
    """

    register: RegisterInWords
    data_map: DataMap
    every: Sequence[Held]
    held: Sequence[Held]

    def people(self, roles: Sequence[str]) -> Iterator[Block]:
        """Whose data it is, and by what the company knows them."""
        if not roles:
            return
        yield Table(
            columns=self._columns("people", "role", "known_by"),
            rows=tuple((sentence(self.register.role(role)), self._known_by(role)) for role in roles),
        )

    def kinds(self) -> Iterator[Block]:
        """Which kinds of data each service holds, and of whom (Art. 14(1)(d)); that secrets are held, never shown."""
        rows = [
            (title, sentence(listed(map(self.register.role, roles), self._texts)), self._categories(kinds))
            for service, title in self._services
            for kinds, roles in self._kinds_of(service).items()
        ]
        if not rows:
            return
        yield Table(columns=self._columns("data", "service", "roles", "categories"), rows=tuple(rows))
        if secrets := [each.field.category for each in self.held if each.field.secret]:
            yield Paragraph(text=self._text("data.secrets", secrets=listed(map(self._category, secrets), self._texts)))

    def sources(self, *, elsewhere_only: bool) -> Iterator[Block]:
        """Where the data comes from (Art. 14(2)(f)); under Art. 13 where some of it does not come from the person."""
        if not any(each.obtained_elsewhere for each in self.held):
            return
        sources = {each.field.source for each in self.held}
        origins = [] if elsewhere_only else [self._text("sources.yourself")]
        if others := self._others:
            origins.append(self._text("sources.others", roles=listed(map(self.register.role, others), self._texts)))
        if not sources.isdisjoint({Source.OBSERVED, Source.GENERATED, Source.DERIVED}):
            origins.append(self._text("sources.ourselves"))
        if Source.THIRD_PARTY in sources:
            origins.append(self._text("sources.helpers"))
        yield Paragraph(text=self._text("sources.origins", origins=listed(origins, self._texts)))
        yield Table(
            columns=self._columns("sources", "origin", "roles", "categories"),
            rows=tuple(
                (
                    sentence(origin),
                    sentence(listed(map(self.register.role, roles), self._texts)),
                    self._categories(kinds),
                )
                for (origin, kinds), roles in self._by_origin().items()
            ),
        )

    def _known_by(self, role: str) -> str:
        known = [each.field.category for each in self.every if each.role == role and self._identifies(each)]
        return self._categories(dict.fromkeys(known)) or self._text("people.unknown")

    def _identifies(self, each: Held) -> bool:
        return bool(_IDENTITY & self._lineages[each.field.category])

    def _kinds_of(self, service: str) -> Mapping[tuple[str, ...], list[str]]:
        """Roles by the kinds of data the service holds of them; roles of whom it holds the same stand together."""
        by_role: dict[str, dict[str, None]] = {}
        for each in self.held:
            if each.dataset.service == service:
                by_role.setdefault(each.role, {})[each.field.category] = None
        together: dict[tuple[str, ...], list[str]] = {}
        for role, kinds in by_role.items():
            together.setdefault(tuple(kinds), []).append(role)
        return together

    def _by_origin(self) -> Mapping[tuple[str, tuple[str, ...]], list[str]]:
        """Roles by origin and the kinds of data that come from there."""
        kinds: dict[tuple[str, str], dict[str, None]] = {}
        for each in self.held:
            kinds.setdefault((self._origin(each), each.role), {})[each.field.category] = None
        together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (origin, role), found in kinds.items():
            together.setdefault((origin, tuple(found)), []).append(role)
        return together

    def _origin(self, each: Held) -> str:
        """Where a field comes from: what others hold about somebody who appears in their record, they gave."""
        owners = sorted(owners_of(each.dataset))
        if not each.owned and owners and each.field.source in {Source.PROVIDED, Source.THIRD_PARTY}:
            return self._text(
                "sources.given_by", roles=listed(map(self.register.role, owners), self._texts, joined_by="or")
            )
        return source_in_words(each.field.source, self._texts)

    @property
    def _others(self) -> Sequence[str]:
        """Roles of the people who appear in records of others, or whose records name others: each a source of data."""
        mixed = (each for each in self.held if not each.owned)
        return list(dict.fromkeys(role for each in mixed for role in (*sorted(owners_of(each.dataset)), each.role)))

    @property
    def _services(self) -> Iterable[tuple[str, str]]:
        language = self._texts.language
        return [(id_, wording(title).in_language(language)) for id_, title in self.data_map.services.items()]

    def _categories(self, ids: Iterable[str]) -> str:
        return sentence(", ".join(dict.fromkeys(self._category(each) for each in ids)))

    def _category(self, id_: str) -> str:
        return category_in_words(self._words.get(id_, id_), self._texts)

    @cached_property
    def _lineages(self) -> Mapping[str, frozenset[str]]:
        return lineages(self.data_map)

    @cached_property
    def _words(self) -> Mapping[str, WordEntry]:
        return {word.id: word for word in self.data_map.categories}

    @property
    def _texts(self) -> Catalogue:
        return self.register.texts

    def _columns(self, section: str, *names: str) -> tuple[str, ...]:
        return tuple(self._text(f"{section}.{name}") for name in names)

    def _text(self, key: str, **facts: object) -> str:
        return self._texts.text(f"notice.{key}", **facts)
