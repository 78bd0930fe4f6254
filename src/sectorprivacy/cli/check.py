"""`sectorprivacy check`: register, marks and code held together; what a build refuses."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sectorprivacy.checks import (
    Finding,
    Severity,
    Table,
    findings_of,
    read_lock,
    to_json,
    to_sarif,
    write_lock,
)
from sectorprivacy.checks import check as hold
from sectorprivacy.cli._configuration import Configuration, read_configuration
from sectorprivacy.cli._declared import Declared, read_declared
from sectorprivacy.cli._output import Output, put
from sectorprivacy.errors import DeclarationError, MissingExtra


class FindingsFormat(StrEnum):
    """Forms of what is found."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def check(
    *,
    format: FindingsFormat = FindingsFormat.TEXT,  # noqa: A002  # the option is called --format
    write: Annotated[bool, Parameter(negative=())] = False,
    database: Annotated[list[str] | None, Parameter(negative=())] = None,
    output: Output = None,
) -> int:
    """Hold register, marks and code together, and fail when they part ways.

    Args:
        format: text, json or sarif (2.1.0).
        write: Write the lock from the code as it is now, before the rest is checked.
        database: URL of a live database whose tables are looked at too.
        output: File to write; by default it goes to standard output.
    """
    configuration = read_configuration(Path.cwd())
    try:
        found = _findings(read_declared(), write=write, urls=database or [])
    except DeclarationError as refused:
        found = findings_of(refused, sources=_sources(configuration, refused), root=configuration.root)
    put(_told(found, format), output)
    return 1 if any(each.severity is Severity.ERROR for each in found) else 0


def _findings(declared: Declared, *, write: bool, urls: Sequence[str]) -> Sequence[Finding]:
    configuration = declared.configuration
    lock = configuration.root / configuration.lock
    if write:
        write_lock(lock, declared.data_map())
    return hold(
        declared.policy,
        declared.models,
        tables=[*_declared_tables(declared.models), *(table for url in urls for table in _live_tables(url))],
        lock=read_lock(lock),
        exempt=configuration.exempt,
        titles=declared.titles,
        sources=_sources(configuration),
        root=configuration.root,
    )


def _declared_tables(models: Sequence[type]) -> Sequence[Table]:
    """Tables that the bases of mapped models know: those of models that nobody declared are among them."""
    if not any(hasattr(model, "__mapper__") for model in models):
        return ()
    from sectorprivacy.integrations.sqlalchemy import mapped_tables  # noqa: PLC0415  # only where there are such models

    return mapped_tables(models)


def _live_tables(url: str) -> Sequence[Table]:
    try:
        from sectorprivacy.integrations.sqlalchemy import database_tables  # noqa: PLC0415  # needs an extra
    except MissingExtra:
        raise MissingExtra(feature="sectorprivacy check --database", extra="sql") from None
    return database_tables(url)


def _sources(configuration: Configuration, error: BaseException | None = None) -> Sequence[Path]:
    """Files of the project that were imported, and those that an error came from while they were."""
    folders = [(configuration.root / folder).resolve() for folder in configuration.path]
    names = [getattr(module, "__file__", None) for module in sys.modules.copy().values()]
    files = dict.fromkeys(Path(name).resolve() for name in [*names, *_raised_in(error)] if name)
    return [file for file in files if any(file.is_relative_to(folder) for folder in folders)]


def _raised_in(error: BaseException | None) -> Iterator[str]:
    trace = None if error is None else error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename
        trace = trace.tb_next


def _told(found: Sequence[Finding], form: FindingsFormat) -> str:
    match form:
        case FindingsFormat.JSON:
            return to_json(found)
        case FindingsFormat.SARIF:
            return to_sarif(found, version=version("sectorprivacy"))
        case FindingsFormat.TEXT:
            counted = Counter(each.severity for each in found)
            told = ", ".join(f"{count} {severity}{'s' * (count != 1)}" for severity, count in sorted(counted.items()))
            return "".join(f"{each}\n" for each in found) + f"{told or 'Register, marks and code agree'}.\n"
