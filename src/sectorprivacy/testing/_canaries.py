"""The canary scan: are the bytes of a person's values still in the raw files of a service, in whatever encoding?"""

from __future__ import annotations

import base64
import json
import mmap
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import field, frozen

SHORTEST = 6
"""Characters below which a value occurs by chance, so that finding it says nothing."""


@frozen
class Hit:
    """A value that was found.

    Args:
        path: The file.
        value: The value; personal data.
        encoding: How it was written there.
    """

    path: Path
    value: str = field(repr=False)
    encoding: str


def scan_files(root: Path, values: Iterable[str]) -> tuple[Hit, ...]:
    """Look for values in every file below a folder: databases with their logs and free pages, keyrings, attachments.

    Args:
        root: The folder.
        values: What to look for; each must be unique in the world, and long enough not to occur by chance.

    Returns:
        Each value once for every file and encoding it occurs in.

    Raises:
        ValueError: A value is shorter than SHORTEST.
    """
    wanted = sorted(set(values))
    if any(len(value) < SHORTEST for value in wanted):
        raise ValueError(f"a value has fewer than {SHORTEST} characters: finding it would say nothing")
    patterns = [(value, encodings_of(value)) for value in wanted]
    return tuple(hit for path in sorted(root.rglob("*")) if path.is_file() for hit in _in_file(path, patterns))


def encodings_of(value: str) -> Mapping[str, bytes]:
    """The byte strings by which a value may stand in a file, each once."""
    plain = value.encode()
    found = {
        "utf-8": plain,
        "utf-16-le": value.encode("utf-16-le"),
        "utf-16-be": value.encode("utf-16-be"),
        "latin-1": value.encode("latin-1", "replace"),
        "json": json.dumps(value)[1:-1].encode(),
        "percent": urllib.parse.quote(value).encode(),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
    }
    for shift in range(3):
        # Characters at both ends depend on the neighbours too, so only those in between can be looked for.
        first, last = -(-shift * 8 // 6), (shift + len(plain)) * 8 // 6
        text = b"\0" * shift + plain
        found[f"base64+{shift}"] = base64.b64encode(text)[first:last]
        found[f"base64url+{shift}"] = base64.urlsafe_b64encode(text)[first:last]
    distinct: dict[bytes, str] = {}
    for name, pattern in found.items():
        distinct.setdefault(pattern, name)
    return {name: pattern for pattern, name in distinct.items()}


def _in_file(path: Path, patterns: Iterable[tuple[str, Mapping[str, bytes]]]) -> Iterator[Hit]:
    if path.stat().st_size == 0:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for value, encodings in patterns:
            for encoding, pattern in encodings.items():
                if content.find(pattern) >= 0:
                    yield Hit(path, value, encoding)
