"""Many models read together: an id stands for one of them, and all that is wrong with them is said at once."""

from __future__ import annotations

from collections.abc import Iterable

from sectorprivacy.annotations._fields import FieldMap
from sectorprivacy.annotations._reading import read_fields
from sectorprivacy.errors import DeclarationError, InvalidDeclaration, report_together


def read_models(models: Iterable[type]) -> tuple[FieldMap, ...]:
    """Read the marks of declared models, in their order, fail-closed.

    Raises:
        DeclarationError: A model is not declared, its marks are not complete, or two have one id; DeclarationsInvalid
            where several things are wrong.
    """
    read, wrong = sift_models(models)
    report_together(wrong)
    return read


def sift_models(models: Iterable[type]) -> tuple[tuple[FieldMap, ...], tuple[DeclarationError, ...]]:
    """The marks of the models that can be read, and what is wrong with the others: for tools that report."""
    read: dict[str, FieldMap] = {}
    wrong: list[DeclarationError] = []
    for model in models:
        try:
            field_map = read_fields(model)
        except DeclarationError as error:
            wrong.append(error)
            continue
        if field_map.id in read:
            wrong.append(_of_one_id(read[field_map.id], field_map))
        else:
            read[field_map.id] = field_map
    return tuple(read.values()), tuple(wrong)


def _of_one_id(first: FieldMap, second: FieldMap) -> InvalidDeclaration:
    return InvalidDeclaration(
        where=f"@personal(id={second.id!r})",
        problem=f"both {first.model.__qualname__} and {second.model.__qualname__} have this id",
        instead="Give each model an id of its own, and name each model once",
    )
