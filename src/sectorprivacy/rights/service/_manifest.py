"""The manifest of a service, derived from its marks and the register."""

from __future__ import annotations

from collections.abc import Sequence

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.documents import activities_that_use
from sectorprivacy.policy import Policy
from sectorprivacy.rights.protocol import DataSet, FieldDeclaration, Manifest


def manifest_of(
    service: str,
    policy: Policy,
    field_maps: Sequence[FieldMap],
    *,
    title: str | None = None,
    holds_nothing: str | None = None,
) -> Manifest:
    """What a service declares about itself.

    Args:
        service: Its stable id.
        policy: The register in force.
        field_maps: Marks of its models, in the order in which their records may be removed.
        title: What people read; by default its id.
        holds_nothing: Why it holds no personal data, if it holds none.
    """
    return Manifest(
        service=service,
        title=title,
        controller=policy.controller.id,
        policy=policy.digest,
        accepts=tuple(sorted({kind for field_map in field_maps for kind in field_map.searched_by})),
        teaches=tuple(sorted({kind for field_map in field_maps for kind in field_map.taught})),
        datasets=tuple(_data_set(policy, field_map) for field_map in field_maps),
        holds_nothing=holds_nothing,
    )


def _data_set(policy: Policy, field_map: FieldMap) -> DataSet:
    return DataSet(
        id=field_map.id,
        label=str(field_map.label),
        relations=field_map.relations(),
        fields=tuple(_field(field_map, each) for each in field_map.fields),
        activities=activities_that_use(policy, field_map),
    )


def _field(field_map: FieldMap, field: Field) -> FieldDeclaration:
    roles = [role for role, relation in field_map.relations().items() if field_map.shows(field, role, relation)]
    return FieldDeclaration(
        id=field.id,
        label=str(field.label),
        category=field.category.id,
        source=field.source,
        roles=tuple(sorted(roles)),
        secret=field.secret,
        sealed=field.codec is not None or field.sealed_file,
        attachment=field.attachment,
        values=None if field.values is None else {value: str(text) for value, text in field.values.items()},
    )
