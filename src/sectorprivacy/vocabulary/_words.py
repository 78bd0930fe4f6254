"""Open words: categories, purposes, roles and measures, each under a broader one and linked to DPV and fideslang."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary._closed import Protection
from sectorprivacy.vocabulary._stable import stable_id
from sectorprivacy.vocabulary._wording import Wording, wording


@frozen
class Word:
    """A term of the vocabulary.

    Args:
        id: Stable id, ASCII `[a-z0-9_.-]`; what is stored and compared.
        label: What people read, a text or texts by language; a plain string is English.
        under: The broader word, or None at the top. Companies declare their own words under an existing one.
        dpv: Identifier in the W3C Data Privacy Vocabulary 2.3, a link and not the key.
        fides: Key in the taxonomy fideslang 3.1, where it has one.

    Raises:
        InvalidDeclaration: The id is none, or `under` is a word of another sort.
    """

    id: str
    label: Wording = field(converter=wording)
    under: Word | None = None
    dpv: str | None = None
    fides: str | None = None

    def __attrs_post_init__(self) -> None:
        stable_id(self.id, where=type(self).__name__)
        if self.under is not None and type(self.under) is not type(self):
            raise InvalidDeclaration(
                where=f"{type(self).__name__} {self.id}",
                problem="it stands under a word of another sort",
                instead=f"Name a {type(self).__name__} in `under`",
            )

    @property
    def lineage(self) -> Iterator[Word]:
        """The word and every broader one, the broadest last."""
        word: Word | None = self
        while word is not None:
            yield word
            word = word.under

    def within(self, other: Word) -> bool:
        """Whether this word is `other` or stands under it."""
        return other in self.lineage

    @property
    def nearest_dpv(self) -> str | None:
        """Its own DPV identifier, or that of the nearest broader word that has one."""
        return next((word.dpv for word in self.lineage if word.dpv is not None), None)

    @property
    def nearest_fides(self) -> str | None:
        """Its own fideslang key, or that of the nearest broader word that has one."""
        return next((word.fides for word in self.lineage if word.fides is not None), None)


@frozen
class Category(Word):
    """A category of personal data (Art. 4(1), Art. 30(1)(c)); `protection` says how the law protects it further.

    Raises:
        InvalidDeclaration: As for `Word`; also where a broader word has another protection, which would be lost.
    """

    protection: Protection | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        broader = self.under.protected if isinstance(self.under, Category) else None
        if self.protection is not None and broader not in {None, self.protection}:
            raise InvalidDeclaration(
                where=f"Category {self.id}",
                problem=f"{self.protection.article} would take the place of what protects the word it stands under",
                instead="Leave `protection` out, or place it under another word",
            )

    @property
    def protected(self) -> Protection | None:
        """How the law protects it further: its own protection, or that of the nearest broader word."""
        own = (word.protection for word in self.lineage if isinstance(word, Category))
        return next((protection for protection in own if protection is not None), None)


@frozen
class Purpose(Word):
    """What personal data is used for (Art. 5(1)(b))."""


@frozen
class Role(Word):
    """In which capacity somebody is a data subject (Art. 30(1)(c): categories of data subjects)."""


@frozen
class Measure(Word):
    """A technical or organisational measure that protects personal data (Art. 32, Art. 30(1)(g))."""
