"""The protocol over HTTP without HTTP: requests and responses as values, where they go, problems, limits, who signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal, Protocol, TypeVar
from uuid import UUID

from attrs import field, frozen
from pydantic import Field

from sectorprivacy.errors import SignatureInvalid
from sectorprivacy.rights.protocol._messages import PAGE_LIMIT, Manifest, Message, Ref, StableId
from sectorprivacy.signing import Verifier

Operation = Literal["find", "export", "plan", "apply"]
"""What a task does; the first part of its path, and what a key is allowed for."""

MANIFEST_PATH = "/.well-known/sectorprivacy"

JSON = "application/json"
NDJSON = "application/x-ndjson"
ENVELOPE_JSON = "application/vnd.dsse.envelope.v1+json"
PROBLEM_JSON = "application/problem+json"

CURSOR_LIMIT = 512
"""Most characters of a cursor."""


def task_path(operation: Operation, task: UUID, *rest: str) -> str:
    """Path of a task, or of what lies below it: `advance`, `cancel`, `receipt`, or `blobs` and an attachment's id."""
    return "/".join(("/privacy/v1", operation, str(task), *rest))


def close_path(case: UUID) -> str:
    """Path under which a service is asked to forget whom a case was about."""
    return f"/privacy/v1/cases/{case}/close"


@frozen(kw_only=True)
class Limits:
    """What either side of the HTTP binding accepts; sizes in bytes, times in seconds.

    Args:
        request: Body of a request.
        answer: Body of an answer that is held in memory, before and after decompression; attachments have none.
        receive: Until a service has the whole body of a request.
        connect: Until a client is connected.
        silence: Until a client gets the first byte, or the next ones.
        whole: Until a client has the whole answer, however steadily it drips.
        attachment: The same for an attachment.
    """

    request: int = 1024 * 1024
    answer: int = 32 * 1024 * 1024
    receive: float = 10.0
    connect: float = 5.0
    silence: float = 30.0
    whole: float = 60.0
    attachment: float = 600.0


# Requests and responses


Headers = tuple[tuple[str, str], ...]
"""Field lines in their order; names in lower case."""


class _Fields:
    headers: Headers

    def header(self, name: str) -> str | None:
        """Value of a header field, its lines joined by commas (RFC 9110, 5.3); None where it is absent."""
        lines = [value for each, value in self.headers if each == name]
        return ", ".join(lines) if lines else None


@frozen(kw_only=True)
class HttpRequest(_Fields):
    """A request, its body read whole.

    Args:
        method: In capital letters.
        base_url: Scheme, authority and path prefix that the service answers under, pinned by configuration and never
            taken from the message; without a slash at its end.
        target: Path below `base_url`, and the query if there is one, as it was sent.
        headers: Field lines, names in lower case.
        body: As sent, before any decoding.
    """

    method: str
    base_url: str
    target: str
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)

    @property
    def url(self) -> str:
        """The target URI (RFC 9421, 2.2.2)."""
        return self.base_url + self.target


@frozen(kw_only=True)
class HttpResponse(_Fields):
    """A response; the body of an attachment comes in chunks, every other is whole.

    Args:
        status: HTTP status code.
        headers: Field lines, names in lower case.
        body: As sent, after any encoding.
    """

    status: int
    headers: Headers = ()
    body: bytes | AsyncIterator[bytes] = field(default=b"", repr=False)


HttpMessage = TypeVar("HttpMessage", HttpRequest, HttpResponse)


def sha256_field(digest: bytes) -> str:
    """Value of a Content-Digest or Repr-Digest field (RFC 9530) with this SHA-256, in its one accepted spelling."""
    return f"sha-256=:{base64.b64encode(digest).decode('ascii')}:"


def content_digest(body: bytes) -> tuple[str, str]:
    """The Content-Digest field line of a body, also of an empty one."""
    return ("content-digest", sha256_field(hashlib.sha256(body).digest()))


def check_content_digest(message: HttpRequest | HttpResponse, body: bytes) -> None:
    """Return in silence when the Content-Digest of a message is that of its body.

    Raises:
        SignatureInvalid: It is absent, of another body, or in another spelling.
    """
    expected = content_digest(body)[1].encode()
    if not hmac.compare_digest((message.header("content-digest") or "").encode(), expected):
        raise SignatureInvalid


# Signatures


@frozen(kw_only=True)
class Signed:
    """What a verified signature says about itself."""

    key_id: str
    nonce: str
    expires: datetime


class MessageSigner(Protocol):
    """Signs HTTP messages with one key, and verifies those of others (RFC 9421)."""

    @property
    def key_id(self) -> str:
        """Id of the key it signs with."""
        ...

    def sign(self, message: HttpMessage, *, answers: HttpRequest | None = None) -> HttpMessage:
        """The message with its signature; a response is bound to the signed request it answers."""
        ...

    def verify(
        self, message: HttpMessage, keys: Mapping[str, Verifier], *, answers: HttpRequest | None = None
    ) -> Signed:
        """What the signature says, once key, signature and time window have been checked in this order.

        The caller has yet to see that the nonce is new and that the digest is that of the body.

        Args:
            message: A request, or the response to one.
            keys: Whose signature is accepted, by key id.
            answers: The request, if the message is a response.

        Raises:
            SignatureInvalid: Whatever is wrong, in one way.
        """
        ...


# What the binding itself says


Retry = Literal["never", "now", "backoff", "after", "human"]
"""When asking again may help: not, at once, after a pause, at the named time, or once somebody has looked."""


class Problem(Message):
    """A problem document (RFC 9457). It never carries a value of a person, and never the text of an exception."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int = Field(ge=400, le=599)
    code: str = Field(pattern="^[a-z0-9_]{1,64}$")
    retry: Retry = "never"

    @classmethod
    def of(cls, status: HTTPStatus, code: str, retry: Retry = "never") -> Problem:
        """The problem of a status, titled with its standard phrase."""
        return cls(title=status.phrase, status=status, code=code, retry=retry)


Cursor = Annotated[str, Field(min_length=1, max_length=CURSOR_LIMIT)]


class Description(Message):
    """What a service says at `/.well-known/sectorprivacy`: its manifest, and the ids of the keys it answers with."""

    manifest: Manifest
    keys: tuple[str, ...]


class TaskState(Message):
    """A task as the service knows it."""

    task: UUID
    operation: Operation
    state: Literal["open", "cancelled"]


class CaseClosed(Message):
    """The service holds no longer whom this case was about."""

    case: UUID


class Advance(Message):
    """Work on one page of a data set: the one after the cursor, null for the first."""

    dataset: StableId
    after: Cursor | None = None
    limit: int = Field(default=PAGE_LIMIT, ge=1, le=PAGE_LIMIT)


class AdvanceFind(Message):
    """Work on a find task, which has neither data sets nor pages."""


class PageHead(Message):
    """First line of an export page; the records follow, one a line."""

    task: UUID
    ref: Ref
    dataset: StableId
    next: str | None
