"""Rows: the cells of one record, sealed and opened together, are those that each field would have alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from sectorprivacy.encryption import Codec, Keys, Place, RowForm, SubjectKey, seal, seal_row, unseal, unseal_row
from sectorprivacy.encryption._row import RowPlace
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey, SubjectRef

At = Callable[..., Place]
KARI, OLA = SubjectRef(bytes(range(16))), SubjectRef(bytes(16))
FIELDS = {"name": Codec.STR, "born": Codec.DATE, "visits": Codec.INT}
VALUES = ["Kari", date(1970, 1, 1), 7]
Make = Callable[..., RowPlace | Sequence[Place]]


def places(place: At, **where: Any) -> list[Place]:
    return [place(codec, field=name, **where) for name, codec in FIELDS.items()]


def by_form(place: At, **where: Any) -> RowPlace:
    known = {"subject": KARI, "record": RecordKey.of(7)} | where
    return RowForm(places(place)).at(known["subject"], known["record"], version=known.get("version"))


WAYS: list[Make] = [places, by_form]
RECORDS = [RecordKey.of(7), RecordKey.of("7"), RecordKey.of("a", 7), None]


@pytest.mark.parametrize("way", WAYS, ids=["places", "form"])
@pytest.mark.parametrize("version", [None, 0, 12])
@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_a_row_is_its_cells(
    key: SubjectKey, place: At, way: Make, version: int | None, record: RecordKey | None
) -> None:
    """What a row seals, each field opens alone, and the other way round, for every record and version."""
    where = {"record": record, "version": version}
    row, alone = way(place, **where), places(place, **where)
    cells = seal_row(key, row, VALUES)
    assert [unseal(key, at, cell) for at, cell in zip(alone, cells, strict=True)] == VALUES
    assert unseal_row(key, row, [seal(key, at, value) for at, value in zip(alone, VALUES, strict=True)]) == VALUES


@pytest.mark.parametrize("way", WAYS, ids=["places", "form"])
@pytest.mark.parametrize(
    "elsewhere",
    [{"record": RecordKey.of(8)}, {"record": None}, {"version": 1}, {"version": None}, {"subject": OLA}],
    ids=str,
)
def test_a_row_opens_in_its_own_place_only(key: SubjectKey, place: At, way: Make, elsewhere: dict[str, Any]) -> None:
    """Each cell of a row answers with a refusal in another record, version or person; none opens."""
    cells = seal_row(key, way(place, version=3), VALUES)
    answers = unseal_row(key, way(place, **({"version": 3} | elsewhere)), cells)
    assert [type(answer) for answer in answers] == [DecryptionError] * 3


@pytest.mark.parametrize("way", WAYS, ids=["places", "form"])
@pytest.mark.parametrize("version", [None, 3])
def test_a_damaged_cell_of_a_row_hides_no_other(key: SubjectKey, place: At, way: Make, version: int | None) -> None:
    """The others open, bound to the same record and version as before."""
    row = way(place, record=RecordKey.of("a", 7), version=version)
    cells = seal_row(key, row, VALUES)
    for damaged in range(3):
        changed = [*cells]
        changed[damaged] = changed[damaged][:-1] + bytes([changed[damaged][-1] ^ 1])
        answers = unseal_row(key, row, changed)
        assert isinstance(answers[damaged], DecryptionError)
        assert answers[:damaged] + answers[damaged + 1 :] == VALUES[:damaged] + VALUES[damaged + 1 :]
    assert isinstance(unseal_row(key, row, [cells[1], cells[0], cells[2]])[0], DecryptionError)


@pytest.mark.parametrize("way", WAYS, ids=["places", "form"])
def test_a_padded_cell_of_a_row_opens(key: SubjectKey, place: At, way: Make) -> None:
    """A declaration may gain buckets: what was sealed before and after opens in one row."""
    cells = seal_row(key, way(place), VALUES)
    cells[0] = seal(key, place(field="name", buckets=(32,)), "Kari")
    assert cells[0][1] == 0x81
    assert len(cells[0]) == 46 + 32
    assert unseal_row(key, way(place), cells) == VALUES


@pytest.mark.parametrize("way", WAYS, ids=["places", "form"])
def test_the_value_that_is_refused_is_named(key: SubjectKey, place: At, way: Make) -> None:
    """Of a row the field is told whose value cannot be sealed, and nothing is sealed."""
    for number, (name, codec) in enumerate(FIELDS.items()):
        values: list[Any] = [*VALUES]
        values[number] = object()
        with pytest.raises(ValueNotSealable) as refused:
            seal_row(key, way(place), values)
        assert (refused.value.path, refused.value.codec) == (f"crm.customer.{name}", codec.name.lower())


@pytest.mark.parametrize("way", WAYS, ids=["places", "form"])
def test_a_row_takes_one_value_and_one_cell_for_each_field(key: SubjectKey, place: At, way: Make) -> None:
    """Neither too few nor too many."""
    cells = seal_row(key, way(place), VALUES)
    for given in ([], VALUES[:2], [*VALUES, "x"]):
        with pytest.raises(ValueError, match=r"^a row takes one value for each of its places$"):
            seal_row(key, way(place), given)
    for found in ([], cells[:2], [*cells, cells[0]]):
        with pytest.raises(ValueError, match=r"^a row takes one cell for each of its places$"):
            unseal_row(key, way(place), found)


@pytest.mark.parametrize(
    "other",
    [{"tenant": "sector"}, {"retention_class": "marketing"}, {"record": None}, {"version": 1}, {"subject": OLA}],
    ids=str,
)
def test_places_of_two_rows_are_no_row(key: SubjectKey, place: At, other: dict[str, Any]) -> None:
    """Fields of another tenant, class, record, version or person are refused, with what to do."""
    with pytest.raises(InvalidDeclaration) as refused:
        seal_row(key, [place(), place(**other)], ["x", "x"])
    assert (refused.value.where, refused.value.problem, refused.value.instead) == (
        "a row of places",
        "they are not of one record, or not of one class of keys",
        "Make one row for each class of keys of a record",
    )


@pytest.mark.parametrize(
    "other", [{"tenant": "sector"}, {"retention_class": "marketing"}, {"model": "crm.contact"}], ids=str
)
def test_fields_of_two_models_are_no_form(place: At, other: dict[str, Any]) -> None:
    """A form is of one tenant, model and class of keys."""
    with pytest.raises(InvalidDeclaration):
        RowForm([place(), place(**other)])


def test_a_record_key_without_a_form_in_bytes_is_refused(place: At) -> None:
    """The model is named: the key belongs to no field."""
    form = RowForm(places(place))
    for part, reason in (("\ud800", "it has an unpaired surrogate"), (10**1000, "more than 1,000 digits")):
        with pytest.raises(ValueNotSealable) as refused:
            form.at(KARI, RecordKey.of(part))
        assert (refused.value.path, refused.value.codec, refused.value.reason) == ("crm.customer", "record key", reason)


@pytest.mark.parametrize("way", WAYS, ids=["places", "form"])
def test_a_row_under_another_persons_key_opens_nothing(keys: Keys, key: SubjectKey, place: At, way: Make) -> None:
    """Each cell answers for itself, and each answer is a refusal."""
    cells = seal_row(key, way(place), VALUES)
    for other in (keys.for_sealing(OLA, "contract"), keys.for_sealing(KARI, "marketing")):
        assert [type(each) for each in unseal_row(other, way(place), cells)] == [DecryptionError] * 3
        with pytest.raises(ValueNotSealable):
            seal_row(other, way(place), VALUES)
