"""AsyncSession: whatever reads the key store leaves the loop, and nothing blocks it by opening."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, undefer

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import BlindIndex, LocalKeyring, MemoryKeyStore, Sealed
from sectorprivacy.errors import KeyNotLoaded, NoPrivacy, ValueNotSealable
from sectorprivacy.integrations.sqlalchemy import find_by, insert_sealed, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import prefetch, using
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT},
    uses=[C.NAME, C.TELEPHONE],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving])


class Base(AsyncAttrs, DeclarativeBase):
    pass


protect(Base)


@personal(id="test.customer", key="number", row_version="version")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str], Personal(C.NAME, index=BlindIndex("casefold-1", distinct=50_000))]]
    telephone: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE)]] = mapped_column(deferred=True)
    version: Mapped[Annotated[int, NotPersonal("version of the row")]] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class WatchedKeys(MemoryKeyStore):
    """Notes which threads ask it, as a durable one would block them."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_in: list[threading.Thread] = []

    def rows(self, *args: Any, **kwargs: Any) -> Any:
        self.asked_in.append(threading.current_thread())
        return super().rows(*args, **kwargs)


@pytest.fixture
def keys() -> WatchedKeys:
    return WatchedKeys()


@pytest.fixture
def start(keys: WatchedKeys) -> Callable[[], Privacy]:
    keyring, store = LocalKeyring.in_memory(), MemoryStore(keys=keys)
    return lambda: Privacy(policy, models=[Customer], keys=keyring, store=store)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'data.db'}"
    else:
        url = str(request.getfixturevalue("postgres_url"))
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


async def test_a_flush_leaves_the_loop(engine: AsyncEngine, start: Callable[[], Privacy], keys: WatchedKeys):
    """Sealing new rows, and sealing changed ones again, never asks the key store on the thread of the loop."""
    loop = threading.current_thread()
    with await asyncio.to_thread(start):
        keys.asked_in.clear()
        async with AsyncSession(engine) as session:
            session.add_all([Customer(number=str(each), name=Sealed.of(f"Kari {each}")) for each in range(20)])
            await session.commit()
    with await asyncio.to_thread(start):
        async with AsyncSession(engine) as session:
            customer = await session.get_one(Customer, "3")
            customer.telephone = Sealed.of("41000001")
            await session.commit()
            await session.refresh(customer)
            async with using(serving, customer):
                await prefetch(customer.name)
                assert customer.name.open() == "Kari 3"
    assert keys.asked_in
    assert loop not in keys.asked_in


async def test_opening_never_blocks_the_loop(engine: AsyncEngine, start: Callable[[], Privacy], keys: WatchedKeys):
    """A value that was not prefetched is refused; a page that was costs one query, and then opens."""
    with await asyncio.to_thread(start):
        async with AsyncSession(engine) as session:
            rows = [{"number": str(each), "name": f"Kari {each}"} for each in range(50)]
            await session.run_sync(insert_sealed, Customer, rows)
            await session.commit()
    with await asyncio.to_thread(start):
        async with AsyncSession(engine) as session:
            found = select(Customer).options(undefer(Customer.telephone))
            customers = (await session.scalars(found)).all()
            async with using(serving, customers):
                with pytest.raises(KeyNotLoaded):
                    customers[0].name.open()
                keys.asked_in.clear()
                await prefetch(customers)
                assert {each.name.open() for each in customers} == {f"Kari {each}" for each in range(50)}
                assert len(keys.asked_in) == 1
                assert threading.current_thread() not in keys.asked_in


async def test_a_deferred_column_is_awaited(engine: AsyncEngine, start: Callable[[], Privacy]):
    """What is loaded later is loaded by the means of SQLAlchemy, and opens like any other."""
    with await asyncio.to_thread(start):
        async with AsyncSession(engine) as session:
            session.add(Customer(number="1", name=Sealed.of("Kari"), telephone=Sealed.of("41000001")))
            await session.commit()
            customer = await session.get_one(Customer, "1", populate_existing=True)
            telephone = await customer.awaitable_attrs.telephone
            async with using(serving, customer):
                await prefetch(telephone)
                assert telephone.open() == "41000001"


async def test_a_search_leaves_the_loop(engine: AsyncEngine, start: Callable[[], Privacy], keys: WatchedKeys):
    """Values are found by the same call, and compared beside the loop."""
    with await asyncio.to_thread(start):
        async with AsyncSession(engine) as session:
            await session.run_sync(insert_sealed, Customer, [{"number": "1", "name": "Kari"}])
            await session.commit()
    with await asyncio.to_thread(start):
        keys.asked_in.clear()
        async with AsyncSession(engine) as session:
            found = await session.run_sync(find_by, Customer.name, "KARI")
            assert [each.number for each in found] == ["1"]
    assert threading.current_thread() not in keys.asked_in


async def test_the_loop_goes_on_while_a_flush_waits_for_keys(
    engine: AsyncEngine, start: Callable[[], Privacy], keys: Any
):
    """Other tasks run while one waits for a slow key store."""
    ticked = asyncio.Event()
    loop = asyncio.get_running_loop()
    with await asyncio.to_thread(start):

        def slow(*args: Any, **kwargs: Any) -> Any:
            assert asyncio.run_coroutine_threadsafe(ticked.wait(), loop).result(timeout=10)
            return MemoryKeyStore.rows(keys, *args, **kwargs)

        keys.rows = slow
        async with AsyncSession(engine) as session:
            session.add(Customer(number="1", name=Sealed.of("Kari")))
            flush = asyncio.create_task(session.commit())
            await asyncio.sleep(0)
            ticked.set()
            await flush


async def test_plain_values_and_missing_privacy_are_refused(engine: AsyncEngine):
    """An async session lets through no more than a sync one."""
    async with AsyncSession(engine) as session:
        with pytest.raises(ValueNotSealable):
            Customer(number="1", name="Kari")
        session.add(Customer(number="1", name=Sealed.of("Kari")))
        with pytest.raises(NoPrivacy):
            await session.commit()
