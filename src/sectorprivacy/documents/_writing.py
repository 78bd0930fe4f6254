"""Files that are whole or not there: a crash or a full disk in between leaves what was there before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from sectorprivacy.errors import OutputNotWritten


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its name, force it to the disk, and put it in place.

    Args:
        path: The file. One that is there is replaced and keeps its permissions.
        content: Text, written in UTF-8 as it is, or bytes.

    Raises:
        OutputNotWritten: It cannot be written; what was there is as it was.
    """
    with _whole(path, content) as new:
        new.replace(path)


def write_once(path: Path, content: str | bytes) -> bool:
    """Write a file that is not there yet; of two who do so at the same time one succeeds.

    Args:
        path: The file.
        content: As for `write_whole`.

    Returns:
        Whether it was written; False where there is a file of that name.

    Raises:
        OutputNotWritten: It cannot be written, and is not there.
    """
    with _whole(path, content) as new:
        try:
            path.hardlink_to(new)
        except FileExistsError:
            return False
        return True


@contextmanager
def _whole(path: Path, content: str | bytes) -> Generator[Path]:
    """A file with the content, beside its name and on the disk; gone at the end unless it was put in place."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        new = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            new.chmod(_mode(path))
            yield new
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)
    except OSError as failed:
        raise OutputNotWritten(file=path.name, reason=os.strerror(failed.errno or 0)) from None


def _mode(path: Path) -> int:
    """Permissions of the file that is replaced, else those that a new file gets here."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
