"""Messages as bytes and back, strictly: no member twice, no deep nesting, no odd number, no undeclared member."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol._http import PageHead
from sectorprivacy.rights.protocol._messages import PAGE_LIMIT, ExportPage, Record

DEPTH_LIMIT = 32
"""Most brackets that are open at once in a message."""

M = TypeVar("M", bound=BaseModel)

# Possessive, and matching an unended string too: a hostile message is read in one pass.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def read_message(model: type[M], data: bytes) -> M:
    """Read one message from JSON.

    Args:
        model: The message it must be.
        data: UTF-8, of a size the caller has limited.

    Raises:
        ProtocolError: `bad_message`, whatever is wrong; the text of it stays out of the error.
    """
    try:
        _scan(data)
        return model.model_validate_json(data, strict=True)
    except (ValueError, RecursionError, ValidationError):
        raise ProtocolError(problem="bad_message", retry="never") from None


def write_message(message: BaseModel) -> bytes:
    """One message as JSON, in one line."""
    return message.model_dump_json().encode()


def write_page(page: ExportPage) -> bytes:
    """An export page as lines: its head, then one record each, every line ended by a line feed."""
    head = PageHead(task=page.task, ref=page.ref, dataset=page.dataset, next=page.next)
    return b"".join(write_message(line) + b"\n" for line in (head, *page.records))


def read_page(data: bytes) -> ExportPage:
    """Read what `write_page` wrote.

    Raises:
        ProtocolError: `bad_message`, also where the last line does not end or there are more than PAGE_LIMIT records.
    """
    lines: Sequence[bytes] = data.split(b"\n")
    if len(lines) < 2 or lines[-1] or len(lines) - 2 > PAGE_LIMIT:
        raise ProtocolError(problem="bad_message", retry="never")
    head = read_message(PageHead, lines[0])
    records = tuple(read_message(Record, line) for line in lines[1:-1])
    return ExportPage(task=head.task, ref=head.ref, dataset=head.dataset, records=records, next=head.next)


def _scan(data: bytes) -> None:
    """Refuse what a parser that only looks for declared members would let pass."""
    _check_depth(data)
    json.loads(data.decode(), object_pairs_hook=_members, parse_float=_finite, parse_constant=_no_number)


def _check_depth(data: bytes) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", data)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > DEPTH_LIMIT:
            raise ValueError("nested too deep")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number overflows")
    return number


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not JSON")
