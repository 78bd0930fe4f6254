"""Fork safety: what one process drew is not drawn in its children, and nothing it remembered or held lives on there."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable, Collection, Sequence
from threading import Event, Thread
from typing import Any

import pytest

from sectorprivacy.encryption import (
    Codec,
    KeyName,
    KeyRow,
    Keys,
    KeyUse,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    SubjectKey,
    TenantKey,
    seal,
    seal_many,
    seal_row,
    seal_stream,
)
from sectorprivacy.encryption import _cell as cells
from sectorprivacy.errors import KeyErased
from sectorprivacy.vocabulary import RecordKey, SubjectRef

At = Callable[..., Place]
KARI = SubjectRef(bytes(range(16)))
TURID = SubjectRef(bytes(range(1, 17)))


def in_a_child(work: Callable[[], Any]) -> Any:
    """What `work` answers in a forked child, as JSON carries it."""
    answer, given = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(answer)
            with os.fdopen(given, "w") as file:
                json.dump(work(), file)
        finally:
            os._exit(0)
    os.close(given)
    with os.fdopen(answer) as file:
        found = file.read()
    os.waitpid(child, 0)
    return json.loads(found or "null")


def drawn(key: SubjectKey, place: At) -> list[str]:
    """Everything random in one of each of the things that are sealed, wrapped or minted."""
    keyring, tenant_key = LocalKeyring.in_memory(), TenantKey("sector-alarm", 1, bytes(32))
    name = KeyName("sector-alarm", KeyUse.WRAP, 1, "0" * 16)
    stream = io.BytesIO()
    seal_stream(key, place(Codec.BYTES), io.BytesIO(b"x"), stream)
    sealed = [
        seal(key, place(), "x"),
        *seal_row(key, [place(), place()], ["x", "x"]),
        *seal_many(key, place(), [RecordKey.of(number) for number in range(3)], ["x"] * 3),
    ]
    minted, wrapped = tenant_key.mint(KARI, "contract")
    found = [cell[18:30] for cell in sealed]
    return [
        each.hex()
        for each in (*found, stream.getvalue()[20:44], minted.kid, wrapped[1:13], keyring.wrap(name, bytes(32))[1:13])
    ]


def test_children_draw_what_nobody_drew(key: SubjectKey, place: At) -> None:
    """No nonce, salt or key is drawn ahead: forked processes under one key never use one twice."""
    before = drawn(key, place)
    children = [in_a_child(lambda: drawn(key, place)) for _ in range(3)]
    after = drawn(key, place)
    everything = [*before, *after, *(each for child in children for each in child)]
    assert len(everything) == 5 * len(before)
    assert len(set(everything)) == len(everything)


def test_nonces_are_drawn_inside_the_call(key: SubjectKey, place: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call asks the operating system once, for exactly as many nonces as it has values."""
    asked: list[int] = []

    def urandom(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    monkeypatch.setattr(cells.os, "urandom", urandom)
    seal(key, place(), "x")
    seal_row(key, [place(), place()], ["x", "x"])
    seal_many(key, place(), [RecordKey.of(number) for number in range(3)], ["x"] * 3)
    assert asked == [12, 24, 36]


class CountingStore(MemoryKeyStore):
    """Counts how often it is asked for rows."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def rows(
        self, tenant: str, *, kids: Collection[bytes] = (), subjects: Collection[SubjectRef] = ()
    ) -> Sequence[KeyRow]:
        self.asked += 1
        return super().rows(tenant, kids=kids, subjects=subjects)


def test_a_child_asks_for_its_parents_keys_itself(place: At) -> None:
    """No key is inherited: what a child opens it has asked the store for, and the provider with it."""
    store = CountingStore()
    keys = Keys("sector-alarm", store=store, provider=LocalKeyring.in_memory())
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    asked = store.asked
    assert [keys.open(place(), cell), store.asked - asked] == ["x", 0]
    assert in_a_child(lambda: [keys.open(place(), cell), store.asked - asked]) == ["x", 1]


@pytest.mark.parametrize("held", ["keys", "tenant_keys", "keyring"])
def test_a_child_is_not_held_up_by_a_lock_of_its_parent(place: At, held: str) -> None:
    """Another thread may be asking the store while a process forks; its lock is nobody's in the child."""
    keyring = LocalKeyring.in_memory()
    keys = Keys("sector-alarm", store=MemoryKeyStore(), provider=keyring)
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    lock = {"keys": keys._known._lock, "tenant_keys": keys.tenant_keys._lock, "keyring": keyring._thread_lock}[held]
    taken, done = Event(), Event()

    def hold() -> None:
        with lock:
            taken.set()
            done.wait()

    thread = Thread(target=hold)
    thread.start()
    taken.wait()
    assert in_a_child(lambda: _in_time(lambda: keys.open(place(), cell))) == "x"
    done.set()
    thread.join()


def _in_time(work: Callable[[], Any]) -> Any:
    """What `work` answers; a child that hangs is ended by a signal and answers nothing."""
    signal.alarm(20)
    return work()


def test_a_key_shredded_after_the_fork_is_refused_in_the_child_that_asks(place: At) -> None:
    """A child that is forked after the shredding starts with a cache from which the key is gone."""
    store = MemoryKeyStore()
    keys = Keys("sector-alarm", store=store, provider=LocalKeyring.in_memory())
    cell = seal(keys.for_sealing(KARI, "contract"), place(), "x")
    keys.for_sealing(TURID, "contract")
    assert keys.shred(KARI) == 1

    def refused() -> list[str]:
        with pytest.raises(KeyErased) as refusal:
            keys.open(place(), cell)
        return [type(refusal.value).__name__, keys.for_sealing(TURID, "contract").retention_class]

    assert in_a_child(refused) == ["KeyErased", "contract"]
