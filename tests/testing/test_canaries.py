"""The canary scan finds a value however it was written down, and wherever a database left it lying."""

from __future__ import annotations

import base64
import json
import sqlite3
import urllib.parse
from contextlib import closing
from pathlib import Path

import pytest

from sectorprivacy.testing import Hit, encodings_of, scan_files

NAME = "Åse Brekke Ødegård"
NUMBER = "+4700355181"

WRITTEN = {
    "utf-8": NAME.encode(),
    "utf-16-le": NAME.encode("utf-16-le"),
    "utf-16-be": NAME.encode("utf-16-be"),
    "latin-1": NAME.encode("latin-1"),
    "json": json.dumps({"name": NAME}).encode(),
    "percent": f"/search?name={urllib.parse.quote(NAME)}".encode(),
    "hex": NAME.encode().hex().encode(),
    "HEX": NAME.encode().hex().upper().encode(),
}


@pytest.mark.parametrize("encoding", WRITTEN)
def test_a_value_is_found_in_each_encoding(tmp_path: Path, encoding: str):
    """A log writes percent signs, a driver UTF-16, an exporter JSON: all of them are the person's value."""
    file = tmp_path / "deep" / "down" / "file.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\0\xffbefore" + WRITTEN[encoding] + b"after\0")
    assert scan_files(tmp_path, [NAME]) == (Hit(file, NAME, encoding),)


@pytest.mark.parametrize("before", range(3))
def test_a_value_is_found_inside_base64(tmp_path: Path, before: int):
    """Base64 looks different at each of three places, with whatever stands around the value."""
    (tmp_path / "token").write_bytes(base64.b64encode(b"x" * before + NAME.encode() + b", and more"))
    assert [hit.encoding for hit in scan_files(tmp_path, [NAME])] == [f"base64+{before}"]


def test_a_value_is_found_inside_a_token_of_a_url(tmp_path: Path):
    """The alphabet that is safe in URLs writes two of the characters differently."""
    name = "Kåre>>>Bø???"
    (tmp_path / "token").write_bytes(base64.urlsafe_b64encode(name.encode()))
    assert [hit.encoding for hit in scan_files(tmp_path, [name])] == ["base64url+0"]


@pytest.mark.parametrize("value", ["abcdef", "abcdefg", "abcdefgh"])
def test_short_values_keep_all_characters_that_are_theirs(value: str):
    """In base64 as few characters as possible are given up: what is looked for must not occur by chance."""
    patterns = encodings_of(value)
    assert patterns["base64+0"] == base64.b64encode(value.encode())[: len(value) * 8 // 6]
    assert all(len(patterns[f"base64+{shift}"]) >= len(value) for shift in range(3))


def test_a_value_of_plain_letters_is_reported_once(tmp_path: Path):
    """Where encodings write the same bytes, one hit says it all."""
    (tmp_path / "file").write_text(f"call {NUMBER[1:]} or {NUMBER[1:]}")
    assert [hit.encoding for hit in scan_files(tmp_path, [NUMBER[1:]])] == ["utf-8"]
    assert len(set(encodings_of(NUMBER[1:]).values())) == len(encodings_of(NUMBER[1:]))


def test_every_file_with_it_is_named(tmp_path: Path):
    """A second copy is a second thing to erase; empty files and other values say nothing."""
    for name in ("b", "a"):
        (tmp_path / name).write_text(NUMBER)
    (tmp_path / "c").write_text("+4700355182")
    (tmp_path / "empty").touch()
    assert [hit.path.name for hit in scan_files(tmp_path, [NUMBER, NAME])] == ["a", "b"]


def test_free_pages_of_a_database_are_looked_at(tmp_path: Path):
    """A deleted row is still in the file where the database was not told to overwrite it."""
    path = tmp_path / "data.db"
    _delete_a_name(path, "PRAGMA secure_delete = OFF")
    assert [hit.encoding for hit in scan_files(tmp_path, [NAME])] == ["utf-8"]


def test_a_database_that_overwrites_leaves_nothing(tmp_path: Path):
    """The same with `secure_delete`: the scan finds bytes, it does not guess."""
    _delete_a_name(tmp_path / "data.db", "PRAGMA secure_delete = ON")
    assert scan_files(tmp_path, [NAME]) == ()


def test_the_write_ahead_log_is_looked_at(tmp_path: Path):
    """What was committed and erased may lie in the log that a reader keeps open, and nowhere else."""
    with closing(sqlite3.connect(tmp_path / "data.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA secure_delete = ON")
        with database:
            database.execute("CREATE TABLE person (name TEXT)")
            database.execute("INSERT INTO person VALUES (?)", [NAME])
        with database:
            database.execute("DELETE FROM person")
        assert {hit.path.name for hit in scan_files(tmp_path, [NAME])} == {"data.db-wal"}


def test_a_value_that_occurs_by_chance_is_refused(tmp_path: Path):
    """A hit of three letters says nothing, and no hit of them would be luck."""
    with pytest.raises(ValueError, match="fewer than 6 characters") as refused:
        scan_files(tmp_path, [NAME, "Moen"])
    assert "Moen" not in str(refused.value)


def test_a_hit_does_not_show_the_value(tmp_path: Path):
    """A scan's result may be printed in a build's log."""
    (tmp_path / "file").write_text(NUMBER)
    assert NUMBER not in repr(scan_files(tmp_path, [NUMBER]))


def _delete_a_name(path: Path, setting: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(setting)
        with database:
            database.execute("CREATE TABLE person (name TEXT)")
            database.executemany("INSERT INTO person VALUES (?)", [[NAME], ["somebody else"]])
        with database:
            database.execute("DELETE FROM person WHERE name = ?", [NAME])
