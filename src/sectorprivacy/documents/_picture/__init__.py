"""The data map as a picture: what flows, where it stands, how wide its text is, its colours, and the drawing of it."""

from sectorprivacy.documents._picture._drawing import to_svg

__all__ = ["to_svg"]
