"""read_fields: the marks of a declared model become its FieldMap, fail-closed; all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial

from attrs import Factory, define, frozen

from sectorprivacy.annotations._annotation import Annotation, Attribute, read_annotation
from sectorprivacy.annotations._fields import Field, FieldMap
from sectorprivacy.annotations._key import letters_of, type_of
from sectorprivacy.annotations._marked import Marked
from sectorprivacy.annotations._marks import Declaration, Mark, NotPersonal, declaration_of, is_declared
from sectorprivacy.annotations._names import check_names, check_subject, check_version, no_such
from sectorprivacy.annotations._paths import Read, entry, within
from sectorprivacy.annotations._styles import Style, is_record, style_of
from sectorprivacy.errors import DeclarationError, InvalidDeclaration, UnmarkedFields, report_together


def read_fields(model: type) -> FieldMap:
    """Read the marks of a declared model, fail-closed.

    Fields of records inside its records (`contacts.name`) are read by the marks of their class, unless the field that
    holds them has a mark of its own.

    Raises:
        NotDeclared: The class has no @personal.
        UnmarkedFields: Fields carry no mark; all of them are named together.
        InvalidDeclaration: Marks contradict each other, or name attributes that do not exist.
        DeclarationsInvalid: Several things are wrong.
    """
    declaration = declaration_of(model)
    found = _Found(declaration)
    outermost = _Class(model=model, scopes=(_Scope("", declaration),), around=(model,))
    _read_class(found, outermost)
    field_map = FieldMap(
        model=model,
        id=declaration.id,
        label=declaration.label,
        relation=declaration.relation,
        key=declaration.key,
        key_type=letters_of([outermost.type_of(name) for name in declaration.key]),
        key_is_assigned=outermost.style.assigns_key(model, declaration.key),
        when=declaration.when,
        period=declaration.period,
        anchors=declaration.anchors,
        row_version=declaration.row_version,
        fields=tuple(found.fields.values()),
        not_personal=found.not_personal,
    )
    version = check_version(field_map, outermost.type_of(declaration.row_version))
    wrong = [*found.problems(), *check_names(field_map, outermost.attributes), *version]
    # Where fields are not read, nobody knows yet whose the records are.
    report_together(wrong if found.incomplete else [*wrong, *check_subject(field_map)])
    return field_map


@frozen
class _Scope:
    """A declaration, and the path of the records it speaks of: what it names, it names from there."""

    prefix: str
    declaration: Declaration

    def given(self, path: str) -> Iterator[Mark]:
        """The marks that it gives to a path."""
        name = path.removeprefix(self.prefix)
        yield from self.declaration.fields.get(name, ())
        if name in self.declaration.not_personal:
            yield NotPersonal(self.declaration.not_personal[name])

    def absent(self, paths: Iterable[str]) -> Iterator[InvalidDeclaration]:
        """What it names and the model does not have."""
        known = {path.removeprefix(self.prefix) for path in paths if path.startswith(self.prefix)}
        for argument, named in (("fields", self.declaration.fields), ("not_personal", self.declaration.not_personal)):
            if gone := [name for name in named if name not in known]:
                yield no_such(self.declaration.id, argument, gone)


@frozen(kw_only=True)
class _Class:
    """A class to read: the model, or the class of records inside it.

    Args:
        model: The class.
        scopes: The declarations that speak of it, the outermost first.
        prefix: Path to its records, with the last dot.
        around: The classes around it and itself.
        entries: Reads its records from the outermost one, and how many mappings lie around each; None for the model.
    """

    model: type
    scopes: tuple[_Scope, ...]
    prefix: str = ""
    around: tuple[type, ...] = ()
    entries: tuple[Read, int] | None = None

    @cached_property
    def style(self) -> Style:
        return style_of(self.model)

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        return self.style.attributes(self.model)

    @property
    def layers(self) -> int:
        return 0 if self.entries is None else self.entries[1]

    def type_of(self, name: str | None) -> type | None:
        """The type of one of its attributes, where it can be read."""
        if name is None or name not in self.attributes:
            return None
        return type_of(self.attributes[name], partial(self.style.column_type, self.model, name))

    def read(self, name: str, attribute: Attribute) -> Read:
        """Reads one of its attributes from the outermost record."""
        if self.entries is None:
            return attribute.read or self.style.reads(name)
        return within(*self.entries, entry(name))


@define
class _Found:
    """What was found so far."""

    declaration: Declaration
    fields: dict[str, Field] = Factory(dict[str, Field])
    layers: dict[str, int] = Factory(dict[str, int])
    not_personal: dict[str, str] = Factory(dict[str, str])
    unmarked: dict[str, None] = Factory(dict[str, None])
    paths: set[str] = Factory(set[str])
    errors: dict[str, DeclarationError] = Factory(dict[str, DeclarationError])

    def where(self, path: str) -> str:
        return f"{self.declaration.id}.{path}"

    def refuse(self, error: DeclarationError) -> None:
        self.errors.setdefault(str(error), error)  # a class that is held in two places is wrong once

    def add(self, field: Field, layers: int) -> None:
        """Add a field; classes of a union may have one of the same name, if it means the same."""
        before = self.fields.setdefault(field.name, field)
        if before != field or self.layers.setdefault(field.name, layers) != layers or field.name in self.not_personal:
            raise self._differently(field.name)

    def exempt(self, path: str, reason: str) -> None:
        if path in self.fields:
            raise self._differently(path)
        self.not_personal[path] = reason

    @property
    def incomplete(self) -> bool:
        """Whether there are fields that could not be read."""
        return bool(self.unmarked or self.errors)

    def problems(self) -> Iterator[DeclarationError]:
        yield from self.errors.values()
        if self.unmarked:
            yield UnmarkedFields(model=self.declaration.id, paths=tuple(self.unmarked))

    def _differently(self, path: str) -> InvalidDeclaration:
        return InvalidDeclaration(
            where=self.where(path),
            problem="classes of one union mark it differently",
            instead="Mark it alike in each of them, or give it another name in one",
        )


def _read_class(found: _Found, each: _Class) -> None:
    links = each.style.links(each.model)
    for name, attribute in each.attributes.items():
        path = each.prefix + name
        found.paths.add(path)
        try:
            if name in links:
                _read_link(found, each, path, attribute, links[name])
            else:
                _read_attribute(found, each, name, attribute)
        except DeclarationError as error:
            found.refuse(error)
    if each.scopes[-1].prefix == each.prefix:
        for absent in each.scopes[-1].absent(found.paths):
            found.refuse(absent)


def _read_attribute(found: _Found, each: _Class, name: str, attribute: Attribute) -> None:
    path = each.prefix + name
    annotation = read_annotation(attribute, is_record, found.where(path))
    given = [(mark, each.prefix) for mark in annotation.marks]
    for known_as in dict.fromkeys([name, attribute.also_named or name]):
        found.paths.add(each.prefix + known_as)
        given += [(mark, scope.prefix) for scope in each.scopes for mark in scope.given(each.prefix + known_as)]
    marked = Marked(
        declaration=each.scopes[-1].declaration,
        where=found.where(path),
        path=path,
        sealed=annotation.sealed,
        inside=each.entries is not None,
        read=each.read(name, attribute),
        given=given,
    )
    if marked.exempt is not None:
        found.exempt(path, marked.exempt)
    elif given:
        found.add(marked.field(found.declaration.relation), each.layers)
    else:
        _read_entries(found, each, path, annotation, marked.read)


def _read_link(found: _Found, each: _Class, path: str, attribute: Attribute, target: type) -> None:
    """An attribute that leads to rows of another model: they are that model's, which must be declared or of nobody."""
    try:
        written = read_annotation(attribute, is_record, found.where(path)).marks
    except InvalidDeclaration:
        written = []  # the ORM knows the class, though its name is imported for type checkers only
    marks = [*written, *(mark for scope in each.scopes for mark in scope.given(path))]
    if any(not isinstance(mark, NotPersonal) for mark in marks):
        raise InvalidDeclaration(
            where=found.where(path),
            problem=f"it leads to rows of {target.__qualname__} and holds nothing itself",
            instead="Mark the column of its key, and the fields of the other model",
        )
    if marks:
        found.exempt(path, next(mark.reason for mark in marks if isinstance(mark, NotPersonal)))
    elif not is_declared(target):
        found.unmarked[path] = None


def _read_entries(found: _Found, each: _Class, path: str, annotation: Annotation, read: Read) -> None:
    if annotation.bare_keys and annotation.entries:
        found.refuse(
            InvalidDeclaration(
                where=found.where(path),
                problem="the keys of a mapping around its records carry no mark, and may say who somebody is",
                instead='Write dict[Annotated[str, NotPersonal("...")], ...], or mark the field as a whole',
            )
        )
    elif annotation.plain or not annotation.entries:
        found.unmarked[path] = None
    for model, layers in annotation.entries.items():
        if model in each.around:
            raise InvalidDeclaration(
                where=found.where(path),
                problem=f"{model.__qualname__} lies inside itself",
                instead="Mark this field as a whole, or keep the inner records in a data set of their own",
            )
        prefix = f"{path}."
        own = (_Scope(prefix, declaration_of(model)),) if is_declared(model) else ()
        _read_class(
            found,
            _Class(
                model=model,
                scopes=(*each.scopes, *own),
                prefix=prefix,
                around=(*each.around, model),
                entries=(read, layers),
            ),
        )
