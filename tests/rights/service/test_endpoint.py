"""The endpoint: who gets in, in which order it looks, and what it says."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from attrs import evolve

from sectorprivacy.errors import KeyErased, KeyUnavailable, ProtocolError
from sectorprivacy.integrations.http_signatures import HttpSigner
from sectorprivacy.rights.protocol import (
    JSON,
    MANIFEST_PATH,
    NDJSON,
    PROBLEM_JSON,
    Advance,
    AdvanceFind,
    ApplyTask,
    CaseClosed,
    Description,
    Erasure,
    ExportPage,
    ExportTask,
    FindTask,
    Found,
    Headers,
    HttpRequest,
    HttpResponse,
    Limits,
    Message,
    Operation,
    PlanTask,
    Problem,
    close_path,
    content_digest,
    read_message,
    read_page,
    sha256_field,
    task_path,
    write_message,
)
from sectorprivacy.rights.service import Endpoint, MemoryReplay, Peer
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Identifier
from tests.rights.service.dictionary_service import DictionaryService

BASE_URL = "http://127.0.0.1:8001"
ALL: tuple[Operation, ...] = ("find", "export", "plan", "apply")
PRIVATE = "Kari Nordmann lost her key on 3 May"


class World:
    """A service, its endpoint, and a caller who is let in."""

    def __init__(self, service: DictionaryService | None = None, operations: tuple[Operation, ...] = ALL) -> None:
        self.service = service or DictionaryService(
            {"4711": ["first", PRIVATE, "third"], "4712": ["other"]}, {"4711": bytes(range(256)) * 10_000, "4712": b"x"}
        )
        self.caller = HttpSigner(Signer.generate())
        self.key = Signer.generate()
        self.allow(self.caller, operations)

    def allow(self, caller: HttpSigner, operations: tuple[Operation, ...]) -> None:
        verifier = caller._signer.verifier
        self.endpoint = Endpoint(
            self.service,
            tasks=self.service.tasks,
            replay=self.service.replay,
            attachments=self.service,
            signer=HttpSigner(self.key),
            peers=[Peer(verifier, operations)],
            limits=Limits(request=4096),
        )

    def request(
        self, method: str, target: str, message: Message | bytes | None = None, headers: Headers = ()
    ) -> HttpRequest:
        body = b"" if message is None else message if isinstance(message, bytes) else write_message(message)
        media_type: Headers = () if message is None else (("content-type", JSON),)
        return HttpRequest(
            method=method,
            base_url=BASE_URL,
            target=target,
            headers=(*media_type, content_digest(body), *headers),
            body=body,
        )

    async def ask(
        self, method: str, target: str, message: Message | bytes | None = None, headers: Headers = ()
    ) -> HttpResponse:
        """A signed exchange whose answer has to be signed for this request."""
        request = self.caller.sign(self.request(method, target, message, headers))
        response = await self.endpoint.handle(request)
        self.caller.verify(response, {self.key.key_id: self.key.verifier}, answers=request)
        return response

    async def put(self, task: FindTask | ExportTask | PlanTask | ApplyTask) -> str:
        path = task_path(task.operation, task.task)
        assert (await self.ask("PUT", path, task)).status == 200
        return path

    def find_task(self, number: str = "4711") -> FindTask:
        return FindTask(task=uuid4(), case=uuid4(), who=(Identifier(kind="customer_number", value=number),))

    def export_task(self, number: str = "4711") -> ExportTask:
        return ExportTask(task=uuid4(), case=uuid4(), ref=self.service.refs[number])


def problem(response: HttpResponse) -> Problem:
    assert response.header("content-type") == PROBLEM_JSON
    assert isinstance(response.body, bytes)
    assert PRIVATE.encode() not in response.body
    return read_message(Problem, response.body)


async def whole(response: HttpResponse) -> bytes:
    if isinstance(response.body, bytes):
        return response.body
    return b"".join([chunk async for chunk in response.body])


async def test_find_over_http():
    """A task is put, then advanced; the answer is that of the service."""
    world = World()
    path = await world.put(task := world.find_task())
    response = await world.ask("POST", f"{path}/advance", AdvanceFind())
    found = read_message(Found, await whole(response))
    assert found == await world.service.find(task)
    assert found.ref is not None


async def test_export_comes_as_lines_and_pages():
    """An export page is a head and one record a line; `next` leads through all of it."""
    world = World()
    path = await world.put(world.export_task())
    texts: list[object] = []
    after = None
    while True:
        response = await world.ask("POST", f"{path}/advance", Advance(dataset="notes.note", after=after, limit=2))
        assert response.header("content-type") == NDJSON
        page = read_page(await whole(response))
        texts += [record.fields["text"] for record in page.records]
        if (after := page.next) is None:
            break
    assert texts == ["first", PRIVATE, "third"]


async def test_plan_apply_and_receipt():
    """Apply names the plan, and the receipt has the same bytes each time it is asked for."""
    world = World()
    case, ref = uuid4(), world.service.refs["4711"]
    plan = PlanTask(task=uuid4(), case=case, ref=ref, instruction=Erasure())
    path = await world.put(plan)
    assert (await world.ask("POST", f"{path}/advance", Advance(dataset="notes.note"))).status == 200
    assert len(world.service.notes["4711"]) == 3
    apply = ApplyTask(task=uuid4(), case=case, ref=ref, instruction=Erasure(), plan=plan.task, digest="0" * 64)
    path = await world.put(apply)
    assert problem(await world.ask("GET", f"{path}/receipt")).code == "not_finished"
    assert (await world.ask("POST", f"{path}/advance", Advance(dataset="notes.note"))).status == 200
    assert world.service.notes["4711"] == {}
    receipts = [await whole(await world.ask("GET", f"{path}/receipt")) for _ in range(2)]
    assert receipts[0] == receipts[1] == world.service._receipts[apply.task].to_json()


async def test_manifest_with_etag():
    """The manifest is signed, names the key, and is not sent again to somebody who has it."""
    world = World()
    response = await world.ask("GET", MANIFEST_PATH)
    description = read_message(Description, await whole(response))
    assert description.manifest == await world.service.describe()
    assert description.keys == (world.key.key_id,)
    again = await world.ask("GET", MANIFEST_PATH, headers=(("if-none-match", response.header("etag") or ""),))
    assert (again.status, again.body) == (304, b"")


async def test_state_and_cancel():
    """A cancelled task works on no further page, and says so."""
    world = World()
    path = await world.put(task := world.export_task())
    assert b'"state":"open"' in await whole(await world.ask("GET", path))
    assert b'"state":"cancelled"' in await whole(await world.ask("POST", f"{path}/cancel"))
    assert b'"state":"cancelled"' in await whole(await world.ask("PUT", path, task))
    refusal = await world.ask("POST", f"{path}/advance", Advance(dataset="notes.note"))
    assert (refusal.status, problem(refusal).code) == (409, "cancelled")


async def test_a_case_is_closed():
    """A signed request without a body makes the service forget the tasks of the case, however often it comes."""
    world = World()
    path = await world.put(task := world.find_task())
    for case in (task.case, task.case, uuid4()):
        response = await world.ask("POST", close_path(case))
        assert read_message(CaseClosed, await whole(response)).case == case
    assert problem(await world.ask("GET", path)).code == "unknown_task"
    assert world.service.tasks.get(task.task) is None


@pytest.mark.parametrize("operation", ALL)
async def test_who_may_find_may_close(operation: Operation):
    """A key that may not ask whom a case is about may not make the service forget it either."""
    world = World()
    task = world.find_task()
    world.service.tasks.open(task)
    caller = HttpSigner(Signer.generate())
    world.allow(caller, (operation,))
    response = await world.endpoint.handle(caller.sign(world.request("POST", close_path(task.case))))
    assert (response.status == 200) == (operation == "find") == (world.service.tasks.get(task.task) is None)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/privacy/v1/cases/{}/close"),
        ("PUT", "/privacy/v1/cases/{}/close"),
        ("POST", "/privacy/v1/cases/{}"),
        ("POST", "/privacy/v1/cases/{}/close/"),
        ("POST", "/privacy/v1/cases/{}/close?now"),
    ],
)
async def test_a_case_has_one_path(method: str, target: str):
    """Nothing is forgotten by a request that only looks like it."""
    world = World()
    task = world.find_task()
    await world.put(task)
    assert problem(await world.ask(method, target.format(task.case))).code == "unknown_path"
    assert world.service.tasks.get(task.task) is not None


# Attachments


async def test_attachment_is_sent_in_chunks_under_its_digest():
    """A file comes in pieces, and its digest stands in the signed head."""
    import hashlib

    world = World()
    path = await world.put(world.export_task())
    response = await world.ask("GET", f"{path}/blobs/4711")
    assert not isinstance(response.body, bytes)
    data = await whole(response)
    assert data == world.service.pictures["4711"]
    assert response.header("repr-digest") == sha256_field(hashlib.sha256(data).digest())
    assert response.header("content-length") == str(len(data))


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=70000-140000", 70000, 140000),
        ("bytes=2559990-", 2559990, 2559999),
        ("bytes=-5", 2559995, 2559999),
        ("bytes=5-99999999", 5, 2559999),
    ],
)
async def test_a_range_of_an_attachment(wanted: str, first: int, last: int):
    """A range gives exactly its bytes, and says of which whole they are."""
    world = World()
    path = await world.put(world.export_task())
    response = await world.ask("GET", f"{path}/blobs/4711", headers=(("range", wanted),))
    data = world.service.pictures["4711"]
    assert response.status == 206
    assert response.header("content-range") == f"bytes {first}-{last}/{len(data)}"
    assert await whole(response) == data[first : last + 1]


@pytest.mark.parametrize(
    "wanted", ["bytes=9-3", "bytes=99999999-", "bytes=-0", "bytes=-", "lines=1-2", "bytes=0-1,3-4"]
)
async def test_a_range_that_is_none(wanted: str):
    """What is not one satisfiable range is refused."""
    world = World()
    path = await world.put(world.export_task())
    response = await world.ask("GET", f"{path}/blobs/4711", headers=(("range", wanted),))
    assert (response.status, problem(response).code) == (416, "bad_range")


async def test_a_file_that_breaks_off_ends_too_soon(caplog: pytest.LogCaptureFixture):
    """A failure amid a file can no longer be told: the body is shorter than its head says, and no text is logged."""
    reads = 0

    class Breaking(DictionaryService):
        async def attachment(self, task: ExportTask, attachment: str) -> AsyncIterator[bytes]:
            nonlocal reads
            reads += 1
            yield bytes(2 * 1024 * 1024)
            if reads == 2:
                raise OSError(PRIVATE)
            yield b"end"

    world = World(Breaking({"4711": []}))
    path = await world.put(world.export_task())
    response = await world.ask("GET", f"{path}/blobs/4711")
    data = await whole(response)
    assert len(data) < int(response.header("content-length") or 0)
    assert PRIVATE not in caplog.text
    assert "OSError" in caplog.text


# Who gets in


def unsigned(response: HttpResponse) -> bool:
    return response.header("signature") is None


async def refused(world: World, request: HttpRequest) -> bool:
    """Refused as every such request is: a plain, unsigned 401, and nothing remembered."""
    response = await world.endpoint.handle(request)
    same = problem(response) == Problem(title="Unauthorized", status=401, code="unauthorised")
    return response.status == 401 and same and unsigned(response)


async def test_nobody_gets_in_without_a_signature():
    """No signature, no answer, whatever the path."""
    world = World()
    task = world.find_task()
    for method, target in (("PUT", task_path("find", task.task)), ("GET", MANIFEST_PATH), ("GET", "/nowhere")):
        assert await refused(world, world.request(method, target, task))
    assert world.service.tasks.get(task.task) is None


async def test_a_key_that_is_unknown_or_for_something_else():
    """A key opens the operations it was given, and no others; a stranger's opens nothing."""
    world = World(operations=("find",))
    task = world.export_task()
    request = world.request("PUT", task_path("export", task.task), task)
    assert await refused(world, world.caller.sign(request))
    assert await refused(world, HttpSigner(Signer.generate()).sign(request))
    # The service's own key signs answers, and asks nothing.
    assert await refused(world, HttpSigner(world.key).sign(request))
    assert world.service.tasks.get(task.task) is None
    assert (await world.ask("GET", MANIFEST_PATH)).status == 200


async def test_a_captured_request_works_once():
    """T16: the same bytes again are refused: at once, at another service, and after a restart that kept its memory."""
    world = World()
    task = world.find_task()
    request = world.caller.sign(world.request("PUT", task_path("find", task.task), task))
    elsewhere = evolve(request, base_url="http://127.0.0.1:8002")
    assert await refused(world, elsewhere)
    assert (await world.endpoint.handle(request)).status == 200
    assert await refused(world, request)
    world.allow(world.caller, ALL)
    assert await refused(world, request)


async def test_what_was_signed_is_what_is_done():
    """T16: another body, method, path, query or media type under the same signature is refused and does nothing."""
    world = World()
    path = await world.put(world.export_task())
    other = world.find_task("4712")
    signed = world.caller.sign(world.request("POST", f"{path}/cancel"))
    body = write_message(other)
    attempts = (
        evolve(signed, method="PUT"),
        evolve(signed, target=path),
        evolve(signed, target=f"{path}/cancel?x=1"),
        evolve(signed, body=b"{}"),
        evolve(signed, body=body, headers=(*signed.headers, content_digest(body))),
        evolve(signed, headers=(*signed.headers, ("content-type", JSON))),
        evolve(signed, headers=(*signed.headers, ("content-encoding", "gzip"))),
        evolve(signed, headers=tuple(field for field in signed.headers if field[0] != "content-digest")),
    )
    for attempt in attempts:
        assert await refused(world, attempt)
    assert b'"state":"open"' in await whole(await world.ask("GET", path))


async def test_a_body_with_a_digest_that_is_not_its_own():
    """The digest is signed, and the body has to be the one it is of."""
    world = World()
    task = world.find_task()
    lying = evolve(world.request("PUT", task_path("find", task.task), b"{}"), body=write_message(task))
    assert await refused(world, world.caller.sign(lying))


async def test_clocks_that_differ():
    """T17: four minutes of difference pass, six do not."""
    for minutes, passes in ((-4, True), (4, True), (-6, False), (6, False)):
        world = World()
        shift = timedelta(minutes=minutes)
        caller = HttpSigner(Signer.generate(), now=lambda shift=shift: datetime.now(UTC) + shift)
        world.allow(caller, ALL)
        task = world.find_task()
        request = caller.sign(world.request("PUT", task_path("find", task.task), task))
        assert ((await world.endpoint.handle(request)).status == 200) == passes


async def test_a_nonce_is_remembered_beyond_its_expiry():
    """A nonce is kept until expiry plus skew, so that a clock set back does not bring it to life."""
    kept: list[datetime] = []

    class Watching(MemoryReplay):
        def seen(self, key_id: str, nonce: str, expires: datetime) -> bool:
            kept.append(expires)
            return super().seen(key_id, nonce, expires)

    world = World()
    world.service.replay = Watching()
    world.allow(world.caller, ALL)
    await world.ask("GET", MANIFEST_PATH)
    assert kept[0] > datetime.now(UTC) + timedelta(seconds=550)


async def test_a_body_that_is_too_large_is_not_looked_at():
    """Size comes first: nothing of a huge body is hashed, verified or parsed."""
    world = World()
    response = await world.endpoint.handle(world.request("PUT", "/privacy/v1/find/x", bytes(4097)))
    assert (response.status, problem(response).code) == (413, "too_large")


# What is asked


async def test_one_id_one_message():
    """The same message again is the same task; another under its id is a conflict."""
    world = World()
    path = await world.put(task := world.find_task())
    assert (await world.ask("PUT", path, task)).status == 200
    refusal = await world.ask("PUT", path, task.model_copy(update={"case": uuid4()}))
    assert (refusal.status, problem(refusal).code) == (409, "other_body")


async def test_an_id_tells_nothing_about_other_tasks():
    """T14: a foreign task, a task of another operation and one that never was get the same answer, byte for byte."""
    world = World()
    task = world.export_task()
    await world.put(task)
    bodies: set[bytes] = set()
    strangers: list[tuple[Operation, UUID]] = [("plan", task.task), ("find", task.task), ("export", uuid4())]
    for operation, identity in strangers:
        for method, below in (("GET", ()), ("POST", ("cancel",)), ("POST", ("advance",))):
            response = await world.ask(method, task_path(operation, identity, *below), AdvanceFind())
            assert response.status == 404
            bodies.add(await whole(response))
    assert len(bodies) == 1


async def test_another_persons_file_is_as_unknown_as_none():
    """T14: the id of somebody else's file opens nothing in this task."""
    world = World()
    path = await world.put(world.export_task("4711"))
    answers = {await whole(await world.ask("GET", f"{path}/blobs/{name}")) for name in ("4712", "unknown")}
    assert len(answers) == 1
    assert b"unknown_attachment" in answers.pop()


@pytest.mark.parametrize(
    "extra",
    ['"state":"open"', '"deadline":"2030-01-01"', '"verified":true', '"subject":"x"', '"legal_basis":"consent"'],
)
async def test_members_that_nobody_declared(extra: str):
    """T15: a message with a member of its own is refused whole, and opens nothing."""
    world = World()
    task = world.find_task()
    body = write_message(task)[:-1] + b"," + extra.encode() + b"}"
    refusal = await world.ask("PUT", task_path("find", task.task), body)
    assert (refusal.status, problem(refusal).code) == (422, "bad_message")
    assert world.service.tasks.get(task.task) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b'{"a":1}',
        b"[" * 2000,
        b'{"dataset":"notes.note","dataset":"notes.note"}',
        b'{"dataset":"notes.note","limit":0}',
        b'{"dataset":"notes.note","limit":1001}',
        b'{"dataset":"../x"}',
        b'{"dataset":"notes.note","limit":"5"}',
        b'{"dataset":"notes.note","after":""}',
        b'{"dataset":"x","limit":NaN}',
    ],
)
async def test_a_body_that_is_not_the_message(body: bytes):
    """What is not exactly the message is one kind of refusal, and no exception."""
    world = World()
    path = await world.put(world.export_task())
    refusal = await world.ask("POST", f"{path}/advance", body)
    assert (refusal.status, problem(refusal).code) == (422, "bad_message")


async def test_a_path_names_the_task_in_the_body():
    """A task is put under its own id and operation."""
    world = World()
    task = world.find_task()
    for path in (task_path("find", uuid4()), task_path("export", task.task)):
        assert problem(await world.ask("PUT", path, task)).code == "bad_message"


async def test_only_plain_json_is_read():
    """A compressed body, or another media type, is not opened."""
    world = World()
    task = world.find_task()
    request = world.request("PUT", task_path("find", task.task), task)
    for headers in (
        (("content-type", "text/plain"), content_digest(request.body)),
        (*request.headers, ("content-encoding", "gzip")),
    ):
        response = await world.endpoint.handle(world.caller.sign(evolve(request, headers=headers)))
        assert (response.status, problem(response).code) == (415, "bad_media_type")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/"),
        ("DELETE", "{task}"),
        ("GET", "{task}/advance"),
        ("GET", "{task}?wait=1"),
        ("GET", "{task}/"),
        ("GET", "{task}/receipt"),
        ("GET", "{task}/blobs/a%2fb"),
        ("GET", "{task}/blobs/"),
        ("POST", MANIFEST_PATH),
        ("GET", "/privacy/v1/erase/" + str(UUID(int=1))),
        ("GET", "/privacy/v1/find/" + "A" * 36),
    ],
)
async def test_paths_the_protocol_does_not_know(method: str, target: str):
    """Nothing is guessed from a path."""
    world = World()
    path = await world.put(world.export_task())
    refusal = await world.ask(method, target.format(task=path))
    assert (refusal.status, problem(refusal).code) == (404, "unknown_path")


# What goes wrong inside


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (ProtocolError(problem="unknown_dataset"), 404, "unknown_dataset", "never"),
        (ProtocolError(problem="not_planned", retry="human"), 409, "not_planned", "human"),
        (ProtocolError(problem=PRIVATE, retry=PRIVATE), 422, "refused", "never"),
        (ProtocolError(problem="keys_unavailable", retry="backoff"), 503, "keys_unavailable", "backoff"),
        (KeyErased(), 500, "encryption_key_erased", "never"),
        (KeyUnavailable(), 500, "encryption_key_unavailable", "backoff"),
        (ValueError(PRIVATE), 500, "internal", "backoff"),
        (ExceptionGroup(PRIVATE, [ValueError(PRIVATE)]), 500, "internal", "backoff"),
    ],
)
async def test_a_failure_is_a_code(
    error: Exception, status: int, code: str, retry: str, caplog: pytest.LogCaptureFixture
):
    """Whatever a service raises, its text reaches neither the caller nor the log: drivers quote people."""

    class Failing(DictionaryService):
        async def export(
            self,
            task: ExportTask,
            dataset: str,
            after: str | None,
            limit: int,
        ) -> ExportPage:
            raise error

    world = World(Failing({"4711": []}))
    path = await world.put(task := world.export_task())
    with caplog.at_level(logging.DEBUG):
        response = await world.ask("POST", f"{path}/advance", Advance(dataset="notes.note"))
    said = problem(response)
    assert (response.status, said.code, said.retry) == (status, code, retry)
    assert PRIVATE not in caplog.text
    if status == 500:
        assert type(error).__name__ in caplog.text
        assert str(task.task) in caplog.text
        assert Path(__file__).name in caplog.text


async def test_a_memory_of_nonces_that_fails(caplog: pytest.LogCaptureFixture):
    """Without its memory a service cannot tell a replay: it does nothing, and says so without a text."""

    class Failing(MemoryReplay):
        def seen(self, key_id: str, nonce: str, expires: datetime) -> bool:
            raise OSError(f"{PRIVATE} {key_id} {nonce} {expires}")

    world = World()
    world.service.replay = Failing()
    world.allow(world.caller, ALL)
    task = world.find_task()
    said = problem(await world.ask("PUT", task_path("find", task.task), task))
    assert (said.status, said.code, said.retry) == (500, "internal", "backoff")
    assert world.service.tasks.get(task.task) is None
    assert PRIVATE not in caplog.text


async def test_requests_and_answers_show_no_body():
    """The representation of a message in a log or a traceback has no personal value."""
    request = World().request("PUT", "/x", PRIVATE.encode())
    assert PRIVATE not in repr(request)
    assert PRIVATE not in repr(HttpResponse(status=200, body=PRIVATE.encode()))
