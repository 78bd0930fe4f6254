"""BlindIndex: how a sealed field is searched, by a keyed token beside its cell; `docs/spec/blind-index.md`."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any, Final, Literal

from attrs import field, frozen

from sectorprivacy.encryption._codecs import Codec
from sectorprivacy.encryption._normalisers import Normaliser, normalise
from sectorprivacy.encryption._subject_key import TenantIndexKey
from sectorprivacy.errors import InvalidDeclaration, LeakageRefused, UnknownWord, ValueNotSealable

FEWEST_DISTINCT: Final = 1_000
"""Below this many distinct values, whoever knows how frequent they are recovers nearly all of them."""

_MANY_DISTINCT: Final = 1_000_000
_UNIQUE: Final = 16
_SMALL: Final = 2
_LARGE: Final = 3


def _normaliser(word: Normaliser | str) -> Normaliser:
    try:
        return Normaliser(word)
    except ValueError:
        raise UnknownWord(kind="normaliser", id=str(word), known=tuple(Normaliser)) from None


@frozen
class BlindIndex:
    """Makes a sealed field searchable for equality: `Personal(..., index=BlindIndex("email-1", distinct=80_000))`.

    A token says of two rows whether their values are likely the same, to everybody who reads the database. So it is
    short, many values share one unless it is unique, and what is found is compared again after opening. How much the
    tokens of a column give away is measured by `leakage_report`.

    Args:
        normaliser: Which spellings are the same value; a Normaliser or its id.
        distinct: How many distinct values the field will have; above a million the token is one byte longer.
        unique: Whether no two rows may have the same value. Then the token has 16 bytes.
        accepted: Why an index is kept that gives its values away; it stands in the data map.

    Raises:
        UnknownWord: There is no such normaliser.
        InvalidDeclaration: `distinct` is no number above zero, or the reason is empty.
        LeakageRefused: There are fewer than 1,000 distinct values, and nobody accepted it.
    """

    normaliser: Normaliser = field(converter=_normaliser)
    distinct: int = field(kw_only=True)
    unique: bool = field(default=False, kw_only=True)
    accepted: str | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.distinct < 1:
            raise self._invalid("distinct is below 1", "Say how many distinct values the field will have")
        if self.accepted is not None and not self.accepted.strip():
            raise self._invalid("the reason in accepted is empty", "Say why the index is kept all the same")
        if self.distinct < FEWEST_DISTINCT and self.accepted is None:
            raise LeakageRefused(where=self._where, why=f"{self.distinct} distinct values are told apart by frequency")

    @property
    def kind(self) -> Literal["eq", "uniq"]:
        """`uniq` or `eq`, as its key is derived."""
        return "uniq" if self.unique else "eq"

    @property
    def size(self) -> int:
        """Bytes of a token: 16 for a unique one, else 2, or 3 above a million distinct values."""
        if self.unique:
            return _UNIQUE
        return _LARGE if self.distinct > _MANY_DISTINCT else _SMALL

    def token(self, key: TenantIndexKey, model: str, field: str, codec: Codec, value: Any) -> bytes:
        """The token of a value.

        Args:
            key: An index key of the tenant.
            model: Stable id of the model.
            field: Stable id of the field.
            codec: Its codec.
            value: The value, not None: a field without a value has no token.

        Returns:
            `size` bytes.

        Raises:
            ValueNotSealable: The normaliser or the codec refuses the value.
        """
        return self._cut(key, model, field, normalise(self.normaliser, codec, value, f"{model}.{field}"))

    def tokens(
        self, keys: Sequence[TenantIndexKey], model: str, field: str, codec: Codec, value: Any
    ) -> tuple[bytes, ...]:
        """The token of a value under each key: rows are written with the first, and searched by all of them.

        Args:
            keys: The index keys of the tenant, the current one first.
            model: Stable id of the model.
            field: Stable id of the field.
            codec: Its codec.
            value: The value, not None.

        Raises:
            ValueNotSealable: The normaliser or the codec refuses the value.
        """
        text = normalise(self.normaliser, codec, value, f"{model}.{field}")
        return tuple(self._cut(key, model, field, text) for key in keys)

    def same(self, codec: Codec, one: Any, other: Any) -> bool:
        """Whether two values are the same to this index: what a search compares once it has opened what it found.

        Returns:
            False also where the normaliser refuses one of them. The time it takes does not depend on where they differ.
        """
        try:
            first, second = (normalise(self.normaliser, codec, value, "") for value in (one, other))
        except ValueNotSealable:
            return False
        return hmac.compare_digest(first, second)

    def _cut(self, key: TenantIndexKey, model: str, field: str, text: bytes) -> bytes:
        derived = key.derive(model, field, self.kind, self.normaliser)
        return hmac.digest(derived, text, "sha256")[: self.size]

    @property
    def _where(self) -> str:
        return f"BlindIndex({self.normaliser.value!r}, distinct={self.distinct})"

    def _invalid(self, problem: str, instead: str) -> InvalidDeclaration:
        return InvalidDeclaration(where=self._where, problem=problem, instead=instead)
