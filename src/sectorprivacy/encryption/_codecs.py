"""Values as bytes and back: one codec for each type that can be sealed, strict in both directions.

What is refused is a ValueError, whose text is our own and holds no value; `not_sealable` and `decode` make it public.
The forms are fixed by `docs/spec/sealed-value.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from enum import IntEnum
from functools import partial
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import JsonValue

from sectorprivacy.encryption._json import read_json, write_json
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, ValueNotSealable

Writer = Callable[[Any], bytes]
Reader = Callable[[bytes], Any]


class Codec(IntEnum):
    """How a value is written before it is sealed; the number is the second byte of a cell."""

    BYTES = 0
    STR = 1
    INT = 2
    DECIMAL = 3
    DATE = 4
    DATETIME = 5
    BOOL = 6
    JSON = 7


def codec_of(hint: Any) -> Codec:
    """The codec for the `T` of `Sealed[T]`.

    Args:
        hint: bytes, str, int, Decimal, date, datetime, bool; for JSON dict, list or pydantic's JsonValue. `Annotated`
            is looked through.

    Raises:
        InvalidDeclaration: No codec writes this type.
    """
    if get_origin(hint) is Annotated:
        return codec_of(get_args(hint)[0])
    codec = _BY_TYPE.get(get_origin(hint) or hint)
    if codec is None:
        raise InvalidDeclaration(
            where=f"Sealed[{getattr(hint, '__name__', hint)}]",
            problem="no codec writes values of this type",
            instead="Seal bytes, str, int, Decimal, date, datetime, bool, or a dict or list of JSON",
        )
    return codec


_BY_TYPE: Final[dict[Any, Codec]] = {
    bytes: Codec.BYTES,
    str: Codec.STR,
    int: Codec.INT,
    Decimal: Codec.DECIMAL,
    date: Codec.DATE,
    datetime: Codec.DATETIME,
    bool: Codec.BOOL,
    dict: Codec.JSON,
    list: Codec.JSON,
    JsonValue: Codec.JSON,
}


def not_sealable(codec: Codec, refused: ValueError | OverflowError, path: str) -> ValueNotSealable:
    """The public error for what a writer refused; only reasons of our own are passed on, they hold no value."""
    reason = refused.args[0] if type(refused) is ValueError else "outside the range of the codec"
    return ValueNotSealable(path=path, codec=codec.name.lower(), reason=reason)


def decode(codec: Codec, data: bytes) -> Any:
    """The value that `data` stands for. Raises: DecryptionError."""
    try:
        return READERS[codec](data)
    except (ValueError, OverflowError):
        raise DecryptionError from None


def write_many(write: Writer, values: Sequence[Any]) -> list[bytes]:
    """The bytes of many values. Raises: ValueError, OverflowError."""
    # Nearly every sealed column is text; a call of Python's own for each value would cost a tenth of the batch.
    if write is _write_str and set(map(type, values)) <= {str}:
        try:
            return list(map(str.encode, values))
        except UnicodeEncodeError:
            raise ValueError("it has an unpaired surrogate") from None
    return list(map(write, values))


def coders(codec: Codec, buckets: tuple[int, ...] = ()) -> tuple[Writer, Reader]:
    """What turns the values of a field into the bytes that are encrypted, and back.

    Args:
        codec: The declared codec.
        buckets: Sizes to which values are padded; none where they are not.
    """
    if buckets:
        return partial(write_padded, codec, buckets), partial(read_padded, codec)
    return WRITERS[codec], READERS[codec]


def write_padded(codec: Codec, buckets: tuple[int, ...], value: Any) -> bytes:
    """The bytes of a value, 0x80, and zeros up to the smallest bucket. Raises: ValueError, OverflowError."""
    data = WRITERS[codec](value)
    size = min((bucket for bucket in buckets if bucket > len(data)), default=None)
    if size is None:
        raise ValueError("longer than the largest bucket")
    return (data + b"\x80").ljust(size, b"\x00")


def read_padded(codec: Codec, data: bytes) -> Any:
    """The value before the padding. Raises: ValueError, OverflowError, DecryptionError."""
    return READERS[codec](unpadded(data))


def unpadded(data: bytes) -> bytes:
    """What stands before the padding. Raises: DecryptionError."""
    value = data.rstrip(b"\x00")
    if value[-1:] != b"\x80":
        raise DecryptionError
    return value[:-1]


def integer_text(value: int) -> str:
    """The one decimal spelling of an integer of at most 1,000 digits. Raises: ValueError."""
    # Asked before str(), which Python refuses above 4,300 digits with another text.
    if value.bit_length() > _BITS_OF_1000_DIGITS or len(text := str(value)) - (value < 0) > _DIGITS:
        raise ValueError("more than 1,000 digits")
    return text


_DIGITS: Final = 1000
_BITS_OF_1000_DIGITS: Final = 3322
_INTEGER: Final = re.compile(rb"0|-?[1-9][0-9]{0,999}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,1100}(\.[0-9]{1,1100})?(E[+-][0-9]{1,4})?")
_DATE: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z?")
# str() of a Decimal asks the thread's context which E to write; this one always writes the capital.
_DECIMAL_CONTEXT: Final = Context(capitals=1)


def _exactly(value: Any, expected: type) -> None:
    if type(value) is not expected:
        raise ValueError(f"not a {expected.__name__}")


def _write_bytes(value: Any) -> bytes:
    _exactly(value, bytes)
    return bytes(value)


def _write_str(value: Any) -> bytes:
    if type(value) is not str:
        raise ValueError("not a str")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise ValueError("it has an unpaired surrogate") from None


def _write_int(value: Any) -> bytes:
    _exactly(value, int)
    return integer_text(value).encode("ascii")


def _read_int(data: bytes) -> int:
    if not _INTEGER.fullmatch(data):
        raise ValueError
    return int(data)


def _write_decimal(value: Any) -> bytes:
    _exactly(value, Decimal)
    _, digits, exponent = value.as_tuple()
    if not value.is_finite():
        raise ValueError("not finite")
    if len(digits) > _DIGITS or not -_DIGITS <= exponent <= _DIGITS:
        raise ValueError("more than 1,000 digits, or an exponent beyond 1,000")
    return _DECIMAL_CONTEXT.to_sci_string(value).encode("ascii")


def _read_decimal(data: bytes) -> Decimal:
    text = data.decode("ascii")
    if not _DECIMAL.fullmatch(text):
        raise ValueError
    value = Decimal(text)
    if _write_decimal(value) != data:
        raise ValueError
    return value


def _write_date(value: Any) -> bytes:
    _exactly(value, date)
    return str(value.isoformat()).encode("ascii")


def _read_date(data: bytes) -> date:
    if not _DATE.fullmatch(data):
        raise ValueError
    return date.fromisoformat(data.decode("ascii"))


def _write_datetime(value: Any) -> bytes:
    _exactly(value, datetime)
    if value.utcoffset() is None:
        return _datetime_text(value).encode("ascii")
    return _datetime_text(value.astimezone(UTC)).encode("ascii") + b"Z"


def _datetime_text(value: datetime) -> str:
    return value.replace(tzinfo=None).isoformat(timespec="microseconds")


def _read_datetime(data: bytes) -> datetime:
    if not _DATETIME.fullmatch(data):
        raise ValueError
    value = datetime.fromisoformat(data.decode("ascii"))
    if _write_datetime(value) != data:
        raise ValueError
    return value


def _write_bool(value: Any) -> bytes:
    _exactly(value, bool)
    return b"\x01" if value else b"\x00"


def _read_bool(data: bytes) -> bool:
    if data not in {b"\x00", b"\x01"}:
        raise ValueError
    return data == b"\x01"


# By the codec's number. A value must be of exactly the codec's type: a subclass would come back as something else.
WRITERS: Final[tuple[Writer, ...]] = (
    _write_bytes,
    _write_str,
    _write_int,
    _write_decimal,
    _write_date,
    _write_datetime,
    _write_bool,
    write_json,
)
READERS: Final[tuple[Reader, ...]] = (
    bytes,
    bytes.decode,
    _read_int,
    _read_decimal,
    _read_date,
    _read_datetime,
    _read_bool,
    read_json,
)
