"""The zip file of a package, byte by byte: headers that follow from an entry's facts alone, and nothing optional.

One fixed form (no data descriptors, no extra fields, no comments) is what lets a verifier rebuild every byte outside
the contents and compare it. Layout: APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16; specification:
docs/spec/package.md.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from attrs import frozen

from sectorprivacy.errors import InvalidDeclaration, NotYetSupported

STORED = 0
DEFLATED = 8

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION_NEEDED = 20
_MADE_ON_UNIX = 3 << 8 | 20
_REGULAR_FILE = 0o100644 << 16
_LIMIT_32 = 0xFFFFFFFF
_LIMIT_16 = 0xFFFF

END_SIZE = _END.size


@frozen(kw_only=True)
class Entry:
    """The facts of one file in the zip from which its headers follow.

    Args:
        name: ASCII path within the zip.
        method: STORED or DEFLATED.
        crc: CRC-32 of the content.
        packed: Bytes it takes in the zip.
        size: Bytes of the content.
    """

    name: str
    method: int
    crc: int
    packed: int
    size: int

    @property
    def span(self) -> int:
        """Bytes of the entry in the zip, its local header included."""
        return _LOCAL.size + len(self.name) + self.packed


def stored_entry(name: str, content: bytes) -> Entry:
    """The zip facts of a file that is packed as it is."""
    return Entry(name=name, method=STORED, crc=zlib.crc32(content), packed=len(content), size=len(content))


def dos_time(moment: datetime) -> tuple[int, int]:
    """Date and time words of a zip header, in UTC and steps of two seconds. Raises: InvalidDeclaration."""
    utc = moment.astimezone(UTC)
    if moment.tzinfo is None or not 1980 <= utc.year <= 2107:
        raise InvalidDeclaration(
            where="package",
            problem="it was made at no moment of 1980 to 2107 in a time zone",
            instead="Pass an aware now",
        )
    return (utc.year - 1980) << 9 | utc.month << 5 | utc.day, utc.hour << 11 | utc.minute << 5 | utc.second // 2


def local_header(entry: Entry, moment: datetime) -> bytes:
    """The bytes before an entry's content. Raises: NotYetSupported for 4 GiB and more."""
    if max(entry.packed, entry.size) >= _LIMIT_32:
        raise NotYetSupported(what="A file of 4 GiB or more in a package")
    day, time = dos_time(moment)
    fixed = _LOCAL.pack(
        b"PK\x03\x04",
        _VERSION_NEEDED,
        0,
        entry.method,
        time,
        day,
        entry.crc,
        entry.packed,
        entry.size,
        len(entry.name),
        0,
    )
    return fixed + entry.name.encode("ascii")


def table_of_contents(entries: Sequence[Entry], moment: datetime) -> Iterable[tuple[str, bytes]]:
    """The bytes after the last entry: one record per entry, under its name, then the end record, under "".

    Raises: NotYetSupported for 65,535 files and more, or 4 GiB and more.
    """
    day, time = dos_time(moment)
    offset = length = 0
    for entry in entries:
        record = _CENTRAL.pack(
            b"PK\x01\x02",
            _MADE_ON_UNIX,
            _VERSION_NEEDED,
            0,
            entry.method,
            time,
            day,
            entry.crc,
            entry.packed,
            entry.size,
            len(entry.name),
            0,
            0,
            0,
            0,
            _REGULAR_FILE,
            offset,
        ) + entry.name.encode("ascii")
        offset += entry.span
        length += len(record)
        if offset >= _LIMIT_32:
            raise NotYetSupported(what="A package of 4 GiB or more")
        yield entry.name, record
    if len(entries) >= _LIMIT_16:
        raise NotYetSupported(what="A package of 65,535 files or more")
    yield "", _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), length, offset, 0)


@frozen
class Listed:
    """What the table of contents says about one entry, unchecked."""

    name: str
    method: int
    packed: int
    size: int
    offset: int

    @property
    def start(self) -> int:
        """Where the content begins if the local header has the one form of a package."""
        return self.offset + _LOCAL.size + len(self.name)


def read_end(end: bytes) -> tuple[int, int, int] | None:
    """Number of entries, length and offset of the table of contents, from the last END_SIZE bytes; None if damaged."""
    if len(end) != _END.size:
        return None
    mark, _, _, _, count, length, offset, comment = _END.unpack(end)
    return (count, length, offset) if mark == b"PK\x05\x06" and comment == 0 else None


def read_table(table: bytes, count: int) -> list[Listed]:
    """The first `count` entries of a table of contents; fewer where it is damaged."""
    listed: list[Listed] = []
    at = 0
    while len(listed) < count and at + _CENTRAL.size <= len(table):
        facts = _CENTRAL.unpack_from(table, at)
        if facts[0] != b"PK\x01\x02" or facts[11] or facts[12]:
            break
        at += _CENTRAL.size
        name = table[at : at + facts[10]].decode("ascii", errors="replace")
        listed.append(Listed(name=name, method=facts[4], packed=facts[8], size=facts[9], offset=facts[16]))
        at += facts[10]
    return listed
