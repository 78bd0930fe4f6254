"""Sealed fields of Django: what is saved is sealed for its row, and what is loaded opens for a purpose alone."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, models
from django.db.models import F
from django.db.models.functions import Lower

from sectorprivacy.app import Privacy
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import (
    DecryptionError,
    KeyErased,
    KeyUnavailable,
    NoPrivacy,
    NoPurpose,
    SubjectNotCovered,
    ValueNotSealable,
)
from sectorprivacy.purposes import using
from tests.integrations.django.alarm_site.models import ActiveCustomer, Customer, Employee, Guard, Note, Sorts
from tests.integrations.django.alarm_site.privacy import serving

KARI = {"name": "Kari Nordmann", "email": "kari@example.no", "telephone": "+4741000001"}


def create(number: str = "100234", **values: Any) -> Customer:
    held = {name: Sealed.of(value) for name, value in {**KARI, **values}.items() if value is not None}
    return Customer.objects.create(number=number, **held)


def stored(table: str, column: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM alarm_site_{table} ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def opened(record: Any, *names: str) -> list[Any]:
    with using(serving, record):
        return [getattr(record, name).open() for name in names]


def test_what_is_saved_is_sealed_and_opens_for_a_purpose(privacy: Privacy, engine: str) -> None:
    """The column holds a cell; the value is had inside a purpose alone."""
    with privacy:
        created = create()
        assert stored("customer", "name")[0].startswith("sp1.")
        loaded = Customer.objects.get(number="100234")
        with pytest.raises(NoPurpose):
            loaded.name.open()
        assert opened(loaded, "name", "email") == ["Kari Nordmann", "kari@example.no"]
        assert opened(created, "name") == ["Kari Nordmann"]


def test_every_sort_comes_back_as_it_was(privacy: Privacy) -> None:
    """What is held is what is opened, whatever its sort."""
    values = {
        "raw": b"\x00\xff",
        "count": -7,
        "paid": Decimal("12.50"),
        "born": date(1970, 1, 1),
        "at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        "agreed": False,
        "more": {"a": [1, None]},
        "items": [{"b": 2}],
    }
    with privacy:
        Sorts.objects.create(customer="7", **{name: Sealed.of(value) for name, value in values.items()})
        assert opened(Sorts.objects.get(), *values) == list(values.values())


@pytest.mark.parametrize("value", ["Kari", "sp1.AAAA", 7, F("number"), b"x"])
def test_a_value_in_the_clear_is_refused(value: Any) -> None:
    """Also one that begins as a cell does: a cell is known by its type."""
    with pytest.raises(ValueNotSealable, match=r"Sealed\.of"):
        Customer(number="1", name=value)
    customer = Customer(number="1")
    with pytest.raises(ValueNotSealable):
        customer.name = value


def test_nothing_is_written_without_privacy(privacy: Privacy) -> None:
    """Fails closed: no key, no row."""
    with pytest.raises(NoPrivacy):
        create()
    assert stored("customer", "name") == []


def test_reading_an_attribute_asks_nobody(privacy: Privacy) -> None:
    """A sealed value can be passed on and shown as sealed where nothing may be opened."""
    with privacy:
        create()
        before = privacy.gate.keys.store.queries  # pyright: ignore[reportAttributeAccessIssue]
        customer = Customer.objects.get()
        assert f"{customer.name} {customer.name!r} {customer}" == (
            "<sealed> <sealed> <Customer: personal data of site.customer>"
        )
        assert privacy.gate.keys.store.queries == before  # pyright: ignore[reportAttributeAccessIssue]
    assert repr(Customer.objects.all()) == "<SealedQuerySet [<Customer: personal data of site.customer>]>"


def test_another_person_does_not_open(privacy: Privacy) -> None:
    """A scope covers whom it names."""
    with privacy:
        kari = create()
        ola = create("2", email="ola@example.no")
        with using(serving, ola), pytest.raises(SubjectNotCovered):
            kari.name.open()


def test_a_cell_of_another_row_is_refused(privacy: Privacy) -> None:
    """It would never open there; the error says what to do."""
    with privacy:
        kari = create()
        ola = create("2", email="ola@example.no")
        ola.name = kari.name
        with pytest.raises(ValueNotSealable, match="hold it anew"):
            ola.save()
        loaded = Customer.objects.get(number="100234")
        ola.name = loaded.name
        with pytest.raises(ValueNotSealable, match="hold it anew"):
            ola.save()


def test_a_copy_of_a_row_is_refused(privacy: Privacy) -> None:
    """Django's way to copy a row takes its cells to another record, where they do not open."""
    with privacy:
        create()
        copied = Customer.objects.get()
        copied.number = "2"
        copied._state.adding = True
        with pytest.raises(ValueNotSealable, match="hold it anew"):
            copied.save(force_insert=True)


def test_a_save_that_failed_can_be_tried_again(privacy: Privacy) -> None:
    """What was sealed for a row stays good for that row."""
    with privacy:
        create()
        again = Customer(number="2", **{name: Sealed.of(value) for name, value in KARI.items()})
        with pytest.raises(IntegrityError):
            again.save()
        again.email = Sealed.of("ola@example.no")
        again.save()
        assert opened(Customer.objects.get(number="2"), "name", "email") == ["Kari Nordmann", "ola@example.no"]


def test_an_older_cell_can_be_put_back(privacy: Privacy) -> None:
    """What AEAD cannot see; its token goes back with it."""
    with privacy:
        create()
        customer = Customer.objects.get()
        older = customer.email
        customer.email = Sealed.of("new@example.no")
        customer.save()
        customer.email = older
        customer.save(update_fields=["email"])
        assert [each.number for each in Customer.objects.matching(email="kari@example.no")] == ["100234"]


def test_saving_some_fields_takes_the_token_along(privacy: Privacy, engine: str) -> None:
    """A token that stayed behind would find a row by a value that it no longer has."""
    with privacy:
        create()
        customer = Customer.objects.only("number", "email").get()
        customer.email = Sealed.of("new@example.no")
        customer.save(update_fields=["email"])
        assert not Customer.objects.matching(email="kari@example.no")
        assert [each.number for each in Customer.objects.matching(email="new@example.no")] == ["100234"]
        customer.email = None
        customer.save(update_fields=["email"])
        assert stored("customer", "email_token") == [None]


def test_what_is_not_changed_is_not_written_anew(privacy: Privacy) -> None:
    """Saving a loaded row leaves its cells as they are, and asks for no key."""
    with privacy:
        create()
        before = stored("customer", "name")
        customer = Customer.objects.get()
        customer.active = False
        customer.save()
        assert stored("customer", "name") == before


def test_bulk_create_seals(privacy: Privacy, engine: str) -> None:
    """A thousand new people cost a fixed number of statements."""
    keys: Any = privacy.gate.keys.store
    subjects: Any = privacy.subjects._index
    with privacy:
        asked = keys.queries, subjects.queries
        Customer.objects.bulk_create(
            [Customer(number=str(n), name=Sealed.of(f"N{n}"), email=Sealed.of(f"n{n}@example.no")) for n in range(200)]
        )
        assert (keys.queries - asked[0], subjects.queries - asked[1]) == (1, 2)
        assert opened(Customer.objects.get(number="42"), "name") == ["N42"]
        assert Customer.objects.matching(email="n42@example.no").get().number == "42"


def test_rows_in_conflict_are_refused(privacy: Privacy) -> None:
    """The row in conflict may be somebody else's, under whose key nothing of this one opens."""
    with pytest.raises(ValueNotSealable, match="in conflict"):
        Customer.objects.bulk_create([], update_conflicts=True, unique_fields=["number"], update_fields=["name"])


def test_bulk_update_seals(privacy: Privacy, engine: str) -> None:
    """New values are sealed for their rows, and their tokens written with them."""
    with privacy:
        create()
        create("2", email=None)
        customers = list(Customer.objects.order_by("number"))
        for number, customer in enumerate(customers):
            customer.email = Sealed.of(f"new{number}@example.no")
        assert Customer.objects.bulk_update(customers, ["email"]) == 2
        assert [opened(each, "email")[0] for each in Customer.objects.order_by("number")] == [
            "new0@example.no",
            "new1@example.no",
        ]
        assert [each.number for each in Customer.objects.matching(email="new1@example.no")] == ["2"]
        assert not Customer.objects.matching(email="kari@example.no")


@pytest.mark.parametrize("value", ["Ola", Sealed.of("Ola"), F("number"), Lower("number"), F("email")])
def test_update_is_refused(privacy: Privacy, value: Any) -> None:
    """An update knows no row to seal a value for, and an expression would bring a value in the clear."""
    with privacy:
        create()
        for rows in (Customer.objects.all(), models.QuerySet(Customer)):
            with pytest.raises((ValueNotSealable, FieldError)):
                rows.update(name=value)
        with pytest.raises(ValueNotSealable):
            Customer.objects.update(name=Customer.objects.get().name)


def test_update_can_clear(privacy: Privacy) -> None:
    """None needs no key; the token goes with it."""
    with privacy:
        create()
        assert Customer.objects.update(email=None, active=False) == 1
        assert stored("customer", "email_token") == stored("customer", "email") == [None]


def test_get_or_create_and_update_or_create(privacy: Privacy) -> None:
    """They seal what they create, and what they change."""
    with privacy:
        held = {name: Sealed.of(value) for name, value in KARI.items()}
        made, created = Customer.objects.get_or_create(number="1", defaults=held)
        assert created
        assert opened(made, "name") == ["Kari Nordmann"]
        _, created = Customer.objects.update_or_create(number="1", defaults={"email": Sealed.of("new@example.no")})
        assert not created
        assert opened(Customer.objects.get(), "name", "email") == ["Kari Nordmann", "new@example.no"]
        assert Customer.objects.matching(email="new@example.no").exists()
        with pytest.raises(FieldError, match="matching"):
            Customer.objects.get_or_create(name="Kari Nordmann")


def test_refresh_takes_what_is_stored(privacy: Privacy) -> None:
    """Also where another process changed it, and with its token."""
    with privacy:
        mine = create()
        theirs = Customer.objects.get()
        theirs.email = Sealed.of("new@example.no")
        theirs.save()
        mine.refresh_from_db(fields=["email"])
        assert opened(mine, "email") == ["new@example.no"]
        mine.save()
        assert Customer.objects.matching(email="new@example.no").exists()
        mine.refresh_from_db()
        assert opened(mine, "name") == ["Kari Nordmann"]


def test_values_are_cells(privacy: Privacy) -> None:
    """What is read without a row is never in the clear."""
    with privacy:
        create()
        (listed,) = Customer.objects.values_list("name", flat=True)
        (values,) = Customer.objects.values("name", "email")
        assert listed.startswith("sp1.")
        assert all(text.startswith("sp1.") for text in values.values())


def test_every_way_to_load(privacy: Privacy) -> None:
    """Deferred, selected, raw, in bulk, iterated, through a proxy and a relation: it opens."""
    with privacy:
        customer = create()
        Note.objects.create(customer=customer, text=Sealed.of("rang"))
        assert opened(Customer.objects.only("number").get(), "name") == ["Kari Nordmann"]
        assert opened(Customer.objects.defer("name").get(), "name") == ["Kari Nordmann"]
        assert opened(Customer.objects.raw("SELECT * FROM alarm_site_customer")[0], "name") == ["Kari Nordmann"]
        assert opened(Customer.objects.in_bulk(["100234"])["100234"], "name") == ["Kari Nordmann"]
        assert [opened(each, "name") for each in Customer.objects.iterator()] == [["Kari Nordmann"]]
        assert opened(Customer.objects.first(), "name") == ["Kari Nordmann"]
        note = Note.objects.select_related("customer").get()
        assert opened(note, "text") == ["rang"]
        assert opened(note.customer, "name") == ["Kari Nordmann"]
        assert opened(customer.note_set.get(), "text") == ["rang"]
        prefetched = Customer.objects.prefetch_related("note_set").get()
        assert [opened(each, "text") for each in prefetched.note_set.all()] == [["rang"]]


def test_a_proxy_is_its_model(privacy: Privacy) -> None:
    """It has the same rows, so the same places."""
    with privacy:
        ActiveCustomer.objects.create(number="1", name=Sealed.of("Kari"))
        assert opened(Customer.objects.get(), "name") == ["Kari"]
        proxy = ActiveCustomer.objects.get()
        with using(serving, Customer.objects.get()):
            assert proxy.name.open() == "Kari"


def test_a_child_table_binds_each_column_to_its_own_model(privacy: Privacy) -> None:
    """The parent's column opens whether the row is loaded as parent or as child."""
    with privacy:
        Guard.objects.create(login="kari", personal_number=Sealed.of("123"), licence=Sealed.of("G7"))
        guard = Guard.objects.get()
        assert opened(guard, "personal_number", "licence") == ["123", "G7"]
        assert opened(Employee.objects.get(), "personal_number") == ["123"]
        assert Employee.objects.matching(personal_number="123").get().login == "kari"
        assert Guard.objects.matching(personal_number="123").get().login == "kari"


def test_a_shredded_key_is_refused(privacy: Privacy) -> None:
    """The row stays, and what is unchanged in it can be saved; its values are gone."""
    with privacy:
        create()
        privacy.gate.keys.shred(privacy.subjects.ref("customer_number", "100234"))
        customer = Customer.objects.get()
        with using(serving, customer), pytest.raises(KeyErased):
            customer.name.open()
        customer.active = False
        customer.save()
        customer.name = Sealed.of("Kari")
        with pytest.raises(KeyErased):
            customer.save()


def test_copies_and_pickles_hold_ciphertext(privacy: Privacy) -> None:
    """A held value is not pickled; a stored one is pickled as its cell."""
    with privacy:
        create()
        for rows in (Customer.objects.get(), Customer.objects.all()):
            written = pickle.dumps(rows)
            assert b"Kari" not in written
            assert b"sp1." in written
        back = pickle.loads(pickle.dumps(Customer.objects.get()))
        assert opened(back, "name") == ["Kari Nordmann"]
        assert opened(copy.deepcopy(Customer.objects.get()), "name") == ["Kari Nordmann"]
        with pytest.raises(TypeError):
            pickle.dumps(Customer(number="2", name=Sealed.of("Ola")))


def test_full_clean_takes_sealed_values(privacy: Privacy) -> None:
    """Validation sees that there is a value, and not which."""
    with privacy:
        Customer(number="1", name=Sealed.of("Kari")).full_clean()
        create()
        Customer.objects.get().full_clean()


@pytest.mark.parametrize(
    "lookup",
    ["name", "name__contains", "name__iexact", "name__in", "name__gt", "name__startswith", "note__customer__name"],
)
def test_lookups_are_refused(lookup: str) -> None:
    """The database sees ciphertexts, each unlike all others: it would find nothing, and say so."""
    with pytest.raises(FieldError, match="matching"):
        Customer.objects.filter(**{lookup: ["Kari"] if lookup.endswith("in") else "Kari"})
    Customer.objects.filter(name__isnull=True, email=None)


def test_nothing_is_written_while_the_key_cannot_be_had(privacy: Privacy) -> None:
    """Neither in the clear nor half: the row stays as it was, and what is held can be saved later."""
    with privacy:
        customer = create()
        subject = privacy.subjects.ref("customer_number", "100234")
        before = stored("customer", "name") + stored("customer", "email_token")
        privacy.gate.keys.disable(subject)
        customer.name, customer.email = Sealed.of("Kari Hansen"), Sealed.of("new@example.no")
        with pytest.raises(KeyUnavailable):
            customer.save()
        assert stored("customer", "name") + stored("customer", "email_token") == before
        privacy.gate.keys.enable(subject)
        customer.save()
        assert opened(Customer.objects.get(), "name", "email") == ["Kari Hansen", "new@example.no"]


def test_a_cell_that_was_moved_or_changed_does_not_open(privacy: Privacy) -> None:
    """It says nothing but that it does not open."""
    with privacy:
        create("1", email=None)
        create("2", email=None)
        cells = dict(Customer.objects.values_list("number", "name"))
        flipped = cells["2"][:40] + ("A" if cells["2"][40] != "A" else "B") + cells["2"][41:]
        for text in (cells["1"], flipped):
            with connection.cursor() as cursor:
                cursor.execute("UPDATE alarm_site_customer SET name = %s WHERE number = '2'", [text])
            customer = Customer.objects.get(number="2")
            with using(serving, customer), pytest.raises(DecryptionError):
                customer.name.open()
