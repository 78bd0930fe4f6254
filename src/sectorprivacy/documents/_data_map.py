"""The data map: what every marked model holds, whose it is and what it is used for, beside the register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import BlindIndex
from sectorprivacy.policy import CategoryEntry, Policy, PolicyDocument, Texts, category_entries
from sectorprivacy.vocabulary import AnyWording, Relation, Source, wording


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IndexEntry(_Part):
    """How a sealed field is searched.

    Args:
        normaliser: Id of the normaliser, with its version.
        kind: `uniq` where no two rows may have the same value, else `eq`.
        size: Bytes of a token.
        distinct: Distinct values that are expected.
        accepted: Why it is kept though it gives its values away; None where nobody had to accept it.
    """

    normaliser: str
    kind: Literal["eq", "uniq"]
    size: int
    distinct: int
    accepted: str | None


class FieldEntry(_Part):
    """A personal field.

    Args:
        id: Stable id, unique in its data set.
        label: What people read, by language.
        category: Id of its category.
        source: Where its values come from.
        about: Role of whom it is about; None for the record's owners.
        shown_to: Roles that may see it; None for its owners, or the role in `about`.
        identifies: Kind of the identifier it holds and the role of whom it names, "email as customer".
        verified: Whether somebody made sure that the identifier is theirs, so that other services learn of it.
        via: Path to the identifier, where the record reaches it through another; None where the field holds it.
        sealed: Whether its value, or the file it names, is encrypted under a key of its person.
        codec: How its value is written before it is sealed: bytes, str, int, decimal, date, datetime, bool, json; None
            where the value itself is in the clear.
        retention_class: Class of keys it is sealed under; None for a field in the clear.
        record: How it is bound to its record: the type letter of the key (`s`, `i`, `u`, `b`, or `t` and those of its
            parts), or `S` where the database assigns the key. None for a field in the clear, and where the type cannot
            be read.
        index: How it is searched while it is sealed.
        padding: Ascending sizes in bytes to which its values are filled up before they are sealed.
        plaintext_until: Last day on which values that were never sealed are still read.
        secret: Whether people learn only that it is held.
        attachment: Media type of the file it names.
        values: What coded values mean to people, by value and language.
    """

    id: str
    label: Texts
    category: str
    source: Source
    about: str | None
    shown_to: tuple[str, ...] | None
    identifies: str | None
    verified: bool
    via: str | None
    sealed: bool
    codec: str | None
    retention_class: str | None
    record: str | None
    index: IndexEntry | None
    padding: tuple[int, ...]
    plaintext_until: date | None
    secret: bool
    attachment: str | None
    values: Mapping[str, Texts] | None


class DataSetEntry(_Part):
    """A marked model.

    Args:
        id: Stable id, "service.name".
        service: The part of its id before the first dot.
        label: What people read, by language.
        relations: How its records concern people, by role.
        key: Attributes that name and order a record.
        when: Attribute with the time of a record; None where it is about now.
        period: Attributes with start and end of what a record says; None where it states no link.
        events: Events of retention whose day its records know, to the path of that day.
        row_version: Attribute with the version of a row that its sealed fields are bound to; None where they are not.
        fields: Its personal fields, in the order of the model.
        not_personal: Attribute to the reason why it is no personal data.
        activities: Ids of the activities that use it, in the order of the register; see `activities_that_use`.
    """

    id: str
    service: str
    label: Texts
    relations: Mapping[str, Relation]
    key: tuple[str, ...]
    when: str | None
    period: tuple[str, str] | None
    events: Mapping[str, str]
    row_version: str | None
    fields: tuple[FieldEntry, ...]
    not_personal: Mapping[str, str]
    activities: tuple[str, ...]


class DataMap(_Part):
    """Register and marks of a company together, in a stable order: `model_dump_json(indent=2)` is its file form.

    Args:
        policy: The register that the models are held to.
        services: Title of each service that holds data, by id and language.
        categories: Words of the categories that its fields hold, and of all that these stand under, by id.
        datasets: The marked models, by id.
    """

    format: Literal["sectorprivacy/data-map/1"] = "sectorprivacy/data-map/1"
    policy: PolicyDocument
    services: Mapping[str, Texts]
    categories: tuple[CategoryEntry, ...]
    datasets: tuple[DataSetEntry, ...]

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Self:
        """What a file names is in it, so that whoever reads it needs to look for nothing elsewhere."""
        under = {word.id: word.under for word in self.categories}
        activities = {activity.id for activity in self.policy.activities}
        if not all(_stands(word, under) for word in under):
            raise ValueError("a category stands under one that is not there, or under itself")
        if not {field.category for each in self.datasets for field in each.fields} <= under.keys():
            raise ValueError("a field is of a category that is not there")
        if not {each.service for each in self.datasets} <= self.services.keys():
            raise ValueError("a data set is of a service that is not there")
        if not {activity for each in self.datasets for activity in each.activities} <= activities:
            raise ValueError("a data set is used by an activity that is not there")
        return self


def _stands(word: str, under: Mapping[str, str | None]) -> bool:
    """Whether the way up from this category ends at a top one."""
    above: str | None = word
    for _ in range(len(under)):
        if above is None or above not in under:
            break
        above = under[above]
    return above is None


def data_map(
    policy: Policy, field_maps: Iterable[FieldMap], *, titles: Mapping[str, AnyWording] | None = None
) -> DataMap:
    """The data map of these models under this register.

    Args:
        policy: The register in force.
        field_maps: Marks of the models.
        titles: Title of a service by its id; by default the id with spaces.
    """
    known = titles or {}
    marked = sorted(field_maps, key=lambda each: each.id)
    datasets = tuple(_data_set(policy, each) for each in marked)
    return DataMap(
        policy=policy.document,
        services={
            service: wording(known.get(service, service.replace("_", " "))).to_json()
            for service in sorted({each.service for each in datasets})
        },
        categories=category_entries(field.category for each in marked for field in each.fields),
        datasets=datasets,
    )


def activities_that_use(policy: Policy, field_map: FieldMap) -> tuple[str, ...]:
    """Ids of the activities that use a data set: a category it holds, of people in a role they have a basis for.

    Args:
        policy: The register in force.
        field_map: Marks of its model.

    Returns:
        The ids, in the order of the register.
    """
    held = field_map.categories_by_role.items()
    used = {activity.id for role, words in held for activity, _ in policy.activities_using(words, role)}
    return tuple(activity.id for activity in policy.activities if activity.id in used)


def _data_set(policy: Policy, field_map: FieldMap) -> DataSetEntry:
    return DataSetEntry(
        id=field_map.id,
        service=field_map.id.partition(".")[0],
        label=field_map.label.to_json(),
        relations=dict(sorted(field_map.relations().items())),
        key=field_map.key,
        when=field_map.when,
        period=field_map.period,
        events=dict(sorted(field_map.anchors.items())),
        row_version=field_map.row_version,
        fields=tuple(_field(field_map, field) for field in field_map.fields),
        not_personal=dict(sorted(field_map.not_personal.items())),
        activities=activities_that_use(policy, field_map),
    )


def _field(field_map: FieldMap, field: Field) -> FieldEntry:
    subject = field.subject
    sealed = field.codec is not None or field.sealed_file
    return FieldEntry(
        id=field.id,
        label=field.label.to_json(),
        category=field.category.id,
        source=field.source,
        about=field.about,
        shown_to=None if field.shown_to is None else tuple(sorted(field.shown_to)),
        identifies=None if subject is None else f"{subject.kind} as {subject.role}",
        verified=subject is not None and subject.verified,
        via=None if subject is None else subject.via,
        sealed=sealed,
        codec=None if field.codec is None else field.codec.name.lower(),
        retention_class=field.retention_class if sealed else None,
        record=field_map.bound_to(field),
        index=None if field.index is None else _index(field.index),
        padding=field.padding,
        plaintext_until=field.plaintext_until,
        secret=field.secret,
        attachment=field.attachment,
        values={value: text.to_json() for value, text in field.values.items()} if field.values else None,
    )


def _index(index: BlindIndex) -> IndexEntry:
    return IndexEntry(
        normaliser=index.normaliser.value,
        kind=index.kind,
        size=index.size,
        distinct=index.distinct,
        accepted=index.accepted,
    )
