"""Sealed streams: recordings and images of any length in constant memory (SPS1, `docs/spec/sealed-stream.md`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from sectorprivacy.encryption._cell import fits
from sectorprivacy.encryption._codecs import Codec
from sectorprivacy.encryption._keys import Keys
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._subject_key import SubjectKey
from sectorprivacy.errors import DecryptionError, NotSealed, ValueNotSealable

MAGIC: Final = b"SPS1"
HEAD: Final = len(MAGIC) + 16
_STEP: Final = 64 * 1024


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


def open_stream(keys: Keys | SubjectKey, place: Place, source: BinaryIO) -> Iterator[bytes]:
    """Open a stream in its place. The head is read and the key found before this returns.

    Args:
        keys: Where the key is looked up by the key id in the stream; or that very key.
        place: The field that names the file, with codec BYTES.
        source: The sealed stream.

    Returns:
        Pieces of the content, each verified before it is released. That it is whole is known only when the iterator
        ends without an error: write to another name first, and rename after the end.

    Raises:
        NotSealed: It does not start with `SPS1`.
        DecryptionError: It was not sealed with this key for this place, or was changed or cut; also while iterating.
    """
    head = source.read(HEAD)
    if head[: len(MAGIC)] != MAGIC:
        raise NotSealed
    kid = head[len(MAGIC) :]
    if len(head) != HEAD or place.codec is not Codec.BYTES:
        raise DecryptionError
    key = keys.for_stream(place, kid) if isinstance(keys, Keys) else keys
    if key.kid != kid or not fits(key, place):
        raise DecryptionError
    return _pieces(Cobblestone256Decryptor(key.stream_key, _context(key, place)), source)


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
