"""FieldMap: what the marks of one model say, read once and held against the register by everybody above."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

from attrs import Factory, field, frozen

from sectorprivacy.annotations._marks import SubjectId
from sectorprivacy.annotations._paths import Read, attribute, follow
from sectorprivacy.encryption import BlindIndex, Codec
from sectorprivacy.errors import NotDeclared
from sectorprivacy.vocabulary import THINGS, Category, Relation, Source, Wording, categories


def _of_name(read_by: Field) -> Read:
    return attribute(read_by.name)


def _as_read(read_by: Field) -> Read:
    return read_by.read


@frozen(kw_only=True)
class Field:
    """One personal field of a model.

    Args:
        name: The attribute's name; of a field in a record inside the record, its dotted path.
        id: Stable id, pinned in the data map.
        category: Its category of personal data.
        label: What people read.
        about: Role of the person it is about; None for the record's owners.
        shown_to: Roles that may see it; None for the default (owners, or the role in `about`).
        source: Where its value comes from.
        values: What coded values mean, by value.
        subject: The identifier it holds, if it says whose record this is.
        identifier_only: Whether it is there to say whose record this is, and marked as nothing else.
        codec: How its value is sealed; None for a field in the clear.
        retention_class: Class of keys it is sealed under.
        index: How it is searched while it is sealed; None where it is not.
        padding: Ascending sizes in bytes to which its values are filled up before they are sealed; empty for none.
        plaintext_until: Last day on which values that were never sealed are still read; None for never.
        attachment: Media type of the file it names.
        sealed_file: Whether that file is a sealed stream.
        read: Reads its value from a record; from a list of records inside it, a list.
        identifier: Reads the identifier that says whose record it is: the value, or what the path in `via` leads to.
    """

    name: str
    id: str
    category: Category
    label: Wording
    about: str | None = None
    shown_to: frozenset[str] | None = None
    source: Source = Source.PROVIDED
    values: Mapping[str, Wording] | None = None
    subject: SubjectId | None = None
    identifier_only: bool = False
    codec: Codec | None = None
    retention_class: str = "contract"
    index: BlindIndex | None = None
    padding: tuple[int, ...] = ()
    plaintext_until: date | None = None
    attachment: str | None = None
    sealed_file: bool = False
    read: Read = field(default=Factory(_of_name, takes_self=True), eq=False, repr=False)
    identifier: Read = field(default=Factory(_as_read, takes_self=True), eq=False, repr=False)

    @property
    def token_name(self) -> str | None:
        """The attribute that holds its tokens beside its cell; None where it has no index."""
        return None if self.index is None else f"{self.name}_token"

    @property
    def secret(self) -> bool:
        """Whether the person learns only that it is held (codes, passwords)."""
        return self.category.within(categories.SECRET)


@frozen(kw_only=True)
class FieldMap:
    """The marks of one model. `id` names the model and its data set; see `personal` for what is not said here.

    Args:
        key_type: Type letters of its key, as `bound_to` gives them; None where they cannot be read.
        key_is_assigned: Whether the database makes the key when a record is inserted.
    """

    model: type
    id: str
    label: Wording
    relation: Relation
    key: tuple[str, ...]
    key_type: str | None
    key_is_assigned: bool
    when: str | None
    period: tuple[str, str] | None
    anchors: Mapping[str, str]
    row_version: str | None
    fields: tuple[Field, ...]
    not_personal: Mapping[str, str]

    @cached_property
    def subjects(self) -> tuple[Field, ...]:
        """The fields that say whose record it is and can be searched."""
        return tuple(each for each in self.fields if each.subject is not None and each.codec is None)

    @cached_property
    def searched_by(self) -> frozenset[str]:
        """Kinds of identifiers that find its records; one that states a link is found by the person, not the thing."""
        return frozenset(
            each.subject.kind
            for each in self.subjects
            if each.subject is not None and (self.period is None or each.subject.kind not in THINGS)
        )

    @cached_property
    def taught(self) -> frozenset[str]:
        """Kinds of identifiers, marked as verified, that other services may learn from its records."""
        return frozenset(
            each.subject.kind for each in self.fields if each.subject is not None and each.subject.verified
        )

    @cached_property
    def owners(self) -> tuple[Field, ...]:
        """The searchable fields that name its owners, whose keys seal its values."""
        return tuple(
            each for each in self.subjects if each.subject and self.relation_of(each.subject) is Relation.OWNER
        )

    @cached_property
    def sealed(self) -> tuple[Field, ...]:
        """The fields whose values are sealed."""
        return tuple(each for each in self.fields if each.codec is not None)

    def bound_to(self, field: Field) -> str | None:
        """How the values of a sealed field, or its sealed file, are bound to their record.

        Returns:
            The type letter of the key: `s`, `i`, `u`, `b`, or `t` and those of its parts. `S` where the database
            assigns the key, so that a value is sealed before there is one; a file is sealed when there is. None for a
            field in the clear, and where the type cannot be read.
        """
        if field.codec is not None and self.key_is_assigned:
            return "S"
        return self.key_type if field.codec is not None or field.sealed_file else None

    @cached_property
    def indexed(self) -> tuple[Field, ...]:
        """The sealed fields that can be searched."""
        return tuple(each for each in self.sealed if each.index is not None)

    @cached_property
    def categories(self) -> frozenset[Category]:
        """Every category of personal data the model holds, not counting what only says whose record it is."""
        return frozenset(each.category for each in self.fields if not each.identifier_only)

    @cached_property
    def categories_by_role(self) -> Mapping[str, frozenset[Category]]:
        """Every category that it holds of people in each role: a field without `about` concerns all of them."""
        found: dict[str, set[Category]] = {role: set() for role in self.relations()}
        for each in self.fields:
            for role in self.concerned(each):
                found.setdefault(role, set()).update(() if each.identifier_only else (each.category,))
        return {role: frozenset(held) for role, held in found.items()}

    def concerned(self, field: Field) -> tuple[str, ...]:
        """Roles of the people whose legal bases must cover a field: whom it is about, else all that records concern."""
        return tuple(self.relations()) if field.about is None else (field.about,)

    def value(self, record: Any, path: str) -> Any:
        """The value of an attribute, or what a dotted path leads to; None where the path breaks off."""
        return follow(record, path)

    def field(self, field_id: str) -> Field:
        """The field of that id. Raises: NotDeclared."""
        for each in self.fields:
            if each.id == field_id:
                return each
        raise NotDeclared(model=f"{self.id}.{field_id}")

    def relation_of(self, subject: SubjectId) -> Relation:
        """How records of this model concern the person that `subject` identifies."""
        return subject.relation or self.relation

    def relations(self) -> Mapping[str, Relation]:
        """Role to relation, the strongest where a role occurs twice."""
        strength = list(Relation)
        found: dict[str, Relation] = {}
        for each in self.subjects:
            if each.subject is not None:
                relation = self.relation_of(each.subject)
                found[each.subject.role] = min(relation, found.get(each.subject.role, relation), key=strength.index)
        return found

    def shows(self, field: Field, role: str, relation: Relation) -> bool:
        """Whether somebody in this role and relation may see the field in a copy (Art. 15(4) protects the others)."""
        if field.shown_to is not None:
            return role in field.shown_to
        if field.about is not None:
            return role == field.about
        return relation is not Relation.APPEARS
