"""Tenant keys in OpenBao or HashiCorp Vault: the KeyProvider over the Transit engine's HTTP API."""

from __future__ import annotations

import base64
import os
import re
import ssl
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, NoReturn, TypeVar

from attrs import frozen
from pydantic import BaseModel, ConfigDict, ValidationError

from sectorprivacy.encryption import KeyName
from sectorprivacy.errors import DecryptionError, KeyringError, KeyUnavailable, MissingExtra

try:
    import httpx2
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.vault", extra="vault") from None

__all__ = ["VaultTransit", "environment_token"]

TOKEN_VARIABLES: Final = ("BAO_TOKEN", "VAULT_TOKEN")
ANSWER_LIMIT: Final = 64 * 1024
"""Octets that an answer may have; those of Transit have some hundred."""

_TYPE: Final = "aes256-gcm96"
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_MOUNT: Final = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
_WRAPPED: Final = re.compile(rb"vault:v[1-9][0-9]{0,8}:[A-Za-z0-9+/]{80}")
"""Version, then 12 octets of nonce, 32 of the key and 16 of the tag: base64 without padding or spare bits."""

_FINAL: Final = ("message authentication failed", "encryption key not found", "invalid ciphertext")
"""What Transit says of a wrapped key that will not open later either; of all else it may."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, hide_input_in_errors=True)


class _Ciphertext(_Answer):
    ciphertext: str


class _Plaintext(_Answer):
    plaintext: str


class _Encrypted(_Answer):
    data: _Ciphertext


class _Decrypted(_Answer):
    data: _Plaintext


class _Refused(_Answer):
    errors: list[str]


class _Facts(_Answer):
    type: str
    derived: bool
    exportable: bool
    allow_plaintext_backup: bool
    imported_key: bool = False

    @property
    def stays_there(self) -> bool:
        """Whether the key was made in the server, cannot leave it, and is the same for every wrap."""
        lets_go = self.exportable or self.allow_plaintext_backup
        return self.type == _TYPE and not (lets_go or self.derived or self.imported_key)


class _Described(_Answer):
    data: _Facts


A = TypeVar("A", bound=_Answer)


@frozen(repr=False)
class _Response:
    status: int
    body: bytes

    @property
    def succeeded(self) -> bool:
        return self.status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}

    def read(self, kind: type[A]) -> A:
        """The body as a message; unavailable where it is none, since something else than Transit answers."""
        try:
            return kind.model_validate_json(self.body)
        except ValidationError:
            raise KeyUnavailable.noting("the answer is not one of Transit") from None


def environment_token() -> str:
    """The token in `BAO_TOKEN`, or in `VAULT_TOKEN`, read anew for every call.

    Raises:
        KeyUnavailable: Neither is set.
    """
    for name in TOKEN_VARIABLES:
        if token := os.environ.get(name):
            return token
    raise KeyUnavailable.noting("there is no token in BAO_TOKEN or VAULT_TOKEN")


class VaultTransit:
    """A KeyProvider that destroys: one Transit key for each KeyName, `sectorprivacy-acme-WRAP-3-9f2c4e0a1b2c3d4e`.

    Keys are of type `aes256-gcm96`, not exportable and not backed up in plaintext; the name is their associated data.
    A key that is otherwise wraps nothing, if the token may read what the key is like.
    Nothing is tried again here, no redirect is followed and no proxy of the environment is used. A connection lasts
    for one call, since a tenant key is unwrapped once in minutes: threads and forked processes may share a provider.
    A `KeyUnavailable` says what happened in a note of its traceback, never in its text.

    Args:
        url: Where the server answers: `https://vault.example:8200`. Without TLS only on this machine.
        token: Gives the token for a call, so that an agent may renew it; by default from the environment.
        mount: Path of the engine; with the namespace before it, where there is one: `alarms/transit`.
        tls: Which authorities are trusted, and the client's certificate; by default those of the machine.
        timeout: Seconds for a whole exchange.

    Raises:
        KeyringError: The address is without TLS and not of this machine, or the mount is not a path.
    """

    __slots__ = ("_engine", "_timeout", "_tls", "_token")

    def __init__(
        self,
        url: str,
        *,
        token: Callable[[], str] = environment_token,
        mount: str = "transit",
        tls: ssl.SSLContext | None = None,
        timeout: float = 5.0,
    ) -> None:
        self._engine = f"{_checked(url)}/v1/{_path(mount)}"
        self._token = token
        self._tls = ssl.create_default_context() if tls is None else tls
        self._timeout = timeout

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        """See KeyProvider; Transit makes the key with the first wrap, one for all who come at once.

        Made so, a key is not exportable. One that somebody else made first is looked at, where the token may.
        """
        response = self._call(
            "POST",
            f"encrypt/{_key(name)}",
            type=_TYPE,
            plaintext=_base64(secret),
            associated_data=_bound(name),
        )
        _succeeded(response)
        wrapped = response.read(_Encrypted).data.ciphertext.encode()
        if not _WRAPPED.fullmatch(wrapped):
            raise KeyUnavailable.noting("what Transit wrapped has another form")
        self._look_at(name)
        return wrapped

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        """See KeyProvider; a key that is soft-deleted, or held back by its minimal version, is unavailable."""
        # Transit skips line breaks inside base64 and leading zeros of the version: what it would mend is refused here.
        if not _WRAPPED.fullmatch(wrapped):
            raise DecryptionError
        response = self._call(
            "POST", f"decrypt/{_key(name)}", ciphertext=wrapped.decode("ascii"), associated_data=_bound(name)
        )
        if response.status == HTTPStatus.BAD_REQUEST and _is_final(response):
            raise DecryptionError
        _succeeded(response)
        return _secret(response.read(_Decrypted).data.plaintext)

    def destroy(self, name: KeyName) -> None:
        """See DestroysKeys: the key is gone from the server at once; backups of its storage are yours to destroy."""
        if not self._exists(name):
            return
        self._call("POST", f"keys/{_key(name)}/config", deletion_allowed=True)
        response = self._call("DELETE", f"keys/{_key(name)}")
        # Whoever destroys it at the same time may have been first: then both calls are refused, and it is gone.
        if not response.succeeded and self._exists(name):
            raise KeyUnavailable.noting(f"Transit answered {response.status}")

    def _look_at(self, name: KeyName) -> None:
        response = self._call("GET", f"keys/{_key(name)}")
        if response.status == HTTPStatus.FORBIDDEN:
            return  # a token that may only encrypt and decrypt cannot see what the key is like
        _succeeded(response)
        if not response.read(_Described).data.stays_there:
            raise KeyUnavailable.noting("the key may be exported, or is not as Transit makes it")

    def _exists(self, name: KeyName) -> bool:
        response = self._call("GET", f"keys/{_key(name)}")
        if response.status == HTTPStatus.NOT_FOUND and response.read(_Refused).errors == []:
            return False  # an engine that is not there says so in words
        _succeeded(response)
        return True

    def _call(self, method: str, path: str, **message: str | bool) -> _Response:
        headers = {"x-vault-token": self._token(), "x-vault-request": "true", "accept-encoding": "identity"}
        try:
            return self._exchange(method, f"{self._engine}/{path}", headers, message)
        except httpx2.TimeoutException:
            failure = "no answer in time"
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            failure = type(error).__name__
        # Not as its cause: that error holds the request, and the request the token.
        raise KeyUnavailable.noting(failure)

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], message: Mapping[str, str | bool]
    ) -> _Response:
        until = time.monotonic() + self._timeout
        with (
            httpx2.Client(verify=self._tls, trust_env=False, follow_redirects=False, timeout=self._timeout) as client,
            client.stream(method, url, headers=dict(headers), json=dict(message) or None) as response,
        ):
            body = b""
            for piece in response.iter_raw():
                body += piece
                if len(body) > ANSWER_LIMIT:
                    raise KeyUnavailable.noting("the answer is too large")
                if time.monotonic() > until:
                    raise KeyUnavailable.noting("no answer in time")
            return _Response(response.status_code, body)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a VaultTransit is never pickled or copied: it holds the way to a token")

    def __repr__(self) -> str:
        return f"VaultTransit({self._engine!r})"


def _checked(url: str) -> str:
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL:
        address = httpx2.URL()
    protected = address.scheme == "https" or (address.scheme == "http" and address.host in _THIS_MACHINE)
    if not protected or address.userinfo or address.query or address.fragment:
        raise KeyringError(
            problem="the address of the key service is not one", instead="Give https://HOST:PORT; http on loopback only"
        )
    return url.rstrip("/")


def _path(mount: str) -> str:
    if not _MOUNT.fullmatch(mount):
        raise KeyringError(problem="the mount is not a path", instead="Name the Transit engine as in `transit`")
    return mount


def _key(name: KeyName) -> str:
    """Another key for every name, and no tenant's beginning is another's: the use is in capitals, which ids are not.

    D stands for a dot, since two in a row look like a path that leads elsewhere.
    """
    return f"sectorprivacy-{name.tenant.replace('.', 'D')}-{name.use.value.upper()}-{name.epoch}-{name.serial}"


def _bound(name: KeyName) -> str:
    return _base64(str(name).encode("ascii"))


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _secret(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise KeyUnavailable.noting("the answer is not one of Transit") from None


def _is_final(response: _Response) -> bool:
    return any(known in error for error in response.read(_Refused).errors for known in _FINAL)


def _succeeded(response: _Response) -> None:
    if not response.succeeded:
        raise KeyUnavailable.noting(f"Transit answered {response.status}")
