"""A service behind HTTP: a signed request in, a signed response out, whatever server stands around it.

Specification: docs/spec/rights-protocol.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol
from uuid import UUID

from attrs import field, frozen

from sectorprivacy.errors import KeyUnavailable, PrivacyError, ProtocolError, SignatureInvalid
from sectorprivacy.rights.protocol import (
    ENVELOPE_JSON,
    JSON,
    NDJSON,
    PROBLEM_JSON,
    Advance,
    AdvanceFind,
    ApplyTask,
    Attachments,
    CaseClosed,
    Description,
    ExportTask,
    FindTask,
    HttpRequest,
    HttpResponse,
    Limits,
    Message,
    MessageSigner,
    Operation,
    PersonalDataService,
    PlanTask,
    Problem,
    Retry,
    Signed,
    TaskState,
    as_code,
    check_content_digest,
    content_digest,
    digest_of,
    read_message,
    write_message,
    write_page,
)
from sectorprivacy.rights.service._endpoint_attachment import attachment_response
from sectorprivacy.rights.service._endpoint_outcome import code_of, log_failure, outcome
from sectorprivacy.rights.service._endpoint_routes import Route, route_of
from sectorprivacy.rights.service._tasks import AnyTask, OpenTask, ReplayStore, TaskStore
from sectorprivacy.signing import Verifier

CLOCK_SKEW = timedelta(seconds=300)
"""How much longer than its expiry a nonce is remembered: clocks are set back."""

_TASKS: Mapping[Operation, type[AnyTask]] = {
    "find": FindTask,
    "export": ExportTask,
    "plan": PlanTask,
    "apply": ApplyTask,
}
_STATUS: Mapping[str, HTTPStatus] = {
    "unknown_path": HTTPStatus.NOT_FOUND,
    "unknown_task": HTTPStatus.NOT_FOUND,
    "unknown_ref": HTTPStatus.NOT_FOUND,
    "unknown_dataset": HTTPStatus.NOT_FOUND,
    "unknown_attachment": HTTPStatus.NOT_FOUND,
    "attachment_missing": HTTPStatus.NOT_FOUND,
    "other_body": HTTPStatus.CONFLICT,
    "cancelled": HTTPStatus.CONFLICT,
    "not_planned": HTTPStatus.CONFLICT,
    "not_finished": HTTPStatus.CONFLICT,
    "plan_changed": HTTPStatus.CONFLICT,
    "plan_incomplete": HTTPStatus.CONFLICT,
    "quarantined": HTTPStatus.CONFLICT,
    "bad_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "bad_range": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unauthorised": HTTPStatus.UNAUTHORIZED,
    "keys_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
_RETRIES: Mapping[str, Retry] = {each: each for each in ("never", "now", "backoff", "after", "human")}


def _operations(operations: Iterable[Operation]) -> frozenset[Operation]:
    return frozenset(operations)


@frozen
class Peer:
    """Somebody who may call: their key for requests, and what it may be used for.

    Args:
        verifier: Public half of the key.
        operations: What it may ask; every peer may read the manifest.
    """

    verifier: Verifier
    operations: frozenset[Operation] = field(converter=_operations)


class MountedService(PersonalDataService, Attachments, Protocol):
    """What an integration mounts: a service with what it remembers of its tasks and callers."""

    @property
    def tasks(self) -> TaskStore:
        """The tasks it was asked."""
        ...

    @property
    def replay(self) -> ReplayStore:
        """The nonces it has seen."""
        ...


class Endpoint:
    """Answers the HTTP binding for one service.

    Checks come in this order: size, key known and allowed for the operation in the path, signature, time window, nonce,
    digest, and only then is anything parsed. Until then nothing is signed, and every failure but size looks alike.

    Args:
        service: Who answers.
        tasks: Where opened tasks are remembered; the service must know the same ones.
        replay: Where nonces are remembered.
        signer: Signs the responses, with a key used for nothing else.
        peers: Who may call; of two peers with one key both sets of operations count.
        attachments: Who answers for files; None where there are none.
        limits: Sizes and times.
    """

    def __init__(
        self,
        service: PersonalDataService,
        *,
        tasks: TaskStore,
        replay: ReplayStore,
        signer: MessageSigner,
        peers: Iterable[Peer],
        attachments: Attachments | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = Limits() if limits is None else limits
        self._service = service
        self._tasks = tasks
        self._replay = replay
        self._signer = signer
        self._peers = tuple(peers)
        self._attachments = attachments

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; nothing is raised, and no text of an error leaves."""
        if len(request.body) > self.limits.request:
            return problem_response("too_large")
        route = route_of(request.method, request.target)
        try:
            signed = self._signer.verify(request, self._keys(route))
        except SignatureInvalid:
            return problem_response("unauthorised")
        replayed = await outcome(self._replayed(signed))
        if isinstance(replayed, BaseException):
            return self._signer.sign(_failure(replayed, route), answers=request)
        if replayed or not _has_its_digest(request):
            return problem_response("unauthorised")
        answer = await outcome(self._answer(route, request))
        response = answer if isinstance(answer, HttpResponse) else _failure(answer, route)
        return self._signer.sign(response, answers=request)

    def _keys(self, route: Route | None) -> Mapping[str, Verifier]:
        operation = None if route is None else route.operation
        return {
            peer.verifier.key_id: peer.verifier
            for peer in self._peers
            if operation is None or operation in peer.operations
        }

    async def _replayed(self, signed: Signed) -> bool:
        remembered = signed.expires + CLOCK_SKEW
        return await asyncio.to_thread(self._replay.seen, signed.key_id, signed.nonce, remembered)

    async def _answer(self, route: Route | None, request: HttpRequest) -> HttpResponse:
        if route is None:
            raise ProtocolError(problem="unknown_path")
        if route.case is not None:
            await self._service.close(route.case)
            return _message(CaseClosed(case=route.case))
        if route.task is None or route.operation is None:
            return await self._describe(request)
        if route.action == "create":
            task = read_message(_TASKS[route.operation], _json_body(request))
            if task.task != route.task:
                raise ProtocolError(problem="bad_message")
            return _state(await asyncio.to_thread(self._tasks.open, task))
        return await self._answer_for(await self._opened(route.operation, route.task), route, request)

    async def _opened(self, operation: Operation, task: UUID) -> OpenTask:
        opened = await asyncio.to_thread(self._tasks.get, task)
        # A task of another operation is as unknown as one that was never there: a key sees its own operations only.
        if opened is None or opened.task.operation != operation:
            raise ProtocolError(problem="unknown_task")
        return opened

    async def _answer_for(self, opened: OpenTask, route: Route, request: HttpRequest) -> HttpResponse:
        task = opened.task
        if route.action == "state":
            return _state(opened)
        if route.action == "cancel":
            await asyncio.to_thread(self._tasks.cancel, task.task)
            return _state(await self._opened(task.operation, task.task))
        if route.action == "receipt":
            envelope = await self._service.receipt(task.task)
            return _whole(ENVELOPE_JSON, envelope.to_json())
        if opened.state == "cancelled":
            raise ProtocolError(problem="cancelled")
        if route.action == "advance":
            return await self._advance(task, request)
        if self._attachments is None or route.attachment is None or not isinstance(task, ExportTask):
            raise ProtocolError(problem="unknown_attachment")
        return await attachment_response(self._attachments, task, route.attachment, request.header("range"))

    async def _advance(self, task: AnyTask, request: HttpRequest) -> HttpResponse:
        body = _json_body(request)
        if isinstance(task, FindTask):
            read_message(AdvanceFind, body)
            return _message(await self._service.find(task))
        page = read_message(Advance, body)
        if isinstance(task, ExportTask):
            exported = await self._service.export(task, page.dataset, page.after, page.limit)
            return _whole(NDJSON, write_page(exported))
        if isinstance(task, PlanTask):
            return _message(await self._service.plan(task, page.dataset, page.after, page.limit))
        return _message(await self._service.apply(task, page.dataset, page.after, page.limit))

    async def _describe(self, request: HttpRequest) -> HttpResponse:
        manifest = await self._service.describe()
        tag = ("etag", f'"{digest_of(manifest)}"')
        if request.header("if-none-match") == tag[1]:
            return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=(content_digest(b""), tag))
        return _message(Description(manifest=manifest, keys=(self._signer.key_id,)), tag)


def problem_response(code: str, retry: Retry = "never", *, status: HTTPStatus | None = None) -> HttpResponse:
    """A problem document; by default the status follows from the code."""
    problem = Problem.of(_STATUS.get(code, HTTPStatus.UNPROCESSABLE_ENTITY) if status is None else status, code, retry)
    return _whole(PROBLEM_JSON, write_message(problem), status=problem.status)


def _state(opened: OpenTask) -> HttpResponse:
    return _message(TaskState(task=opened.task.task, operation=opened.task.operation, state=opened.state))


def _message(message: Message, *headers: tuple[str, str]) -> HttpResponse:
    return _whole(JSON, write_message(message), *headers)


def _whole(media_type: str, body: bytes, *headers: tuple[str, str], status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(
        status=status, headers=(("content-type", media_type), content_digest(body), *headers), body=body
    )


def _has_its_digest(request: HttpRequest) -> bool:
    try:
        check_content_digest(request, request.body)
    except SignatureInvalid:
        return False
    return True


def _json_body(request: HttpRequest) -> bytes:
    if request.header("content-type") != JSON or request.header("content-encoding") not in {None, "identity"}:
        raise ProtocolError(problem="bad_media_type")
    return request.body


def _failure(error: BaseException, route: Route | None) -> HttpResponse:
    if isinstance(error, ProtocolError):
        return problem_response(as_code(error.problem), _RETRIES.get(error.retry, "never"))
    log_failure(error, None if route is None else route.task)
    lasting = isinstance(error, PrivacyError) and not isinstance(error, KeyUnavailable)
    retry: Retry = "never" if lasting else "backoff"
    return problem_response(code_of(error), retry, status=HTTPStatus.INTERNAL_SERVER_ERROR)
