"""The list of destroyed keys, outside the key store: after a restore it is replayed, and nobody erased comes back."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal, Protocol, Self

from attrs import frozen
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from sectorprivacy.errors import ShreddingsInvalid

LABEL: Final = b"sp1/shredding"
LINE_LIMIT: Final = 1024
"""Octets of one line."""


@frozen
class Checkpoint:
    """How long a list was, and the hash of its last line; whoever keeps it elsewhere sees that the list was cut.

    Args:
        size: Number of lines.
        head: Hash of the last line, which holds the hash of the one before; 32 zero bytes for an empty list.
    """

    size: int
    head: bytes

    @classmethod
    def read(cls, text: str) -> Checkpoint:
        """The checkpoint that `str()` wrote. Raises: ShreddingsInvalid."""
        size, _, head = text.strip().partition(":")
        try:
            checkpoint = cls(int(size), bytes.fromhex(head))
        except ValueError:
            checkpoint = cls(-1, b"")
        if str(checkpoint) != text.strip() or checkpoint.size < 0 or len(checkpoint.head) != 32:
            raise ShreddingsInvalid(problem="the checkpoint is not of the form SIZE:HASH")
        return checkpoint

    def __str__(self) -> str:
        return f"{self.size}:{self.head.hex()}"


EMPTY: Final = Checkpoint(0, bytes(32))


@frozen
class Shredding:
    """One destroyed key.

    Args:
        tenant: Stable id of the controller.
        kid: Its id.
    """

    tenant: str
    kid: bytes


class Shreddings(Protocol):
    """Where the ids of an erased person's keys are noted before they are destroyed."""

    def note(self, tenant: str, kids: Collection[bytes], *, at: datetime) -> None:
        """Note keys that are about to be destroyed; it is on disk when this returns.

        Args:
            tenant: Stable id of the controller.
            kids: Their ids: 16 bytes each, which say nothing about a person.
            at: The time, aware.
        """
        ...

    def checkpoint(self) -> Checkpoint:
        """How long the list is now. Raises: ShreddingsInvalid."""
        ...

    def since(self, checkpoint: Checkpoint) -> Sequence[Shredding]:
        """Everything noted, once the list is known to go on from a checkpoint.

        Args:
            checkpoint: The newest one that is held outside.

        Raises:
            ShreddingsInvalid: The list was changed, or does not contain the checkpoint.
        """
        ...


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["sectorprivacy-shredding/1"] = "sectorprivacy-shredding/1"
    number: Annotated[int, Field(ge=1)]
    tenant: Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,100}$")]
    kid: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    at: AwareDatetime
    before: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FileShreddings:
    """A list in a file of its own: one JSON line for each key, which holds the hash of the line before.

    Several processes may append to it. A line that a crash cut off was never acknowledged, so its key was not
    destroyed: it is not read, and the next note replaces it.

    Args:
        path: The file, which `create` made. Keep it apart from the key store and its backups.

    Raises:
        ShreddingsInvalid: There is no such file: it was never made, or somebody took it away.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise _gone()
        self._path = path

    @classmethod
    def create(cls, path: Path) -> Self:
        """Begin a list, once, in a new file.

        Raises:
            ShreddingsInvalid: There is a file of that name.
        """
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise ShreddingsInvalid(problem="its file exists") from None
        return cls(path)

    def note(self, tenant: str, kids: Collection[bytes], *, at: datetime) -> None:
        """See Shreddings. Raises: ShreddingsInvalid where the list cannot be gone on with."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            raise _gone() from None
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end, length = _last(file)
            file.truncate(length)
            for kid in kids:
                line = _Line(
                    number=end.size + 1,
                    tenant=tenant,
                    kid=kid.hex(),
                    at=at,
                    before=end.head.hex(),
                ).model_dump_json()
                written = line.encode() + b"\n"
                file.write(written)
                end = Checkpoint(end.size + 1, _hash(written))
            file.flush()
            os.fsync(file.fileno())

    def checkpoint(self) -> Checkpoint:
        """See Shreddings."""
        return max((end for end, _ in self._lines()), key=lambda end: end.size, default=EMPTY)

    def since(self, checkpoint: Checkpoint) -> Sequence[Shredding]:
        """See Shreddings."""
        found: list[Shredding] = []
        met = checkpoint == EMPTY
        for end, line in self._lines():
            met = met or end == checkpoint
            found.append(Shredding(line.tenant, bytes.fromhex(line.kid)))
        if not met:
            raise ShreddingsInvalid(problem="it does not contain the checkpoint")
        return found

    def _lines(self) -> Iterator[tuple[Checkpoint, _Line]]:
        end = EMPTY
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            raise _gone() from None
        with file:
            while (written := file.readline(LINE_LIMIT)).endswith(b"\n"):
                line = _parsed(written)
                if line.number != end.size + 1 or line.before != end.head.hex():
                    raise ShreddingsInvalid(problem=f"line {end.size + 1} does not follow the one before")
                end = Checkpoint(line.number, _hash(written))
                yield end, line
            if len(written) == LINE_LIMIT:
                raise ShreddingsInvalid(problem=f"line {end.size + 1} is too long")


class MemoryShreddings:
    """A list that lives as long as its process."""

    def __init__(self) -> None:
        self._noted: list[Shredding] = []
        self._ends = [EMPTY]

    def note(self, tenant: str, kids: Collection[bytes], *, at: datetime) -> None:
        """See Shreddings."""
        for kid in kids:
            end = self._ends[-1]
            self._noted.append(Shredding(tenant, kid))
            self._ends.append(
                Checkpoint(end.size + 1, _hash(end.head + at.isoformat().encode() + tenant.encode() + kid))
            )

    def checkpoint(self) -> Checkpoint:
        """See Shreddings."""
        return self._ends[-1]

    def since(self, checkpoint: Checkpoint) -> Sequence[Shredding]:
        """See Shreddings."""
        if checkpoint not in self._ends:
            raise ShreddingsInvalid(problem="it does not contain the checkpoint")
        return list(self._noted)


def _gone() -> ShreddingsInvalid:
    return ShreddingsInvalid(problem="its file is not there; FileShreddings.create begins one, once")


def _hash(written: bytes) -> bytes:
    return hashlib.sha256(LABEL + b"\x00" + written).digest()


def _last(file: BinaryIO) -> tuple[Checkpoint, int]:
    """The end of a list and how many octets it has, without what a crash cut off."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - 2 * LINE_LIMIT)
    file.seek(start)
    whole, newline, _ = file.read().rpartition(b"\n")
    if not newline:
        if start:
            raise ShreddingsInvalid(problem="its last line is too long")
        return EMPTY, 0
    written = whole.rpartition(b"\n")[2] + newline
    return Checkpoint(_parsed(written).number, _hash(written)), start + len(whole) + 1


def _parsed(written: bytes) -> _Line:
    try:
        return _Line.model_validate_json(written)
    except ValidationError:
        raise ShreddingsInvalid(problem="a line of it is not of the format") from None
