"""Files that belong to records: opened by a name that cannot leave the folder, removed only after the commit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from sectorprivacy.errors import ProtocolError


class FileFolder:
    """One folder of attachments.

    Args:
        path: The folder; it exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, name: str) -> BinaryIO:
        """The file for reading.

        Raises:
            ProtocolError: There is no such file, or a link in its place: a record names what is lost, and a person
                must look.
        """
        path = self._inside(name)
        if path.is_symlink() or not path.exists():
            raise _missing()
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those already gone are fine. The removal is on the disk when this returns."""
        removed = False
        for name in names:
            self._inside(name).unlink(missing_ok=True)
            removed = True
        if removed:
            folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _inside(self, name: str) -> Path:
        if not name or name in {".", ".."} or "/" in name or "\0" in name:
            raise _missing()
        return self._path / name


def _missing() -> ProtocolError:
    return ProtocolError(problem="attachment_missing", retry="human")
