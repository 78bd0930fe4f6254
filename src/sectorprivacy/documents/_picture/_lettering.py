"""How much room text takes: measured on the safe side, because a picture does not know the font it is shown in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from attrs import frozen

_WIDTHS = {
    **dict.fromkeys("iljI.,:;'|!·", 0.33),
    **dict.fromkeys(' ft()[]/\\"-r', 0.42),
    **dict.fromkeys("mM@%&", 1.0),
    **dict.fromkeys("W—…", 1.05),
    **dict.fromkeys("wOQGDHNU", 0.84),
}
"""Advance of a character in em, as wide as in DejaVu Sans, the widest of the common sans-serif fonts."""

_BOLD = 1.15
_LOWER, _UPPER, _OTHER, _FULL = 0.65, 0.78, 0.8, 1.05


@frozen
class Style:
    """A kind of text.

    Args:
        name: Its class in the style sheet.
        size: Height of the font, in pixels.
        leading: Distance from one line to the next, in pixels.
        bold: Whether it is bold.
    """

    name: str
    size: float
    leading: float
    bold: bool = False

    def width(self, text: str) -> float:
        """At most how wide the text is, in pixels."""
        return sum(map(_advance, text)) * self.size * (_BOLD if self.bold else 1)

    def lines(self, text: str, room: float, *, most: int = 3) -> tuple[str, ...]:
        """The text broken into lines that fit, the last one cut with an ellipsis where there are too many.

        Args:
            text: What is written; white space of any kind and length is one space.
            room: Width of a line, in pixels.
            most: Number of lines.
        """
        found = list(self._broken(text, room))
        if len(found) <= most:
            return tuple(found)
        last = found[most - 1]
        while last and self.width(f"{last}…") > room:
            last = last[:-1].rstrip()
        return (*found[: most - 1], f"{last}…")

    def _broken(self, text: str, room: float) -> Iterator[str]:
        line = ""
        for word in text.split():
            for piece in self._pieces(word, room):
                longer = f"{line} {piece}" if line else piece
                if line and self.width(longer) > room:
                    yield line
                    line = piece
                else:
                    line = longer
        if line:
            yield line

    def _pieces(self, word: str, room: float) -> Iterator[str]:
        """The word, or where no line holds it its parts, with a hyphen at the end of each but the last."""
        rest = word
        while self.width(rest) > room:
            end = next((end for end in range(len(rest) - 1, 1, -1) if self.width(f"{rest[:end]}-") <= room), 1)
            yield f"{rest[:end]}-"
            rest = rest[end:]
        yield rest


def _advance(character: str) -> float:
    letter = unicodedata.normalize("NFD", character)[0]
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    if unicodedata.east_asian_width(letter) in "WF":
        return _FULL
    if not letter.isascii():
        return _OTHER
    return _UPPER if letter.isupper() else _LOWER


TITLE = Style("title", 23, 30, bold=True)
LEAD = Style("lead", 13.5, 19)
HEADING = Style("heading", 15, 21, bold=True)
HINT = Style("hint", 12, 16)
NAME = Style("name", 13, 17, bold=True)
TEXT = Style("text", 13, 17)
NOTE = Style("note", 11.5, 16)
MARK = Style("mark", 11, 22, bold=True)

STYLES = (TITLE, LEAD, HEADING, HINT, NAME, TEXT, NOTE, MARK)
"""Every kind of text in the picture."""
