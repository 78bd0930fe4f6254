from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest

from sectorprivacy.documents import Catalogue, catalogue, languages
from sectorprivacy.errors import InvalidDeclaration, NotInCatalogue
from sectorprivacy.policy import EEA
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Channel,
    Condition,
    Ground,
    Protection,
    Right,
    Safeguard,
    Source,
    SpecialGround,
    Word,
    categories,
    measures,
    purposes,
    roles,
)

OPEN = {"category": categories, "purpose": purposes, "role": roles, "measure": measures}
CLOSED = {
    "basis": Basis,
    "reason": Basis,
    "source": Source,
    "capacity": Capacity,
    "safeguard": Safeguard,
    "right": Right,
    "ground": Ground,
    "protection": Protection,
    "special_ground": SpecialGround,
    "channel": Channel,
    "condition": Condition,
}


def words_of(module: ModuleType) -> dict[str, Word]:
    return {word.id: word for word in vars(module).values() if isinstance(word, Word)}


def section(language: str, name: str) -> set[str]:
    beginning = f"words.{name}."
    return {key.removeprefix(beginning) for key in catalogue(language).texts if key.startswith(beginning)}


@pytest.mark.parametrize("language", languages())
def test_every_word_of_the_vocabulary_has_a_text(language: str) -> None:
    """A word that a language lacks would show up in English in the middle of a Swedish notice."""
    for name, module in OPEN.items():
        assert section(language, name) == set(words_of(module)), name
    for name, words in CLOSED.items():
        assert section(language, name) == set(words), name
    assert section(language, "country") >= EEA


def test_english_says_what_the_vocabulary_says() -> None:
    """A word has one English label; the catalogue repeats it so that other languages have a model to follow."""
    for name, module in OPEN.items():
        for word in words_of(module).values():
            assert catalogue("en").text(f"words.{name}.{word.id}") == str(word.label)


def test_the_languages_have_the_same_texts_with_the_same_places_for_facts() -> None:
    """A key or a placeholder that a language lacks would break, or empty, its documents."""
    english = catalogue("en")
    for language in languages():
        texts = catalogue(language).texts
        assert texts.keys() == english.texts.keys()
        for key, text in texts.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english.texts[key])), (language, key)


def test_a_regional_tag_is_served_by_its_language() -> None:
    """A browser asks for nb-NO; Norwegian is what it can have."""
    assert catalogue("nb-NO") is catalogue("nb")


def test_a_language_nobody_wrote_is_refused() -> None:
    """A notice in the wrong language informs nobody: there is no silent English."""
    with pytest.raises(NotInCatalogue):
        catalogue("fi")


def test_a_text_nobody_wrote_is_refused() -> None:
    """A misspelt key is found when it is asked for, not by whoever reads the notice."""
    with pytest.raises(NotInCatalogue, match=r"notice\.titel"):
        catalogue("en").text("notice.titel")


def test_numbers_choose_singular_and_plural() -> None:
    """One month, two months."""
    assert catalogue("sv").count("words.unit.month", 1) == "1 månad"
    assert catalogue("sv").count("words.unit.month", 2) == "2 månader"


@pytest.fixture
def finnish(tmp_path: Path) -> Path:
    home = files("sectorprivacy.documents") / "catalogues" / "en"
    shutil.copytree(str(home), tmp_path / "fi")
    return tmp_path / "fi"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_others_add_a_language(finnish: Path) -> None:
    """A country the library has no language for writes its own catalogue, and every document takes it."""
    change(finnish / "access.toml", "About the use of your data", "Tietojesi käytöstä")
    own = Catalogue.read(finnish, language="fi")
    assert catalogue(own) is own
    assert own.text("access.title") == "Tietojesi käytöstä"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('title = "About', 'titel = "About', "lacks access.title; nobody asks for access.titel"),
        ('title = "About the use of your data"', "title = 7", "title is no text"),
        ('title = "About the use of your data"', 'title = " "', "title is no text"),
        ('title = "About', "title = About", "no TOML"),
    ],
)
def test_a_catalogue_with_gaps_is_refused(finnish: Path, old: str, new: str, problem: str) -> None:
    """A catalogue is checked as a whole when it is read, so that no document breaks halfway."""
    change(finnish / "access.toml", old, new)
    with pytest.raises(InvalidDeclaration, match=problem):
        Catalogue.read(finnish, language="fi")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A misspelt path is said to be one, before any document is made."""
    with pytest.raises(InvalidDeclaration, match="no folder"):
        Catalogue.read(tmp_path / "fi", language="fi")


def test_a_text_without_its_fact_is_refused(finnish: Path) -> None:
    """A translation that drops {authority} would tell people to complain to nobody."""
    change(finnish / "sections.toml", "{authority}", "the authority")
    with pytest.raises(InvalidDeclaration, match=r"other placeholders in sections\.complaint\.authority"):
        Catalogue.read(finnish, language="fi")
