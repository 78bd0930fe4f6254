"""An attachment as a response: digest first, then the bytes in constant memory, whole or a range of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from uuid import UUID

from attrs import frozen

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import Attachments, ExportTask, HttpResponse, sha256_field
from sectorprivacy.rights.service._endpoint_outcome import log_failure, outcome

MEDIA_TYPE = "application/octet-stream"

_SMALL = 1024 * 1024
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


@frozen
class _Seen:
    """An attachment read once: its size and SHA-256, and its bytes if they are few."""

    size: int
    digest: bytes
    small: bytes | None


async def attachment_response(
    attachments: Attachments, task: ExportTask, attachment: str, wanted: str | None
) -> HttpResponse:
    """The attachment, or the one range that is wanted of it.

    The digest stands in the signed head and so before the bytes: a large file is read twice rather than held.

    Args:
        attachments: Whom to ask.
        task: The export it belongs to.
        attachment: Its id.
        wanted: Value of the Range field; None for the whole.

    Raises:
        ProtocolError: `bad_range`, or what the service says of the attachment.
    """
    seen = await _read(attachments.attachment(task, attachment))
    first, last = (0, seen.size - 1) if wanted is None else _range(wanted, seen.size)
    status = HTTPStatus.OK if wanted is None else HTTPStatus.PARTIAL_CONTENT
    headers = [
        ("content-type", MEDIA_TYPE),
        ("content-length", str(last - first + 1)),
        ("repr-digest", sha256_field(seen.digest)),
    ]
    if wanted is not None:
        headers.append(("content-range", f"bytes {first}-{last}/{seen.size}"))
    source = attachments.attachment(task, attachment) if seen.small is None else _once(seen.small)
    return HttpResponse(status=status, headers=tuple(headers), body=_slice(source, first, last + 1, task.task))


async def _read(source: AsyncIterator[bytes]) -> _Seen:
    hasher = hashlib.sha256()
    size = 0
    small = bytearray()
    async for chunk in source:
        hasher.update(chunk)
        size += len(chunk)
        if size <= _SMALL:
            small += chunk
    return _Seen(size, hasher.digest(), bytes(small) if size <= _SMALL else None)


def _range(wanted: str, size: int) -> tuple[int, int]:
    """First and last byte of a single range (RFC 9110, 14.1.2)."""
    match = _RANGE.fullmatch(wanted)
    if match is None or not (match["first"] or match["last"]):
        raise ProtocolError(problem="bad_range")
    if match["first"]:
        first = int(match["first"])
        last = min(int(match["last"] or size - 1), size - 1)
    else:
        first, last = max(size - int(match["last"]), 0), size - 1
    if first > last:
        raise ProtocolError(problem="bad_range")
    return first, last


async def _slice(source: AsyncIterator[bytes], start: int, stop: int, task: UUID) -> AsyncIterator[bytes]:
    """The bytes from start to stop; where the source fails they end too soon, which the length and the digest show."""
    position = 0
    while position < stop:
        chunk = await outcome(_next(source))
        if isinstance(chunk, BaseException):
            log_failure(chunk, task)
            return
        if chunk is None:
            return
        part = chunk[max(start - position, 0) : max(stop - position, 0)]
        position += len(chunk)
        if part:
            yield part


async def _next(source: AsyncIterator[bytes]) -> bytes | None:
    return await anext(source, None)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
