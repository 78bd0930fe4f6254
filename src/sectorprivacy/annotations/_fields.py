"""FieldMap: what the marks of one model say, read once and held against the register by everybody above."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import frozen

from sectorprivacy.annotations._hints import field_hints, find_generic, metadata_of
from sectorprivacy.annotations._marks import Declaration, NotPersonal, Personal, SubjectId, declaration_of
from sectorprivacy.encryption import Codec, Sealed, codec_of
from sectorprivacy.errors import InvalidDeclaration, NotDeclared, UnmarkedFields
from sectorprivacy.vocabulary import THINGS, Category, Relation, Source, categories, stable_id


@frozen(kw_only=True)
class Field:
    """One personal field of a model.

    Args:
        name: The attribute's name.
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
        attachment: Media type of the file it names.
        sealed_file: Whether that file is a sealed stream.
    """

    name: str
    id: str
    category: Category
    label: str
    about: str | None = None
    shown_to: frozenset[str] | None = None
    source: Source = Source.PROVIDED
    values: Mapping[str, str] | None = None
    subject: SubjectId | None = None
    identifier_only: bool = False
    codec: Codec | None = None
    retention_class: str = "contract"
    attachment: str | None = None
    sealed_file: bool = False

    @property
    def secret(self) -> bool:
        """Whether the person learns only that it is held (codes, passwords)."""
        return self.category.within(categories.SECRET)


@frozen(kw_only=True)
class FieldMap:
    """The marks of one model. `id` names the model and its data set; see `personal` for the rest."""

    model: type
    id: str
    label: str
    relation: Relation
    key: tuple[str, ...]
    when: str | None
    period: tuple[str, str] | None
    anchors: Mapping[str, str]
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

    @cached_property
    def categories(self) -> frozenset[Category]:
        """Every category of personal data the model holds, not counting what only says whose record it is."""
        return frozenset(each.category for each in self.fields if not each.identifier_only)

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


def read_fields(model: type) -> FieldMap:
    """Read the marks of a declared model, fail-closed.

    Raises:
        NotDeclared: The class has no @personal.
        UnmarkedFields: Fields carry no mark; all of them are named together.
        InvalidDeclaration: Marks contradict each other, or name attributes that do not exist.
    """
    declaration = declaration_of(model)
    hints = field_hints(model)
    fields: list[Field] = []
    not_personal = dict(declaration.not_personal)
    unmarked: list[str] = []
    for name, hint in hints.items():
        marks = [mark for mark in metadata_of(hint) if isinstance(mark, Personal | SubjectId | NotPersonal)]
        _check_marks(f"{declaration.id}.{name}", marks)
        exempt = next((mark.reason for mark in marks if isinstance(mark, NotPersonal)), not_personal.get(name))
        subject = next((mark for mark in marks if isinstance(mark, SubjectId)), None)
        personal = next((mark for mark in marks if isinstance(mark, Personal)), None)
        if exempt is not None:
            if subject or personal:
                raise InvalidDeclaration(
                    where=f"{declaration.id}.{name}",
                    problem="it is marked both as personal and as not personal",
                    instead="Keep one of the two marks",
                )
            not_personal[name] = exempt
        elif subject or personal:
            fields.append(_field(declaration, name, hint, personal, subject))
        else:
            unmarked.append(name)
    if unmarked:
        raise UnmarkedFields(model=declaration.id, paths=tuple(unmarked))
    field_map = FieldMap(
        model=model,
        id=declaration.id,
        label=declaration.label,
        relation=declaration.relation,
        key=declaration.key,
        when=declaration.when,
        period=declaration.period,
        anchors=declaration.anchors,
        fields=tuple(fields),
        not_personal=not_personal,
    )
    _check_names(field_map, hints)
    return field_map


def _check_marks(where: str, marks: Sequence[object]) -> None:
    for sort in (Personal, SubjectId, NotPersonal):
        if sum(isinstance(mark, sort) for mark in marks) > 1:
            raise InvalidDeclaration(
                where=where,
                problem=f"it carries {sort.__name__} more than once, perhaps from an alias",
                instead="Keep the mark that holds",
            )


def _field(
    declaration: Declaration, name: str, hint: Any, personal: Personal | None, subject: SubjectId | None
) -> Field:
    sealed = find_generic(hint, Sealed)
    relation = (subject.relation if subject else None) or declaration.relation
    about = personal.about if personal else None
    if subject is not None and about is None and relation is not Relation.OWNER:
        about = subject.role
    if about is not None and subject is None and (sealed is not None or (personal and personal.sealed_file)):
        raise InvalidDeclaration(
            where=f"{declaration.id}.{name}",
            problem="it is sealed under the owner's key, yet about somebody else",
            instead="Keep it in a record of that person, or in the clear",
        )
    category = personal.category if personal else subject.category if subject else categories.IDENTIFIER
    return Field(
        name=name,
        id=stable_id(
            (personal.id if personal else None) or (subject.id if subject else None) or name,
            where=f"field {declaration.id}.{name}",
        ),
        category=category,
        label=(personal.label if personal else None) or (subject.label if subject else None) or category.label,
        about=about,
        shown_to=personal.shown_to if personal else None,
        source=personal.source if personal else Source.PROVIDED,
        values=personal.values if personal else None,
        subject=subject,
        identifier_only=personal is None,
        codec=codec_of(sealed) if sealed is not None else None,
        retention_class=personal.retention_class if personal else "contract",
        attachment=personal.attachment if personal else None,
        sealed_file=personal.sealed_file if personal else False,
    )


def _check_names(field_map: FieldMap, hints: Mapping[str, Any]) -> None:
    named = {
        "key": field_map.key,
        "when": () if field_map.when is None else (field_map.when,),
        "period": field_map.period or (),
        "anchors": tuple(path.partition(".")[0] for path in field_map.anchors.values()),
        "not_personal": tuple(field_map.not_personal),
    }
    for argument, names in named.items():
        absent = [name for name in names if name not in hints]
        if absent:
            raise InvalidDeclaration(
                where=f"@personal(id={field_map.id!r})",
                problem=f"{argument} names {', '.join(absent)}, which the model does not have",
                instead="Name attributes of the model",
            )
    if twice := [field_id for field_id, count in Counter(each.id for each in field_map.fields).items() if count > 1]:
        raise InvalidDeclaration(
            where=f"@personal(id={field_map.id!r})",
            problem=f"two fields have the id {', '.join(twice)}",
            instead="Give each field an id of its own",
        )
    if not field_map.subjects:
        raise InvalidDeclaration(
            where=f"@personal(id={field_map.id!r})",
            problem="no searchable field says whose record it is",
            instead="Mark an identifier of the person, in the clear, with SubjectId(kind, role=...)",
        )
