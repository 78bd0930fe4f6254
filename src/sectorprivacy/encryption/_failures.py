"""Tells a broken key from broken data: many values that fail at once raise one alarm."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from sectorprivacy.errors import SystemicFailure

WINDOW: Final = 100
"""How many of the last values are looked at."""

LEAST: Final = 20
"""How many of them must have failed, and half of all, before the keys are blamed."""


class Failures:
    """The outcomes of the last values opened, for one process."""

    __slots__ = ("_failed", "_lock", "_opened", "_outcomes")

    def __init__(self) -> None:
        self._opened = 0
        self._failed = 0
        self._outcomes: deque[bool] = deque(maxlen=WINDOW)
        self._lock = threading.Lock()

    def opened(self) -> None:
        """A value opened."""
        # While nothing fails it is only counted: this stands on the way of every value.
        if self._failed:
            with self._lock:
                self._note(failed=False)
        elif self._opened < WINDOW:
            self._opened += 1

    def failed(self) -> None:
        """A value did not open. Raises: SystemicFailure, in the place of the value's own error."""
        with self._lock:
            if not self._failed:
                self._outcomes = deque([False] * self._opened, maxlen=WINDOW)
            self._note(failed=True)
            failed, looked_at = self._failed, len(self._outcomes)
        if failed >= LEAST and 2 * failed >= looked_at:
            raise SystemicFailure(failed=failed, opened=looked_at)

    def _note(self, *, failed: bool) -> None:
        if len(self._outcomes) == WINDOW:
            self._failed -= self._outcomes[0]
        self._outcomes.append(failed)
        self._failed += failed
        if not self._failed:
            self._opened = len(self._outcomes)
