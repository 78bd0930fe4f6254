"""The privacy notice: what everybody may know about the use of their data, written from register and marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from sectorprivacy.documents._catalogue import Catalogue, catalogue
from sectorprivacy.documents._data_map import DataMap
from sectorprivacy.documents._notice_data import DataInWords
from sectorprivacy.documents._notice_reasons import ReasonsInWords, Told
from sectorprivacy.documents._people import covering, held, obtained_elsewhere
from sectorprivacy.documents._rights import is_marketing, rights_under
from sectorprivacy.documents._sections import RegisterInWords
from sectorprivacy.documents._tree import Block, Bullets, Document, Facts, Heading, Link, Links, Paragraph
from sectorprivacy.documents._words import listed, purpose_in_words, right_in_words, sentence, where_in_words
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.policy import RIGHTS_HANDLING, Activity, Policy
from sectorprivacy.vocabulary import Capacity, Right

Article = Literal[13, 14]


def privacy_notice(
    policy: Policy, data_map: DataMap, *, language: str | Catalogue = "en", article: Article = 13
) -> Document:
    """The privacy notice of a register and the marks held to it: a short layer, then everything, section by section.

    Args:
        policy: The register in force.
        data_map: What the marked models hold.
        language: BCP 47 tag of a built-in catalogue, or a catalogue of your own.
        article: 13 for people who gave their data themselves; 14 for those whose data comes from elsewhere, which
            speaks of that data only.

    Raises:
        NotInCatalogue: There is no catalogue of this language.
        InvalidDeclaration: The data map belongs to another register, so the notice would contradict itself.
    """
    if data_map.policy.digest != policy.digest:
        raise InvalidDeclaration(
            where=f"privacy notice of version {policy.version}",
            problem="the data map was made from another register",
            instead="Make it from this one, with data_map(policy, ...)",
        )
    return _Notice(policy, data_map, catalogue(language), article).document()


class _Notice:
    """One notice while it is written."""

    def __init__(self, policy: Policy, data_map: DataMap, texts: Catalogue, article: Article) -> None:
        self._policy, self._texts, self._article = policy, texts, article
        self._register = RegisterInWords(policy, texts)
        self._covering = covering(data_map)
        everybody = _roles(policy, data_map)
        every = sorted(held(data_map), key=lambda each: everybody.index(each.role))
        self._held = every if article == 13 else obtained_elsewhere(every)
        told = [each for each in map(self._told, policy.activities) if each.roles]
        named = {role for each in told for role in each.roles} | {each.role for each in self._held}
        self._roles = tuple(role for role in everybody if role in named)
        self._reasons = ReasonsInWords(self._register, [*told, Told(RIGHTS_HANDLING, self._roles, ())])
        self._activities = [each.activity for each in self._reasons.told]
        self._data = DataInWords(self._register, data_map, every=every, held=self._held)

    def _told(self, activity: Activity) -> Told:
        """An activity with all it covers; under Art. 14, with what it uses of the data obtained elsewhere."""
        words = sorted(activity.uses, key=lambda word: word.id)
        if self._article == 13:
            return Told(activity, tuple(activity.basis), words)
        used = {
            (each.role, word.id)
            for each in self._held
            for word in words
            if each.role in activity.basis and word.id in self._covering[each.field.category]
        }
        roles, ids = {role for role, _ in used}, {word for _, word in used}
        return Told(
            activity,
            tuple(role for role in activity.basis if role in roles),
            [word for word in words if word.id in ids],
        )

    def document(self) -> Document:
        sections = [(name, tuple(blocks)) for name, blocks in self._sections().items()]
        told = [(name, blocks) for name, blocks in sections if blocks]
        contents = Links(items=tuple(Link(text=self._heading(name), to=f"#{name}") for name, _ in told))
        body = [block for name, blocks in told for block in (Heading(text=self._heading(name), anchor=name), *blocks)]
        company = self._policy.controller.name
        return Document(
            title=self._text(f"title.{self._article}", company=company),
            lead=self._text(f"lead.{self._article}", company=company),
            blocks=(*self._in_short(), contents, *body),
            language=self._texts.language,
        )

    def _sections(self) -> Mapping[str, Iterable[Block]]:
        """Every section by its anchor, in reading order; one without blocks is left out."""
        return {
            "responsible": [self._register.responsible],
            "people": self._data.people(self._roles),
            "data": self._data.kinds(),
            "sources": self._data.sources(elsewhere_only=self._article == 14),
            "reasons": self._reasons.activities(),
            "protected": self._reasons.protected(),
            "providing": self._reasons.providing() if self._article == 13 else (),
            "recipients": self._recipients(),
            "transfers": self._transfers(),
            "retention": [
                Paragraph(text=self._text("retention.rule")),
                Paragraph(text=self._texts.text("sections.retention.longest")),
                self._register.retention(self._activities),
            ],
            "rights": self._rights(),
            "identity": self._identity(),
            "decisions": self._register.decisions(self._activities),
            "complaint": [Paragraph(text=self._register.complaint)],
            "documents": self._documents(),
            "changes": self._changes(),
        }

    def _in_short(self) -> Iterator[Block]:
        """The first layer: who, why, which rights, where to complain (Working Party 260, point 36)."""
        controller, texts = self._policy.controller, self._texts
        broadest = (next(word for word in each.purpose.lineage if word.under is None) for each in self._activities)
        purposes = listed((purpose_in_words(word.id, texts) for word in broadest), texts)
        rights = listed((right_in_words(right, texts) for right in self._rights_held), texts)
        facts = {
            "who": self._text("short.who", company=controller.name, contact=self._contact),
            "why": self._text("short.why", purposes=purposes),
            "rights": self._text("short.rights", rights=rights, contact=self._contact),
        }
        if Right.OBJECTION in self._rights_held:
            facts["objection"] = self._text("short.objection")
        if any(is_marketing(activity) for activity in self._activities):
            facts["marketing"] = self._text("short.marketing")
        facts["complaint"] = self._register.complaint
        yield Heading(text=self._heading("short"), anchor="short")
        yield Facts(items=tuple((self._text(f"short.{name}_name"), text) for name, text in facts.items()))
        yield Paragraph(text=self._text("short.more"))

    def _recipients(self) -> Iterator[Block]:
        recipients = self._reasons.recipients
        if recipients:
            yield self._register.recipients(recipients)
        if any(recipient.capacity is Capacity.PROCESSOR for recipient in recipients):
            yield Paragraph(text=self._text("recipients.processors"))
        yield Paragraph(text=self._text("recipients.nobody_else"))

    def _transfers(self) -> Iterator[Block]:
        abroad = [each for each in self._reasons.recipients if each.leaves_the_eea]
        if not abroad:
            yield Paragraph(text=self._text("transfers.none"))
            return
        yield Paragraph(text=self._text("transfers.some"))
        yield Bullets(items=tuple(f"{each.name}: {where_in_words(each, self._texts)}" for each in abroad))
        yield Paragraph(text=self._text("transfers.copy", contact=self._contact))

    @property
    def _rights_held(self) -> Sequence[Right]:
        return (*rights_under(self._activities, self._roles), Right.COMPLAINT)

    def _rights(self) -> Iterator[Block]:
        yield Facts(
            items=tuple(
                (sentence(right_in_words(right, self._texts)), self._text(f"rights.{right}"))
                for right in self._rights_held
            )
        )
        yield Paragraph(text=self._text("rights.limits"))

    def _identity(self) -> Iterator[Block]:
        yield Paragraph(text=self._text("identity.how", contact=self._contact))
        yield Paragraph(text=self._text("identity.confirm"))
        yield Paragraph(text=self._text("identity.answer"))
        yield Paragraph(text=self._text("identity.time"))

    def _changes(self) -> Iterator[Block]:
        current = self._policy.controller.notice
        yield Paragraph(text=self._text("changes.when"))
        if current is not None:
            yield from _places([(self._text("changes.current"), current)])
        yield Paragraph(text=self._text("changes.this"))
        yield Facts(
            items=(
                (self._text("changes.version"), self._policy.version),
                (self._text("changes.digest"), self._policy.digest),
            )
        )

    def _documents(self) -> Iterator[Block]:
        named = [(each.title.in_language(self._texts.language), each.url) for each in self._policy.controller.documents]
        if named:
            yield Paragraph(text=self._text("documents.own"))
            yield from _places(named)

    @property
    def _contact(self) -> str:
        """How to reach whoever answers for the data, the data protection officer first."""
        controller = self._policy.controller
        ways = (controller.dpo, controller.email, controller.telephone, controller.postal_address, controller.address)
        return next((way for way in ways if way), controller.name)

    def _heading(self, section: str) -> str:
        return self._text(f"headings.{section}")

    def _text(self, key: str, **facts: object) -> str:
        return self._texts.text(f"notice.{key}", **facts)


def _roles(policy: Policy, data_map: DataMap) -> tuple[str, ...]:
    """Every role whose people the register or the data map speaks of, in the order of the register."""
    covered = (role for activity in policy.activities for role in activity.basis)
    return tuple(dict.fromkeys([*covered, *sorted(each.role for each in held(data_map))]))


def _places(places: Sequence[tuple[str, str]]) -> Iterator[Block]:
    """Places on the web: links where their address can be one, else text."""
    if all(address.startswith("https://") for _, address in places):
        yield Links(items=tuple(Link(text=name, to=address) for name, address in places))
    else:
        yield Facts(items=tuple(places))
