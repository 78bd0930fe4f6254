"""One marked attribute becomes a Field: what its marks say, what the class says by default, and what may not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

from attrs import frozen

from sectorprivacy.annotations._fields import Field
from sectorprivacy.annotations._marks import Declaration, Mark, NotPersonal, Personal, SubjectId
from sectorprivacy.annotations._paths import Read, along
from sectorprivacy.annotations._sealing import check_sealing
from sectorprivacy.encryption import Codec, codec_of
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary import Relation, categories, stable_id

K = TypeVar("K", Personal, SubjectId, NotPersonal)


@frozen(kw_only=True)
class Marked:
    """An attribute with its marks.

    Args:
        declaration: The declaration whose defaults it takes.
        where: Model and path, as errors name them.
        path: Its path from the record.
        sealed: The `T` of `Sealed[T]`, or None.
        inside: Whether it belongs to a record inside the record.
        read: Reads it from the record.
        given: Each mark, with the path of the class that it is written for: ids of fields are told from there.

    Raises:
        InvalidDeclaration: The marks contradict each other.
    """

    declaration: Declaration
    where: str
    path: str
    sealed: Any | None
    inside: bool
    read: Read
    given: Sequence[tuple[Mark, str]]

    def __attrs_post_init__(self) -> None:
        sorts = Counter(type(mark) for mark, _ in self.given)
        for sort, count in sorts.items():
            if count > 1:
                raise self._refused(
                    f"it carries {sort.__name__} more than once, perhaps from an alias", "Keep the mark that holds"
                )
        if NotPersonal in sorts and len(sorts) > 1:
            raise self._refused("it is marked both as personal and as not personal", "Keep one of the two marks")

    @property
    def exempt(self) -> str | None:
        """Why it is no personal data, if it is marked so."""
        mark = self._mark(NotPersonal)
        return None if mark is None else mark.reason

    def field(self, relation: Relation) -> Field:
        """The field that its marks make of it.

        Args:
            relation: How records concern their people unless a SubjectId says otherwise.

        Raises:
            InvalidDeclaration: What they say together cannot be done.
        """
        subject = self._mark(SubjectId)
        personal = self._mark(Personal) or Personal(categories.IDENTIFIER if subject is None else subject.category)
        about = personal.about
        if subject is not None and about is None and (subject.relation or relation) is not Relation.OWNER:
            about = subject.role
        label = personal.label or (None if subject is None else subject.label)
        self._check_place(personal, subject)
        self._check_key(personal, subject, about)
        check_sealing(personal, self._codec, self.where)
        return Field(
            name=self.path,
            id=stable_id(self._id, where=f"field {self.where}"),
            category=personal.category,
            label=label or personal.category.label,
            about=about,
            shown_to=personal.shown_to,
            source=personal.source or self.declaration.source,
            values=personal.values,
            subject=subject,
            identifier_only=self._mark(Personal) is None,
            codec=self._codec,
            retention_class=personal.retention_class or self.declaration.retention_class,
            index=personal.index,
            padding=personal.padding,
            plaintext_until=personal.plaintext_until,
            attachment=personal.attachment,
            sealed_file=personal.sealed_file,
            read=self.read,
            identifier=self.read if subject is None or subject.via is None else along(subject.via),
        )

    @cached_property
    def _codec(self) -> Codec | None:
        return None if self.sealed is None else codec_of(self.sealed)

    @property
    def _id(self) -> str:
        named = [
            f"{prefix}{mark.id}"
            for sort in (Personal, SubjectId)
            for mark, prefix in self.given
            if isinstance(mark, sort) and mark.id is not None
        ]
        return named[0] if named else self.path

    def _mark(self, sort: type[K]) -> K | None:
        return next((mark for mark, _ in self.given if isinstance(mark, sort)), None)

    def _check_place(self, personal: Personal, subject: SubjectId | None) -> None:
        """Records inside a record are no rows: they have no key to be searched, sealed or named by."""
        if not self.inside:
            return
        if self._codec is not None:
            raise self._refused(
                "it is sealed inside another record, where no key reaches it",
                "Seal the field that holds the record, as Sealed[dict] or Sealed[list], or give it a model of its own",
            )
        if subject is not None:
            raise self._refused(
                "it says whose record this is from inside the record, where nothing is searched",
                "Mark it Personal(...), or keep these records in a model of their own, with SubjectId(..., via=...)",
            )
        if personal.attachment is not None:
            raise self._refused(
                "it names a file from inside another record, which has no key to find it by",
                "Name the file in a field of the record itself, or give the inner records a model of their own",
            )

    def _check_key(self, personal: Personal, subject: SubjectId | None, about: str | None) -> None:
        if about is not None and subject is None and (self._codec is not None or personal.sealed_file):
            raise self._refused(
                "it is sealed under the owner's key, yet about somebody else",
                "Keep it in a record of that person, or in the clear",
            )

    def _refused(self, problem: str, instead: str) -> InvalidDeclaration:
        return InvalidDeclaration(where=self.where, problem=problem, instead=instead)
