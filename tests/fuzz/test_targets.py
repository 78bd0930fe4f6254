"""The targets of the fuzzer, without the fuzzer: what they start from, and what random bytes make of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sectorprivacy.encryption import _json
from tests.fuzz.targets import TARGETS, Finding, seeds


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_read_or_refused(name: str) -> None:
    """Only errors of the library escape from a parser, for the vectors and for what is near them."""
    draw = random.Random(name)
    for seed in seeds(name):
        TARGETS[name](seed[:4096])
        for _ in range(5):
            TARGETS[name](changed(seed[:4096], draw))


def changed(seed: bytes, draw: random.Random) -> bytes:
    data = bytearray(seed or b"x")
    for _ in range(draw.randint(1, 4)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data[: draw.randint(1, len(data))])


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_read_or_refused(name: str) -> None:
    """Only errors of the library escape from a parser, whatever it is given."""

    @given(st.binary(max_size=300))
    @settings(max_examples=50, deadline=None, database=None)
    def any_bytes(data: bytes) -> None:
        TARGETS[name](data)

    any_bytes()


def test_a_reader_that_accepts_too_much_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target is no use that a mistake passes: without the refusal of doubled members, this is a finding."""
    monkeypatch.setattr(_json, "_members", lambda pairs: dict(reversed(pairs)))
    with pytest.raises(Finding):
        TARGETS["json"](b'{"a":1,"a":2}')
