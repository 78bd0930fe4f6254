"""The chunks of a sealed stream, each on its own: Cobblestone-256 of c2sp.org/chunked-encryption v1 from its parts."""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sectorprivacy.errors import DecryptionError

LABEL: Final = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
SALT: Final = 24
COMMITMENT: Final = 32
CONTENT: Final = 16_384
TAG: Final = 16
CHUNK: Final = CONTENT + TAG


class Chunks:
    """Opens any chunk of one stream.

    Args:
        stream_key: The derived key of streams.
        context: What the stream is bound to.
        header: Salt and commitment, as they stand in the stream.

    Raises:
        DecryptionError: The commitment is that of another key or another context.
    """

    __slots__ = ("_cipher", "_first_nonce")

    def __init__(self, stream_key: bytes, context: bytes, header: bytes) -> None:
        salt, commitment = header[:SALT], header[SALT:]
        derived = HKDFExpand(SHA512(), 76, LABEL + salt + context).derive(stream_key)
        if not hmac.compare_digest(derived[44:], commitment):
            raise DecryptionError
        self._cipher = AESGCM(derived[:32])
        self._first_nonce = int.from_bytes(derived[32:44], "big")

    def open(self, number: int, chunk: bytes) -> bytes:
        """The content of a chunk, once its tag has verified.

        Args:
            number: Which chunk it is, from 0.
            chunk: Ciphertext and tag.

        Raises:
            DecryptionError: It is not this chunk of this stream, or was changed or cut.
        """
        nonce = (self._first_nonce ^ number).to_bytes(12, "big")
        try:
            return self._cipher.decrypt(nonce, chunk, None)
        except InvalidTag:
            raise DecryptionError from None
