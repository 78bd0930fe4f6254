"""Forms and the admin: what is stored is never shown, an empty answer keeps it, and a purpose opens it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.test import AsyncClient, Client

from sectorprivacy.app import Privacy
from sectorprivacy.encryption import Sealed
from sectorprivacy.integrations.django import PrivacyMiddleware, SealedFormField
from sectorprivacy.purposes import using
from tests.integrations.django.alarm_site.models import Customer, Sorts
from tests.integrations.django.alarm_site.privacy import serving


class CustomerForm(forms.ModelForm):
    class Meta:
        model = Customer
        fields = ("number", "name", "email", "telephone")


class SortsForm(forms.ModelForm):
    class Meta:
        model = Sorts
        fields = "__all__"


@pytest.fixture
def client(privacy: Privacy) -> Client:
    """Somebody who may do everything, signed in."""
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.create_superuser("admin", password="x"))
    return client


@pytest.fixture
def customer(privacy: Privacy) -> Customer:
    with privacy:
        return Customer.objects.create(number="1", name=Sealed.of("Kari Nordmann"), email=Sealed.of("kari@example.no"))


def entries_of(privacy: Privacy) -> list[Any]:
    return list(privacy.gate.log.entries([privacy.subjects.ref("customer_number", "1")], 0, 10))


def opened(record: Any, *names: str) -> list[Any]:
    with using(serving, record):
        return [getattr(record, name).open() for name in names]


def test_a_form_shows_nothing_and_keeps_what_is_not_entered(privacy: Privacy, customer: Customer) -> None:
    """Neither what is stored nor, after an error, what was entered."""
    with privacy:
        shown = CustomerForm(instance=customer).as_p()
        assert "Kari" not in shown
        assert 'placeholder="sealed"' in shown
        assert "&lt;sealed&gt;" not in shown  # it would come back as the new value
        refused = CustomerForm({"name": "Secret Name"}, instance=Customer.objects.get())
        assert not refused.is_valid()
        assert "Secret" not in refused.as_p()
        form = CustomerForm({"number": "1", "name": "", "email": "new@example.no"}, instance=customer)
        assert form.is_valid(), form.errors
        assert form.changed_data == ["email"]
        form.save()
        assert opened(Customer.objects.get(), "name", "email") == ["Kari Nordmann", "new@example.no"]


def test_a_new_record_needs_what_is_required(privacy: Privacy) -> None:
    """Where nothing is stored, an empty answer keeps nothing."""
    form = CustomerForm({"number": "2", "name": ""})
    assert form.errors == {"name": ["This field is required."]}


def test_every_sort_is_entered_as_its_own(privacy: Privacy) -> None:
    """Bytes alone have no form field."""
    entered = {
        "customer": "7",
        "count": "-7",
        "paid": "12.50",
        "born": "1970-01-01",
        "at": "2026-01-02 03:04",
        "agreed": "false",
        "more": '{"a": 1}',
        "items": "[1]",
    }
    with privacy:
        form = SortsForm(entered)
        assert "raw" not in form.fields
        assert form.is_valid(), form.errors
        saved = form.save()
        assert opened(saved, *list(entered)[1:]) == [
            -7,
            Decimal("12.50"),
            date(1970, 1, 1),
            datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
            False,
            {"a": 1},
            [1],
        ]


def test_a_refusal_does_not_carry_what_was_entered(privacy: Privacy) -> None:
    """Errors of forms are logged."""
    form = SortsForm({"customer": "7", "more": "Kari", "count": "Kari", "born": "Kari"})
    assert set(form.errors) == {"more", "count", "born"}
    assert "Kari" not in repr(form.errors.as_data())
    assert isinstance(form.fields["more"], SealedFormField)


def test_what_the_index_refuses_is_an_error_of_the_form(privacy: Privacy) -> None:
    """An address without an @ is said to whoever enters it, and is no failure of the server."""
    with privacy:
        form = CustomerForm({"number": "9", "name": "Kari", "email": "kari.example.no"})
        assert set(form.errors) == {"email"}
        assert "kari" not in repr(form.errors.as_data())


def test_the_admin_shows_sealed(client: Client, customer: Customer) -> None:
    """In the list and on the page of a record; nothing is opened."""
    for path in ("/admin/alarm_site/customer/", "/admin/alarm_site/customer/1/change/"):
        page = client.get(path).content.decode()
        assert "sealed" in page
        assert "Kari" not in page
        assert "example.no" not in page


def test_the_admin_keeps_and_seals(client: Client, customer: Customer, privacy: Privacy) -> None:
    """An empty line keeps what is stored; what is entered is sealed, and its history names the field alone."""
    from django.contrib.admin.models import LogEntry

    answer = client.post(
        "/admin/alarm_site/customer/1/change/", {"number": "1", "active": "on", "email": "new@example.no"}
    )
    assert answer.status_code == 302
    answer = client.post("/admin/alarm_site/customer/add/", {"number": "2", "name": "Ola"})
    assert answer.status_code == 302
    with privacy:
        assert opened(Customer.objects.get(number="1"), "name", "email") == ["Kari Nordmann", "new@example.no"]
        assert opened(Customer.objects.get(number="2"), "name") == ["Ola"]
    assert "example.no" not in "".join(each.change_message + each.object_repr for each in LogEntry.objects.all())


def test_an_admin_with_a_purpose_opens_and_logs(client: Client, customer: Customer, privacy: Privacy) -> None:
    """Only the fields it names, only on the page of the record."""
    page = client.get("/opened/alarm_site/customer/1/change/").content.decode()
    assert "Kari Nordmann" in page
    assert "kari@example.no" not in page
    (entry,) = entries_of(privacy)
    assert (entry.activity, entry.categories) == ("serving", ("name",))
    assert "Kari" not in client.get("/opened/alarm_site/customer/").content.decode()


def test_an_admin_with_a_purpose_shows_sealed_where_the_key_is_gone(
    client: Client, customer: Customer, privacy: Privacy
) -> None:
    """An erased person's record can still be looked at."""
    privacy.gate.keys.shred(privacy.subjects.ref("customer_number", "1"))
    page = client.get("/opened/alarm_site/customer/1/change/")
    assert page.status_code == 200
    assert "Kari" not in page.content.decode()


def test_nobody_opens_without_permission(customer: Customer, privacy: Privacy) -> None:
    """Who may not see the record causes no log entry."""
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get("/opened/alarm_site/customer/1/change/").status_code == 403
    assert entries_of(privacy) == []


def test_requests_have_privacy(client: Client, customer: Customer) -> None:
    """The middleware makes it current for a view."""
    assert client.get("/name/1/").content == b"Kari Nordmann"


async def test_async_requests_have_privacy(database: None) -> None:
    """Also for an async view."""
    from asgiref.sync import sync_to_async
    from django.db import connections

    from tests.integrations.django.alarm_site.models import MODELS
    from tests.integrations.django.alarm_site.privacy import start, use

    privacy = start(MODELS)
    use(privacy)
    try:
        with privacy:
            await Customer.objects.acreate(number="1", name=Sealed.of("Kari Nordmann"))
        answer = await AsyncClient().get("/name-async/1/")
        assert answer.content == b"Kari Nordmann"
    finally:
        await sync_to_async(connections.close_all)()


@pytest.mark.parametrize("path", [None, "", "tests.integrations.django.alarm_site.models.MODELS"])
def test_a_site_without_privacy_does_not_start(path: str | None) -> None:
    """A middleware that made nothing current would only fail at the first value."""
    from django.core.exceptions import ImproperlyConfigured
    from django.test.utils import override_settings

    with override_settings(SECTORPRIVACY=path), pytest.raises(ImproperlyConfigured):
        PrivacyMiddleware(lambda request: request)
