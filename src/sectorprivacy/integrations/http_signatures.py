"""Signatures of HTTP messages (RFC 9421) with http-message-signatures: Ed25519, a key per use, bound to one exchange.

Specification: docs/spec/rights-protocol.md.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from sectorprivacy.errors import MissingExtra, SignatureInvalid
from sectorprivacy.rights.protocol import Headers, HttpMessage, HttpRequest, HttpResponse, Signed
from sectorprivacy.signing import Signer, Verifier

try:
    from http_message_signatures.algorithms import HTTPSignatureAlgorithm  # pyright: ignore[reportPrivateImportUsage]
    from http_message_signatures.exceptions import HTTPMessageSignaturesException
    from http_message_signatures.resolvers import HTTPSignatureKeyResolver
    from http_message_signatures.signatures import HTTPMessageSigner, HTTPMessageVerifier
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.http_signatures", extra="http") from None

__all__ = ["CLOCK_SKEW", "LABEL", "LIFETIME", "TAG", "HttpSigner"]

LABEL = "sp"
TAG = "sectorprivacy/1"

LIFETIME = timedelta(seconds=300)
"""Longest time from `created` to `expires`."""

CLOCK_SKEW = timedelta(seconds=300)
"""How far ahead the signer's clock may be."""

_REQUEST = ("@method", "@target-uri", "content-digest")
_REQUEST_WHERE_PRESENT = ("content-type", "content-encoding", "range", "if-none-match")
_RESPONSE = ("@status",)
_RESPONSE_WHERE_PRESENT = (
    "content-type",
    "content-encoding",
    "content-digest",
    "repr-digest",
    "content-range",
    "etag",
)
_ANSWERED = ('"@method";req', '"@target-uri";req', '"signature";req')
_PARAMETERS = {"created", "expires", "keyid", "nonce", "tag"}


class HttpSigner:
    """Signs requests or responses with one key, and verifies those of others.

    Make one for each use: the key that signs a service's answers signs nothing else.

    Args:
        signer: The private key.
        now: The clock, aware.
    """

    def __init__(self, signer: Signer, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._signer = signer
        self._now = now

    @property
    def key_id(self) -> str:
        """Id of the key it signs with."""
        return self._signer.key_id

    def sign(self, message: HttpMessage, *, answers: HttpRequest | None = None) -> HttpMessage:
        """The message with the fields `signature-input` and `signature`.

        Args:
            message: With the digest of its body among its headers.
            answers: The signed request, if the message is a response.
        """
        created = self._now()
        prepared = HTTPMessageSigner(signature_algorithm=_Ed25519).prepare(  # pyright: ignore[reportUnknownMemberType]
            _view(message, answers),
            key_id=self._signer.key_id,
            created=created,
            expires=created + LIFETIME,
            nonce=secrets.token_urlsafe(16),
            label=LABEL,
            tag=TAG,
            include_alg=False,
            covered_component_ids=_covered(message),
            use_existing_digest=message.header("content-digest") is not None,
        )
        signature = base64.b64encode(self._signer.sign(prepared.signature_base)).decode("ascii")
        fields: Headers = (
            ("signature-input", f"{LABEL}={prepared.signature_params}"),
            ("signature", f"{LABEL}=:{signature}:"),
        )
        return evolve(message, headers=(*message.headers, *fields))

    def verify(
        self, message: HttpMessage, keys: Mapping[str, Verifier], *, answers: HttpRequest | None = None
    ) -> Signed:
        """What the signature says, once key, signature and time window have been checked in this order.

        Args:
            message: A request, or the response to one.
            keys: Whose signature is accepted, by key id.
            answers: The signed request, if the message is a response.

        Raises:
            SignatureInvalid: Whatever is wrong, in one way.
        """
        verifier = _SignatureOnly(signature_algorithm=_Ed25519, key_resolver=_Keys(keys))
        covered = _covered(message)
        try:
            (result,) = verifier.verify(  # pyright: ignore[reportUnknownMemberType]
                _view(message, answers),
                max_age=None,
                expect_tag=TAG,
                expect_label=LABEL,
                require_components=covered,
            )
        except (HTTPMessageSignaturesException, ValueError):
            raise SignatureInvalid from None
        # One more than is covered: the entry of the parameters themselves.
        if len(result.covered_components) != len(covered) + 1:
            raise SignatureInvalid
        return self._within_its_time(result.parameters)

    def _within_its_time(self, parameters: Mapping[str, int | str]) -> Signed:
        if not parameters.keys() >= _PARAMETERS or not parameters["nonce"]:
            raise SignatureInvalid
        try:
            created = datetime.fromtimestamp(int(parameters["created"]), UTC)
            expires = datetime.fromtimestamp(int(parameters["expires"]), UTC)
        except (ValueError, OverflowError, OSError):
            raise SignatureInvalid from None
        now = self._now()
        if not created < expires <= created + LIFETIME or created > now + CLOCK_SKEW or expires <= now:
            raise SignatureInvalid
        return Signed(key_id=str(parameters["keyid"]), nonce=str(parameters["nonce"]), expires=expires)


def _covered(message: HttpRequest | HttpResponse) -> tuple[str, ...]:
    """Exactly what a signature covers: a field that is there but not covered could be changed on the way."""
    always, where_present, answered = (
        (_REQUEST, _REQUEST_WHERE_PRESENT, ())
        if isinstance(message, HttpRequest)
        else (_RESPONSE, _RESPONSE_WHERE_PRESENT, _ANSWERED)
    )
    present = (name for name in where_present if message.header(name) is not None)
    return (*always, *present, *answered)


# What http-message-signatures reads messages, keys and algorithms by


@frozen
class _Request:
    method: str
    url: str
    headers: dict[str, str]


@frozen
class _Response:
    status_code: int
    headers: dict[str, str]
    request: _Request | None


def _view(message: HttpRequest | HttpResponse, answers: HttpRequest | None) -> _Request | _Response:
    if isinstance(message, HttpRequest):
        return _Request(message.method, message.url, _fields(message))
    request = None if answers is None else _Request(answers.method, answers.url, _fields(answers))
    return _Response(message.status, _fields(message), request)


def _fields(message: HttpRequest | HttpResponse) -> dict[str, str]:
    return {name: message.header(name) or "" for name, _ in message.headers}


class _Ed25519(HTTPSignatureAlgorithm):
    """Ed25519 by the handle of a public key; signing happens outside, by the handle of the private one."""

    algorithm_id = "ed25519"

    def __init__(self, public_key: Any = None, private_key: Any = None) -> None:  # noqa: ARG002 (the library passes it by name)
        self._verifier: Verifier = public_key

    def verify(self, signature: bytes, message: bytes) -> None:
        self._verifier.verify(signature, message)


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, keys: Mapping[str, Verifier]) -> None:
        self._keys = keys

    def resolve_public_key(self, key_id: str) -> Any:
        return self._keys.get(key_id)


class _SignatureOnly(HTTPMessageVerifier):
    """Leaves the time window to HttpSigner: it is checked after the signature, and by the clock given there."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Nothing yet."""
