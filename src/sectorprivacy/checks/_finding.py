"""A finding: one thing that is wrong between register, marks and code, and what to write instead."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath

from attrs import frozen


class Severity(StrEnum):
    """Whether a finding fails a build."""

    ERROR = "error"
    WARNING = "warning"


@frozen
class Location:
    """A place in the code.

    Args:
        file: Path of the file, relative to the root of the project.
        line: Its line, from 1.
    """

    file: PurePosixPath
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@frozen(kw_only=True)
class Finding:
    """Something that a build refuses or warns of. It names declarations and never a person's data.

    Args:
        code: Stable code; `RULES` and the page of checks explain each.
        severity: Whether it fails a build.
        where: What it is about: "crm.customer.email", "activity billing", "recipient Fjordsky AS".
        message: What is wrong, a sentence.
        remedy: What to write instead, a sentence.
        location: Where that stands in the code, if it is known.
    """

    code: str
    severity: Severity
    where: str
    message: str
    remedy: str
    location: Location | None = None

    def __str__(self) -> str:
        place = "" if self.location is None else f"{self.location}: "
        told = f"{place}{self.severity}: {self.where}: {self.message} {self.remedy} [{self.code}]"
        # Names of a live database are anybody's: they must not move the cursor of a terminal, nor begin a line.
        return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in told)
