"""Tenant keys in Transit: a real OpenBao server, and hand-written answers for what a server seldom says."""

from __future__ import annotations

import base64
import importlib
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from attrs import evolve

from sectorprivacy.encryption import KeyName, KeyUse
from sectorprivacy.errors import DecryptionError, KeyringError, KeyUnavailable, MissingExtra
from sectorprivacy.integrations.vault import VaultTransit, environment_token
from sectorprivacy.testing import KeyProviderConformance
from tests.integrations.key_service_journey import (
    live_and_shred,
    nothing_happens_without_the_service,
    nothing_opens_in_the_old_copy,
)
from tests.openbao import OpenBaoServer, free_port, run_openbao

NAME = KeyName("acme", KeyUse.WRAP, 3, "9f2c4e0a1b2c3d4e")
KEY = "sectorprivacy-acme-WRAP-3-9f2c4e0a1b2c3d4e"
SECRET = bytes(range(32))
WRAPPED = b"vault:v1:" + base64.b64encode(bytes(60))
TOKEN = "hvs.not-a-real-token"


def transit(server: OpenBaoServer, mount: str, **arguments: Any) -> VaultTransit:
    return VaultTransit(server.url, token=lambda: server.token, mount=mount, **arguments)


def unreachable(mount: str = "transit") -> VaultTransit:
    return VaultTransit(f"http://127.0.0.1:{free_port()}", token=lambda: TOKEN, mount=mount)


def notes(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


@pytest.mark.needs("openbao")
class TestConformance(KeyProviderConformance):
    @pytest.fixture(autouse=True)
    def _engine(self, openbao: OpenBaoServer) -> None:
        self.server, self.mount = openbao, openbao.mount()

    def provider(self) -> VaultTransit:
        return transit(self.server, self.mount)

    def unreachable(self) -> VaultTransit:
        return unreachable(self.mount)


@pytest.mark.needs("openbao")
def test_a_life_with_transit(openbao: OpenBaoServer, tmp_path: Path) -> None:
    """Sealed, opened, shredded, rotated: with the old key destroyed, an old copy of the store opens nothing (T08)."""
    provider = transit(openbao, openbao.mount())
    assert live_and_shred(provider, tmp_path).gone_by is None
    nothing_opens_in_the_old_copy(provider, tmp_path)


@pytest.mark.needs("openbao")
def test_an_outage_writes_nothing(openbao: OpenBaoServer, tmp_path: Path) -> None:
    """While Transit is down the application fails closed, and no plaintext reaches the disk (T51)."""
    mount = openbao.mount()
    nothing_happens_without_the_service(transit(openbao, mount), unreachable(mount), tmp_path)


@pytest.mark.needs("openbao")
def test_a_key_cannot_be_carried_off(openbao: OpenBaoServer) -> None:
    """The key of a name is of the declared type, cannot be exported or backed up, nor deleted by mistake."""
    mount = openbao.mount()
    transit(openbao, mount).wrap(NAME, SECRET)
    key = openbao.call("GET", f"{mount}/keys/{KEY}")["data"]
    assert key["type"] == "aes256-gcm96"
    assert [key[may] for may in ("exportable", "allow_plaintext_backup", "deletion_allowed")] == [False] * 3
    for path in ("export/encryption-key", "backup"):
        with pytest.raises(httpx2.HTTPStatusError):
            openbao.call("GET", f"{mount}/{path}/{KEY}")
    with pytest.raises(httpx2.HTTPStatusError):
        openbao.call("DELETE", f"{mount}/keys/{KEY}")


@pytest.mark.needs("openbao")
def test_a_key_that_is_held_back_is_not_lost(openbao: OpenBaoServer) -> None:
    """Soft-deleted, or below the minimal version: unavailable, and it opens again once that is taken back."""
    mount = openbao.mount()
    provider = transit(openbao, mount)
    key = f"{mount}/keys/{KEY}"
    wrapped = provider.wrap(NAME, SECRET)
    for hold, release in (
        (("DELETE", f"{key}/soft-delete", None), ("POST", f"{key}/soft-delete-restore", {})),
        (
            ("POST", f"{key}/config", {"min_decryption_version": 2}),
            ("POST", f"{key}/config", {"min_decryption_version": 1}),
        ),
    ):
        openbao.call("POST", f"{key}/rotate", {})
        openbao.call("POST", f"{key}/config", {"deletion_allowed": True})
        openbao.call(*hold)
        with pytest.raises(KeyUnavailable):
            provider.unwrap(NAME, wrapped)
        openbao.call(*release)
        assert provider.unwrap(NAME, wrapped) == SECRET


@pytest.mark.needs("openbao")
def test_rotating_the_key_itself_keeps_what_was_wrapped(openbao: OpenBaoServer) -> None:
    """The root is rotated by the service: a new version wraps, and older ones still open."""
    mount = openbao.mount()
    provider = transit(openbao, mount)
    wrapped = provider.wrap(NAME, SECRET)
    openbao.call("POST", f"{mount}/keys/{KEY}/rotate", {})
    again = provider.wrap(NAME, SECRET)
    assert again.startswith(b"vault:v2:")
    assert provider.unwrap(NAME, wrapped) == provider.unwrap(NAME, again) == SECRET


@pytest.mark.needs("openbao")
@pytest.mark.parametrize("looks", [True, False])
def test_the_documented_policies_suffice(openbao: OpenBaoServer, looks: bool) -> None:
    """A service may wrap and unwrap for its own tenant, and nothing else; only a custodian may destroy."""
    mount = openbao.mount()
    keys = "sectorprivacy-acme-WRAP-*"
    service = openbao.login(
        (f"{mount}/encrypt/{keys}", '"create", "update"'),
        (f"{mount}/decrypt/{keys}", '"update"'),
        *([(f"{mount}/keys/{keys}", '"read"')] if looks else []),
    )
    custodian = openbao.login((f"{mount}/keys/{keys}", '"read", "update", "delete"'))
    serving = VaultTransit(openbao.url, token=lambda: service, mount=mount)
    keeping = VaultTransit(openbao.url, token=lambda: custodian, mount=mount)
    wrapped = serving.wrap(NAME, SECRET)
    assert serving.unwrap(NAME, wrapped) == SECRET
    others = [
        evolve(NAME, tenant="other"),
        evolve(NAME, tenant="acme-fire"),
        evolve(NAME, tenant="acme-wrap-1"),
        evolve(NAME, tenant="acme."),
        evolve(NAME, use=KeyUse.INDEX),
    ]
    forbidden: list[Callable[[], object]] = [
        lambda: serving.destroy(NAME),
        lambda: keeping.unwrap(NAME, wrapped),
        lambda: keeping.wrap(NAME, SECRET),
        *(partial(serving.wrap, other, SECRET) for other in others),
        *(partial(serving.unwrap, other, wrapped) for other in others),
        *(partial(keeping.destroy, other) for other in others),
    ]
    for act in forbidden:
        with pytest.raises(KeyUnavailable) as refused:
            act()
        assert notes(refused.value) == "Transit answered 403"
    keeping.destroy(NAME)
    with pytest.raises(DecryptionError):
        serving.unwrap(NAME, wrapped)


PLANTED: Mapping[str, tuple[str, dict[str, object]]] = {
    "exportable": ("", {"exportable": True}),
    "to be backed up in plaintext": ("", {"allow_plaintext_backup": True}),
    "another kind": ("", {"type": "chacha20-poly1305"}),
    "made exportable later": ("/config", {"exportable": True}),
}


@pytest.mark.needs("openbao")
@pytest.mark.parametrize("case", PLANTED)
def test_a_key_that_can_be_carried_off_is_not_used(openbao: OpenBaoServer, case: str) -> None:
    """Whoever may make keys cannot plant one that they can export: where the token may look, nothing is wrapped."""
    mount = openbao.mount()
    path, wanted = PLANTED[case]
    openbao.call("POST", f"{mount}/keys/{KEY}", {} if path else wanted)
    if path:
        openbao.call("POST", f"{mount}/keys/{KEY}{path}", wanted)
    with pytest.raises(KeyUnavailable) as refused:
        transit(openbao, mount).wrap(NAME, SECRET)
    assert notes(refused.value) == "the key may be exported, or is not as Transit makes it"


@pytest.mark.needs("openbao")
def test_a_key_that_wants_more_is_not_used(openbao: OpenBaoServer) -> None:
    """A derived key, which is another one for each context, is refused by the server itself."""
    mount = openbao.mount()
    openbao.call("POST", f"{mount}/keys/{KEY}", {"derived": True})
    with pytest.raises(KeyUnavailable):
        transit(openbao, mount).wrap(NAME, SECRET)


FACTS = {"type": "aes256-gcm96", "derived": False, "exportable": False, "allow_plaintext_backup": False}


@pytest.mark.parametrize("planted", [{"derived": True}, {"imported_key": True}, {"exportable": "no"}, {"type": None}])
def test_what_a_key_is_like_is_read_strictly(planted: Mapping[str, object]) -> None:
    """A key that was carried in is somebody's; and an answer that does not say so clearly is no consent."""
    for facts, wraps in ((FACTS, True), ({**FACTS, **planted}, False)):
        answer = {"data": {"ciphertext": WRAPPED.decode(), **facts}}
        with answering(says(200, json.dumps(answer).encode())) as (url, asked):
            provider = VaultTransit(url, token=lambda: TOKEN)
            if wraps:
                assert provider.wrap(NAME, SECRET) == WRAPPED
            else:
                with pytest.raises(KeyUnavailable):
                    provider.wrap(NAME, SECRET)
        assert asked == [f"/v1/transit/encrypt/{KEY}", f"/v1/transit/keys/{KEY}"]


@pytest.mark.needs("openbao")
def test_the_longest_name_is_a_key(openbao: OpenBaoServer) -> None:
    """A tenant's id of 100 characters, also of dots alone, and the last epoch make a name that the server takes."""
    provider = transit(openbao, openbao.mount())
    for tenant in ("a" * 100, "." * 100, "-" * 100):
        name = KeyName.fresh(tenant, KeyUse.INDEX, 2**32 - 1)
        assert provider.unwrap(name, provider.wrap(name, SECRET)) == SECRET


@pytest.mark.needs("openbao")
def test_a_wrong_mount_is_no_lost_key(openbao: OpenBaoServer) -> None:
    """An engine that is not mounted is a mistake of the configuration: nothing is taken for destroyed."""
    provider = transit(openbao, "nowhere")
    for call in (
        lambda: provider.wrap(NAME, SECRET),
        lambda: provider.unwrap(NAME, WRAPPED),
        lambda: provider.destroy(NAME),
    ):
        with pytest.raises(KeyUnavailable):
            call()


@pytest.mark.needs("openbao")
def test_the_server_must_prove_who_it_is(program: Mapping[str, Path]) -> None:
    """Under an authority that is not trusted nothing is sent; under one that is, it works."""
    with run_openbao(program["openbao"], tls=True) as server:
        mount = server.mount()
        with pytest.raises(KeyUnavailable):
            transit(server, mount).wrap(NAME, SECRET)
        trusting = transit(server, mount, tls=server.trust())
        assert trusting.unwrap(NAME, trusting.wrap(NAME, SECRET)) == SECRET


@pytest.mark.parametrize(
    "url",
    [
        "http://vault.example:8200",
        "vault.example",
        "ftp://127.0.0.1",
        "https://user:pw@vault.example",
        "https://v/?a=b",
        "",
    ],
)
def test_an_address_that_gives_the_token_away_is_refused(url: str) -> None:
    """A token and a tenant key never travel in clear, except inside this machine."""
    with pytest.raises(KeyringError):
        VaultTransit(url)


@pytest.mark.parametrize("mount", ["", "/transit", "transit/", "../sys", "a b", "a?b"])
def test_a_mount_is_a_path(mount: str) -> None:
    """The mount cannot lead out of where it stands."""
    with pytest.raises(KeyringError):
        VaultTransit("https://vault.example", mount=mount)


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenBao's variable comes before Vault's, each call reads it anew, and without one the key is unavailable."""
    monkeypatch.delenv("BAO_TOKEN", raising=False)
    monkeypatch.setenv("VAULT_TOKEN", "older")
    assert environment_token() == "older"
    monkeypatch.setenv("BAO_TOKEN", "newer")
    assert environment_token() == "newer"
    monkeypatch.delenv("BAO_TOKEN")
    monkeypatch.delenv("VAULT_TOKEN")
    provider = VaultTransit("http://127.0.0.1:9")
    with pytest.raises(KeyUnavailable) as refused:
        provider.unwrap(NAME, WRAPPED)
    assert notes(refused.value) == "there is no token in BAO_TOKEN or VAULT_TOKEN"


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """Address of a server that gives one answer to all, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("content-length", 0)))
            answer(self)

        do_GET = do_POST  # noqa: N815  # the name that the server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            serving.join()


def says(status: int, body: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drips(handler: BaseHTTPRequestHandler) -> None:
    """An answer that is always about to go on."""
    handler.send_response(200)
    handler.end_headers()
    stop = threading.Event()
    while not stop.wait(0.02):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return


def refusal(*errors: str) -> bytes:
    return json.dumps({"errors": list(errors)}).encode()


UNAVAILABLE = {
    "denied": says(403, refusal("permission denied")),
    "throttled": says(429, refusal("request path quota exceeded")),
    "standby": says(472, b""),
    "failed": says(500, refusal("internal error")),
    "sealed": says(503, refusal("Vault is sealed")),
    "no engine": says(404, refusal("no handler for route")),
    "unknown refusal": says(400, refusal("something new")),
    "no refusal": says(400, b"<html>proxy</html>"),
    "redirected": says(307, b"", location="http://127.0.0.1:9/v1/transit"),
    "not JSON": says(200, b"<html>hello</html>"),
    "other JSON": says(200, b'{"data": {"plaintext": 7}}'),
    "no base64": says(200, b'{"data": {"plaintext": "%%%"}}'),
    "too large": says(200, b'{"data": {"plaintext": "AAAA"}}' + b" " * 70_000),
    "slow": drips,
}


@pytest.mark.parametrize("case", UNAVAILABLE)
def test_what_is_no_answer_is_unavailable(case: str) -> None:
    """Whatever else a server or a proxy says, the key is not taken for lost, and it is asked once (T51)."""
    with answering(UNAVAILABLE[case]) as (url, asked):
        provider = VaultTransit(url, token=lambda: TOKEN, timeout=0.2)
        with pytest.raises(KeyUnavailable) as refused:
            provider.unwrap(NAME, WRAPPED)
    assert asked == [f"/v1/transit/decrypt/{KEY}"]
    assert notes(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None or TOKEN not in repr(vars(refused.value.__context__))


def test_what_a_server_wraps_in_another_form_is_not_kept() -> None:
    """A key that would not come back is not stored: the form is checked before anything is sealed under it."""
    other = says(200, b'{"data": {"ciphertext": "vault:v1:AAAA"}}')
    with answering(other) as (url, _), pytest.raises(KeyUnavailable):
        VaultTransit(url, token=lambda: TOKEN).wrap(NAME, SECRET)


def test_nothing_is_sent_for_what_cannot_be_a_wrapped_key() -> None:
    """Transit would mend line breaks and zeros; here only what it wrote itself is asked for."""
    with answering(says(500, b"")) as (url, asked):
        provider = VaultTransit(url, token=lambda: TOKEN)
        for text in (b"", WRAPPED + b"\n", WRAPPED.replace(b"v1", b"v01"), WRAPPED.replace(b"v1", b"v0"), b"\xff" * 89):
            with pytest.raises(DecryptionError) as refused:
                provider.unwrap(NAME, text)
            assert not isinstance(refused.value, KeyUnavailable)
    assert asked == []


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its library the module says what to install."""
    monkeypatch.setitem(sys.modules, "httpx2", None)
    monkeypatch.delitem(sys.modules, "sectorprivacy.integrations.vault")
    with pytest.raises(MissingExtra, match=r"sectorprivacy\[vault\]"):
        importlib.import_module("sectorprivacy.integrations.vault")
