"""What lies on the disk: no value in the clear, also while the key service is down; nothing planted there is run."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.app import Privacy
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import DecryptionError, KeyUnavailable, PrivacyError
from sectorprivacy.integrations.sqlalchemy import SqlStore, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import using
from sectorprivacy.rights.protocol import ExportTask
from sectorprivacy.testing import scan_files
from sectorprivacy.vocabulary import Basis, SubjectRef
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P
from tests.encryption.test_attacks import Planted, Switched

NATIONAL_ID, TELEPHONE = "01017012345", "+4741000001"

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT},
    uses=[C.NATIONAL_ID, C.TELEPHONE],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving])


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="test.at_rest", key="number")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    national_id: Mapped[Annotated[Sealed[str], Personal(C.NATIONAL_ID)]]
    telephone: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE)]]


class Machine:
    """One machine of a service: its data, its privacy database, and a key service elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.service = Switched()
        self.engine = open_database(f"sqlite:///{folder / 'data.db'}")
        Base.metadata.create_all(self.engine)
        self.store = SqlStore(f"sqlite:///{folder / 'privacy.db'}")

    def start(self) -> Privacy:
        """A process that knows no key yet."""
        return Privacy(policy, models=[Customer], keys=self.service, store=self.store)

    def lose_the_key_service(self, privacy: Privacy) -> None:
        """It goes down, and what the process had unwrapped is forgotten, as it is after five minutes."""
        self.service.down = True
        privacy._keys.tenant_keys.forget()

    def close(self) -> None:
        self.engine.dispose()
        self.store.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.close()


def add(engine: Engine, number: str) -> None:
    with Session(engine) as session:
        session.add(Customer(number=number, national_id=Sealed.of(NATIONAL_ID), telephone=Sealed.of(TELEPHONE)))
        session.commit()


def count(engine: Engine) -> Any:
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM customer")).scalar_one()


def test_a_sealed_value_is_nowhere_in_the_clear(machine: Machine) -> None:
    """Neither the database nor its log has the value, in any of the spellings that a scan knows."""
    with machine.start():
        add(machine.engine, "100001")
    assert count(machine.engine) == 1
    assert scan_files(machine.folder, [NATIONAL_ID, TELEPHONE]) == ()


def test_nothing_is_written_while_the_key_service_is_down(machine: Machine) -> None:
    """The key of a new person cannot be made: the flush fails, no row is there, and no file has the value."""
    with machine.start() as privacy:
        machine.lose_the_key_service(privacy)
        with pytest.raises(KeyUnavailable) as refused:
            add(machine.engine, "100001")
    assert str(refused.value) == str(KeyUnavailable())
    assert NATIONAL_ID not in repr(refused.value)
    assert count(machine.engine) == 0
    assert scan_files(machine.folder, [NATIONAL_ID, TELEPHONE]) == ()
    machine.service.down = False
    with machine.start():
        add(machine.engine, "100001")
    assert count(machine.engine) == 1


def test_a_service_does_not_start_while_the_key_service_is_down(machine: Machine) -> None:
    """It fails closed, with the error that says that it may be retried, and has written nothing."""
    machine.service.down = True
    for _ in range(2):
        with pytest.raises(KeyUnavailable):
            machine.start()
    machine.service.down = False
    with machine.start():
        add(machine.engine, "100001")


def test_nothing_is_changed_while_the_key_service_is_down(machine: Machine) -> None:
    """A new process cannot seal the new value: the old cell stands, and it is not taken for the new one."""
    with machine.start():
        add(machine.engine, "100001")
    with machine.start() as privacy, Session(machine.engine) as session:
        machine.lose_the_key_service(privacy)
        customer = session.get_one(Customer, "100001")
        customer.telephone = Sealed.of("+4799999999")
        with pytest.raises(KeyUnavailable):
            session.commit()
    machine.service.down = False
    assert scan_files(machine.folder, ["+4799999999", TELEPHONE]) == ()
    with machine.start(), Session(machine.engine) as session:
        customer = session.get_one(Customer, "100001")
        assert customer.telephone is not None
        with using(serving, customer):
            assert customer.telephone.open() == TELEPHONE


def test_a_cell_moved_by_the_administrator_of_the_database_is_refused(machine: Machine) -> None:
    """Swapped between columns, and between the rows of two people."""
    with machine.start(), Session(machine.engine) as session:
        for number in ("100001", "100002"):
            add(machine.engine, number)
        session.execute(text("UPDATE customer SET telephone = national_id WHERE number = '100001'"))
        session.execute(
            text(
                "UPDATE customer SET national_id = (SELECT national_id FROM customer WHERE number = '100001') "
                "WHERE number = '100002'"
            )
        )
        session.commit()
        first, second = (session.get_one(Customer, number) for number in ("100001", "100002"))
        for customer, sealed in ((first, first.telephone), (second, second.national_id)):
            assert sealed is not None
            with using(serving, customer), pytest.raises(DecryptionError) as refused:
                sealed.open()
            assert str(refused.value) == str(DecryptionError())


def test_a_pickle_planted_in_a_journal_is_not_run(machine: Machine, tmp_path: Path) -> None:
    """A row of the tasks that was replaced by a pickle is refused as what it is: no task."""
    task = ExportTask(task=UUID(int=1), case=UUID(int=2), ref=SubjectRef(b"r" * 16))
    machine.store.tasks.open(task)
    trap = tmp_path / "trap"
    database = create_engine(f"sqlite:///{machine.folder / 'privacy.db'}")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with database.begin() as connection:
            planted = {"planted": pickle.dumps(Planted(trap), protocol)}
            assert connection.execute(text("UPDATE sp_task SET body = :planted"), planted).rowcount == 1
        with pytest.raises((PrivacyError, ValueError)):
            machine.store.tasks.get(task.task)
        assert not trap.exists()
    database.dispose()
