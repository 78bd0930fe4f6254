"""Tokens stand for identifiers and give nothing of them away."""

from __future__ import annotations

import hashlib
import hmac
from itertools import combinations

import pytest

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.ledger import IndexKey, TombstoneKey

SECRET = bytes(range(32))


def test_a_token_is_what_the_documentation_says() -> None:
    """Another program with the key can find a person's row: the construction is fixed, byte for byte."""
    message = b"\0\0\0\x0bsp1/subject\0\0\0\x06alarms\0\0\0\x05email\0\0\0\x07exact-1" + "åse@example.org".encode()
    assert (
        IndexKey(SECRET, "alarms").token("email", "åse@example.org")
        == hmac.new(SECRET, message, hashlib.sha256).digest()
    )


def test_tokens_differ_in_use_secret_tenant_kind_and_value() -> None:
    """No token of one use, company, kind or spelling can be taken for another's."""
    tokens = [
        IndexKey(SECRET, "alarms").token("email", "k"),
        TombstoneKey(SECRET, "alarms").token("email", "k"),
        IndexKey(SECRET[::-1], "alarms").token("email", "k"),
        IndexKey(SECRET, "alarm").token("email", "k"),
        IndexKey(SECRET, "alarm").token("semail", "k"),
        IndexKey(SECRET, "alarms").token("emai", "lk"),
        IndexKey(SECRET, "alarms").token("email", "K"),
        IndexKey(SECRET, "alarms").token("email", "\u212a"),
        IndexKey(SECRET, "alarms").token("email", "k "),
        IndexKey(SECRET, "alarms").token("email", ""),
    ]
    assert all(len(token) == 32 for token in tokens)
    assert all(one != other for one, other in combinations(tokens, 2))


def test_a_lone_surrogate_has_a_token_of_its_own() -> None:
    """A broken text of an old system names nobody else and stops nobody else's page."""
    key = IndexKey(SECRET, "alarms")
    assert len({key.token("email", value) for value in ("\ud800", "\udfff", "?", "\ufffd")}) == 4


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_secret_of_another_size_is_refused(size: int) -> None:
    """A weak or empty key would make every token guessable."""
    with pytest.raises(InvalidDeclaration, match="32 bytes"):
        TombstoneKey(bytes(size), "alarms")


def test_a_key_does_not_show_its_secret() -> None:
    """A key that lands in a log line gives nothing away."""
    shown = repr(IndexKey(SECRET, "alarms"))
    assert "secret" not in shown
    assert "alarms" in shown
