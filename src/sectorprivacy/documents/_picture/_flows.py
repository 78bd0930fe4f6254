"""What the picture of the data map shows, in an order that crosses little: from services to recipients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from attrs import evolve, frozen

from sectorprivacy.documents._catalogue import Catalogue
from sectorprivacy.documents._data_map import DataMap, DataSetEntry
from sectorprivacy.documents._people import covering
from sectorprivacy.documents._words import category_in_words, country_in_words, sentence
from sectorprivacy.policy import ActivityEntry, CategoryEntry, RecipientEntry, Texts
from sectorprivacy.vocabulary import wording

_SWEEPS = 12
_LETTER = re.compile(r"6\(1\)\(([a-f])\)")

Ways = Mapping[tuple[str, str], int]
"""From one stop to the next, by their ids, and how many fields go that way."""


@frozen(kw_only=True)
class Stop:
    """A place that data passes.

    Args:
        id: Its id within its column.
        text: What it is called.
        note: A word more on it.
        mark: What is remarkable in it: the article that protects a category, or that data leaves the EEA.
        fields: How many fields it has.
    """

    id: str
    text: str
    note: str = ""
    mark: str = ""
    fields: int = 0


@frozen(kw_only=True)
class Group:
    """A top category and what stands under it.

    Args:
        head: The top category; it has fields of its own where some are of no narrower one.
        rows: The narrower ones.
    """

    head: Stop
    rows: Sequence[Stop]


@frozen(kw_only=True)
class Flows:
    """The four columns, top to bottom, and what runs between them.

    Args:
        services: Where data is held.
        groups: What is held.
        activities: What it is used for.
        recipients: Who receives it.
        held: From service to category.
        used: From top category to activity.
        passed: From activity to recipient.
    """

    services: Sequence[Stop]
    groups: Sequence[Group]
    activities: Sequence[Stop]
    recipients: Sequence[Stop]
    held: Ways
    used: Ways
    passed: Ways


def flows(data_map: DataMap, texts: Catalogue) -> Flows:
    """What the picture of this data map shows, in the language of these texts."""
    held = _held(data_map.datasets)
    tops = _tops(data_map)
    return _untangled(
        Flows(
            services=[_service(service, title, held, texts) for service, title in data_map.services.items()],
            groups=_groups(data_map.categories, tops, held, texts),
            activities=[_activity(activity, texts) for activity in data_map.policy.activities],
            recipients=[_recipient(recipient, texts) for recipient in data_map.policy.recipients],
            held=held,
            used=_used(data_map, tops),
            passed={(each.id, name): 1 for each in data_map.policy.activities for name in each.recipients},
        )
    )


def _held(datasets: Iterable[DataSetEntry]) -> Ways:
    found: dict[tuple[str, str], int] = {}
    for data_set in datasets:
        for field in data_set.fields:
            way = (data_set.service, field.category)
            found[way] = found.get(way, 0) + 1
    return found


def _used(data_map: DataMap, tops: Mapping[str, str]) -> Ways:
    words = covering(data_map)
    found: dict[tuple[str, str], int] = {}
    for activity in data_map.policy.activities:
        for data_set in data_map.datasets:
            if activity.id in data_set.activities:
                for field in data_set.fields:
                    if not words[field.category].isdisjoint(activity.uses):
                        way = (tops[field.category], activity.id)
                        found[way] = found.get(way, 0) + 1
    return found


def _tops(data_map: DataMap) -> Mapping[str, str]:
    """The top category that each category stands under, which may be itself."""
    under = {word.id: word.under for word in data_map.categories}
    tops: dict[str, str] = {}
    for word in under:
        top = word
        while (broader := under[top]) is not None:
            top = broader
        tops[word] = top
    return tops


def _groups(categories: Iterable[CategoryEntry], tops: Mapping[str, str], held: Ways, texts: Catalogue) -> list[Group]:
    fields = count_at(held, 1)
    known = {word.id: word for word in categories}
    below: dict[str, list[str]] = {}
    for word in known:
        if word in fields:
            below.setdefault(tops[word], []).append(word)
    return [
        Group(
            head=_category(known[top], fields, texts),
            rows=[_category(known[word], fields, texts) for word in words if word != top],
        )
        for top, words in below.items()
    ]


def _category(word: CategoryEntry, fields: Mapping[str, int], texts: Catalogue) -> Stop:
    return Stop(
        id=word.id,
        text=sentence(category_in_words(word, texts)),
        mark=texts.text(f"map.protection.{word.protection}") if word.protection else "",
        fields=fields.get(word.id, 0),
    )


def _service(service: str, title: Texts, held: Ways, texts: Catalogue) -> Stop:
    number = count_at(held, 0).get(service, 0)
    return Stop(id=service, text=_in_words(title, texts), note=texts.count("map.fields", number), fields=number)


def _activity(activity: ActivityEntry, texts: Catalogue) -> Stop:
    letters = sorted({found[1] for basis in activity.basis.values() if (found := _LETTER.search(basis.article))})
    note = texts.text("map.bases", letters=", ".join(letters)) if letters else ""
    return Stop(id=activity.id, text=_in_words(activity.title, texts), note=note)


def _recipient(recipient: RecipientEntry, texts: Catalogue) -> Stop:
    outside = recipient.leaves_the_eea
    capacity = texts.text(f"map.capacity.{recipient.capacity}")
    country = country_in_words(recipient.country, texts)
    return Stop(
        id=recipient.id,
        text=recipient.id,
        note=f"{capacity}, {country}",
        mark=texts.text("map.outside") if outside else "",
    )


def _in_words(label: Texts, texts: Catalogue) -> str:
    return sentence(wording(label).in_language(texts.language))


def count_at(ways: Ways, end: Literal[0, 1]) -> dict[str, int]:
    """How many fields leave (0) or arrive (1) at each stop."""
    found: dict[str, int] = {}
    for way, fields in ways.items():
        found[way[end]] = found.get(way[end], 0) + fields
    return found


def _untangled(tangled: Flows) -> Flows:
    """The same with each column ordered by the middle of what its stops are joined to, again and again.

    The order starts from the ids, so that equal data maps give equal pictures.
    """
    tops = {stop.id: group.head.id for group in tangled.groups for stop in (group.head, *group.rows)}
    between = [
        {(service, tops[category]): fields for (service, category), fields in tangled.held.items()},
        tangled.used,
        tangled.passed,
    ]
    columns = [
        sorted(stop.id for stop in column)
        for column in (
            tangled.services,
            [group.head for group in tangled.groups],
            tangled.activities,
            tangled.recipients,
        )
    ]
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for number in (1, 2, 3) if forth else (2, 1, 0):
            ways = between[number - 1] if forth else _turned(between[number])
            columns[number] = _by_middle(columns[number], columns[number - 1 if forth else number + 1], ways)
    places = [{each: place for place, each in enumerate(column)} for column in columns]
    return evolve(
        tangled,
        services=sorted(tangled.services, key=lambda stop: places[0][stop.id]),
        groups=[
            _with_ordered_rows(group, tangled.held, places[0])
            for group in sorted(tangled.groups, key=lambda group: places[1][group.head.id])
        ],
        activities=sorted(tangled.activities, key=lambda stop: places[2][stop.id]),
        recipients=sorted(tangled.recipients, key=lambda stop: places[3][stop.id]),
    )


def _with_ordered_rows(group: Group, held: Ways, services: Mapping[str, int]) -> Group:
    middles = _middles([stop.id for stop in group.rows], services, held)
    return evolve(group, rows=sorted(group.rows, key=lambda stop: (middles.get(stop.id, 0.0), stop.id)))


def _by_middle(column: Sequence[str], beside: Sequence[str], ways: Ways) -> list[str]:
    places = {each: (place + 0.5) / len(beside) for place, each in enumerate(beside)}
    middles = _middles(column, places, ways)
    return sorted(
        column, key=lambda each: (round(middles.get(each, (column.index(each) + 0.5) / len(column)), 9), each)
    )


def _middles(column: Sequence[str], beside: Mapping[str, float], ways: Ways) -> dict[str, float]:
    """Where each stop's ways come from, on average, weighed by their fields."""
    weights: dict[str, float] = {}
    sums: dict[str, float] = {}
    for (start, end), fields in ways.items():
        weights[end] = weights.get(end, 0) + fields
        sums[end] = sums.get(end, 0) + fields * beside[start]
    return {each: sums[each] / weights[each] for each in column if each in weights}


def _turned(ways: Ways) -> Ways:
    return {(end, start): fields for (start, end), fields in ways.items()}
