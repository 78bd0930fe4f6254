"""Where the parts of a package wait on disk until their sizes and digests are known: constant memory, one pass out.

The spool is a temporary file without a name, readable by this process alone; it is gone when it is closed.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

from attrs import field, frozen

from sectorprivacy.errors import PackageInvalid
from sectorprivacy.rights.package._zip import DEFLATED, STORED, Entry

CHUNK = 1 << 16


@frozen
class SpooledContent:
    """Packed bytes that wait in a spool."""

    spool: Spool = field(repr=False)
    offset: int
    length: int

    def chunks(self) -> Iterator[bytes]:
        """The packed bytes."""
        return self.spool.read(self.offset, self.length)


@frozen
class FileContent:
    """A file that is packed as it is."""

    path: Path = field(repr=False)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file."""
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


@frozen(kw_only=True)
class Part:
    """One file of the package, ready to be written."""

    entry: Entry
    sha256: str
    content: SpooledContent | FileContent


class Spool:
    """Takes the files of a package one after another and deflates them."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  # closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def begin(self, name: str) -> SpooledFile:
        """Start a file; it must be ended before the next one starts."""
        return SpooledFile(name, self, self._file.seek(0, 2))

    def add(self, name: str, text: Iterable[str]) -> Part:
        """Take a whole file in pieces of text."""
        file = self.begin(name)
        for piece in text:
            file.write(piece)
        return file.end()

    def append(self, packed: bytes) -> None:
        """Add packed bytes at the end."""
        self._file.write(packed)

    def read(self, offset: int, length: int) -> Iterator[bytes]:
        """Bytes of the spool, in pieces."""
        end = offset + length
        while offset < end:
            self._file.seek(offset)
            chunk = self._file.read(min(CHUNK, end - offset))
            offset += len(chunk)
            yield chunk


class SpooledFile:
    """A file that is being written to a spool: text goes in as UTF-8; `end` gives its facts."""

    def __init__(self, name: str, spool: Spool, offset: int) -> None:
        self._name = name
        self._spool = spool
        self._offset = offset
        self._crc = self._size = self._packed = 0
        self._digest = hashlib.sha256()
        # A raw stream: zlib's own header and checksum have no place in a zip.
        self._deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)

    def write(self, text: str) -> None:
        """Add text."""
        data = text.encode()
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        self._digest.update(data)
        self._append(self._deflate.compress(data))

    def end(self) -> Part:
        """Close the file and say what it is."""
        self._append(self._deflate.flush())
        return Part(
            entry=Entry(name=self._name, method=DEFLATED, crc=self._crc, packed=self._packed, size=self._size),
            sha256=self._digest.hexdigest(),
            content=SpooledContent(self._spool, self._offset, self._packed),
        )

    def _append(self, packed: bytes) -> None:
        self._packed += len(packed)
        self._spool.append(packed)


def file_part(name: str, path: Path, *, sha256: str, size: int) -> Part:
    """A file packed as it is. Raises: PackageInvalid where it is not what was collected."""
    content = FileContent(path)
    crc = length = 0
    digest = hashlib.sha256()
    for chunk in content.chunks():
        crc = zlib.crc32(chunk, crc)
        length += len(chunk)
        digest.update(chunk)
    if digest.hexdigest() != sha256 or length != size:
        raise PackageInvalid(file=name, reason="the file is not the one that was collected")
    entry = Entry(name=name, method=STORED, crc=crc, packed=length, size=length)
    return Part(entry=entry, sha256=sha256, content=content)
