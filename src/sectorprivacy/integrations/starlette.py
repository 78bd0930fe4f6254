"""A service as an ASGI application: mount it in Starlette, FastAPI or whatever else speaks ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus

from sectorprivacy.errors import MissingExtra
from sectorprivacy.rights.protocol import HttpRequest, HttpResponse, Limits, MessageSigner
from sectorprivacy.rights.service import Endpoint, MountedService, Peer

try:
    from starlette.applications import Starlette
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Mount
    from starlette.types import Receive, Scope, Send
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.starlette", extra="starlette") from None

__all__ = ["routes"]


def routes(
    service: MountedService,
    *,
    signer: MessageSigner,
    peers: Iterable[Peer],
    base_url: str | None = None,
    limits: Limits | None = None,
) -> Starlette:
    """The HTTP binding of a service, for `app.mount("/", ...)` or to be served as it is.

    Args:
        service: Who answers.
        signer: Signs the answers: `HttpSigner(Signer.load(path))`, with a key used for nothing else.
        peers: Who may call, and for what.
        base_url: Where callers reach it, with the path it is mounted at: `https://privacy.internal/crm`. By default the
            address of the socket a request came in by. It is never taken from the Host field: a message to another
            service must not pass here.
        limits: Sizes and times.
    """
    endpoint = Endpoint(
        service,
        tasks=service.tasks,
        replay=service.replay,
        attachments=service,
        signer=signer,
        peers=peers,
        limits=limits,
    )
    return Starlette(routes=[Mount("/", app=_Binding(endpoint, base_url))])


class _Binding:
    def __init__(self, endpoint: Endpoint, base_url: str | None) -> None:
        self._endpoint = endpoint
        self._base_url = None if base_url is None else base_url.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = self._endpoint.limits
        try:
            async with asyncio.timeout(limits.receive):
                body = await _body(Request(scope, receive), limits.request)
        except TimeoutError:
            return await Response(status_code=HTTPStatus.REQUEST_TIMEOUT, headers={"connection": "close"})(
                scope, receive, send
            )
        except ClientDisconnect:
            return None
        response = await self._endpoint.handle(self._request(scope, body))
        return await _response(response)(scope, receive, send)

    def _request(self, scope: Scope, body: bytes) -> HttpRequest:
        mounted_at = scope["root_path"]
        base_url = _socket(scope) + mounted_at if self._base_url is None else self._base_url
        target = scope["raw_path"].decode("latin-1").removeprefix(mounted_at)
        query = scope["query_string"].decode("latin-1")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        return HttpRequest(
            method=scope["method"],
            base_url=base_url,
            target=f"{target}?{query}" if query else target,
            headers=headers,
            body=body,
        )


async def _body(request: Request, limit: int) -> bytes:
    """The body, or as much of it as shows that it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            break
    return bytes(body)


def _socket(scope: Scope) -> str:
    host, port = scope["server"]
    return f"{scope['scheme']}://{f'[{host}]' if ':' in host else host}:{port}"


def _response(response: HttpResponse) -> Response:
    headers = dict(response.headers)
    if isinstance(response.body, bytes):
        return Response(response.body, response.status, headers)
    return StreamingResponse(response.body, response.status, headers)
