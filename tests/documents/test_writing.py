"""A file is whole or as it was: after a crash, on a full disk, without permission."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sectorprivacy.documents._writing import write_once, write_whole
from sectorprivacy.errors import OutputNotWritten

NO_ROOM = """
import resource, signal, sys
from pathlib import Path
from sectorprivacy.documents import write_whole
from sectorprivacy.errors import OutputNotWritten
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), "x" * 5000)
except OutputNotWritten as refused:
    sys.exit(7)
"""

KILLED = """
import os, signal, sys
from pathlib import Path
from sectorprivacy.documents import write_whole
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
write_whole(Path(sys.argv[1]), "new")
"""


def run(program: str, file: Path) -> int:
    return subprocess.run(
        [sys.executable, "-c", program, file], check=False, env={"PYTHONPATH": os.pathsep.join(sys.path)}
    ).returncode


def test_text_and_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    """No line end is translated, and text is UTF-8."""
    write_whole(tmp_path / "a", "é\r\n\n")
    write_whole(tmp_path / "b", b"\x00\xff")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\r\n\n"
    assert (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_permissions_are_those_of_the_file_or_of_the_process(tmp_path: Path) -> None:
    """A file that only its owner may read stays so; a new one is like any other file here."""
    file = tmp_path / "secret"
    file.write_text("old")
    file.chmod(0o600)
    write_whole(file, "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o600)
    (tmp_path / "plain").write_text("")
    write_whole(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(("program", "ends"), [(NO_ROOM, 7), (KILLED, -signal.SIGKILL)])
def test_no_room_and_a_kill_leave_what_was_there(tmp_path: Path, program: str, ends: int) -> None:
    """Until all is on the disk, the file is the old one."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    file = tmp_path / "record.csv"
    file.write_text("old")
    assert run(program, file) == ends
    assert file.read_text() == "old"
    left = [path for path in tmp_path.iterdir() if path != file]
    assert not left if ends == 7 else len(left) == 1


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The error names the file and the reason, and no path of this machine."""
    with pytest.raises(OutputNotWritten) as refused:
        write_whole(tmp_path / "none" / "record.csv", "x")
    assert str(tmp_path) not in str(refused.value)
    assert "record.csv" in str(refused.value)


def test_one_of_many_writes_a_file_that_is_written_once(tmp_path: Path) -> None:
    """Whoever comes second does not replace what the first one wrote, however close they are."""
    with ThreadPoolExecutor(8) as threads:
        wrote = list(threads.map(lambda number: write_once(tmp_path / "notice", str(number)), range(32)))
    assert wrote.count(True) == 1
    assert (tmp_path / "notice").read_text() == str(wrote.index(True))
    assert list(tmp_path.iterdir()) == [tmp_path / "notice"]
    with pytest.raises(OutputNotWritten):
        write_once(tmp_path / "none" / "notice", "x")
