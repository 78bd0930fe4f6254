"""The list of destroyed keys: whole or refused, whoever cuts it, changes it or dies while writing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sectorprivacy.encryption import Checkpoint, FileShreddings, MemoryShreddings, Shredding, Shreddings
from sectorprivacy.errors import ShreddingsInvalid

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
KIDS = [bytes([number]) * 16 for number in range(5)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shreddings.jsonl"


@pytest.fixture(params=["memory", "file"])
def shreddings(request: pytest.FixtureRequest, path: Path) -> Shreddings:
    return MemoryShreddings() if request.param == "memory" else FileShreddings.create(path)


def test_everything_noted_is_found_again(shreddings: Shreddings) -> None:
    """In order, and with its tenant."""
    empty = shreddings.checkpoint()
    shreddings.note("a", KIDS[:2], at=AT)
    middle = shreddings.checkpoint()
    shreddings.note("b", KIDS[2:3], at=AT)
    shreddings.note("b", [], at=AT)
    found = [Shredding("a", KIDS[0]), Shredding("a", KIDS[1]), Shredding("b", KIDS[2])]
    for checkpoint in (empty, middle, shreddings.checkpoint()):
        assert list(shreddings.since(checkpoint)) == found
    assert (empty.size, middle.size, shreddings.checkpoint().size) == (0, 2, 3)


def test_a_checkpoint_of_another_list_is_refused(shreddings: Shreddings) -> None:
    """Whoever cut the end of the list, or took another one, is found out."""
    shreddings.note("a", KIDS, at=AT)
    for wrong in (Checkpoint(6, bytes(32)), Checkpoint(5, bytes(32)), Checkpoint(3, b"x" * 32)):
        with pytest.raises(ShreddingsInvalid):
            shreddings.since(wrong)


def test_the_file_is_of_the_specified_form(path: Path) -> None:
    """One JSON line for each key, for its owner alone, and nothing in it that says who it was."""
    FileShreddings.create(path).note("sector-alarm", KIDS[1:2], at=AT)
    assert json.loads(path.read_text()) == {
        "format": "sectorprivacy-shredding/1",
        "number": 1,
        "tenant": "sector-alarm",
        "kid": "01" * 16,
        "at": "2026-11-25T12:00:00Z",
        "before": "0" * 64,
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_change_of_a_line_is_refused(path: Path) -> None:
    """A changed, dropped, doubled or exchanged line breaks the chain or misses the checkpoint."""
    shreddings = FileShreddings.create(path)
    shreddings.note("a", KIDS, at=AT)
    checkpoint, lines = shreddings.checkpoint(), path.read_bytes().splitlines(keepends=True)
    changes = [lines[:-1], lines[1:], [*lines, lines[-1]], [lines[1], lines[0], *lines[2:]], [*lines[:2], *lines[3:]]]
    for bit in range(0, len(lines[2]) * 8, 7):
        line = bytearray(lines[2])
        line[bit // 8] ^= 1 << bit % 8
        changes.append([*lines[:2], bytes(line), *lines[3:]])
    for change in changes:
        path.write_bytes(b"".join(change))
        with pytest.raises(ShreddingsInvalid):
            shreddings.since(checkpoint)


def test_an_endless_line_is_refused(path: Path) -> None:
    """A hostile file costs no more memory than a line may have."""
    path.write_bytes(b"x" * 10_000)
    for act in (FileShreddings(path).checkpoint, lambda: FileShreddings(path).note("a", KIDS, at=AT)):
        with pytest.raises(ShreddingsInvalid):
            act()


def test_a_list_that_was_taken_away_is_missed(path: Path) -> None:
    """It is begun once, on purpose: whoever removes it does not get a new and empty one begun by the next erasure."""
    with pytest.raises(ShreddingsInvalid):
        FileShreddings(path)
    shreddings = FileShreddings.create(path)
    with pytest.raises(ShreddingsInvalid):
        FileShreddings.create(path)
    path.unlink()
    for act in (shreddings.checkpoint, lambda: shreddings.note("a", KIDS, at=AT)):
        with pytest.raises(ShreddingsInvalid, match="not there"):
            act()
    assert not path.exists()


def test_a_line_that_was_cut_off_is_replaced(path: Path) -> None:
    """A crash in the middle of a note destroyed nothing; the list goes on after the last whole line."""
    shreddings = FileShreddings.create(path)
    shreddings.note("a", KIDS[:2], at=AT)
    checkpoint, whole = shreddings.checkpoint(), path.read_bytes()
    for length in (1, 40, 150):
        path.write_bytes(whole + whole[:length])
        assert shreddings.checkpoint() == checkpoint
        shreddings.note("a", KIDS[2:3], at=AT)
        assert [each.kid for each in shreddings.since(checkpoint)] == KIDS[:3]
        path.write_bytes(whole)


def test_processes_that_note_at_once_lose_nothing(path: Path) -> None:
    """The chain holds with several writers, and with one that is killed among them."""
    FileShreddings.create(path)
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from sectorprivacy.encryption import FileShreddings\n"
        "print('ready', flush=True)\n"
        "for number in range(int(sys.argv[3])):\n"
        "    FileShreddings(Path(sys.argv[1])).note('a', [bytes([int(sys.argv[2]), number % 256] * 8)],"
        " at=datetime.now(UTC))"
    )

    def start(writer: int, notes: int) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-c", program, str(path), str(writer), str(notes)]
        return subprocess.Popen(arguments, env=os.environ, stdout=subprocess.PIPE)

    writers, doomed = [start(1, 20), start(2, 20)], start(3, 1_000_000)
    assert doomed.stdout is not None
    doomed.stdout.readline()
    assert [each.wait(60) for each in writers] == [0, 0]
    doomed.send_signal(signal.SIGKILL)
    doomed.wait(60)
    for each in [*writers, doomed]:
        each.stdout.close()  # type: ignore[union-attr]
    kids = {each.kid for each in FileShreddings(path).since(Checkpoint(0, bytes(32)))}
    assert kids >= {bytes([writer, number] * 8) for writer in (1, 2) for number in range(20)}


@pytest.mark.parametrize(
    "text", ["", ":", "1", "1:", "-1:" + "00" * 32, "01:" + "00" * 32, "1:" + "AA" * 32, "1:" + "00" * 31, "1:zz"]
)
def test_a_checkpoint_is_read_strictly(text: str) -> None:
    """What a person copies is the whole of it or refused."""
    assert Checkpoint.read(str(Checkpoint(3, b"\x01" * 32))) == Checkpoint(3, b"\x01" * 32)
    with pytest.raises(ShreddingsInvalid):
        Checkpoint.read(text)
