"""Files of records: a name cannot leave the folder, and what is removed stays removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.service import FileFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outside").write_bytes(b"outside")
    inside = tmp_path / "files"
    inside.mkdir()
    (inside / "a.png").write_bytes(b"a")
    (inside / "b.png").write_bytes(b"b")
    return inside


def test_a_file_is_opened_by_its_name(folder: Path):
    """The bytes of a record's file."""
    with FileFolder(folder).open("a.png") as file:
        assert file.read() == b"a"


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "..", ".", "", "a.png/", "sub/a.png", "a\0.png", "absent"]
)
def test_no_name_leads_out_of_the_folder(folder: Path, name: str):
    """A name from a row is data: it neither climbs nor names what is not there, and the refusal quotes nothing."""
    with pytest.raises(ProtocolError) as refusal:
        FileFolder(folder).open(name)
    assert refusal.value.problem == "attachment_missing"
    assert name.strip("./\0") == "" or name not in str(refusal.value)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "..", "", "a\0.png"])
def test_nothing_outside_is_removed(folder: Path, name: str):
    """A name that leaves the folder is refused before anything is committed, and passed over when it is too late."""
    with pytest.raises(ProtocolError):
        FileFolder(folder).check([name])
    assert FileFolder(folder).remove([name, "a.png"]) == ["a.png"]
    assert (folder.parent / "outside").exists()


def test_removing_may_be_repeated(folder: Path):
    """After a crash the removal is done again; what is gone already is fine."""
    for _ in range(2):
        FileFolder(folder).remove(["a.png", "never-there"])
    assert [each.name for each in folder.iterdir()] == ["b.png"]


def test_a_link_inside_the_folder_leads_nowhere(folder: Path):
    """A symbolic link in the folder does not disclose what it points at."""
    (folder / "link").symlink_to(folder.parent / "outside")
    with pytest.raises(ProtocolError):
        FileFolder(folder).open("link")
