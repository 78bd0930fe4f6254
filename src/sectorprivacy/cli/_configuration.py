"""[tool.sectorprivacy] of the nearest pyproject.toml: what the commands of this project work on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sectorprivacy.errors import ConfigurationError, RepositoryNeeded

_Reference = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]


class Configuration(BaseModel):
    """What [tool.sectorprivacy] says. Paths are relative to `root`, the folder of the pyproject.toml.

    Args:
        root: Folder of the pyproject.toml it was read from.
        path: Folders in which the modules are found.
        policy: The register, in the form "module:name".
        models: The marked models, in the form "module:name".
        titles: Titles of the services by their id, in the form "module:name"; by default the ids with spaces.
        lock: Snapshot of the data map that `check` compares with.
        exempt: What `check` shall not report, each with the reason.
        key: Public key by which packages are verified (PEM).
        custody: Service id to the function that gives its Custody, in the form "module:name".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Path
    path: tuple[str, ...] = ()
    policy: _Reference | None = None
    models: _Reference | None = None
    titles: _Reference | None = None
    lock: str = "privacy.lock.json"
    exempt: Mapping[str, str] = {}
    key: str | None = None
    custody: Mapping[str, _Reference] = {}


def read_configuration(start: Path) -> Configuration:
    """The configuration of the project that `start` lies in. Raises: ConfigurationError."""
    for folder in (start, *start.parents):
        table = _table(folder / "pyproject.toml")
        if table is not None:
            return _checked(folder, table)
    raise ConfigurationError(
        problem="no pyproject.toml from here upwards has it",
        instead="Run the command inside the project, or add the table",
    )


def examples() -> list[str]:
    """Folders of the reference company, found from the current folder upwards.

    Raises:
        RepositoryNeeded: It is not there: this is an installed package, or another project.
    """
    try:
        configuration = read_configuration(Path.cwd())
    except ConfigurationError:
        raise RepositoryNeeded from None
    folders = [configuration.root / folder for folder in configuration.path]
    if not any((folder / "alarm_company" / "demo").is_dir() for folder in folders):
        raise RepositoryNeeded
    return [str(folder) for folder in folders]


def _table(file: Path) -> Mapping[str, Any] | None:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ConfigurationError(problem="pyproject.toml cannot be read", instead="Correct the file") from None
    tool = content.get("tool")
    table: object = cast("dict[str, object]", tool).get("sectorprivacy") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise ConfigurationError(problem="it is not a table", instead="Write it as [tool.sectorprivacy]")
    return cast("dict[str, Any]", table)


def _checked(root: Path, table: Mapping[str, Any]) -> Configuration:
    if "root" in table:
        raise ConfigurationError(problem="root: it is not an option", instead="Remove it")
    try:
        return Configuration(root=root, **table)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        known = ", ".join(name for name in Configuration.model_fields if name != "root")
        raise ConfigurationError(problem=f"{where}: {first['msg']}", instead=f"Known options are {known}") from None
