"""Calls to one service: how long to wait, what to try again, and which code a failure gets.

A call runs as a task of its own. So a service that never answers, or that swallows its cancellation, holds up nobody,
and whatever it raises is looked at as a value: its type gives a code, and its text is never kept, because the texts of
drivers quote personal data.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar, cast

from attrs import define, field
from pydantic import ValidationError

from sectorprivacy.errors import ProtocolError, ServiceFailed
from sectorprivacy.rights.coordinator._limits import CoordinatorLimits
from sectorprivacy.rights.protocol import as_code, where_it_broke

T = TypeVar("T")

TRY_AGAIN = frozenset({"now", "backoff"})
_LOG = logging.getLogger("sectorprivacy.rights.coordinator")
_RANDOM = secrets.SystemRandom()


@define
class Calls:
    """Calls to one service within one step of a case; the time limit of the step runs from when this is made.

    Args:
        service: Its id.
        limits: What to wait for.
    """

    service: str
    limits: CoordinatorLimits
    _deadline: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._deadline = asyncio.get_running_loop().time() + self.limits.task

    async def ask(self, call: Callable[[], Coroutine[Any, Any, T]], *, wait: float | None = None) -> T:
        """One answer, asked again where the failure says that it can help. Time that ran out is not given twice.

        Args:
            call: Makes the call; called once an attempt.
            wait: Seconds for one attempt; by default the limit of a page.

        Raises:
            ServiceFailed: With the reason code of the last attempt.
        """
        for attempt in range(1, self.limits.attempts + 1):
            failure = await self._attempt(call, self.limits.page if wait is None else wait)
            if not isinstance(failure, _Failure):
                return failure
            if failure.retry not in TRY_AGAIN or attempt == self.limits.attempts:
                raise ServiceFailed(service=self.service, reason=failure.code)
            if failure.retry == "backoff":
                await asyncio.sleep(_RANDOM.uniform(0, self.limits.backoff * 2 ** (attempt - 1)))
        raise ServiceFailed(service=self.service, reason="timed_out")

    async def chunks(self, source: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The bytes of a file, each chunk within the limit of a page; a broken stream is not tried again.

        Raises:
            ServiceFailed: With a reason code.
        """
        try:
            while True:
                chunk = await self._attempt(lambda: _next(source), self.limits.page)
                if isinstance(chunk, _Failure):
                    raise ServiceFailed(service=self.service, reason=chunk.code)
                if chunk is None:
                    return
                yield chunk
        finally:
            if isinstance(source, AsyncGenerator):
                generator = cast("AsyncGenerator[bytes, None]", source)
                await self._attempt(lambda: _end(generator), self.limits.connect)

    async def _attempt(self, call: Callable[[], Coroutine[Any, Any, T]], wait: float) -> T | _Failure:
        left = self._deadline - asyncio.get_running_loop().time()
        if left <= 0:
            return _Failure("timed_out", "never")
        task = asyncio.ensure_future(call())
        try:
            done, _ = await asyncio.wait({task}, timeout=min(wait, left))
        finally:
            if not task.done():
                task.add_done_callback(_forget)
                task.cancel()
        if not done:
            return _Failure("timed_out", "never")
        if task.cancelled():
            return _Failure("crashed", "never")
        error = task.exception()
        if error is None:
            return task.result()
        failure = _failure(error)
        if failure.code == "crashed":
            _LOG.warning("service %s crashed: %s", self.service, where_it_broke(error))
        return failure


@define
class _Failure:
    code: str
    retry: str


def _failure(error: BaseException) -> _Failure:
    """Reason code and advice for what a service raised."""
    if isinstance(error, ProtocolError):
        return _Failure(as_code(error.problem), error.retry)
    if isinstance(error, ServiceFailed):
        return _Failure(as_code(error.reason), "never")
    if isinstance(error, TimeoutError):
        return _Failure("timed_out", "never")
    if isinstance(error, OSError):
        return _Failure("unreachable", "backoff")
    if isinstance(error, ValidationError):
        return _Failure("nonsense", "never")
    return _Failure("crashed", "never")


def _forget(task: asyncio.Future[Any]) -> None:
    """Look at what an abandoned call ended with, so that the loop does not report it with its text."""
    if not task.cancelled():
        task.exception()


async def _next(source: AsyncIterator[bytes]) -> bytes | None:
    return await anext(source, None)


async def _end(source: AsyncGenerator[bytes, None]) -> None:
    await source.aclose()
