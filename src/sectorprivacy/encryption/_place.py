"""Where a sealed value lives: the associated data that binds it to tenant, model, field, person and record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Final
from uuid import UUID

import attrs
from attrs import frozen

from sectorprivacy.encryption._codecs import Codec, Reader, Writer, coders, integer_text
from sectorprivacy.errors import ValueNotSealable
from sectorprivacy.vocabulary import KeyPart, RecordKey, SubjectRef, stable_id

SUITE: Final = 0xF9
PADDED: Final = 0x80
_LONGEST: Final = 0xFFFF
_SHORT: Final = 64

HEADS: Final = tuple(bytes((SUITE, codec_byte)) for codec_byte in range(256))
"""The first two bytes of cells and of associated data, by the second."""


Prepared = tuple[bytes, bytes, Writer, Reader]
"""Of the cells that are written in a place: first two bytes, associated data, what writes the value and reads it."""


def _prepared(place: Place) -> Prepared:
    head = HEADS[place.codec | PADDED if place.buckets else place.codec]
    try:
        bound = head + place.binding() + record_bytes(place.record)
    except ValueError as refused:
        raise ValueNotSealable(path=place.path, codec="record key", reason=str(refused)) from None
    return head, bound, *coders(place.codec, place.buckets)


@frozen(kw_only=True)
class Place:
    """Where a value lives and how it is declared; a cell opens only in the place it was sealed for.

    Args:
        tenant: Stable id of the controller.
        model: Stable id of the model.
        field: Stable id of the field.
        subject: The person whose key seals it.
        record: Key of the record, or None where the database assigns it later: then cells of one person can be
            exchanged between that person's records.
        codec: The declared codec.
        retention_class: The declared class of keys.
        version: The row's version, where the field is declared with one: then an older cell does not open.
        buckets: Sizes in bytes to which values are padded, ascending; without any, a cell tells the value's length.
        plaintext_until: The day before which a migration may still find the value unsealed here.

    Raises:
        InvalidDeclaration: An id is not 1 to 100 characters of `[a-z0-9_.-]`.
        ValueNotSealable: The record's key or the version has no form in bytes.
    """

    tenant: str
    model: str
    field: str
    subject: SubjectRef
    record: RecordKey | None = attrs.field(repr=False)
    codec: Codec
    retention_class: str
    version: int | None = None
    buckets: tuple[int, ...] = ()
    plaintext_until: date | None = None
    # Before the first value comes: putting it together costs as much as encrypting a short value.
    prepared: Prepared = attrs.field(
        init=False, repr=False, eq=False, default=attrs.Factory(_prepared, takes_self=True)
    )

    @property
    def path(self) -> str:
        """Model and field, as errors name them."""
        return f"{self.model}.{self.field}"

    def associated_data(self, codec_byte: int) -> bytes:
        """What is authenticated with a cell and never stored.

        Args:
            codec_byte: The second byte of the cell, with the bit of padding.
        """
        return HEADS[codec_byte] + self.prepared[1][2:]

    def binding(self) -> bytes:
        """What stands between the first two bytes and the record: the same for all records of a batch.

        Raises:
            ValueError: The version is no integer of at most 1,000 digits.
        """
        return naming(self.tenant, self.model, self.field, versioned=self.version is not None) + person_bytes(
            self.subject, self.version
        )


def naming(tenant: str, model: str, field: str, *, versioned: bool) -> bytes:
    """How many parts there are before the record, and the first three. Raises: InvalidDeclaration."""
    return (b"\x05" if versioned else b"\x04") + names(tenant, model, field)


def person_bytes(subject: SubjectRef, version: int | None) -> bytes:
    """The parts that follow: the person, and the version of a row that has one. Raises: ValueError."""
    if version is None:
        return b"\x00\x10" + subject.raw
    if type(version) is not int:
        raise ValueError("the version of the row is not an integer")
    return b"\x00\x10" + subject.raw + prefixed(integer_text(version).encode("ascii"))


def prefixed(part: bytes) -> bytes:
    """`lp(part)`: two-byte big-endian length, then the bytes. Raises: ValueError above 65,535 bytes."""
    if len(part) > _LONGEST:
        raise ValueError("longer than 65,535 bytes")
    return len(part).to_bytes(2, "big") + part


@lru_cache(maxsize=4096)
def names(*ids: str) -> bytes:
    """Stable ids, each with its length before it. Raises: InvalidDeclaration."""
    return b"".join(prefixed(stable_id(each, where="Place").encode("ascii")) for each in ids)


def record_bytes(record: RecordKey | None) -> bytes:
    """A record's key as the last part of the associated data. Raises: ValueError."""
    if record is None:
        return b"S"
    parts = record.parts
    if len(parts) == 1:
        part = parts[0]
        # The most frequent key by far, spelled out.
        return b"i%d" % part if type(part) is int and part.bit_length() < _SHORT else _part(part)
    return b"t%c" % len(parts) + b"".join(prefixed(_part(part)) for part in parts)


def bound_to(start: bytes, records: Iterable[RecordKey]) -> list[bytes]:
    """Associated data of many records that have everything before it in common. Raises: ValueError."""
    # Integer keys are the most frequent by far; a call for each of them would cost a tenth of the batch.
    number = start.replace(b"%", b"%%") + b"i%d"
    return [
        number % parts
        if len(parts := record.parts) == 1 and type(parts[0]) is int and parts[0].bit_length() < _SHORT
        else start + record_bytes(record)
        for record in records
    ]


def _part(part: KeyPart) -> bytes:
    if isinstance(part, int):
        return b"i" + integer_text(part).encode("ascii")
    if isinstance(part, str):
        try:
            return b"s" + part.encode()
        except UnicodeEncodeError:
            raise ValueError("it has an unpaired surrogate") from None
    return b"u" + part.bytes if isinstance(part, UUID) else b"b" + part
