"""A service mounted in an application, and asked over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.integrations.http_signatures import HttpSigner
from sectorprivacy.integrations.httpx2 import HttpService
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.integrations.starlette import routes
from sectorprivacy.rights.protocol import JSON, FindTask, HttpRequest, Limits, content_digest, task_path, write_message
from sectorprivacy.rights.service import Peer
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Identifier
from tests.integrations.loopback import served
from tests.rights.service.dictionary_service import DictionaryService

CALLER = HttpSigner(Signer.generate())
KEY = Signer.generate()
PEERS = [Peer(CALLER._signer.verifier, ["find", "export"])]


def application(**options: Any) -> Starlette:
    return routes(DictionaryService({"4711": ["a note"]}), signer=HttpSigner(KEY), peers=PEERS, **options)


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[HttpService]:
    async with HttpService(url, signer=CALLER, verifier=KEY.verifier) as service:
        yield service


async def test_mounted_beside_other_routes():
    """It mounts at the root beside what the application already serves, and takes nothing from it."""

    async def own(_: Request) -> PlainTextResponse:
        return PlainTextResponse("own")

    app = Starlette(routes=[Route("/own", own)])
    app.mount("/", application())
    async with served(app) as url, asking(url) as service:
        assert (await service.describe()).service == "notes"
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{url}/own")).text == "own"
            assert (await client.get(f"{url}/.well-known/sectorprivacy")).status_code == 401


@pytest.mark.parametrize("pinned", [None, "https://privacy.example/crm"])
async def test_mounted_under_a_path(pinned: str | None):
    """Under a path, behind a proxy: what counts is the pinned URL, by default the socket's address and the path."""
    app = Starlette(routes=[Mount("/crm", app=application(base_url=pinned))])
    async with served(app) as url:
        signed = CALLER.sign(
            HttpRequest(
                method="GET",
                base_url=pinned or f"{url}/crm",
                target="/.well-known/sectorprivacy",
                headers=(content_digest(b""),),
            )
        )
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{url}/crm/.well-known/sectorprivacy", headers=list(signed.headers))
            assert answer.status_code == 200
            answer = await client.get(f"{url}/.well-known/sectorprivacy", headers=list(signed.headers))
            assert answer.status_code == 404


async def test_the_host_field_says_nothing():
    """T16: a message signed for one service does not pass at another by naming the first in its Host field."""
    async with served(application()) as url:
        signed = CALLER.sign(
            HttpRequest(
                method="GET",
                base_url="http://other.example",
                target="/.well-known/sectorprivacy",
                headers=(content_digest(b""),),
            )
        )
        headers = [*signed.headers, ("host", "other.example")]
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{url}/.well-known/sectorprivacy", headers=headers)
        assert answer.status_code == 401


async def test_a_peer_asks_only_what_it_may():
    """A key that may find may not plan."""
    from sectorprivacy.rights.protocol import Erasure, PlanTask
    from sectorprivacy.vocabulary import SubjectRef

    async with served(application()) as url, asking(url) as service:
        who = (Identifier(kind="customer_number", value="4711"),)
        assert (await service.find(FindTask(task=uuid4(), case=uuid4(), who=who))).ref is not None
        plan = PlanTask(task=uuid4(), case=uuid4(), ref=SubjectRef.mint(), instruction=Erasure())
        with pytest.raises(ServiceFailed) as refusal:
            await service.plan(plan, "notes.note", None, 10)
        assert refusal.value.reason == "unauthorised"


async def test_a_body_that_never_ends():
    """A request whose body is too large, or too slow, is cut off before it is held."""
    app = application(limits=Limits(request=10_000, receive=0.3))
    async with served(app) as url:
        host, port = url.removeprefix("http://").split(":")
        target = f"/privacy/v1/find/{uuid4()}"
        for body, status in ((b"x" * 20_000, b"413"), (b"x", b"408")):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"PUT {target} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n".encode() + body)
            async with asyncio.timeout(5):
                assert (await reader.readline()).split()[1] == status
            writer.close()
            await writer.wait_closed()


async def test_a_method_nobody_declared():
    """A method the protocol has no use for is refused like everything unsigned."""
    async with served(application()) as url, httpx2.AsyncClient(trust_env=False) as client:
        for method in ("DELETE", "HEAD", "OPTIONS", "PATCH"):
            assert (await client.request(method, f"{url}/privacy/v1/find/{uuid4()}")).status_code == 401


async def test_a_captured_request_after_a_restart(tmp_path: Path):
    """T16: a captured message is refused by a service that was started anew meanwhile, and does nothing there."""
    url = f"sqlite:///{tmp_path}/privacy.db"
    task = FindTask(task=uuid4(), case=uuid4(), who=(Identifier(kind="customer_number", value="4711"),))
    body = write_message(task)
    signed = CALLER.sign(
        HttpRequest(
            method="PUT",
            base_url="https://privacy.example",
            target=task_path("find", task.task),
            headers=(("content-type", JSON), content_digest(body)),
            body=body,
        )
    )
    for status in (200, 401, 401):
        store = SqlStore(url)
        service = DictionaryService({"4711": ["a note"]})
        service.replay = store.replay
        app = routes(service, signer=HttpSigner(KEY), peers=PEERS, base_url="https://privacy.example")
        async with served(app) as running, httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.put(running + signed.target, headers=list(signed.headers), content=body)
        assert answer.status_code == status
        assert (service.tasks.get(task.task) is not None) == (status == 200)
        store.close()
