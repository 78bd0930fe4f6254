"""Stored pages hang together: each head covers all pages before it, and each page opens in its own place only."""

from __future__ import annotations

from uuid import UUID

import pytest

from sectorprivacy.errors import DecryptionError, KeyringError
from sectorprivacy.rights.coordinator import CaseVault
from sectorprivacy.rights.coordinator._opened import START, _head

CASE, OTHER = UUID(int=1), UUID(int=2)


def test_a_head_covers_everything_before_it() -> None:
    """Another page anywhere before, another order or one page less gives another head."""

    def head(*bodies: bytes) -> str:
        at = START
        for body in bodies:
            at = _head(at, body)
        return at

    heads = [head(b"a", b"b", b"c"), head(b"x", b"b", b"c"), head(b"b", b"a", b"c"), head(b"b", b"c"), head(b"c")]
    assert len(set(heads)) == len(heads)


def test_a_page_opens_in_its_own_place_only() -> None:
    """Pages cannot be swapped within a case or moved to another person's."""
    key, wrapped = CaseVault(bytes(32)).new_key(CASE)
    sealed = key.seal("page/1", b"value")
    assert CaseVault(bytes(32)).unwrap(CASE, wrapped).open("page/1", sealed) == b"value"
    with pytest.raises(DecryptionError):
        key.open("page/2", sealed)
    with pytest.raises(DecryptionError):
        CaseVault(bytes(32)).unwrap(OTHER, wrapped)
    with pytest.raises(DecryptionError):
        key.open("page/1", sealed[:5])


def test_the_same_value_never_looks_the_same() -> None:
    """Nonces are random, and keys never show themselves."""
    key, _ = CaseVault(bytes(32)).new_key(CASE)
    assert key.seal("page/1", b"value") != key.seal("page/1", b"value")
    assert "secret" not in repr(key)


def test_a_vault_needs_a_whole_key() -> None:
    """A short key is refused when the coordinator is built, not when the first case is stored."""
    with pytest.raises(KeyringError):
        CaseVault(b"short")
