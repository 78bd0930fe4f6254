"""System checks refuse what cannot be done with a sealed field, before the application starts."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.core import checks
from django.db import models
from django.test.utils import isolate_apps

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.encryption import BlindIndex
from sectorprivacy.integrations.django import SealedField, SealedManager
from sectorprivacy.integrations.django._checks import _admin, _compared, _managers, _marks
from sectorprivacy.vocabulary import categories as C
from tests.integrations.django.alarm_site.models import Customer, Note

MARKED = Personal(C.NAME)


def test_the_site_passes() -> None:
    """What the tests use is in order."""
    assert [each for each in checks.run_checks() if each.id.startswith(("sectorprivacy", "models", "fields"))] == []


@pytest.mark.parametrize(
    "option",
    [
        {"unique": True},
        {"db_index": True},
        {"primary_key": True},
        {"choices": [("a", "A")]},
        {"default": "x"},
        {"db_default": "x"},
        {"validators": [str]},
        {"unique_for_date": "at"},
    ],
    ids=lambda option: next(iter(option)),
)
@isolate_apps()
def test_options_that_look_into_values_are_refused(option: dict[str, Any]) -> None:
    """Each would compare ciphertexts, or hold a value in the clear."""

    class Bad(models.Model):
        at = models.DateField()
        name = SealedField(str, MARKED, **option)

        class Meta:
            app_label = "alarm_site"

    assert "sectorprivacy.E001" in {each.id for each in Bad._meta.get_field("name").check()}


@isolate_apps()
def test_constraints_and_indexes_over_sealed_columns_are_refused() -> None:
    """No two ciphertexts are alike, so they would hold for everything."""

    class Bad(models.Model):
        group = models.IntegerField()
        name = SealedField(str, MARKED)

        class Meta:
            app_label = "alarm_site"
            unique_together = (("group", "name"),)
            indexes = (models.Index(fields=["-name"], name="by_name"),)
            constraints = (
                models.UniqueConstraint(fields=["name"], name="one"),
                models.UniqueConstraint(models.functions.Lower("name"), name="two"),
            )

    assert [each.id for each in _compared(Bad)] == ["sectorprivacy.E003"] * 4
    assert [each.id for each in _managers(Bad)] == ["sectorprivacy.E002"]
    assert [each.id for each in _marks(Bad)] == ["sectorprivacy.E004"]


@isolate_apps()
def test_marks_that_do_not_fit_the_column_are_refused() -> None:
    """An index needs its column; an annotation must say what is sealed; a row version is not kept by Django."""

    @personal(
        id="bad.customer",
        row_version="version",
        fields={
            "id": NotPersonal("row key"),
            "version": NotPersonal("counts"),
            "number": SubjectId("customer_number", role="customer"),
            "email": Personal(C.EMAIL, index=BlindIndex("email-1", distinct=5000)),
        },
    )
    class Bad(models.Model):
        number = models.CharField(max_length=5)
        version = models.IntegerField()
        email = SealedField(str)
        objects = SealedManager()

        class Meta:
            app_label = "alarm_site"

    assert [each.id for each in _marks(Bad)] == ["sectorprivacy.E005", "sectorprivacy.E007"]


def test_the_admin_cannot_search_sealed_columns() -> None:
    """Also not through a relation."""

    class NoteAdmin(admin.ModelAdmin):
        search_fields = ("customer__number", "=customer__name")
        list_filter = ("customer__email", "customer")
        date_hierarchy = "text"

    found = [each.msg for each in _admin(NoteAdmin(Note, admin.site))]
    assert [each.split()[0] for each in found] == ["search_fields", "list_filter", "date_hierarchy"]


def test_a_field_says_what_it_is() -> None:
    """The marks of the field are those of the model."""
    assert Customer._meta.get_field("email_token").unique
    assert Customer._meta.get_field("telephone_token").db_index
