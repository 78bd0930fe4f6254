"""The three languages that the company speaks, so that every text is written once in each of them."""

from __future__ import annotations

from sectorprivacy.vocabulary import Wording


def say(en: str, *, nb: str, sv: str) -> Wording:
    """A text in English, Norwegian bokmål and Swedish."""
    return Wording({"en": en, "nb": nb, "sv": sv})
