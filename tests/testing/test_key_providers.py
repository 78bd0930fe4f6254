"""The suite for key providers: the keyring passes it, and a provider that breaks one rule fails where it says so."""

from __future__ import annotations

import base64
import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from unittest import SkipTest

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption import KeyName, KeyProvider, LocalKeyring
from sectorprivacy.errors import DecryptionError, KeyUnavailable
from sectorprivacy.testing import KeyProviderConformance

KEY = os.urandom(32)


class TestKeyringInMemory(KeyProviderConformance):
    @pytest.fixture(autouse=True)
    def _keyring(self) -> None:
        self.keyring = LocalKeyring.in_memory()

    def provider(self) -> LocalKeyring:
        return self.keyring


class TestKeyringFile(KeyProviderConformance):
    @pytest.fixture(autouse=True)
    def _keyring(self, tmp_path: Path) -> None:
        self.path = tmp_path / "keyring.json"
        LocalKeyring.create(self.path, KEY)

    def provider(self) -> LocalKeyring:
        return LocalKeyring.open(self.path, KEY)


class Kept:
    """A correct provider, whose objects are where every provider of the same test finds them."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.lock = threading.Lock()

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        with self.lock:
            key = self.objects.setdefault(self.object(name), os.urandom(32))
        nonce = self.nonce()
        return nonce + AESGCM(key).encrypt(nonce, secret, self.binding(name))

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        key = self.objects.get(self.object(name))
        if key is None:
            raise DecryptionError
        try:
            return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], self.binding(name))
        except (InvalidTag, ValueError):
            raise DecryptionError from None

    def destroy(self, name: KeyName) -> datetime | None:
        self.objects.pop(self.object(name), None)
        return None

    def object(self, name: KeyName) -> str:
        return str(name)

    def binding(self, name: KeyName) -> bytes:
        return str(name).encode()

    def nonce(self) -> bytes:
        return os.urandom(12)

    def __reduce__(self) -> NoReturn:
        raise TypeError


class Down(Kept):
    """What a service that is down looks like."""

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        raise KeyUnavailable

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        raise KeyUnavailable

    def destroy(self, name: KeyName) -> datetime | None:
        raise KeyUnavailable


class TellsLostForDown(Down):
    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        raise DecryptionError


class ForgetsToSayDown(Down):
    def destroy(self, name: KeyName) -> datetime | None:
        return None


class HandsItBack(Kept):
    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        return secret

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        return wrapped


class TooLarge(Kept):
    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        return super().wrap(name, secret) + bytes(5000)


class RepeatsItsNonce(Kept):
    def nonce(self) -> bytes:
        return bytes(12)


class OneObjectForAll(Kept):
    def object(self, name: KeyName) -> str:
        return "the object"

    def binding(self, name: KeyName) -> bytes:
        return b""


class IgnoresTheEpoch(OneObjectForAll):
    def object(self, name: KeyName) -> str:
        return f"{name.tenant}/{name.use}/{name.serial}"


class IgnoresTheSerial(OneObjectForAll):
    def object(self, name: KeyName) -> str:
        return f"{name.tenant}/{name.use}/{name.epoch}"


class FoldsNames(Kept):
    def object(self, name: KeyName) -> str:
        return str(name).replace(".", "-")

    def binding(self, name: KeyName) -> bytes:
        return b""


class Mends(Kept):
    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        return base64.b64encode(super().wrap(name, secret))

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        try:
            return super().unwrap(name, base64.b64decode(wrapped))
        except ValueError:
            raise DecryptionError from None


class TellsDownForLost(Kept):
    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        try:
            return super().unwrap(name, wrapped)
        except DecryptionError:
            raise KeyUnavailable from None


class OpensAnything(Kept):
    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        return wrapped[-32:]


class KeepsItForItself(Kept):
    def __init__(self, objects: dict[str, bytes]) -> None:
        super().__init__({})


class DestroysNothing(Kept):
    def destroy(self, name: KeyName) -> datetime | None:
        return None


class DestroysTheTenantsNeighbours(Kept):
    def destroy(self, name: KeyName) -> datetime | None:
        self.objects.clear()
        return None


class GivesANaiveTime(Kept):
    def destroy(self, name: KeyName) -> datetime | None:
        super().destroy(name)
        return datetime(2026, 1, 1)  # noqa: DTZ001  # what is refused


class DestroysOnce(Kept):
    def destroy(self, name: KeyName) -> datetime | None:
        del self.objects[self.object(name)]
        return None


class LogsSecrets(Kept):
    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        logging.getLogger("provider.http").debug("sending %s", base64.b64encode(secret).decode())
        return super().wrap(name, secret)


class Pickles(Kept):
    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def __reduce__(self) -> tuple[type, tuple[dict[str, bytes]]]:  # type: ignore[override]
        return type(self), (self.objects,)


class LosesSomeUnderLoad(Kept):
    """A race: whoever comes second replaces the object of the first."""

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        self.objects.pop(self.object(name), None)
        return super().wrap(name, secret)


def suite(good: type[Kept], down: type[Kept] | None = Down) -> KeyProviderConformance:
    objects: dict[str, bytes] = {}

    class Suite(KeyProviderConformance):
        def provider(self) -> KeyProvider:
            return good(objects)

        def unreachable(self) -> KeyProvider | None:
            return None if down is None else down(objects)

    return Suite()


RULES = tuple(name for name in dir(KeyProviderConformance) if name.startswith("test_"))


@pytest.mark.parametrize("rule", RULES)
def test_a_correct_provider_passes(rule: str) -> None:
    """A provider that does what the protocol says is not refused by any rule."""
    getattr(suite(Kept), rule)()


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (HandsItBack, "test_a_secret_comes_back"),
        (TooLarge, "test_a_secret_comes_back"),
        (RepeatsItsNonce, "test_wrapping_twice_gives_two_texts"),
        (OneObjectForAll, "test_another_name_refuses"),
        (IgnoresTheEpoch, "test_another_name_refuses"),
        (IgnoresTheSerial, "test_another_name_refuses"),
        (FoldsNames, "test_names_that_look_alike_are_apart"),
        (Mends, "test_what_was_changed_refuses"),
        (TellsDownForLost, "test_what_was_changed_refuses"),
        (OpensAnything, "test_nothing_unwraps_before_it_was_wrapped"),
        (KeepsItForItself, "test_two_providers_agree"),
        (LosesSomeUnderLoad, "test_many_threads_make_one_object"),
        (DestroysNothing, "test_destroyed_is_destroyed"),
        (DestroysTheTenantsNeighbours, "test_destroyed_is_destroyed"),
        (GivesANaiveTime, "test_destroyed_is_destroyed"),
        (DestroysOnce, "test_destroying_again_changes_nothing"),
        (DestroysNothing, "test_a_name_made_again_is_no_way_back"),
        (LogsSecrets, "test_nothing_secret_is_told"),
        (Pickles, "test_it_does_not_leave_the_process"),
    ],
)
def test_a_broken_provider_is_found(broken: type[Kept], rule: str) -> None:
    """Each rule goes red for a provider that breaks it; what the suite does not see, its author would ship."""
    with pytest.raises((AssertionError, KeyError, DecryptionError)):
        getattr(suite(broken), rule)()


@pytest.mark.parametrize("down", [TellsLostForDown, ForgetsToSayDown, Kept])
def test_an_outage_that_is_told_wrongly_is_found(down: type[Kept]) -> None:
    """A service that is down and does not say so is found, at whichever of its methods."""
    with pytest.raises((AssertionError, DecryptionError)):
        suite(Kept, down).test_a_service_that_is_down_is_unavailable()


def test_rules_that_do_not_apply_are_skipped() -> None:
    """Neither an outage nor a destruction is demanded of a provider that knows none."""
    without: Callable[[], None] = suite(Kept, down=None).test_a_service_that_is_down_is_unavailable
    with pytest.raises(SkipTest):
        without()

    class KeepsForEver(KeyProviderConformance):
        def provider(self) -> KeyProvider:
            return WithoutDestroy()

    for rule in (name for name in RULES if "destroy" in name or "again" in name):
        with pytest.raises(SkipTest):
            getattr(KeepsForEver(), rule)()


class WithoutDestroy:
    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        return bytes(60)

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        raise DecryptionError
