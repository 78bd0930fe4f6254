"""What a flush does with sealed columns: seals for the row's owner and record, and lets no cell into another place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from attrs import evolve, frozen
from sqlalchemy import Column, inspect, or_
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper, Session, object_session

from sectorprivacy.annotations import FieldMap
from sectorprivacy.encryption import PREFIX, BlindIndex, Place, Sealed, head_of, seal
from sectorprivacy.errors import InvalidDeclaration, KeyErased, OwnerNotLoaded, ValueNotSealable
from sectorprivacy.integrations.sqlalchemy._column import sealed_columns
from sectorprivacy.integrations.sqlalchemy._faults import path_of
from sectorprivacy.integrations.sqlalchemy._pages import (
    beside_the_loop,
    class_of,
    field_of,
    is_loaded,
    marks_of,
    names_owner,
    page_of,
    place_of,
    unloaded_owner,
)
from sectorprivacy.integrations.sqlalchemy._tokens import duplicate, index_of, standing, token_of, tokens_of
from sectorprivacy.purposes import Gate, current_gate, owner_fields, sealed_place


def prepare(session: Session, _context: object, _instances: object) -> None:
    """Before a flush: owners and keys of all its rows in a fixed number of statements, in a thread under a loop."""
    rows = [each for each in (*session.new, *session.dirty) if _writes_cells(session, each)]
    if not rows:
        return
    gate = current_gate()
    rows = [each for each in rows if names_owner(gate, each)]  # the turn of each other one says what it lacks
    for each in rows:
        if inspect(each).persistent and gate.field_map(class_of(each)).row_version is not None:
            _load_deferred(each)
    wanted = _Wanted.of(gate, rows)
    beside_the_loop(lambda: wanted.look_up(session, gate))


@frozen(kw_only=True)
class _Wanted:
    """What a flush will ask for.

    Args:
        rows: Its rows, by class.
        held: The rows with a value to seal, by class of keys.
        heads: Heads of the cells that may be opened, to be sealed again.
        indexed: Whether tokens are to be written.
    """

    rows: Mapping[type, list[Any]]
    held: Mapping[str, list[Any]]
    heads: list[bytes]
    indexed: bool

    @classmethod
    def of(cls, gate: Gate, rows: Iterable[Any]) -> _Wanted:
        by_class: dict[type, list[Any]] = {}
        held: dict[str, list[Any]] = {}
        heads: list[bytes] = []
        for row in rows:
            by_class.setdefault(class_of(row), []).append(row)
            field_map = gate.field_map(class_of(row))
            for name in sealed_columns(inspect(row).mapper):
                value = inspect(row).dict.get(name)
                if isinstance(value, str):
                    heads.append(head_of(value))
                elif isinstance(value, Sealed) and not value.is_stored:
                    held.setdefault(field_of(field_map, name).retention_class, []).append(row)
        indexed = any(gate.field_map(each).indexed for each in by_class)
        return cls(rows=by_class, held=held, heads=heads, indexed=indexed)

    def look_up(self, session: Session, gate: Gate) -> None:
        """A fixed number of statements for people, for keys of each class, and for keys of what is sealed again."""
        for retention_class, rows in self.held.items():
            gate.keys.for_sealing_many(set(gate.owners(rows)), retention_class)
        gate.keys.load(self.heads)
        if self.indexed:
            gate.keys.index_keys()
        for model, rows in self.rows.items():
            page_of(session, gate, model).know(rows)


def before_insert(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """A new row: everything in it is sealed for it."""
    columns = sealed_columns(mapper)
    if not columns:
        return
    version = _version_of(mapper)
    if version is not None:
        setattr(target, version, 1)
    written = [name for name in columns if inspect(target).dict.get(name) is not None]
    if written:
        row = _Row.of(mapper, target, connection)
        for name in written:
            row.seal(name)


def before_update(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """A changed row: what is new in it is sealed; all of it where the row has a version; nothing moves."""
    session = object_session(target)
    columns = sealed_columns(mapper)
    if not columns or session is None or not session.is_modified(target, include_collections=False):
        return
    marks = marks_of(mapper.class_)
    _refuse_to_move(mapper, marks, target)
    version = _version_of(mapper)
    if version is not None:
        row = _Row.of(mapper, target, connection)
        before = _committed(target, version)
        setattr(target, version, before + 1)
        for name in columns:
            row.seal_again(name, before)
    elif written := [name for name in columns if _is_written(marks, target, name)]:
        row = _Row.of(mapper, target, connection)
        for name in written:
            row.seal(name)


@frozen(kw_only=True)
class _Row:
    """One row of a flush."""

    gate: Gate
    mapper: Mapper[Any]
    field_map: FieldMap
    target: Any
    connection: Connection

    @classmethod
    def of(cls, mapper: Mapper[Any], target: Any, connection: Connection) -> _Row:
        """The row, with what its session found out about its owner.

        Raises:
            OwnerNotLoaded: Whose keys seal it is not known: a query for each row in a flush would go unnoticed.
        """
        gate = current_gate()
        field_map = gate.field_map(mapper.class_)
        missing = unloaded_owner(field_map, target)
        if missing is not None and missing.subject is not None:
            raise OwnerNotLoaded(path=f"{field_map.id}.{missing.id}", via=str(missing.subject.via))
        return cls(
            gate=_acquainted(gate, target), mapper=mapper, field_map=field_map, target=target, connection=connection
        )

    def seal(self, name: str) -> None:
        """Seal what is held in one of its fields; what is stored there must be its own."""
        value = self._value(name)
        if value is None:
            self._write_token(name, None)
        elif value.is_stored:
            self._keep(name, value)
        else:
            self._write(name, value.release())

    def seal_again(self, name: str, before: int) -> None:
        """Seal one of its fields for its new version, whatever is in it."""
        getattr(self.target, name)  # loads it: what is left behind would be lost with its version
        value = self._value(name)
        if value is None or not value.is_stored or _is_changed(self.target, name):
            self.seal(name)
            return
        place = evolve(self._place(name), version=before)
        try:
            plain = beside_the_loop(lambda: self._opened(place, Sealed.stored(place, value.text).cell))
        except KeyErased:
            self._refuse_replaced(place)
            return  # it says so in every version
        self._write(name, plain)

    def _refuse_replaced(self, place: Place) -> None:
        """A rotation leaves a living key behind and replaces the cell: the new version would leave that one behind.

        Raises:
            ValueNotSealable: The cell was sealed under a key that a rotation destroyed since.
        """
        if beside_the_loop(lambda: self.gate.keys.count([place.subject], [place.retention_class])):
            raise _rotated_away(place)

    def _opened(self, place: Place, cell: bytes) -> Any:
        if self.gate.keys.reads_plaintext(place, cell):
            return self.gate.keys.open(place, cell)
        return self.gate.keys.open(sealed_place(self.gate, place, cell), cell)

    def _value(self, name: str) -> Sealed[Any] | None:
        value = inspect(self.target).dict.get(name)
        return self._stored(name, value) if isinstance(value, str) else value

    def _stored(self, name: str, text: str) -> Sealed[Any]:
        return Sealed.stored(lambda: self._place(name), text)

    def _keep(self, name: str, value: Sealed[Any]) -> None:
        in_the_clear = not value.text.startswith(PREFIX)
        if in_the_clear and field_of(self.field_map, name).plaintext_until is not None:
            place = self._place(name)
            self._write(name, beside_the_loop(lambda: self._opened(place, value.cell)))
        elif _is_changed(self.target, name):
            self._write_cell(name, value)

    def _write_cell(self, name: str, value: Sealed[Any]) -> None:
        """Take a value that was sealed already: by `privacy.row`, or merged from another session.

        It is sealed anew: the key it was sealed under may be one that a rotation destroys in a moment.
        """
        place = self._place(name)
        if value.place != place:
            raise ValueNotSealable(
                path=place.path,
                codec="cell",
                reason="it is sealed for another place; open it and give Sealed.of(value)",
            )
        try:
            plain = beside_the_loop(lambda: self._opened(place, value.cell))
        except KeyErased:
            raise _rotated_away(place) from None
        self._write(name, plain)

    def _write(self, name: str, value: Any) -> None:
        place = self._place(name)
        key = beside_the_loop(lambda: self.gate.keys.for_sealing(place.subject, place.retention_class))
        setattr(self.target, name, Sealed.stored(place, seal(key, place, value)))
        self._write_token(name, value)

    def _write_token(self, name: str, value: Any) -> None:
        index = self._index(name)
        if index is not None:
            tokens = () if value is None else tokens_of(self.gate.keys, self._place(name), index, value)
            if index.unique:
                self._refuse_duplicate(name, tokens[1:])
            setattr(self.target, token_of(name), tokens[0] if tokens else None)

    def _refuse_duplicate(self, name: str, others: Sequence[bytes]) -> None:
        if not others:
            return
        columns = self.mapper.primary_key
        identity = inspect(self.target).identity or (None,) * len(columns)
        elsewhere = or_(*(column.is_distinct_from(part) for column, part in zip(columns, identity, strict=True)))
        if self.connection.execute(standing(self.mapper, name, others).where(elsewhere)).first() is not None:
            raise duplicate(f"{self.field_map.id}.{field_of(self.field_map, name).id}")

    def _index(self, name: str) -> BlindIndex | None:
        return index_of(self.mapper, self.field_map, field_of(self.field_map, name))

    def _place(self, name: str) -> Place:
        return place_of(self.gate, self.target, field_of(self.field_map, name))


def _rotated_away(place: Place) -> ValueNotSealable:
    return ValueNotSealable(
        path=place.path,
        codec="cell",
        reason="the key it was sealed under is destroyed; load its row anew, and give Sealed.of(value) if it changes",
    )


def _acquainted(gate: Gate, row: Any) -> Gate:
    """The gate that knows every owner of a row, also of one that got its owner in the midst of the flush."""
    session = object_session(row)
    if session is None:
        return gate
    page = page_of(session, gate, class_of(row))
    if not page.knows(row):
        beside_the_loop(lambda: gate.owner(row))
        beside_the_loop(lambda: page.know([row]))
    return page.gate


def _version_of(mapper: Mapper[Any]) -> str | None:
    """The attribute with the version of a row.

    Raises:
        InvalidDeclaration: SQLAlchemy does not guard it: of two writers, the later would put back old values.
    """
    marks = marks_of(mapper.class_)
    name = marks.row_version
    if name is not None and mapper.version_id_col is not mapper.column_attrs[name].columns[0]:
        raise InvalidDeclaration(
            where=f"{marks.id}.{name}",
            problem="two writers at once would both write the same version",
            instead=f'Let SQLAlchemy guard it too: __mapper_args__ = {{"version_id_col": {name}}}',
        )
    return name


def _refuse_to_move(mapper: Mapper[Any], marks: FieldMap, target: Any) -> None:
    """A cell opens for one person and record: where those change, every value has to be given anew.

    Raises:
        ValueNotSealable: The row changes its owner or its key, and a value in it stays as it is.
    """
    if not _is_moved(mapper, marks, target):
        return
    loaded = inspect(target).dict
    for name in sealed_columns(mapper):
        value = loaded.get(name)
        if name not in loaded or isinstance(value, str) or (isinstance(value, Sealed) and value.is_stored):
            raise ValueNotSealable(
                path=f"{marks.id}.{field_of(marks, name).id}",
                codec="cell",
                reason="its row changes its owner or its key; open it for a purpose and give Sealed.of(value)",
            )


def _is_moved(mapper: Mapper[Any], marks: FieldMap, target: Any) -> bool:
    if any(_is_changed(target, name) for name in marks.key):
        return True
    decided: set[str] = set()
    for each in owner_fields(marks):
        role = "" if each.subject is None else each.subject.role
        if role in decided:
            continue  # an owner's first identifier decides whose keys seal the row
        if any(_is_changed(target, name) for name in _leading_to(mapper, path_of(each))):
            return True
        # Reading an owner that is not loaded would be a query for each row.
        if not is_loaded(target, path_of(each)) or each.identifier(target) is not None:
            decided.add(role)
    return False


def _leading_to(mapper: Mapper[Any], path: str) -> list[str]:
    """The attributes of a row that say where a path leads: a column, or a relationship with its foreign keys."""
    first = path.partition(".")[0]
    if first not in mapper.relationships:
        return [first]
    keys = mapper.relationships[first].local_columns
    return [first, *(mapper.get_property_by_column(cast("Column[Any]", each)).key for each in keys)]


def _is_changed(target: Any, name: str) -> bool:
    return bool(inspect(target).attrs[name].history.has_changes())


def _is_written(marks: FieldMap, target: Any, name: str) -> bool:
    """Whether a flush has to do with a sealed field: it changed, or its value was never sealed."""
    value = inspect(target).dict.get(name)
    field = field_of(marks, name)
    if isinstance(value, str) and not value.startswith(PREFIX) and field.plaintext_until is not None:
        return True
    return _is_changed(target, name) and (value is not None or field.index is not None)


def _writes_cells(session: Session, row: Any) -> bool:
    """Whether the flush of a row needs keys: it holds a value to seal, or is sealed again as a whole."""
    state = inspect(row)
    columns = sealed_columns(state.mapper)
    if not columns or (state.persistent and not session.is_modified(row, include_collections=False)):
        return False
    marks = marks_of(class_of(row))
    if state.persistent and marks.row_version is not None:
        return True
    return any(_is_written(marks, row, name) and state.dict[name] is not None for name in columns)


def _load_deferred(row: Any) -> None:
    for name in sealed_columns(inspect(row).mapper):
        getattr(row, name)


def _committed(row: Any, name: str) -> int:
    history = inspect(row).attrs[name].history
    return int(history.deleted[0] if history.deleted else getattr(row, name))
