"""The committed snapshot: written in a stable form, and read back as it was or not at all."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from sectorprivacy.annotations import read_fields
from sectorprivacy.checks import check, read_lock, write_lock
from sectorprivacy.documents import data_map
from sectorprivacy.errors import DocumentUnreadable, OutputNotWritten
from sectorprivacy.policy import Keep
from tests.checks.company import Customer, activity, policy
from tests.checks.registers import registers, wordings


@given(registers, wordings)
def test_round_trip(register: Any, title: dict[str, str]) -> None:
    """A snapshot says after reading what it said before writing, and the same declarations give the same file."""
    titles = {"shop": title}
    before = data_map(register, [read_fields(Customer)], titles=titles)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "privacy.lock.json"
        write_lock(file, before)
        after = read_lock(file)
        assert after == before
        first = file.read_bytes()
        write_lock(file, data_map(register, [read_fields(Customer)], titles=titles))
        assert file.read_bytes() == first
        assert [path.name for path in Path(folder).iterdir()] == [file.name]
    assert not [each for each in check(register, [Customer], lock=after, titles=titles) if "drift" in each.code]


def test_one_fact_is_one_line(tmp_path: Path) -> None:
    """A reviewer sees the fact that changed: one line goes and one comes."""
    file = tmp_path / "privacy.lock.json"
    texts: list[list[str]] = []
    for years in (1, 2):
        write_lock(file, data_map(policy(activity(keep=Keep(after="left", years=years))), [read_fields(Customer)]))
        texts.append(file.read_text("utf-8").splitlines())
    assert [pair for pair in zip(*texts, strict=True) if pair[0] != pair[1]] == [
        ('          "years": 1,', '          "years": 2,')
    ]


def test_there_may_be_none(tmp_path: Path) -> None:
    """A project without a snapshot has none; that is for `check` to say."""
    assert read_lock(tmp_path / "privacy.lock.json") is None


def damaged(change: str) -> bytes:
    whole = data_map(policy(), [read_fields(Customer)]).model_dump(mode="json")
    match change:
        case "another format":
            whole["format"] = "sectorprivacy/data-map/2"
        case "more than it knows":
            whole["secret"] = "0101"
        case "less than it needs":
            del whole["policy"]["version"]
        case "no JSON":
            return b"<<<<<<< HEAD"
        case "not UTF-8":
            return b'{"format": "\xff"}'
        case _:
            return b""
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    "change", ["another format", "more than it knows", "less than it needs", "no JSON", "not UTF-8", "empty"]
)
def test_what_is_no_snapshot_is_refused(change: str, tmp_path: Path) -> None:
    """A file of another format, or one that a merge has damaged, is refused by name and without what it holds."""
    file = tmp_path / "privacy.lock.json"
    file.write_bytes(damaged(change))
    with pytest.raises(DocumentUnreadable) as refused:
        read_lock(file)
    assert refused.value.file == "privacy.lock.json"
    assert "0101" not in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


def test_more_than_a_data_map_can_be(tmp_path: Path) -> None:
    """A file that is far too large is refused before it is read."""
    file = tmp_path / "privacy.lock.json"
    with file.open("wb") as sparse:
        sparse.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(DocumentUnreadable) as refused:
        read_lock(file)
    assert "larger" in refused.value.reason


def test_a_folder_is_no_snapshot(tmp_path: Path) -> None:
    """What cannot be read is refused by type, not taken for absent."""
    with pytest.raises(DocumentUnreadable):
        read_lock(tmp_path)


def test_cannot_be_written(tmp_path: Path) -> None:
    """A snapshot that cannot be written says so, with the name of the file alone."""
    with pytest.raises(OutputNotWritten) as refused:
        write_lock(tmp_path / "none" / "privacy.lock.json", data_map(policy(), [read_fields(Customer)]))
    assert refused.value.file == "privacy.lock.json"
