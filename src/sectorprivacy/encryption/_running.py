"""What a process runs on: a clock that no sleep stops, and perhaps an event loop that nothing may block."""

from __future__ import annotations

import asyncio
import time


def awake_or_not() -> float:
    """Seconds on a clock that also runs while the machine is suspended."""
    # Where there is no CLOCK_BOOTTIME (macOS), the monotonic clock counts suspended time.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def loop_runs() -> bool:
    """Whether an event loop runs in this thread; opening a value never blocks one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
