from __future__ import annotations

from pathlib import Path

import pytest

from sectorprivacy.cli._configuration import read_configuration
from sectorprivacy.errors import ConfigurationError


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_is_found_from_any_folder_below(tmp_path: Path) -> None:
    """Commands work wherever in the project one stands; paths count from the project's root."""
    project(tmp_path, '[tool.sectorprivacy]\npath = ["src"]\npolicy = "a.b:policy"\nkey = "key.pem"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    configuration = read_configuration(below)
    assert (configuration.root, configuration.policy, configuration.key) == (tmp_path, "a.b:policy", "key.pem")


def test_a_project_file_without_the_table_is_looked_through(tmp_path: Path) -> None:
    """In a repository of several projects, the nearest one that has the table counts."""
    project(tmp_path, '[tool.sectorprivacy]\nkey = "key.pem"\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    project(inner, "[project]\nname = 'x'\n")
    assert read_configuration(inner).root == tmp_path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.sectorprivacy]\nkey = 3\n", "key: "),
        ("[tool.sectorprivacy]\nkeys = 'x'\n", "keys: "),
        ("[tool.sectorprivacy]\nroot = '/'\n", "root: "),
        ("[tool.sectorprivacy]\npolicy = 'no colon'\n", "policy: "),
        ("[tool]\nsectorprivacy = 3\n", "not a table"),
        ("[tool.sectorprivacy\n", "cannot be read"),
        ("tool = 3\n", "no pyproject.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    """A misspelt option is an error with its name, never a default that nobody asked for."""
    with pytest.raises(ConfigurationError, match=says):
        read_configuration(project(tmp_path, text))


def test_the_repository_names_its_own_policy(root: Path) -> None:
    """The commands need no arguments at the root of the repository."""
    assert read_configuration(root).policy == "alarm_company.policy:policy"
