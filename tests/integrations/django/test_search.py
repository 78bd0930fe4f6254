"""Search by blind index: exactly the rows with the value are found, and nothing is released on the way."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, transaction

from sectorprivacy.app import Privacy
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import NoPrivacy, NotIndexed, ValueNotSealable
from tests.integrations.django.alarm_site.models import Customer, Note


def create(number: str, **values: str) -> Customer:
    held = {name: Sealed.of(value) for name, value in {"name": number, **values}.items()}
    return Customer.objects.create(number=number, **held)


def test_every_spelling_of_a_value_is_found(privacy: Privacy, engine: str) -> None:
    """The normaliser of the index says which spellings are one value."""
    with privacy:
        create("1", email="Kari@Example.no")
        create("2", email="ola@example.no")
        found = Customer.objects.matching(email="kari@example.NO")
        assert [each.number for each in found] == ["1"]
        assert found.filter(active=False).count() == 0
        assert found.filter(active=True).get().number == "1"
        assert list(Customer.objects.filter(active=True).matching(email="nobody@example.no")) == []


def test_what_only_shares_a_token_is_not_found(privacy: Privacy) -> None:
    """Tokens are short: what the database finds is opened and compared."""
    with privacy:
        create("1", telephone="+4741000001")
        create("2", telephone="+4741000002")
        token = Customer.objects.get(number="1").telephone_token
        Customer.objects.filter(number="2").update(telephone_token=token)
        assert Customer.objects.filter(telephone_token=token).count() == 2
        assert [each.number for each in Customer.objects.matching(telephone="+4741000001")] == ["1"]


def test_several_fields_must_all_match(privacy: Privacy) -> None:
    """As the conditions of a filter."""
    with privacy:
        create("1", email="kari@example.no", telephone="+4741000001")
        assert Customer.objects.matching(email="kari@example.no", telephone="+4741000001").exists()
        assert not Customer.objects.matching(email="kari@example.no", telephone="+4741000002").exists()


def test_a_search_writes_no_log_entry(privacy: Privacy) -> None:
    """Nothing is released; what is opened afterwards is logged."""
    with privacy:
        create("1", email="kari@example.no")
        assert list(Customer.objects.matching(email="kari@example.no"))
    assert privacy.gate.log.entries([privacy.subjects.ref("customer_number", "1")], 0, 10) == []


def test_a_value_is_unique_where_its_index_is(privacy: Privacy, engine: str) -> None:
    """The token carries the constraint; the error quotes no value."""
    with privacy:
        create("1", email="kari@example.no")
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            create("2", email="KARI@example.no")
    assert "example.no" not in str(refused.value).lower()


def test_what_cannot_be_searched_says_so(privacy: Privacy) -> None:
    """A field without an index, one in the clear, no value, and what the normaliser refuses."""
    with pytest.raises(NoPrivacy):
        Customer.objects.matching(email="kari@example.no")
    with privacy:
        for field in ("name", "text"):
            with pytest.raises(NotIndexed):
                (Note if field == "text" else Customer).objects.matching(**{field: "x"})
        with pytest.raises(FieldError, match="not sealed"):
            Customer.objects.matching(number="1")
        with pytest.raises(FieldError, match="no token"):
            Customer.objects.matching(email=None)
        with pytest.raises(ValueNotSealable):
            Customer.objects.matching(telephone="41 00 00 01")


def test_an_erased_person_is_not_found(privacy: Privacy) -> None:
    """Their token may still stand in the row; what cannot be opened is not compared."""
    with privacy:
        create("1", telephone="+4741000001")
        create("2", telephone="+4741000001")
        privacy.gate.keys.shred(privacy.subjects.ref("customer_number", "1"))
        assert [each.number for each in Customer.objects.matching(telephone="+4741000001")] == ["2"]
