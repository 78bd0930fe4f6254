"""Catalogues: the library's own texts in one language each, which others can extend with a language of theirs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Self, cast

from attrs import frozen

from sectorprivacy.errors import InvalidDeclaration, NotInCatalogue

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@frozen
class Catalogue:
    """Texts of one language by key, such as "notice.title"; `{name}` in a text is replaced by a fact.

    Args:
        language: BCP 47 tag.
        texts: Key to text. A text that depends on a number stands under its key with ".one" and ".other".
    """

    language: str
    texts: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path, *, language: str) -> Self:
        """A catalogue of your own: TOML files with the keys of those under `documents/catalogues/en`.

        Args:
            folder: Where the files lie; the name of each is the first part of its keys.
            language: BCP 47 tag.

        Raises:
            InvalidDeclaration: It is no folder of TOML files, keys are missing or unknown, or placeholders differ.
        """
        found = cls(language, _texts(folder))
        if faults := list(_differences(_built_in("en"), found)):
            raise InvalidDeclaration(
                where=f"catalogue {language}",
                problem="; ".join(faults),
                instead="Give every text of the English catalogue, with its placeholders",
            )
        return found

    def text(self, key: str, **facts: object) -> str:
        """The text of that key with these facts. Raises: NotInCatalogue."""
        found = self.find(key)
        if found is None:
            raise NotInCatalogue(kind=f"text in the catalogue {self.language}", id=key)
        return _PLACEHOLDER.sub(lambda place: str(facts[place[1]]), found)

    def find(self, key: str) -> str | None:
        """The text of that key as it stands, None where there is none."""
        return self.texts.get(key)

    def count(self, key: str, number: int, **facts: object) -> str:
        """The text for that many: singular for one, else plural; `{number}` is replaced too."""
        return self.text(f"{key}.{'one' if number == 1 else 'other'}", number=number, **facts)


def catalogue(language: str | Catalogue) -> Catalogue:
    """The built-in catalogue of a language, or the one given. "nb-NO" is served by "nb".

    Args:
        language: BCP 47 tag, or a catalogue of your own.

    Raises:
        NotInCatalogue: There is none for this language.
    """
    if isinstance(language, Catalogue):
        return language
    primary = language.partition("-")[0].lower()
    if primary not in languages():
        raise NotInCatalogue(kind="catalogue", id=language)
    return _built_in(primary)


@cache
def languages() -> tuple[str, ...]:
    """Languages with a built-in catalogue."""
    return tuple(sorted(each.name for each in _home().iterdir() if each.is_dir() and not each.name.startswith("_")))


@cache
def _built_in(language: str) -> Catalogue:
    return Catalogue(language, _texts(_home() / language))


def _home() -> Traversable:
    return files("sectorprivacy.documents") / "catalogues"


def _texts(folder: Traversable) -> Mapping[str, str]:
    if not folder.is_dir():
        raise InvalidDeclaration(
            where=f"catalogue {folder.name}", problem="it is no folder", instead="Name the folder of its TOML files"
        )
    return {
        f"{file.name.removesuffix('.toml')}.{key}": text
        for file in sorted(folder.iterdir(), key=lambda each: each.name)
        if file.name.endswith(".toml")
        for key, text in _flat(_parsed(file), where=file.name)
    }


def _parsed(file: Traversable) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise InvalidDeclaration(
            where=f"catalogue {file.name}", problem="it is no TOML in UTF-8", instead="Start from the English file"
        ) from None


def _flat(table: Mapping[str, Any], *, where: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            for inner, text in _flat(cast("dict[str, Any]", value), where=where):
                yield f"{key}.{inner}", text
        elif isinstance(value, str) and value.strip():
            yield key, value
        else:
            raise InvalidDeclaration(
                where=f"catalogue {where}", problem=f"{key} is no text", instead="Give every key a text of its own"
            )


def _differences(model: Catalogue, other: Catalogue) -> Iterator[str]:
    """What keeps one catalogue from standing in for another."""
    if missing := sorted(model.texts.keys() - other.texts.keys()):
        yield f"it lacks {_listed(missing)}"
    if unknown := sorted(other.texts.keys() - model.texts.keys()):
        yield f"nobody asks for {_listed(unknown)}"
    changed = [
        key
        for key in sorted(model.texts.keys() & other.texts.keys())
        if set(_PLACEHOLDER.findall(model.texts[key])) != set(_PLACEHOLDER.findall(other.texts[key]))
    ]
    if changed:
        yield f"other placeholders in {_listed(changed)}"


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(keys)
