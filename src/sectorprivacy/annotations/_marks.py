"""The marks: Personal, SubjectId and NotPersonal in `Annotated`, and @personal on the class."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, cast

from attrs import field, frozen
from attrs.converters import optional

from sectorprivacy.encryption import BlindIndex
from sectorprivacy.errors import InvalidDeclaration, LeakageRefused, NotDeclared
from sectorprivacy.vocabulary import (
    AnyWording,
    Category,
    Relation,
    Role,
    Source,
    Wording,
    categories,
    category,
    stable_id,
    wording,
)
from sectorprivacy.vocabulary import relation as as_relation
from sectorprivacy.vocabulary import role as as_role
from sectorprivacy.vocabulary import source as as_source

M = TypeVar("M", bound=type)


def _role_ids(roles: Sequence[Role | str] | None) -> frozenset[str] | None:
    return None if roles is None else frozenset(as_role(each).id for each in roles)


def _role_id(role: Role | str) -> str:
    return as_role(role).id


def _wordings(values: Mapping[str, AnyWording]) -> Mapping[str, Wording]:
    return {value: wording(text) for value, text in values.items()}


def _buckets(sizes: Sequence[int]) -> tuple[int, ...]:
    return tuple(sizes)


@frozen
class Personal:
    """Marks a field as personal data of a category.

    Args:
        category: What sort of personal data it is; a Category or the id of a built-in one.
        id: Stable id of the field, pinned in the data map; by default the attribute's name.
        about: Role of the person the field is about, if not the record's owner; it is shown to that role only.
        shown_to: Roles that may see it in a copy; by default its owners, or the role in `about`.
        source: Where the value comes from (Art. 15(1)(g)); by default what the class says. Portability covers provided
            and observed (Art. 20).
        retention_class: Class of keys it is sealed under, if the field is `Sealed`; by default what the class says.
        label: What people read, a text or texts by language; by default the category's label.
        values: What coded values mean to people, by value.
        attachment: Media type, if the field holds the name of a file with the data itself (an image, a recording). It
            belongs to that record alone, and goes with it.
        sealed_file: Whether that file is a sealed stream, under a key of the record's owner.
        index: How the field is searched, if it is `Sealed`; by default it is not.
        padding: Ascending sizes in bytes, if it is `Sealed`: a value is filled up to the next one, so that its length
            says less. By default the length of a cell tells that of the value.
        plaintext_until: Last day on which values that were stored before the field was `Sealed` are still read.

    Raises:
        InvalidDeclaration: What it says cannot be.
        LeakageRefused: The index is of secrets or coded values, and nobody accepted what it gives away.
    """

    category: Category = field(converter=category)
    id: str | None = field(default=None, kw_only=True)
    about: str | None = field(default=None, converter=optional(_role_id), kw_only=True)
    shown_to: frozenset[str] | None = field(default=None, converter=_role_ids, kw_only=True)
    source: Source | None = field(default=None, converter=optional(as_source), kw_only=True)
    retention_class: str | None = field(default=None, kw_only=True)
    label: Wording | None = field(default=None, converter=optional(wording), kw_only=True)
    values: Mapping[str, Wording] | None = field(default=None, converter=optional(_wordings), hash=False, kw_only=True)
    attachment: str | None = field(default=None, kw_only=True)
    sealed_file: bool = field(default=False, kw_only=True)
    index: BlindIndex | None = field(default=None, kw_only=True)
    padding: tuple[int, ...] = field(default=(), converter=_buckets, kw_only=True)
    plaintext_until: date | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.id is not None:
            stable_id(self.id, where="Personal")
        if self.retention_class is not None:
            stable_id(self.retention_class, where="Personal(retention_class=...)")
        self._check_sealing()

    def _check_sealing(self) -> None:
        where = f"Personal({self.category.id!r})"
        if list(self.padding) != sorted({each for each in self.padding if each > 0}):
            raise InvalidDeclaration(
                where=where,
                problem="the sizes in padding do not ascend from 1 or more",
                instead="Write them in bytes, the smallest first, as padding=(32, 64, 128)",
            )
        if isinstance(self.plaintext_until, datetime):
            raise InvalidDeclaration(
                where=where,
                problem="plaintext_until is a moment, which begins at another hour in every place",
                instead="Name the last day: plaintext_until=date(2027, 6, 30)",
            )
        if self.index is not None and self.index.accepted is None:
            if self.category.within(categories.SECRET):
                raise LeakageRefused(where=where, why="codes and passwords are few, and easily tried")
            if self.values is not None:
                raise LeakageRefused(where=where, why="coded values are few, and told apart by frequency")


_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")

KIND_CATEGORIES: Mapping[str, Category] = {
    "corporate_id": categories.CORPORATE_ID,
    "customer_number": categories.CUSTOMER_NUMBER,
    "email": categories.EMAIL,
    "telephone": categories.TELEPHONE,
    "installation": categories.INSTALLATION_NUMBER,
    "ip_address": categories.IP_ADDRESS,
    "pseudonym": categories.PSEUDONYM,
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
        via: Dotted path to the identifier, where the record reaches it through another ("invoice.customer" for the
            lines of an invoice); by default the field holds it.
        id: Stable id of the field; by default the attribute's name.
        label: What people read; by default the label of the kind's category.
    """

    kind: str
    role: str = field(converter=_role_id)
    relation: Relation | None = field(default=None, converter=optional(as_relation), kw_only=True)
    verified: bool = field(default=False, kw_only=True)
    via: str | None = field(default=None, kw_only=True)
    id: str | None = field(default=None, kw_only=True)
    label: Wording | None = field(default=None, converter=optional(wording), kw_only=True)

    def __attrs_post_init__(self) -> None:
        stable_id(self.kind, where="SubjectId")
        if self.via is not None and not _PATH.fullmatch(self.via):
            raise InvalidDeclaration(
                where=f"SubjectId({self.kind!r}, via={self.via!r})",
                problem="it is no path through another record",
                instead='Write it as "relationship.attribute"',
            )
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
    source: Source
    retention_class: str
    row_version: str | None
    fields: Mapping[str, Sequence[Mark]]
    label: Wording


def personal(
    *,
    id: str,  # noqa: A002  (the word users expect; the name is local to this function)
    relation: Relation | str = Relation.OWNER,
    key: str | Sequence[str] = "id",
    when: str | None = None,
    period: tuple[str, str] | None = None,
    not_personal: Mapping[str, str] | None = None,
    anchors: Mapping[str, str] | None = None,
    source: Source = Source.PROVIDED,
    retention_class: str = "contract",
    row_version: str | None = None,
    fields: Mapping[str, Mark | Sequence[Mark]] | None = None,
    label: AnyWording | None = None,
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
        source: Where the values of its fields come from, unless their mark says otherwise.
        retention_class: Class of keys its sealed fields are under, unless their mark says otherwise.
        row_version: Attribute with the version of the row, an integer that every change of it raises. Each sealed field
            is bound to it: an older cell of the same row, put back, does not open.
        fields: Attribute to its marks, where they cannot stand in an annotation (Django).
        label: What people read, a text or texts by language; by default the last part of `id`.

    Returns:
        The decorator; it returns the class itself.
    """
    stable_id(id, where="@personal")
    stable_id(retention_class, where="@personal(retention_class=...)")
    declaration = Declaration(
        id=id,
        relation=as_relation(relation),
        key=(key,) if isinstance(key, str) else tuple(key),
        when=when,
        period=period,
        not_personal={name: NotPersonal(reason).reason for name, reason in (not_personal or {}).items()},
        anchors=dict(anchors or {}),
        source=as_source(source),
        retention_class=retention_class,
        row_version=row_version,
        fields={name: _marks(marks) for name, marks in (fields or {}).items()},
        label=wording(label or id.rpartition(".")[2].replace("_", " ")),
    )

    def declare(model: M) -> M:
        declared = cast("Any", model)
        declared.__personal__ = declaration
        declared.__repr__ = declared.__str__ = _redacted  # marks alone cannot change a repr
        return model

    return declare


def mark(
    model: M,
    *,
    id: str,  # noqa: A002  (as in `personal`)
    fields: Mapping[str, Mark | Sequence[Mark]],
    relation: Relation | str = Relation.OWNER,
    key: str | Sequence[str] = "id",
    when: str | None = None,
    period: tuple[str, str] | None = None,
    not_personal: Mapping[str, str] | None = None,
    anchors: Mapping[str, str] | None = None,
    source: Source = Source.PROVIDED,
    retention_class: str = "contract",
    row_version: str | None = None,
    label: AnyWording | None = None,
) -> M:
    """Declare a class that is not yours, from outside; `personal` says what the arguments mean.

    Returns:
        The class itself, declared and with its representations redacted.
    """
    return personal(
        id=id,
        relation=relation,
        key=key,
        when=when,
        period=period,
        not_personal=not_personal,
        anchors=anchors,
        source=source,
        retention_class=retention_class,
        row_version=row_version,
        fields=fields,
        label=label,
    )(model)


def _marks(marks: Mark | Sequence[Mark]) -> Sequence[Mark]:
    return (marks,) if isinstance(marks, Personal | SubjectId | NotPersonal) else tuple(marks)


def _redacted(instance: object) -> str:
    model = cast("Any", type(instance))
    return f"<{model.__name__}: personal data of {model.__personal__.id}>"


def declaration_of(model: type) -> Declaration:
    """What @personal said about this very class (not a base of it). Raises: NotDeclared."""
    declaration = vars(model).get("__personal__")
    if not isinstance(declaration, Declaration):
        raise NotDeclared(model=model.__qualname__)
    return declaration


def is_declared(model: type) -> bool:
    """Whether this very class carries @personal."""
    return isinstance(vars(model).get("__personal__"), Declaration)
