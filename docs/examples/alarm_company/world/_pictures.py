"""Draws verification images: a dark room in the light of a camera's infrared lamp, as small PNG files."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from itertools import product
from random import Random

WIDTH, HEIGHT = 160, 120
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DARK, _BRIGHT = 24, 215
_LETTERS = {  # three columns and five rows each, row by row
    "0": "###|#.#|#.#|#.#|###",
    "1": ".#.|##.|.#.|.#.|###",
    "2": "###|..#|###|#..|###",
    "3": "###|..#|.##|..#|###",
    "4": "#.#|#.#|###|..#|..#",
    "5": "###|#..|###|..#|###",
    "6": "###|#..|###|#.#|###",
    "7": "###|..#|..#|.#.|.#.",
    "8": "###|#.#|###|#.#|###",
    "9": "###|#.#|###|..#|###",
    "-": "...|...|###|...|...",
    "A": ".#.|#.#|###|#.#|#.#",
}


class _Canvas:
    """Light from 0 to 255 at every point; what lies outside is cut off."""

    def __init__(self) -> None:
        self.rows = [bytearray(WIDTH) for _ in range(HEIGHT)]

    def box(self, left: int, top: int, right: int, bottom: int, light: int) -> None:
        left, right = max(left, 0), min(right, WIDTH)
        for row in self.rows[max(top, 0) : max(bottom, 0)]:
            row[left:right] = bytes([light]) * max(right - left, 0)

    def oval(self, x: int, y: int, across: int, down: int, light: int) -> None:
        """An ellipse around (x, y) with these half axes."""
        for step in range(-down, down + 1):
            half = round(across * (1 - (step / down) ** 2) ** 0.5)
            self.box(x - half, y + step, x + half + 1, y + step + 1, light)

    def text(self, words: str, left: int, top: int) -> None:
        for place, letter in enumerate(words):
            for y, line in enumerate(_LETTERS.get(letter, "").split("|")):
                for x, point in enumerate(line):
                    if point == "#":
                        self.box(left + 4 * place + x, top + y, left + 4 * place + x + 1, top + y + 1, 255)


@cache
def _lamp() -> bytes:
    """How much of the lamp's light reaches each point, 0 to 255: much in the middle, little in the corners."""
    middle_x, middle_y = WIDTH / 2, HEIGHT * 0.55
    reach = (WIDTH * 0.72) ** 2
    return bytes(
        int(255 * max(0.12, 1 - ((x - middle_x) ** 2 + (1.3 * (y - middle_y)) ** 2) / reach))
        for y, x in product(range(HEIGHT), range(WIDTH))
    )


def draw_image(name: str) -> bytes:
    """The verification image of that name as a PNG file: one name, one picture, and no two names alike.

    Args:
        name: File name such as "A-01001-1.png"; what stands before the dot is written into the picture.
    """
    rng = Random(name)
    canvas = _Canvas()
    _room(canvas, rng)
    rng.choice((_person, _person, _cat, _nobody))(canvas, rng)
    lit = _light(b"".join(canvas.rows), rng)
    canvas.rows = [lit[at : at + WIDTH] for at in range(0, WIDTH * HEIGHT, WIDTH)]
    canvas.box(0, HEIGHT - 9, WIDTH, HEIGHT, 0)
    canvas.text(name.partition(".")[0], 3, HEIGHT - 7)
    return _png(canvas.rows)


def _light(flat: bytes, rng: Random) -> bytearray:
    """The room under the lamp, with the grain of a sensor that sees little."""
    grain = rng.randbytes(len(flat))
    return bytearray(
        min(255, (light * lamp >> 8) + (noise >> 4)) for light, lamp, noise in zip(flat, _lamp(), grain, strict=True)
    )


def _room(canvas: _Canvas, rng: Random) -> None:
    skirting = rng.randrange(74, 90)
    door = rng.randrange(8, 116)
    window = (door + rng.randrange(50, 90)) % 130
    canvas.box(0, 0, WIDTH, skirting, 96)
    canvas.box(0, skirting, WIDTH, skirting + 3, 150)
    canvas.box(0, skirting + 3, WIDTH, HEIGHT, 64)
    canvas.box(door, 18, door + 30, skirting + 3, 128)
    canvas.box(door + 3, 21, door + 27, skirting + 3, 40)
    canvas.box(window, 22, window + 26, 50, 140)
    canvas.box(window + 2, 24, window + 24, 48, 14)
    canvas.box(window + 12, 24, window + 14, 48, 140)
    canvas.box(window - 6, skirting - 12, window + 34, skirting + 10, 172)
    canvas.box(window - 6, skirting - 2, window + 34, skirting, 120)


def _person(canvas: _Canvas, rng: Random) -> None:
    x, feet = rng.randrange(34, 126), rng.randrange(96, 108)
    stride = rng.randrange(3, 9)
    canvas.box(x - stride - 4, feet - 30, x - stride + 3, feet, _DARK + 22)
    canvas.box(x + stride - 3, feet - 31, x + stride + 4, feet - 2, _DARK + 22)
    canvas.oval(x, feet - 56, 13, 6, _BRIGHT)
    canvas.box(x - 9, feet - 56, x + 10, feet - 28, _BRIGHT)
    canvas.box(x - 13, feet - 55, x - 9, feet - 32, _BRIGHT - 32)
    canvas.box(x + 10, feet - 55, x + 14, feet - 32, _BRIGHT - 32)
    canvas.oval(x, feet - 71, 7, 9, _BRIGHT + 28)
    canvas.box(x - 4, feet - 73, x - 2, feet - 71, _DARK)
    canvas.box(x + 3, feet - 73, x + 5, feet - 71, _DARK)


def _cat(canvas: _Canvas, rng: Random) -> None:
    x, feet = rng.randrange(30, 126), rng.randrange(94, 108)
    canvas.oval(x, feet - 9, 13, 6, _BRIGHT)
    canvas.oval(x + 14, feet - 16, 6, 5, _BRIGHT + 15)
    canvas.box(x + 9, feet - 24, x + 12, feet - 18, _BRIGHT)
    canvas.box(x + 16, feet - 24, x + 19, feet - 18, _BRIGHT)
    canvas.box(x - 11, feet - 6, x - 8, feet, _BRIGHT)
    canvas.box(x + 8, feet - 6, x + 11, feet, _BRIGHT)
    canvas.box(x - 16, feet - 24, x - 13, feet - 9, _BRIGHT - 20)
    canvas.box(x + 12, feet - 17, x + 14, feet - 15, 255)
    canvas.box(x + 16, feet - 17, x + 18, feet - 15, 255)


def _nobody(canvas: _Canvas, rng: Random) -> None:
    """A curtain that the draught has moved."""
    x = rng.randrange(20, 130)
    canvas.box(x - 2, 12, x + 26, 14, 230)
    draught = rng.randrange(3)
    for fold in range(6):
        sway = fold * draught
        canvas.box(x + 4 * fold, 14, x + 4 * fold + 4, 50, 150 + 40 * (fold % 2))
        canvas.box(x + 4 * fold + sway, 50, x + 4 * fold + sway + 4, 66 + rng.randrange(10), 140 + 40 * (fold % 2))


def _png(rows: list[bytearray]) -> bytes:
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)  # eight bits, colours from a palette
    palette = b"".join(bytes((light * 7 // 10, light, light * 8 // 10)) for light in range(256))
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
