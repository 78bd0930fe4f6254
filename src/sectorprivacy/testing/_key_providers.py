"""What every KeyProvider must do: a suite that its author inherits, each test a rule of the protocol."""

from __future__ import annotations

import base64
import contextlib
import copy
import io
import logging
import pickle
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from traceback import format_exception
from typing import Final
from unittest import SkipTest

from attrs import evolve

from sectorprivacy.encryption import WRAPPED_LIMIT, DestroysKeys, KeyName, KeyProvider, KeyUse
from sectorprivacy.errors import DecryptionError, KeyUnavailable

THREADS: Final = 10


class KeyProviderConformance(ABC):
    """The tests of a KeyProvider; name the subclass `Test…`, and pytest runs them.

    Nothing here needs pytest itself. Rules that a provider cannot break, since it has no service that stops or does
    not destroy, are skipped.
    """

    @abstractmethod
    def provider(self) -> KeyProvider:
        """A new provider at each call, all of them on the one service under test, which is running."""

    def unreachable(self) -> KeyProvider | None:
        """A provider whose service does not answer; None for one that has no service."""
        return None

    def name(self) -> KeyName:
        """The name of an object that was never made."""
        return KeyName.fresh(f"conformance.{secrets.token_hex(8)}", KeyUse.WRAP, 1)

    def test_a_secret_comes_back(self) -> None:
        """What was wrapped for a name unwraps for it, as often as asked, and takes no more room than a store has."""
        provider, name, secret = self.provider(), self.name(), secrets.token_bytes(32)
        wrapped = provider.wrap(name, secret)
        _require(type(wrapped) is bytes and len(wrapped) <= WRAPPED_LIMIT, "wrap() gives at most 4,096 bytes")
        _require(secret not in wrapped, "wrap() does not hand the secret back")
        _require(provider.unwrap(name, wrapped) == secret == provider.unwrap(name, wrapped), "unwrap() is repeatable")

    def test_wrapping_twice_gives_two_texts(self) -> None:
        """A nonce is never used twice: one secret, wrapped again, looks different, and both unwrap."""
        provider, name, secret = self.provider(), self.name(), secrets.token_bytes(32)
        first, second = provider.wrap(name, secret), provider.wrap(name, secret)
        _require(first != second, "wrap() is randomised")
        _require(provider.unwrap(name, first) == provider.unwrap(name, second) == secret, "both unwrap")

    def test_another_name_refuses(self) -> None:
        """What was wrapped for one tenant, use, epoch or serial unwraps for no other, whether or not there is one."""
        provider, name, secret = self.provider(), self.name(), secrets.token_bytes(32)
        wrapped = provider.wrap(name, secret)
        for other in _others(name):
            _refuses(partial(provider.unwrap, other, wrapped), "a name that was never made")
            provider.wrap(other, secret)
            _refuses(partial(provider.unwrap, other, wrapped), "another name")

    def test_names_that_look_alike_are_apart(self) -> None:
        """Every tenant id has objects of its own, also where a service allows fewer characters than an id does."""
        provider, secret = self.provider(), secrets.token_bytes(32)
        alike = self.name()
        start = alike.tenant
        tenants = [f"{start}{end}" for end in (".a", "-a", "_a", "..a", "da", "-wrap", "-wrap-1", "-", ".", "--a")]
        wrapped = {evolve(alike, tenant=each): b"" for each in tenants}
        for name in wrapped:
            wrapped[name] = provider.wrap(name, secret)
        for name, text in wrapped.items():
            _require(provider.unwrap(name, text) == secret, "an unusual tenant id works")
            for other in wrapped.keys() - {name}:
                _refuses(partial(provider.unwrap, other, text), "a name that looks alike")

    def test_what_was_changed_refuses(self) -> None:
        """One bit changed, anything cut off or added: it does not unwrap, and is told from a service that is down."""
        provider, name = self.provider(), self.name()
        wrapped = provider.wrap(name, secrets.token_bytes(32))
        for changed in _changed(wrapped):
            _refuses(partial(provider.unwrap, name, changed), "something that was changed")

    def test_nothing_unwraps_before_it_was_wrapped(self) -> None:
        """A name that was never used refuses, however often it is asked: unwrapping makes no object."""
        provider, name = self.provider(), self.name()
        wrapped = provider.wrap(self.name(), secrets.token_bytes(32))
        _refuses(partial(provider.unwrap, name, wrapped), "a name that was never made")
        _refuses(partial(provider.unwrap, name, wrapped), "a name that was never made, asked again")

    def test_two_providers_agree(self) -> None:
        """Processes share a service: what one wrapped, the other unwraps, and both use the same object."""
        one, other, name, secret = self.provider(), self.provider(), self.name(), secrets.token_bytes(32)
        _require(other.unwrap(name, one.wrap(name, secret)) == secret, "another provider unwraps")
        _require(one.unwrap(name, other.wrap(name, secret)) == secret, "and the other way round")

    def test_many_threads_make_one_object(self) -> None:
        """Ten threads that wrap for a new name at once: each result unwraps, here and elsewhere."""
        provider, name = self.provider(), self.name()
        wanted = [secrets.token_bytes(32) for _ in range(THREADS)]
        with ThreadPoolExecutor(THREADS) as pool:
            wrapped = list(pool.map(partial(provider.wrap, name), wanted))
            found = list(pool.map(partial(provider.unwrap, name), wrapped))
        _require(found == wanted, "no thread's secret is lost or exchanged")
        again = self.provider()
        _require([again.unwrap(name, text) for text in wrapped] == wanted, "another provider finds the same object")

    def test_destroyed_is_destroyed(self) -> None:
        """What was wrapped under a destroyed object unwraps nowhere, and its neighbour still does (Art. 17)."""
        provider, (name, neighbour), secret = self.provider(), (self.name(), self.name()), secrets.token_bytes(32)
        wrapped, kept = provider.wrap(name, secret), provider.wrap(neighbour, secret)
        gone = _destroying(provider).destroy(name)
        _require(gone is None or gone.utcoffset() is not None, "destroy() gives None, or an aware time")
        for each in (provider, self.provider()):
            _refuses(partial(each.unwrap, name, wrapped), "an object that was destroyed")
        _require(provider.unwrap(neighbour, kept) == secret, "the neighbour is not touched")

    def test_destroying_again_changes_nothing(self) -> None:
        """Whoever does not know whether it was done does it again: destroy is idempotent, over processes too."""
        provider, name = self.provider(), self.name()
        wrapped = provider.wrap(name, secrets.token_bytes(32))
        first = _destroying(provider).destroy(name)
        second = _destroying(self.provider()).destroy(name)
        _require(first == second, "destroy() says the same again")
        _refuses(partial(provider.unwrap, name, wrapped), "an object that was destroyed twice")
        _destroying(provider).destroy(self.name())

    def test_a_name_made_again_is_no_way_back(self) -> None:
        """If somebody wraps for a destroyed name in spite of the rule, what was lost stays lost."""
        provider, name = self.provider(), self.name()
        wrapped = provider.wrap(name, secrets.token_bytes(32))
        _destroying(provider).destroy(name)
        with contextlib.suppress(KeyUnavailable):
            provider.wrap(name, secrets.token_bytes(32))
        _refuses(partial(provider.unwrap, name, wrapped), "an object that was destroyed and made again")

    def test_a_service_that_is_down_is_unavailable(self) -> None:
        """An outage is told from a lost key: KeyUnavailable for every call, so that the caller may try again."""
        provider, name = self._unreachable(), self.name()
        wrapped = self.provider().wrap(name, secrets.token_bytes(32))
        _unavailable(lambda: provider.wrap(name, secrets.token_bytes(32)), "wrap()")
        _unavailable(partial(provider.unwrap, name, wrapped), "unwrap()")
        if isinstance(provider, DestroysKeys):
            _unavailable(lambda: _destroying(provider).destroy(name), "destroy()")

    def test_nothing_secret_is_told(self) -> None:
        """Neither log, representation nor error holds a secret, also where something goes wrong."""
        provider, name, secret = self.provider(), self.name(), secrets.token_bytes(32)
        with _everything_logged() as log:
            wrapped = provider.wrap(name, secret)
            provider.unwrap(name, wrapped)
            failures = [_failure(lambda: provider.unwrap(self.name(), wrapped))]
            if (broken := self.unreachable()) is not None:
                failures.append(_failure(lambda: broken.wrap(name, secret)))
        told = "\n".join([log.getvalue(), repr(provider), str(provider), *failures])
        for form in _spellings(secret):
            _require(form not in told, "the secret is in no log, representation or error")

    def test_it_does_not_leave_the_process(self) -> None:
        """A provider holds keys, or the way to them: it is neither pickled nor copied."""
        for leave in (pickle.dumps, copy.copy, copy.deepcopy):
            try:
                leave(self.provider())
            except (TypeError, pickle.PicklingError):
                continue
            raise AssertionError(f"{leave.__name__}() of a provider is refused with a TypeError")

    def _unreachable(self) -> KeyProvider:
        provider = self.unreachable()
        if provider is None:
            raise SkipTest("this provider has no service that could be down")
        return provider


def _spellings(secret: bytes) -> tuple[str, ...]:
    return secret.hex(), repr(secret)[2:-1], base64.b64encode(secret).decode("ascii")


def _others(name: KeyName) -> tuple[KeyName, ...]:
    return (
        evolve(name, tenant=f"{name.tenant}x"),
        evolve(name, use=KeyUse.INDEX),
        evolve(name, epoch=name.epoch + 1),
        evolve(name, serial=secrets.token_hex(8)),
    )


def _changed(wrapped: bytes) -> Generator[bytes]:
    for place in range(len(wrapped)):
        yield wrapped[:place] + bytes([wrapped[place] ^ 1 << place % 8]) + wrapped[place + 1 :]
    yield from (wrapped[:length] for length in (0, 1, len(wrapped) // 2, len(wrapped) - 1))
    yield from (wrapped + more for more in (b"\x00", b"\n", b"=", wrapped))
    yield from (wrapped[1:], b"\x00" + wrapped, bytes(len(wrapped)), b"\xff" * len(wrapped))


def _destroying(provider: KeyProvider) -> DestroysKeys:
    if not isinstance(provider, DestroysKeys):
        raise SkipTest("this provider does not destroy")
    return provider


def _require(condition: bool, rule: str) -> None:
    if not condition:
        raise AssertionError(rule)


def _refuses(unwrap: Callable[[], bytes], what: str) -> None:
    try:
        unwrap()
    except KeyUnavailable:
        raise AssertionError(f"{what} is a DecryptionError, not an outage") from None
    except DecryptionError:
        return
    raise AssertionError(f"{what} does not unwrap")


def _unavailable(call: Callable[[], object], what: str) -> None:
    try:
        call()
    except KeyUnavailable:
        return
    except DecryptionError:
        raise AssertionError(f"{what} of a service that is down is KeyUnavailable: the key is not lost") from None
    raise AssertionError(f"{what} of a service that is down is KeyUnavailable")


def _failure(call: Callable[[], object]) -> str:
    try:
        call()
    except DecryptionError as error:
        return "".join(format_exception(error)) + repr(error)
    raise AssertionError("it fails with a DecryptionError or KeyUnavailable")


@contextmanager
def _everything_logged() -> Generator[io.StringIO]:
    """What is logged meanwhile, by whatever library, from the lowest level on."""
    root, kept = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(kept), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
