"""Tenant keys and their epochs: kept wrapped in the key store, unwrapped by the provider, in memory for minutes."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NoReturn, Protocol, Self

from attrs import field, frozen

from sectorprivacy.encryption._forks import begins_anew
from sectorprivacy.encryption._provider import WRAPPED_LIMIT, DestroysKeys, KeyName, KeyProvider, KeyUse
from sectorprivacy.encryption._subject_key import TenantIndexKey, TenantKey
from sectorprivacy.errors import DecryptionError, KeyringError, KeyUnavailable

TENANT_KEY_LIFETIME: Final = 300.0

LABEL_EPOCH: Final = b"sp1/epoch"


class EpochStatus(StrEnum):
    """What may be done with a tenant key."""

    CURRENT = "current"
    """New keys are wrapped under it; one for each tenant and use."""
    RETIRED = "retired"
    """It unwraps what was wrapped under it before."""
    DESTROYED = "destroyed"
    """Gone for good, and with it every copy of what is still wrapped under it."""


@frozen(kw_only=True)
class Epoch:
    """One tenant key as it is stored.

    Args:
        tenant: Stable id of the controller.
        use: What it is for.
        number: From 1, without gaps.
        serial: What tells its key object from every other one of this tenant, use and number.
        check: 16 bytes that commit to the tenant key: a key service that answers with another one is found out.
        wrapped: The key as the provider wrapped it; None once it is destroyed.
        status: What may be done with it.
        began: When it was made, in UTC.
    """

    tenant: str
    use: KeyUse
    number: int
    serial: str
    check: bytes
    wrapped: bytes | None = field(repr=False)
    status: EpochStatus
    began: datetime

    @classmethod
    def begun(cls, name: KeyName, secret: bytes, *, wrapped: bytes, at: datetime) -> Self:
        """A new epoch, which is the current one once it is kept.

        Args:
            name: The key object that wraps it.
            secret: The tenant key.
            wrapped: The same as the provider wrapped it.
            at: The time, in UTC.
        """
        return cls(
            tenant=name.tenant,
            use=name.use,
            number=name.epoch,
            serial=name.serial,
            check=_check(name, secret),
            wrapped=wrapped,
            status=EpochStatus.CURRENT,
            began=at,
        )

    def commits_to(self, secret: bytes) -> bool:
        """Whether this is its tenant key."""
        return hmac.compare_digest(_check(self.name, secret), self.check)

    @property
    def name(self) -> KeyName:
        """The key object that wraps it."""
        return KeyName(self.tenant, self.use, self.number, self.serial)


class EpochRows(Protocol):
    """Where the tenant keys of each epoch lie, in one database with the subject keys under them."""

    def epochs(self, tenant: str, use: KeyUse) -> Sequence[Epoch]:
        """Every epoch of a tenant and use, by number."""
        ...

    def begin(self, epoch: Epoch) -> Epoch:
        """Keep a new current epoch if its number follows the last one; what was current is retired with it.

        Returns:
            The epoch that is current afterwards: this one, or another that somebody began first.
        """
        ...

    def end(self, tenant: str, use: KeyUse, number: int) -> None:
        """Mark a retired epoch as destroyed, and leave no residue of its wrapped key where the store can.

        Raises:
            EpochInUse: It is the current one, or a subject key is still wrapped under it.
        """
        ...


@frozen(eq=False)
class _Unwrapped:
    secret: bytes = field(repr=False)
    wrapping: TenantKey
    until: float


@frozen(eq=False)
class _IndexKeys:
    keys: tuple[TenantIndexKey, ...]
    until: float


class TenantKeys:
    """The tenant keys of one tenant.

    Args:
        tenant: Stable id of the controller.
        store: Where they lie, wrapped.
        provider: Wraps and unwraps them.
        clock: Seconds, on a clock that runs while the machine is suspended.
        now: The time of day, for when an epoch began.
        lifetime: Seconds for which an unwrapped key stays in memory.
    """

    def __init__(
        self,
        tenant: str,
        *,
        store: EpochRows,
        provider: KeyProvider,
        clock: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lifetime: float = TENANT_KEY_LIFETIME,
    ) -> None:
        self._tenant = tenant
        self._store = store
        self._provider = provider
        self._clock = clock
        self._now = now
        self._lifetime = lifetime
        self.begin_anew()
        begins_anew(self)

    def begin_anew(self) -> None:
        """Know no key any more, as in a forked child."""
        self._unwrapped: dict[KeyName, _Unwrapped] = {}
        self._wrapping: dict[int, KeyName] = {}
        self._index_keys: _IndexKeys | None = None
        self._lock = threading.Lock()

    def current(self) -> TenantKey:
        """The key that new subject keys are wrapped under; the first one is made here.

        Raises:
            KeyUnavailable: The provider cannot be reached.
            DecryptionError: It does not unwrap.
        """
        return self._unwrap(self._current(KeyUse.WRAP)).wrapping

    def at(self, numbers: Collection[int]) -> Mapping[int, TenantKey]:
        """The keys of these epochs; one that is destroyed or does not unwrap is left out.

        Raises:
            KeyUnavailable: The provider cannot be reached.
        """
        found = {number: known.wrapping for number in numbers if (known := self._known(self._wrapping.get(number)))}
        if len(found) < len(numbers):
            for epoch in self._store.epochs(self._tenant, KeyUse.WRAP):
                key = self._unwrapped_if_there(epoch) if epoch.number in numbers and epoch.number not in found else None
                if key is not None:
                    found[epoch.number] = key.wrapping
        return found

    def index_keys(self, lifetime: float) -> tuple[TenantIndexKey, ...]:
        """The index key that tokens are written under, then the others that values may be found by.

        A new key is written under only after twice the lifetime: by then every process searches by it, and none misses
        what another wrote.

        Args:
            lifetime: Seconds for which the answer is relied on.

        Raises:
            KeyUnavailable: The provider cannot be reached.
            DecryptionError: One of them does not unwrap: a search would miss what it indexed.
        """
        known = self._index_keys
        if known is None or self._clock() >= known.until:
            until = self._clock() + lifetime
            keys = self._ask_index_keys(timedelta(seconds=2 * lifetime))
            known = self._index_keys = _IndexKeys(keys, until)
        return known.keys

    def _ask_index_keys(self, known_everywhere: timedelta) -> tuple[TenantIndexKey, ...]:
        self._current(KeyUse.INDEX)
        living = [each for each in self._store.epochs(self._tenant, KeyUse.INDEX) if each.wrapped is not None]
        known = [each for each in living if each.number == 1 or each.began + known_everywhere <= self._now()]
        written = max(known or living[:1], key=lambda each: each.number)
        ordered = [written, *(each for each in living if each is not written)]
        return tuple(TenantIndexKey(each.number, self._unwrap(each).secret) for each in ordered)

    def begin(self, use: KeyUse) -> Epoch:
        """Make the next epoch. Of several processes that do so at once, one makes it and all are given it.

        Raises:
            KeyUnavailable: The provider cannot be reached; nothing changed.
        """
        before = self._store.epochs(self._tenant, use)
        return self._make(use, before[-1].number + 1 if before else 1)

    def forget(self) -> None:
        """Let go of every unwrapped key."""
        with self._lock:
            self._unwrapped.clear()
            self._index_keys = None

    def _current(self, use: KeyUse) -> Epoch:
        for epoch in reversed(self._store.epochs(self._tenant, use)):
            if epoch.status is EpochStatus.CURRENT:
                return epoch
        # Not the next one: another process may have made the first meanwhile, which then is the current one.
        return self._make(use, 1)

    def _make(self, use: KeyUse, number: int) -> Epoch:
        secret = secrets.token_bytes(32)
        name = KeyName.fresh(self._tenant, use, number)
        wrapped = self._provider.wrap(name, secret)
        if len(wrapped) > WRAPPED_LIMIT:
            raise KeyringError(problem="the key service wraps a key in too many bytes", instead="Allow 4,096 at most")
        mine = Epoch.begun(name, secret, wrapped=wrapped, at=self._now())
        stands = self._store.begin(mine)
        if stands.serial != mine.serial and isinstance(self._provider, DestroysKeys):
            self._provider.destroy(name)  # somebody was first, and nothing will ever point at it
        return stands

    def _known(self, name: KeyName | None) -> _Unwrapped | None:
        found = None if name is None else self._unwrapped.get(name)
        return found if found is not None and self._clock() < found.until else None

    def _unwrap(self, epoch: Epoch) -> _Unwrapped:
        if (known := self._known(epoch.name)) is not None:
            return known
        if epoch.wrapped is None:
            raise DecryptionError
        until = self._clock() + self._lifetime
        secret = self._provider.unwrap(epoch.name, epoch.wrapped)
        if not epoch.commits_to(secret):
            raise DecryptionError
        unwrapped = _Unwrapped(secret, TenantKey(self._tenant, epoch.number, secret), until)
        with self._lock:
            self._unwrapped[epoch.name] = unwrapped
            if epoch.use is KeyUse.WRAP:
                self._wrapping[epoch.number] = epoch.name
        return unwrapped

    def _unwrapped_if_there(self, epoch: Epoch) -> _Unwrapped | None:
        try:
            return self._unwrap(epoch)
        except KeyUnavailable:
            raise
        except DecryptionError:
            return None

    def __reduce__(self) -> NoReturn:
        raise TypeError("TenantKeys are never pickled or copied: they hold secrets")

    def __repr__(self) -> str:
        return f"TenantKeys({self._tenant!r})"


def _check(name: KeyName, secret: bytes) -> bytes:
    return hmac.digest(secret, LABEL_EPOCH + b"\x00" + str(name).encode("ascii"), "sha256")[:16]
