"""One byte string for one message: canonical JSON, and digests over it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from pydantic import BaseModel


def canonical(message: BaseModel) -> bytes:
    """Canonical JSON of a message: members sorted, no white space, UTF-8."""
    facts = message.model_dump(mode="json")
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(message: BaseModel) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON of a message."""
    return hashlib.sha256(canonical(message)).hexdigest()


def chain(digests: Iterable[str]) -> str:
    """One digest over page or data-set digests, in their order (hexadecimal in, hexadecimal out)."""
    hasher = hashlib.sha256(b"sectorprivacy/1/chain")
    for digest in digests:
        hasher.update(bytes.fromhex(digest))
    return hasher.hexdigest()
