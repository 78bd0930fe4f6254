"""Normalisers: which spellings of a value a blind index takes for the same; a closed set, each fixed for ever."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from sectorprivacy.encryption._codecs import WRITERS, Codec, not_sealable
from sectorprivacy.errors import ValueNotSealable


class Normaliser(StrEnum):
    """What is done to a value before its token is made. None of them trims; another way of doing it is another id."""

    EXACT_1 = "exact-1"
    """The value as its codec writes it: the same only where it is the same to the last bit."""
    EMAIL_1 = "email-1"
    """Split at the last `@`, neither part empty; A to Z lowered and nothing else changed."""
    TELEPHONE_1 = "telephone-1"
    """`+` and 7 to 15 digits, the first of them not 0, as E.164 writes a number."""
    DIGITS_1 = "digits-1"
    """Digits 0 to 9, at least one."""
    CASEFOLD_1 = "casefold-1"
    """Unicode NFKC, then full case folding; code points that are unassigned in this version of Unicode are refused."""

    def takes(self, codec: Codec) -> bool:
        """Whether it can be declared on fields of a codec: texts alone, but for `exact-1`; JSON has no one spelling."""
        return codec is Codec.STR or (self is Normaliser.EXACT_1 and codec is not Codec.JSON)


def normalise(normaliser: Normaliser, codec: Codec, value: Any, path: str) -> bytes:
    """The bytes that a token is made of.

    Args:
        normaliser: The declared normaliser.
        codec: The codec of the field.
        value: A value of the codec's type.
        path: Model and field, as errors name them.

    Raises:
        ValueNotSealable: The normaliser refuses the value, or it is not of the codec's type.
    """
    try:
        # The codec decides first: what it cannot seal is not indexed either.
        written = WRITERS[codec](value)
    except (ValueError, OverflowError) as refused:
        raise not_sealable(codec, refused, path) from None
    if normaliser is Normaliser.EXACT_1:
        return written
    try:
        return _SPELLINGS[normaliser](value).encode()
    except ValueError as refused:
        raise ValueNotSealable(path=path, codec=normaliser.value, reason=str(refused)) from None


_TELEPHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGITS: Final = re.compile(r"[0-9]+")
_LOWERED: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    if not (local and domain):
        raise ValueError("nothing stands before or behind its last @")
    return value.translate(_LOWERED)


def _telephone(value: str) -> str:
    if not _TELEPHONE.fullmatch(value):
        raise ValueError("not + and 7 to 15 digits")
    return value


def _digits(value: str) -> str:
    if not _DIGITS.fullmatch(value):
        raise ValueError("not digits alone")
    return value


def _casefold(value: str) -> str:
    if any(unicodedata.category(each) == "Cn" for each in value):
        # A later version of Unicode may fold it, and the token would not be found again.
        raise ValueError("it has a code point that is unassigned here")
    return unicodedata.normalize("NFKC", value).casefold()


_SPELLINGS: Final[Mapping[Normaliser, Callable[[str], str]]] = {
    Normaliser.EMAIL_1: _email,
    Normaliser.TELEPHONE_1: _telephone,
    Normaliser.DIGITS_1: _digits,
    Normaliser.CASEFOLD_1: _casefold,
}
"""What is refused is a ValueError, whose text is our own and holds no value."""
