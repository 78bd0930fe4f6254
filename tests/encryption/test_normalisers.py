"""Normalisers: which spellings are one value, and that nothing else becomes one."""

from __future__ import annotations

import sys
import unicodedata
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectorprivacy.encryption import Codec, Normaliser
from sectorprivacy.encryption._normalisers import normalise
from sectorprivacy.errors import ValueNotSealable

PATH = "crm.customer.email"


def spelled(normaliser: Normaliser, value: Any, codec: Codec = Codec.STR) -> str:
    return normalise(normaliser, codec, value, PATH).decode()


@pytest.mark.parametrize("codec", Codec)
def test_which_fields_a_normaliser_takes(codec: Codec) -> None:
    """Texts are normalised as texts; anything else is exact, and JSON has no one spelling to be exact about."""
    taken = {each for each in Normaliser if each.takes(codec)}
    if codec is Codec.STR:
        assert taken == set(Normaliser)
    else:
        assert taken == (set() if codec is Codec.JSON else {Normaliser.EXACT_1})


@given(st.emails())
def test_e_mail_addresses_lose_the_case_of_ascii_alone(address: str) -> None:
    """Whoever types an address in capitals is found; no other letter changes, whatever its alphabet."""
    assert spelled(Normaliser.EMAIL_1, address) == spelled(Normaliser.EMAIL_1, address.upper())
    assert spelled(Normaliser.EMAIL_1, "Å" + address) != spelled(Normaliser.EMAIL_1, "å" + address)


@given(st.text(st.characters(exclude_categories=["Cs", "Cn"])))
def test_folding_twice_is_folding_once(name: str) -> None:
    """A stored spelling finds itself again, in whatever case it was written."""
    once = spelled(Normaliser.CASEFOLD_1, name)
    assert (
        spelled(Normaliser.CASEFOLD_1, unicodedata.normalize("NFKC", once))
        == unicodedata.normalize("NFKC", once).casefold()
    )
    assert spelled(Normaliser.CASEFOLD_1, unicodedata.normalize("NFD", name)) == once


def test_code_points_of_a_later_unicode_are_refused() -> None:
    """A letter that this version does not know may fold in the next one; then its token would be lost."""
    for number in range(sys.maxunicode + 1):
        letter = chr(number)
        if unicodedata.category(letter) == "Cn" and number % 977 == 0:
            with pytest.raises(ValueNotSealable):
                normalise(Normaliser.CASEFOLD_1, Codec.STR, letter, PATH)


@given(st.sampled_from(Normaliser), st.text() | st.text("+@0123456789Aa\n ", max_size=20))
def test_whatever_is_typed_has_a_spelling_or_is_refused(normaliser: Normaliser, value: str) -> None:
    """A search box takes anything; what cannot be indexed is refused with the field's path, and with no other error."""
    with suppress(ValueNotSealable):
        assert spelled(normaliser, value) == spelled(normaliser, value)


@pytest.mark.parametrize("normaliser", Normaliser)
@pytest.mark.parametrize("value", ["\ud800", b"ola@example.no", 7, None, date(2026, 11, 25)])
def test_what_the_codec_cannot_seal_is_not_indexed(normaliser: Normaliser, value: Any) -> None:
    """A token of a value that has no cell would be found and never opened."""
    with pytest.raises(ValueNotSealable) as refused:
        normalise(normaliser, Codec.STR, value, PATH)
    assert (refused.value.codec, refused.value.path) == ("str", PATH)
