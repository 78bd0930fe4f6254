"""Migrations: what is written can be read again, nothing changes on the second run, and data is sealed on the way."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import connection, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter
from django.test.utils import override_settings

from sectorprivacy.app import Privacy
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import ValueNotSealable
from sectorprivacy.integrations.django import SealedField
from sectorprivacy.purposes import using
from tests.integrations.django.alarm_site.models import MODELS, Customer, Note
from tests.integrations.django.alarm_site.privacy import serving, start
from tests.integrations.django.conftest import use_database


@pytest.fixture
def migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty database and an empty package for the migrations of the site."""
    package = tmp_path / "written_migrations"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with override_settings(MIGRATION_MODULES={"alarm_site": "written_migrations"}):
        yield package
    for name in [name for name in sys.modules if name.startswith("written_migrations")]:
        del sys.modules[name]


def test_migrations_are_stable_and_run(database: None, migrations: Path, tmp_path: Path) -> None:
    """makemigrations writes them, a second run finds nothing, and what they make holds sealed rows."""
    use_database({"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "migrated.sqlite3")})
    call_command("makemigrations", "alarm_site", verbosity=0)
    written = (migrations / "0001_initial.py").read_text()
    assert "sectorprivacy.integrations.django.SealedField(str" in written
    assert "sectorprivacy.integrations.django.TokenField(unique=True)" in written
    assert "._" not in written
    assert "Personal(" not in written
    call_command("makemigrations", "alarm_site", check_changes=True, verbosity=0)
    call_command("migrate", verbosity=0)
    with start(MODELS):
        Customer.objects.create(number="1", name=Sealed.of("Kari"), email=Sealed.of("kari@example.no"))
        assert Customer.objects.matching(email="kari@example.no").exists()


def historical() -> Any:
    """What a migration gets for the model of the site: fields without marks, of a class that is not declared."""
    state: Any = ProjectState()
    given = ModelState.from_model(Customer)
    fields = [*given.fields.items(), ("name_clear", models.TextField(null=True))]
    state.add_model(ModelState("alarm_site", "Customer", fields, given.options, given.bases, given.managers))
    return state.apps.get_model("alarm_site", "Customer")


def test_a_model_of_a_migration_seals_as_the_model_of_its_name(privacy: Privacy) -> None:
    """It has neither marks nor index; what it writes opens and is found all the same."""
    with connection.schema_editor() as editor:
        column = models.TextField(null=True)
        column.set_attributes_from_name("name_clear")
        column.model = Customer
        editor.add_field(Customer, column)
    old = historical()
    with privacy:
        row = old.objects.create(
            number="1", name=Sealed.of("x"), email=Sealed.of("kari@example.no"), name_clear="Kari Nordmann"
        )
        with pytest.raises(ValueNotSealable):
            row.name = row.name_clear
        row = old.objects.get(number="1")
        row.name = Sealed.of(row.name_clear)
        old.objects.bulk_update([row], ["name"])
        found = Customer.objects.matching(email="kari@example.no").get()
        with using(serving, found):
            assert found.name.open() == "Kari Nordmann"
            assert old.objects.get().name.open() == "Kari Nordmann"


def test_fixtures_hold_ciphertext(privacy: Privacy) -> None:
    """dumpdata writes cells, loaddata takes them back into the same rows, and refuses everything else."""
    with privacy:
        customer = Customer.objects.create(number="1", name=Sealed.of("Kari"), email=Sealed.of("kari@example.no"))
        Note.objects.create(customer=customer, text=Sealed.of("rang"))
    for form in ("json", "jsonl", "xml"):
        written = io.StringIO()
        call_command("dumpdata", "alarm_site", format=form, stdout=written)
        assert "Kari" not in written.getvalue()
        assert "sp1." in written.getvalue()
    written = io.StringIO()
    call_command("dumpdata", "alarm_site", format="json", stdout=written)
    Note.objects.all().delete()
    Customer.objects.all().delete()
    load(written.getvalue())
    with privacy:
        found = Customer.objects.matching(email="kari@example.no").get()
        with using(serving, found):
            assert [found.name.open(), Note.objects.get().text.open()] == ["Kari", "rang"]


def load(fixture: str) -> None:
    from django.core import serializers

    for each in serializers.deserialize("json", fixture):
        each.save()


@pytest.mark.parametrize("name", ["Kari", "sp1.AAAA", "sp1.", 7])
def test_a_fixture_in_the_clear_is_refused(database: None, name: object) -> None:
    """Whoever writes a fixture by hand does not get around sealing; the error does not quote the value."""
    fixture = [{"model": "alarm_site.customer", "pk": "1", "fields": {"name": name, "active": True}}]
    with pytest.raises(DeserializationError):
        load(json.dumps(fixture))


def test_a_field_is_written_as_its_type(database: None) -> None:
    """Nothing of its mark, so that a changed mark is no change of the table."""
    for sort in (str, bytes, int, bool, dict, list):
        text, imports = MigrationWriter.serialize(SealedField(sort, null=True))
        assert text == f"sectorprivacy.integrations.django.SealedField({sort.__name__}, null=True)"
        assert imports == {"import sectorprivacy.integrations.django"}
