"""Key stores: one conformance for memory, SQLite and Postgres, and what SQLite leaves behind after shredding."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from sectorprivacy.encryption import (
    Codec,
    KeyRow,
    Keys,
    KeyStatus,
    KeyStore,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    seal,
)
from sectorprivacy.errors import DecryptionError, KeyErased
from sectorprivacy.integrations.sqlalchemy._database import open_database
from sectorprivacy.integrations.sqlalchemy._keys import SqlKeyStore
from sectorprivacy.vocabulary import RecordKey, SubjectRef

KARI = SubjectRef(bytes(range(16)))
OLA = SubjectRef(bytes(16))
TENANT = "sector-alarm"


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def key_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyStore]:
    """A KeyStore of each kind."""
    if request.param == "memory":
        yield MemoryKeyStore()
        return
    url = f"sqlite:///{tmp_path / 'keys.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_database(url)
    yield SqlKeyStore(engine)
    engine.dispose()


def row(number: int, subject: SubjectRef = KARI, retention_class: str = "contract", tenant: str = TENANT) -> KeyRow:
    return KeyRow(
        tenant=tenant,
        kid=bytes([number]) * 16,
        subject=subject,
        retention_class=retention_class,
        epoch=1,
        wrapped=bytes([number]) * 61,
        status=KeyStatus.ACTIVE,
    )


def test_what_was_kept_is_found_by_key_id_and_by_person(key_store: KeyStore) -> None:
    """A row comes back as it was written, in its own tenant alone."""
    key_store.insert([row(1), row(2, OLA), row(3, KARI, "marketing")])
    assert key_store.rows(TENANT, kids=[row(1).kid]) == [row(1)]
    assert sorted(key_store.rows(TENANT, subjects=[KARI]), key=lambda each: each.kid) == [
        row(1),
        row(3, KARI, "marketing"),
    ]
    assert len(key_store.rows(TENANT, kids=[row(1).kid], subjects=[KARI, OLA])) == 3
    assert list(key_store.rows(TENANT)) == []
    assert list(key_store.rows("another", kids=[row(1).kid], subjects=[KARI])) == []


def test_the_first_active_key_stands(key_store: KeyStore) -> None:
    """Whoever comes second gets the first's key, or one person would have two."""
    assert list(key_store.insert([row(1)])) == [row(1)]
    assert list(key_store.insert([row(2), row(3, OLA)])) == [row(1), row(3, OLA)]
    assert list(key_store.rows(TENANT, kids=[row(2).kid])) == []
    assert list(key_store.insert([])) == []


def test_two_rows_of_one_person_in_one_call_keep_one(key_store: KeyStore) -> None:
    """The rule holds inside one batch too."""
    first, second = key_store.insert([row(1), row(2)])
    assert first == second
    assert len(key_store.rows(TENANT, subjects=[KARI])) == 1


def test_tenants_are_strangers(key_store: KeyStore) -> None:
    """The same person and key id in another tenant is another row, and erasing one leaves the other."""
    key_store.insert([row(1), row(1, tenant="another")])
    assert key_store.erase(TENANT, KARI) == 1
    assert list(key_store.rows("another", subjects=[KARI])) == [row(1, tenant="another")]


def test_an_erased_key_leaves_a_tombstone(key_store: KeyStore) -> None:
    """Destroyed is not the same as never made: the row stays without its key, and no new one is made beside it."""
    key_store.insert([row(1), row(2, OLA)])
    tombstone = evolve(row(1), wrapped=None, status=KeyStatus.ERASED)
    assert key_store.erase(TENANT, KARI) == 1
    assert list(key_store.rows(TENANT, subjects=[KARI])) == [tombstone]
    assert list(key_store.insert([row(3)])) == [tombstone]
    assert list(key_store.rows(TENANT, subjects=[OLA])) == [row(2, OLA)]
    assert key_store.erase(TENANT, KARI) == 0


def test_one_class_can_be_erased_alone(key_store: KeyStore) -> None:
    """What a law keeps stays when the contract's key dies."""
    key_store.insert([row(1), row(2, KARI, "bookkeeping")])
    assert key_store.erase(TENANT, KARI, {"contract"}) == 1
    assert key_store.erase(TENANT, KARI, set()) == 0
    kept = [each for each in key_store.rows(TENANT, subjects=[KARI]) if each.wrapped is not None]
    assert kept == [row(2, KARI, "bookkeeping")]


def test_more_people_than_one_statement_carries(key_store: KeyStore) -> None:
    """An import of many thousands is no special case."""
    people = [SubjectRef(number.to_bytes(16, "big")) for number in range(12_000)]
    rows = [evolve(row(1, person), kid=person.raw) for person in people]
    assert list(key_store.insert(rows)) == rows
    assert len(key_store.rows(TENANT, subjects=people)) == len(people)


def test_threads_that_make_a_key_at_once_agree(key_store: KeyStore) -> None:
    """Of many writers at the same moment one wins, and all of them seal under its key."""
    keyring = LocalKeyring.in_memory()
    kids: list[bytes] = []

    def make() -> None:
        kids.append(Keys(TENANT, store=key_store, provider=keyring).for_sealing(KARI, "contract").kid)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kids) == 6
    assert len(set(kids)) == 1


def test_shredding_reaches_every_process(key_store: KeyStore) -> None:
    """A process that never held the key learns from the tombstone that the value was erased."""
    keyring = LocalKeyring.in_memory()
    place = Place(
        tenant=TENANT,
        model="crm.customer",
        field="name",
        subject=KARI,
        record=RecordKey.of(1),
        codec=Codec.STR,
        retention_class="contract",
    )
    keys = Keys(TENANT, store=key_store, provider=keyring)
    cell = seal(keys.for_sealing(KARI, "contract"), place, "Kari")
    assert Keys(TENANT, store=key_store, provider=keyring).open(place, cell) == "Kari"
    keys.shred(KARI)
    with pytest.raises(KeyErased):
        Keys(TENANT, store=key_store, provider=keyring).open(place, cell)


def unwrappable(raw: bytes, keyring: LocalKeyring, rows: dict[bytes, KeyRow]) -> set[bytes]:
    """Key ids of which a wrapped key somewhere in `raw` can still be unwrapped with the live keyring."""
    tenant_key = keyring.tenant_key(TENANT)
    found: set[bytes] = set()
    for kid, each in rows.items():
        start = raw.find(kid)
        while start >= 0:
            # The columns of a row lie close together; every offset in the neighbourhood is tried.
            for at in range(max(0, start - 200), min(len(raw), start + 200)):
                if raw[at : at + 1] == b"\x01":
                    try:
                        tenant_key.unwrap(
                            raw[at : at + 61], kid=kid, subject=each.subject, retention_class=each.retention_class
                        )
                    except DecryptionError:
                        continue
                    found.add(kid)
            start = raw.find(kid, start + 1)
    return found


def test_no_shredded_key_can_be_recovered_from_the_files(tmp_path: Path) -> None:
    """Residue: with the live tenant key in hand, the raw files give back every key before, and none after (Art. 17)."""
    engine = open_database(f"sqlite:///{tmp_path / 'keys.db'}")
    store, keyring = SqlKeyStore(engine), LocalKeyring.in_memory()
    keys = Keys(TENANT, store=store, provider=keyring)
    people = [SubjectRef.mint() for _ in range(60)]
    keys.for_sealing_many(people, "contract")
    rows = {each.kid: each for each in store.rows(TENANT, subjects=people)}

    def raw() -> bytes:
        return b"\x00".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))

    assert unwrappable(raw(), keyring, rows) == set(rows)
    for person in people[:30]:
        keys.shred(person)
    assert unwrappable(raw(), keyring, rows) == {kid for kid, each in rows.items() if each.subject in people[30:]}
    engine.dispose()


def test_a_tombstone_cannot_hold_a_key(tmp_path: Path) -> None:
    """The database itself refuses a row that says erased and still has its key."""
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    engine = open_database(url)
    SqlKeyStore(engine).insert([row(1)])
    engine.dispose()
    other = create_engine(url)
    with pytest.raises(IntegrityError), other.begin() as connection:
        connection.execute(text("UPDATE sp_key SET status = 'erased'"))
    other.dispose()
