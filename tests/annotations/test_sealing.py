"""What marks say of sealing: carried to the field, and refused where it cannot be or gives values away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest

from sectorprivacy.annotations import Personal, SubjectId, mark, personal, read_fields, refuse_local_index
from sectorprivacy.encryption import BlindIndex, Codec, KeyName, LocalKeyring, Normaliser, Sealed
from sectorprivacy.encryption._codecs import WRITERS
from sectorprivacy.errors import DeclarationsInvalid, InvalidDeclaration, LeakageRefused
from sectorprivacy.vocabulary import categories as C

EMAIL = BlindIndex("email-1", distinct=80_000)
EXACT = BlindIndex("exact-1", distinct=80_000)
ACCEPTED = BlindIndex("exact-1", distinct=2, accepted="decided by the privacy officer, 2026-11-02")


def model_with(hint: Any, model_id: str = "crm.customer", **arguments: Any) -> type:
    """A model with a subject, a version and one field `x` of this annotation."""
    number = Annotated[str, SubjectId("customer_number", role="customer")]
    version = Annotated[int, Personal(C.AGREEMENT)]
    hints = {"number": number, "version": version, "x": hint}
    model = dataclass(type("Customer", (), {"__annotations__": hints}))
    return personal(**{"id": model_id, "key": "number", **arguments})(model)


def test_a_field_carries_what_its_mark_says() -> None:
    """Whoever seals, searches or migrates the field asks the field."""
    until = date(2027, 6, 30)
    hint = Annotated[Sealed[str], Personal(C.EMAIL, index=EMAIL, padding=[32, 64], plaintext_until=until)]
    marks = read_fields(model_with(hint, row_version="version"))
    field = marks.field("x")
    assert (field.index, field.padding, field.plaintext_until) == (EMAIL, (32, 64), until)
    assert marks.indexed == marks.sealed == (field,)
    assert marks.row_version == "version"


def test_by_default_a_sealed_field_is_not_searched() -> None:
    """A token gives something away, so there is none unless somebody wants it."""
    marks = read_fields(model_with(Annotated[Sealed[str], Personal(C.EMAIL)]))
    field = marks.field("x")
    assert (field.index, field.padding, field.plaintext_until, marks.row_version) == (None, (), None, None)
    assert marks.indexed == ()


def test_a_model_of_somebody_else_has_a_row_version() -> None:
    """What `personal` says, `mark` says from outside."""
    model = model_with(Annotated[Sealed[str], Personal(C.EMAIL)])
    mark(model, id="their.customer", key="number", fields={}, row_version="version")
    assert read_fields(model).row_version == "version"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"index": EMAIL}, "index"),
        ({"padding": (32,)}, "padding"),
        ({"plaintext_until": date(2027, 6, 30)}, "plaintext_until"),
        ({"index": EMAIL, "padding": (32,)}, "index, padding"),
        ({"attachment": "image/png", "sealed_file": True, "padding": (32,)}, "padding"),
    ],
)
def test_a_field_in_the_clear_has_nothing_of_sealing(said: dict[str, Any], names: str) -> None:
    """Somebody who writes an index believes the field to be sealed; it is not."""
    with pytest.raises(InvalidDeclaration) as refused:
        read_fields(model_with(Annotated[str, Personal(C.EMAIL, **said)]))
    assert refused.value.where == "crm.customer.x"
    assert refused.value.problem == f"it says {names}, yet it is not sealed"


@pytest.mark.parametrize("held", [dict[str, Any], list[Any]])
def test_json_is_not_indexed(held: Any) -> None:
    """JSON has many spellings of one value, and no normaliser for them."""
    with pytest.raises(InvalidDeclaration, match="does not take"):
        read_fields(model_with(Annotated[Sealed[held], Personal(C.EVENT, index=EXACT)]))


@pytest.mark.parametrize("held", [bytes, int, Decimal, date, datetime])
def test_what_is_no_text_is_indexed_exactly(held: Any) -> None:
    """A normaliser of texts says nothing of numbers and days."""
    assert read_fields(model_with(Annotated[Sealed[held], Personal(C.EVENT, index=EXACT)])).field("x").index is EXACT
    for normaliser in set(Normaliser) - {Normaliser.EXACT_1}:
        index = BlindIndex(normaliser, distinct=80_000)
        with pytest.raises(InvalidDeclaration, match="does not take"):
            read_fields(model_with(Annotated[Sealed[held], Personal(C.EVENT, index=index)]))


def test_true_and_false_are_not_indexed() -> None:
    """T09: of two tokens the frequent one is the frequent answer; a reason lets it pass."""
    with pytest.raises(LeakageRefused) as refused:
        read_fields(model_with(Annotated[Sealed[bool], Personal(C.EVENT, index=EXACT)]))
    assert refused.value.where == "crm.customer.x"
    assert read_fields(model_with(Annotated[Sealed[bool], Personal(C.EVENT, index=ACCEPTED)])).indexed


@pytest.mark.parametrize("category", [C.SECRET, C.CODE, C.PASSWORD])
def test_secrets_are_not_indexed(category: Any) -> None:
    """T09: four digits are tried in no time, and the likely ones first; a reason lets it pass."""
    with pytest.raises(LeakageRefused, match="easily tried"):
        Personal(category, index=EXACT)
    assert Personal(category, index=ACCEPTED).index is ACCEPTED


def test_coded_values_are_not_indexed() -> None:
    """T09: what has a list of meanings has few values; a reason lets it pass."""
    meanings = {"A1": "armed", "D1": "disarmed"}
    with pytest.raises(LeakageRefused, match="coded values"):
        Personal(C.EVENT, values=meanings, index=EXACT)
    assert Personal(C.EVENT, values=meanings, index=ACCEPTED).index is ACCEPTED


@pytest.mark.parametrize("sizes", [(0, 32), (-1,), (64, 32), (32, 32)])
def test_sizes_of_padding_ascend(sizes: tuple[int, ...]) -> None:
    """The next larger size is looked for in their order."""
    with pytest.raises(InvalidDeclaration, match="do not ascend"):
        Personal(C.EMAIL, padding=sizes)


@pytest.mark.parametrize(("held", "length"), [(bool, 1), (date, 10), (datetime, 27)])
def test_padding_holds_every_value(held: Any, length: int) -> None:
    """A day that cannot be sealed is found when the field is declared, not when the first one is written."""
    with pytest.raises(InvalidDeclaration, match="too small"):
        read_fields(model_with(Annotated[Sealed[held], Personal(C.EVENT, padding=(length,))]))
    hint = Annotated[Sealed[held], Personal(C.EVENT, padding=(length + 1,))]
    assert read_fields(model_with(hint)).field("x").padding == (length + 1,)


def test_longest_day_and_moment_are_as_long_as_padding_allows_for() -> None:
    """The lengths that padding is held to are those that the codecs write."""
    assert len(WRITERS[Codec.DATE](date.max)) == 10
    assert len(WRITERS[Codec.DATETIME](datetime.max.replace(tzinfo=UTC))) == 27
    assert len(WRITERS[Codec.BOOL](True)) == 1


def test_plaintext_ends_with_a_day() -> None:
    """A moment would end it at another hour in every place."""
    with pytest.raises(InvalidDeclaration, match="a moment"):
        Personal(C.EMAIL, plaintext_until=datetime(2027, 6, 30, tzinfo=UTC))


def test_version_of_the_row_is_there_and_in_the_clear() -> None:
    """It is bound into every cell, so it is known before any of them is opened."""
    sealed = Annotated[Sealed[int], Personal(C.EVENT)]
    for name, problem in (("gone", "row_version names gone"), ("x", "which is sealed itself")):
        with pytest.raises(InvalidDeclaration, match=problem):
            read_fields(model_with(sealed, row_version=name))


class Remote:
    """A key service of somebody else."""

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        return secret

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        return wrapped


def test_identity_numbers_under_a_local_index_key() -> None:
    """Whoever gets the index key tries all identity numbers in minutes, so it does not lie in a file."""
    maps = [
        read_fields(model_with(Annotated[Sealed[str], Personal(C.NATIONAL_ID, index=EXACT)], f"crm.{name}"))
        for name in ("customer", "payer")
    ]
    with pytest.raises(LeakageRefused) as refused:
        refuse_local_index(maps[:1], LocalKeyring.in_memory())
    assert refused.value.where == "crm.customer.x"
    with pytest.raises(DeclarationsInvalid):
        refuse_local_index(maps, LocalKeyring.in_memory())
    refuse_local_index(maps, Remote())


@pytest.mark.parametrize(
    "said",
    [Personal(C.NATIONAL_ID), Personal(C.NATIONAL_ID, index=ACCEPTED), Personal(C.EMAIL, index=EMAIL)],
)
def test_what_a_local_index_key_may_hold(said: Personal) -> None:
    """Other fields, fields without an index, and an index that somebody accepted."""
    refuse_local_index([read_fields(model_with(Annotated[Sealed[str], said]))], LocalKeyring.in_memory())
