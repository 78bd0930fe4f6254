"""Rows that several people own: each sees them, and the keys go with the last one."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import pytest
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import Privacy
from sectorprivacy.encryption import BlindIndex, LocalKeyring, Normaliser, Sealed
from sectorprivacy.errors import KeyErased
from sectorprivacy.integrations.sqlalchemy import SqlModels, SqlStore, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import using
from sectorprivacy.rights.protocol import RECEIPT_TYPE, Receipt
from sectorprivacy.rights.service import Service
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Basis, Ground, Identifier, Relation
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P
from tests.rights.service.asking import Asking

KARI = Identifier(kind="customer_number", value="100001")
OLA = Identifier(kind="customer_number", value="100002")
SIV = Identifier(kind="customer_number", value="100003")
DOOR = "the key is under the mat"

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT, "payer": Basis.CONTRACT},
    uses=[C.ADDRESS, C.TELEPHONE],
    keep=Keep(after="moved_out"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving])


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="homes.home", key="number", relation=Relation.CO_OWNER, anchors={"moved_out": "moved_out"})
class Home(Base):
    """A home of two customers; each has a telephone of their own in it."""

    __tablename__ = "home"
    number: Mapped[Annotated[str, NotPersonal("number of the home")]] = mapped_column(primary_key=True)
    first: Mapped[Annotated[str | None, SubjectId("customer_number", role="customer")]]
    second: Mapped[Annotated[str | None, SubjectId("customer_number", role="payer", id="second")]]
    door: Mapped[Annotated[Sealed[str] | None, Personal(C.ADDRESS)]]
    telephone: Mapped[
        Annotated[
            Sealed[str] | None,
            Personal(C.TELEPHONE, index=BlindIndex(Normaliser.DIGITS_1, distinct=1_000_000, unique=True)),
            SubjectId("telephone", role="customer"),
        ]
    ]
    moved_out: Mapped[Annotated[date | None, NotPersonal("when the contract ended")]]


class Homes:
    """A service over the homes, on SQLite."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_database(f"sqlite:///{folder / 'homes.db'}")
        Base.metadata.create_all(self.engine)
        self.store = SqlStore(f"sqlite:///{folder / 'privacy.db'}")
        self.privacy = Privacy(policy, models=[Home], keys=LocalKeyring.in_memory(), store=self.store)
        self.signer = Signer.generate()
        self.service: Service = self.privacy.service(
            "homes", data=SqlModels(sessionmaker(self.engine), backed_up_for=timedelta(days=30)), signer=self.signer
        )

    def fill(self, moved_out: date | None = date(2026, 1, 1)) -> None:
        with self.privacy, Session(self.engine) as session, session.begin():
            session.add(
                Home(
                    number="H1",
                    first=KARI.value,
                    second=OLA.value,
                    door=Sealed.of(DOOR),
                    telephone=Sealed.of("41000001"),
                    moved_out=moved_out,
                )
            )
            session.add(Home(number="H2", first=SIV.value, second=None, door=Sealed.of(DOOR), moved_out=None))

    def row(self) -> tuple[object, ...]:
        """What the database holds of H1."""
        with self.engine.connect() as connection:
            table = Home.__table__
            found = connection.exec_driver_sql("SELECT first, second, door, telephone, telephone_token FROM home")
            assert table is not None
            return tuple(found.first() or ())

    async def door(self, who: Identifier) -> str:
        return await asyncio.to_thread(self._door, who)

    def _door(self, who: Identifier) -> str:
        with self.privacy, Session(self.engine) as session, using(serving, who):
            door = session.scalars(select(Home).where(Home.number == "H1")).one().door
            assert door is not None
            return door.open()

    async def erase(self, who: Identifier) -> Receipt:
        task = await Asking(self.service, [who]).erase()
        envelope = await self.service.receipt(task.task)
        return Receipt.model_validate_json(envelope.verify(self.signer.verifier, RECEIPT_TYPE))


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    homes = Homes(tmp_path)
    homes.fill()
    yield homes
    homes.store.close()
    homes.engine.dispose()


@pytest.mark.parametrize("who", [KARI, OLA])
async def test_each_owner_gets_a_copy_of_what_they_own_together(homes: Homes, who: Identifier):
    """Access opens what was sealed for both (Art. 15), and shows nobody the other's own fields."""
    (record,) = await Asking(homes.service, [who]).export("homes.home")
    assert record.fields["door"] == DOOR
    assert ("telephone" in record.fields) == (who is KARI)


async def test_the_customer_leaves_and_the_other_keeps_the_home(homes: Homes):
    """Erasing one owner clears what is about them, tokens included, and destroys no key that the other needs."""
    door = homes.row()[2]
    receipt = await homes.erase(KARI)
    assert homes.row() == (None, OLA.value, door, None, None)
    assert receipt.keys_destroyed == 0
    assert await homes.door(OLA) == DOOR
    (record,) = await Asking(homes.service, [OLA]).export("homes.home")
    assert record.fields["door"] == DOOR


async def test_the_last_owner_takes_the_keys_along(homes: Homes):
    """When everybody left, the home is erased and nothing that was sealed for them opens again, in no backup either."""
    with homes.privacy, Session(homes.engine) as session:
        home = session.scalars(select(Home).where(Home.number == "H1")).one()
        door = home.door
        assert door is not None
        place, cell = await asyncio.to_thread(lambda: door.place), door.cell
    assert place is not None
    await homes.erase(KARI)
    receipt = await homes.erase(OLA)
    assert receipt.keys_destroyed == 1
    assert [each.outcomes for each in receipt.datasets] == [{"erased": 1}]
    with pytest.raises(KeyErased):
        await asyncio.to_thread(homes.privacy.gate.keys.open, place, cell)
    assert list(homes.store.subjects.abandoned()) == []
    assert homes.store.subjects.members([place.subject]) == {}


async def test_the_receipt_says_until_when_copies_hold_keys_data_and_tokens(homes: Homes):
    """Each has a line of its own: they lie in different files, and backups of the data hold tokens too."""
    receipt = await homes.erase(KARI)
    in_a_month = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    assert receipt.horizon == {"data": in_a_month, "tokens": in_a_month, "privacy": "now", "keys": "now"}


async def test_what_a_contract_keeps_keeps_its_keys_and_its_owners(tmp_path: Path):
    """A home that is still under contract stays whole, and readable for those who own it."""
    homes = Homes(tmp_path)
    homes.fill(moved_out=None)
    before = homes.row()
    receipt = await homes.erase(KARI)
    assert [each.ground for each in receipt.datasets[0].retained] == [Ground.CONTRACT_RUNNING]
    assert receipt.keys_destroyed == 0
    assert homes.row() == before
    assert await homes.door(KARI) == await homes.door(OLA) == DOOR


async def test_a_group_that_a_dead_process_left_is_ended_by_the_next_erasure(homes: Homes):
    """A process may die between the last owner leaving and the destruction of the keys; the next one carries it out."""
    with homes.privacy, Session(homes.engine) as session:
        home = session.scalars(select(Home).where(Home.number == "H1")).one()
        group = homes.privacy.gate.owner(home)
    subjects = homes.privacy.subjects
    homes.store.subjects.leave([subjects.ref(each.kind, each.value) for each in (KARI, OLA)])
    assert homes.privacy.gate.keys.count([group]) == 1
    await homes.erase(SIV)
    assert homes.privacy.gate.keys.count([group]) == 0
    assert list(homes.store.subjects.abandoned()) == []
