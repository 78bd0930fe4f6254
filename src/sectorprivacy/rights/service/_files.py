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

    def check(self, names: Iterable[str]) -> None:
        """See that names can be removed later. Raises: ProtocolError for one that would leave the folder."""
        for name in names:
            self._inside(name)

    def remove(self, names: Iterable[str]) -> list[str]:
        """Remove files; those already gone are fine, and one that cannot be removed does not hold up the others.

        Returns:
            The names of those that are gone; their removal is on the disk.
        """
        removed: list[str] = []
        for name in names:
            try:
                self._inside(name).unlink(missing_ok=True)
            except (OSError, ProtocolError):
                continue
            removed.append(name)
        if removed:
            folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return removed

    def _inside(self, name: str) -> Path:
        if not name or name in {".", ".."} or "/" in name or "\0" in name:
            raise _missing()
        return self._path / name


def _missing() -> ProtocolError:
    return ProtocolError(problem="attachment_missing", retry="human")
