"""Wording: what people read, in one language or in several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from sectorprivacy.errors import InvalidDeclaration

# Language, script, region and variants of BCP 47, in the case that RFC 5646 (2.1.1) recommends: one spelling each.
_TAG = re.compile(
    r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*",
)

DEFAULT_LANGUAGE = "en"

_EXAMPLE = 'Write it as {"en": "text", "nb": "tekst"}'


def _pairs(texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(texts.items()))


@frozen
class Wording:
    """A text by language.

    Args:
        texts: BCP 47 language tag ("en", "nb-NO", "zh-Hant") to text, at least one.

    Raises:
        InvalidDeclaration: There is no text, an empty one, or a tag that is none.
    """

    texts: tuple[tuple[str, str], ...] = field(converter=_pairs)

    def __attrs_post_init__(self) -> None:
        if not self.texts:
            raise InvalidDeclaration(where="Wording", problem="it has no text", instead=_EXAMPLE)
        for language, text in self.texts:
            if not _TAG.fullmatch(language):
                raise InvalidDeclaration(
                    where="Wording", problem=f"{language!r} is no BCP 47 language tag", instead=_EXAMPLE
                )
            if not text.strip():
                raise InvalidDeclaration(
                    where="Wording", problem=f"its text in {language!r} is empty", instead=_EXAMPLE
                )

    @property
    def languages(self) -> frozenset[str]:
        """The languages it is written in."""
        return frozenset(language for language, _ in self.texts)

    def covers(self, language: str) -> bool:
        """Whether it is written in a language ("nb-NO"), or in that language without its subtags ("nb")."""
        return not self.languages.isdisjoint(_broader_tags(language))

    def in_language(self, language: str) -> str:
        """The text in a language ("nb-NO"), else in the language without its subtags ("nb"), else `str` of it."""
        known = dict(self.texts)
        return next((known[tag] for tag in _broader_tags(language) if tag in known), str(self))

    def to_json(self) -> dict[str, str]:
        """Language to text."""
        return dict(self.texts)

    def __str__(self) -> str:
        """The English text, or the first in the order of the tags."""
        return dict(self.texts).get(DEFAULT_LANGUAGE, self.texts[0][1])


def _broader_tags(language: str) -> Iterator[str]:
    while language:
        yield language
        language = language.rpartition("-")[0]


AnyWording = str | Mapping[str, str] | Wording
"""What is taken where a wording is expected; a plain string is English."""


def wording(value: AnyWording) -> Wording:
    """The wording itself, or the one that a string or a mapping by language says. Raises: InvalidDeclaration."""
    if isinstance(value, Wording):
        return value
    return Wording({DEFAULT_LANGUAGE: value} if isinstance(value, str) else value)
