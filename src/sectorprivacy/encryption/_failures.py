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

    __slots__ = ("_failed", "_lock", "_outcomes")

    def __init__(self) -> None:
        self._outcomes: deque[bool] = deque(maxlen=WINDOW)
        self._failed = 0
        self._lock = threading.Lock()

    def opened(self) -> None:
        """A value opened."""
        # While nothing fails nothing is written down: this stands on the way of every value.
        if self._failed:
            with self._lock:
                self._note(failed=False)

    def failed(self) -> None:
        """A value did not open. Raises: SystemicFailure, in the place of the value's own error."""
        with self._lock:
            self._note(failed=True)
            failed, opened = self._failed, len(self._outcomes)
        if failed >= LEAST and 2 * failed >= opened:
            raise SystemicFailure(failed=failed, opened=opened)

    def _note(self, *, failed: bool) -> None:
        if len(self._outcomes) == WINDOW:
            self._failed -= self._outcomes[0]
        self._outcomes.append(failed)
        self._failed += failed
