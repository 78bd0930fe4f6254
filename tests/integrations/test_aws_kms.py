"""Tenant keys in KMS: moto's server, and hand-written answers for what moto does not say."""

from __future__ import annotations

import base64
import contextlib
import importlib
import io
import json
import logging
import multiprocessing
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from sectorprivacy.encryption import KeyName, KeyUse
from sectorprivacy.errors import DecryptionError, KeyringError, KeyUnavailable, MissingExtra
from sectorprivacy.integrations.aws_kms import AwsKms
from sectorprivacy.testing import KeyProviderConformance
from tests.integrations.key_service_journey import live_and_shred, nothing_happens_without_the_service
from tests.moto_server import MotoServer
from tests.openbao import free_port

REGION = "eu-north-1"
NAME = KeyName("acme.no", KeyUse.WRAP, 3, "9f2c4e0a1b2c3d4e")
ALIAS = "alias/sectorprivacy/acmeDno/wrap/3/9f2c4e0a1b2c3d4e"
SECRET = bytes(range(32))
WRAPPED = bytes(range(120))
MOST_CALLS = 5
NOT_MOTO = "moto opens under a key that waits for its deletion, which KMS refuses: see what KMS says of a lost key"


def credentials() -> boto3.Session:
    return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")


def kms(url: str, **arguments: Any) -> AwsKms:
    return AwsKms(REGION, session=credentials(), endpoint=url, **arguments)


def administrator(url: str, region: str = REGION) -> Any:
    return credentials().client("kms", region_name=region, endpoint_url=url)


def unreachable() -> AwsKms:
    return kms(f"http://127.0.0.1:{free_port()}")


@pytest.mark.needs("moto")
class TestConformance(KeyProviderConformance):
    @pytest.fixture(autouse=True)
    def _server(self, moto: MotoServer) -> None:
        self.server = moto

    def provider(self) -> AwsKms:
        return kms(self.server.url)

    def unreachable(self) -> AwsKms:
        return unreachable()

    @pytest.mark.skip(reason=NOT_MOTO)
    def test_destroyed_is_destroyed(self) -> None: ...

    @pytest.mark.skip(reason=NOT_MOTO)
    def test_destroying_again_changes_nothing(self) -> None: ...

    @pytest.mark.skip(reason=NOT_MOTO)
    def test_a_name_made_again_is_no_way_back(self) -> None: ...


@pytest.mark.needs("moto")
def test_a_life_with_kms(moto: MotoServer, tmp_path: Path) -> None:
    """Sealed, opened, shredded, rotated; the rotation says on which day the old key is gone."""
    rotated = live_and_shred(kms(moto.url, waiting_days=7), tmp_path)
    assert rotated.gone_by is not None
    assert timedelta(days=6) < rotated.gone_by - datetime.now(UTC) < timedelta(days=8)


@pytest.mark.needs("moto")
def test_an_outage_writes_nothing(moto: MotoServer, tmp_path: Path) -> None:
    """While KMS is down the application fails closed, and no plaintext reaches the disk (T51)."""
    nothing_happens_without_the_service(kms(moto.url), unreachable(), tmp_path)


@pytest.mark.needs("moto")
def test_destroying_is_scheduled(moto: MotoServer) -> None:
    """The key waits for its deletion from then on; doing it again gives the same day and does not put it off."""
    provider = kms(moto.url, waiting_days=9)
    provider.wrap(NAME, SECRET)
    gone = provider.destroy(NAME)
    assert gone is not None
    assert gone.tzinfo is UTC
    assert provider.destroy(NAME) == kms(moto.url).destroy(NAME) == gone
    client = administrator(moto.url)
    assert client.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert provider.destroy(KeyName.fresh("acme.no", KeyUse.WRAP, 4)) is None


@pytest.mark.needs("moto")
def test_threads_that_race_leave_one_key(moto: MotoServer) -> None:
    """Of several keys that were made for one name at the same moment, one is used; the others are not paid for."""
    provider = kms(moto.url)
    wrapped: list[bytes] = []
    threads = [threading.Thread(target=lambda: wrapped.append(provider.wrap(NAME, SECRET))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client = administrator(moto.url)
    states = [client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in client.list_keys()["Keys"]]
    assert states.count("Enabled") == 1
    assert {provider.unwrap(NAME, each) for each in wrapped} == {SECRET}
    assert len(wrapped) == 8


@pytest.mark.needs("moto")
def test_another_region_holds_other_keys(moto: MotoServer) -> None:
    """In a wrong region nothing opens: the call fails closed, and no key is made by it (T51)."""
    wrapped = kms(moto.url).wrap(NAME, SECRET)
    elsewhere = AwsKms("eu-west-1", session=credentials(), endpoint=moto.url)
    with pytest.raises(DecryptionError):
        elsewhere.unwrap(NAME, wrapped)
    assert administrator(moto.url, "eu-west-1").list_keys()["Keys"] == []


@pytest.mark.parametrize("days", [0, 6, 31])
def test_kms_waits_7_to_30_days(days: int) -> None:
    """A waiting period that KMS refuses is refused when the program starts, not when a person is erased."""
    with pytest.raises(KeyringError):
        AwsKms(REGION, session=credentials(), waiting_days=days)


Answer = tuple[int, dict[str, Any]]
Answers = Mapping[str, Answer | list[Answer]]


class Asked(list[str]):
    """The operations that a server was asked for, with each one's message and the address it came from."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.clients: list[object] = []


@contextmanager
def saying(answers: Answers) -> Iterator[tuple[str, Asked]]:
    """Address of a server that answers each operation of KMS as it is told, and the operations it was asked for.

    Args:
        answers: Status and message of each operation; a list of them is given out in turn.
    """
    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            operation = str(self.headers["x-amz-target"]).removeprefix("TrentService.")
            asked.append(operation)
            asked.messages.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            asked.clients.append(self.client_address)
            answer = answers[operation]
            status, message = answer.pop(0) if isinstance(answer, list) else answer
            body = json.dumps(message).encode()
            with contextlib.suppress(ConnectionError):  # the client did not wait
                self.send_response(status)
                self.send_header("content-type", "application/x-amz-json-1.1")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

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


def refusal(code: str, status: int = 400) -> Answer:
    return status, {"__type": code, "message": f"arn:aws:kms:{REGION}:1:key/x"}


AS_MADE = {"Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": False}
PARTS = {"tenant": "acme.no", "use": "wrap", "epoch": "3", "serial": "9f2c4e0a1b2c3d4e"}


def described(state: str, **other: Any) -> Answer:
    key = {"KeyId": "k", "KeyState": state, "DeletionDate": 1_800_000_000, **AS_MADE, **other}
    return 200, {"KeyMetadata": key}


def tagged(**other: str) -> Answer:
    tags = {"cost": "centre", **{f"sectorprivacy:{part}": value for part, value in {**PARTS, **other}.items()}}
    return 200, {"Tags": [{"TagKey": tag, "TagValue": value} for tag, value in tags.items()], "Truncated": False}


DENIED = {"Decrypt": refusal("AccessDeniedException"), "Encrypt": refusal("AccessDeniedException")}

UNAVAILABLE: Mapping[str, Answers] = {
    "disabled": {"Decrypt": refusal("DisabledException")},
    "denied": DENIED,
    "denied, and it may encrypt": {**DENIED, "Encrypt": (200, {"CiphertextBlob": "AAAA"})},
    "throttled": {"Decrypt": refusal("ThrottlingException")},
    "limit": {"Decrypt": refusal("LimitExceededException")},
    "KMS's own fault": {"Decrypt": refusal("KMSInternalException", 500)},
    "dependency": {"Decrypt": refusal("DependencyTimeoutException", 503)},
    "key store": {"Decrypt": refusal("KeyUnavailableException", 500)},
    "credentials": {"Decrypt": refusal("UnrecognizedClientException")},
    "expired": {"Decrypt": refusal("ExpiredTokenException")},
    "no answer of KMS": {"Decrypt": (502, {})},
    "waits for its material": {
        "Decrypt": refusal("KMSInvalidStateException"),
        "DescribeKey": described("PendingImport"),
    },
    "state not to be seen": {
        "Decrypt": refusal("KMSInvalidStateException"),
        "DescribeKey": refusal("AccessDeniedException"),
    },
}

LOST: Mapping[str, Answers] = {
    "other text": {"Decrypt": refusal("InvalidCiphertextException")},
    "other key": {"Decrypt": refusal("IncorrectKeyException")},
    "no key": {"Decrypt": refusal("NotFoundException")},
    "waits for its deletion": {
        "Decrypt": refusal("KMSInvalidStateException"),
        "DescribeKey": described("PendingDeletion"),
    },
    "deleted meanwhile": {
        "Decrypt": refusal("KMSInvalidStateException"),
        "DescribeKey": refusal("NotFoundException"),
    },
}


@pytest.mark.parametrize("case", UNAVAILABLE)
def test_what_kms_says_of_a_key_that_may_come_back(case: str) -> None:
    """It is unavailable, for the operator with KMS's own word; no more than five requests are made (T51)."""
    with saying(UNAVAILABLE[case]) as (url, asked), pytest.raises(KeyUnavailable) as refused:
        kms(url).unwrap(NAME, WRAPPED)
    assert 1 <= len(asked) <= MOST_CALLS
    assert refused.value.__notes__
    assert "arn:" not in "".join([str(refused.value), *refused.value.__notes__])


@pytest.mark.parametrize("case", LOST)
def test_what_kms_says_of_a_key_that_is_lost(case: str) -> None:
    """It is a DecryptionError, and not an outage: trying again will not help."""
    with saying(LOST[case]) as (url, asked), pytest.raises(DecryptionError) as refused:
        kms(url).unwrap(NAME, WRAPPED)
    assert not isinstance(refused.value, KeyUnavailable)
    assert len(asked) <= MOST_CALLS


OPENED = (200, {"Plaintext": base64.b64encode(SECRET).decode()})


def test_a_forked_process_connects_anew() -> None:
    """A worker that was forked after the first call does not speak into its parent's connection."""
    context = multiprocessing.get_context("fork")
    reading, writing = context.Pipe(duplex=False)
    with saying({"Decrypt": OPENED}) as (url, asked):
        provider = kms(url)
        provider.unwrap(NAME, WRAPPED)
        child = context.Process(target=lambda: writing.send(provider.unwrap(NAME, WRAPPED)))
        child.start()
        assert reading.recv() == SECRET
        child.join()
        assert provider.unwrap(NAME, WRAPPED) == SECRET
    parent, other, again = asked.clients
    assert parent == again != other


def test_kms_is_told_which_key_and_for_what() -> None:
    """What was wrapped opens by the key of its name alone, and in its context, which AWS writes into its own log."""
    with saying({"Decrypt": OPENED}) as (url, asked):
        kms(url).unwrap(NAME, WRAPPED)
    assert asked.messages == [
        {
            "KeyId": ALIAS,
            "CiphertextBlob": base64.b64encode(WRAPPED).decode(),
            "EncryptionContext": PARTS,
        }
    ]


def test_a_changed_text_is_told_from_a_missing_right() -> None:
    """KMS says "access denied" of both; a program that opens what it has just closed has the right."""
    answers: Answers = {
        "Decrypt": [refusal("AccessDeniedException"), (200, {"Plaintext": base64.b64encode(bytes(32)).decode()})],
        "Encrypt": (200, {"CiphertextBlob": base64.b64encode(b"probe").decode()}),
    }
    with saying(answers) as (url, asked), pytest.raises(DecryptionError) as refused:
        kms(url).unwrap(NAME, WRAPPED)
    assert not isinstance(refused.value, KeyUnavailable)
    assert asked == ["Decrypt", "Encrypt", "Decrypt"]


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "DisabledException"])
@pytest.mark.parametrize("refusing", ["DescribeKey", "CreateKey", "CreateAlias", "Encrypt"])
def test_a_wrap_that_is_refused_starts_no_storm(code: str, refusing: str) -> None:
    """At whichever step KMS refuses, wrapping stops; a key that nothing will name is not left behind."""
    answers: Answers = {
        "DescribeKey": refusal("NotFoundException"),
        "Encrypt": (200, {"CiphertextBlob": base64.b64encode(WRAPPED).decode()}),
        "CreateKey": described("Enabled"),
        "CreateAlias": (200, {}),
        "ScheduleKeyDeletion": (200, {"DeletionDate": 1_800_000_000}),
    }
    with saying({**answers, refusing: refusal(code)}) as (url, asked), pytest.raises(KeyUnavailable):
        kms(url).wrap(NAME, SECRET)
    assert len(asked) <= MOST_CALLS
    assert ("ScheduleKeyDeletion" in asked) is (refusing == "CreateAlias")


def test_a_service_that_may_not_delete_uses_the_key_of_another() -> None:
    """Whoever comes second uses the first one's key, also without the right to remove its own."""
    answers: Answers = {
        "DescribeKey": [refusal("NotFoundException"), described("Enabled", KeyId="first")],
        "ListResourceTags": tagged(),
        "Encrypt": (200, {"CiphertextBlob": base64.b64encode(WRAPPED).decode()}),
        "CreateKey": described("Enabled"),
        "CreateAlias": refusal("AlreadyExistsException"),
        "ScheduleKeyDeletion": refusal("AccessDeniedException"),
    }
    with saying(answers) as (url, asked):
        assert kms(url).wrap(NAME, SECRET) == WRAPPED
    making, finding = ["DescribeKey", "CreateKey", "CreateAlias"], ["DescribeKey", "ListResourceTags"]
    assert asked == [*making, "ScheduleKeyDeletion", *finding, "Encrypt"]
    assert asked.messages[-1]["KeyId"] == "first"


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_a_destruction_that_is_refused_is_not_taken_for_done(code: str) -> None:
    """An erasure must not rest on a key that is still there: refused at either step, destroy raises."""
    answers = {
        "DescribeKey": described("Enabled"),
        "ListResourceTags": tagged(),
        "ScheduleKeyDeletion": (200, {"DeletionDate": 1_800_000_000}),
    }
    for refusing in answers:
        with saying({**answers, refusing: refusal(code)}) as (url, asked), pytest.raises(KeyUnavailable):
            kms(url).destroy(NAME)
        assert len(asked) <= MOST_CALLS


@pytest.mark.needs("moto")
def test_an_alias_that_leads_elsewhere_destroys_nothing(moto: MotoServer) -> None:
    """Whoever may move aliases cannot have the key in use destroyed in the place of an old one (T08)."""
    provider, current = kms(moto.url), KeyName.fresh("acme.no", KeyUse.WRAP, 4)
    provider.wrap(NAME, SECRET)
    wrapped = provider.wrap(current, SECRET)
    client = administrator(moto.url)
    key = client.describe_key(KeyId=f"alias/sectorprivacy/acmeDno/wrap/4/{current.serial}")["KeyMetadata"]["KeyId"]
    client.update_alias(AliasName=ALIAS, TargetKeyId=key)
    with pytest.raises(KeyUnavailable) as refused:
        provider.destroy(NAME)
    assert refused.value.__notes__ == ["the alias leads to a key that was not made for it"]
    assert client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert provider.unwrap(current, wrapped) == SECRET
    with pytest.raises(KeyUnavailable):
        provider.wrap(NAME, SECRET)


@pytest.mark.needs("moto")
@pytest.mark.parametrize(
    "planted",
    [
        {"Origin": "EXTERNAL"},
        {"KeySpec": "RSA_4096", "KeyUsage": "ENCRYPT_DECRYPT"},
        {"MultiRegion": True},
        {"Tags": []},
        {"Tags": [{"TagKey": f"sectorprivacy:{part}", "TagValue": value} for part, value in PARTS.items()][:-1]},
    ],
)
def test_a_key_that_was_planted_is_not_used(moto: MotoServer, planted: dict[str, Any]) -> None:
    """A key whose material somebody carried in or keeps elsewhere, or without the name's tags, wraps nothing."""
    client = administrator(moto.url)
    tags = [{"TagKey": f"sectorprivacy:{part}", "TagValue": value} for part, value in PARTS.items()]
    key = client.create_key(**{"Tags": tags, **AS_MADE, **planted})["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName=ALIAS, TargetKeyId=key)
    for act in (lambda: kms(moto.url).wrap(NAME, SECRET), lambda: kms(moto.url).destroy(NAME)):
        with pytest.raises(KeyUnavailable):
            act()
    assert client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion"
    assert len(client.list_keys()["Keys"]) == 1


@pytest.mark.needs("moto")
def test_a_key_that_another_process_made_is_used(moto: MotoServer) -> None:
    """What KMS made, and what has the tags of the name, is the key of the name, whoever asked for it."""
    client = administrator(moto.url)
    tags = [{"TagKey": f"sectorprivacy:{part}", "TagValue": value} for part, value in PARTS.items()]
    key = client.create_key(Tags=tags, **AS_MADE)["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName=ALIAS, TargetKeyId=key)
    assert kms(moto.url).unwrap(NAME, kms(moto.url).wrap(NAME, SECRET)) == SECRET
    assert len(client.list_keys()["Keys"]) == 1


@pytest.mark.parametrize("state", ["Enabled", "PendingDeletion"])
def test_what_is_checked_is_what_is_used(state: str) -> None:
    """Wrapping and destroying name the key that was looked at, not its alias, which may be moved in between."""
    answers: Answers = {
        "DescribeKey": described(state),
        "ListResourceTags": tagged(),
        "Encrypt": (200, {"CiphertextBlob": base64.b64encode(WRAPPED).decode()}),
        "ScheduleKeyDeletion": (200, {"DeletionDate": 1_800_000_000}),
    }
    with saying(answers) as (url, asked):
        kms(url).wrap(NAME, SECRET)
        assert kms(url).destroy(NAME) == datetime.fromtimestamp(1_800_000_000, UTC)
    named = {operation: message["KeyId"] for operation, message in zip(asked, asked.messages, strict=True)}
    assert named.pop("DescribeKey") == ALIAS
    assert set(named.values()) == {"k"}
    with saying({**answers, "ListResourceTags": tagged(epoch="4")}) as (url, asked), pytest.raises(KeyUnavailable):
        kms(url).destroy(NAME)
    assert asked == ["DescribeKey", "ListResourceTags"]


@pytest.mark.parametrize("code", ["AccessDeniedException", "NotFoundException", "KMSInternalException"])
def test_tags_that_cannot_be_read_are_no_permission(code: str) -> None:
    """Without the right to read the tags nothing is wrapped or destroyed: the check fails closed."""
    answers: Answers = {"DescribeKey": described("Enabled"), "ListResourceTags": refusal(code)}
    with saying(answers) as (url, asked):
        for act in (lambda: kms(url).wrap(NAME, SECRET), lambda: kms(url).destroy(NAME)):
            with pytest.raises(KeyUnavailable):
                act()
    assert set(asked) == set(answers)


@pytest.mark.needs("moto")
def test_the_longest_name_has_an_alias(moto: MotoServer) -> None:
    """An alias has at most 256 characters, which a tenant's id of 100 and the last epoch do not reach."""
    name = KeyName.fresh("a." * 50, KeyUse.INDEX, 2**32 - 1)
    provider = kms(moto.url)
    assert provider.unwrap(name, provider.wrap(name, SECRET)) == SECRET
    aliases = [each["AliasName"] for each in administrator(moto.url).list_aliases()["Aliases"]]
    (alias,) = [each for each in aliases if each.startswith("alias/sectorprivacy/")]
    assert len(alias) == 154


def test_a_server_that_hangs_is_unavailable() -> None:
    """A service that takes the request and never answers costs two timeouts, no more (T51)."""
    waiting = threading.Event()

    class Hanging(dict[str, Answer]):
        def __getitem__(self, _: str) -> Answer:
            waiting.wait(10)
            return 200, {}

    with saying(Hanging()) as (url, asked):
        try:
            with pytest.raises(KeyUnavailable):
                kms(url, timeout=0.1).unwrap(NAME, WRAPPED)
        finally:
            waiting.set()
    assert len(asked) == 2


@pytest.mark.needs("moto")
def test_botocore_logs_no_keys(moto: MotoServer) -> None:
    """At DEBUG botocore logs what it sends and receives: while a tenant key is on its way nothing is logged."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    boto3.set_stream_logger("botocore", logging.DEBUG)
    logger = logging.getLogger("botocore")
    logger.addHandler(handler)
    try:
        provider = kms(moto.url)
        provider.unwrap(NAME, provider.wrap(NAME, SECRET))
        administrator(moto.url).list_keys()
    finally:
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
    assert base64.b64encode(SECRET).decode() not in told.getvalue()
    assert "ListKeys" in told.getvalue()


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its library the module says what to install."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "sectorprivacy.integrations.aws_kms")
    with pytest.raises(MissingExtra, match=r"sectorprivacy\[aws\]"):
        importlib.import_module("sectorprivacy.integrations.aws_kms")
