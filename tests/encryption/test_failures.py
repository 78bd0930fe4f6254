"""When the keys are blamed, and not the data: many values that fail at once raise one alarm."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sectorprivacy.encryption import Codec, Keys, Place
from sectorprivacy.encryption._failures import Failures
from sectorprivacy.errors import DecryptionError, SystemicFailure

At = Callable[..., Place]


def outcomes(*runs: tuple[str, int]) -> bool:
    """Whether the alarm is raised at the last of so many outcomes."""
    seen = Failures()
    steps = [each for each, number in runs for _ in range(number)]
    for number, step in enumerate(steps, 1):
        if step == "opened":
            seen.opened()
        elif number < len(steps):
            seen.failed()
    try:
        seen.failed()
    except SystemicFailure:
        return True
    return False


def test_the_alarm_is_of_the_last_hundred_values() -> None:
    """Twenty failures that are half of the last hundred: not nineteen, no smaller share, and not those of long ago."""
    assert not outcomes(("failed", 19))
    assert outcomes(("failed", 20))
    assert outcomes(("failed", 1), ("opened", 20), ("failed", 19))
    assert not outcomes(("failed", 1), ("opened", 22), ("failed", 19))
    assert not outcomes(("failed", 19), ("opened", 100), ("failed", 19))
    assert not outcomes(("failed", 15), ("opened", 60), ("failed", 15))


@pytest.mark.parametrize("opening", ["open", "for_opening", "for_stream"])
def test_each_way_of_opening_counts_towards_the_alarm(keys: Keys, place: At, opening: str) -> None:
    """A page, a file and a single value fail for the same reason when a key store is the wrong one."""
    ways: dict[str, Callable[[], object]] = {
        "open": lambda: keys.open(place(), b"\xf9\x01" + bytes(50)),
        "for_opening": lambda: keys.for_opening(place(), b"\xf9\x01" + bytes(50)),
        "for_stream": lambda: keys.for_stream(place(Codec.BYTES), bytes(16)),
    }
    for _ in range(19):
        with pytest.raises(DecryptionError):
            ways[opening]()
    with pytest.raises(SystemicFailure):
        ways[opening]()
