"""Wycheproof: the vectors of project C2SP that apply to what is used here, through the seam for nonce and key."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption._cell import open_bytes
from sectorprivacy.errors import DecryptionError, KeyringError, SignatureInvalid
from sectorprivacy.signing import Verifier


def cases(vectors: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    content = json.loads((vectors / "wycheproof" / f"{name}_test.json").read_text())
    for group in content["testGroups"]:
        for case in group["tests"]:
            yield group, case


def test_cells(vectors: Path) -> None:
    """The cipher of cells gives the answers of 66 vectors for AES-256-GCM, and one typed error for the invalid ones."""
    seen = 0
    for group, case in cases(vectors, "aes_gcm"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue
        seen += 1
        key, nonce, bound, message, ciphertext, tag = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        cipher, cell = AESGCM(key), b"\xf9\x00" + bytes(16) + nonce + ciphertext + tag
        if case["result"] == "valid":
            assert cipher.encrypt(nonce, message, bound) == ciphertext + tag
            assert open_bytes(cipher, cell, bound) == message
        else:
            with pytest.raises(DecryptionError):
                open_bytes(cipher, cell, bound)
    assert seen == 66


def test_derivation(vectors: Path) -> None:
    """The HMAC that derives keys gives the answers of the vectors for HMAC-SHA-512."""
    seen = 0
    for group, case in cases(vectors, "hmac_sha512"):
        seen += 1
        tag = hmac.digest(bytes.fromhex(case["key"]), bytes.fromhex(case["msg"]), "sha512")[: group["tagSize"] // 8]
        assert hmac.compare_digest(tag, bytes.fromhex(case["tag"])) == (case["result"] == "valid")
    assert seen == 174


def test_signatures(vectors: Path) -> None:
    """Every valid Ed25519 vector verifies, and every invalid one is refused with a typed error."""
    seen = 0
    for group, case in cases(vectors, "ed25519"):
        seen += 1
        verifier = Verifier(bytes.fromhex(group["publicKey"]["pk"]))
        signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
        if case["result"] == "valid":
            verifier.verify(signature, message)
        else:
            with pytest.raises(SignatureInvalid):
                verifier.verify(signature, message)
    assert seen == 151


def test_a_key_of_another_length_is_refused() -> None:
    """What is no public key is refused when it is pinned, not when it is used."""
    with pytest.raises(KeyringError):
        Verifier(bytes(31))
