"""Sealed streams: recordings and images of any length in constant memory (SPS1, `docs/spec/sealed-stream.md`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, Final, Self

from attrs import frozen
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from sectorprivacy.encryption._cell import fits
from sectorprivacy.encryption._chunks import CHUNK, COMMITMENT, CONTENT, SALT, TAG, Chunks
from sectorprivacy.encryption._codecs import Codec
from sectorprivacy.encryption._keys import Keys
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._subject_key import SubjectKey
from sectorprivacy.errors import DecryptionError, NotSealed, ValueNotSealable

MAGIC: Final = b"SPS1"
HEAD: Final = len(MAGIC) + 16
_STEP: Final = 128 * 1024


@frozen
class StreamHead:
    """What a stream says in the clear: its key id. Whoever has to know whose it is reads it first.

    Args:
        kid: The key id.
    """

    kid: bytes

    @classmethod
    def read(cls, source: BinaryIO) -> Self:
        """Take the first 20 bytes of a stream; `source` stands behind them afterwards.

        Raises:
            NotSealed: It does not start with `SPS1`.
            DecryptionError: It ends there.
        """
        head = source.read(HEAD)
        if head[: len(MAGIC)] != MAGIC:
            raise NotSealed
        if len(head) != HEAD:
            raise DecryptionError
        return cls(head[len(MAGIC) :])


def seal_stream(key: SubjectKey, place: Place, source: BinaryIO, target: BinaryIO) -> None:
    """Seal everything `source` still holds into `target`, which may be unseekable.

    Args:
        key: The key of the place's person and retention class.
        place: The field that names the file, with codec BYTES.
        source: Read to its end.
        target: Gets 92 bytes more than `source` gave, and 16 more for every full 16 KiB.

    Raises:
        ValueNotSealable: The key is not the place's, or the place has another codec.
    """
    if not fits(key, place) or place.codec is not Codec.BYTES:
        raise ValueNotSealable(path=place.path, codec="stream", reason="the key or the codec is not of this place")
    encryptor = Cobblestone256Encryptor(key.stream_key, _context(key, place))
    target.write(MAGIC + key.kid)
    while data := source.read(_STEP):
        target.write(encryptor.update(data))
    target.write(encryptor.finalize())


def open_stream(
    keys: Keys | SubjectKey, place: Place, source: BinaryIO, *, head: StreamHead | None = None
) -> Iterator[bytes]:
    """Open a stream in its place. The head is read and the key found before this returns.

    Args:
        keys: Where the key is looked up by the key id in the stream; or that very key.
        place: The field that names the file, with codec BYTES.
        source: The sealed stream.
        head: Its head, where that was read already.

    Returns:
        Pieces of the content, each verified before it is released. That it is whole is known only when the iterator
        ends without an error: write to another name first, and rename after the end.

    Raises:
        NotSealed: It does not start with `SPS1`.
        DecryptionError: It was not sealed with this key for this place, or was changed or cut; also while iterating.
    """
    key = _key(keys, place, head or StreamHead.read(source))
    return _pieces(Cobblestone256Decryptor(key.stream_key, _context(key, place)), source)


def open_range(
    keys: Keys | SubjectKey,
    place: Place,
    source: BinaryIO,
    start: int,
    length: int | None = None,
    *,
    head: StreamHead | None = None,
) -> Iterator[bytes]:
    """Open a part of a stream, for seeking in a recording. Commitment and last chunk are verified before this returns.

    The last chunk is the only short one: once it has verified, the stream is known to be as long as it was sealed.

    Args:
        keys: Where the key is looked up by the key id in the stream; or that very key.
        place: The field that names the file, with codec BYTES.
        source: The sealed stream; seekable, and at its beginning, or behind the head that was read.
        start: First byte of the content, from 0.
        length: How many bytes; None for the rest. What lies beyond the end is left out.
        head: Its head, where that was read already.

    Returns:
        Pieces of the content; only the chunks they lie in are read, and each is verified before it is released.

    Raises:
        NotSealed: It does not start with `SPS1`.
        DecryptionError: As `open_stream`, also while iterating.
        ValueError: A mistake of the program: start or length is negative.
    """
    if start < 0 or (length is not None and length < 0):
        raise ValueError("start and length of a range are not negative")
    key = _key(keys, place, head or StreamHead.read(source))
    chunks = Chunks(key.stream_key, _context(key, place), source.read(SALT + COMMITMENT))
    body = source.tell()
    last, size = divmod(source.seek(0, os.SEEK_END) - body, CHUNK)
    source.seek(body + last * CHUNK)
    chunks.open(last, source.read(CHUNK))
    content = last * CONTENT + size - TAG
    end = content if length is None else min(start + length, content)
    return _part(chunks, source, body, start, end)


def _part(chunks: Chunks, source: BinaryIO, body: int, start: int, end: int) -> Iterator[bytes]:
    if start >= end:
        return
    first, last = start // CONTENT, (end - 1) // CONTENT
    source.seek(body + first * CHUNK)
    for number in range(first, last + 1):
        content = chunks.open(number, source.read(CHUNK))
        offset = number * CONTENT
        yield content[max(start - offset, 0) : end - offset]


def _key(keys: Keys | SubjectKey, place: Place, head: StreamHead) -> SubjectKey:
    """The key that the head of a stream names. Raises: as `open_stream`."""
    if place.codec is not Codec.BYTES:
        raise DecryptionError
    key = keys.for_stream(place, head.kid) if isinstance(keys, Keys) else keys
    if key.kid != head.kid or not fits(key, place):
        raise DecryptionError
    return key


def _pieces(decryptor: Cobblestone256Decryptor, source: BinaryIO) -> Iterator[bytes]:
    try:
        while data := source.read(_STEP):
            if piece := decryptor.update(data):
                yield piece
        if piece := decryptor.finalize():
            yield piece
    except InvalidTag:
        raise DecryptionError from None


def _context(key: SubjectKey, place: Place) -> bytes:
    return MAGIC + key.kid + place.associated_data(Codec.BYTES)
