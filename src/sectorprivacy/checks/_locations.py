"""Where a declaration stands in the code: file and line of a model, of its field, of an activity."""

from __future__ import annotations

import ast
import inspect
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import evolve, frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.checks._finding import Finding, Location

# An activity and a recipient are made by a call that names them; an event and a service are only mentioned.
_MADE_BY = {"activity": "Activity", "recipient": "Recipient", "event": "", "service": ""}


class Locations:
    """Finds places in code, reading each file once and only when something is found in it.

    Args:
        classes: Classes of models and tables, by what findings call them.
        maps: Marks of those that could be read.
        sources: Files in which the register is written.
        root: Root of the project; what lies outside it has no place.
    """

    def __init__(
        self, classes: Mapping[str, type], maps: Sequence[FieldMap], sources: Sequence[Path], root: Path
    ) -> None:
        self._classes = classes
        self._maps = {each.id: each for each in maps}
        self._sources = [file for file in sources if file.suffix == ".py"]
        self._root = root.resolve()
        self._trees: dict[Path, ast.Module] = {}
        self._named: dict[Path, Mapping[tuple[str, str], int]] = {}

    def locate(self, finding: Finding, *, otherwise: Location | None = None) -> Finding:
        """The finding with its place, if that can be found, or with another."""
        subject = finding.where.partition(",")[0]
        return evolve(finding, location=self._of_model(subject) or self._of_register(subject) or otherwise)

    def raised(self, error: BaseException) -> Location | None:
        """Where in the sources the declaration stands that raised an error."""
        frames = traceback.extract_tb(error.__traceback__)
        within = [each for each in frames if Path(each.filename) in self._sources and each.lineno is not None]
        return self._relative(Path(within[-1].filename), within[-1].lineno or 1) if within else None

    def _of_model(self, subject: str) -> Location | None:
        data_set = next((each for each in _prefixes(subject) if each in self._classes), None)
        if data_set is None:
            return None
        model = self._classes[data_set]
        path = self._attribute(data_set, subject.removeprefix(data_set).lstrip("."))
        place = (self._attribute_in(model, path) if path else None) or self._class(model)
        # A class that is not ours is declared by its id, somewhere in the project.
        return (place and self._relative(*place)) or self._mentioned("", data_set)

    def _attribute(self, data_set: str, field_id: str) -> str:
        marks = self._maps.get(data_set)
        fields = () if marks is None else marks.fields
        return next((field.name for field in fields if field.id == field_id), field_id)

    def _class(self, model: type) -> tuple[Path, int] | None:
        found = self._definition(model)
        return None if found is None else (found.file, found.node.lineno)

    def _attribute_in(self, model: type, path: str) -> tuple[Path, int] | None:
        """The line of an attribute, in the class or a base of it; of a path, in the class its first step leads to."""
        name, _, rest = path.partition(".")
        for each in model.__mro__:
            found = self._definition(each)
            statement = None if found is None else found.statement(name)
            if found is None or statement is None:
                continue
            inner = (self._attribute_in(nested, rest) for nested in _named_in(statement, each)) if rest else iter(())
            return next((place for place in inner if place is not None), (found.file, statement.lineno))
        return None

    def _definition(self, model: type) -> _Definition | None:
        try:
            file = inspect.getsourcefile(model)
        except (TypeError, OSError):  # a class that is built in, or was typed into a console
            return None
        if file is None or not Path(file).is_file():
            return None
        node: ast.AST = self._tree(Path(file))
        for name in model.__qualname__.split("."):
            if name != "<locals>":
                inner = _defined(node, name)
                if inner is None:
                    return None
                node = inner
        return _Definition(Path(file), node) if isinstance(node, ast.ClassDef) else None

    def _of_register(self, subject: str) -> Location | None:
        sort, _, name = subject.partition(" ")
        made_by = _MADE_BY.get(sort)
        return None if made_by is None else self._mentioned(made_by, name)

    def _mentioned(self, made_by: str, text: str) -> Location | None:
        for file in self._sources:
            line = self._mentions(file).get((made_by, text))
            if line is not None:
                return self._relative(file, line)
        return None

    def _mentions(self, file: Path) -> Mapping[tuple[str, str], int]:
        """First line of each text in a file, by the call that it names the result of ("" for any place) and itself."""
        if file not in self._named:
            self._named[file] = {key: line for line, key in sorted(_texts_in(self._tree(file)), reverse=True)}
        return self._named[file]

    def _tree(self, file: Path) -> ast.Module:
        if file not in self._trees:
            self._trees[file] = ast.parse(file.read_text("utf-8"))
        return self._trees[file]

    def _relative(self, file: Path, line: int) -> Location | None:
        resolved = file.resolve()
        if not resolved.is_relative_to(self._root):
            return None
        return Location(PurePosixPath(resolved.relative_to(self._root).as_posix()), line)


@frozen
class _Definition:
    """A class as it is written."""

    file: Path
    node: ast.ClassDef

    def statement(self, name: str) -> ast.stmt | None:
        """The statement that gives the class an attribute, or a key of a TypedDict."""
        return next((each for each in self.node.body if name in _gives(each)), None)


def _gives(statement: ast.stmt) -> Sequence[str]:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.FunctionDef(name=name):
            return (name,)
        case _:
            return ()


def _defined(node: ast.AST, name: str) -> ast.AST | None:
    """The class or function of that name in a body; also where it stands under a condition."""
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if each.name == name:
                return each
        elif (inner := _defined(each, name)) is not None:
            return inner
    return None


def _named_in(statement: ast.stmt, owner: type) -> Iterator[type]:
    """Classes that an annotation names, as the module of its class knows them."""
    if not isinstance(statement, ast.AnnAssign):
        return
    known: Mapping[str, Any] = vars(sys.modules[owner.__module__])
    for node in ast.walk(statement.annotation):
        named = known.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(named, type):
            yield named


def _texts_in(tree: ast.Module) -> Iterator[tuple[int, tuple[str, str]]]:
    """Line of each text, and of each that is the first argument, `id` or `name` of a call, with what is called."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                yield node.lineno, ("", text)
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                naming = [*node.args[:1], *(each.value for each in node.keywords if each.arg in {"id", "name"})]
                for each in naming:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.lineno, (called, each.value)
            case _:
                pass


def _prefixes(subject: str) -> Iterator[str]:
    """The subject, then what stands before its last dot, and so on."""
    while subject:
        yield subject
        subject = subject.rpartition(".")[0]
