"""A file is whole or not there: it gets its name when everything that belongs into it has been written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_whole(pieces: Iterable[bytes], target: Path) -> None:
    """Write pieces to a file that nobody sees before the last of them.

    Args:
        pieces: What to write.
        target: The file; one that exists is replaced. It can be read by its owner alone.

    Raises:
        OSError: The file cannot be written.
        Exception: Whatever the pieces raise; then there is no file, or still the old one.
    """
    with NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".part", delete=False) as file:
        written = Path(file.name)
        try:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            written.replace(target)
        except BaseException:
            # Plaintext of a stream that may not be whole is not left behind, whatever the reason.
            written.unlink()
            raise
