"""What [tool.sectorprivacy] names at the root of this project, held against the marks of the reference company."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from sectorprivacy import Policy, Relation
from sectorprivacy.annotations import read_fields
from sectorprivacy.cli._configuration import read_configuration
from sectorprivacy.policy import RIGHTS_HANDLING


def named(root: Path, which: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    configuration = read_configuration(root)
    monkeypatch.setattr(sys, "path", [*(str(root / folder) for folder in configuration.path), *sys.path])
    module, _, name = getattr(configuration, which).partition(":")
    return getattr(importlib.import_module(module), name)


def test_commands_find_policy_and_models(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands need no arguments at the root: what the table names is there."""
    assert isinstance(named(root, "policy", monkeypatch), Policy)
    assert {read_fields(model).id.partition(".")[0] for model in named(root, "models", monkeypatch)} == {
        "billing",
        "contact_centre",
        "crm",
        "monitoring",
    }


def test_every_field_serves_an_activity(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is held that no activity may use for the people it is about (Art. 5(1)(c))."""
    policy = named(root, "policy", monkeypatch)
    for model in named(root, "models", monkeypatch):
        field_map = read_fields(model)
        for field in field_map.fields:
            if field.identifier_only:
                continue
            roles = [field.about] if field.about else list(field_map.relations())
            assert any(
                activity.may_use(field.category) and any(activity.basis_for(role) for role in roles)
                for activity in policy.activities
                if activity is not RIGHTS_HANDLING
            ), f"{field_map.id}.{field.id}"


def test_an_owner_is_known_wherever_values_are_sealed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sealed value dies with its owner's key, so each model that seals names an owner."""
    for model in named(root, "models", monkeypatch):
        field_map = read_fields(model)
        if field_map.sealed or any(field.sealed_file for field in field_map.fields):
            assert Relation.OWNER in field_map.relations().values()
