"""Paths: how a value is read from a record, through rows, entries of a list and members of a union."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter
from typing import Any, cast

Read = Callable[[Any], Any]
"""Reads a value from a record."""


def follow(record: Any, path: str) -> Any:
    """What stands at the end of a dotted path; None where the path breaks off at a row that is not there."""
    for step in path.split("."):
        if record is None:
            return None
        # The records of a TypedDict are dictionaries.
        record = _mapping(record).get(step) if isinstance(record, dict) else getattr(record, step)
    return record


def along(path: str) -> Read:
    """`follow` for many records."""
    return lambda record: follow(record, path)


def attribute(name: str) -> Read:
    """Reads an attribute of an object."""
    return attrgetter(name)


def key(name: str) -> Read:
    """Reads a key of a mapping; one that is not there is None."""
    return lambda record: record.get(name)


def entry(name: str) -> Read:
    """Reads a field of an entry; None where there is no entry, or another member of a union, without that field."""
    return lambda each: _mapping(each).get(name) if isinstance(each, Mapping) else getattr(each, name, None)


def within(outer: Read, layers: int, inner: Read) -> Read:
    """Reads with `inner` from each entry that `outer` gives; a list of entries gives a list, None stays None.

    Args:
        outer: Reads the entries from the record.
        layers: How many mappings lie around an entry; it is in their values.
        inner: Reads from an entry.
    """
    return lambda record: _through(outer(record), layers, inner)


def _through(value: Any, layers: int, inner: Read) -> Any:
    if layers and isinstance(value, Mapping):
        return [_through(each, layers - 1, inner) for each in _mapping(value).values()]
    if isinstance(value, Sequence | AbstractSet) and not isinstance(value, str | bytes):
        return [_through(each, layers, inner) for each in cast("Sequence[Any]", value)]
    return inner(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value)
