"""Tenant keys in a token: SoftHSM, which speaks PKCS#11 as hardware does."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass

from sectorprivacy.encryption import KeyName, KeyUse
from sectorprivacy.errors import DecryptionError, KeyUnavailable, MissingExtra
from sectorprivacy.integrations import pkcs11 as integration
from sectorprivacy.integrations.pkcs11 import Pkcs11Token, environment_pin
from sectorprivacy.testing import KeyProviderConformance
from tests.integrations.key_service_journey import (
    live_and_shred,
    nothing_happens_without_the_service,
    nothing_opens_in_the_old_copy,
)
from tests.softhsm import Token

NAME = KeyName("acme", KeyUse.WRAP, 3, "9f2c4e0a1b2c3d4e")
LABEL = "acme/wrap/3/9f2c4e0a1b2c3d4e"
SECRET = bytes(range(32))

pytestmark = pytest.mark.needs("softhsm")


def provider_of(token: Token, *, pin: Callable[[], str] | None = None) -> Pkcs11Token:
    return Pkcs11Token(token.module, token=token.label, pin=pin or (lambda: token.pin))


def unplugged(token: Token) -> Pkcs11Token:
    return Pkcs11Token(token.module, token="unplugged", pin=lambda: token.pin)


@contextmanager
def logged_in(token: Token) -> Iterator[Any]:
    """A session of another part of the program, while no provider of ours is at work."""
    with pkcs11.lib(str(token.module)).get_token(token_label=token.label).open(rw=True, user_pin=token.pin) as session:
        yield session


class TestConformance(KeyProviderConformance):
    @pytest.fixture(autouse=True)
    def _token(self, token: Token) -> None:
        self.token = token

    def provider(self) -> Pkcs11Token:
        return provider_of(self.token)

    def unreachable(self) -> Pkcs11Token:
        return unplugged(self.token)


def test_a_life_with_a_token(token: Token, tmp_path: Path) -> None:
    """Sealed, opened, shredded, rotated: with the old key destroyed, an old copy of the store opens nothing (T08)."""
    assert live_and_shred(provider_of(token), tmp_path).gone_by is None
    nothing_opens_in_the_old_copy(provider_of(token), tmp_path)


def test_an_outage_writes_nothing(token: Token, tmp_path: Path) -> None:
    """Without its token the application fails closed, and no plaintext reaches the disk (T51)."""
    nothing_happens_without_the_service(provider_of(token), unplugged(token), tmp_path)


def test_a_key_never_leaves_the_token(token: Token) -> None:
    """One key stands under the name: made in the token, sensitive, not extractable, good for nothing else."""
    provider = provider_of(token)
    provider.wrap(NAME, SECRET)
    provider.wrap(NAME, SECRET)
    with logged_in(token) as session:
        (key,) = session.get_objects({Attribute.LABEL: LABEL})
        assert key.key_length == 256
        for attribute in (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.PRIVATE):
            assert key[attribute] is True
        for attribute in (
            Attribute.EXTRACTABLE,
            Attribute.WRAP,
            Attribute.SIGN,
            Attribute.DERIVE,
            Attribute.MODIFIABLE,
        ):
            assert key[attribute] is False
        with pytest.raises(pkcs11.PKCS11Error):
            key[Attribute.VALUE]


def test_a_key_that_was_carried_in_is_not_used(token: Token) -> None:
    """Whoever knows the PIN could plant a key they know under the name of the next epoch: it is passed over."""
    with logged_in(token) as session:
        planted = session.create_object(
            {
                Attribute.CLASS: ObjectClass.SECRET_KEY,
                Attribute.KEY_TYPE: KeyType.AES,
                Attribute.LABEL: LABEL,
                Attribute.ID: bytes(16),
                Attribute.TOKEN: True,
                Attribute.ENCRYPT: True,
                Attribute.DECRYPT: True,
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.VALUE: bytes(32),
            }
        )
        planted_id = planted[Attribute.ID]
    provider = provider_of(token)
    wrapped = provider.wrap(NAME, SECRET)
    assert wrapped[1:17] != planted_id
    assert provider.unwrap(NAME, wrapped) == SECRET


def test_a_key_that_cannot_do_both_is_not_used(token: Token) -> None:
    """A key of the right label that only encrypts would lose whatever was wrapped under it: it is passed over."""
    with logged_in(token) as session:
        session.generate_key(
            KeyType.AES,
            256,
            id=bytes(16),
            label=LABEL,
            store=True,
            capabilities=MechanismFlag.ENCRYPT,
            template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )
    provider = provider_of(token)
    assert provider.unwrap(NAME, provider.wrap(NAME, SECRET)) == SECRET


def test_the_longest_name_is_a_label(token: Token) -> None:
    """PKCS#11 sets no limit to a label: a tenant's id of 100 characters and the last epoch have one."""
    name = KeyName.fresh("a" * 100, KeyUse.INDEX, 2**32 - 1)
    provider = provider_of(token)
    assert provider.unwrap(name, provider.wrap(name, SECRET)) == SECRET
    with logged_in(token) as session:
        assert list(session.get_objects({Attribute.LABEL: str(name)}))


def test_a_token_that_fails_is_told_from_a_wrong_tag() -> None:
    """Where the key opens nothing at all, nothing is said of what was wrapped: the token's own error stands."""

    class Failing:
        def encrypt(self, data: bytes, **_: object) -> bytes:
            return data + bytes(16)

        def decrypt(self, data: bytes, **_: object) -> bytes:
            raise pkcs11.GeneralError

    with pytest.raises(pkcs11.GeneralError):
        integration._decrypt(Failing(), NAME, integration._parts(b"\x01" + bytes(76)))


def test_a_pin_is_tried_once(token: Token) -> None:
    """A token locks itself after some wrong PINs: each call spends one attempt, and says so to the operator alone."""
    asked: list[str] = []

    def wrong() -> str:
        asked.append("wrong-pin-6614")
        return asked[-1]

    with pytest.raises(KeyUnavailable) as refused:
        provider_of(token, pin=wrong).wrap(NAME, SECRET)
    assert asked == ["wrong-pin-6614"]
    assert refused.value.__notes__ == ["PinIncorrect"]
    assert provider_of(token).wrap(NAME, SECRET)


def test_a_pin_comes_from_the_environment(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call reads the variable anew; without one the key is unavailable, and the token is not asked."""
    monkeypatch.setenv("PKCS11_PIN", token.pin)
    provider = Pkcs11Token(token.module, token=token.label)
    assert provider.unwrap(NAME, provider.wrap(NAME, SECRET)) == SECRET
    monkeypatch.delenv("PKCS11_PIN")
    with pytest.raises(KeyUnavailable):
        provider.wrap(NAME, SECRET)
    with pytest.raises(KeyUnavailable):
        environment_pin()


def test_no_module_no_key(token: Token) -> None:
    """A library that is not there is an outage, not a lost key."""
    with pytest.raises(KeyUnavailable):
        Pkcs11Token(Path("/nonexistent/module.so"), token=token.label, pin=lambda: token.pin).wrap(NAME, SECRET)


def test_the_application_may_use_the_token_too(token: Token) -> None:
    """PKCS#11 knows one login for a process: ours works beside another one, and does not end it."""
    provider = provider_of(token)
    with logged_in(token) as session:
        wrapped = provider.wrap(NAME, SECRET)
        assert provider.unwrap(NAME, wrapped) == SECRET
        assert list(session.get_objects({Attribute.LABEL: LABEL}))


def in_a_child(work: Callable[[], object]) -> object:
    """What `work` gives in a forked process."""

    def run(pipe: Connection) -> None:
        try:
            pipe.send(work())
        except BaseException as error:  # noqa: BLE001  # whatever a child raises fails the test
            pipe.send(repr(error))

    context = multiprocessing.get_context("fork")
    reading, writing = context.Pipe(duplex=False)
    child = context.Process(target=run, args=(writing,))
    child.start()
    writing.close()
    try:
        return reading.recv()
    finally:
        child.join()


def test_a_forked_process_uses_the_token(token: Token) -> None:
    """A server forks its workers after it has wrapped: parent and child both go on, on one key."""
    provider = provider_of(token)
    wrapped = provider.wrap(NAME, SECRET)
    in_child = in_a_child(lambda: (provider.unwrap(NAME, wrapped), provider.wrap(NAME, SECRET)))
    assert isinstance(in_child, tuple)
    opened, wrapped_in_child = in_child
    assert opened == provider.unwrap(NAME, wrapped_in_child) == provider.unwrap(NAME, wrapped) == SECRET


def test_a_forked_process_does_not_inherit_the_login(token: Token) -> None:
    """What the parent initialised and logged in is not the child's: there the module is initialised anew."""
    provider = provider_of(token)
    wrapped = provider.wrap(NAME, SECRET)

    def seen_without_login() -> tuple[bytes, int]:
        secret = provider.unwrap(NAME, wrapped)
        with pkcs11.lib(str(token.module)).get_token(token_label=token.label).open() as session:
            return secret, len(list(session.get_objects({Attribute.LABEL: LABEL})))

    with logged_in(token) as session:
        assert in_a_child(seen_without_login) == (SECRET, 0)
        assert list(session.get_objects({Attribute.LABEL: LABEL}))


def test_a_fork_during_a_call_hangs_nobody(token: Token) -> None:
    """A thread of the parent is inside the module when another forks: the child does not wait for it."""
    provider = provider_of(token)
    wrapped = provider.wrap(NAME, SECRET)
    inside, leave = threading.Event(), threading.Event()

    def slow_pin() -> str:
        inside.set()
        leave.wait()
        return token.pin

    busy = threading.Thread(target=lambda: provider_of(token, pin=slow_pin).unwrap(NAME, wrapped))
    busy.start()
    inside.wait()
    try:
        assert in_a_child(lambda: provider.unwrap(NAME, wrapped)) == SECRET
    finally:
        leave.set()
        busy.join()


def test_processes_that_race_lose_nothing(token: Token) -> None:
    """PKCS#11 has no unique names: if processes made several keys for one name, each opens, and all are destroyed."""
    context = multiprocessing.get_context("fork")
    with context.Pool(4) as pool:
        wrapped = pool.map(_Wraps(token), range(8), chunksize=1)
    provider = provider_of(token)
    assert [provider.unwrap(NAME, each) for each in wrapped] == [SECRET] * 8
    provider.destroy(NAME)
    with logged_in(token) as session:
        assert list(session.get_objects({Attribute.LABEL: LABEL})) == []
    for each in wrapped:
        with pytest.raises(DecryptionError):
            provider.unwrap(NAME, each)


class _Wraps:
    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, _: int) -> bytes:
        # SoftHSM answers "general error" to a process that reads what another is writing, until it is written.
        for _ in range(200):
            with contextlib.suppress(KeyUnavailable):
                return provider_of(self._token).wrap(NAME, SECRET)
            time.sleep(0.02)
        raise AssertionError("the token never answered")


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its library the module says what to install."""
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    monkeypatch.delitem(sys.modules, "sectorprivacy.integrations.pkcs11")
    with pytest.raises(MissingExtra, match=r"sectorprivacy\[pkcs11\]"):
        importlib.import_module("sectorprivacy.integrations.pkcs11")
