"""Signatures of HTTP messages: what they cover, by whom, for how long."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from sectorprivacy.errors import SignatureInvalid
from sectorprivacy.integrations.http_signatures import HttpSigner
from sectorprivacy.rights.protocol import Headers, HttpRequest, HttpResponse, check_content_digest, content_digest
from sectorprivacy.signing import Signer, Verifier

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEY = Signer.generate()
KEYS = {KEY.key_id: KEY.verifier}
SIGNER = HttpSigner(KEY, now=lambda: NOW)


def request(body: bytes = b"{}", *headers: tuple[str, str]) -> HttpRequest:
    return HttpRequest(
        method="POST",
        base_url="http://127.0.0.1:8001",
        target="/privacy/v1/find/x/advance",
        headers=(("content-type", "application/json"), content_digest(body), *headers),
        body=body,
    )


def response(body: bytes = b"{}", *headers: tuple[str, str]) -> HttpResponse:
    return HttpResponse(
        status=200, headers=(("content-type", "application/json"), content_digest(body), *headers), body=body
    )


def edited(message: HttpRequest, change: Callable[[str], str]) -> HttpRequest:
    """The message with its Signature-Input changed."""
    headers: Headers = tuple(
        (name, change(value) if name == "signature-input" else value) for name, value in message.headers
    )
    return evolve(message, headers=headers)


def refuses(message: HttpRequest, signer: HttpSigner = SIGNER) -> bool:
    with pytest.raises(SignatureInvalid) as refusal:
        signer.verify(message, KEYS)
    return refusal.value.__cause__ is None


def test_a_request_verifies_and_says_who_and_how_long():
    """A signature names key, nonce and expiry, within 300 seconds."""
    signed = SIGNER.verify(SIGNER.sign(request()), KEYS)
    assert signed.key_id == KEY.key_id == SIGNER.key_id
    assert signed.expires == NOW + timedelta(seconds=300)
    assert signed.nonce != SIGNER.verify(SIGNER.sign(request()), KEYS).nonce


def test_the_signature_field_has_the_form_of_the_specification():
    """Label, covered components in their order, parameters and tag are those other implementations write."""
    signed = SIGNER.sign(request())
    created = int(NOW.timestamp())
    assert re.fullmatch(
        r'sp=\("@method" "@target-uri" "content-digest" "content-type"\);'
        rf'created={created};keyid="{KEY.key_id}";expires={created + 300};'
        r'nonce="[A-Za-z0-9_-]{22}";tag="sectorprivacy/1"',
        signed.header("signature-input") or "",
    )
    base = (
        '"@method": POST\n"@target-uri": http://127.0.0.1:8001/privacy/v1/find/x/advance\n'
        f'"content-digest": {signed.header("content-digest")}\n"content-type": application/json\n'
        f'"@signature-params": {(signed.header("signature-input") or "").removeprefix("sp=")}'
    )
    import base64

    KEY.verifier.verify(base64.b64decode((signed.header("signature") or "")[4:-1]), base.encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda m: evolve(m, method="PUT"),
        lambda m: evolve(m, base_url="http://127.0.0.1:8002"),
        lambda m: evolve(m, base_url="https://127.0.0.1:8001"),
        lambda m: evolve(m, target=m.target + "?a=1"),
        lambda m: evolve(m, target="/privacy/v1/find/y/advance"),
        lambda m: evolve(m, target="/ö"),
        lambda m: evolve(m, headers=m.headers[1:]),
        lambda m: evolve(m, headers=(("content-type", "text/plain"), *m.headers[1:])),
        lambda m: evolve(m, headers=(*m.headers, ("content-type", "text/plain"))),
        lambda m: evolve(m, headers=(*m.headers, ("content-encoding", "gzip"))),
        lambda m: evolve(m, headers=(*m.headers, ("range", "bytes=0-1"))),
        lambda m: evolve(m, headers=(*m.headers, ("content-digest", "sha-256=:AAAA:"))),
        lambda m: evolve(m, headers=(*m.headers, ("signature", "sp=:AAAA:"))),
        lambda m: evolve(m, headers=tuple(field for field in m.headers if field[0] != "signature")),
        lambda m: evolve(m, headers=tuple(field for field in m.headers if field[0] != "signature-input")),
    ],
)
def test_a_changed_request(change: Callable[[HttpRequest], HttpRequest]):
    """Every part that the service acts on is covered, and a field that was added is noticed too."""
    assert refuses(change(SIGNER.sign(request())))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("sp=", "sq="),
        lambda text: text.replace("sectorprivacy/1", "sectorprivacy/2"),
        lambda text: text.replace(KEY.key_id, "0" * 16),
        lambda text: text.replace(' "content-digest"', ""),
        lambda text: text.replace('"@method" ', ""),
        lambda text: re.sub(r"expires=[0-9]+", "expires=9999999999", text),
        lambda text: re.sub(r";expires=[0-9]+", "", text),
        lambda text: re.sub(r";created=[0-9]+", "", text),
        lambda text: re.sub(r';nonce="[^"]+"', "", text),
        lambda text: re.sub(r';tag="[^"]+"', "", text),
        lambda text: text + ';alg="none"',
        lambda text: text + ';alg="hmac-sha256"',
        lambda text: text + ';alg="rsa-pss-sha512"',
        lambda text: text + ", " + text,
        lambda _: "sp",
        lambda _: "sp=1",
        lambda _: "",
        lambda _: "sp=" + "(" * 1000,
        lambda text: text.replace("created=1", "created=999999999999991"),
        lambda text: text + "\u00e6",
    ],
)
def test_changed_parameters(change: Callable[[str], str]):
    """T17: no parameter can be dropped, doubled or talked into another algorithm."""
    assert refuses(edited(SIGNER.sign(request()), change))


def test_parameters_that_must_be_there_even_when_signed():
    """A signature by the right key over too little, or for too long, is worth nothing."""
    from http_message_signatures.algorithms import ED25519  # pyright: ignore[reportPrivateImportUsage]
    from http_message_signatures.resolvers import MappingKeyResolver
    from http_message_signatures.signatures import HTTPMessageSigner

    resolver = MappingKeyResolver(public_keys={}, private_keys={KEY.key_id: KEY._key})
    components = ("@method", "@target-uri", "content-digest", "content-type")

    def sign(covered: tuple[str, ...] = components, seconds: float = 300, **parameters: Any) -> HttpRequest:
        plain = request()
        message = SimpleNamespace(method=plain.method, url=plain.url, headers=dict(plain.headers))
        arguments: dict[str, Any] = {
            "key_id": KEY.key_id,
            "created": NOW,
            "expires": NOW + timedelta(seconds=seconds),
            "nonce": "n",
            "label": "sp",
            "tag": "sectorprivacy/1",
            "include_alg": False,
        }
        HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=resolver).sign(
            message, covered_component_ids=covered, use_existing_digest=True, **(arguments | parameters)
        )
        return evolve(plain, headers=tuple((name.lower(), value) for name, value in message.headers.items()))

    SIGNER.verify(sign(), KEYS)
    SIGNER.verify(sign(include_alg=True), KEYS)
    assert refuses(sign(components[1:]))
    assert refuses(sign(components[:3]))
    assert refuses(sign(("@authority", *components[1:])))
    assert refuses(sign((*components, "@authority")))
    assert refuses(sign(seconds=301))
    assert refuses(sign(seconds=0))
    assert refuses(sign(expires=None))
    assert refuses(sign(nonce=None))
    assert refuses(sign(nonce=""))
    assert refuses(sign(tag="other"))
    assert refuses(sign(label="other"))
    assert refuses(sign(tag=None))


@pytest.mark.parametrize(("minutes", "passes"), [(-6, False), (-4, True), (0, True), (4, True), (6, False)])
def test_the_time_window(minutes: int, passes: bool):
    """T17: a clock may be four minutes off, and not six."""
    signed = HttpSigner(KEY, now=lambda: NOW + timedelta(minutes=minutes)).sign(request())
    if passes:
        SIGNER.verify(signed, KEYS)
    else:
        assert refuses(signed)


def test_keys_are_those_that_were_given():
    """A key that is not among those given is unknown, also one that signs under another's id."""
    signed = SIGNER.sign(request())
    with pytest.raises(SignatureInvalid):
        SIGNER.verify(signed, {})
    with pytest.raises(SignatureInvalid):
        SIGNER.verify(signed, {KEY.key_id: Signer.generate().verifier})


def test_a_response_is_bound_to_its_request():
    """A signed "nothing is held" cannot be replayed as the answer to another task, nor to the same one asked again."""
    asked, other = SIGNER.sign(request()), SIGNER.sign(evolve(request(), target="/privacy/v1/find/y/advance"))
    answer = SIGNER.sign(response(), answers=asked)
    SIGNER.verify(answer, KEYS, answers=asked)
    for wrong in (other, SIGNER.sign(request()), evolve(asked, method="PUT"), request(), None):
        with pytest.raises(SignatureInvalid):
            SIGNER.verify(answer, KEYS, answers=wrong)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: evolve(m, status=404),
        lambda m: evolve(m, headers=m.headers[1:]),
        lambda m: evolve(m, headers=(*m.headers, ("content-encoding", "gzip"))),
        lambda m: evolve(m, headers=(*m.headers, ("etag", '"x"'))),
        lambda m: evolve(m, headers=(*m.headers, ("repr-digest", "sha-256=:AAAA:"))),
        lambda m: evolve(m, headers=(*m.headers, ("content-range", "bytes 0-1/2"))),
    ],
)
def test_a_changed_response(change: Callable[[HttpResponse], HttpResponse]):
    """Status and every field that says how to read the body are covered."""
    asked = SIGNER.sign(request())
    with pytest.raises(SignatureInvalid):
        SIGNER.verify(change(SIGNER.sign(response(), answers=asked)), KEYS, answers=asked)


def test_a_request_is_no_response():
    """What was signed as a request is not accepted as an answer, though the key be the same."""
    asked = SIGNER.sign(request())
    with pytest.raises(SignatureInvalid):
        SIGNER.verify(HttpResponse(status=200, headers=asked.headers), KEYS, answers=asked)


# The vectors of the specification

VECTORS = Path(__file__).parents[2] / "docs/spec/vectors/rights-protocol.json"


def read_vectors(sort: str) -> list[Any]:
    return [pytest.param(each, id=each["name"]) for each in json.loads(VECTORS.read_text())[sort]]


def check_vector(vector: dict[str, Any]) -> None:
    """Verify the last message of a vector as its receiver would, signature and digest."""
    keys = json.loads(VECTORS.read_text())["keys"]
    signer = HttpSigner(KEY, now=lambda: datetime.fromisoformat(vector["now"]))
    asked = HttpRequest(**parts(vector["request"]))
    if "response" not in vector:
        verifier = Verifier(bytes.fromhex(keys["caller"]["public"]))
        signer.verify(asked, {verifier.key_id: verifier})
        check_content_digest(asked, asked.body)
        return
    answer = HttpResponse(**parts(vector["response"]))
    verifier = Verifier(bytes.fromhex(keys["service"]["public"]))
    signer.verify(answer, {verifier.key_id: verifier}, answers=asked)
    if answer.header("repr-digest") is None:
        check_content_digest(answer, vector["response"]["body"].encode())


def parts(facts: dict[str, Any]) -> dict[str, Any]:
    headers = tuple((name, value) for name, value in facts["headers"])
    return facts | {"headers": headers, "body": facts["body"].encode()}


@pytest.mark.parametrize("vector", read_vectors("valid"))
def test_vectors_that_verify(vector: dict[str, Any]):
    """Every message the specification calls valid is accepted."""
    check_vector(vector)


@pytest.mark.parametrize("vector", read_vectors("invalid"))
def test_vectors_that_do_not(vector: dict[str, Any]):
    """Every message the specification calls invalid is refused."""
    with pytest.raises(SignatureInvalid):
        check_vector(vector)


@pytest.mark.needs("node")
def test_another_language_reads_the_vectors(program: Mapping[str, Path]):
    """A reader written from the specification alone comes to the same verdicts."""
    script = Path(__file__).with_name("http_signatures.mjs")
    done = subprocess.run([program["node"], script, VECTORS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
