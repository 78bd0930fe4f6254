"""Wording: what people read, by language, with one spelling and a text for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary import Category, Wording, wording

TAGS = st.sampled_from(["en", "en-GB", "nb", "nb-NO", "nn", "sv", "zh", "zh-Hant", "zh-Hant-TW", "es-419", "sl-rozaj"])
TEXTS = st.dictionaries(TAGS, st.text(min_size=1).filter(str.strip), min_size=1)


@given(TEXTS)
def test_a_wording_is_read_as_it_was_written(texts: dict[str, str]) -> None:
    """Its JSON is the mapping it was made of, and makes an equal one with an equal hash, in whatever order."""
    made = wording(texts)
    again = wording(dict(reversed(made.to_json().items())))
    assert made.to_json() == texts
    assert (again, hash(again)) == (made, hash(made))
    assert made.languages == set(texts)
    assert wording(made) is made


@given(TEXTS, TAGS)
def test_everybody_reads_the_nearest_language(texts: dict[str, str], language: str) -> None:
    """One's own language, else without its subtags, else English, else the first: never nothing."""
    parts = language.split("-")
    wanted = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    found = next(tag for tag in [*wanted, "en", min(texts)] if tag in texts)
    assert wording(texts).in_language(language) == texts[found]
    assert wording(texts).covers(language) is any(tag in texts for tag in wanted)


def test_a_plain_string_is_english() -> None:
    """Whoever writes in one language writes a string."""
    assert wording("alarm code") == wording({"en": "alarm code"}) == Wording({"en": "alarm code"})
    assert str(wording("alarm code")) == "alarm code"
    assert str(wording({"sv": "larmkod", "nb": "alarmkode"})) == "alarmkode"


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"en": ""},
        {"en": " \n"},
        {"": "text"},
        {"e": "text"},
        {"EN": "text"},
        {"nb_NO": "text"},
        {"nb-no": "text"},
        {"nb-": "text"},
        {"en\n": "text"},
        {"english": "text"},
        {"en": "text", "sv": ""},
    ],
)
def test_what_nobody_could_read_is_refused(texts: Any) -> None:
    """No text, an empty one, and a tag that is none or has another spelling, are found where they are written."""
    with pytest.raises(InvalidDeclaration):
        wording(texts)


def test_an_empty_string_is_refused() -> None:
    """A word without a label is a hole in every document."""
    with pytest.raises(InvalidDeclaration):
        Category("mine", "")


def test_a_label_may_have_several_languages() -> None:
    """A company's own word reads in the languages of its notice."""
    own = Category("door_photo", {"en": "photo of the door", "nb": "bilde av døren"})
    assert own.label.in_language("nb-NO") == "bilde av døren"
    assert own.label.in_language("fi") == str(own.label) == "photo of the door"
