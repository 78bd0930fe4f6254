"""Blind index: tokens as the vectors say, one for each key, and nothing taken for the same that is not."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectorprivacy.encryption import BlindIndex, Codec, Normaliser, TenantIndexKey
from sectorprivacy.encryption._codecs import READERS
from sectorprivacy.encryption._normalisers import normalise
from sectorprivacy.errors import InvalidDeclaration, LeakageRefused, UnknownWord, ValueNotSealable

OLA = "Ola.Nordmann@Example.NO"


@pytest.fixture
def key() -> TenantIndexKey:
    return TenantIndexKey(1, secrets.token_bytes(32))


@pytest.fixture(scope="module")
def vectors(root: Path) -> Any:
    return json.loads((root / "docs/spec/vectors/blind-index.json").read_text())


def read(vector: Any) -> Any:
    return READERS[vector["codec"]](bytes.fromhex(vector["value"]))


def index_of(vector: Any) -> BlindIndex:
    return BlindIndex(vector["normaliser"], distinct=vector["distinct"], unique=vector["kind"] == "uniq")


def test_keys_of_the_vectors(vectors: Any) -> None:
    """Each field, kind, normaliser and epoch has a key of its own, which another program derives alike."""
    for vector in vectors["keys"]:
        key = TenantIndexKey(vector["epoch"], bytes.fromhex(vectors["secret"]))
        derived = key.derive(vector["model"], vector["field"], vector["kind"], vector["normaliser"])
        assert derived.hex() == vector["key"]


def test_tokens_of_the_vectors(vectors: Any) -> None:
    """A token is what the specification says, to the byte: one written last year is found next year."""
    for vector in vectors["tokens"]:
        key = TenantIndexKey(vector["epoch"], bytes.fromhex(vectors["secret"]))
        codec, value = Codec(vector["codec"]), read(vector)
        normalised = normalise(Normaliser(vector["normaliser"]), codec, value, "crm.customer.email")
        assert normalised.hex() == vector["normalised"], vector["name"]
        token = index_of(vector).token(key, vector["model"], vector["field"], codec, value)
        assert token.hex() == vector["token"], vector["name"]
        assert len(token) == index_of(vector).size


def test_values_that_the_vectors_refuse(vectors: Any, key: TenantIndexKey) -> None:
    """What a normaliser refuses has no token, and the error shows nothing of it."""
    for vector in vectors["refuse"]:
        index = BlindIndex(vector["normaliser"], distinct=5_000)
        with pytest.raises(ValueNotSealable) as refused:
            index.token(key, "crm.customer", "email", Codec(vector["codec"]), read(vector))
        assert refused.value.code == vector["error"], vector["name"]
        assert refused.value.path == "crm.customer.email"
        assert read(vector) == "" or read(vector) not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "size"),
    [
        ({"distinct": 1_000}, 2),
        ({"distinct": 1_000_000}, 2),
        ({"distinct": 1_000_001}, 3),
        ({"distinct": 10**9}, 3),
        ({"distinct": 1_000, "unique": True}, 16),
        ({"distinct": 10**9, "unique": True}, 16),
    ],
)
def test_size_of_a_token(change: dict[str, Any], size: int, key: TenantIndexKey) -> None:
    """A token is no longer than the search needs: what it does not say cannot be counted."""
    index = BlindIndex("email-1", **change)
    assert index.size == len(index.token(key, "m", "f", Codec.STR, OLA)) == size


def test_tokens_during_a_rotation(key: TenantIndexKey) -> None:
    """Rows are written under the first key and found under each of them, in the order of the keys."""
    index = BlindIndex("email-1", distinct=5_000)
    retired = TenantIndexKey(2, secrets.token_bytes(32))
    both = index.tokens([key, retired], "m", "f", Codec.STR, OLA)
    assert both == tuple(index.token(each, "m", "f", Codec.STR, OLA) for each in (key, retired))
    assert index.tokens([], "m", "f", Codec.STR, OLA) == ()


def test_fields_share_no_key(key: TenantIndexKey) -> None:
    """Equal values in two columns, or under two declarations, cannot be matched with each other."""
    unique, plain = (
        BlindIndex("email-1", distinct=5_000, unique=True),
        BlindIndex("exact-1", distinct=5_000, unique=True),
    )
    tokens = [
        unique.token(key, "crm.customer", "email", Codec.STR, "ola@example.no"),
        unique.token(key, "crm.customer", "other", Codec.STR, "ola@example.no"),
        unique.token(key, "crm.other", "email", Codec.STR, "ola@example.no"),
        plain.token(key, "crm.customer", "email", Codec.STR, "ola@example.no"),
        unique.token(TenantIndexKey(2, bytes(32)), "crm.customer", "email", Codec.STR, "ola@example.no"),
    ]
    assert len(set(tokens)) == 5


@given(st.text(), st.text())
def test_same_is_what_makes_the_same_unique_token(one: str, other: str) -> None:
    """A search that compares after opening finds exactly what the index means, whatever shares a token."""
    key = TenantIndexKey(1, bytes(32))
    index = BlindIndex("exact-1", distinct=5_000, unique=True)
    tokens = [index.token(key, "m", "f", Codec.STR, value) for value in (one, other)]
    assert index.same(Codec.STR, one, other) == (tokens[0] == tokens[1]) == (one == other)


def test_same_refuses_what_cannot_be_indexed() -> None:
    """What a normaliser refuses is the same as nothing, not even as itself."""
    index = BlindIndex("email-1", distinct=5_000)
    assert index.same(Codec.STR, OLA, "ola.nordmann@example.no")
    assert not index.same(Codec.STR, OLA, "kari.nordmann@example.no")
    assert not index.same(Codec.STR, "ola", "ola")
    assert not index.same(Codec.STR, OLA, None)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"normaliser": "email-2", "distinct": 5_000}, UnknownWord),
        ({"normaliser": "email-1", "distinct": 0}, InvalidDeclaration),
        ({"normaliser": "email-1", "distinct": -1, "accepted": "for a test"}, InvalidDeclaration),
        ({"normaliser": "email-1", "distinct": 5_000, "accepted": " "}, InvalidDeclaration),
        ({"normaliser": "email-1", "distinct": 999}, LeakageRefused),
        ({"normaliser": "email-1", "distinct": 999, "unique": True}, LeakageRefused),
    ],
)
def test_indexes_that_are_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    """An index that gives its values away is refused where it is written, not when the table is full."""
    with pytest.raises(error):
        BlindIndex(**arguments)


def test_the_number_of_values_is_asked_for() -> None:
    """Nobody declares an index without having thought of how many values there are."""
    with pytest.raises(TypeError):
        BlindIndex("email-1")  # type: ignore[call-arg]


def test_few_values_with_a_reason() -> None:
    """Somebody may accept what an index gives away, and says why."""
    assert BlindIndex("exact-1", distinct=5, accepted="statistics by region, decided 2026-11-02").size == 2
