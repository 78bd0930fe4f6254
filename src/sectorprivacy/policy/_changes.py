"""What changed between two versions of the register: pure structure, worded by documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, cast

from attrs import frozen
from pydantic import BaseModel, JsonValue, TypeAdapter

from sectorprivacy.policy._document import PolicyDocument

Kind = Literal["added", "removed", "changed"]

_AS_JSON: Final = TypeAdapter[Any](Any)


@frozen(kw_only=True)
class Change:
    """One difference between two versions.

    Args:
        kind: What happened.
        path: Where: names of fields and ids, such as ("activities", "billing", "keep", "years"). A list whose entries
            stand in another order is a change at the path of the list, from the ids in one order to those in the other.
        before: What stood there; None where nothing did.
        after: What stands there now; None where nothing does.
    """

    kind: Kind
    path: tuple[str, ...]
    before: JsonValue
    after: JsonValue


def changes(old: PolicyDocument, new: PolicyDocument) -> tuple[Change, ...]:
    """Every difference, in the order of the document; a whole activity or recipient that came or went is one.

    Two versions with different digests differ in at least one.

    Args:
        old: The version before.
        new: The version after.
    """
    return tuple(_compare((), old, new))


def _compare(path: tuple[str, ...], old: object, new: object) -> Iterator[Change]:
    if old == new:
        return
    before, after = _parts(old), _parts(new)
    if before is None or after is None:
        yield _change(path, old, new)
        return
    for name in dict.fromkeys([*before, *after]):
        yield from _compare((*path, name), before.get(name), after.get(name))
    if isinstance(old, tuple) and isinstance(new, tuple):
        yield from _order(path, cast("tuple[object, ...]", old), cast("tuple[object, ...]", new))


def _order(path: tuple[str, ...], old: tuple[object, ...], new: tuple[object, ...]) -> Iterator[Change]:
    """What both have and one has in another order; entries that share an id may differ in number, which is told."""
    names, others = [_name(entry) for entry in old], [_name(entry) for entry in new]
    before, after = [name for name in names if name in others], [name for name in others if name in names]
    if before != after and sorted(before) == sorted(after):
        yield _change(path, before, after)


def _change(path: tuple[str, ...], old: object, new: object) -> Change:
    kind: Kind = "added" if old is None else "removed" if new is None else "changed"
    return Change(kind=kind, path=path, before=_in_json(old), after=_in_json(new))


def _in_json(value: object) -> JsonValue:
    return cast("JsonValue", _AS_JSON.dump_python(value, mode="json"))


def _parts(value: object) -> Mapping[str, object] | None:
    """The parts of a value by name; None for one that is compared as a whole, such as a text in its languages."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, tuple):
        return _by_name(cast("tuple[object, ...]", value))
    if isinstance(value, Mapping):
        parts = cast("Mapping[str, object]", value)
        return None if _is_text(parts) else parts
    return None


def _by_name(entries: tuple[object, ...]) -> Mapping[str, object] | None:
    """Entries by id, several under one id together; None where that is all of them."""
    named: dict[str, list[object]] = {}
    for entry in entries:
        named.setdefault(_name(entry), []).append(entry)
    if len(named) == 1 < len(entries):
        return None
    return {name: tuple(group) if len(group) > 1 else group[0] for name, group in named.items()}


def _name(entry: object) -> str:
    return str(getattr(entry, "id", entry))


def _is_text(parts: Mapping[str, object]) -> bool:
    """Whether it is a text by language; a closed word is a string of a type of its own."""
    return bool(parts) and all(type(part) is str for part in parts.values())
