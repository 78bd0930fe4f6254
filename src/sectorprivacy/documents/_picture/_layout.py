"""Where everything stands in the picture of the data map, from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from sectorprivacy.documents._picture._flows import Flows, Group, Stop, Ways, count_at
from sectorprivacy.documents._picture._lettering import MARK, NAME, NOTE, TEXT, Style
from sectorprivacy.documents._picture._shapes import (
    ACTIVITIES,
    CATEGORIES,
    RECIPIENTS,
    SERVICES,
    Box,
    Column,
    Layout,
    Lettering,
    Ribbon,
    draw_mark,
    mark_width,
)
from sectorprivacy.documents._picture._style import HUES

_PAD = 10
_ROW_PAD = 4
_GAP = 10
_WIDEST_GAP = 150

# Ribbons are as wide as they carry fields, but all that end at one box must leave the picture readable.
_FIELD = 4.0
_COLUMN_OF_RIBBONS = 520.0
_ACTIVITY_OF_RIBBONS = 56.0
_RECIPIENT_RIBBON = 3.0
_THINNEST = 0.8


@frozen
class _Edge:
    """Side of a box where ribbons end."""

    x: float
    top: float
    height: float

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


Edges = Mapping[str, _Edge]
Carries = Callable[[str, str, int], str]
"""What a ribbon is said to carry, by the texts of its ends and its number of fields."""


def lay_out(flows: Flows, *, top: float, carries: Carries) -> Layout:
    """Where everything stands, from `top` downwards."""
    places = _placed(flows, top)
    layout = Layout(bottom=places.bottom)
    _draw(layout, flows.services, places.services, "service", SERVICES, NAME)
    rows = _draw_groups(layout, flows.groups, places)
    _draw(layout, flows.activities, places.activities, "activity", ACTIVITIES, TEXT)
    _draw(layout, flows.recipients, places.recipients, "recipient", RECIPIENTS, NAME)
    layout.ribbons.extend(_ribbons(flows, places, rows, carries))
    return layout


_Spans = Sequence[tuple[float, float]]
"""Top and height of each stop of a column."""


@frozen(kw_only=True)
class _Places:
    """Where the stops of each column stand, and how wide a ribbon is for each field it carries."""

    services: _Spans
    groups: _Spans
    activities: _Spans
    recipients: _Spans
    bottom: float
    held_width: float
    used_width: float


def _placed(flows: Flows, top: float) -> _Places:
    used_by, received_by = count_at(flows.used, 1), count_at(flows.passed, 1)
    held_width = min(_FIELD, _COLUMN_OF_RIBBONS / max(1, sum(flows.held.values())))
    used_width = min(held_width, _ACTIVITY_OF_RIBBONS / max([1, *used_by.values()]))
    columns = (
        [_height(stop, SERVICES, NAME, stop.fields * held_width) for stop in flows.services],
        [sum(_row_heights(group, held_width)) for group in flows.groups],
        [_height(stop, ACTIVITIES, TEXT, used_by.get(stop.id, 0) * used_width) for stop in flows.activities],
        [_height(stop, RECIPIENTS, NAME, received_by.get(stop.id, 0) * _RECIPIENT_RIBBON) for stop in flows.recipients],
    )
    room = max(sum(heights) + _GAP * max(0, len(heights) - 1) for heights in columns)
    services, groups, activities, recipients = (_spread(heights, top, room) for heights in columns)
    return _Places(
        services=services,
        groups=groups,
        activities=activities,
        recipients=recipients,
        bottom=top + room,
        held_width=held_width,
        used_width=used_width,
    )


def _ribbons(flows: Flows, places: _Places, rows: Edges, carries: Carries) -> Iterator[Ribbon]:
    names = {stop.id: stop.text for group in flows.groups for stop in _stops(group)}
    hues = {stop.id: number % HUES for number, group in enumerate(flows.groups) for stop in _stops(group)}
    services = {stop.id: stop.text for stop in flows.services}
    leaving = _edges(flows.services, places.services, SERVICES.right)
    for way, start, end in _joined(flows.held, leaving, rows, places.held_width):
        about = carries(services[way[0]], names[way[1]], flows.held[way])
        yield Ribbon(start=start, end=end, hue=hues[way[1]], about=about)

    activities = {stop.id: stop.text for stop in flows.activities}
    leaving = _edges([group.head for group in flows.groups], places.groups, CATEGORIES.right)
    arriving = _edges(flows.activities, places.activities, ACTIVITIES.left)
    for way, start, end in _joined(flows.used, leaving, arriving, places.used_width):
        about = carries(names[way[0]], activities[way[1]], flows.used[way])
        yield Ribbon(start=start, end=end, hue=hues[way[0]], about=about)

    recipients = {stop.id: stop for stop in flows.recipients}
    leaving = _edges(flows.activities, places.activities, ACTIVITIES.right)
    arriving = _edges(flows.recipients, places.recipients, RECIPIENTS.left)
    for way, start, end in _joined(flows.passed, leaving, arriving, _RECIPIENT_RIBBON):
        recipient = recipients[way[1]]
        about = f"{activities[way[0]]} → {recipient.text}"
        yield Ribbon(start=start, end=end, outside=bool(recipient.mark), about=about)


def _stops(group: Group) -> tuple[Stop, ...]:
    return (group.head, *group.rows)


def _height(stop: Stop, column: Column, style: Style, ribbons: float) -> float:
    lines = len(style.lines(stop.text, column.width - 2 * _PAD)) * style.leading
    below = len(_note_lines(stop, column)) * NOTE.leading + (MARK.leading if stop.mark else 0)
    return max(lines + below + 2 * _PAD - 4, ribbons + 2 * _PAD)


def _note_lines(stop: Stop, column: Column) -> tuple[str, ...]:
    return NOTE.lines(stop.note, column.width - 2 * _PAD, most=2)


def _row_heights(group: Group, scale: float) -> list[float]:
    return [
        max(len(_row_lines(stop, style)) * style.leading + 2 * _ROW_PAD, stop.fields * scale + 2)
        for stop, style in _styled(group)
    ]


def _styled(group: Group) -> Iterator[tuple[Stop, Style]]:
    yield group.head, NAME
    for stop in group.rows:
        yield stop, TEXT


def _row_lines(stop: Stop, style: Style) -> tuple[str, ...]:
    return style.lines(stop.text, CATEGORIES.width - 3 * _PAD - _beside(stop))


def _beside(stop: Stop) -> float:
    """What the number of fields and the mark take of a row."""
    count = NOTE.width(str(stop.fields)) + _PAD if stop.fields else 0
    return count + (mark_width(stop.mark) + _PAD if stop.mark else 0)


def _spread(heights: Sequence[float], top: float, room: float) -> _Spans:
    """Top and height of each, spread over the room but never far apart."""
    spare = room - sum(heights)
    gap = min(_WIDEST_GAP, spare / (len(heights) - 1)) if len(heights) > 1 else 0
    y = top + (spare - gap * max(0, len(heights) - 1)) / 2
    found: list[tuple[float, float]] = []
    for height in heights:
        found.append((y, height))
        y += height + gap
    return found


def _draw(
    layout: Layout,
    stops: Sequence[Stop],
    places: _Spans,
    kind: str,
    column: Column,
    style: Style,
) -> None:
    for stop, (y, height) in zip(stops, places, strict=True):
        about = ": ".join(filter(None, (stop.text, stop.note)))
        layout.boxes.append(Box(kind=kind, x=column.left, y=y, width=column.width, height=height, about=about))
        x, line = column.left + _PAD, y + (height - _height(stop, column, style, 0)) / 2 + _PAD - 2
        for text in style.lines(stop.text, column.width - 2 * _PAD):
            layout.letters.append(Lettering(text=text, style=style, x=x, y=line + style.size))
            line += style.leading
        for text in _note_lines(stop, column):
            layout.letters.append(Lettering(text=text, style=NOTE, x=x, y=line + NOTE.size))
            line += NOTE.leading
        if stop.mark:
            draw_mark(layout, stop.mark, x, line + 2)


def _draw_groups(layout: Layout, groups: Sequence[Group], places: _Places) -> dict[str, _Edge]:
    """Draws them, and says where the ribbons of their rows arrive."""
    edges: dict[str, _Edge] = {}
    for number, (group, (top, whole)) in enumerate(zip(groups, places.groups, strict=True)):
        box = Box(kind="group", x=CATEGORIES.left, y=top, width=CATEGORIES.width, height=whole, hue=number % HUES)
        layout.boxes.append(box)
        y = top
        for (stop, style), height in zip(_styled(group), _row_heights(group, places.held_width), strict=True):
            _draw_row(layout, stop, style, y, height)
            edges[stop.id] = _Edge(CATEGORIES.left, y, height)
            y += height
    return edges


def _draw_row(layout: Layout, stop: Stop, style: Style, y: float, height: float) -> None:
    row = Box(kind="row", x=CATEGORIES.left, y=y, width=CATEGORIES.width, height=height, about=stop.text)
    layout.boxes.append(row)
    lines = _row_lines(stop, style)
    line = y + (height - len(lines) * style.leading) / 2
    first = line + style.size
    for text in lines:
        layout.letters.append(Lettering(text=text, style=style, x=CATEGORIES.left + 2 * _PAD, y=line + style.size))
        line += style.leading
    right = CATEGORIES.right - _PAD
    if stop.fields:
        layout.letters.append(Lettering(text=str(stop.fields), style=NOTE, x=right, y=first, anchor="end"))
        right -= NOTE.width(str(stop.fields)) + _PAD
    if stop.mark:
        draw_mark(layout, stop.mark, right - mark_width(stop.mark), first - 12.5)


def _edges(stops: Iterable[Stop], places: _Spans, x: float) -> dict[str, _Edge]:
    return {stop.id: _Edge(x, top + 4, height - 8) for stop, (top, height) in zip(stops, places, strict=True)}


_End = tuple[float, float, float]


def _joined(ways: Ways, starts: Edges, ends: Edges, width: float) -> Iterator[tuple[tuple[str, str], _End, _End]]:
    """The ends of each way, side by side at each edge in the order of where they lead, so that they cross little."""
    ordered = sorted(ways, key=lambda way: (starts[way[0]].top, ends[way[1]].top, way))
    leaves = _docked(ordered, 0, starts, ends, ways, width)
    arrives = _docked(ordered, 1, ends, starts, ways, width)
    for way in ordered:
        yield way, leaves[way], arrives[way]


def _docked(
    ordered: Sequence[tuple[str, str]], end: int, edges: Edges, others: Edges, ways: Ways, width: float
) -> dict[tuple[str, str], _End]:
    at: dict[str, list[tuple[str, str]]] = {}
    for way in ordered:
        at.setdefault(way[end], []).append(way)
    found: dict[tuple[str, str], _End] = {}
    for stop, here in at.items():
        edge = edges[stop]
        here.sort(key=lambda way: (others[way[1 - end]].middle, way))
        widths = [max(_THINNEST, ways[way] * width) for way in here]
        shrunk = min(1.0, edge.height / sum(widths))
        y = edge.middle - shrunk * sum(widths) / 2
        for way, each in zip(here, widths, strict=True):
            found[way] = (edge.x, y, y + each * shrunk)
            y += each * shrunk
    return found
