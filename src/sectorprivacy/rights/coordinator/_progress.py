"""What a watcher of a running case is told; never a value of the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attrs import frozen

Stage = Literal["find", "export", "plan", "apply", "verify", "close"]


@frozen(kw_only=True)
class Progress:
    """One step of one service.

    Args:
        service: Its id.
        dataset: The data set, or None for the service as a whole.
        stage: Which step of the case runs.
        done: Records answered so far; rounds while finding.
        state: Whether it runs, is done, or failed.
        code: Reason code of a failure.
    """

    service: str
    stage: Stage
    state: Literal["running", "done", "failed"]
    dataset: str | None = None
    done: int = 0
    code: str | None = None


Watcher = Callable[[Progress], None]
"""Called in the event loop for each step; it must not block."""
