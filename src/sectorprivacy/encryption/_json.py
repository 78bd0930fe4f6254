"""JSON inside a sealed value: RFC 8259, with the limits that make every reader see the same value."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn, cast

_LARGEST: Final = 2**53 - 1
_DEEPEST: Final = 64
# A whole string, or a single quotation mark (then the string does not end), or a bracket.
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|["\[\]{}]', re.DOTALL)


def write_json(value: Any) -> bytes:
    """JSON without white space, member order kept, only the required escapes. Raises: ValueError."""
    _check(value, 0)
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise ValueError("it has an unpaired surrogate") from None


def read_json(data: bytes) -> Any:
    """The value of JSON in UTF-8. Raises: ValueError."""
    text = data.decode()
    _check_depth(text)
    value = json.loads(
        text,
        object_pairs_hook=_members,
        parse_int=_integer,
        parse_float=_float,
        parse_constant=_refuse,
    )
    _check(value, 0)
    return value


def _check(value: Any, depth: int) -> None:
    """Refuse what JSON or its readers elsewhere cannot hold; exact types only."""
    kind = cast("type[object]", type(value))
    if kind is dict or kind is list:
        if depth == _DEEPEST:
            raise ValueError("more than 64 open brackets")
        if kind is dict:
            for name in value:
                _check_text(name)
        for each in value.values() if kind is dict else value:
            _check(each, depth + 1)
    elif kind is str:
        _check_text(value)
    elif kind is int:
        if abs(value) > _LARGEST:
            raise ValueError("an integer beyond 2^53 - 1")
    elif kind is float:
        if not math.isfinite(value):
            raise ValueError("a number that is not finite")
    elif value is not None and kind is not bool:
        raise ValueError("a type that JSON does not have")


def _check_text(text: Any) -> None:
    if type(text) is not str:
        raise ValueError("a member name that is not text")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("it has an unpaired surrogate") from None


def _check_depth(text: str) -> None:
    depth = 0
    # One at a time: the first string without an end must stop the search, which would start anew at every quote.
    for found in _TOKENS.finditer(text):
        mark = found.group()
        if mark in {"[", "{"}:
            depth += 1
            if depth > _DEEPEST:
                raise ValueError
        elif mark in {"]", "}"}:
            depth -= 1
        elif mark == '"':
            raise ValueError


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _integer(text: str) -> int:
    if len(text) > len(str(-_LARGEST)):
        raise ValueError
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError
    return value


def _refuse(_: str) -> NoReturn:
    raise ValueError
