"""HTML by Jinja: the pages of a package, for people."""

from sectorprivacy.integrations.jinja._renderer import JinjaRenderer

__all__ = ["JinjaRenderer"]
