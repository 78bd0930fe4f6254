"""The marks: Personal, SubjectId and NotPersonal in `Annotated`, and @personal on the class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from attrs import field, frozen
from attrs.converters import optional

from sectorprivacy.errors import InvalidDeclaration, NotDeclared
from sectorprivacy.vocabulary import Category, Relation, Role, Source, categories, category, stable_id
from sectorprivacy.vocabulary import relation as as_relation
from sectorprivacy.vocabulary import role as as_role

M = TypeVar("M", bound=type)


def _role_ids(roles: Sequence[Role | str] | None) -> frozenset[str] | None:
    return None if roles is None else frozenset(as_role(each).id for each in roles)


def _role_id(role: Role | str) -> str:
    return as_role(role).id


@frozen
class Personal:
    """Marks a field as personal data of a category.

    Args:
        category: What sort of personal data it is; a Category or the id of a built-in one.
        id: Stable id of the field, pinned in the data map; by default the attribute's name.
        about: Role of the person the field is about, if not the record's owner; it is shown to that role only.
        shown_to: Roles that may see it in a copy; by default its owners, or the role in `about`.
        source: Where the value comes from (Art. 15(1)(g)); portability covers provided and observed (Art. 20).
        retention_class: Class of keys it is sealed under, if the field is `Sealed`.
        label: What people read; by default the category's label.
        values: What coded values mean to people, by value.
        attachment: Media type, if the field holds the name of a file with the data itself (an image, a recording). It
            belongs to that record alone, and goes with it.
        sealed_file: Whether that file is a sealed stream, under a key of the record's owner.
    """

    category: Category = field(converter=category)
    id: str | None = field(default=None, kw_only=True)
    about: str | None = field(default=None, converter=optional(_role_id), kw_only=True)
    shown_to: frozenset[str] | None = field(default=None, converter=_role_ids, kw_only=True)
    source: Source = field(default=Source.PROVIDED, kw_only=True)
    retention_class: str = field(default="contract", kw_only=True)
    label: str | None = field(default=None, kw_only=True)
    values: Mapping[str, str] | None = field(default=None, hash=False, kw_only=True)
    attachment: str | None = field(default=None, kw_only=True)
    sealed_file: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.id is not None:
            stable_id(self.id, where="Personal")
        stable_id(self.retention_class, where="Personal(retention_class=...)")


KIND_CATEGORIES: Mapping[str, Category] = {
    "customer_number": categories.CUSTOMER_NUMBER,
    "email": categories.EMAIL,
    "telephone": categories.TELEPHONE,
    "installation": categories.INSTALLATION,
    "user_slot": categories.USER_SLOT,
    "user_name": categories.USER_NAME,
    "national_id": categories.NATIONAL_ID,
}


@frozen
class SubjectId:
    """Marks a field that says whose record it is: an identifier of a person, or of a thing a person is linked to.

    A service is searched by it. On a sealed field it cannot be searched, yet other services learn of it: whoever is
    found by another identifier of the record in the same role is known by this one too.

    Args:
        kind: Kind of identifier, such as "customer_number", "email", "installation" or "user_slot".
        role: Role of that person in the record.
        relation: How the record concerns them; by default the relation of the class.
        verified: Whether somebody made sure that the value is theirs. Only then do other services learn of it: what
            anybody can write into a form, or an agent noted, names nobody.
        id: Stable id of the field; by default the attribute's name.
        label: What people read; by default the label of the kind's category.
    """

    kind: str
    role: str = field(converter=_role_id)
    relation: Relation | None = field(default=None, kw_only=True)
    verified: bool = field(default=False, kw_only=True)
    id: str | None = field(default=None, kw_only=True)
    label: str | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        stable_id(self.kind, where="SubjectId")
        if self.id is not None:
            stable_id(self.id, where="SubjectId(id=...)")

    @property
    def category(self) -> Category:
        """Category of the identifier itself."""
        return KIND_CATEGORIES.get(self.kind, categories.IDENTIFIER)


@frozen
class NotPersonal:
    """Marks a field as no personal data, with the reason; a field without any mark is an error."""

    reason: str

    def __attrs_post_init__(self) -> None:
        if not self.reason.strip():
            raise InvalidDeclaration(
                where="NotPersonal", problem="the reason is empty", instead="Say why the field is no personal data"
            )


Mark = Personal | SubjectId | NotPersonal


@frozen(kw_only=True)
class Declaration:
    """What @personal says about a class; see there."""

    id: str
    relation: Relation
    key: tuple[str, ...]
    when: str | None
    period: tuple[str, str] | None
    not_personal: Mapping[str, str]
    anchors: Mapping[str, str]
    label: str


def personal(
    *,
    id: str,  # noqa: A002  (the word users expect; the name is local to this function)
    relation: Relation | str = Relation.OWNER,
    key: str | Sequence[str] = "id",
    when: str | None = None,
    period: tuple[str, str] | None = None,
    not_personal: Mapping[str, str] | None = None,
    anchors: Mapping[str, str] | None = None,
    label: str | None = None,
) -> Callable[[M], M]:
    """Declare a class as a data set of personal data, and redact its representations.

    Args:
        id: Stable id of the model and its data set, "service.name" in `[a-z0-9_.-]`; a rename of the class keeps it.
        relation: How records concern their people unless a SubjectId says otherwise.
        key: Attribute or attributes that name and order a record.
        when: Attribute with the time of the record, held against the period of a link (installations change owner).
        period: Attributes with start and end of what the record says, for records that link a person to a thing.
        not_personal: Attribute to reason, for fields that are no personal data.
        anchors: Event that retention counts from, to the attribute that holds its date; a dotted path reaches through a
            relationship ("customer.left_on").
        label: What people read; by default the last part of `id`.

    Returns:
        The decorator; it returns the class itself.
    """
    stable_id(id, where="@personal")
    declaration = Declaration(
        id=id,
        relation=as_relation(relation),
        key=(key,) if isinstance(key, str) else tuple(key),
        when=when,
        period=period,
        not_personal={name: NotPersonal(reason).reason for name, reason in (not_personal or {}).items()},
        anchors=dict(anchors or {}),
        label=label or id.rpartition(".")[2].replace("_", " "),
    )

    def declare(model: M) -> M:
        declared = cast("Any", model)
        declared.__personal__ = declaration
        declared.__repr__ = declared.__str__ = _redacted  # marks alone cannot change a repr
        return model

    return declare


def _redacted(instance: object) -> str:
    model = cast("Any", type(instance))
    return f"<{model.__name__}: personal data of {model.__personal__.id}>"


def declaration_of(model: type) -> Declaration:
    """What @personal said about this very class (not a base of it). Raises: NotDeclared."""
    declaration = vars(model).get("__personal__")
    if not isinstance(declaration, Declaration):
        raise NotDeclared(model=model.__qualname__)
    return declaration
