"""What a call came to, as a value, and what may be said of a failure: the texts of exceptions quote people."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

from sectorprivacy.errors import PrivacyError
from sectorprivacy.rights.protocol import as_code, where_it_broke

T = TypeVar("T")

_log = logging.getLogger("sectorprivacy.rights.service")


async def outcome(call: Coroutine[Any, Any, T]) -> T | BaseException:
    """What a call returned or raised; a service may raise anything."""
    results: tuple[T | BaseException] = await asyncio.gather(call, return_exceptions=True)
    return results[0]


def log_failure(error: BaseException, task: UUID | None) -> None:
    """Tell the owner of the service where it failed: the type of the error and the line, never its text."""
    _log.error("task %s: %s", task, where_it_broke(error))


def code_of(error: BaseException) -> str:
    """Code of an error of the library in the form the protocol has; `internal` for every other."""
    return as_code(error.code.replace(".", "_").replace("-", "_")) if isinstance(error, PrivacyError) else "internal"
