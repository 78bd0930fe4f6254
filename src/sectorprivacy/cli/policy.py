"""`sectorprivacy policy`: the register as a document, and what changed between two versions of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from pydantic import JsonValue, TypeAdapter

from sectorprivacy.cli._configuration import read_configuration
from sectorprivacy.cli._declared import declared_policy
from sectorprivacy.cli._output import Output, file_form, put
from sectorprivacy.cli._pages import PageFormat, page
from sectorprivacy.documents import policy_changes
from sectorprivacy.errors import DocumentUnreadable
from sectorprivacy.policy import PolicyDocument

_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)
_LIMIT = 64 * 1024 * 1024  # as much as `check` takes for a lock


def show(*, output: Output = None) -> None:
    """Write the register in force as JSON, to keep beside its version and to compare later ones with.

    Args:
        output: File to write; by default it goes to standard output.
    """
    put(file_form(_in_force()), output)


def diff(
    old: Annotated[str, Parameter(allow_leading_hyphen=True)],
    new: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    *,
    language: str = "en",
    format: PageFormat = PageFormat.MARKDOWN,  # noqa: A002  # the option is called --format
    output: Output = None,
) -> None:
    """Say what changed between two versions of the register, in words a customer understands.

    Args:
        old: The version before: a file that `policy show` or `check --write` wrote, "-" for standard input, or a
            register in Python as "module:name".
        new: The version after, in the same forms; by default the register in force.
        language: Language of the answer: en, nb or sv.
        format: markdown, html or json.
        output: File to write; by default it goes to standard output.
    """
    document = policy_changes(_version(old), _in_force() if new is None else _version(new), language=language)
    put(page(document, format), output)


def _in_force() -> PolicyDocument:
    configuration = read_configuration(Path.cwd())
    return declared_policy(configuration, "policy", configuration.policy).document


def _version(named: str) -> PolicyDocument:
    if _REFERENCE.fullmatch(named) and not Path(named).exists():
        return declared_policy(read_configuration(Path.cwd()), "policy", named).document
    try:
        content = _JSON.validate_json(_content(named))
        # Of a lock or a data map the register alone is read: it may stand beside what this version does not know.
        return PolicyDocument.model_validate(content.get("policy", content) if isinstance(content, dict) else content)
    except ValueError:
        reason = "it holds no register, or one that another version of the library wrote"
        raise DocumentUnreadable(file=Path(named).name, reason=reason) from None


def _content(named: str) -> bytes:
    try:
        if named == "-":
            raw = sys.stdin.buffer.read(_LIMIT + 1)
        else:
            with Path(named).open("rb") as file:
                raw = file.read(_LIMIT + 1)
    except OSError:
        raise DocumentUnreadable(file=Path(named).name, reason="there is no such file to read") from None
    if len(raw) > _LIMIT:
        raise DocumentUnreadable(file=Path(named).name, reason="it is larger than 64 MiB")
    return raw
