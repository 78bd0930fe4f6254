"""The cell, version 1: one sealed value as bytes or text; single values, rows and batches. Pure but for the nonces.

`docs/spec/sealed-value.md` is the format, `docs/spec/vectors` its vectors.
"""

from __future__ import annotations

import base64
import binascii
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, Final, Protocol

from attrs import evolve, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption._codecs import READERS, not_sealable, read_padded, write_many
from sectorprivacy.encryption._place import Place, bound_to
from sectorprivacy.encryption._subject_key import SubjectKey
from sectorprivacy.errors import DecryptionError, NotSealed, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey, SubjectRef

PREFIX: Final = "sp1."
"""What every cell begins with in a text column."""
OVERHEAD: Final = 46
HEAD: Final = 18
"""Bytes of a cell that say its codec and its key."""
TEXT_HEAD: Final = len(PREFIX) + HEAD * 4 // 3
"""Characters of a cell as text that say the same: the prefix, and the head in base64."""
FIRST: Final = b"\xf9"
"""What every cell begins with; less than a cell by itself."""
_NONCE: Final = 12
_BODY: Final = HEAD + _NONCE
_TOGETHER: Final = 1024
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
        if cell[:1] != FIRST:
            raise NotSealed
        if len(cell) < OVERHEAD or cell[1] & _RESERVED:
            raise DecryptionError
        return cls(cell[1], kid_of(cell))

    @property
    def codec(self) -> int:
        """Number of the codec its value was written with."""
        return self.codec_byte & _CODEC


def kid_of(cell: bytes) -> bytes:
    """The key id of a cell, or of its head; of what is no cell, the bytes that stand there.

    Args:
        cell: The cell, or its first 18 bytes. Nothing is checked.
    """
    return cell[2:HEAD]


def head_of(stored: bytes | str) -> bytes:
    """The first 18 bytes of a cell, which say its codec and key; nothing of what does not begin as a cell does.

    Args:
        stored: The cell as it stands in a store, as bytes or as text, or the beginning of it. What follows the head is
            not looked at.
    """
    if isinstance(stored, str):
        try:
            stored = binascii.a2b_base64(stored[len(PREFIX) : TEXT_HEAD]) if stored.startswith(PREFIX) else b""
        except ValueError:
            return b""
    return stored[:HEAD] if stored[:1] == FIRST else b""


def seal(key: SubjectKey, place: Place, value: Any) -> bytes:
    """Seal one value for one place.

    Args:
        key: The key of the place's person and retention class.
        place: Where the cell will live.
        value: A value of the type the place's codec writes.

    Returns:
        The cell, 46 bytes longer than the value, or than the bucket it is padded to.

    Raises:
        ValueNotSealable: The codec or the buckets cannot hold the value, or the key is not the place's.
    """
    if not fits(key, place):
        raise wrong_key(place)
    head, bound, write, _ = place.prepared
    nonce = os.urandom(_NONCE)
    try:
        return b"".join((head, key.kid, nonce, key.cell_cipher.encrypt(nonce, write(value), bound)))
    except (ValueError, OverflowError) as refused:
        raise not_sealable(place.codec, refused, place.path) from None


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
        ValueError: A mistake of the program: there is not one value for each record.
    """
    if not fits(key, place):
        raise wrong_key(place)
    if len(records) != len(values):
        raise ValueError("there is not one value for each record")
    cells: list[bytes] = []
    for start in range(0, len(values), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        cells += _sealed_together(key, place, records[part], values[part])
    return cells


def _sealed_together(key: SubjectKey, place: Place, records: Sequence[RecordKey], values: Sequence[Any]) -> list[bytes]:
    """A part of a batch, small enough to stay in the processor's cache."""
    head, _, write, _ = place.prepared
    start, encrypt = head + key.kid, key.cell_cipher.encrypt
    try:
        data = write_many(write, values)
        bounds = bound_to(head + place.binding(), records)
        return [
            start + nonce + encrypt(nonce, each, bound)
            for nonce, each, bound in zip(nonces(len(data)), data, bounds, strict=True)
        ]
    except (ValueError, OverflowError) as refused:
        raise not_sealable(place.codec, refused, place.path) from None


def nonces(number: int) -> tuple[bytes, ...]:
    """As many nonces as there are values, drawn in one call of the operating system."""
    return _cut(number)(os.urandom(_NONCE * number))


@lru_cache(maxsize=64)
def _cut(number: int) -> Callable[[bytes], tuple[bytes, ...]]:
    """What cuts that many nonces out of what was drawn."""
    return struct.Struct(f"{_NONCE}s" * number).unpack


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
    head, bound, _, read = place.prepared
    if cell[:2] != head or len(cell) < OVERHEAD:
        found = CellHead.read(cell)
        if found.codec != place.codec:
            raise DecryptionError
        # It is padded where today's declaration does not pad, or the other way round.
        bound = place.associated_data(found.codec_byte)
        read = READERS[place.codec] if place.buckets else partial(read_padded, place.codec)
    if kid_of(cell) != key.kid or not fits(key, place):
        raise DecryptionError
    data = open_bytes(key.cell_cipher, cell, bound)
    try:
        return read(data)
    except (ValueError, OverflowError):
        raise DecryptionError from None


def open_bytes(cipher: AESGCM, cell: bytes, associated_data: bytes) -> bytes:
    """What was encrypted in a cell of the right form. Raises: DecryptionError."""
    try:
        return cipher.decrypt(cell[HEAD:_BODY], cell[_BODY:], associated_data)
    except (InvalidTag, OverflowError):
        raise DecryptionError from None


def unseal_many(
    key: SubjectKey, place: Place, records: Sequence[RecordKey], cells: Sequence[bytes]
) -> Iterator[Any | DecryptionError]:
    """Open one field of many records of one person, some at a time.

    Args:
        key: The key that was looked up by the key id of the cells.
        place: The place of every value; its own record is not looked at.
        records: Keys of the records.
        cells: One cell for each record.

    Yields:
        For each cell its value, or the error of that cell: one damaged cell does not hide the others.

    Raises:
        DecryptionError: The key is not the place's; like what follows, when the first value is asked for.
        ValueError: A mistake of the program: there is not one cell for each record.
    """
    if not fits(key, place):
        raise DecryptionError
    if len(records) != len(cells):
        raise ValueError("there is not one cell for each record")
    for start in range(0, len(cells), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        try:
            yield from _opened_together(key, place, records[part], cells[part])
        except (InvalidTag, ValueError, OverflowError, DecryptionError):
            yield from [
                _answer_at(key, place, record, cell) for record, cell in zip(records[part], cells[part], strict=True)
            ]


def _opened_together(key: SubjectKey, place: Place, records: Sequence[RecordKey], cells: Sequence[bytes]) -> list[Any]:
    """A part of a batch, if every cell of it opens and was written under today's declaration."""
    head, _, _, read = place.prepared
    if [cell[:HEAD] for cell in cells].count(head + key.kid) != len(cells):
        raise DecryptionError
    bounds = bound_to(head + place.binding(), records)
    decrypt = key.cell_cipher.decrypt
    data = [decrypt(cell[HEAD:_BODY], cell[_BODY:], bound) for cell, bound in zip(cells, bounds, strict=True)]
    return list(map(read, data))


def _answer_at(key: SubjectKey, place: Place, record: RecordKey, cell: bytes) -> Any | DecryptionError:
    try:
        return answer(key, evolve(place, record=record), cell)
    except ValueNotSealable:
        # No cell was ever bound to a record whose key has no form in bytes.
        return DecryptionError()


def answer(key: SubjectKey, place: Place, cell: bytes) -> Any | DecryptionError:
    """What a cell of a batch holds, or its error."""
    try:
        return unseal(key, place, cell)
    except DecryptionError as refused:
        return refused


class KeyedPlace(Protocol):
    """Whatever one person's keys of one class seal: a place, or the places of a row."""

    @property
    def tenant(self) -> str: ...
    @property
    def subject(self) -> SubjectRef: ...
    @property
    def retention_class(self) -> str: ...


def fits(key: SubjectKey, place: KeyedPlace) -> bool:
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
    if cell[:1] != FIRST or to_text(cell) != text:
        raise DecryptionError
    return cell


def wrong_key(place: Place) -> ValueNotSealable:
    """The refusal to seal under a key that shredding the place's person would leave alive."""
    return ValueNotSealable(
        path=place.path, codec=place.codec.name.lower(), reason="the key is not of this person and class"
    )
