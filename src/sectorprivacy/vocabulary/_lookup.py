"""From an id string to the word it names, so that words accept their id string where they are expected."""

from __future__ import annotations

from enum import StrEnum
from types import ModuleType
from typing import TypeVar

from sectorprivacy.errors import UnknownWord
from sectorprivacy.vocabulary import categories, purposes, roles
from sectorprivacy.vocabulary._closed import Basis, Relation
from sectorprivacy.vocabulary._words import Category, Purpose, Role, Word

W = TypeVar("W", bound=Word)
E = TypeVar("E", bound=StrEnum)


def _built_in(module: ModuleType, sort: type[W]) -> dict[str, W]:
    return {word.id: word for word in vars(module).values() if isinstance(word, sort)}


_CATEGORIES = _built_in(categories, Category)
_PURPOSES = _built_in(purposes, Purpose)
_ROLES = _built_in(roles, Role)


def _find(words: dict[str, W], sort: str, word: W | str) -> W:
    if not isinstance(word, str):
        return word
    if word not in words:
        raise UnknownWord(kind=sort, id=word)
    return words[word]


def category(word: Category | str) -> Category:
    """The category itself, or the built-in one with that id. Raises: UnknownWord."""
    return _find(_CATEGORIES, "category", word)


def purpose(word: Purpose | str) -> Purpose:
    """The purpose itself, or the built-in one with that id. Raises: UnknownWord."""
    return _find(_PURPOSES, "purpose", word)


def role(word: Role | str) -> Role:
    """The role itself, or the built-in one with that id. Raises: UnknownWord."""
    return _find(_ROLES, "role", word)


def basis(word: Basis | str) -> Basis:
    """The legal basis itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Basis, "legal basis", word)


def relation(word: Relation | str) -> Relation:
    """The relation itself, or the one with that id. Raises: UnknownWord."""
    return _closed(Relation, "relation", word)


def _closed(words: type[E], sort: str, word: str) -> E:
    if word not in set(words):
        raise UnknownWord(kind=sort, id=word)
    return words(word)
