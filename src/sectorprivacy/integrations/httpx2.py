"""A service behind a URL, asked with httpx2 as if it were in process: each answer is limited, verified, then read."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Self, TypeVar
from uuid import UUID

from sectorprivacy.errors import MissingExtra, ProtocolError, ServiceFailed, SignatureInvalid
from sectorprivacy.rights.protocol import (
    ENVELOPE_JSON,
    JSON,
    MANIFEST_PATH,
    NDJSON,
    PROBLEM_JSON,
    Advance,
    AdvanceFind,
    ApplyTask,
    CaseClosed,
    ChangePage,
    Description,
    ExportPage,
    ExportTask,
    FindTask,
    Found,
    Headers,
    HttpRequest,
    HttpResponse,
    Limits,
    Manifest,
    Message,
    MessageSigner,
    PlanTask,
    Problem,
    TaskState,
    check_content_digest,
    close_path,
    content_digest,
    digest_of,
    read_message,
    read_page,
    sha256_field,
    task_path,
    write_message,
)
from sectorprivacy.signing import Envelope, Verifier

try:
    import httpx2
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.httpx2", extra="http") from None

__all__ = ["HttpService"]

M = TypeVar("M", bound=Message)

_REMEMBERED_TASKS = 1024


class HttpService:
    """A PersonalDataService, with Attachments, that answers by HTTP; use it with `async with`.

    Nothing is tried again here, no redirect is followed and no proxy of the environment is used. Besides
    `ProtocolError`, which carries what the service's problem document says, calls raise

    - `ServiceFailed` for an answer that is not one: `unauthorised`, `bad_signature`, `redirected`, `too_large`,
      `bad_encoding`, `bad_message`;
    - `TimeoutError` and `ConnectionError`, where asking again may help.

    Args:
        url: Base URL under which the service answers, as its owner pinned it: `http://127.0.0.1:8001`.
        signer: Signs the requests: `HttpSigner(Signer.load(path))`, with a key used for nothing else.
        verifier: Pinned public key of the service's answers.
        limits: Sizes and times.
    """

    def __init__(self, url: str, *, signer: MessageSigner, verifier: Verifier, limits: Limits | None = None) -> None:
        self.url = url.rstrip("/")
        self._signer = signer
        self._keys = {verifier.key_id: verifier}
        self._limits = Limits() if limits is None else limits
        self._client = httpx2.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx2.Timeout(self._limits.silence, connect=self._limits.connect),
        )
        self._put: dict[UUID, str] = {}
        self._described: tuple[str, Manifest] | None = None

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._client.aclose()

    def __repr__(self) -> str:
        return f"HttpService({self.url!r})"

    async def describe(self) -> Manifest:
        """What the service declares; fetched again only when it changed."""
        known = () if self._described is None else (("if-none-match", self._described[0]),)
        response, body = await self._exchange("GET", MANIFEST_PATH, headers=known)
        if self._described is not None and response.status == HTTPStatus.NOT_MODIFIED:
            return self._described[1]
        manifest = self._message(Description, response, body).manifest
        self._described = (response.header("etag") or "", manifest)
        return manifest

    async def find(self, task: FindTask) -> Found:
        """Whether the service knows the person, and what else it knows them by."""
        await self._create(task)
        return self._message(Found, *await self._post(task, AdvanceFind()))

    async def export(self, task: ExportTask, dataset: str, after: str | None, limit: int) -> ExportPage:
        """One page of the person's records in a data set."""
        await self._create(task)
        response, body = await self._post(task, Advance(dataset=dataset, after=after, limit=limit))
        self._expect(response, NDJSON)
        try:
            return read_page(body)
        except ProtocolError:
            raise self._failed("bad_message") from None

    async def plan(self, task: PlanTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        """What the instruction would do to one page of a data set; changes nothing."""
        await self._create(task)
        return self._message(ChangePage, *await self._post(task, Advance(dataset=dataset, after=after, limit=limit)))

    async def apply(self, task: ApplyTask, dataset: str, after: str | None, limit: int) -> ChangePage:
        """Carry out one page of the plan."""
        await self._create(task)
        return self._message(ChangePage, *await self._post(task, Advance(dataset=dataset, after=after, limit=limit)))

    async def receipt(self, task: UUID) -> Envelope:
        """Signed account of a finished apply task; its own signature has yet to be verified."""
        response, body = await self._exchange("GET", task_path("apply", task, "receipt"))
        self._expect(response, ENVELOPE_JSON)
        try:
            return Envelope.from_json(body)
        except SignatureInvalid:
            raise self._failed("bad_message") from None

    async def close(self, case: UUID) -> None:
        """Forget whom a case was about."""
        closed = self._message(CaseClosed, *await self._exchange("POST", close_path(case)))
        if closed.case != case:
            raise self._failed("bad_message")
        # The service forgot the case's tasks: they would have to be put again, and no digest of them need stay here.
        self._put.clear()

    async def attachment(self, task: ExportTask, attachment: str) -> AsyncIterator[bytes]:
        """The bytes of one attachment; the last of them come once the digest of the whole is right.

        Raises:
            ServiceFailed: Also at the end, if the bytes are not those of the signed digest: keep none of them.
        """
        await self._create(task)
        request = self._signed("GET", task_path("export", task.task, "blobs", attachment))
        # One deadline, but a timeout for each step: the caller may take its steps in different asyncio tasks.
        deadline = asyncio.get_running_loop().time() + self._limits.attachment
        async with asyncio.timeout_at(deadline):
            raw = await self._send(request)
        try:
            async with asyncio.timeout_at(deadline):
                response = self._head(raw, request)
                if response.status != HTTPStatus.OK or response.header("repr-digest") is None:
                    await self._read(raw, response)
                    raise self._failed("bad_message")
            source = raw.aiter_raw()
            hasher = hashlib.sha256()
            held = b""
            async with asyncio.timeout_at(deadline):
                chunk = await _next(source)
            while chunk is not None:
                hasher.update(chunk)
                if held:
                    yield held
                held = chunk
                async with asyncio.timeout_at(deadline):
                    chunk = await _next(source)
            if response.header("repr-digest") != sha256_field(hasher.digest()):
                raise self._failed("bad_signature")
            if held:
                yield held
        finally:
            await raw.aclose()

    async def cancel(self, task: FindTask | ExportTask | PlanTask | ApplyTask) -> None:
        """Let a task do nothing more; what a page has already changed stays."""
        await self._create(task)
        response, body = await self._exchange("POST", task_path(task.operation, task.task, "cancel"))
        self._message(TaskState, response, body)

    async def _create(self, task: FindTask | ExportTask | PlanTask | ApplyTask) -> None:
        """Put the task unless this client did; putting it again changes nothing, so forgetting that is harmless."""
        digest = digest_of(task)
        if self._put.get(task.task) == digest:
            return
        response, body = await self._exchange("PUT", task_path(task.operation, task.task), task)
        self._message(TaskState, response, body)
        if len(self._put) >= _REMEMBERED_TASKS:
            self._put.clear()
        self._put[task.task] = digest

    async def _post(
        self, task: FindTask | ExportTask | PlanTask | ApplyTask, message: Message
    ) -> tuple[HttpResponse, bytes]:
        return await self._exchange("POST", task_path(task.operation, task.task, "advance"), message)

    async def _exchange(
        self, method: str, target: str, message: Message | None = None, headers: Headers = ()
    ) -> tuple[HttpResponse, bytes]:
        """One request and its whole answer, verified and decoded; a problem document is raised."""
        request = self._signed(method, target, message, headers)
        async with asyncio.timeout(self._limits.whole):
            raw = await self._send(request)
            try:
                response = self._head(raw, request)
                return response, await self._read(raw, response)
            finally:
                await raw.aclose()

    def _signed(self, method: str, target: str, message: Message | None = None, headers: Headers = ()) -> HttpRequest:
        body = b"" if message is None else write_message(message)
        media_type: Headers = () if message is None else (("content-type", JSON),)
        fields = (*media_type, content_digest(body), *headers)
        return self._signer.sign(
            HttpRequest(method=method, base_url=self.url, target=target, headers=fields, body=body)
        )

    async def _send(self, request: HttpRequest) -> httpx2.Response:
        with _connection():
            return await self._client.send(
                self._client.build_request(
                    request.method,
                    request.url,
                    headers=[*request.headers, ("accept-encoding", "gzip")],
                    content=request.body,
                ),
                stream=True,
            )

    def _head(self, raw: httpx2.Response, request: HttpRequest) -> HttpResponse:
        """Status and headers, once their signature verified for this very request."""
        headers = tuple((name.lower(), value) for name, value in raw.headers.multi_items())
        response = HttpResponse(status=raw.status_code, headers=headers)
        # A service signs nothing for somebody it does not know, and a redirect is refused whoever sent it.
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise self._failed("unauthorised")
        if raw.has_redirect_location:
            raise self._failed("redirected")
        try:
            self._signer.verify(response, self._keys, answers=request)
        except SignatureInvalid:
            raise self._failed("bad_signature") from None
        return response

    async def _read(self, raw: httpx2.Response, response: HttpResponse) -> bytes:
        encoded = bytearray()
        source = raw.aiter_raw()
        while (chunk := await _next(source)) is not None:
            encoded += chunk
            if len(encoded) > self._limits.answer:
                raise self._failed("too_large")
        body = bytes(encoded)
        try:
            check_content_digest(response, body)
        except SignatureInvalid:
            raise self._failed("bad_signature") from None
        body = self._decoded(response, body)
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise self._problem(response, body)
        return body

    def _decoded(self, response: HttpResponse, body: bytes) -> bytes:
        """The body without its one layer of gzip, if it has one."""
        encoding = response.header("content-encoding")
        if encoding in {None, "identity"}:
            return body
        if encoding != "gzip":
            raise self._failed("bad_encoding")
        decompressor = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            decoded = decompressor.decompress(body, self._limits.answer)
        except zlib.error:
            raise self._failed("bad_encoding") from None
        if decompressor.unconsumed_tail:
            raise self._failed("too_large")
        if not decompressor.eof or decompressor.unused_data:
            raise self._failed("bad_encoding")
        return decoded

    def _message(self, model: type[M], response: HttpResponse, body: bytes) -> M:
        self._expect(response, JSON)
        try:
            return read_message(model, body)
        except ProtocolError:
            raise self._failed("bad_message") from None

    def _problem(self, response: HttpResponse, body: bytes) -> ProtocolError | ServiceFailed:
        if response.header("content-type") != PROBLEM_JSON:
            return self._failed("bad_message")
        try:
            problem = read_message(Problem, body)
        except ProtocolError:
            return self._failed("bad_message")
        return ProtocolError(problem=problem.code, retry=problem.retry)

    def _expect(self, response: HttpResponse, media_type: str) -> None:
        if response.status != HTTPStatus.OK or response.header("content-type") != media_type:
            raise self._failed("bad_message")

    def _failed(self, reason: str) -> ServiceFailed:
        return ServiceFailed(service=self.url, reason=reason)


@contextmanager
def _connection() -> Generator[None]:
    """The errors of httpx2 as those of Python, without their texts."""
    try:
        yield
    except httpx2.TimeoutException:
        raise TimeoutError from None
    except httpx2.TransportError:
        raise ConnectionError from None


async def _next(source: AsyncIterator[bytes]) -> bytes | None:
    with _connection():
        return await anext(source, None)
