"""Codecs: what each holds and gives back, and what it refuses in both directions."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, getcontext
from enum import IntEnum, StrEnum
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from sectorprivacy.encryption import Codec, Place, SubjectKey, codec_of, seal, seal_many, seal_row, unseal
from sectorprivacy.encryption._codecs import WRITERS, decode
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey


def encode(codec: Codec, value: Any) -> bytes:
    return WRITERS[codec](value)


class Word(StrEnum):
    ONE = "one"


class Number(IntEnum):
    ONE = 1


class Money(Decimal):
    """A subclass, which would come back as a Decimal."""


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
VALUES = {
    Codec.BYTES: st.binary(),
    Codec.STR: st.text(),
    Codec.INT: st.integers(),
    Codec.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False),
    Codec.DATE: st.dates(),
    Codec.DATETIME: st.datetimes(timezones=st.just(UTC) | st.none()),
    Codec.BOOL: st.booleans(),
    Codec.JSON: JSON_VALUES,
}


@pytest.mark.parametrize("codec", list(Codec), ids=lambda codec: codec.name)
def test_every_value_comes_back_as_it_was(codec: Codec) -> None:
    """A codec loses nothing: the value, its type and its spelling (scale, sign of zero, member order) come back."""

    @settings(max_examples=60, deadline=None)
    @given(VALUES[codec])
    def comes_back(value: Any) -> None:
        data = encode(codec, value)
        back = decode(codec, data)
        assert (type(back), repr(back)) == (type(value), repr(value)) or back == value
        assert encode(codec, back) == data

    comes_back()


REFUSED: list[tuple[Codec, Any]] = [
    (Codec.BYTES, bytearray(b"x")),
    (Codec.BYTES, "x"),
    (Codec.STR, b"x"),
    (Codec.STR, Word.ONE),
    (Codec.STR, None),
    (Codec.STR, "a\ud800"),
    (Codec.STR, "\udc00"),
    (Codec.INT, 1.0),
    (Codec.INT, "1"),
    (Codec.INT, Number.ONE),
    (Codec.INT, True),
    (Codec.INT, 10**1000),
    (Codec.INT, -(10**1000)),
    (Codec.INT, 10**4000),
    (Codec.DECIMAL, 1),
    (Codec.DECIMAL, 1.5),
    (Codec.DECIMAL, Money(1)),
    (Codec.DECIMAL, Decimal("NaN")),
    (Codec.DECIMAL, Decimal("sNaN")),
    (Codec.DECIMAL, Decimal("-NaN123")),
    (Codec.DECIMAL, Decimal("Infinity")),
    (Codec.DECIMAL, Decimal(f"0E+{10**6}")),
    (Codec.DECIMAL, Decimal("-Infinity")),
    (Codec.DECIMAL, Decimal(f"1{'0' * 1000}")),
    (Codec.DECIMAL, Decimal("1E+1001")),
    (Codec.DECIMAL, Decimal("1E-1001")),
    (Codec.DATE, datetime(2026, 1, 1)),  # noqa: DTZ001  a naive one is the case
    (Codec.DATE, "2026-01-01"),
    (Codec.DATETIME, date(2026, 1, 1)),
    (Codec.DATETIME, "2026-01-01T00:00:00Z"),
    (Codec.DATETIME, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
    (Codec.DATETIME, datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-1)))),
    (Codec.BOOL, 1),
    (Codec.BOOL, None),
    (Codec.JSON, (1, 2)),
    (Codec.JSON, {1: "a"}),
    (Codec.JSON, {None: "a"}),
    (Codec.JSON, {Word.ONE: "a"}),
    (Codec.JSON, [Decimal(1)]),
    (Codec.JSON, b"x"),
    (Codec.JSON, {1, 2}),
    (Codec.JSON, [Number.ONE]),
    (Codec.JSON, UserDict()),
    (Codec.JSON, [float("-inf")]),
    (Codec.JSON, float("nan")),
    (Codec.JSON, [float("inf")]),
    (Codec.JSON, 2**53),
    (Codec.JSON, -(2**53)),
    (Codec.JSON, {"a": "\udc00"}),
    (Codec.JSON, {"\udc00": 1}),
    (Codec.JSON, Word.ONE),
]


@pytest.mark.parametrize(("codec", "value"), REFUSED, ids=lambda each: each.name if isinstance(each, Codec) else "")
def test_a_writer_refuses_what_would_come_back_as_something_else(
    key: SubjectKey, place: Callable[..., Place], codec: Codec, value: Any
) -> None:
    """What a codec cannot hold is refused with the field's path and a reason that quotes nothing of the value."""
    here = place(codec, field="note")
    for sealing in (
        lambda: seal(key, here, value),
        lambda: seal_row(key, [here], [value]),
        lambda: seal_many(key, here, [RecordKey.of(1)], [value]),
    ):
        with pytest.raises(ValueNotSealable) as refused:
            sealing()
        assert refused.value.path == "crm.customer.note"
        assert str(value) not in refused.value.reason
        assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (Codec.STR, b"\xff"),
        (Codec.STR, b"\xed\xa0\x80"),
        (Codec.INT, b""),
        (Codec.INT, b"-0"),
        (Codec.INT, b"-"),
        (Codec.INT, b"0x1"),
        (Codec.INT, b"1.0"),
        (Codec.INT, b"-01"),
        (Codec.INT, b"-" + b"1" * 1001),
        (Codec.INT, b"00"),
        (Codec.INT, b"+1"),
        (Codec.INT, b"1_000"),
        (Codec.INT, b" 1"),
        (Codec.INT, b"1\n"),
        (Codec.INT, b"1" * 1001),
        (Codec.INT, "\u0661".encode()),
        (Codec.DECIMAL, b"1e5"),
        (Codec.DECIMAL, b"1E5"),
        (Codec.DECIMAL, b"+1"),
        (Codec.DECIMAL, b".5"),
        (Codec.DECIMAL, b"01"),
        (Codec.DECIMAL, b""),
        (Codec.DECIMAL, b"5."),
        (Codec.DECIMAL, b" 5"),
        (Codec.DECIMAL, b"5\n"),
        (Codec.DECIMAL, b"1_000"),
        (Codec.DECIMAL, b"1E+05"),
        (Codec.DECIMAL, b"0.0000001"),
        (Codec.DECIMAL, b"1" * 1001),
        (Codec.DECIMAL, b"1E-1001"),
        (Codec.DECIMAL, b"Infinity"),
        (Codec.DECIMAL, b"sNaN"),
        (Codec.DECIMAL, "\u0661".encode()),
        (Codec.DECIMAL, b"NaN"),
        (Codec.DECIMAL, b"1E+1001"),
        (Codec.DECIMAL, b"10E+2"),
        (Codec.DECIMAL, b"1E+9999999999"),
        (Codec.DATE, b"2026-02-30"),
        (Codec.DATE, b"20260101"),
        (Codec.DATE, b"2026-1-1"),
        (Codec.DATE, b"10000-01-01"),
        (Codec.DATE, b"-001-01-01"),
        (Codec.DATE, b"2026-01-01\n"),
        (Codec.DATE, "\u0662\u0660\u0662\u0666-01-01".encode()),
        (Codec.DATE, b"0000-01-01"),
        (Codec.DATE, b"2026-W01-1"),
        (Codec.DATETIME, b"2026-01-01T24:00:00.000000Z"),
        (Codec.DATETIME, b"2026-01-01T23:59:60.000000Z"),
        (Codec.DATETIME, b"2026-01-01T00:60:00.000000Z"),
        (Codec.DATETIME, b"2026-02-30T00:00:00.000000Z"),
        (Codec.DATETIME, b"0000-01-01T00:00:00.000000Z"),
        (Codec.DATETIME, b"2026-01-01T00:00:00.000Z"),
        (Codec.DATETIME, b"2026-01-01T00:00:00.0000000Z"),
        (Codec.DATETIME, b"2026-01-01T00:00:00,000000Z"),
        (Codec.DATETIME, b"2026-01-01T00:00:00.000000z"),
        (Codec.DATETIME, b"2026-01-01T00:00:00.000000ZZ"),
        (Codec.DATETIME, b"2026-01-01T00:00:00Z"),
        (Codec.DATETIME, b"2026-01-01 00:00:00.000000"),
        (Codec.DATETIME, b"2026-01-01T00:00:00.000000+00:00"),
        (Codec.BOOL, b""),
        (Codec.BOOL, b"\x02"),
        (Codec.BOOL, b"1"),
        (Codec.BOOL, b"\x00\x00"),
        (Codec.JSON, b""),
        (Codec.JSON, b'\xef\xbb\xbf""'),
        (Codec.JSON, b'{"a":1,"\\u0061":2}'),
        (Codec.JSON, b'{"a":{"b":1,"b":2}}'),
        (Codec.JSON, b"NaN"),
        (Codec.JSON, b"[Infinity]"),
        (Codec.JSON, b"-Infinity"),
        (Codec.JSON, b"-1e999"),
        (Codec.JSON, b'"\\udc00\\ud800"'),
        (Codec.JSON, b'{"\\ud800":1}'),
        (Codec.JSON, b"-9007199254740992"),
        (Codec.JSON, b"01"),
        (Codec.JSON, b"+1"),
        (Codec.JSON, b".5"),
        (Codec.JSON, b"1."),
        (Codec.JSON, b"1 2"),
        (Codec.JSON, b"{'a':1}"),
        (Codec.JSON, b"{a:1}"),
        (Codec.JSON, b'{"a":1,}'),
        (Codec.JSON, b'"\\x41"'),
        (Codec.JSON, b'"a'),
        (Codec.JSON, b"\xff"),
        (Codec.JSON, b"\x0b1"),
        (Codec.JSON, "\u00a01".encode()),
        (Codec.JSON, b"[" * 33 + b'{"a":[' * 17 + b"]}" * 17 + b"]" * 33),
        (Codec.JSON, b"[1e999]"),
        (Codec.JSON, b'"\\ud800"'),
        (Codec.JSON, b"9007199254740992"),
        (Codec.JSON, b"1" * 5000),
        (Codec.JSON, b"[" * 65 + b"]" * 65),
        (Codec.JSON, b"[" * 100_000),
        (Codec.JSON, b'"' + b'\\"' * 50_000),
        (Codec.JSON, b'"a\nb"'),
        (Codec.JSON, b"[1,]"),
        (Codec.JSON, '"\u00e6"'.encode("utf-16")),
    ],
    ids=lambda each: each.name if isinstance(each, Codec) else repr(each[:24]),
)
def test_a_reader_refuses_every_other_spelling(codec: Codec, data: bytes) -> None:
    """A sealed value has one reading: what a writer would not have written is an error, never a guess."""
    with pytest.raises(DecryptionError):
        decode(codec, data)


def test_json_readers_accept_white_space_and_needless_escapes() -> None:
    """JSON of other writers opens if every reader sees the same value in it."""
    value = decode(Codec.JSON, b' { "a" : [ 1 , "\\u00e6\\ud83d\\ude00\\/" , 1.5e3 ] } ')
    assert value == {"a": [1, "\u00e6\U0001f600/", 1500.0]}


def test_json_writers_escape_only_what_they_must() -> None:
    """One value has one spelling: no white space, order kept, short escapes, lower-case hexadecimal."""
    data = encode(Codec.JSON, {"b": '\u00e6\x7f/"\\\b\f\n\r\t\x1f', "a": [1e16, -0.0, None, True]})
    assert data == '{"b":"\u00e6\x7f/\\"\\\\\\b\\f\\n\\r\\t\\u001f","a":[1e+16,-0.0,null,true]}'.encode()


def test_sixty_four_open_brackets_are_the_limit() -> None:
    """The depth a reader must bear is fixed, so that no value breaks one reader and not another."""
    deepest: Any = 1
    for _ in range(64):
        deepest = [deepest]
    assert decode(Codec.JSON, encode(Codec.JSON, deepest)) == deepest
    with pytest.raises(ValueError, match="64"):
        encode(Codec.JSON, [deepest])


@pytest.mark.parametrize("text", ["-0", "0E-7", "1.500", "-0.00", "1E+5", f"{'9' * 1000}E-1000", "1E+1000"])
def test_decimals_keep_scale_and_sign_of_zero(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Money keeps its digits, whatever decimal context the thread has."""
    monkeypatch.setattr(getcontext(), "capitals", 0)
    monkeypatch.setattr(getcontext(), "prec", 3)
    back = decode(Codec.DECIMAL, encode(Codec.DECIMAL, Decimal(text)))
    assert back.as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize(
    ("codec", "value", "data"),
    [
        (Codec.BYTES, b"\x00\x80", b"\x00\x80"),
        (Codec.STR, "\ufeffA", b"\xef\xbb\xbfA"),
        (Codec.STR, "a\u030a\x00", b"a\xcc\x8a\x00"),
        (Codec.INT, 0, b"0"),
        (Codec.INT, -(10**1000 - 1), b"-" + b"9" * 1000),
        (Codec.DECIMAL, Decimal("-0"), b"-0"),
        (Codec.DECIMAL, Decimal("0.000001"), b"0.000001"),
        (Codec.DECIMAL, Decimal("0.0000001"), b"1E-7"),
        (Codec.DECIMAL, Decimal("12E+3"), b"1.2E+4"),
        (Codec.DATE, date(1, 1, 1), b"0001-01-01"),
        (Codec.DATE, date(9999, 12, 31), b"9999-12-31"),
        (Codec.DATETIME, datetime(1, 1, 1, tzinfo=UTC), b"0001-01-01T00:00:00.000000Z"),
        (Codec.DATETIME, datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), b"9999-12-31T23:59:59.999999Z"),
        (Codec.DATETIME, datetime(2026, 1, 2, 3, 4, 5), b"2026-01-02T03:04:05.000000"),  # noqa: DTZ001  naive
        (Codec.BOOL, True, b"\x01"),
        (Codec.BOOL, False, b"\x00"),
        (Codec.JSON, None, b"null"),
        (Codec.JSON, 2**53 - 1, b"9007199254740991"),
        (Codec.JSON, -(2**53) + 1, b"-9007199254740991"),
        (Codec.JSON, 1.0, b"1.0"),
        (Codec.JSON, 1e22, b"1e+22"),
        (Codec.JSON, 5e-324, b"5e-324"),
        (Codec.JSON, "\u2028\U0001f600", b'"\xe2\x80\xa8\xf0\x9f\x98\x80"'),
        (Codec.JSON, {"": [], "a": {}}, b'{"":[],"a":{}}'),
    ],
    ids=repr,
)
def test_a_value_has_one_form(codec: Codec, value: Any, data: bytes) -> None:
    """The bytes of the specification, at the edges of each codec: another implementation writes the same."""
    assert encode(codec, value) == data
    back = decode(codec, data)
    assert (type(back), repr(back)) == (type(value), repr(value))


@pytest.mark.parametrize("hours", [-14, 14])
def test_a_moment_keeps_to_the_years_there_are_after_conversion(hours: int) -> None:
    """A local time near the first or the last year may have no moment in UTC: it is refused, never wrapped."""
    zone = timezone(timedelta(hours=hours))
    edge = datetime(1, 1, 1, 13, tzinfo=zone) if hours > 0 else datetime(9999, 12, 31, 10, tzinfo=zone)
    with pytest.raises((ValueError, OverflowError)):
        encode(Codec.DATETIME, edge)
    inside = edge + timedelta(days=1) if hours > 0 else edge - timedelta(days=1)
    assert decode(Codec.DATETIME, encode(Codec.DATETIME, inside)) == inside


def test_times_are_kept_in_utc_and_naive_ones_stay_naive() -> None:
    """The moment is what counts; a time without a zone is never given one."""
    oslo = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert encode(Codec.DATETIME, oslo) == b"2025-12-31T23:30:00.000000Z"
    assert decode(Codec.DATETIME, b"0001-01-01T00:00:00.000000").tzinfo is None


@pytest.mark.parametrize(
    ("hint", "codec"),
    [
        (bytes, Codec.BYTES),
        (str, Codec.STR),
        (int, Codec.INT),
        (Decimal, Codec.DECIMAL),
        (date, Codec.DATE),
        (datetime, Codec.DATETIME),
        (bool, Codec.BOOL),
        (dict[str, int], Codec.JSON),
        (list[str], Codec.JSON),
        (JsonValue, Codec.JSON),
        (Annotated[str, "mark"], Codec.STR),
    ],
    ids=str,
)
def test_the_codec_follows_from_the_type(hint: Any, codec: Codec) -> None:
    """What `Sealed[T]` may hold is known when the model is declared."""
    assert codec_of(hint) is codec


@pytest.mark.parametrize("hint", [float, set, str | None, Word, object], ids=str)
def test_a_type_without_codec_is_refused_when_it_is_declared(hint: Any) -> None:
    """No field is found to be unsealable only when the first value arrives."""
    with pytest.raises(InvalidDeclaration):
        codec_of(hint)


def test_each_codec_goes_through_a_cell(key: SubjectKey, place: Callable[..., Place]) -> None:
    """The declared codec is used on both ways, and a cell says which it was."""
    samples: dict[Codec, Any] = {
        Codec.BYTES: b"",
        Codec.STR: "\ufeff\u00e6",
        Codec.INT: -(10**999),
        Codec.DECIMAL: Decimal("1.50"),
        Codec.DATE: date(1, 2, 3),
        Codec.DATETIME: datetime(2026, 1, 2, tzinfo=UTC),
        Codec.BOOL: False,
        Codec.JSON: {"a": [None]},
    }
    for codec, value in samples.items():
        cell = seal(key, place(codec), value)
        assert cell[:2] == bytes((0xF9, codec))
        assert unseal(key, place(codec), cell) == value
