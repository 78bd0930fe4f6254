"""From an id string to the word it names, so that words accept their id string where they are expected."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from types import ModuleType
from typing import TypeVar

from sectorprivacy.errors import UnknownWord
from sectorprivacy.vocabulary import categories, measures, purposes, roles
from sectorprivacy.vocabulary._closed import (
    Basis,
    Capacity,
    Channel,
    Condition,
    Relation,
    Safeguard,
    Source,
    SpecialGround,
)
from sectorprivacy.vocabulary._words import Category, Measure, Purpose, Role, Word

W = TypeVar("W", bound=Word)
E = TypeVar("E", bound=StrEnum)


def _built_in(module: ModuleType, sort: type[W]) -> dict[str, W]:
    return {word.id: word for word in vars(module).values() if isinstance(word, sort)}


_CATEGORIES = _built_in(categories, Category)
_PURPOSES = _built_in(purposes, Purpose)
_ROLES = _built_in(roles, Role)
_MEASURES = _built_in(measures, Measure)


def category(word: Category | str) -> Category:
    """The category itself, or the built-in one with that id. Raises: UnknownWord."""
    return _open(_CATEGORIES, "category", word)


def purpose(word: Purpose | str) -> Purpose:
    """The purpose itself, or the built-in one with that id. Raises: UnknownWord."""
    return _open(_PURPOSES, "purpose", word)


def role(word: Role | str) -> Role:
    """The role itself, or the built-in one with that id. Raises: UnknownWord."""
    return _open(_ROLES, "role", word)


def measure(word: Measure | str) -> Measure:
    """The measure itself, or the built-in one with that id. Raises: UnknownWord."""
    return _open(_MEASURES, "measure", word)


def basis(word: Basis | str) -> Basis:
    """The legal basis itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Basis, "legal basis", word)


def relation(word: Relation | str) -> Relation:
    """The relation itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Relation, "relation", word)


def source(word: Source | str) -> Source:
    """The source itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Source, "source", word)


def capacity(word: Capacity | str) -> Capacity:
    """The capacity itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Capacity, "capacity", word)


def safeguard(word: Safeguard | str) -> Safeguard:
    """The safeguard itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Safeguard, "safeguard", word)


def channel(word: Channel | str) -> Channel:
    """The channel itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Channel, "channel", word)


def condition(word: Condition | str) -> Condition:
    """The condition itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Condition, "condition", word)


def special_ground(word: SpecialGround | str) -> SpecialGround:
    """The ground itself, or the one with that id. Raises: UnknownWord."""
    return _closed(SpecialGround, "ground of Art. 9(2)", word)


def _open(words: dict[str, W], sort: str, word: W | str) -> W:
    if not isinstance(word, str):
        return word
    if word not in words:
        raise _unknown(sort, word, words)
    return words[word]


def _closed(words: type[E], sort: str, word: str) -> E:
    if word not in set(words):
        raise _unknown(sort, word, words)
    return words(word)


def _unknown(sort: str, word: str, known: Iterable[str]) -> UnknownWord:
    return UnknownWord(kind=sort, id=word, known=tuple(str(each) for each in known))
