"""What the database knows of a column: the type of its values, and whether it makes them when a row is inserted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID


def mapped_type(model: Any, name: str) -> type | None:
    """The type of a mapped attribute of SQLAlchemy; None where its column does not say."""
    column = model.__mapper__.columns.get(name)
    if column is None:
        return None
    try:
        found: type = column.type.python_type
    except NotImplementedError:  # what SQLAlchemy 2.0 says where 2.1 says `object`
        return None
    return None if found is object else found


def mapped_key_is_assigned(model: Any) -> bool:
    """Whether the database counts up the primary key of a mapped class, whatever names its records."""
    return getattr(model.__mapper__.local_table, "autoincrement_column", None) is not None


def django_type(model: Any, name: str) -> type | None:
    """The type of a column of Django, through foreign keys; None where the column does not say."""
    column = _columns(model).get(name)
    while column is not None and column.is_relation:
        column = column.target_field
    if column is None or hasattr(column, "from_db_value"):  # it makes something else of what is stored
        return None
    return _DJANGO.get(column.get_internal_type())


def django_key_is_assigned(model: Any, key: Sequence[str]) -> bool:
    """Whether the database makes the key of a Django model, or a part of it."""
    columns = _columns(model)
    return any(_is_assigned(columns[name]) for name in key if name in columns)


def _columns(model: Any) -> Mapping[str, Any]:
    found = model._meta.concrete_fields  # noqa: SLF001  # the documented way to the fields of a Django model
    return {name: each for each in found for name in (each.name, each.attname)}


def _is_assigned(column: Any) -> bool:
    counted_up = column.model._meta.auto_field  # noqa: SLF001  # as above
    return column is counted_up or column.generated or "db_default" in column.deconstruct()[3]


_TEXTS: Final = ("CharField", "FilePathField", "GenericIPAddressField", "SlugField", "TextField")
_INTEGERS: Final = (
    "Integer",
    "BigInteger",
    "SmallInteger",
    "PositiveInteger",
    "PositiveBigInteger",
    "PositiveSmallInteger",
)
_DJANGO: Final[Mapping[str, type]] = {
    **dict.fromkeys(_TEXTS, str),
    **{f"{size}Field": int for size in (*_INTEGERS, "Auto", "BigAuto", "SmallAuto")},
    "UUIDField": UUID,
}
"""Python types by the internal types of Django; bytes are not among them, which each database gives in its own form."""
