"""DjangoCells: a rotation reaches every cell, page by page, and leaves alone what others change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sectorprivacy.app import Privacy
from sectorprivacy.encryption import Custody, Keys, KeyStatus, Place, Sealed, from_text, seal, unseal
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.integrations.django import DjangoCells
from sectorprivacy.purposes import entered, using
from tests.integrations.django.alarm_site.models import MODELS, ActiveCustomer, Customer, Guard, Moved, Note
from tests.integrations.django.alarm_site.privacy import serving


@pytest.fixture
def people(privacy: Privacy) -> Privacy:
    with privacy:
        for n in range(5):
            customer = Customer.objects.create(
                number=str(n), name=Sealed.of(f"N{n}"), telephone=Sealed.of(f"+474100000{n}")
            )
            Note.objects.create(customer=customer, text=Sealed.of(f"T{n}"))
        Guard.objects.create(login="guard", personal_number=Sealed.of("123"), licence=Sealed.of("G7"))
    return privacy


def again(privacy: Privacy) -> Callable[[Place, bytes], bytes]:
    """Seal under the key that is active now."""

    def seal_again(place: Place, cell: bytes) -> bytes:
        keys = privacy.gate.keys
        value = unseal(keys.for_opening(place, cell), place, cell)
        return seal(keys.for_sealing(place.subject, place.retention_class), place, value)

    return seal_again


def sweep(cells: DjangoCells, stale: Callable[[bytes], bool], seal_again: Any, limit: int) -> list[int]:
    seen = resealed = lost = 0
    after = None
    while True:
        page = cells.reseal(stale, seal_again, after, limit)
        seen, resealed, lost = seen + page.seen, resealed + page.resealed, lost + page.lost
        after = page.after
        if after is None:
            return [seen, resealed, lost]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_every_row_is_seen_once(people: Privacy, limit: int, engine: str) -> None:
    """The rows of all tables, whatever the size of a page; a proxy has no table of its own."""
    cells = DjangoCells([*MODELS, ActiveCustomer])
    with people:
        before = sum(cells.left(lambda _: True).values())
        assert sweep(cells, lambda _: True, again(people), limit) == [12, 17, 0]
        assert sum(cells.left(lambda _: True).values()) == before == 17
        assert Guard.objects.matching(personal_number="123").get().login == "guard"


def test_a_rotation_of_keys_reaches_every_cell(people: Privacy, engine: str) -> None:
    """Afterwards none is left under the old keys, which are destroyed, and everything opens."""
    custody = Custody(people.gate.keys, cells=[DjangoCells(MODELS)], wait=lambda _: None)
    with people:
        assert (
            custody.rotate_subject_keys([people.subjects.ref("customer_number", str(n)) for n in range(5)]).changed
            == 15
        )
        for number, customer in enumerate(Customer.objects.order_by("number")):
            with using(serving, customer):
                assert customer.name.open() == f"N{number}"
        assert Customer.objects.matching(telephone="+4741000003").get().number == "3"


class Time:
    """Passes when somebody waits."""

    def __init__(self) -> None:
        self.passed = 0.0

    def wait(self, seconds: float) -> None:
        self.passed += seconds

    def clock(self) -> float:
        return self.passed

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.passed)


def test_a_rotation_of_the_index_key_leaves_erased_people_without_a_token(people: Privacy) -> None:
    """Their values are gone, and do not stop it; those of the others are found by the new key."""
    time, known = Time(), people.gate.keys
    keys = Keys(known.tenant, store=known.store, provider=known.provider, clock=time.clock, now=time.now)
    custody = Custody(keys, cells=[DjangoCells(MODELS)], wait=time.wait)
    with entered(evolve(people.gate, keys=keys)):
        before = Customer.objects.get(number="3").telephone_token
        keys.shred(people.subjects.ref("customer_number", "2"))
        assert custody.rotate_index_key().changed == 14
        assert Customer.objects.matching(telephone="+4741000003").get().telephone_token != before
        assert not Customer.objects.matching(telephone="+4741000002")
        assert Customer.objects.get(number="2").telephone_token is None


def test_tokens_follow_their_cell(people: Privacy) -> None:
    """Whoever rotates the index key has every token computed anew."""
    with people:
        Customer.objects.filter(number="3").update(telephone_token=b"??")
        assert not Customer.objects.matching(telephone="+4741000003")
        sweep(DjangoCells([Customer]), lambda _: True, again(people), 100)
        assert Customer.objects.matching(telephone="+4741000003").get().number == "3"


def test_what_somebody_else_changes_meanwhile_stays(people: Privacy) -> None:
    """Compare and swap: the newer value is not overwritten by the older one."""

    def interrupted(place: Place, cell: bytes) -> bytes:
        row = Customer.objects.get(number=place.record.parts[0])  # pyright: ignore[reportOptionalMemberAccess]
        row.name = Sealed.of("newer")
        row.save(update_fields=["name"])
        return again(people)(place, cell)

    with people:
        (text,) = Customer.objects.filter(number="2").values_list("name", flat=True)
        Customer.objects.exclude(number="2").delete()
        Customer.objects.filter(number="2").update(telephone=None)
        assert sweep(DjangoCells([Customer]), lambda _: True, interrupted, 10) == [1, 0, 1]
        customer = Customer.objects.get()
        with using(serving, customer):
            assert customer.name.open() == "newer"
        assert from_text(text)


def test_what_is_no_cell_is_passed_over(people: Privacy) -> None:
    """It has no key that could be replaced, and does not stop a rotation."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE alarm_site_customer SET name = 'Kari'")
    with people:
        assert sweep(DjangoCells([Customer]), lambda _: True, again(people), 2) == [5, 5, 0]


def test_values_in_the_clear_are_counted(people: Privacy, engine: str) -> None:
    """How far a migration is, of the fields that are being migrated alone."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO alarm_site_moved (number, active, name) VALUES ('1', true, 'Kari')")
        cursor.execute("INSERT INTO alarm_site_moved (number, active, name) VALUES ('2', true, 'Ola')")
    with people:
        assert DjangoCells([Moved, Customer]).plaintext_counts() == {"site.moved.name": 2}
        Moved.objects.get(number="1").save()
        assert DjangoCells([Moved, Customer]).plaintext_counts() == {"site.moved.name": 1}


@pytest.mark.parametrize("after", ["", "{", "[9, null]", "[-1, null]", "[true, null]", "7", '["0", null]', "[1, []]"])
def test_a_page_begins_where_one_ended(people: Privacy, after: str) -> None:
    """What another holder said is no place to begin."""
    with people, pytest.raises(InvalidDeclaration):
        DjangoCells(MODELS).reseal(lambda _: True, again(people), after, 10)


def test_a_page_costs_a_fixed_number_of_key_statements_and_one_transaction(people: Privacy) -> None:
    """Its old keys are loaded together, and its new ones made together."""
    keys = people.gate.keys
    store: Any = keys.store
    spent: list[tuple[int, int]] = []
    with people:
        for size in (2, 5):
            subjects = [people.subjects.ref("customer_number", str(number)) for number in range(5)]
            kids = {row.kid for row in store.rows(keys.tenant, subjects=subjects)}
            store.change(keys.tenant, kids, before={KeyStatus.ACTIVE}, after=KeyStatus.DECRYPT_ONLY)
            keys.forget(subjects)
            before = store.queries
            with CaptureQueriesContext(connection) as captured:
                page = DjangoCells([Customer]).reseal(lambda _: True, again(people), None, size)
            assert (page.seen, page.resealed) == (size, 2 * size)
            begun = sum(each["sql"].startswith("BEGIN") for each in captured)
            spent.append((store.queries - before, begun))
    assert spent[0] == spent[1] == (2, 1)
