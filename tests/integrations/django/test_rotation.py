"""While keys are rotated, a site goes on: instances from before write no dead cell, and what is unique stays so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from django.db import IntegrityError, connection, transaction

from sectorprivacy.app import Privacy
from sectorprivacy.encryption import Custody, KeyName, Keys, KeyUse, Place, Sealed, seal
from sectorprivacy.errors import KeyUnavailable, ValueNotSealable
from sectorprivacy.integrations.django import DjangoCells
from sectorprivacy.purposes import Gate, entered, using
from tests.integrations.django.alarm_site.models import MODELS, Customer
from tests.integrations.django.alarm_site.privacy import serving


@pytest.fixture
def people(privacy: Privacy) -> Privacy:
    with privacy:
        for n in "123":
            Customer.objects.create(
                number=n,
                name=Sealed.of(f"Kari {n}"),
                email=Sealed.of(f"{n}@example.org"),
                telephone=Sealed.of(f"+474100000{n}"),
            )
    return privacy


def process(privacy: Privacy, later: timedelta = timedelta(), provider: Any = None) -> Gate:
    """The gate of a process that knows no key yet, and lives at a later time."""
    known = privacy.gate.keys
    keys = Keys(
        known.tenant,
        store=known.store,
        provider=provider or known.provider,
        now=lambda: datetime.now(UTC) + later,
    )
    return evolve(privacy.gate, keys=keys)


def rotate(privacy: Privacy) -> None:
    """Seal everything under new keys, and destroy the old ones."""
    gate = process(privacy, timedelta(seconds=5))
    with entered(gate):
        Custody(gate.keys, cells=[DjangoCells(MODELS)], wait=lambda _: None).rotate_subject_keys()


def index_rotation(privacy: Privacy) -> Gate:
    """Begin with a new index key; a process of the time when tokens are written under it."""
    process(privacy).keys.tenant_keys.begin(KeyUse.INDEX)
    return process(privacy, timedelta(hours=1))


def opened(privacy: Privacy, number: str, name: str) -> object:
    """A value as another process finds it."""
    with entered(process(privacy)):
        customer = Customer.objects.get(number=number)
        with using(serving, customer):
            return getattr(customer, name).open()


def again(gate: Gate) -> Callable[[Place, bytes], bytes]:
    """Seals anew under the key that is active."""

    def seal_again(place: Place, cell: bytes) -> bytes:
        key = gate.keys.for_sealing(place.subject, place.retention_class)
        return seal(key, place, gate.keys.open(place, cell))

    return seal_again


def save(customer: Customer) -> None:
    customer.save()


def update_in_bulk(customer: Customer) -> None:
    Customer.objects.bulk_update([customer], ["active", "name", "telephone"])


@pytest.mark.parametrize("write", [save, update_in_bulk])
def test_an_instance_from_before_a_rotation_leaves_its_cells_alone(
    people: Privacy, write: Callable[[Customer], None], engine: str
) -> None:
    """Django saves every column; the cells it loaded are dead by then, and those in the database are not."""
    with people:
        customer = Customer.objects.get(number="1")
    rotate(people)
    with entered(process(people)):
        customer.active = False
        write(customer)
        assert not Customer.objects.get(number="1").active
    assert opened(people, "1", "name") == "Kari 1"
    assert opened(people, "1", "telephone") == "+4741000001"


def test_a_token_from_before_a_rotation_does_not_come_back(people: Privacy) -> None:
    """It was computed under an index key that is destroyed, and nobody would find its row."""
    with people:
        customer = Customer.objects.get(number="1")
    later = index_rotation(people)
    with entered(later):
        Custody(later.keys, cells=[DjangoCells(MODELS)], wait=lambda _: None).rotate_index_key()
        customer.active = False
        customer.save()
        assert Customer.objects.matching(telephone="+4741000001").get().number == "1"


def test_what_an_instance_sealed_before_a_rotation_is_refused(people: Privacy) -> None:
    """It may never have been committed, so it is written again, and its key is destroyed."""
    with people:
        customer = Customer.objects.get(number="1")
        customer.name = Sealed.of("Kari Nordmann")
        customer.save()
    rotate(people)
    with entered(process(people)), pytest.raises(ValueNotSealable, match="load its row anew"):
        customer.save()
    assert opened(people, "1", "name") == "Kari Nordmann"


def test_a_value_whose_transaction_failed_is_saved_with_the_next(people: Privacy) -> None:
    """What was sealed and rolled back is not taken for what stands in the database."""
    with people:
        customer = Customer.objects.get(number="1")
        customer.name = Sealed.of("Kari Nordmann")
        with transaction.atomic():
            customer.save()
            transaction.set_rollback(True)
        customer.save()
        customer.refresh_from_db()
        with using(serving, customer):
            assert customer.name.open() == "Kari Nordmann"


def test_a_deferred_value_is_not_cleared(people: Privacy) -> None:
    """A column that was not loaded is not an empty one, also where it is named."""
    with people:
        customer = Customer.objects.defer("name").get(number="1")
        customer.save(update_fields=["name", "active"])
    assert opened(people, "1", "name") == "Kari 1"


def test_deferred_columns_are_searched(people: Privacy) -> None:
    """A manager that loads them late does not make them unfindable."""
    with people:
        for customers in (Customer.objects.defer("telephone"), Customer.objects.only("number")):
            assert customers.matching(telephone="+4741000002").get().number == "2"


def add(number: str, email: str) -> None:
    Customer.objects.create(number=number, name=Sealed.of("new"), email=Sealed.of(email))


def add_in_bulk(number: str, email: str) -> None:
    Customer.objects.bulk_create([Customer(number=number, name=Sealed.of("new"), email=Sealed.of(email))])


def change(number: str, email: str) -> None:
    customer = Customer.objects.get(number="3")
    customer.email = Sealed.of(email)
    customer.save()


def change_in_bulk(number: str, email: str) -> None:
    customer = Customer.objects.get(number="3")
    customer.email = Sealed.of(email)
    Customer.objects.bulk_update([customer], ["email"])


@pytest.mark.parametrize("write", [add, add_in_bulk, change, change_in_bulk])
def test_a_unique_value_stays_unique_while_the_index_key_is_rotated(
    people: Privacy, write: Callable[[str, str], None]
) -> None:
    """Its token under the new key is another one, which the constraint of the database lets through."""
    with entered(index_rotation(people)):
        with pytest.raises(IntegrityError, match="another row has the value") as caught:
            write("9", "1@example.org")
        write("9", "9@example.org")
        assert len(Customer.objects.matching(email="9@example.org")) == 1
    assert "example.org" not in str(caught.value)


def test_a_row_is_no_duplicate_of_itself(people: Privacy) -> None:
    """Who gives the same unique value again writes it under the new key."""
    with entered(index_rotation(people)):
        customer = Customer.objects.get(number="1")
        before = customer.email_token
        customer.email = Sealed.of("1@example.org")
        customer.save()
        assert customer.email_token != before


def test_a_sweep_passes_over_a_duplicate(people: Privacy, engine: str) -> None:
    """Two rows got one unique value all the same; one stays as it is, and all others go on."""
    old, later = process(people), index_rotation(people)
    with entered(old):
        add("9", "9@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, email_token FROM alarm_site_customer WHERE number = '9'")
        cell, token = cursor.fetchone()
        cursor.execute("UPDATE alarm_site_customer SET email = NULL, email_token = NULL WHERE number = '9'")
    with entered(later):
        add("8", "9@example.org")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alarm_site_customer SET email = %s, email_token = %s WHERE number = '9'", [cell, token])
    with entered(later):
        page = DjangoCells(MODELS).reseal(lambda _: True, again(later), None, 100)
    assert (page.seen, page.resealed, page.lost, page.failed) == (5, 12, 0, 1)


def test_what_does_not_open_does_not_stop_a_sweep(people: Privacy) -> None:
    """A damaged cell and those of a person in quarantine stay as they are, and are counted; all others go on."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alarm_site_customer SET name = substr(name, 1, 60) || 'AAAA' WHERE number = '1'")
    gate = process(people)
    person = people.subjects.ref("customer_number", "2")
    gate.keys.disable(person)
    kids = {row.kid for row in gate.keys.store.rows(gate.keys.tenant, subjects=[person])}
    with entered(gate):
        page = DjangoCells(MODELS).reseal(lambda _: True, again(gate), None, 100)
        assert (page.seen, page.resealed, page.lost, page.failed) == (3, 5, 0, 4)
        assert sum(DjangoCells(MODELS).left(kids.__contains__).values()) == 3


class WrapKeysAreOutOfReach:
    """A key service that answers for index keys alone."""

    def __init__(self, provider: Any) -> None:
        self.wrap = provider.wrap
        self._unwrap = provider.unwrap

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        if name.use is KeyUse.WRAP:
            raise KeyUnavailable
        return self._unwrap(name, wrapped)


def test_nothing_is_passed_over_where_the_key_service_is_down(people: Privacy) -> None:
    """Nothing is wrong with the rows then: a sweep stops, and a search says that it could not look."""
    gate = process(people, provider=WrapKeysAreOutOfReach(people.gate.keys.provider))
    with entered(gate):
        with pytest.raises(KeyUnavailable):
            DjangoCells(MODELS).reseal(lambda _: True, again(gate), None, 100)
        with pytest.raises(KeyUnavailable):
            Customer.objects.matching(telephone="+4741000001")


def test_a_search_passes_over_people_in_quarantine(people: Privacy) -> None:
    """Their values may not be opened; the others who share the token are found."""
    with people:
        Customer.objects.create(number="9", name=Sealed.of("Kari"), telephone=Sealed.of("+4741000001"))
        people.gate.keys.disable(people.subjects.ref("customer_number", "9"))
        assert [each.number for each in Customer.objects.matching(telephone="+4741000001")] == ["1"]
