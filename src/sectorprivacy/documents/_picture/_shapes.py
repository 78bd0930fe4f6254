"""What a picture is made of: columns, boxes, lines of text and ribbons, in pixels."""

from __future__ import annotations

from typing import Literal

from attrs import Factory, frozen

from sectorprivacy.documents._picture._lettering import MARK, Style

WIDTH = 1280
"""Of the whole picture."""

_MARK_PAD = 7
_MARK_HEIGHT = 17


@frozen
class Column:
    """Left edge and width of a column."""

    left: float
    width: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width


SERVICES = Column(32, 172)
CATEGORIES = Column(318, 250)
ACTIVITIES = Column(716, 252)
RECIPIENTS = Column(1070, 178)


@frozen(kw_only=True)
class Lettering:
    """A line of text.

    Args:
        text: What is written.
        style: How.
        x: Its left edge, its middle or its right edge, as `anchor` says.
        y: Its baseline.
        anchor: "start", "middle" or "end".
    """

    text: str
    style: Style
    x: float
    y: float
    anchor: Literal["start", "middle", "end"] = "start"

    @property
    def room(self) -> tuple[float, float, float, float]:
        """At most what it takes: left, top, right, bottom."""
        width = self.style.width(self.text)
        left = self.x - width * {"start": 0, "middle": 0.5, "end": 1}[self.anchor]
        return left, self.y - self.style.size, left + width, self.y + self.style.size * 0.3


@frozen(kw_only=True)
class Box:
    """A rectangle: a stop, a group of categories, a row of one, or the pill around a mark.

    Args:
        kind: "service", "group", "row", "activity", "recipient", or "pill".
        hue: Number of its colour, None for a neutral one.
        about: Its whole text, for who points at it.
    """

    kind: str
    x: float
    y: float
    width: float
    height: float
    hue: int | None = None
    about: str = ""


@frozen(kw_only=True)
class Ribbon:
    """A band from the right edge of one box to the left edge of another.

    Args:
        start: Its x, its top and its bottom where it leaves.
        end: The same where it arrives.
        hue: Number of its colour, None for a neutral one.
        outside: Whether what it carries leaves the EEA.
        about: What it carries.
    """

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    hue: int | None = None
    outside: bool = False
    about: str = ""


@frozen(kw_only=True)
class Layout:
    """All that stands in the picture; ribbons lie under boxes, boxes under text.

    Args:
        bottom: Where the longest column ends.
    """

    bottom: float
    ribbons: list[Ribbon] = Factory(list[Ribbon])
    boxes: list[Box] = Factory(list[Box])
    letters: list[Lettering] = Factory(list[Lettering])


def mark_width(mark: str) -> float:
    """Width of the pill around a mark."""
    return MARK.width(mark) + 2 * _MARK_PAD


def draw_mark(layout: Layout, mark: str, x: float, y: float) -> None:
    """Adds a mark in its pill, whose top left corner is given."""
    width = mark_width(mark)
    layout.boxes.append(Box(kind="pill", x=x, y=y, width=width, height=_MARK_HEIGHT))
    layout.letters.append(Lettering(text=mark, style=MARK, x=x + width / 2, y=y + 12.5, anchor="middle"))
