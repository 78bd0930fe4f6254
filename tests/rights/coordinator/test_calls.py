"""Calls end in time, are tried again only where that helps, and turn whatever is raised into a code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from attrs import evolve

from sectorprivacy.errors import ProtocolError, ServiceFailed
from sectorprivacy.rights.coordinator import CoordinatorLimits
from sectorprivacy.rights.coordinator._calls import Calls

LIMITS = CoordinatorLimits(page=0.05, task=5, backoff=0.001)


class Service:
    """Raises one thing after the other, then answers."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def answer(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.mark.parametrize(
    ("error", "code", "calls"),
    [
        (ProtocolError(problem="unknown_dataset"), "unknown_dataset", 1),
        (ProtocolError(problem="busy", retry="now"), "busy", 3),
        (ProtocolError(problem="busy", retry="backoff"), "busy", 3),
        (ProtocolError(problem="busy", retry="human"), "busy", 1),
        (ProtocolError(problem="Kari Nordmann is unknown"), "refused", 1),
        (ServiceFailed(service="crm", reason="unauthorised"), "unauthorised", 1),
        (ConnectionRefusedError(), "unreachable", 3),
        (TimeoutError(), "timed_out", 1),
        (RuntimeError("Key (email)=(kari@example.no)"), "crashed", 1),
        (asyncio.CancelledError(), "crashed", 1),
    ],
)
async def test_what_is_raised_becomes_a_code(error: BaseException, code: str, calls: int) -> None:
    """Only `now`, `backoff` and a lost connection are tried again, three times at most by default."""
    service = Service(*[error] * 10)
    with pytest.raises(ServiceFailed) as failed:
        await Calls("crm", LIMITS).ask(service.answer)
    assert (failed.value.reason, service.calls) == (code, calls)


async def test_a_second_attempt_can_succeed() -> None:
    """A service that restarts loses nothing."""
    assert await Calls("crm", LIMITS).ask(Service(ConnectionResetError()).answer) == "answer"


async def test_a_call_that_ignores_its_end_holds_up_nobody() -> None:
    """The wait ends with the time limit, even where the cancellation is swallowed."""
    ended = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await ended.wait()

    with pytest.raises(ServiceFailed, match="timed_out"):
        await Calls("crm", LIMITS).ask(stubborn)
    ended.set()


async def test_a_step_has_an_end_of_its_own() -> None:
    """A service that answers each page just in time cannot go on for ever."""
    calls = Calls("crm", evolve(LIMITS, task=0.1))

    async def slow() -> str:
        await asyncio.sleep(0.03)
        return "page"

    answered = [await calls.ask(slow)]
    with pytest.raises(ServiceFailed, match="timed_out"):
        answered += [await calls.ask(slow) for _ in range(100)]


async def test_a_cancelled_coordinator_cancels_its_call() -> None:
    """Nothing goes on behind the back of a coordinator that was stopped."""
    cancelled = asyncio.Event()

    async def waiting() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    asking = asyncio.ensure_future(Calls("crm", evolve(LIMITS, page=60)).ask(waiting))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_file_that_stops_coming_is_given_up_and_closed() -> None:
    """Each chunk has the time of a page; the source is closed, so that its connection goes back."""
    closed = asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await asyncio.sleep(60)
        finally:
            closed.set()

    chunks = Calls("crm", LIMITS).chunks(trickle())
    assert await anext(chunks) == b"first"
    with pytest.raises(ServiceFailed, match="timed_out"):
        await anext(chunks)
    assert closed.is_set()
