"""Tenant keys in AWS KMS: the KeyProvider over boto3, with one KMS key behind an alias for each name."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from sectorprivacy.encryption import KeyName
from sectorprivacy.errors import DecryptionError, KeyringError, KeyUnavailable, MissingExtra

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.aws_kms", extra="aws") from None

__all__ = ["AwsKms"]

SHORTEST_WAIT, LONGEST_WAIT = 7, 30

_ATTEMPTS: Final = 2
"""One repetition bridges a lost connection; more, from every process at once, would keep a throttled service down."""

_LOST: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException", "NotFoundException"})
"""What KMS says of a wrapped key that will not open later either."""

_NOT_FOUND: Final = "NotFoundException"
_EXISTS: Final = "AlreadyExistsException"
_INVALID_STATE: Final = "KMSInvalidStateException"
_DENIED: Final = "AccessDeniedException"
_LEAVING: Final = frozenset({"PendingDeletion", "PendingReplicaDeletion"})

_AS_MADE: Final[Mapping[str, object]] = {
    "Origin": "AWS_KMS",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "MultiRegion": False,
}
"""How a key is made, and must be: what was carried in is known to somebody, and replicas live on in other regions."""

_TALKATIVE: Final = ("botocore", "urllib3")
_asking: ContextVar[bool] = ContextVar("asking", default=False)


def _is_told(record: logging.LogRecord) -> bool:
    return not _asking.get() or record.levelno >= logging.WARNING


@contextmanager
def _unlogged() -> Generator[None]:
    """Nothing that botocore logs below a warning meanwhile: at DEBUG it logs what is sent and received, keys too."""
    # Each logger by itself, since a filter is not asked about what comes from below; some are made late.
    for name in [each for each in list(logging.root.manager.loggerDict) if each.startswith(_TALKATIVE)]:
        logging.getLogger(name).addFilter(_is_told)
    asking = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(asking)


class AwsKms:
    """A KeyProvider that destroys: one KMS key for each KeyName, `alias/sectorprivacy/acme/wrap/3/9f2c4e0a1b2c3d4e`.

    The parts of the name are the encryption context and the tags of the key. An alias is not taken at its word: a key
    wraps and is destroyed only if it has the tags of the name, and if KMS made it and keeps it in this region alone.

    An outage costs two requests for a call, and a call that goes well costs one to seven. Threads may share a provider;
    a forked process connects anew. A `KeyUnavailable` says what KMS answered in a note of its traceback, never in its
    text.

    Destroying is scheduled: from that moment KMS refuses to use the key, but whoever may cancel the deletion can take
    it back until the waiting period ends, and the receipt of an erasure names that day as its horizon.

    Args:
        region: Region of the keys, `eu-north-1`; stated, since in another one the names mean other keys.
        session: Credentials, as boto3 finds them by default.
        waiting_days: From `destroy` until a key is gone: 7 to 30.
        endpoint: URL of a VPC endpoint, or of a server that speaks as KMS does.
        timeout: Seconds to connect, and to wait for an answer.

    Raises:
        KeyringError: The waiting period is outside what KMS allows.
    """

    __slots__ = ("_client", "_endpoint", "_lock", "_process", "_region", "_session", "_timeout", "_waiting_days")

    def __init__(
        self,
        region: str,
        *,
        session: boto3.Session | None = None,
        waiting_days: int = LONGEST_WAIT,
        endpoint: str | None = None,
        timeout: float = 5.0,
    ) -> None:
        if not SHORTEST_WAIT <= waiting_days <= LONGEST_WAIT:
            raise KeyringError(problem=f"KMS does not wait {waiting_days} days", instead="Wait 7 to 30 days")
        self._region = region
        self._session = boto3.Session() if session is None else session
        self._waiting_days = waiting_days
        self._endpoint = endpoint
        self._timeout = timeout
        self._lock = threading.Lock()
        self._process = 0
        self._client: Any = None

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        """See KeyProvider; of many that make the key of a new name, the one whose alias is first is used by all."""
        try:
            key = self._own(name)
            return self._encrypt(self._made(name) if key is None else key["KeyId"], name, secret)
        except ClientError as refused:
            raise KeyUnavailable.noting(_code(refused)) from None

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        """See KeyProvider; a key that waits for its deletion is destroyed, a disabled one unavailable."""
        if not wrapped:
            raise DecryptionError  # botocore would say so itself, as of a mistake in the program
        try:
            answer = self._ask("decrypt", KeyId=_alias(name), CiphertextBlob=wrapped, EncryptionContext=_context(name))
        except ClientError as refused:
            if self._is_final(_code(refused), name):
                raise DecryptionError from None
            raise KeyUnavailable.noting(_code(refused)) from None
        return bytes(answer["Plaintext"])

    def destroy(self, name: KeyName) -> datetime | None:
        """See DestroysKeys.

        Returns:
            The end of the waiting period; None once it has passed, and for a name that was never made.

        Raises:
            KeyUnavailable: As in DestroysKeys, and if the alias leads to another key than that of the name.
        """
        try:
            key = self._own(name)
            if key is None:
                return None
            if key["KeyState"] in _LEAVING:
                return _moment(key["DeletionDate"])
            return self._scheduled(key["KeyId"], self._waiting_days)
        except ClientError as refused:
            raise KeyUnavailable.noting(_code(refused)) from None

    def _encrypt(self, key: str, name: KeyName, secret: bytes) -> bytes:
        answer = self._ask("encrypt", KeyId=key, Plaintext=secret, EncryptionContext=_context(name))
        return bytes(answer["CiphertextBlob"])

    def _made(self, name: KeyName) -> str:
        """Id of a new key, with the alias of the name; or of the one that has it, where another was first."""
        tags = [{"TagKey": tag, "TagValue": value} for tag, value in _tags(name).items()]
        made = self._ask("create_key", Description=f"sectorprivacy {name}", Tags=tags, **_AS_MADE)["KeyMetadata"][
            "KeyId"
        ]
        try:
            self._ask("create_alias", AliasName=_alias(name), TargetKeyId=made)
        except ClientError as refused:
            self._abandon(made)
            if _code(refused) != _EXISTS:
                raise
            first = self._own(name)
            if first is None:
                raise KeyUnavailable.noting(_NOT_FOUND) from None
            return str(first["KeyId"])
        return str(made)

    def _abandon(self, key: str) -> None:
        """Have a key removed under which nothing was encrypted; it would be paid for and never used."""
        # A program that may not delete leaves it to whoever looks at the tags.
        with suppress(ClientError):
            self._scheduled(key, SHORTEST_WAIT)

    def _scheduled(self, key: str, days: int) -> datetime:
        return _moment(self._ask("schedule_key_deletion", KeyId=key, PendingWindowInDays=days)["DeletionDate"])

    def _own(self, name: KeyName) -> Mapping[str, Any] | None:
        """The key behind the alias of a name. An alias can be led to another key, which may be one in use.

        Raises:
            KeyUnavailable: It was not made for this name, or its material is known or used elsewhere.
        """
        key = self._described(name)
        if key is not None:
            answer = self._ask("list_resource_tags", KeyId=key["KeyId"])
            tags = {tag["TagKey"]: tag["TagValue"] for tag in answer["Tags"]}
            if not (_tags(name).items() <= tags.items() and _AS_MADE.items() <= key.items()):
                raise KeyUnavailable.noting("the alias leads to a key that was not made for it")
        return key

    def _described(self, name: KeyName) -> Mapping[str, Any] | None:
        try:
            metadata: Mapping[str, Any] = self._ask("describe_key", KeyId=_alias(name))["KeyMetadata"]
        except ClientError as refused:
            if _code(refused) == _NOT_FOUND:
                return None
            raise
        return metadata

    def _is_final(self, code: str, name: KeyName) -> bool:
        """Whether a refusal to decrypt holds for good."""
        try:
            if code == _INVALID_STATE:
                key = self._described(name)
                return key is None or key["KeyState"] in _LEAVING
            return code in _LOST or (code == _DENIED and self._may_decrypt(name))
        except ClientError:
            return False

    def _may_decrypt(self, name: KeyName) -> bool:
        """Whether access was denied to what was wrapped, not to the name: KMS says the same of a blob that was changed.

        It is asked to open what it has just closed. A program that may not encrypt cannot ask, and is told that the
        key is unavailable.
        """
        probe = self._encrypt(_alias(name), name, bytes(32))
        self._ask("decrypt", KeyId=_alias(name), CiphertextBlob=probe, EncryptionContext=_context(name))
        return True

    def _ask(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """The answer of KMS. A refusal is botocore's ClientError, which never leaves: its frames hold what was sent."""
        try:
            client = self._connected()
            with _unlogged():
                answer: Mapping[str, Any] = getattr(client, operation)(**arguments)
        except BotoCoreError as error:
            raise KeyUnavailable.noting(type(error).__name__) from None
        return answer

    def _connected(self) -> Any:
        with self._lock:
            if self._process != os.getpid():
                config = Config(
                    connect_timeout=self._timeout,
                    read_timeout=self._timeout,
                    retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
                )
                self._client = self._session.client(  # pyright: ignore[reportUnknownMemberType]  # boto3 types its clients by stubs alone
                    "kms", region_name=self._region, endpoint_url=self._endpoint, config=config
                )
                self._process = os.getpid()
            return self._client

    def __reduce__(self) -> NoReturn:
        raise TypeError("an AwsKms is never pickled or copied: it holds the way to credentials")

    def __repr__(self) -> str:
        return f"AwsKms({self._region!r})"


def _alias(name: KeyName) -> str:
    """Another alias for every name; an alias has no dots, so D stands for one, which no tenant id contains."""
    return f"alias/sectorprivacy/{name.tenant.replace('.', 'D')}/{name.use.value}/{name.epoch}/{name.serial}"


def _context(name: KeyName) -> dict[str, str]:
    return {"tenant": name.tenant, "use": name.use.value, "epoch": str(name.epoch), "serial": name.serial}


def _tags(name: KeyName) -> dict[str, str]:
    return {f"sectorprivacy:{part}": value for part, value in _context(name).items()}


def _moment(given: datetime) -> datetime:
    return given.astimezone(UTC)


def _code(refused: ClientError) -> str:
    return str(refused.response.get("Error", {}).get("Code", "no code"))
