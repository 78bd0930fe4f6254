"""Vectors of sealed values: docs/spec/vectors/sealed-value.json."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from tests.encryption.specified import (
    ACTIVE,
    BOOLEAN,
    BYTES,
    DATE,
    DECIMAL,
    DISABLED,
    EARLIER,
    ERASED,
    INTEGER,
    JSON,
    MOMENT,
    MOVED,
    OLA,
    OLAS,
    TENANT_KEY,
    TEXT,
    UNKNOWN,
    associated_data,
    place_of,
    sealed,
    stored,
    text_of,
)

VALUES: Final[tuple[tuple[str, int, str | bytes], ...]] = (
    ("text", TEXT, "0101 12345"),
    ("empty text", TEXT, ""),
    ("text with a leading byte order mark and letters beyond ASCII", TEXT, "\ufeff\u00e6\u00f8\u00e5 \U0001f3e0"),
    ("text that is not normalised", TEXT, "a\u030a"),
    ("text of a NUL", TEXT, "\x00"),
    ("bytes", BYTES, bytes(range(256))),
    ("no bytes", BYTES, b""),
    ("zero", INTEGER, "0"),
    ("negative integer", INTEGER, "-42"),
    ("integer of 1,000 digits", INTEGER, "9" * 1000),
    ("negative integer of 1,000 digits", INTEGER, "-" + "9" * 1000),
    ("decimal with its scale", DECIMAL, "1.50"),
    ("decimal zero with its scale", DECIMAL, "0.00"),
    ("decimal negative zero", DECIMAL, "-0E-7"),
    ("decimal in scientific notation", DECIMAL, "1E+5"),
    ("decimal in scientific notation with a fraction", DECIMAL, "1.23E-10"),
    ("decimal with the smallest exponent in plain notation", DECIMAL, "0.000001"),
    ("decimal with the largest exponent", DECIMAL, "1E+1000"),
    ("decimal with the smallest exponent", DECIMAL, "-1E-1000"),
    ("decimal of 1,000 digits", DECIMAL, "1." + "2" * 999),
    ("first date", DATE, "0001-01-01"),
    ("last date", DATE, "9999-12-31"),
    ("leap day", DATE, "2024-02-29"),
    ("moment in UTC", MOMENT, "2026-02-28T23:59:59.999999Z"),
    ("naive moment", MOMENT, "2026-01-02T03:04:05.000000"),
    ("first moment", MOMENT, "0001-01-01T00:00:00.000000Z"),
    ("last moment", MOMENT, "9999-12-31T23:59:59.999999"),
    ("true", BOOLEAN, b"\x01"),
    ("false", BOOLEAN, b"\x00"),
    ("JSON", JSON, '{"b":[1,1.5,null,true],"a":"\u00e6\\u0001\\n\\"\\\\"}'),
    ("JSON of the largest integer", JSON, "9007199254740991"),
    ("JSON of the smallest integer", JSON, "-9007199254740991"),
    ("JSON with a number in scientific notation", JSON, "1e+22"),
    ("JSON 64 brackets deep", JSON, "[" * 64 + "]" * 64),
    ("JSON with brackets in text", JSON, '"' + "[{" * 65 + '"'),
    ("JSON with white space and needless escapes", JSON, ' { "a" : "\\u00e6\\/\\ud83c\\udfe0" }\t\r\n'),
    ("JSON with a member that is named as in another object", JSON, '{"a":{"a":1},"b":{"a":2}}'),
)

RECORDS: Final[Mapping[str, list[str] | None]] = {
    "text": ["s7"],
    "empty text": ["s"],
    "text beyond ASCII": ["s\u00e5"],
    "text that is not normalised": ["sa\u030a"],
    "negative integer": ["i-7"],
    "zero": ["i0"],
    "integer of 1,000 digits": ["i" + "9" * 1000],
    "UUID": ["u00112233-4455-6677-8899-aabbccddeeff"],
    "bytes": ["b00ff"],
    "no bytes": ["b"],
    "composite": ["sa", "i-7", "u00000000-0000-0000-0000-000000000007", "b"],
    "composite of 255 parts": [f"i{number}" for number in range(255)],
    "assigned by the database": None,
}


def opening() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []

    def case(name: str, place: dict[str, Any], value: str | bytes, *, zeros: int | None = None, **how: Any) -> None:
        data = value.encode() if isinstance(value, str) else value
        padded = data if zeros is None else data + b"\x80" + bytes(zeros)
        codec_byte = place["codec"] | (0 if zeros is None else 0x80)
        cell = sealed(name, place, padded, codec_byte=codec_byte, **how)
        cases.append(
            {
                "name": name,
                "place": place,
                "associated_data": associated_data(place, codec_byte).hex(),
                "value": data.hex(),
                "cell": cell.hex(),
                "text": text_of(cell),
            }
        )

    for name, codec, value in VALUES:
        case(name, place_of(codec), value)
    for name, record in RECORDS.items():
        case(f"record: {name}", place_of(TEXT, record=record), "x")
    for codec, value in enumerate(
        (b"\x00", "x", "7", "1.5", "2026-02-28", "2026-01-02T03:04:05.000000Z", b"\x01", "[]")
    ):
        case(f"codec {codec}, padded, with a row version", place_of(codec, version="7"), value, zeros=20)
    case("row version", place_of(TEXT, version="12"), "x")
    case("negative row version", place_of(TEXT, version="-1"), "x")
    case("row version and composite record", place_of(TEXT, version="0", record=["sa", "i7"]), "x")
    case("padded", place_of(TEXT), "abc", zeros=12)
    case("padded, and not a zero more", place_of(TEXT), "abc", zeros=0)
    case("padded, nothing", place_of(TEXT), "", zeros=15)
    case("padded, value ends in 80", place_of(BYTES), b"a\x80", zeros=13)
    case("padded, value ends in zeros", place_of(BYTES), b"a\x00\x00", zeros=12)
    case("names of 100 letters", place_of(TEXT, model="m" * 100, field="az09_.-"), "x")
    case("key that only opens", place_of(TEXT), "x", row=EARLIER)
    case("another person's, in their own place", place_of(TEXT, subject=OLA.hex()), "x", row=OLAS)
    return cases


# What does not open

FORMS: Final[tuple[tuple[str, int, str | bytes], ...]] = (
    ("text that is no UTF-8", TEXT, b"\xff"),
    ("text with a surrogate", TEXT, b"\xed\xa0\x80"),
    ("text in overlong UTF-8", TEXT, b"\xc0\x80"),
    ("nothing for an integer", INTEGER, ""),
    ("integer -0", INTEGER, "-0"),
    ("integer with a leading zero", INTEGER, "007"),
    ("integer with a sign", INTEGER, "+7"),
    ("integer with a line break", INTEGER, "7\n"),
    ("integer in digits beyond ASCII", INTEGER, "\u0667"),
    ("integer with underscores", INTEGER, "1_000"),
    ("integer of 1,001 digits", INTEGER, "9" * 1001),
    ("decimal in small letter", DECIMAL, "1e+5"),
    ("decimal with a leading zero", DECIMAL, "01.5"),
    ("decimal without a digit before the point", DECIMAL, ".5"),
    ("decimal without a digit after the point", DECIMAL, "5."),
    ("decimal that is not finite", DECIMAL, "NaN"),
    ("decimal that is infinite", DECIMAL, "-Infinity"),
    ("decimal beyond its exponent", DECIMAL, "1E+1001"),
    ("decimal below its exponent", DECIMAL, "1E-1001"),
    ("decimal of 1,001 digits", DECIMAL, "1." + "2" * 1000),
    ("decimal in scientific notation without need", DECIMAL, "1E-2"),
    ("decimal in plain notation where it is scientific", DECIMAL, "0.0000001"),
    ("decimal with white space", DECIMAL, " 1.5"),
    ("date that does not exist", DATE, "2026-02-29"),
    ("date of year 0", DATE, "0000-01-01"),
    ("date without hyphens", DATE, "20260228"),
    ("date of a week", DATE, "2026-W09-6"),
    ("date of five-digit year", DATE, "12026-02-28"),
    ("hour 24", MOMENT, "2026-01-01T24:00:00.000000Z"),
    ("minute 60", MOMENT, "2026-01-01T00:60:00.000000Z"),
    ("second 60", MOMENT, "2026-12-31T23:59:60.000000Z"),
    ("moment without fraction", MOMENT, "2026-01-01T00:00:00Z"),
    ("moment of milliseconds", MOMENT, "2026-01-01T00:00:00.000Z"),
    ("moment with a space", MOMENT, "2026-01-01 00:00:00.000000Z"),
    ("moment with an offset", MOMENT, "2026-01-01T00:00:00.000000+00:00"),
    ("moment in small letters", MOMENT, "2026-01-01t00:00:00.000000z"),
    ("no boolean", BOOLEAN, b""),
    ("boolean 02", BOOLEAN, b"\x02"),
    ("boolean of two bytes", BOOLEAN, b"\x01\x01"),
    ("nothing for JSON", JSON, ""),
    ("JSON with a doubled member", JSON, '{"a":1,"a":2}'),
    ("JSON with a member doubled by an escape", JSON, '{"a":1,"\\u0061":2}'),
    ("JSON NaN", JSON, "NaN"),
    ("JSON Infinity", JSON, "-Infinity"),
    ("JSON overflow", JSON, "1e999"),
    ("JSON with a byte order mark", JSON, "\ufeff1"),
    ("JSON unpaired surrogate", JSON, '"\\ud800"'),
    ("JSON surrogates in the wrong order", JSON, '"\\udfe0\\ud83c"'),
    ("JSON unpaired surrogate in a member's name", JSON, '{"\\ud800":1}'),
    ("JSON integer beyond 2^53 - 1", JSON, "9007199254740992"),
    ("JSON integer below -(2^53 - 1)", JSON, "-9007199254740992"),
    ("JSON integer with a leading zero", JSON, "01"),
    ("JSON 65 brackets deep", JSON, "[" * 65 + "]" * 65),
    ("JSON 65 objects deep", JSON, '{"a":' * 65 + "1" + "}" * 65),
    ("JSON with a comma too many", JSON, "[1,]"),
    ("JSON with a comment", JSON, "1//"),
    ("JSON and more", JSON, "1 2"),
    ("JSON that does not end", JSON, '["a'),
    ("JSON with a control character in text", JSON, '"\x01"'),
    ("JSON with white space that is none", JSON, "\u00a01"),
    ("JSON that is no UTF-8", JSON, b'"\xff"'),
)


def refusals() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []
    here = place_of(TEXT)
    cell = sealed("refused", here, b"0101 12345")
    text = text_of(cell)

    def case(name: str, refused: str | bytes, *, place: dict[str, Any] = here, error: str = "decryption") -> None:
        found = {"text": refused} if isinstance(refused, str) else {"cell": refused.hex()}
        cases.append({"name": name, "error": error, "place": place, **found})

    def changed(at: int, bits: int = 1) -> bytes:
        at %= len(cell)
        return cell[:at] + bytes([cell[at] ^ bits]) + cell[at + 1 :]

    case("bytes that do not start with F9", b"\xf8" + cell[1:], error="not_sealed")
    case("nothing", b"", error="not_sealed")
    case("text without the prefix", text[4:], error="not_sealed")
    case("prefix in capitals", "SP1" + text[3:], error="not_sealed")
    case("white space before the prefix", " " + text, error="not_sealed")
    case("prefix of another version", "sp2" + text[3:], error="not_sealed")
    case("nothing in text", "", error="not_sealed")
    case("prefix alone", "sp1.")
    case("base64 without padding", text.rstrip("="))
    case("base64 with a spare bit set", _with_spare_bit(text))
    case("base64 with a line break", text[:24] + "\n" + text[24:])
    case("base64 with a line break at the end", text + "\n")
    case("base64 of letters beyond ASCII", text[:24] + "\u00e6" + text[25:])
    case("URL-safe base64", "sp1." + base64.urlsafe_b64encode(b"\xf9\x01" + b"\xff" * 52).decode())
    case("text of something that does not start with F9", text_of(b"\xf8" + cell[1:]))
    case("the first byte alone", cell[:1])
    case("45 bytes", cell[:45])
    for bit in (0x08, 0x10, 0x20, 0x40):
        case(f"reserved bit {bit:02x}", changed(1, bit))
    case("declared codec is another one", cell, place=place_of(BYTES))
    case("codec changed to another one", changed(1, 0x03), place=place_of(INTEGER))
    case("key id that is not in the store", sealed("unknown", here, b"x", row=UNKNOWN))
    case("key id of another person", sealed("swapped", here, b"x", row=OLAS))
    case(
        "key id of one key, sealed under another", sealed("committed", here, b"x", row=EARLIER | {"kid": ACTIVE["kid"]})
    )
    case("changed nonce", changed(18))
    case("changed ciphertext", changed(30))
    case("changed tag", changed(-1))
    case("cut by one byte", cell[:-1])
    case("cut to an empty value", cell[:46])
    case("longer by one byte", cell + b"\x00")
    case("two cells, one after the other", cell + cell)
    case("padding bit set", changed(1, 0x80))
    padded = sealed("refused, padded", here, b"abc\x80\x00", codec_byte=0x81)
    case("padding bit taken away", padded[:1] + b"\x01" + padded[2:])
    for name, changes in MOVED.items():
        case(f"moved: {name}", cell, place=place_of(TEXT, **changes))
    case("moved: boundary of names", cell, place=place_of(TEXT, model="crm.customern", field="ational_id"))
    versioned = sealed("refused, with a row version", place_of(TEXT, version="7"), b"x")
    case("moved: to a later row version", versioned, place=place_of(TEXT, version="8"))
    case("moved: row version taken away", versioned)
    for name, codec, value in FORMS:
        place = place_of(codec)
        data = value.encode() if isinstance(value, str) else value
        case(f"value: {name}", sealed(name, place, data), place=place)
    for name, data in (
        ("empty", b""),
        ("no mark", b"abc"),
        ("only zeros", bytes(16)),
        ("another mark", b"abc\x81\x00"),
        ("a byte after the zeros", b"abc\x80\x00\x01"),
    ):
        case(f"padding: {name}", sealed(f"padding: {name}", here, data, codec_byte=0x81))
    _refused_by_status(case)
    return cases


def _with_spare_bit(text: str) -> str:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    return body[:-1] + digits[digits.index(body[-1]) | 1] + text[len(body) :]


def _refused_by_status(case: Any) -> None:
    for row, error in ((ERASED, "key_erased"), (DISABLED, "key_unavailable")):
        place = place_of(TEXT, retention_class=row["retention_class"])
        cell = sealed(row["name"], place, b"x", row=row)
        case(f"{row['name']} key", cell, place=place, error=error)
        case(f"{row['name']} key, changed tag: the status is told first", cell[:-1] + b"\x00", place=place, error=error)
        case(f"{row['name']} key, another person: its status is not told", cell, place=place | {"subject": OLA.hex()})
        case(f"{row['name']} key, another class: its status is not told", cell, place=place_of(TEXT))
        case(f"{row['name']} key, another codec: its status is not told", cell, place=place | {"codec": BYTES})


def values() -> dict[str, Any]:
    return {
        "format": "sp1 cell F9",
        "tenant_key": TENANT_KEY.hex(),
        "keys": stored(ACTIVE, EARLIER, DISABLED, ERASED, OLAS),
        "open": opening(),
        "refuse": refusals(),
    }
