"""Rows of one fetch: one query for all their keys, one for all their people, and no work before the first is opened."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.errors import KeyNotLoaded
from sectorprivacy.purposes import prefetch, using
from tests.integrations.django.alarm_site.models import MODELS, Customer, Note
from tests.integrations.django.alarm_site.privacy import CountingKeys, CountingSubjects, serving, start

SIZE = 50


@pytest.fixture
def fresh(database: None) -> tuple[Privacy, CountingKeys, CountingSubjects]:
    """A process that has not seen any key of the rows yet."""
    keys, subjects, keyring = CountingKeys(), CountingSubjects(), LocalKeyring.in_memory()
    store = MemoryStore(keys=keys, subjects=subjects)
    with start(MODELS, store, keyring):
        Customer.objects.bulk_create(
            [
                Customer(number=f"{n:03}", name=Sealed.of(f"N{n}"), telephone=Sealed.of("+4741000001"))
                for n in range(SIZE)
            ]
        )
        Note.objects.bulk_create([Note(customer_id=f"{n:03}", text=Sealed.of(f"T{n}")) for n in range(SIZE)])
    privacy = start(MODELS, store, keyring)
    keys.queries = subjects.queries = 0
    return privacy, keys, subjects


def test_the_first_open_loads_all_keys(fresh: tuple[Privacy, CountingKeys, CountingSubjects]) -> None:
    """One query for the keys of a whole result, and one for its people."""
    privacy, keys, subjects = fresh
    with privacy:
        customers = list(Customer.objects.order_by("number"))
        assert (keys.queries, subjects.queries) == (0, 0)
        with using(serving, customers):
            subjects.queries = 0
            assert [each.name.open() for each in customers] == [f"N{n}" for n in range(SIZE)]
    assert (keys.queries, subjects.queries) == (1, 1)


def test_people_behind_a_relation_come_in_one_query(fresh: tuple[Privacy, CountingKeys, CountingSubjects]) -> None:
    """A row that is found through another does not cost a query each."""
    privacy, keys, _ = fresh
    with privacy:
        notes = list(Note.objects.order_by("id"))
        refs = privacy.subjects.known([("customer_number", f"{n:03}") for n in range(SIZE)]).values()
        with using(serving, list(refs)), CaptureQueriesContext(connection) as captured:
            assert [each.text.open() for each in notes] == [f"T{n}" for n in range(SIZE)]
    assert (len(captured), keys.queries) == (1, 1)


def test_chunks_and_related_rows_are_pages(fresh: tuple[Privacy, CountingKeys, CountingSubjects]) -> None:
    """`iterator` loads the keys of a chunk; rows selected with others are on their page."""
    privacy, keys, _ = fresh
    with privacy, using(serving, list(Customer.objects.all())):
        names = [each.name.open() for each in Customer.objects.order_by("number").iterator(chunk_size=25)]
        assert names == [f"N{n}" for n in range(SIZE)]
        assert keys.queries == 2
        notes = list(Note.objects.select_related("customer").order_by("id"))
        assert [(each.text.open(), each.customer.name.open()) for each in notes][-1] == ("T49", "N49")
    assert keys.queries == 2


def test_a_damaged_cell_does_not_hide_the_others(fresh: tuple[Privacy, CountingKeys, CountingSubjects]) -> None:
    """It says so itself; the page of its fetch opens."""
    privacy, keys, _ = fresh
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alarm_site_customer SET name = 'sp1.?' WHERE number = '000'")
    with privacy:
        customers = list(Customer.objects.order_by("number"))
        with using(serving, customers):
            assert [each.name.open() for each in customers[1:]] == [f"N{n}" for n in range(1, SIZE)]
    assert keys.queries == 1


async def test_async_rows_open_after_prefetch(privacy: Privacy) -> None:
    """Everything that blocks happens in a worker thread; without prefetch nothing opens under a loop."""
    try:
        with privacy:
            customer = Customer(number="1", name=Sealed.of("Kari"), email=Sealed.of("kari@example.no"))
            await customer.asave()
            await Customer.objects.acreate(number="2", name=Sealed.of("Ola"))
            await Customer.objects.abulk_create([Customer(number="3", name=Sealed.of("Per"))])
            rows = [each async for each in Customer.objects.order_by("number")]
            rows += [each async for each in Customer.objects.order_by("number").aiterator()]
            rows.append(await Customer.objects.aget(number="1"))
            async with using(serving, rows):
                with pytest.raises(KeyNotLoaded):
                    rows[0].name.open()
                await prefetch(*(each.name for each in rows))
                assert [each.name.open() for each in rows] == ["Kari", "Ola", "Per", "Kari", "Ola", "Per", "Kari"]
            found = await Customer.objects.amatching(email="kari@example.no")
            assert [each.number for each in found] == ["1"]
            await rows[0].arefresh_from_db()
    finally:
        await sync_to_async(connections.close_all)()
