"""Values that were never sealed: read until a day, and sealed by the next save that writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from django.db import connection

from sectorprivacy.app import Privacy
from sectorprivacy.errors import NotSealed
from sectorprivacy.purposes import entered, using
from tests.integrations.django.alarm_site.models import Moved
from tests.integrations.django.alarm_site.privacy import serving


@pytest.fixture
def moved(privacy: Privacy) -> Privacy:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO alarm_site_moved (number, active, name) VALUES ('1', true, 'Kari')")
    return privacy


def stored() -> tuple[str, bytes | None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, name_token FROM alarm_site_moved")
        return cursor.fetchone()


def check_sealed() -> None:
    assert stored()[0].startswith("sp1.")
    row = Moved.objects.matching(name="Kari").get()
    with using(serving, row):
        assert row.name.open() == "Kari"


@pytest.mark.parametrize("fields", [None, ["name"]])
def test_a_save_seals_it(moved: Privacy, fields: list[str] | None, engine: str) -> None:
    """Its token is written with it, so that it is found."""
    with moved:
        row = Moved.objects.get()
        row.name = row.name
        row.save(update_fields=fields)
        check_sealed()


def test_it_is_read_until_it_is_sealed(moved: Privacy) -> None:
    """Inside a purpose, as everything else."""
    with moved:
        moved.subjects.ref("customer_number", "1")
        row = Moved.objects.get()
        with using(serving, row):
            assert row.name.open() == "Kari"


def test_a_bulk_update_seals_it(moved: Privacy, engine: str) -> None:
    """As a save does."""
    with moved:
        Moved.objects.bulk_update(list(Moved.objects.all()), ["name"])
        check_sealed()


def test_a_save_of_other_fields_leaves_it(moved: Privacy) -> None:
    """Only what is written is sealed."""
    with moved:
        Moved.objects.get().save(update_fields=["active"])
    assert stored() == ("Kari", None)


def test_after_the_day_it_is_refused(moved: Privacy) -> None:
    """Whatever stands there then may have been put there by somebody else."""
    gate = moved.gate
    gate.keys.now = lambda: gate.now() + timedelta(days=400_000)
    with entered(evolve(gate)), pytest.raises(NotSealed):
        Moved.objects.get().save()
    assert stored()[0] == "Kari"
