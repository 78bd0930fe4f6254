"""Where a sealed value lives: the associated data that binds it to tenant, model, field, person and record."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from uuid import UUID

import attrs
from attrs import frozen

from sectorprivacy.encryption._codecs import Codec, integer_text
from sectorprivacy.errors import ValueNotSealable
from sectorprivacy.vocabulary import KeyPart, RecordKey, SubjectRef, stable_id

SUITE: Final = 0xF9
_LONGEST: Final = 0xFFFF
_SHORT: Final = 10**18

HEADS: Final = tuple(bytes((SUITE, codec_byte)) for codec_byte in range(256))
"""The first two bytes of cells and of associated data, by the second."""


def _bound_to_its_record(place: Place) -> bytes:
    return place.bound_to(place.record)


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
    _bound: bytes = attrs.field(
        init=False, repr=False, eq=False, default=attrs.Factory(_bound_to_its_record, takes_self=True)
    )

    @property
    def path(self) -> str:
        """Model and field, as errors name them."""
        return f"{self.model}.{self.field}"

    def associated_data(self, codec_byte: int) -> bytes:
        """What is authenticated with the cell and never stored.

        Args:
            codec_byte: The second byte of the cell, with the bit of padding.
        """
        return HEADS[codec_byte] + self._bound

    def bound_to(self, record: RecordKey | None) -> bytes:
        """The associated data of another record of the same field and person, but for its first two bytes.

        Raises:
            ValueNotSealable: The record's key has no form in bytes.
        """
        try:
            return self.binding() + record_bytes(record)
        except ValueError as refused:
            raise ValueNotSealable(path=self.path, codec="record key", reason=str(refused)) from None

    def binding(self) -> bytes:
        """What stands between the first two bytes and the record: the same for all records of a batch."""
        named = names(self.tenant, self.model, self.field)
        if self.version is None:
            return b"\x04%b\x00\x10%b" % (named, self.subject.raw)
        version = prefixed(integer_text(self.version).encode("ascii"))
        return b"\x05%b\x00\x10%b%b" % (named, self.subject.raw, version)


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
        # The most frequent key by far, spelled out: a call for each record is what a batch would spend most on.
        return b"i%d" % part if type(part) is int and -_SHORT < part < _SHORT else _part(part)
    return b"t%c" % len(parts) + b"".join(prefixed(_part(part)) for part in parts)


def _part(part: KeyPart) -> bytes:
    if isinstance(part, int):
        return b"i" + integer_text(part).encode("ascii")
    if isinstance(part, str):
        try:
            return b"s" + part.encode()
        except UnicodeEncodeError:
            raise ValueError("it has an unpaired surrogate") from None
    return b"u" + part.bytes if isinstance(part, UUID) else b"b" + part
