"""What one annotation says: its marks, whether its value is sealed, and the records that lie inside it."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Annotated, Any, ForwardRef, Literal, NewType, NotRequired, Required, Union, get_args, get_origin

from attrs import define, field, frozen
from typing_extensions import ReadOnly, TypeAliasType

from sectorprivacy.annotations._marks import Mark, NotPersonal, Personal, SubjectId
from sectorprivacy.annotations._paths import Read
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import InvalidDeclaration


@frozen
class Attribute:
    """An attribute of a model, as its style knows it.

    Args:
        hint: Its annotation, as it was written; Any where there is none.
        owner: The class or function whose names the annotation uses.
        metadata: What stood in `Annotated`, where the style has taken it out.
        also_named: Another name that marks may use for it.
        read: Reads it from a record, where the style has a way of its own for it.
    """

    hint: Any
    owner: Any
    metadata: Sequence[object] = ()
    also_named: str | None = None
    read: Read | None = None


@define
class Annotation:
    """What the annotation of an attribute says.

    Args:
        marks: The marks in it, at any depth outside the records inside it; metadata of others is passed over.
        sealed: The `T` of `Sealed[T]`, or None.
        entries: Classes of the records inside it, with how many mappings lie around each.
        plain: Whether it can hold something else than such records.
        bare_keys: Whether a mapping in it has keys without a mark.
    """

    marks: list[Mark] = field(factory=list[Mark])
    sealed: Any | None = None
    entries: dict[type, int] = field(factory=dict[type, int])
    plain: bool = False
    bare_keys: bool = False

    @property
    def exempt(self) -> bool:
        """Whether it is marked as not personal, wholly or in part."""
        return any(isinstance(mark, NotPersonal) for mark in self.marks)

    @property
    def unmarked(self) -> bool:
        """Whether it holds something and says nothing of it."""
        return not self.marks and (self.plain or bool(self.entries) or self.sealed is not None)


def read_annotation(attribute: Attribute, is_record: Callable[[Any], bool], where: str) -> Annotation:
    """What the annotation of an attribute says.

    Args:
        attribute: The attribute.
        is_record: Whether instances of a class are records with fields of their own.
        where: Model and path of the attribute.

    Raises:
        InvalidDeclaration: A name in it cannot be resolved, or records lie where nothing reads them.
    """
    walk = _Walk(is_record, where)
    walk.take(attribute.metadata)
    walk.visit(attribute.hint, attribute.owner)
    return walk.found


_NOWHERE = types.ModuleType("nowhere")
"""Stands for the module of a class that was made without one."""

_MARKS = (Personal, SubjectId, NotPersonal)

# What lies inside these is read as if they were not there.
_WRAPPERS = frozenset({Union, types.UnionType, Required, NotRequired, ReadOnly, list, tuple, set, frozenset})


class _Walk:
    def __init__(self, is_record: Callable[[Any], bool], where: str) -> None:
        self.found = Annotation()
        self._is_record = is_record
        self._where = where

    def take(self, metadata: Sequence[object]) -> None:
        self.found.marks.extend(each for each in metadata if isinstance(each, _MARKS))

    def visit(self, hint: Any, owner: Any, layers: int = 0) -> None:
        """Read one part of the annotation; `layers` mappings lie around it."""
        if isinstance(hint, str | ForwardRef):
            self.visit(resolved(hint, owner, self._where), owner, layers)
            return
        origin = get_origin(hint)
        if origin is None:
            self._leaf(hint, owner, layers)
        elif origin is Annotated:
            self.take(hint.__metadata__)
            self.visit(hint.__origin__, owner, layers)
        elif origin is Literal or origin is type:
            self.found.plain = True  # their arguments are no values that a record holds
        elif origin is Sealed:
            (self.found.sealed,) = get_args(hint)
            self._marks_only(get_args(hint), owner)
        elif origin in _WRAPPERS:
            self._inside(hint, owner, layers)
        elif self._is_record(origin):
            self._entry(origin, layers)
        elif _is_mapping(origin) and len(get_args(hint)) == 2:
            key, value = get_args(hint)
            self._mapping(self._part(key, owner), self._part(value, owner, layers + 1))
        elif _is_container(origin) or is_of_sqlalchemy(origin):
            self._inside(hint, owner, layers)
        else:
            self._marks_only(get_args(hint), owner)

    def _inside(self, hint: Any, owner: Any, layers: int) -> None:
        self._join([self._part(argument, owner, layers) for argument in get_args(hint)])

    def _leaf(self, hint: Any, owner: Any, layers: int) -> None:
        if hint is None or hint is type(None) or hint is Ellipsis:
            return
        if isinstance(hint, type):
            if self._is_record(hint):
                self._entry(hint, layers)
            else:
                self.found.plain = True
        elif isinstance(hint, NewType):
            self.visit(hint.__supertype__, owner, layers)
        elif isinstance(hint, TypeAliasType):
            self.visit(hint.__value__, owner, layers)
        else:
            self.found.plain = True

    def _entry(self, model: type, layers: int) -> None:
        if self.found.entries.setdefault(model, layers) != layers:
            raise InvalidDeclaration(
                where=self._where,
                problem=f"it holds {model.__qualname__} both inside a mapping and outside",
                instead="Write one form, or mark the field as a whole",
            )

    def _mapping(self, key: Annotation, value: Annotation) -> None:
        if key.entries:
            raise InvalidDeclaration(
                where=self._where,
                problem="records are the keys of a mapping, where they are not read",
                instead="Hold them as values, or mark the field as a whole",
            )
        self.found.bare_keys = self.found.bare_keys or not key.marks
        # A mark that exempts the keys says nothing of the values.
        self._join([value] if key.exempt else [key, value])

    def _marks_only(self, hints: Sequence[Any], owner: Any) -> None:
        """Take the marks, and leave the rest: nothing reads records inside a type that nobody here knows."""
        # A list holds the parameters of a Callable.
        parts = [self._part(hint, owner) for hint in hints if not isinstance(hint, list)]
        self._join([Annotation(marks=part.marks, plain=True) for part in parts])
        self.found.plain = True

    def _part(self, hint: Any, owner: Any, layers: int = 0) -> Annotation:
        part = _Walk(self._is_record, self._where)
        part.visit(hint, owner, layers)
        return part.found

    def _join(self, parts: Sequence[Annotation]) -> None:
        """Take what the parts say; one that is exempt exempts none of the others."""
        if any(part.exempt for part in parts) and any(part.unmarked for part in parts):
            raise InvalidDeclaration(
                where=self._where,
                problem="only a part of it is marked as not personal",
                instead="Mark the field as a whole, or hold the parts in fields of their own",
            )
        for part in parts:
            self.found.marks.extend(part.marks)
            self.found.sealed = self.found.sealed or part.sealed
            self.found.plain = self.found.plain or part.plain
            self.found.bare_keys = self.found.bare_keys or part.bare_keys
            for model, layers in part.entries.items():
                self._entry(model, layers)


def resolved(hint: str | ForwardRef, owner: Any, where: str) -> Any:
    """What an annotation that was written as text stands for.

    Args:
        hint: The text.
        owner: The class or function whose names it uses.
        where: Model and path of the attribute.

    Raises:
        InvalidDeclaration: A name in it cannot be resolved.
    """
    text = hint if isinstance(hint, str) else hint.__forward_arg__
    module = owner.__module__ if isinstance(hint, str) else hint.__forward_module__ or owner.__module__
    names = vars(module if isinstance(module, types.ModuleType) else sys.modules.get(module, _NOWHERE))
    try:
        # The module comes before the class: a field may have the name of its type (`date: date`).
        return _evaluate(text, names, owner)
    except (NameError, AttributeError, SyntaxError, TypeError):
        raise InvalidDeclaration(
            where=where,
            problem=f"the annotation {text!r} cannot be resolved",
            instead="Import its names at run time, at the top of the module, and not only under TYPE_CHECKING",
        ) from None


def _evaluate(text: str, names: dict[str, Any], owner: object) -> Any:
    code = _compiled(text)
    try:
        return eval(code, names)  # noqa: S307  # what the developer wrote as code
    except NameError:
        return eval(code, {**vars(owner)}, names)  # noqa: S307  # the same code, with the names of its class


@lru_cache(maxsize=1024)
def _compiled(text: str) -> types.CodeType:
    return compile(text, "<annotation>", "eval")


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _is_container(origin: Any) -> bool:
    return origin is Collection or (isinstance(origin, type) and issubclass(origin, Sequence | AbstractSet))


def is_of_sqlalchemy(origin: Any) -> bool:
    """`Mapped` and its kin say how a column is loaded, and nothing of what it holds."""
    return str(origin.__module__).startswith("sqlalchemy.")
