"""Colours and letters of the data map's picture, on light and on dark paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from sectorprivacy.documents._picture._lettering import STYLES


@frozen(kw_only=True)
class _Palette:
    """Colours: ink, quiet ink and marks stand out from paper and panel by 4.5 to 1 or more (WCAG 2.2, 1.4.3)."""

    paper: str
    panel: str
    edge: str
    ink: str
    quiet: str
    passed: str
    outside: str
    mark: str
    pill: str
    hues: Sequence[str]


_LIGHT = _Palette(
    paper="#fbfbf9",
    panel="#ffffff",
    edge="#c9d3d8",
    ink="#1d2428",
    quiet="#55626a",
    passed="#7b8a93",
    outside="#b3560e",
    mark="#8f3f06",
    pill="#fdf1e5",
    hues=("#2c7f86", "#4573b3", "#7a63b0", "#ab567a", "#b4623a", "#94771f", "#56873f", "#8b6545"),
)
_DARK = _Palette(
    paper="#14191c",
    panel="#1f272b",
    edge="#3d4a50",
    ink="#e9eef0",
    quiet="#aab7bd",
    passed="#7f8f98",
    outside="#f0a556",
    mark="#ffc58a",
    pill="#3a2a1a",
    hues=("#63bcc1", "#86aee8", "#b09de4", "#e094b3", "#e59d74", "#d2b65c", "#96c47f", "#cbab8c"),
)

_SHAPES = """
.data-map text{
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;pointer-events:none}
.data-map .row{fill-opacity:0}
.data-map .ribbon{fill-opacity:.34;stroke:currentColor;stroke-width:.8;stroke-opacity:.28}
.data-map .ribbons:hover .ribbon{fill-opacity:.12}
.data-map .ribbons .ribbon:hover{fill-opacity:.85}
"""


def _colours(palette: _Palette) -> Iterator[str]:
    yield f".data-map .paper{{fill:{palette.paper}}}"
    yield f".data-map text{{fill:{palette.ink}}}"
    yield f".data-map .lead,.data-map .hint,.data-map .note{{fill:{palette.quiet}}}"
    yield f".data-map .mark{{fill:{palette.mark}}}"
    for kind in ("service", "group", "activity", "recipient"):
        yield f".data-map .{kind}{{fill:{palette.panel};stroke:{palette.edge}}}"
    yield f".data-map .pill{{fill:{palette.pill};stroke:{palette.outside}}}"
    yield f".data-map .passed{{fill:{palette.passed};color:{palette.passed}}}"
    yield f".data-map .outside{{fill:{palette.outside};color:{palette.outside}}}"
    for number, hue in enumerate(palette.hues):
        yield f".data-map .hue{number}{{fill:{hue};color:{hue}}}"


def _letters() -> Iterator[str]:
    for style in STYLES:
        yield f".data-map .{style.name}{{font-size:{style.size:g}px;font-weight:{600 if style.bold else 400}}}"


STYLE = "\n".join(
    [
        _SHAPES.strip(),
        *_letters(),
        *_colours(_LIGHT),
        "@media (prefers-color-scheme:dark){",
        *_colours(_DARK),
        "}",
    ]
)
"""The style sheet of the picture; every rule of it begins with the picture's class, so that it styles nothing else."""

HUES = len(_LIGHT.hues)
"""Number of colours that top categories take in turn."""
