"""Paths of marks along relationships: what they lead to becomes a condition, and is loaded with a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from attrs import frozen
from sqlalchemy import BinaryExpression, ColumnClause, ColumnElement, select, tuple_
from sqlalchemy.orm import MANYTOONE, aliased, selectinload
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.visitors import iterate

from sectorprivacy.errors import InvalidDeclaration


@frozen
class Reach:
    """A column of a model, or of another that relationships lead to.

    Args:
        models: The model, then the one that each relationship leads to.
        relationships: Names of the relationships, each to one row.
        column: Name of the attribute at the end.
    """

    models: Sequence[Any]
    relationships: Sequence[str]
    column: str

    @classmethod
    def along(cls, model: Any, path: str, *, where: str = "") -> Reach:
        """What a path of a mark ("invoice.customer") leads to.

        Args:
            model: The mapped class where it starts.
            path: The path; a plain name is a column of the model itself.
            where: Which mark it is, for the error.

        Raises:
            InvalidDeclaration: A step is no relationship to one other row, or the path ends in no column in the clear.
        """
        *steps, column = path.split(".")
        models = [model]
        for step in steps:
            relationship = models[-1].__mapper__.relationships.get(step)
            if relationship is None or relationship.uselist:
                raise InvalidDeclaration(
                    where=where,
                    problem=f"{step!r} is no relationship of {models[-1].__name__} to one other row",
                    instead="Lead the path along relationships to one row each, to a column",
                )
            if _leaves_rows_out(relationship):
                raise InvalidDeclaration(
                    where=where,
                    problem=f"{step!r} of {models[-1].__name__} leaves rows out: it joins by more than equal keys",
                    instead="Lead the path along a relationship that joins by keys alone",
                )
            models.append(relationship.mapper.class_)
        mapper = models[-1].__mapper__
        # A sealed column is none of them: what stands on the class in its place is no descriptor of SQLAlchemy.
        if column not in mapper.all_orm_descriptors or column in mapper.relationships:
            raise InvalidDeclaration(
                where=where,
                problem=f"{column!r} is no column of {models[-1].__name__} in the clear",
                instead="End the path in a column that can be searched",
            )
        return cls(tuple(models), tuple(steps), column)

    @property
    def tables(self) -> list[Any]:
        """The tables of its models, in order."""
        return [each.__table__ for each in self.models]

    @property
    def outlasts(self) -> bool:
        """Whether rows on the way can stay until those where it starts are erased: it follows keys to other tables."""
        steps = zip(self.models, self.relationships, strict=False)
        follows = all(model.__mapper__.relationships[name].direction is MANYTOONE for model, name in steps)
        return follows and len(set(self.tables)) == len(self.tables)

    @property
    def loaded(self) -> ExecutableOption:
        """Loads every row on the way, a statement for each relationship."""
        first, *others = (getattr(model, name) for model, name in zip(self.models, self.relationships, strict=False))
        option = selectinload(first)
        for each in others:
            option = option.selectinload(each)
        return option

    def leads_to(self, values: Sequence[str]) -> ColumnElement[bool]:
        """Whether it leads from a row to one of these values."""
        if not self.relationships:
            return cast("ColumnElement[bool]", getattr(self.models[0], self.column).in_(values))
        # The other way round than EXISTS: from the few rows at its end, by their indexes, to those where it starts.
        here = start = aliased(self.models[0])
        found = select(*_row(start, self.models[0]))
        for model, step in zip(self.models[1:], self.relationships, strict=True):
            there = aliased(model)
            found = found.join(getattr(here, step).of_type(there))
            here = there
        return tuple_(*_row(self.models[0], self.models[0])).in_(found.where(getattr(here, self.column).in_(values)))


def _leaves_rows_out(relationship: Any) -> bool:
    """Whether it joins by a condition besides equal keys: whoever is found through it is not found where that fails."""
    parts = list(iterate(relationship.primaryjoin))
    keys = len(relationship.local_remote_pairs)
    comparisons = sum(isinstance(each, BinaryExpression) for each in parts)
    columns = sum(isinstance(each, ColumnClause) for each in parts)
    return comparisons != keys or columns != 2 * keys


def _row(entity: Any, model: Any) -> list[Any]:
    """The columns that name a row."""
    mapper = model.__mapper__
    return [getattr(entity, mapper.get_property_by_column(each).key) for each in mapper.primary_key]
