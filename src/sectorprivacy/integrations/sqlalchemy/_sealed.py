"""Sealed columns: text in the row, `Sealed` in the attribute, sealed for the row's person and record when flushed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import DeclarativeBase, QueryableAttribute, Session

from sectorprivacy.integrations.sqlalchemy._attribute import SealedAttribute
from sectorprivacy.integrations.sqlalchemy._column import SealedText, give_refusal_itself
from sectorprivacy.integrations.sqlalchemy._flush import before_insert, before_update, prepare
from sectorprivacy.integrations.sqlalchemy._statements import refuse_what_no_row_seals
from sectorprivacy.integrations.sqlalchemy._tokens import add_token_columns, type_of


def protect(base: type[DeclarativeBase]) -> None:
    """Prepare an ORM base for sealed fields, before its models are declared.

    `Mapped[Annotated[Sealed[str], Personal(...)]]` becomes a text column, and a field with a blind index gets a column
    of tokens beside it. Loading a row does no cryptography; the attribute gives a `Sealed` that opens inside a purpose;
    a flush seals what `Sealed.of` holds, inside `with privacy:`.
    """
    event.listen(base, "resolve_type_annotation", type_of)
    event.listen(base, "attribute_instrument", _wrap, propagate=True)
    event.listen(base, "after_mapper_constructed", add_token_columns, propagate=True)
    event.listen(base, "before_insert", before_insert, propagate=True)
    event.listen(base, "before_update", before_update, propagate=True)
    if not event.contains(Session, "before_flush", prepare):
        event.listen(Session, "before_flush", prepare)
        event.listen(Session, "do_orm_execute", refuse_what_no_row_seals)
        event.listen(Engine, "handle_error", give_refusal_itself)


def _wrap(owner: type, key: str, column: QueryableAttribute[Any]) -> None:
    if any(isinstance(each.type, SealedText) for each in getattr(column.property, "columns", ())):
        # Past the metaclass, which would take it for a new column.
        type.__setattr__(owner, key, SealedAttribute(column))
