"""The lock: the snapshot of the data map that is committed, so that a change of personal data is seen in review."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from sectorprivacy.documents import DataMap, write_whole
from sectorprivacy.errors import DocumentUnreadable

_LARGEST: Final = 64 * 1024 * 1024
"""Octets of a lock; the data map of ten thousand fields takes a tenth of that."""


def read_lock(path: Path) -> DataMap | None:
    """Read a committed snapshot.

    Args:
        path: The file, by custom `privacy.lock.json`.

    Returns:
        The data map; None where there is no such file.

    Raises:
        DocumentUnreadable: The file is not a data map of this format.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise DocumentUnreadable(file=path.name, reason="it is larger than a data map can be")
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as failed:
        raise DocumentUnreadable(file=path.name, reason=os.strerror(failed.errno or 0)) from None
    try:
        return DataMap.model_validate_json(text)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise DocumentUnreadable(file=path.name, reason=f"{place}: {first['msg']}") from None


def write_lock(path: Path, data_map: DataMap) -> None:
    """Write the snapshot as JSON in a stable order, one fact on a line; the file is whole or as it was.

    Raises:
        OutputNotWritten: The file cannot be written.
    """
    write_whole(path, data_map.model_dump_json(indent=2) + "\n")
