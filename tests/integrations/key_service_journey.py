"""What an application does with a key service, from its first value to the end of an epoch; for every provider."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pytest
from attrs import frozen

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import Privacy, Row
from sectorprivacy.encryption import Custody, KeyProvider, Keys, Rotated, Sealed, from_text
from sectorprivacy.errors import DecryptionError, KeyErased, KeyUnavailable
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import using
from sectorprivacy.testing import scan_files
from sectorprivacy.vocabulary import Basis, SubjectRef

TENANT = "alarm-company.no"
KARI, OLA, PER = (("customer_number", number) for number in ("100234", "100235", "100236"))
SECRETS = {KARI: "kari-canary-7251", OLA: "ola-canary-9903", PER: "per-canary-1188"}


@personal(id="crm.note", key="id")
@frozen(kw_only=True)
class Note:
    id: Annotated[int, NotPersonal("row key")] = 1
    customer: Annotated[str | None, SubjectId("customer_number", role="customer")] = None
    text: Annotated[Sealed[str] | None, Personal("communication")] = None


serving = Activity(
    "serving",
    purpose="record_keeping",
    basis={"customer": Basis.CONTRACT},
    uses=["communication"],
    keep=Keep(after="recorded", months=3),
)
POLICY = Policy(Controller("Company", id=TENANT, country="NO"), [serving])


@contextmanager
def application(provider: KeyProvider, database: Path) -> Iterator[Privacy]:
    """The application over a database, as each of its processes starts it."""
    store = SqlStore(f"sqlite:///{database}")
    try:
        yield Privacy(POLICY, models=[Note], keys=provider, store=store)
    finally:
        store.close()


def reference(privacy: Privacy, who: tuple[str, str]) -> SubjectRef:
    return privacy.subjects.ref(*who)


def row_of(privacy: Privacy, who: tuple[str, str]) -> Row:
    return privacy.row(Note, reference(privacy, who), int(who[1]))


def seal(privacy: Privacy, who: tuple[str, str]) -> str:
    return row_of(privacy, who).seal({"text": SECRETS[who]})["text"]


def opened(privacy: Privacy, who: tuple[str, str], cell: str) -> object:
    with privacy, using(serving, reference(privacy, who)):
        return row_of(privacy, who).stored("text", cell).open()


def live_and_shred(provider: KeyProvider, folder: Path) -> Rotated:
    """Seal, open, shred and rotate; what was copied before is read with what the old epoch was destroyed by."""
    database, copy = folder / "privacy.db", folder / "backup" / "privacy.db"
    with application(provider, database) as privacy:
        cells = {who: seal(privacy, who) for who in (KARI, OLA)}
        assert [opened(privacy, who, cell) for who, cell in cells.items()] == [SECRETS[KARI], SECRETS[OLA]]
    copy.parent.mkdir()
    shutil.copy(database, copy)

    with application(provider, database) as privacy:
        privacy.gate.keys.shred(reference(privacy, KARI))
        with pytest.raises(KeyErased):
            opened(privacy, KARI, cells[KARI])
        rotated = Custody(privacy.gate.keys, wait=lambda _: None).rotate_tenant_key()
        (destroyed,) = rotated.destroyed
        assert destroyed.startswith(f"{TENANT}/wrap/1/")

    with application(provider, database) as privacy:
        assert opened(privacy, OLA, cells[OLA]) == SECRETS[OLA]
        assert opened(privacy, PER, seal(privacy, PER)) == SECRETS[PER]
        with pytest.raises(KeyErased):
            opened(privacy, KARI, cells[KARI])
    return rotated


def nothing_opens_in_the_old_copy(provider: KeyProvider, folder: Path) -> None:
    """A copy of the key store from before holds wrapped keys, and the service that could unwrap them is running."""
    store = SqlStore(f"sqlite:///{folder / 'backup' / 'privacy.db'}")
    try:
        rows = store.keys.page(TENANT, limit=100)
        assert len(rows) >= 2
        keys = Keys(TENANT, store=store.keys, provider=provider)
        for row in rows:
            with pytest.raises(DecryptionError) as refused:
                keys.of_cell(b"\xf9\x01" + row.kid + bytes(28))
            assert not isinstance(refused.value, KeyUnavailable)
    finally:
        store.close()


def nothing_happens_without_the_service(provider: KeyProvider, unreachable: KeyProvider, folder: Path) -> None:
    """While the service is down nothing is sealed, opened or written in clear; once it is back all is as it was."""
    database = folder / "privacy.db"
    with application(provider, database) as privacy:
        cell = seal(privacy, KARI)
        ola = reference(privacy, OLA)
    store = SqlStore(f"sqlite:///{database}")
    before = store.keys.tally(TENANT)
    keys = Keys(TENANT, store=store.keys, provider=unreachable)
    with pytest.raises(KeyUnavailable):
        keys.for_sealing(ola, "contract")
    with pytest.raises(KeyUnavailable):
        keys.of_cell(from_text(cell))
    with pytest.raises(KeyUnavailable):
        Privacy(POLICY, models=[Note], keys=unreachable, store=store)
    assert store.keys.tally(TENANT) == before
    store.close()
    assert scan_files(folder, SECRETS.values()) == ()
    with application(provider, database) as privacy:
        assert opened(privacy, KARI, cell) == SECRETS[KARI]
