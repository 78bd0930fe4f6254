"""Sealed: opaque in every representation, opened by a scope alone."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from sectorprivacy.encryption import Codec, Keys, Place, Sealed, key_access, seal, to_text
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, NoPurpose, NotSealed, ValueNotSealable

SECRET = "01019012345"
At = Callable[..., Place]


class Customer(BaseModel):
    number: str
    national_id: Sealed[str] | None = None
    born: Sealed[date] | None = None


@contextmanager
def scope(keys: Keys) -> Iterator[None]:
    token = key_access.set(keys)
    try:
        yield
    finally:
        key_access.reset(token)


@pytest.fixture
def stored(keys: Keys, place: At) -> Sealed[str]:
    cell = seal(keys.for_sealing(place().subject, "contract"), place(), SECRET)
    return Sealed[str].stored(place(), to_text(cell))


def test_a_stored_value_opens_inside_a_scope_alone(keys: Keys, stored: Sealed[str]) -> None:
    """No scope, no key: outside it the value stays closed (Art. 5(1)(b))."""
    with pytest.raises(NoPurpose):
        stored.open()
    with scope(keys):
        assert stored.open() == SECRET
    with pytest.raises(NoPurpose):
        stored.open()


def test_a_held_value_opens_inside_a_scope_alone(keys: Keys) -> None:
    """A value that is not stored yet is no way around the gate."""
    held = Sealed.of(SECRET)
    with pytest.raises(NoPurpose):
        held.open()
    with scope(keys):
        assert held.open() == SECRET


def test_no_representation_shows_the_value(stored: Sealed[str], caplog: pytest.LogCaptureFixture) -> None:
    """A value that is printed, formatted, logged or dumped shows that there is one, and no more."""
    held = Sealed.of(SECRET)
    for each in (held, stored):
        logging.getLogger("app").warning("customer %s", each)
        shown = [repr(each), str(each), f"{each}", f"{each:>40}", "%s" % each, repr([each]), repr({"a": each})]  # noqa: UP031  # an old way to show a value, too
        assert not [text for text in [*shown, caplog.text] if SECRET in text]
        assert "<sealed>" in caplog.text
        for dump in (pickle.dumps, json.dumps, vars):
            with pytest.raises(TypeError):
                dump(each)


def test_copies_are_the_value_itself(stored: Sealed[str]) -> None:
    """A deep copy of a model neither opens nor doubles what it holds."""
    assert copy.copy(stored) is stored
    assert copy.deepcopy({"a": [stored]})["a"][0] is stored


def test_equality_says_nothing_about_the_value() -> None:
    """Comparing is a way of reading; two sealed values are equal only if they are one."""
    assert Sealed.of(SECRET) != Sealed.of(SECRET)
    assert Sealed.of(SECRET) != SECRET


def test_a_stored_value_gives_its_cell_in_both_forms(stored: Sealed[str], place: At) -> None:
    """Hand-written stores read and write cells without opening them; what is held has none yet."""
    assert stored.is_stored
    assert stored.place == place()
    assert to_text(stored.cell) == stored.text
    assert Sealed[str].stored(place(), stored.cell).text == stored.text
    held = Sealed.of(SECRET)
    assert not held.is_stored
    assert stored.head == stored.cell[:18]
    for read in (lambda: held.cell, lambda: held.head, lambda: held.text, stored.release):
        with pytest.raises(NotSealed):
            read()
    assert held.release() == SECRET


def test_text_that_is_no_cell_does_not_open(keys: Keys, place: At) -> None:
    """Loading checks nothing; opening checks everything."""
    with scope(keys):
        with pytest.raises(NotSealed):
            Sealed[str].stored(place(), SECRET).open()
        for text in ("sp1.AAAA", "sp1.", to_text(b"\xf9\x01" + bytes(50))[:-4] + "?"):
            with pytest.raises(DecryptionError) as refused:
                Sealed[str].stored(place(), text).open()
            assert type(refused.value) is DecryptionError


def test_it_is_made_by_its_two_ways_alone() -> None:
    """A call that forgets to say which of the two it is does not make one by accident."""
    with pytest.raises(TypeError):
        Sealed()


def test_pydantic_holds_raw_values_and_keeps_sealed_ones(keys: Keys, stored: Sealed[str]) -> None:
    """A model takes what an API was sent, and what a store gave, and shows neither."""
    customer = Customer(number="7", national_id=SECRET, born="1990-01-01")  # type: ignore[arg-type]
    assert SECRET not in repr(customer) + str(customer)
    assert Customer(number="7", national_id=stored).national_id is stored
    assert customer.model_copy(deep=True).national_id is customer.national_id
    with scope(keys):
        assert customer.born is not None
        assert customer.born.open() == date(1990, 1, 1)


def test_pydantic_never_writes_a_value_out() -> None:
    """A response model with a sealed field cannot be dumped by accident."""
    customer = Customer(number="7", national_id=Sealed.of(SECRET))
    for dump in (customer.model_dump, customer.model_dump_json):
        with pytest.raises(Exception) as refused:  # noqa: PT011  pydantic wraps it in JSON mode
            dump()
        assert SECRET not in str(refused.value)


def test_a_wrong_value_is_not_quoted_by_the_refusal() -> None:
    """Pydantic's own errors carry the input; ours carries the field's name and its type."""
    with pytest.raises(ValueNotSealable) as refused:
        Customer(number="7", born=SECRET + "x")  # type: ignore[arg-type]
    assert not isinstance(refused.value, ValidationError)
    assert refused.value.path == "born"
    assert SECRET not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_field_that_cannot_be_sealed_is_refused_with_the_class() -> None:
    """The mistake is found when the model is declared."""
    with pytest.raises(InvalidDeclaration):

        class Wrong(BaseModel):
            ratio: Sealed[float]


def test_the_codec_is_the_declared_one(keys: Keys, place: At) -> None:
    """A cell that was sealed as another type does not open as this one."""
    cell = seal(keys.for_sealing(place().subject, "contract"), place(Codec.INT), 7)
    with scope(keys), pytest.raises(DecryptionError):
        Sealed[Any].stored(place(), cell).open()
