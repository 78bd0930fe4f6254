"""Where a command's result goes: standard output, or a file that is whole or not there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from pydantic import BaseModel

from sectorprivacy.documents import write_whole

Output = Annotated[Path | None, Parameter(name=["--output", "-o"])]
"""File that a command writes; None for standard output."""


def file_form(model: BaseModel) -> str:
    """A register, data map or document as JSON in a stable order, one fact on a line."""
    return model.model_dump_json(indent=2) + "\n"


def put(content: str | bytes, output: Path | None) -> None:
    """Write what a command made.

    Args:
        content: Text (written in UTF-8) or bytes.
        output: The file; None for standard output.

    Raises:
        OutputNotWritten: The file cannot be written.
    """
    if output is not None:
        write_whole(output, content)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(content.encode() if isinstance(content, str) else content)
    sys.stdout.buffer.flush()
