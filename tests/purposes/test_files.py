"""Sealed files inside a scope: all of one, a part of one, into a file, beside an event loop; never without a log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Annotated

import pytest
from attrs import define, field, frozen

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Place, off_loop
from sectorprivacy.errors import (
    CategoryNotCovered,
    DecryptionError,
    KeyErased,
    KeyNotLoaded,
    NoPurpose,
    NotSealed,
    SubjectNotCovered,
)
from sectorprivacy.ledger import LogEntry
from sectorprivacy.policy import Controller, Policy
from sectorprivacy.purposes import Scope, using
from sectorprivacy.vocabulary import Basis
from tests.purposes.company import KARI, NOW, OLA, WatchedLog, activity

CHUNK = 16_384
CONTENT = bytes(number % 251 for number in range(20 * CHUNK + 7))

listening = activity("listening", Basis.CONTRACT, uses=["recording"])
billing = activity("billing", Basis.CONTRACT, uses=["contact"])
POLICY = Policy(Controller("Company", id="company", country="NO"), [listening, billing])


@personal(id="calls.recording", key="id")
@frozen(kw_only=True)
class Recording:
    id: Annotated[int, NotPersonal("row key")] = 1
    customer: Annotated[str, SubjectId("customer_number", role="customer")] = KARI
    file: Annotated[str | None, Personal("recording", attachment="audio/wav", sealed_file=True)] = "1.sealed"


@define
class Archive:
    """Recordings, and the log of who listened."""

    log: WatchedLog = field(factory=WatchedLog)
    privacy: Privacy = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.privacy = Privacy(
            POLICY,
            models=[Recording],
            keys=LocalKeyring.in_memory(),
            store=MemoryStore(log=self.log),
            now=lambda: NOW,
        )

    def sealed(self, recording: Recording) -> bytes:
        target = BytesIO()
        self.privacy.seal_file(recording, "file", BytesIO(CONTENT), target)
        return target.getvalue()

    def place(self, recording: Recording) -> Place:
        gate = self.privacy.gate
        return gate.place(recording, gate.field_map(Recording).field("file"))

    def entries(self) -> list[LogEntry]:
        return list(self.log.entries([self.privacy.subjects.ref("customer_number", KARI)], 0, 100))


@pytest.fixture
def archive() -> Archive:
    return Archive()


class Pipe(BytesIO):
    """A source that cannot seek, as a connection."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise OSError("a pipe does not seek")


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, None), (0, 5), (0, 0), (CHUNK - 1, 2), (3 * CHUNK, None), (20 * CHUNK + 5, 100), (30 * CHUNK, 1)],
)
def test_a_part_is_the_part_of_the_whole(archive: Archive, start: int, length: int | None) -> None:
    """Whoever seeks in a recording hears what is there, and the log says that they listened."""
    recording = Recording()
    sealed, place = archive.sealed(recording), archive.place(recording)
    with archive.privacy, using(listening, recording) as scope:
        found = b"".join(scope.open_file(place, BytesIO(sealed), start=start, length=length))
    assert found == CONTENT[start : None if length is None else start + length]
    assert [(each.activity, each.categories) for each in archive.entries()] == [("listening", ("recording",))]


def test_all_of_a_file_comes_from_a_source_that_cannot_seek(archive: Archive) -> None:
    """A recording is played while it arrives."""
    recording = Recording()
    sealed, place = archive.sealed(recording), archive.place(recording)
    with archive.privacy, using(listening, recording) as scope:
        assert b"".join(scope.open_file(place, Pipe(sealed))) == CONTENT


Opening = Callable[[Scope, Place, bytes, Path], object]
OPENINGS: list[Opening] = [
    lambda scope, place, sealed, _: scope.open_file(place, BytesIO(sealed)),
    lambda scope, place, sealed, _: scope.open_file(place, BytesIO(sealed), start=5, length=1),
    lambda scope, place, sealed, target: scope.open_to_file(place, BytesIO(sealed), target),
]


@pytest.mark.parametrize("opening", OPENINGS)
def test_no_way_to_a_file_goes_around_the_gate(archive: Archive, opening: Opening, tmp_path: Path) -> None:
    """Another person, another category, a purpose that ended, a log that is full: nothing is released or written."""
    recording = Recording()
    sealed, place, target = archive.sealed(recording), archive.place(recording), tmp_path / "call.wav"
    with archive.privacy:
        with using(listening, Recording(customer=OLA)) as other, pytest.raises(SubjectNotCovered):
            opening(other, place, sealed, target)
        with using(billing, recording) as unfit, pytest.raises(CategoryNotCovered):
            opening(unfit, place, sealed, target)
        with using(listening, recording) as left:
            pass
        with pytest.raises(NoPurpose):
            opening(left, place, sealed, target)
        archive.log.full = True
        with using(listening, recording) as scope, pytest.raises(OSError, match="No space left"):
            opening(scope, place, sealed, target)
    assert archive.entries() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("opening", OPENINGS)
def test_what_does_not_open_is_not_logged_as_opened(archive: Archive, opening: Opening, tmp_path: Path) -> None:
    """Another file, one of another record, and one whose key is destroyed."""
    recording = Recording()
    sealed, place, target = archive.sealed(recording), archive.place(recording), tmp_path / "call.wav"
    with archive.privacy, using(listening, recording) as scope:
        with pytest.raises(NotSealed):
            opening(scope, place, b"RIFF" + sealed, target)
        with pytest.raises(DecryptionError):
            opening(scope, place, sealed[:19], target)
        archive.privacy.gate.keys.shred(archive.privacy.subjects.ref("customer_number", KARI))
        with pytest.raises(KeyErased):
            opening(scope, place, sealed, target)
    assert archive.entries() == []
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_a_cut_file_is_refused_before_it_is_logged(archive: Archive) -> None:
    """The last chunk is verified first, whatever part is asked for; a negative part is a mistake of the program."""
    recording = Recording()
    sealed, place = archive.sealed(recording), archive.place(recording)
    with archive.privacy, using(listening, recording) as scope:
        with pytest.raises(DecryptionError):
            scope.open_file(place, BytesIO(sealed[:-1]), length=1)
        for start, length in ((-1, 1), (0, -1)):
            with pytest.raises(ValueError, match="negative"):
                scope.open_file(place, BytesIO(sealed), start=start, length=length)
    assert archive.entries() == []


def test_a_file_that_was_opened_is_read_to_its_end(archive: Archive) -> None:
    """A response is sent after its handler returned: the use was permitted and logged when the file was opened."""
    recording = Recording()
    sealed, place = archive.sealed(recording), archive.place(recording)
    with archive.privacy, using(listening, recording) as scope:
        pieces = scope.open_file(place, BytesIO(sealed))
    assert b"".join(pieces) == CONTENT
    with pytest.raises(NoPurpose):
        scope.open_file(place, BytesIO(sealed))


class Watched(BytesIO):
    """A sealed file; notes what is in a folder while it is read."""

    def __init__(self, stream: bytes, folder: Path) -> None:
        super().__init__(stream)
        self.seen: set[str] = set()
        self._folder = folder

    def read(self, size: int | None = -1, /) -> bytes:
        self.seen |= {path.name for path in self._folder.iterdir()}
        return super().read(size)


def test_a_file_gets_its_name_after_its_last_chunk(archive: Archive, tmp_path: Path) -> None:
    """Nobody takes a part of a recording for the whole: it is written hidden beside its name, then renamed."""
    recording = Recording()
    sealed, place, target = archive.sealed(recording), archive.place(recording), tmp_path / "call.wav"
    with archive.privacy, using(listening, recording) as scope:
        with pytest.raises(DecryptionError):
            scope.open_to_file(place, BytesIO(sealed[:-1]), target)
        assert list(tmp_path.iterdir()) == []

        source = Watched(sealed, tmp_path)
        scope.open_to_file(place, source, target)
        (part,) = source.seen
        assert part.startswith(".")
        assert part.endswith(".part")
        assert target.read_bytes() == CONTENT
        assert target.stat().st_mode & 0o777 == 0o600

        for wrong in (sealed[:-1], b"RIFF"):
            with pytest.raises(DecryptionError):
                scope.open_to_file(place, BytesIO(wrong), target)
        assert target.read_bytes() == CONTENT
        assert list(tmp_path.iterdir()) == [target]


def test_a_disk_that_fails_leaves_no_part_behind(archive: Archive, tmp_path: Path) -> None:
    """Whatever goes wrong, the plaintext written so far is removed."""

    class Failing(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > CHUNK:
                raise OSError("broken")
            return super().read(size)

    recording = Recording()
    source, place = Failing(archive.sealed(recording)), archive.place(recording)
    with archive.privacy, using(listening, recording) as scope, pytest.raises(OSError, match="broken"):
        scope.open_to_file(place, source, tmp_path / "call.wav")
    assert list(tmp_path.iterdir()) == []


async def test_files_leave_the_event_loop(archive: Archive, tmp_path: Path) -> None:
    """Under a loop a file opens in a worker thread alone: reading it and writing the log would hold others up."""
    recording = Recording()
    sealed = await asyncio.to_thread(archive.sealed, recording)
    place = await asyncio.to_thread(archive.place, recording)
    target = tmp_path / "call.wav"
    with archive.privacy:
        async with using(listening, recording) as scope:
            with pytest.raises(KeyNotLoaded):
                scope.open_file(place, BytesIO(sealed))
            assert archive.entries() == []
            pieces = [piece async for piece in off_loop(lambda: scope.open_file(place, BytesIO(sealed)), together=2)]
            assert b"".join(pieces) == CONTENT
            await asyncio.to_thread(scope.open_to_file, place, BytesIO(sealed), target)
    assert target.read_bytes() == CONTENT
    assert len(archive.entries()) == 1
