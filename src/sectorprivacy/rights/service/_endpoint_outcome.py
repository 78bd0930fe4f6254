"""What a call came to, as a value, and what may be said of a failure: the texts of exceptions quote people."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

from sectorprivacy.errors import PrivacyError

T = TypeVar("T")

_CODE = re.compile(r"[a-z0-9_]{1,64}")

_log = logging.getLogger("sectorprivacy.rights.service")


async def outcome(call: Coroutine[Any, Any, T]) -> T | BaseException:
    """What a call returned or raised; a service may raise anything."""
    results: tuple[T | BaseException] = await asyncio.gather(call, return_exceptions=True)
    return results[0]


def log_failure(error: BaseException, task: UUID | None) -> None:
    """Tell the owner of the service where it failed: the type of the error and the line, never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    _log.error("task %s: %s at %s", task, type(error).__name__, place)


def code_of(error: BaseException) -> str:
    """Code of an error of the library in the form the protocol has; `internal` for every other."""
    return as_code(error.code.replace(".", "_").replace("-", "_")) if isinstance(error, PrivacyError) else "internal"


def as_code(text: str) -> str:
    """The text if it has the form of a code; anything else might be a sentence with a person in it."""
    return text if _CODE.fullmatch(text) else "refused"
