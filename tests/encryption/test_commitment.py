"""The key id commits to the key: a ciphertext crafted for two keys opens under the one it names alone."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption import Codec, Place, SubjectKey, unseal
from sectorprivacy.errors import DecryptionError

NONCE = b"\x05" * 12


def cell_key(secret: bytes) -> bytes:
    return hmac.digest(secret, b"sp1/cell/F9", "sha512")[:32]


def block(key: bytes, data: bytes) -> int:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(encryptor.update(data) + encryptor.finalize(), "big")


def times(one: int, other: int) -> int:
    """Multiplication in the field of GHASH (SP 800-38D, 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if other >> bit & 1:
            product ^= one
        one = one >> 1 ^ (0xE1 << 120 if one & 1 else 0)
    return product


def inverse(element: int) -> int:
    """The element to the power of 2 ** 128 - 2."""
    result, square = 1 << 127, element
    for _ in range(127):
        square = times(square, square)
        result = times(result, square)
    return result


def ghash(subkey: int, blocks: list[int]) -> int:
    result = 0
    for each in blocks:
        result = times(result ^ each, subkey)
    return result


def opens_under_both(keys: tuple[bytes, bytes], associated_data: bytes) -> bytes:
    """Ciphertext and tag, one block long, that AES-GCM accepts under either key."""
    padded = associated_data + bytes(-len(associated_data) % 16)
    bound = [int.from_bytes(padded[start : start + 16], "big") for start in range(0, len(padded), 16)]
    lengths = int.from_bytes(struct.pack(">QQ", len(associated_data) * 8, 128), "big")
    subkeys = [block(key, bytes(16)) for key in keys]
    masks = [block(key, NONCE + b"\x00\x00\x00\x01") for key in keys]
    with_zero = [ghash(subkey, [*bound, 0, lengths]) ^ mask for subkey, mask in zip(subkeys, masks, strict=True)]
    squares = times(subkeys[0], subkeys[0]) ^ times(subkeys[1], subkeys[1])
    middle = times(with_zero[0] ^ with_zero[1], inverse(squares))
    tag = ghash(subkeys[0], [*bound, middle, lengths]) ^ masks[0]
    return middle.to_bytes(16, "big") + tag.to_bytes(16, "big")


def test_a_ciphertext_for_two_keys_opens_under_the_one_it_names(place: Callable[..., Place]) -> None:
    """AES-GCM alone would open it under both, and show two people (or two courts) two different values."""
    here = place(Codec.BYTES)
    secrets = (b"\x01" * 32, b"\x02" * 32)
    one, other = (
        SubjectKey.derive(secret, tenant=here.tenant, subject=here.subject, retention_class="contract")
        for secret in secrets
    )
    bound = here.associated_data(Codec.BYTES)
    crafted = opens_under_both((cell_key(secrets[0]), cell_key(secrets[1])), bound)
    values = [AESGCM(cell_key(secret)).decrypt(NONCE, crafted, bound) for secret in secrets]
    assert values[0] != values[1]

    cell = b"\xf9\x00" + one.kid + NONCE + crafted
    assert unseal(one, here, cell) == values[0]
    with pytest.raises(DecryptionError):
        unseal(other, here, cell)
