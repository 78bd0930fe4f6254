"""What a forked child must not take over from its parent: cached keys, and locks that another thread held."""

from __future__ import annotations

import os
from typing import Final, Protocol
from weakref import WeakSet


class Inherited(Protocol):
    """Something that a child begins anew."""

    def begin_anew(self) -> None:
        """Called in a forked child, before anything else runs there."""
        ...


_INHERITED: Final[WeakSet[Inherited]] = WeakSet()


def begins_anew(each: Inherited) -> None:
    """Let an object begin anew in every child that is forked while it is alive."""
    _INHERITED.add(each)


def _begin_all() -> None:
    for each in list(_INHERITED):
        each.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_all)
