"""Models with sealed columns: loading puts text straight into the row, saving keeps tokens with their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache, wraps
from typing import Any

from attrs import frozen
from django.db import router
from django.db.models import DEFERRED, Model

from sectorprivacy.encryption import PREFIX, Sealed
from sectorprivacy.integrations.django._declared import declared, meta, sealed_columns, token_column, values_of
from sectorprivacy.integrations.django._page import current_page, row_state
from sectorprivacy.integrations.django._value import CellText
from sectorprivacy.purposes import current_gate


def protect(model: type[Model]) -> None:
    """Teach a model, once, to load and save sealed columns; a SealedField does it for the model it is written in."""
    taught: Any = model
    if not getattr(taught, "holds_sealed", False):
        taught.holds_sealed = True
        taught.from_db = _loading(taught.from_db)
        taught.save_base = _saving(taught.save_base)
        taught.refresh_from_db = _refreshing(taught.refresh_from_db)


def _loading(from_db: Any) -> Any:
    """Put the text of sealed columns past the attribute, which takes nothing but Sealed."""
    load = from_db.__func__

    # Called for every row, so what can be known beforehand is.
    def from_db_sealed(cls: type[Model], db: str | None, field_names: Sequence[str], values: Sequence[Any]) -> Any:
        columns = _columns(cls)
        if len(values) != columns.count:
            columns = _some_columns(cls, tuple(field_names))
        given = list(values)
        for position in columns.positions:
            given[position] = DEFERRED
        row: Any = load(cls, db, field_names, given)
        held = row.__dict__
        for name, position in columns.sealed:
            held[name] = values[position]
        page = current_page.get()
        if page is not None:
            page.add(row)
        return row

    return classmethod(wraps(load)(from_db_sealed))


@frozen
class _Columns:
    """Where the sealed columns are among those of a row.

    Args:
        count: How many columns there are.
        sealed: Name and position of those that are sealed.
        positions: The positions alone.
    """

    count: int
    sealed: tuple[tuple[str, int], ...]
    positions: tuple[int, ...]

    @classmethod
    def among(cls, model: type[Model], names: Sequence[str]) -> _Columns:
        """Those of some columns of a model."""
        ours = {field.attname for field in sealed_columns(model)}
        sealed = tuple((name, position) for position, name in enumerate(names) if name in ours)
        return cls(len(names), sealed, tuple(position for _, position in sealed))


@cache
def _columns(model: type[Model]) -> _Columns:
    return _Columns.among(model, [field.attname for field in meta(model).concrete_fields])


@lru_cache(maxsize=1024)
def _some_columns(model: type[Model], names: tuple[str, ...]) -> _Columns:
    return _Columns.among(model, names)


def _saving(save_base: Any) -> Any:
    @wraps(save_base)
    def save_base_sealed(
        self: Model,
        raw: bool = False,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        if update_fields is not None:
            update_fields = frozenset(update_fields).union(changed_tokens(self, update_fields))
        row_state(self).database = using
        save_base(self, raw, force_insert, force_update, using, update_fields)

    return save_base_sealed


def _refreshing(refresh_from_db: Any) -> Any:
    """Know that what was loaded anew stands in the database: it came through the attribute as if it had been set."""

    @wraps(refresh_from_db)
    def refresh_from_db_sealed(self: Model, using: Any = None, fields: Any = None, **options: Any) -> None:
        names = None if fields is None else frozenset(fields)  # it may be an iterator
        refresh_from_db(self, using, names, **options)
        held = values_of(self)
        for field in sealed_columns(type(self)):
            asked = names is None or not names.isdisjoint((field.name, field.attname))
            if asked and isinstance(held.get(field.attname), CellText):
                held[field.attname] = str(held[field.attname])

    return refresh_from_db_sealed


def database_of(row: Model) -> str:
    """The database that an instance is being saved to."""
    return row_state(row).database or router.db_for_write(type(row), instance=row)


def stands(row: Model, name: str) -> bool:
    """Whether a sealed column is as it was loaded: a save leaves it to the database, where it may be newer.

    A rotation seals cells anew and destroys their old keys; an instance from before it would write a dead cell over the
    living one.
    """
    value = values_of(row).get(name, "")
    if type(value) is not str or row._state.db != database_of(row):  # noqa: SLF001  # documented
        return False
    return not is_in_the_clear(row, meta(row).get_field(name))


def is_in_the_clear(row: Model, field: Any) -> bool:
    """Whether a value was loaded that was never sealed, in a field that still lets those through: a save seals it."""
    value = values_of(row).get(field.attname)
    if not isinstance(value, str) or not value or value.startswith(PREFIX):
        return False
    return declared(current_gate(), field)[1].plaintext_until is not None


def changed_tokens(row: Model, written: Iterable[str]) -> set[str]:
    """Names of the token columns whose sealed field is among those written, and has another value."""
    names = frozenset(written)
    changed: set[str] = set()
    for field in sealed_columns(type(row)):
        token = token_column(field)
        if token is not None and not names.isdisjoint((field.name, field.attname)):
            value = values_of(row).get(field.attname)
            if value is None or isinstance(value, Sealed | CellText) or is_in_the_clear(row, field):
                changed.add(token)
    return changed
