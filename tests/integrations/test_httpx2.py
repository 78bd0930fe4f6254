"""The client against a real service, and against services that are broken, slow or hostile."""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve

from sectorprivacy.errors import ProtocolError, ServiceFailed
from sectorprivacy.integrations.http_signatures import HttpSigner
from sectorprivacy.integrations.httpx2 import HttpService
from sectorprivacy.integrations.starlette import routes
from sectorprivacy.rights.protocol import (
    JSON,
    MANIFEST_PATH,
    PROBLEM_JSON,
    RECEIPT_TYPE,
    ApplyTask,
    CaseClosed,
    Erasure,
    ExportTask,
    FindTask,
    Found,
    HttpRequest,
    HttpResponse,
    Limits,
    Message,
    PlanTask,
    TaskState,
    content_digest,
    sha256_field,
    write_message,
)
from sectorprivacy.rights.service import Peer
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Identifier, SubjectRef
from tests.integrations.loopback import answering, served
from tests.rights.service.dictionary_service import DictionaryService

CALLER = HttpSigner(Signer.generate())
KEY = Signer.generate()
LIMITS = Limits(answer=200_000, connect=1, silence=0.4, whole=0.8, attachment=0.8)


def find_task() -> FindTask:
    return FindTask(task=uuid4(), case=uuid4(), who=(Identifier(kind="customer_number", value="4711"),))


def export_task(ref: SubjectRef | None = None) -> ExportTask:
    return ExportTask(task=uuid4(), case=uuid4(), ref=ref or SubjectRef.mint())


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[HttpService]:
    async with HttpService(url, signer=CALLER, verifier=KEY.verifier, limits=LIMITS) as service:
        yield service


@asynccontextmanager
async def both(inside: DictionaryService) -> AsyncIterator[HttpService]:
    peers = [Peer(CALLER._signer.verifier, ["find", "export", "plan", "apply"])]
    async with served(routes(inside, signer=HttpSigner(KEY), peers=peers)) as url, asking(url) as outside:
        yield outside


# A service that answers well


async def test_the_same_answers_as_in_process():
    """Over HTTP a service answers what it answers in process, from find to receipt."""
    inside = DictionaryService({"4711": [f"note {n}" for n in range(25)]}, {"4711": bytes(range(256)) * 1000})
    async with both(inside) as outside:
        assert await outside.describe() == await inside.describe() == await outside.describe()
        find = find_task()
        found = await outside.find(find)
        assert found == await inside.find(find)
        assert found.ref is not None
        export = export_task(found.ref)
        pages = [await outside.export(export, "notes.note", None, 20)]
        pages.append(await outside.export(export, "notes.note", pages[0].next, 20))
        assert pages == [await inside.export(export, "notes.note", after, 20) for after in (None, pages[0].next)]
        (attachment,) = pages[0].records[0].attachments
        data = b"".join([chunk async for chunk in outside.attachment(export, attachment.id)])
        assert data == inside.pictures["4711"]
        plan = PlanTask(task=uuid4(), case=uuid4(), ref=found.ref, instruction=Erasure())
        planned = await outside.plan(plan, "notes.note", None, 100)
        assert planned.outcomes == {"erased": 25}
        apply = ApplyTask(
            task=uuid4(), case=plan.case, ref=found.ref, instruction=Erasure(), plan=plan.task, digest=planned.digest
        )
        assert (await outside.apply(apply, "notes.note", None, 100)).digest == planned.digest
        assert inside.notes["4711"] == {}
        receipt = await outside.receipt(apply.task)
        receipt.verify(inside.receipts.verifier, RECEIPT_TYPE)
        assert receipt == await inside.receipt(apply.task)


async def test_a_refusal_is_raised_as_it_was_said():
    """A problem document becomes the ProtocolError it was, with its advice about asking again."""
    inside = DictionaryService({"4711": ["a note"]})
    async with both(inside) as outside:
        for call, code, retry in (
            (outside.export(export_task(), "notes.note", None, 10), "unknown_ref", "never"),
            (outside.export(export_task(inside.refs["4711"]), "notes.other", None, 10), "unknown_dataset", "never"),
            (outside.receipt(uuid4()), "unknown_task", "never"),
        ):
            with pytest.raises(ProtocolError) as refusal:
                await call
            assert (refusal.value.problem, refusal.value.retry) == (code, retry)
        with pytest.raises(ProtocolError, match="unknown_attachment"):
            async for _ in outside.attachment(export_task(inside.refs["4711"]), "nothing"):
                pass


async def test_a_cancelled_task():
    """Cancelling holds on the other side."""
    inside = DictionaryService({"4711": ["a note"]})
    async with both(inside) as outside:
        task = export_task(inside.refs["4711"])
        await outside.cancel(task)
        with pytest.raises(ProtocolError, match="cancelled"):
            await outside.export(task, "notes.note", None, 10)


async def test_a_closed_case():
    """Closing holds on the other side, and the tasks of the case may be asked anew under the same ids."""
    inside = DictionaryService({"4711": ["a note"]})
    async with both(inside) as outside:
        task = export_task(inside.refs["4711"])
        page = await outside.export(task, "notes.note", None, 10)
        for _ in range(2):
            await outside.close(task.case)
            assert inside.tasks.get(task.task) is None
        assert await outside.export(task, "notes.note", None, 10) == page


async def test_a_file_is_taken_in_steps_by_different_tasks():
    """A caller may put a time limit of its own on each chunk, and so take each in a task of its own."""
    inside = DictionaryService({"4711": []}, {"4711": bytes(3_000_000)})
    async with both(inside) as outside:
        source = outside.attachment(export_task(inside.refs["4711"]), "4711")

        async def step() -> bytes | None:
            return await anext(source, None)

        size = 0
        while (chunk := await asyncio.create_task(step())) is not None:
            size += len(chunk)
        assert size == 3_000_000


async def test_no_person_in_urls_or_logs(caplog: pytest.LogCaptureFixture):
    """What is logged about a request names a path of random ids, and nobody."""
    inside = DictionaryService({"4711": ["Kari Nordmann"]})
    with caplog.at_level(logging.DEBUG):
        async with both(inside) as outside:
            found = await outside.find(find_task())
            await outside.export(export_task(found.ref), "notes.note", None, 10)
            assert "Kari" not in caplog.text
            assert "4711" not in caplog.text.replace(outside.url, "")
            assert str(found.ref) not in caplog.text


# Services that answer badly


class Answering:
    """An ASGI application that answers each request with what a function makes of it, signed or not."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse], signer: HttpSigner | None = None) -> None:
        self.answer = answer
        self.signer = signer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        host, port = scope["server"]
        request = HttpRequest(
            method=scope["method"],
            base_url=f"http://{host}:{port}",
            target=scope["path"],
            headers=tuple((name.decode(), value.decode()) for name, value in scope["headers"]),
        )
        response = self.answer(request)
        if self.signer is not None:
            response = self.signer.sign(response, answers=request)
        headers = [(name.encode(), value.encode()) for name, value in response.headers]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await self.send_body(response, send)

    async def send_body(self, response: HttpResponse, send: Any) -> None:
        await send({"type": "http.response.body", "body": response.body})


def whole(
    message: Message | bytes, status: int = 200, media_type: str = JSON, *headers: tuple[str, str]
) -> HttpResponse:
    body = message if isinstance(message, bytes) else write_message(message)
    fields = (("content-type", media_type), content_digest(body), *headers)
    return HttpResponse(status=status, headers=fields, body=body)


def after_create(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Accept the task, then answer."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.method != "PUT":
            return answer(request)
        operation, task = request.target.split("/")[3:5]
        return whole(TaskState.model_validate({"task": task, "operation": operation, "state": "open"}))

    return respond


async def reason(app: Any, call: Callable[[HttpService], Awaitable[object]]) -> str:
    async with served(app) as url, asking(url) as service:
        with pytest.raises(ServiceFailed) as failure:
            await call(service)
        assert failure.value.service == url
        return failure.value.reason


def found(_: HttpRequest) -> HttpResponse:
    return whole(Found(task=uuid4(), ref=None))


async def test_an_answer_without_a_signature_or_by_another_key():
    """An answer that the pinned key did not sign is no answer, however good it looks."""
    for signer in (None, HttpSigner(Signer.generate()), CALLER):
        assert await reason(Answering(found, signer), lambda s: s.find(find_task())) == "bad_signature"


async def test_an_answer_to_another_request():
    """A signed "nothing is held" that was recorded for one task is not accepted for another."""
    recorded: list[HttpResponse] = []
    signer = HttpSigner(KEY)

    def replay(request: HttpRequest) -> HttpResponse:
        if not recorded:
            recorded.append(signer.sign(whole(Found(task=uuid4(), ref=None)), answers=request))
        return recorded[0]

    put = after_create(replay)

    def answer(request: HttpRequest) -> HttpResponse:
        return signer.sign(put(request), answers=request) if request.method == "PUT" else put(request)

    async with served(Answering(answer)) as url, asking(url) as service:
        task = find_task()
        assert (await service.find(task)).ref is None
        for again in (task, find_task()):
            with pytest.raises(ServiceFailed, match="bad_signature"):
                await service.find(again)


async def test_a_body_that_was_exchanged():
    """The head is signed and the body is another: refused."""

    def answer(request: HttpRequest) -> HttpResponse:
        signed = HttpSigner(KEY).sign(found(request), answers=request)
        return evolve(signed, body=write_message(Found(task=uuid4(), ref=SubjectRef.mint())))

    assert await reason(Answering(answer), lambda s: s.find(find_task())) == "bad_signature"


async def test_another_case_was_closed():
    """A service that says of another case that it is closed has not said that this one is."""
    app = Answering(lambda _: whole(CaseClosed(case=uuid4())), HttpSigner(KEY))
    assert await reason(app, lambda s: s.close(uuid4())) == "bad_message"


async def test_a_redirect_is_not_followed():
    """Nobody is sent elsewhere with a person's identifiers, not even by a signed answer."""
    followed = []

    def answer(request: HttpRequest) -> HttpResponse:
        followed.append(request.target)
        return HttpResponse(status=307, headers=(("location", "/elsewhere"), content_digest(b"")))

    for signer in (None, HttpSigner(KEY)):
        assert await reason(Answering(answer, signer), lambda s: s.find(find_task())) == "redirected"
    assert "/elsewhere" not in followed


async def test_a_gzip_bomb():
    """Finding 8: a megabyte that unpacks to a gigabyte is given up at the limit, within bounded memory."""
    bomb = gzip.compress(bytes(100_000_000))
    assert len(bomb) < LIMITS.answer
    app = Answering(lambda _: whole(bomb, 200, JSON, ("content-encoding", "gzip")), HttpSigner(KEY))
    tracemalloc.start()
    try:
        assert await reason(app, lambda s: s.describe()) == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("encoding", "pack", "expected"),
    [
        ("gzip, gzip", lambda b: gzip.compress(gzip.compress(b)), "bad_encoding"),
        ("br", lambda b: b, "bad_encoding"),
        ("deflate", lambda b: b, "bad_encoding"),
        ("gzip", lambda b: b, "bad_encoding"),
        ("gzip", lambda b: gzip.compress(b)[:-3], "bad_encoding"),
        ("gzip", lambda b: gzip.compress(b) + gzip.compress(b), "bad_encoding"),
        ("gzip", lambda b: gzip.compress(gzip.compress(b)), "bad_message"),
    ],
)
async def test_other_encodings(encoding: str, pack: Callable[[bytes], bytes], expected: str):
    """One layer of gzip is read; every other way of packing is refused."""
    body = write_message(Found(task=uuid4(), ref=None))
    answer = after_create(lambda _: whole(pack(body), 200, JSON, ("content-encoding", encoding)))
    assert await reason(Answering(answer, HttpSigner(KEY)), lambda s: s.find(find_task())) == expected


async def test_one_layer_of_gzip_is_read():
    """An answer that a proxy of the service packed, and the service signed, is read."""
    body = gzip.compress(write_message(Found(task=uuid4(), ref=None)))
    answer = after_create(lambda _: whole(body, 200, JSON, ("content-encoding", "gzip")))
    async with served(Answering(answer, HttpSigner(KEY))) as url, asking(url) as service:
        assert (await service.find(find_task())).ref is None


@pytest.mark.parametrize(
    "answer",
    [
        whole(b"not json"),
        whole(b'{"task":1}'),
        whole(b"{}", 200, "text/html"),
        whole(b"{}", 201),
        whole(b"{}", 304),
        whole(b"[" * 100_000),
        whole(b"<h1>500</h1>", 500, "text/html"),
        whole(b'{"title":"a","status":500,"code":"A person\'s name"}', 500, PROBLEM_JSON),
    ],
)
async def test_nonsense_that_is_signed(answer: HttpResponse):
    """A service with a valid key may still answer nonsense: it is one kind of failure."""
    if answer.status == 304:
        answer = evolve(answer, body=b"", headers=(content_digest(b""),))
    app = Answering(after_create(lambda _: answer), HttpSigner(KEY))
    assert await reason(app, lambda s: s.find(find_task())) == "bad_message"


async def test_a_page_that_is_none():
    """An export page is not taken from an answer of another kind."""
    app = Answering(after_create(found), HttpSigner(KEY))
    assert await reason(app, lambda s: s.export(export_task(), "notes.note", None, 10)) == "bad_message"


async def test_a_file_that_is_not_the_one_it_says():
    """The last bytes of a file are held back until the digest of the whole is right."""

    def answer(_: HttpRequest) -> HttpResponse:
        headers = (("content-type", "image/png"), ("repr-digest", sha256_field(bytes(32))))
        return HttpResponse(status=200, headers=headers, body=bytes(1000))

    async def collect(service: HttpService) -> None:
        async for chunk in service.attachment(export_task(), "x"):
            received.extend(chunk)

    received = bytearray()
    app = Answering(after_create(answer), HttpSigner(KEY))
    assert await reason(app, collect) == "bad_signature"
    assert len(received) < 1000


# Services that do not answer


async def test_nobody_listens():
    """A service that is down is a ConnectionError, whose text names nobody."""
    async with served(Answering(found)) as url:
        pass
    async with asking(url) as service:
        with pytest.raises(ConnectionError) as failure:
            await service.find(find_task())
        assert str(failure.value) == ""
        assert failure.value.__cause__ is None


async def endless(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def dripping_head(writer: asyncio.StreamWriter) -> None:
    for octet in b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000:
        writer.write(bytes([octet]))
        await writer.drain()
        await asyncio.sleep(0.1)


async def cut_off(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
    await writer.drain()


async def no_http(writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()


@pytest.mark.parametrize(
    ("answer", "error"),
    [(endless, TimeoutError), (dripping_head, TimeoutError), (cut_off, ServiceFailed), (no_http, ConnectionError)],
)
async def test_a_service_that_hangs(answer: Callable[[asyncio.StreamWriter], Awaitable[None]], error: type[Exception]):
    """T19: silence and single bytes end at the deadline, as errors that say that asking again may help."""
    started = time.monotonic()
    async with answering(answer) as url, asking(url) as service:
        with pytest.raises(error):
            await service.find(find_task())
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("pause", [0.0, 0.05])
async def test_an_endless_body(pause: float):
    """T19: a signed answer without end is cut at the limit of bytes, or at the deadline if it drips."""

    class Endless(Answering):
        async def send_body(self, response: HttpResponse, send: Any) -> None:
            chunk = b"x" * (1 if pause else 65536)
            while True:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await asyncio.sleep(pause)

    async with served(Endless(found, HttpSigner(KEY))) as url, asking(url) as service:
        with pytest.raises(TimeoutError if pause else ServiceFailed) as failure:
            await service.describe()
        if isinstance(failure.value, ServiceFailed):
            assert failure.value.reason == "too_large"


async def test_others_are_not_held_up():
    """T19: while one service hangs, another on the same loop is answered at once."""
    inside = DictionaryService({"4711": ["a note"]})
    async with answering(endless) as url, asking(url) as hanging, both(inside) as well:
        waiting = asyncio.create_task(hanging.find(find_task()))
        assert (await well.find(find_task())).ref is not None
        assert not waiting.done()
        with pytest.raises(TimeoutError):
            await waiting


async def test_it_asks_where_it_was_told(monkeypatch: pytest.MonkeyPatch):
    """The manifest is asked for below the pinned URL, with an empty signed body, and through no proxy."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return whole(b"{}")

    await reason(Answering(answer, HttpSigner(KEY)), lambda s: s.describe())
    assert (seen[0].method, seen[0].target) == ("GET", MANIFEST_PATH)
    assert seen[0].header("content-digest") == content_digest(b"")[1]
    assert seen[0].header("accept-encoding") == "gzip"


async def test_an_answer_that_breaks_off():
    """A connection that ends amid a signed answer is a ConnectionError: asking again may help."""

    class BreakingOff(Answering):
        async def send_body(self, response: HttpResponse, send: Any) -> None:
            await send({"type": "http.response.body", "body": b"{", "more_body": True})

    def answer(_: HttpRequest) -> HttpResponse:
        return whole(b"{}", 200, JSON, ("content-length", "100"))

    async with served(BreakingOff(answer, HttpSigner(KEY))) as url, asking(url) as service:
        with pytest.raises(ConnectionError):
            await service.describe()
