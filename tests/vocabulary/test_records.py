"""References, record keys, periods and identifiers: exact forms, and nothing personal in what they show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary import ALWAYS, Identifier, Period, RecordKey, SubjectRef

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PARTS = st.one_of(st.text(), st.integers(-(10**30), 10**30), st.uuids(), st.binary(max_size=40))


@given(st.lists(PARTS, min_size=1, max_size=5))
def test_a_record_key_is_read_as_it_was_written(parts: list[Any]) -> None:
    """Type and value of every part survive the wire: "7" and 7 name different records."""
    key = RecordKey.of(*parts)
    again = RecordKey.from_json(key.to_json())
    assert again == key
    assert [type(part) for part in again.parts] == [type(part) for part in parts]


def test_parts_of_different_types_are_different_keys() -> None:
    """What looks the same as text is not the same record."""
    number = UUID(int=7)
    assert len({RecordKey.of(each) for each in ("7", 7, number, str(number), number.bytes)}) == 5


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["7"],
        [""],
        ["i07"],
        ["i+7"],
        ["i-0"],
        ["i\u0667"],
        ["i7\n"],
        ["u7"],
        ["uA" + "0" * 35],
        ["bF0"],
        ["b0"],
    ],
)
def test_another_spelling_is_refused(texts: list[str]) -> None:
    """A key has one spelling: two would be two records to one side and one to the other."""
    with pytest.raises(InvalidDeclaration):
        RecordKey.from_json(texts)


class Letter(StrEnum):
    A = "a"


@pytest.mark.parametrize("parts", [(), (True,), (1.5,), (None,), ("a",) * 256, (Letter.A,)])
def test_what_cannot_name_a_record_is_refused(parts: tuple[Any, ...]) -> None:
    """A key that could not be read again as it was is refused when it is made."""
    with pytest.raises(InvalidDeclaration):
        RecordKey(parts)


def test_references_are_random_and_read_back() -> None:
    """A reference says nothing about the person, and its text has one spelling."""
    ref = SubjectRef.mint()
    assert ref != SubjectRef.mint()
    assert SubjectRef.parse(str(ref)) == ref
    for text in (str(ref).upper().replace("0", "A"), str(ref)[:-1], f"{ref}\n", "0x" + "0" * 30):
        with pytest.raises(InvalidDeclaration):
            SubjectRef.parse(text)
    with pytest.raises(InvalidDeclaration):
        SubjectRef(b"short")


@given(st.datetimes(timezones=st.just(UTC)))
def test_adjoining_periods_never_share_a_moment(moment: datetime) -> None:
    """Of two owners in turn, every moment is one's alone: the period is half-open."""
    assert Period(end=NOON).covers(moment) != Period(start=NOON).covers(moment)
    assert ALWAYS.covers(moment)


def test_the_moment_of_the_change_is_the_next_owner_s() -> None:
    """The start is in the period, the end is not."""
    assert Period(start=NOON).covers(NOON)
    assert not Period(end=NOON).covers(NOON)
    assert Period(end=NOON).covers(NOON - timedelta(microseconds=1))


def test_a_naive_time_is_refused() -> None:
    """Without a time zone nobody knows whose hour it was."""
    with pytest.raises(InvalidDeclaration):
        Period(start=datetime(2026, 3, 1))  # noqa: DTZ001  # a naive one is the case


def test_nothing_personal_is_shown() -> None:
    """An identifier or a key in a log line or a traceback shows its kind and no value."""
    identifier = Identifier(kind="email", value="kari@example.no")
    shown = f"{identifier} {identifier!r} {[identifier]} {RecordKey.of('kari@example.no')!r} {SubjectRef.mint()!r}"
    assert "kari" not in shown
    assert "email" in shown


def test_things_are_told_from_people() -> None:
    """Records of an installation or a place on a panel concern a person by their link alone."""
    assert Identifier(kind="installation", value="1").names_a_thing
    assert Identifier(kind="user_slot", value="1/2").names_a_thing
    assert not Identifier(kind="customer_number", value="1").names_a_thing
