"""The commands on keys, each in a fresh process over real databases and a keyring, as an administrator runs them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sectorprivacy.encryption import FileShreddings, LocalKeyring
from sectorprivacy.errors import KeyringError

KEY = bytes(range(32))

SHOP = """
from pathlib import Path
from typing import Annotated

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from sectorprivacy import Activity, Basis, C, Controller, Keep, P, Personal, Policy, Privacy, Sealed
from sectorprivacy import SubjectId, personal
from sectorprivacy.encryption import BlindIndex, FileShreddings, LocalKeyring, environment_key
from sectorprivacy.integrations.sqlalchemy import SqlCells, SqlStore, open_database, protect

HERE = Path(__file__).parent


class Base(DeclarativeBase): ...


protect(Base)


@personal(id="shop.customer", not_personal={"id": "row key"})
class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]
    email: Mapped[Annotated[Sealed[str], Personal(C.EMAIL, index=BlindIndex("email-1", distinct=100_000))]]


contact = Activity(
    "contact", purpose=P.COMMUNICATION, basis={"customer": Basis.CONTRACT}, uses=[C.EMAIL],
    keep=Keep(months=3, after="left"),
)
policy = Policy(Controller("Shop AS", id="shop", country="NO"), [contact])
engine = open_database(f"sqlite:///{HERE}/data.db")
sessions = sessionmaker(engine)
Base.metadata.create_all(engine)


def privacy():
    return Privacy(
        policy,
        models=[Customer],
        keys=LocalKeyring.open(HERE / "keyring.json", environment_key("SHOP_KEY")),
        store=SqlStore(f"sqlite:///{HERE}/privacy.db", keys_url=f"sqlite:///{HERE}/keys.db"),
        shreddings=FileShreddings(HERE / "shreddings.jsonl"),
        key_lifetime=0,
    )


def custody():
    return privacy().custody(cells=[SqlCells(sessions, [Customer])], longest_transaction=0)
"""

FILL = """
import shop
from sectorprivacy import Sealed
with shop.privacy(), shop.sessions.begin() as session:
    session.add_all(
        shop.Customer(number=f"C-{number}", email=Sealed.of(f"person{number}@example.no")) for number in range(5)
    )
"""

OPEN = """
import shop
from sectorprivacy import using
from sectorprivacy.errors import DecryptionError
with shop.privacy(), shop.sessions() as session:
    for customer in session.query(shop.Customer).order_by(shop.Customer.id):
        with using("contact", customer):
            try:
                print(customer.email.open())
            except DecryptionError as refused:
                print(refused.code)
"""

EVERYBODY = [f"person{number}@example.no" for number in range(5)]


class Shop:
    """A project with five customers, whose commands run as an administrator would run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = KEY
        LocalKeyring.create(folder / "keyring.json", KEY)
        FileShreddings.create(folder / "shreddings.jsonl")
        (folder / "shop.py").write_text(SHOP)
        (folder / "pyproject.toml").write_text('[tool.sectorprivacy]\npath = ["."]\n[tool.sectorprivacy.custody]\n')
        self.name_custody("shop")
        self.python(FILL)

    def name_custody(self, *services: str) -> None:
        table = "".join(f'{service} = "shop:custody"\n' for service in services)
        (self.folder / "pyproject.toml").write_text(
            f'[tool.sectorprivacy]\npath = ["."]\n[tool.sectorprivacy.custody]\n{table}'
        )

    def python(self, program: str) -> list[str]:
        done = self._run(["-c", program])
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def keys(self, *arguments: str, given: str = "", code: int = 0) -> str:
        command = "import sys; from sectorprivacy.cli import main; sys.argv[0] = 'sectorprivacy'; main()"
        done = self._run(["-c", command, "keys", *arguments], given)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code else done.stdout

    def opened(self) -> list[str]:
        return self.python(OPEN)

    def _run(self, arguments: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ
            | {
                "SHOP_KEY": base64.b64encode(self.key).decode(),
                "NEW_KEY": base64.b64encode(KEY[::-1]).decode(),
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
        )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_the_status_counts_keys(shop: Shop) -> None:
    """Which keys there are, to read and for programs; no identifier of anybody is among it."""
    told = shop.keys("status")
    assert "shop/wrap/1" in told
    assert "contract" in told
    assert "0:" + "0" * 64 in told
    found = json.loads(shop.keys("status", "--format", "json"))
    assert [(each["class"], each["count"]) for each in found["subject_keys"]] == [("contract", 5), ("library", 1)]
    assert "C-1" not in told


@pytest.mark.parametrize("level", ["tenant", "subjects", "index"])
def test_rotation_keeps_everything_readable(shop: Shop, level: str) -> None:
    """Each level is replaced while every value opens as before, and the proof is printed."""
    told = shop.keys("rotate", level)
    assert " 0 left under an old key" in told
    assert "0 old keys destroyed" not in told
    assert shop.opened() == EVERYBODY
    again = json.loads(shop.keys("status", "--format", "json"))
    by_status = {each["status"] for each in again["tenant_keys"]}
    assert by_status == ({"current"} if level == "subjects" else {"current", "destroyed"})


def test_the_root_is_rotated(shop: Shop) -> None:
    """The keyring opens with the new key alone, and no value is touched."""
    shop.keys("rotate", "root", "--new-key", "NEW_KEY")
    with pytest.raises(KeyringError):
        LocalKeyring.open(shop.folder / "keyring.json", KEY)
    shop.key = KEY[::-1]
    assert shop.opened() == EVERYBODY
    assert "--new-key" in shop.keys("rotate", "root", code=1)


def test_a_person_s_keys_are_shredded_by_an_identifier_on_standard_input(shop: Shop) -> None:
    """Without --yes it only counts; the identifier is nowhere on the command line or in the output."""
    assert "1 keys would be destroyed" in shop.keys("shred", "--kind", "customer_number", given="C-2\n")
    assert shop.opened() == EVERYBODY
    told = shop.keys("shred", "--kind", "customer_number", "--yes", given="C-2\n")
    assert "1 keys destroyed" in told
    assert "checkpoint" in told
    assert "C-2" not in told
    assert shop.opened() == [*EVERYBODY[:2], "encryption.key-erased", *EVERYBODY[3:]]


def test_quarantine_is_taken_back(shop: Shop) -> None:
    """The wrong person's keys are disabled and enabled again, and nothing is lost."""
    assert "1 keys disabled" in shop.keys("disable", "--kind", "customer_number", given="C-0\n")
    assert shop.opened() == ["encryption.key-unavailable", *EVERYBODY[1:]]
    assert "1 keys enabled" in shop.keys("enable", "--kind", "customer_number", given="C-0\n")
    assert shop.opened() == EVERYBODY


def test_a_restored_key_store_is_put_right(shop: Shop) -> None:
    """The backup brings the key back; replaying the list, behind the checkpoint, destroys it again."""
    backup = (shop.folder / "keys.db").read_bytes()
    wal = (shop.folder / "keys.db-wal").read_bytes() if (shop.folder / "keys.db-wal").exists() else None
    told = shop.keys("shred", "--kind", "customer_number", "--yes", given="C-2\n")
    checkpoint = told.split()[-1]
    for name in ("keys.db-wal", "keys.db-shm"):
        (shop.folder / name).unlink(missing_ok=True)
    (shop.folder / "keys.db").write_bytes(backup)
    if wal is not None:
        (shop.folder / "keys.db-wal").write_bytes(wal)
    assert shop.opened() == EVERYBODY
    assert "1 keys of erased people are back" in shop.keys("replay", "--checkpoint", checkpoint)
    assert shop.opened() == EVERYBODY
    told = shop.keys("replay", "--checkpoint", checkpoint, "--yes")
    assert "1 keys that the restore had brought back are destroyed" in told
    assert shop.opened()[2] == "encryption.key-erased"
    (shop.folder / "shreddings.jsonl").write_bytes(b"")
    assert "encryption.shreddings-invalid" in shop.keys("replay", "--checkpoint", checkpoint, code=1)


def test_the_indexes_are_measured(shop: Shop) -> None:
    """What the tokens give away is told for each indexed field, without a token or a value."""
    told = shop.keys("leakage-report")
    assert "shop.customer.email" in told
    assert "recovered at most" in told
    assert "person" not in told


def test_what_is_missing_is_named(shop: Shop) -> None:
    """A person nobody knows, a service nobody named, a table that is not there: one sentence each."""
    assert "nobody is known" in shop.keys("shred", "--kind", "customer_number", given="C-99\n", code=1)
    assert "input is empty" in shop.keys("shred", "--kind", "customer_number", code=1)
    shop.name_custody("shop", "other")
    assert "--service" in shop.keys("status", code=1)
    assert "It has other, shop" in shop.keys("status", "--service", "third", code=1)
    assert "shop/wrap/1" in shop.keys("status", "--service", "other")
    (shop.folder / "pyproject.toml").write_text('[tool.sectorprivacy]\npath = ["."]\n')
    assert "custody" in shop.keys("status", code=1)
