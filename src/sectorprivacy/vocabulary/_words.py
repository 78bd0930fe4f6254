"""Open words: categories of personal data, purposes and roles, each under a broader one and with its DPV identifier."""

from __future__ import annotations

from attrs import frozen

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary._stable import stable_id


@frozen
class Word:
    """A term of the vocabulary.

    Args:
        id: Stable id, ASCII `[a-z0-9_.-]`; what is stored and compared.
        label: What people read, in English.
        under: The broader word, or None at the top. Companies declare their own words under an existing one.
        dpv: Identifier in the W3C Data Privacy Vocabulary 2.3, a link and not the key.
    """

    id: str
    label: str
    under: Word | None = None
    dpv: str | None = None

    def __attrs_post_init__(self) -> None:
        stable_id(self.id, where=type(self).__name__)
        if self.under is not None and type(self.under) is not type(self):
            raise InvalidDeclaration(
                where=f"{type(self).__name__} {self.id}",
                problem="it stands under a word of another sort",
                instead=f"Name a {type(self).__name__} in `under`",
            )

    def within(self, other: Word) -> bool:
        """Whether this word is `other` or stands under it."""
        word: Word | None = self
        while word is not None:
            if word == other:
                return True
            word = word.under
        return False


@frozen
class Category(Word):
    """A category of personal data (Art. 4(1), Art. 30(1)(c))."""


@frozen
class Purpose(Word):
    """What personal data is used for (Art. 5(1)(b))."""


@frozen
class Role(Word):
    """In which capacity somebody is a data subject (Art. 30(1)(c): categories of data subjects)."""
