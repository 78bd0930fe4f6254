"""The cell, version 1: one sealed value as bytes or text; single values, rows and batches. Pure but for the nonces.

`docs/spec/sealed-value.md` is the format, `docs/spec/vectors` its vectors.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from attrs import evolve, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption._codecs import READERS, WRITERS, decode, not_sealable
from sectorprivacy.encryption._place import HEADS, Place, record_bytes
from sectorprivacy.encryption._subject_key import SubjectKey
from sectorprivacy.errors import DecryptionError, NotSealed, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey

PREFIX: Final = "sp1."
OVERHEAD: Final = 46
_NONCE: Final = 12
_PADDED: Final = 0x80
_RESERVED: Final = 0x78
_CODEC: Final = 0x07


@frozen
class CellHead:
    """What a cell says in the clear: its second byte and its key id."""

    codec_byte: int
    kid: bytes

    @classmethod
    def read(cls, cell: bytes) -> CellHead:
        """Check prefix and form. Raises: NotSealed, DecryptionError."""
        if cell[:1] != b"\xf9":
            raise NotSealed
        if len(cell) < OVERHEAD or cell[1] & _RESERVED:
            raise DecryptionError
        return cls(cell[1], cell[2:18])

    @property
    def codec(self) -> int:
        """Number of the codec its value was written with."""
        return self.codec_byte & _CODEC


def seal(key: SubjectKey, place: Place, value: Any) -> bytes:
    """Seal one value for one place.

    Args:
        key: The key of the place's person and retention class.
        place: Where the cell will live.
        value: A value of the type the place's codec writes.

    Returns:
        The cell, 46 bytes longer than the value.

    Raises:
        ValueNotSealable: The codec cannot hold the value, or the key is not the place's.
    """
    if not fits(key, place):
        raise _wrong_key(place)
    codec = place.codec
    try:
        data = WRITERS[codec](value)
    except (ValueError, OverflowError) as refused:
        raise not_sealable(codec, refused, place.path) from None
    nonce = os.urandom(_NONCE)
    return HEADS[codec] + key.kid + nonce + key.cell_cipher.encrypt(nonce, data, place.associated_data(codec))


def seal_row(key: SubjectKey, places: Sequence[Place], values: Sequence[Any]) -> list[bytes]:
    """Seal the values of one record, one for each place; the nonces are drawn together. Raises: as `seal`."""
    drawn = os.urandom(_NONCE * len(places))
    encrypt, kid = key.cell_cipher.encrypt, key.kid
    cells: list[bytes] = []
    start = 0
    for place, value in zip(places, values, strict=True):
        if not fits(key, place):
            raise _wrong_key(place)
        codec, nonce = place.codec, drawn[start : start + _NONCE]
        start += _NONCE
        try:
            data = WRITERS[codec](value)
        except (ValueError, OverflowError) as refused:
            raise not_sealable(codec, refused, place.path) from None
        cells.append(HEADS[codec] + kid + nonce + encrypt(nonce, data, place.associated_data(codec)))
    return cells


def seal_many(key: SubjectKey, place: Place, records: Sequence[RecordKey], values: Sequence[Any]) -> list[bytes]:
    """Seal one field of many records of one person.

    Args:
        key: The key of the place's person and retention class.
        place: The place of every value; its own record is not looked at.
        records: Keys of the records.
        values: One value for each record.

    Returns:
        The cells, in order.

    Raises:
        ValueNotSealable: As `seal`; nothing is returned then.
    """
    if not fits(key, place):
        raise _wrong_key(place)
    codec = place.codec
    head, binding = HEADS[codec] + key.kid, HEADS[codec] + place.binding()
    encrypt, write = key.cell_cipher.encrypt, WRITERS[codec]
    drawn = os.urandom(_NONCE * len(records))
    nonces = [drawn[start : start + _NONCE] for start in range(0, len(drawn), _NONCE)]
    given = list(zip(nonces, records, values, strict=True))
    try:
        return [
            head + nonce + encrypt(nonce, write(value), binding + record_bytes(record))
            for nonce, record, value in given
        ]
    except (ValueError, OverflowError) as refused:
        raise not_sealable(codec, refused, place.path) from None


def unseal(key: SubjectKey, place: Place, cell: bytes) -> Any:
    """Open a cell in its place.

    Args:
        key: The key that was looked up by the cell's key id.
        place: Where the cell was found.
        cell: The cell.

    Raises:
        NotSealed: It is no cell.
        DecryptionError: It was not sealed with this key for this place, or was changed.
    """
    if cell[:1] != b"\xf9":
        raise NotSealed
    codec_byte = cell[1] if len(cell) >= OVERHEAD else _RESERVED
    if codec_byte & ~_PADDED != place.codec or cell[2:18] != key.kid or not fits(key, place):
        raise DecryptionError
    data = open_bytes(key.cell_cipher, cell, place.associated_data(codec_byte))
    return decode(place.codec, _unpadded(data) if codec_byte & _PADDED else data)


def open_bytes(cipher: AESGCM, cell: bytes, associated_data: bytes) -> bytes:
    """What was encrypted in a cell of the right form. Raises: DecryptionError."""
    try:
        return cipher.decrypt(cell[18:30], cell[30:], associated_data)
    except InvalidTag:
        raise DecryptionError from None


def unseal_many(
    key: SubjectKey, place: Place, records: Iterable[RecordKey], cells: Iterable[bytes]
) -> Iterator[Any | DecryptionError]:
    """Open one field of many records of one person.

    Yields:
        For each cell its value, or the error of that cell: one damaged cell does not hide the others.
    """
    if not fits(key, place):
        raise DecryptionError
    codec = place.codec
    head, binding = HEADS[codec] + key.kid, HEADS[codec] + place.binding()
    decrypt, read = key.cell_cipher.decrypt, READERS[codec]
    for record, cell in zip(records, cells, strict=True):
        if cell[:18] != head or len(cell) < OVERHEAD:
            yield _opened(key, place, record, cell)
            continue
        try:
            yield read(decrypt(cell[18:30], cell[30:], binding + record_bytes(record)))
        except (InvalidTag, ValueError, OverflowError):
            yield DecryptionError()


def _opened(key: SubjectKey, place: Place, record: RecordKey, cell: bytes) -> Any | DecryptionError:
    """The slow way, for the cells of a batch that are padded or wrong."""
    try:
        return unseal(key, evolve(place, record=record), cell)
    except DecryptionError as refused:
        return refused


def fits(key: SubjectKey, place: Place) -> bool:
    """Whether the key is the one of the place's person and class."""
    return (
        key.subject.raw == place.subject.raw
        and key.retention_class == place.retention_class
        and key.tenant == place.tenant
    )


def to_text(cell: bytes) -> str:
    """The cell for a text column: `sp1.` and base64."""
    return PREFIX + base64.b64encode(cell).decode("ascii")


def from_text(text: str) -> bytes:
    """The cell of a text column; every spelling but the one of `to_text` is refused.

    Raises:
        NotSealed: The text does not start with `sp1.`.
        DecryptionError: What follows is no cell.
    """
    if not text.startswith(PREFIX):
        raise NotSealed
    try:
        cell = binascii.a2b_base64(text[len(PREFIX) :], strict_mode=True)
    except ValueError:
        raise DecryptionError from None
    # Strict decoders still accept flipped spare bits at the end.
    if cell[:1] != b"\xf9" or to_text(cell) != text:
        raise DecryptionError
    return cell


def _wrong_key(place: Place) -> ValueNotSealable:
    return ValueNotSealable(
        path=place.path, codec=place.codec.name.lower(), reason="the key is not of this person and class"
    )


def _unpadded(data: bytes) -> bytes:
    value = data.rstrip(b"\x00")
    if value[-1:] != b"\x80":
        raise DecryptionError
    return value[:-1]
