"""What a declaration names: attributes and paths that must be there, and ids that are each used once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sectorprivacy.annotations._annotation import read_annotation
from sectorprivacy.annotations._fields import FieldMap
from sectorprivacy.annotations._styles import is_record, style_of
from sectorprivacy.errors import InvalidDeclaration


def no_such(declared: str, argument: str, names: Sequence[str]) -> InvalidDeclaration:
    """An argument of @personal names what the model does not have."""
    return InvalidDeclaration(
        where=f"@personal(id={declared!r})",
        problem=f"{argument} names {', '.join(names)}, which the model does not have",
        instead="Name attributes of the model",
    )


def check_names(field_map: FieldMap, attributes: Collection[str]) -> Iterator[InvalidDeclaration]:
    """What is wrong with the attributes, the paths and the ids that a declaration names.

    Args:
        field_map: What the marks say.
        attributes: The attributes that the model has.
    """
    named = {
        "key": field_map.key,
        "when": (field_map.when,),
        "period": field_map.period or (),
        "row_version": (field_map.row_version,),
    }
    for argument, names in named.items():
        if absent := [name for name in names if name is not None and name not in attributes]:
            yield no_such(field_map.id, argument, absent)
    if broken := [step for path in field_map.anchors.values() if (step := _broken_step(field_map.model, path))]:
        yield no_such(field_map.id, "anchors", broken)
    for each in field_map.fields:
        if each.subject and each.subject.via and (step := _broken_step(field_map.model, each.subject.via)):
            yield InvalidDeclaration(
                where=f"{field_map.id}.{each.name}",
                problem=f"via={each.subject.via!r} goes through {step}, which is not there",
                instead='Write the attributes that lead from this record to the identifier, as "invoice.customer"',
            )
    ids = Counter(each.id for each in field_map.fields)
    if twice := [field_id for field_id, count in ids.items() if count > 1]:
        yield InvalidDeclaration(
            where=f"@personal(id={field_map.id!r})",
            problem=f"two fields have the id {', '.join(twice)}",
            instead="Give each field an id of its own",
        )


def check_version(field_map: FieldMap, held: type | None) -> Iterator[InvalidDeclaration]:
    """Whether the version of the rows can be one, in the clear and counted up.

    Args:
        field_map: What the marks say.
        held: The type of the attribute that holds it; None where that cannot be read.
    """
    where = f"@personal(id={field_map.id!r})"
    if field_map.row_version in {each.name for each in field_map.sealed}:
        yield InvalidDeclaration(
            where=where,
            problem=f"row_version names {field_map.row_version}, which is sealed itself",
            instead="Keep the version of the row in the clear: it must be known before anything is opened",
        )
    elif held is not None and held is not int:
        yield InvalidDeclaration(
            where=where,
            problem=f"row_version names {field_map.row_version}, which holds {held.__name__} and no integer",
            instead="Name an attribute of type int that every change of the row raises",
        )


def check_subject(field_map: FieldMap) -> Iterator[InvalidDeclaration]:
    """Whether somebody can be found in the model at all."""
    if not field_map.subjects:
        yield InvalidDeclaration(
            where=f"@personal(id={field_map.id!r})",
            problem="no searchable field says whose record it is",
            instead="Mark an identifier of the person, in the clear, with SubjectId(kind, role=...)",
        )


def _broken_step(model: Any, path: str) -> str | None:
    """The path as far as its first step that is not there; types may say too little to know all of them."""
    steps = path.split(".")
    for count, step in enumerate(steps, start=1):
        if step not in style_of(model).attributes(model) and not hasattr(model, step):
            return ".".join(steps[:count])
        model = _reached(model, step)
        if model is None:
            return None
    return None


def _reached(model: Any, step: str) -> type | None:
    """The class that an attribute leads to, where the model says so."""
    style = style_of(model)
    if step in (links := style.links(model)):
        return links[step]
    if step not in (attributes := style.attributes(model)):
        return None
    try:
        entries = read_annotation(attributes[step], is_record, step).entries
    except InvalidDeclaration:
        return None  # it is reported where it is read
    return next(iter(entries)) if len(entries) == 1 else None
