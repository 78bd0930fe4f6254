"""Six months of arming and disarming, home by home, and the alarms that went off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from attrs import frozen

from alarm_company.world._rows import Activation, ArmingEvent, UserSlot

DAYS = 183
"""How many days of events the world has, up to today."""

FIRST_ID = 1001

_OUTING = 0.22  # chance that a home is armed and left on a day
_NIGHT = 0.16  # chance that it is armed for the night
_QUICK = 0.2  # share of armings from the button by the door: arming needs no code, disarming does
_ALARM = 0.15  # chance that an alarm goes off in a home in these six months

_KINDS = ("motion", "motion", "motion", "door_opened", "smoke", "water_leak", "panic")
_FOLLOW_UPS = {
    "motion": (
        "Images checked, a pet. Customer told.",
        "Images checked, curtain moved in a draught.",
        "Images checked, unknown person. Guard sent, nobody found.",
        "Images checked, somebody of the household.",
    ),
    "door_opened": ("Customer answered, forgot to disarm.", "Guard sent, door had been left ajar."),
    "smoke": ("Customer answered, cooking.", "Fire service told, smoke from the stove, no damage."),
    "water_leak": ("Customer answered, dishwasher. Water shut off.",),
    "panic": ("Customer answered, pressed by mistake.", "Guard sent, customer safe."),
}

_Seen = tuple[datetime, str, str | None, str]  # time, installation, slot, command: sorts before it gets its number


@frozen(kw_only=True)
class _Span:
    """A time in which the same places of a panel were in use."""

    start: datetime
    end: datetime
    present: tuple[str, ...]


@frozen(kw_only=True)
class Occasion:
    """An alarm that is going to happen."""

    at: datetime
    installation: str
    kind: str
    images: int


def arming_events(slots: Iterable[UserSlot], rng: Random, now: datetime) -> tuple[ArmingEvent, ...]:
    """All arming events of the last six months, numbered in the order in which they happened."""
    seen: list[_Seen] = []
    for installation, spans in _spans_by_home(slots, now).items():
        for span in spans:
            seen += _life_in(span, installation, rng)
    seen.sort(key=lambda event: event[:2])
    return tuple(
        ArmingEvent(id=number, installation=installation, slot=slot, command=command, at=at)
        for number, (at, installation, slot, command) in enumerate(seen, start=FIRST_ID)
    )


def _spans_by_home(slots: Iterable[UserSlot], now: datetime) -> dict[str, list[_Span]]:
    by_home: defaultdict[str, list[UserSlot]] = defaultdict(list)
    for slot in slots:
        by_home[slot.installation].append(slot)
    since = now - timedelta(days=DAYS)
    return {installation: list(_spans(used, since, now)) for installation, used in by_home.items()}


def _spans(slots: Sequence[UserSlot], since: datetime, now: datetime) -> Iterator[_Span]:
    edges = {slot.start for slot in slots} | {slot.end for slot in slots if slot.end is not None}
    cuts = [since, *sorted(edge for edge in edges if since < edge < now), now]
    for start, end in pairwise(cuts):
        present = tuple(slot.slot for slot in slots if slot.covers(start))
        if present:
            yield _Span(start=start, end=end, present=present)


def _life_in(span: _Span, installation: str, rng: Random) -> Iterator[_Seen]:
    midnight = span.start.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range((span.end - midnight).days + 1):
        for hour, command, armed in _habits(rng):
            at = midnight + timedelta(days=day, seconds=int(hour * 3600))
            if span.start <= at < span.end:
                by_button = armed and rng.random() < _QUICK
                yield at, installation, None if by_button else rng.choice(span.present), command


def _habits(rng: Random) -> Iterator[tuple[float, str, bool]]:
    """What happens on one day: hour, command, and whether it arms."""
    chance = rng.random()
    if chance < _OUTING:
        yield 7 + 2 * rng.random(), "armed_away", True
        yield 15 + 3 * rng.random(), "disarmed", False
    elif chance < _OUTING + _NIGHT:
        yield 22 + 2 * rng.random(), "armed_home", True
        yield 29 + 1.5 * rng.random(), "disarmed", False


def alarms(slots: Iterable[UserSlot], rng: Random, now: datetime) -> Iterator[Occasion]:
    """Alarms of the last six months, here and there, only in homes where somebody lived at the time."""
    for installation, spans in _spans_by_home(slots, now).items():
        for span in spans:
            length = span.end - span.start
            if rng.random() < _ALARM * (length / timedelta(days=DAYS)):
                kind = rng.choice(_KINDS)
                yield Occasion(
                    at=span.start + timedelta(seconds=int(length.total_seconds() * rng.random())),
                    installation=installation,
                    kind=kind,
                    images=rng.randrange(1, 4) if kind == "motion" else 0,
                )


def activations(occasions: Iterable[Occasion], rng: Random) -> tuple[Activation, ...]:
    """The alarms as rows, numbered in the order in which they happened."""
    in_order = sorted(occasions, key=lambda occasion: (occasion.at, occasion.installation))
    return tuple(
        Activation(
            id=number,
            installation=occasion.installation,
            kind=occasion.kind,
            at=occasion.at,
            follow_up=rng.choice(_FOLLOW_UPS[occasion.kind]),
            images=tuple(f"A-{number:05}-{image}.png" for image in range(1, occasion.images + 1)),
        )
        for number, occasion in enumerate(in_order, start=FIRST_ID)
    )
