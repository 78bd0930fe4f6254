"""Drift: what is declared now and was not in the committed snapshot of the data map, or the other way round."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from attrs import frozen

from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._rules import DRIFT_ADDED, DRIFT_CHANGED, DRIFT_LOCKS_OUT, DRIFT_REMOVED
from sectorprivacy.documents import DataMap

_REMEDY = "If it is meant, write the snapshot anew with `sectorprivacy check --write` and commit it."

_LOCKED_OUT = (
    "Put it back. If it must change, open the stored values under the old declaration, seal them under the new one, "
    "and then write the snapshot anew with `sectorprivacy check --write`."
)

_FOLLOWS = frozenset({"format", "activities", "service", "categories", "purposes", "roles", "services"})
"""What follows from the rest: it would say each change twice."""


@frozen
class _Step:
    """A place in a data map: what a finding calls it, and the names of the facts below that."""

    where: str
    facts: tuple[str, ...] = ()

    def to(self, fact: str) -> _Step:
        return _Step(self.where, (*self.facts, fact))


def drift(lock: DataMap, now: DataMap) -> Iterator[Finding]:
    """Every difference between the snapshot and what is declared now, in words."""
    old, new = lock.model_dump(mode="json"), now.model_dump(mode="json")
    yield from _facts(
        _Step("policy"),
        old["policy"],
        new["policy"],
        but={"controller", "activities", "recipients", "events", *_FOLLOWS},
    )
    yield from _facts(_Step("controller"), old["policy"]["controller"], new["policy"]["controller"])
    for sort, called in (("activities", "activity"), ("recipients", "recipient")):
        yield from _things(called, _by_id(old["policy"][sort]), _by_id(new["policy"][sort]))
    yield from _things("event", old["policy"]["events"], new["policy"]["events"])
    yield from _data_sets(_by_id(old["datasets"]), _by_id(new["datasets"]))
    yield from _titles(old["services"], new["services"])
    yield from _words(old, new)


def _things(sort: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    for name in _either(old, new):
        where = f"{sort} {name}"
        if name not in old:
            yield _added(where)
        elif name not in new:
            yield _removed(where)
        else:
            yield from _value(_Step(where), old[name], new[name])
    yield from _order(_Step("policy", (f"order by {sort}",)), old, new)


def _data_sets(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    for name in _either(old, new):
        if name not in old:
            yield _added(name, f"with {', '.join(each['id'] for each in new[name]['fields'])}")
        elif name not in new:
            yield _removed(name)
        else:
            bound = _bound_of_data_set(old[name], new[name])
            yield from _facts(_Step(name), old[name], new[name], but={"id", "fields", *_FOLLOWS, *bound})
            yield from _locked_out(_Step(name), old[name], new[name], bound)
            yield from _fields(name, _by_id(old[name]["fields"]), _by_id(new[name]["fields"]))


def _fields(data_set: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    for name in _either(old, new):
        where = f"{data_set}.{name}"
        if name not in old:
            yield _added(where, f"of the category {new[name]['category']}")
        elif name not in new:
            yield _removed(where)
        else:
            bound = _bound_of_field(old[name], new[name])
            yield from _facts(_Step(where), old[name], new[name], but=bound)
            yield from _locked_out(_Step(where), old[name], new[name], bound)
    yield from _order(_Step(data_set, ("order of fields",)), old, new)


def _bound_of_data_set(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The changed facts of a data set that its sealed values are bound to."""
    before, after = _by_id(old["fields"]), _by_id(new["fields"])
    kept = [before[name] for name in before.keys() & after.keys() if before[name]["sealed"] and after[name]["sealed"]]
    bound: set[str] = set()
    if old["key"] != new["key"] and any(field["record"] not in {None, "S"} for field in kept):
        bound.add("key")
    # Values are bound to the number in it, whatever the attribute is called.
    if (old["row_version"] is None) != (new["row_version"] is None) and any(field["codec"] for field in kept):
        bound.add("row_version")
    return bound


def _bound_of_field(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The changed facts of a field that its sealed values are bound to; what was not known before binds nothing."""
    if not (old["sealed"] and new["sealed"]):
        return set()
    return {name for name in ("codec", "retention_class", "record") if old[name] is not None and old[name] != new[name]}


def _order(step: _Step, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    """What people read follows the order in which it is declared."""
    if old.keys() == new.keys() and list(old) != list(new):
        yield _changed(step, list(old), list(new))


def _titles(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    for service in sorted(old.keys() & new.keys()):
        yield from _value(_Step(f"service {service}", ("title",)), old[service], new[service])


def _words(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    """A word that means something else now; one that came or went did so with what uses it."""
    before, after = _all_words(old), _all_words(new)
    for where in sorted(before.keys() & after.keys()):
        yield from _value(_Step(where), before[where], after[where])


def _all_words(data_map: Mapping[str, Any]) -> Mapping[str, Any]:
    policy = data_map["policy"]
    words = (
        ("category", [*data_map["categories"], *policy["categories"]]),
        ("purpose", policy["purposes"]),
        ("role", policy["roles"]),
    )
    return {f"{sort} {word['id']}": word for sort, entries in words for word in entries}


def _facts(
    step: _Step, old: Mapping[str, Any], new: Mapping[str, Any], but: set[str] | None = None
) -> Iterator[Finding]:
    for name in _either(old, new):
        if name not in (but or ()):
            yield from _value(step.to(name), old.get(name), new.get(name))


def _value(step: _Step, old: Any, new: Any) -> Iterator[Finding]:
    if old == new:
        return
    before, after = _parts(old), _parts(new)
    if before is None or after is None:
        yield _changed(step, old, new)
    else:
        yield from _facts(step, before, after)


def _parts(value: Any) -> Mapping[str, Any] | None:
    """The parts of a value by name; None for one that is told as a whole."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    entries = _list(value)
    if entries and all(isinstance(each, dict) and "id" in each for each in entries):
        return _by_id(entries)
    return None


def _list(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()


def _by_id(entries: Any) -> Mapping[str, Any]:
    return {each["id"]: each for each in entries}


def _either(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*old, *new]))


def _added(where: str, more: str = "") -> Finding:
    return DRIFT_ADDED.finding(where, f"It is new since the snapshot{more and f', {more}'}.", _REMEDY)


def _removed(where: str) -> Finding:
    return DRIFT_REMOVED.finding(where, "It stands in the snapshot and is declared no more.", _REMEDY)


def _locked_out(step: _Step, old: Mapping[str, Any], new: Mapping[str, Any], bound: Iterable[str]) -> Iterator[Finding]:
    for name in bound:
        told = f"{_change(step.to(name), old[name], new[name])} Sealed values that are stored do not open any more."
        yield DRIFT_LOCKS_OUT.finding(step.where, told, _LOCKED_OUT)


def _changed(step: _Step, old: Any, new: Any) -> Finding:
    return DRIFT_CHANGED.finding(step.where, _change(step, old, new), _REMEDY)


def _change(step: _Step, old: Any, new: Any) -> str:
    """A sentence about a change."""
    what = ".".join(step.facts) or "it"
    if _is_list_of_words(old) and _is_list_of_words(new) and set(old) != set(new):
        told = _gained_and_lost(old, new)
    elif old is None:
        told = f"is {_told(new)} and was not said"
    elif new is None:
        told = f"was {_told(old)} and is not said any more"
    else:
        told = f"was {_told(old)} and is {_told(new)}"
    return f"Its {what} {told}."


def _is_list_of_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in _list(value))


def _gained_and_lost(old: list[str], new: list[str]) -> str:
    gained = [each for each in new if each not in old]
    lost = [each for each in old if each not in new]
    parts = (("gained", gained), ("lost", lost))
    return " and ".join(f"{verb} {', '.join(words)}" for verb, words in parts if words)


def _told(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
