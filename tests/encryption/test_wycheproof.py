"""Wycheproof: the vectors of project C2SP that apply to what is used here, through the seam for nonce and key."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sectorprivacy.encryption import BlindIndex, Codec, TenantIndexKey, _subject_key
from sectorprivacy.encryption._cell import open_bytes
from sectorprivacy.errors import DecryptionError, KeyringError, SignatureInvalid
from sectorprivacy.signing import Verifier


def cases(vectors: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    content = json.loads((vectors / "wycheproof" / f"{name}_test.json").read_text())
    for group in content["testGroups"]:
        for case in group["tests"]:
            yield group, case


def parts_of(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def why_not(group: dict[str, Any]) -> str | None:
    """Why a vector for AES-GCM cannot be a cell."""
    if group["keySize"] != 256:
        return "key"
    return None if (group["ivSize"], group["tagSize"]) == (96, 128) else "nonce"


def test_cells(vectors: Path) -> None:
    """The cipher of cells gives the answers of 66 vectors for AES-256-GCM, and one typed error for the invalid ones."""
    seen: Counter[tuple[str | None, str]] = Counter()
    for group, case in cases(vectors, "aes_gcm"):
        seen[why_not(group), case["result"]] += 1
        if why_not(group) is not None:
            continue
        key, nonce, bound, message, ciphertext, tag = parts_of(case, "key", "iv", "aad", "msg", "ct", "tag")
        cipher, cell = AESGCM(key), b"\xf9\x00" + bytes(16) + nonce + ciphertext + tag
        if case["result"] == "valid":
            assert cipher.encrypt(nonce, message, bound) == ciphertext + tag
            assert open_bytes(cipher, cell, bound) == message
        else:
            with pytest.raises(DecryptionError):
                open_bytes(cipher, cell, bound)
    # The 250 that do not apply: a cell has a key of 256 bits and a nonce of 96, whatever AES-GCM itself allows.
    assert seen == {
        (None, "valid"): 39,
        (None, "invalid"): 27,
        ("key", "valid"): 153,
        ("key", "invalid"): 58,
        ("nonce", "valid"): 37,
        ("nonce", "invalid"): 2,
    }


def test_nonces_of_other_lengths_make_no_cell(vectors: Path) -> None:
    """What AES-256-GCM accepts with a longer or shorter nonce is refused with the typed error all the same."""
    for group, case in cases(vectors, "aes_gcm"):
        if why_not(group) == "nonce":
            key, nonce, bound, ciphertext, tag = parts_of(case, "key", "iv", "aad", "ct", "tag")
            with pytest.raises(DecryptionError):
                open_bytes(AESGCM(key), b"\xf9\x00" + bytes(16) + nonce + ciphertext + tag, bound)


def test_derivation_of_subject_keys(vectors: Path) -> None:
    """The HMAC that derives keys gives the answers of the vectors for HMAC-SHA-512."""
    seen = 0
    for group, case in cases(vectors, "hmac_sha512"):
        seen += 1
        key, message, tag = parts_of(case, "key", "msg", "tag")
        made = _subject_key._derived(_subject_key.HMAC(key, _subject_key.SHA512()), message)[: group["tagSize"] // 8]
        assert hmac.compare_digest(made, tag) == (case["result"] == "valid")
    assert seen == 174


class Underived(TenantIndexKey):
    """An index key that is the key of every field: the seam for the vectors of the token's HMAC."""

    __slots__ = ()

    def derive(self, model: str, field: str, kind: str, normaliser: str) -> bytes:
        return self._secret


def test_tokens(vectors: Path) -> None:
    """Tokens are the first bytes of what the vectors for HMAC-SHA-256 answer."""
    index = BlindIndex("exact-1", distinct=1_000_000, unique=True)
    seen: Counter[str] = Counter()
    for group, case in cases(vectors, "hmac_sha256"):
        key, message, tag = parts_of(case, "key", "msg", "tag")
        made = index.token(Underived(1, key), "model", "field", Codec.BYTES, message)
        if case["result"] == "valid":
            assert made == tag[:16]
        elif group["tagSize"] == 128:
            assert made != tag
        else:
            # A token is cut at 16 bytes: what is wrong behind them cannot be seen in it.
            seen["changed behind the token"] += made == tag[:16]
        seen["all"] += 1
    assert seen == {"all": 174, "changed behind the token": 8}


def test_derivation_of_index_keys(vectors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivation of a field's index key gives the answers of the vectors for HKDF-SHA-256 that apply."""
    monkeypatch.setattr(_subject_key, "names", lambda *ids: b"")
    seen: Counter[str] = Counter()
    for _, case in cases(vectors, "hkdf_sha256"):
        key, salt, info, expected = parts_of(case, "ikm", "salt", "info", "okm")
        if salt or len(info) < 4:
            seen["no salt is used, and the epoch is always there"] += 1
            continue
        seen["applies"] += 1
        monkeypatch.setattr(_subject_key, "LABEL_INDEX", info[:-4])
        made = TenantIndexKey(int.from_bytes(info[-4:], "big"), key).derive("", "", "", "")
        assert made[: len(expected)] == expected[:32]
    assert seen == {"applies": 13, "no salt is used, and the epoch is always there": 73}


def test_derivation_of_stream_keys(vectors: Path) -> None:
    """The expansion that streams are made of gives the answers of the vectors for HKDF-SHA-512."""
    seen: Counter[str] = Counter()
    for _, case in cases(vectors, "hkdf_sha512"):
        key, salt, info, expected = parts_of(case, "ikm", "salt", "info", "okm")
        seen[case["result"]] += 1
        if case["result"] == "valid":
            extracted = hmac.digest(salt or bytes(64), key, "sha512")
            assert HKDFExpand(SHA512(), case["size"], info).derive(extracted) == expected
    assert seen == {"valid": 80, "invalid": 3}


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
