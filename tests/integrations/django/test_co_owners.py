"""Rows that several people own: bulk writes cost what they cost for one owner, and a search finds what opens."""

from __future__ import annotations

from typing import Any

import pytest

from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import Sealed
from sectorprivacy.ledger import MemoryTombstones
from sectorprivacy.purposes import using
from tests.integrations.django.alarm_site.models import MODELS, Customer, Home
from tests.integrations.django.alarm_site.privacy import CountingKeys, CountingSubjects, serving, start

SIZE = 50


class CountingTombstones(MemoryTombstones):
    """Counts how often it is asked."""

    queries = 0

    def among(self, *args: Any, **options: Any) -> Any:
        self.queries += 1
        return super().among(*args, **options)


class CountingGroups(CountingSubjects):
    """Counts how often it is asked for groups, too."""

    def form(self, *args: Any, **options: Any) -> Any:
        self.queries += 1
        return super().form(*args, **options)


class Counted:
    """A Privacy whose stores count what they are asked."""

    def __init__(self) -> None:
        self.keys, self.subjects, self.tombstones = CountingKeys(), CountingGroups(), CountingTombstones()
        store = MemoryStore(keys=self.keys, subjects=self.subjects, tombstones=self.tombstones)
        self.privacy = start(MODELS, store)

    @property
    def queries(self) -> tuple[int, int, int]:
        return self.keys.queries, self.subjects.queries, self.tombstones.queries

    def keys_of(self, subject: Any) -> int:
        return self.privacy.gate.keys.count([subject])


@pytest.fixture
def counted(database: None) -> Counted:
    return Counted()


def homes(size: int) -> list[Home]:
    return [
        Home(
            number=f"H{n}", first=f"a{n}", second=f"b{n}", door=Sealed.of(f"D{n}"), telephone=Sealed.of(f"+47410000{n}")
        )
        for n in range(10, 10 + size)
    ]


def test_co_owned_rows_cost_a_fixed_number_of_statements(counted: Counted) -> None:
    """Whether two rows are created or fifty, and nobody gets a key that seals nothing."""
    with counted.privacy:
        spent: list[tuple[int, ...]] = []
        for size in (2, SIZE):
            Home.objects.all().delete()
            before = counted.queries
            Home.objects.bulk_create(homes(size))
            spent.append(tuple(now - then for now, then in zip(counted.queries, before, strict=True)))
        assert spent[0] == spent[1]
        assert spent[0][0] == 2  # one for each class of keys
        people = [counted.privacy.subjects.ref("customer_number", f"{who}{n}") for who in "ab" for n in range(10, 60)]
        assert counted.privacy.gate.keys.count(people) == 0
        assert Home.objects.matching(telephone="+4741000012").get().number == "H12"


def test_co_owned_rows_are_updated_in_a_fixed_number_of_statements(counted: Counted) -> None:
    """As they are created."""
    with counted.privacy:
        Home.objects.bulk_create(homes(SIZE))
        spent: list[tuple[int, ...]] = []
        for size in (2, SIZE):
            found = list(Home.objects.order_by("number")[:size])
            for home in found:
                home.door = Sealed.of("new")
            before = counted.queries
            Home.objects.bulk_update(found, ["door"])
            spent.append(tuple(now - then for now, then in zip(counted.queries, before, strict=True)))
        assert spent[0] == spent[1]
        with using(serving, Home.objects.get(number="H10")):
            assert Home.objects.get(number="H10").door.open() == "new"


def test_a_search_finds_what_was_sealed_before_an_owner_left(privacy: Privacy) -> None:
    """The record names one owner now, and its cells are sealed for the group: both opening and search know that."""
    with privacy:
        Home.objects.bulk_create(homes(2))
        Home.objects.filter(number="H10").update(first=None)
        home = Home.objects.get(number="H10")
        with using(serving, home):
            assert home.door.open() == "D10"
        assert [each.number for each in Home.objects.matching(telephone="+4741000010")] == ["H10"]


def test_an_older_value_is_put_back_after_an_owner_left(privacy: Privacy) -> None:
    """It is opened with the group, and sealed for who is left."""
    with privacy:
        Home.objects.bulk_create(homes(1))
        Home.objects.update(first=None)
        home = Home.objects.get()
        older = home.telephone
        home.telephone = Sealed.of("+4741000099")
        home.save()
        home.telephone = older
        home.save()
        assert Home.objects.matching(telephone="+4741000010").get().number == "H10"


def test_only_classes_of_values_that_a_row_holds_get_keys(counted: Counted) -> None:
    """An empty field of another class makes no key: it would seal nothing, and outlive those that do."""
    with counted.privacy:
        Home.objects.bulk_create([Home(number="H1", first="a", second=None, door=Sealed.of("D"))])
        assert counted.keys_of(counted.privacy.subjects.ref("customer_number", "a")) == 1


def test_an_owner_who_is_new_on_a_page_is_known_afterwards(privacy: Privacy) -> None:
    """What a page found out about its people before somebody was registered does not stand in their way."""
    with privacy:
        Home.objects.bulk_create([Home(number="H1", first="a", door=Sealed.of("D")), Home(number="H2", first="b")])
        first, second = Home.objects.order_by("number")
        with using(serving, first):
            first.door.open()
        second.door = Sealed.of("E")
        second.save()
        with using(serving, second):
            assert second.door.open() == "E"
        assert Customer.objects.count() == 0
