"""Names of files in a package: generated, safe on every system, and free of personal data."""

from __future__ import annotations

import hashlib
import re

START_HERE = "START-HERE.html"
INFORMATION = "information.html"
WITHHELD = "withheld.html"
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "audio/wav": "wav"}
_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*")
_LONGEST = 64
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")

_PART = r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*"
MEMBER = (
    rf"^(?:START-HERE\.html|information\.html|withheld\.html"
    rf"|data/{_PART}/{_PART}\.(?:ndjson|csv|schema\.json)"
    rf"|attachments/[0-9a-f]{{64}}\.(?:png|jpg|wav|bin))$"
)
"""Pattern of every name a signed member may have; nothing in it can leave the folder it is unpacked to."""


def part_name(stable_id: str) -> str:
    """A stable id as a file name; one that some system could misread (`..`, `con`) is replaced by its hash."""
    if _SAFE.fullmatch(stable_id) and len(stable_id) <= _LONGEST and not _RESERVED.fullmatch(stable_id):
        return stable_id
    return hashlib.sha256(stable_id.encode()).hexdigest()[:32]


def data_name(service: str, dataset: str, extension: str) -> str:
    """Path of a data set's file: `extension` is ndjson, csv or schema.json."""
    return f"data/{part_name(service)}/{part_name(dataset)}.{extension}"


def attachment_name(sha256: str, media_type: str) -> str:
    """Path of an attachment, named by its content."""
    return f"attachments/{sha256}.{_EXTENSIONS.get(media_type, 'bin')}"


def reading_order(name: str) -> tuple[int, str]:
    """Sort key of members: what to open first, the other pages, then data and attachments by name."""
    pages = (START_HERE, INFORMATION, WITHHELD)
    return (pages.index(name) if name in pages else len(pages), name)
