"""Measures cases against their peers, interleaved, so that whatever slows the machine slows both sides alike."""

from __future__ import annotations

import gc
import random
import statistics
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import perf_counter

from attrs import field, frozen

ROUNDS = 15
SHORTEST_SECONDS = 0.02
"""One timing repeats a call until it takes this long; shorter ones measure the clock."""

Call = Callable[[], object]


@frozen
class Case:
    """One comparison of two calls that do the same work.

    Args:
        name: What is done.
        ours: Does it with this library.
        against: Name of the peer, and the call that does it with the peer.
        goal: Highest ratio of ours to the peer's time that is good enough; None where the ratio is only told, such as
            that of another library to the same peer.
        per: Units of work in one call, such as rows; times are shown for one unit.
    """

    name: str
    ours: Call
    against: tuple[str, Call]
    goal: float | None = None
    per: int = field(default=1, kw_only=True)


@frozen
class Benchmark:
    """The cases of one benchmark, measured together.

    Args:
        cases: What is compared.
        missing: Peers that are not installed, and so are not in the table.
    """

    cases: tuple[Case, ...] = field(converter=tuple[Case, ...])
    missing: tuple[str, ...] = ()


@frozen(kw_only=True)
class Result:
    """What was measured for a case.

    Args:
        case: What was measured.
        ratios: Ours to the peer's time, one of each round, in ascending order.
        seconds: Median time of ours for one unit of work.
    """

    case: Case
    ratios: tuple[float, ...]
    seconds: float

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Lower and upper quartile of the ratios."""
        lower, _, upper = statistics.quantiles(self.ratios, n=4, method="inclusive")
        return lower, upper

    @property
    def met(self) -> bool:
        """Whether the median is within the goal, if there is one."""
        return self.case.goal is None or self.ratio <= self.case.goal


def measure(benchmark: Benchmark, *, rounds: int = ROUNDS, shortest: float = SHORTEST_SECONDS) -> list[Result]:
    """Measure every case in each of several rounds.

    Args:
        benchmark: What to measure.
        rounds: How often, at least 2.
        shortest: Seconds that one timing takes at least.

    Returns:
        One result for each case, in the benchmark's order.
    """
    repeats = [(_repeats(case.ours, shortest), _repeats(case.against[1], shortest)) for case in benchmark.cases]
    timings: list[list[tuple[float, float]]] = [[] for _ in benchmark.cases]
    with _without_collector():
        for _ in range(rounds):
            for number in random.sample(range(len(benchmark.cases)), k=len(benchmark.cases)):
                timings[number].append(_time_both(benchmark.cases[number], *repeats[number]))
    return [_result(case, pairs) for case, pairs in zip(benchmark.cases, timings, strict=True)]


def _result(case: Case, pairs: list[tuple[float, float]]) -> Result:
    return Result(
        case=case,
        ratios=tuple(sorted(ours / theirs for ours, theirs in pairs)),
        seconds=statistics.median(ours for ours, _ in pairs) / case.per,
    )


def _time_both(case: Case, our_repeats: int, their_repeats: int) -> tuple[float, float]:
    """Seconds of one call of each. Who goes first is left to chance: the second finds warmer caches."""
    if random.getrandbits(1):
        ours = _time(case.ours, our_repeats)
        return ours, _time(case.against[1], their_repeats)
    theirs = _time(case.against[1], their_repeats)
    return _time(case.ours, our_repeats), theirs


def _time(call: Call, repeats: int) -> float:
    start = perf_counter()
    for _ in range(repeats):
        call()
    return (perf_counter() - start) / repeats


def _repeats(call: Call, shortest: float) -> int:
    """How often a call is repeated in one timing; finding out warms it up."""
    repeats = 1
    while (seconds := _time(call, repeats) * repeats) < shortest:
        repeats = max(repeats * 2, int(repeats * shortest / max(seconds, 1e-6)))
    return repeats


@contextmanager
def _without_collector() -> Generator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
