"""One reader per style of model: which attributes its records have, and with what annotation.

A new style is one more `Style` in `STYLES`. Third parties other than pydantic and attrs are known by what their classes
carry, and never imported.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, cast, get_origin

import attrs
from attrs import evolve, frozen
from pydantic.fields import ComputedFieldInfo
from pydantic_core import PydanticUndefined
from typing_extensions import is_typeddict

from sectorprivacy.annotations._annotation import Attribute
from sectorprivacy.annotations._columns import django_key_is_assigned, django_type, mapped_key_is_assigned, mapped_type
from sectorprivacy.annotations._paths import Read, attribute, key

Model = Any
"""A class, of any style: what it carries beyond `type` is what this module looks for."""


def _no_links(_: Model) -> Mapping[str, type]:
    return {}


def _no_column(_: Model, __: str) -> type | None:
    return None


def _given(_: Model, __: Sequence[str]) -> bool:
    return False


@frozen(kw_only=True)
class Style:
    """How the models of one style are recognised and read.

    Args:
        recognises: Whether a class is of this style.
        attributes: The attributes of a class, by name, in the order of the class.
        links: Attributes that lead to rows of another model, and which that is.
        nests: Whether a record of this style can lie inside another one.
        reads: How an attribute is read from a record.
        column_type: The type of an attribute's values, where it is a column that says so.
        assigns_key: Whether the database makes the key, of these attributes, when a record is inserted.
    """

    recognises: Callable[[Model], bool]
    attributes: Callable[[Model], Mapping[str, Attribute]]
    links: Callable[[Model], Mapping[str, type]] = _no_links
    nests: bool = False
    reads: Callable[[str], Read] = attribute
    column_type: Callable[[Model, str], type | None] = _no_column
    assigns_key: Callable[[Model, Sequence[str]], bool] = _given


def _typed_dict(model: Model) -> Mapping[str, Attribute]:
    return {name: Attribute(hint, model) for name, hint in inspect.get_annotations(model).items()}


def _pydantic(model: Model) -> Mapping[str, Attribute]:
    if not model.__pydantic_fields_complete__:
        model.model_rebuild(raise_errors=False)  # classes that did not exist when this one was made
    fields = {
        name: Attribute(each.annotation, model, each.metadata) for name, each in model.__pydantic_fields__.items()
    }
    computed = model.__pydantic_decorators__.computed_fields  # they are written with the others
    return fields | {name: _computed(each.info) for name, each in computed.items()} | dict(_beyond_fields(model))


def _beyond_fields(model: Model) -> Iterator[tuple[str, Attribute]]:
    """Private attributes, and what a model takes that has no field; a dataclass of pydantic says neither so."""
    written = _written(model)
    nothing = Attribute(Any, model)
    for name in getattr(model, "__private_attributes__", ()):
        yield name, _if_set(name, written.get(name, nothing))
    if getattr(model, "model_config", {}).get("extra") == "allow":
        yield "model_extra", nothing


def _computed(info: ComputedFieldInfo) -> Attribute:
    function = getattr(info.wrapped_property, "fget", None) or getattr(info.wrapped_property, "func", None)
    if info.return_type is PydanticUndefined:
        return Attribute(inspect.get_annotations(cast("Any", function)).get("return", Any), function)
    return Attribute(info.return_type, function)


def _attrs(model: Model) -> Mapping[str, Attribute]:
    return _fields_and_others(model, attrs.fields(model))


def _dataclass(model: Model) -> Mapping[str, Attribute]:
    return _fields_and_others(model, dataclasses.fields(model))


def _fields_and_others(model: Model, fields: Iterable[Any]) -> Mapping[str, Attribute]:
    """The fields, then what bases or subclasses annotate that were never made into fields."""
    written = _written(model)
    typed = {each.name: _typed(model, each.type, written.get(each.name)) for each in fields}
    return typed | {name: _if_set(name, each) for name, each in written.items() if name not in typed}


def _typed(model: Model, hint: Any, written: Attribute | None) -> Attribute:
    """An attribute whose class kept its type; the names in it are those of the class that wrote it."""
    return Attribute(Any, model) if hint is None else written or Attribute(hint, model)


def _plain(model: Model) -> Mapping[str, Attribute]:
    written = _written(model)
    nothing = Attribute(Any, model)
    return written | {name: _if_set(name, nothing) for name in _slots(model) if name not in written}


def _slots(model: Model) -> Iterator[str]:
    for each in cast("tuple[type, ...]", model.__mro__):
        slots = vars(each).get("__slots__", ())
        yield from (name for name in ((slots,) if isinstance(slots, str) else slots) if not name.startswith("__"))


def _if_set(name: str, attribute: Attribute) -> Attribute:
    """An attribute that no constructor is known to set."""

    def read(record: Any) -> Any:
        return getattr(record, name, None)

    return evolve(attribute, read=read)


def _mapped(model: Model) -> Mapping[str, Attribute]:
    mapper = model.__mapper__
    written = _written(model)
    names = [
        *(name for name in written if name not in mapper.composites),  # what a composite holds is in its columns
        *mapper.column_attrs.keys(),  # also those that are mapped without an annotation
        *(name for name, each in mapper.all_orm_descriptors.items() if _is_hybrid(each)),
        *mapper.relationships.keys(),
    ]
    return {name: written.get(name) or _of_property(model, name) for name in dict.fromkeys(names)}


def _is_hybrid(descriptor: Any) -> bool:
    return getattr(descriptor.extension_type, "value", None) == "HYBRID_PROPERTY"


def _relationships(model: Model) -> Mapping[str, type]:
    return {name: link.mapper.class_ for name, link in model.__mapper__.relationships.items()}


def _django(model: Model) -> Mapping[str, Attribute]:
    written = _written(model)
    nothing = Attribute(Any, model)
    columns = {
        # A foreign key `customer` is read as its column `customer_id`: the row it leads to is another model's.
        each.attname: evolve(written.get(each.attname) or written.get(each.name) or nothing, also_named=each.name)
        for each in _meta(model).concrete_fields
    }
    many = {
        each.name: evolve(written.get(each.name) or nothing, read=_keys_of(each.name))
        for each in _meta(model).many_to_many
    }
    return columns | many


def _keys_of(name: str) -> Read:
    return lambda record: list(getattr(record, name).values_list("pk", flat=True))


def _foreign_keys(model: Model) -> Mapping[str, type]:
    return {each.name: each.related_model for each in _meta(model).concrete_fields if each.is_relation}


def _meta(model: Model) -> Any:
    return model._meta  # noqa: SLF001  # the documented way to the fields of a Django model


def _written(model: Model) -> dict[str, Attribute]:
    """What the class and its bases annotate, but for what no record holds (`ClassVar`, `InitVar`, `KW_ONLY`)."""
    return {
        name: Attribute(hint, each)
        for each in reversed(model.__mro__)
        for name, hint in inspect.get_annotations(each).items()
        if not (name.startswith("__") or _is_not_held(hint))
    }


_NOT_HELD = re.compile(r"(\w+\.)?(ClassVar|InitVar|KW_ONLY)\b")


def _is_not_held(hint: Any) -> bool:
    if isinstance(hint, str):
        return _NOT_HELD.match(hint) is not None
    if hint is ClassVar or get_origin(hint) is ClassVar:
        return True
    return hint is dataclasses.KW_ONLY or isinstance(hint, InitVar)


def _of_property(model: Model, name: str) -> Attribute:
    """What a property says that it returns: a hybrid, or a column that a mixin declares."""
    for each in cast("tuple[type, ...]", model.__mro__):
        function = getattr(vars(each).get(name), "fget", None)
        if function is not None:
            return Attribute(inspect.get_annotations(function).get("return", Any), function)
    return Attribute(Any, model)


STYLES = (
    Style(recognises=is_typeddict, attributes=_typed_dict, nests=True, reads=key),
    Style(
        recognises=lambda model: hasattr(model, "__mapper__"),  # SQLAlchemy
        attributes=_mapped,
        links=_relationships,
        column_type=mapped_type,
        assigns_key=lambda model, _: mapped_key_is_assigned(model),
    ),
    Style(
        recognises=lambda model: hasattr(getattr(model, "_meta", None), "concrete_fields"),  # Django
        attributes=_django,
        links=_foreign_keys,
        column_type=django_type,
        assigns_key=django_key_is_assigned,
    ),
    Style(recognises=lambda model: hasattr(model, "__pydantic_fields__"), attributes=_pydantic, nests=True),
    Style(recognises=attrs.has, attributes=_attrs, nests=True),
    Style(recognises=dataclasses.is_dataclass, attributes=_dataclass, nests=True),
    Style(recognises=lambda _: True, attributes=_plain),  # any class whose annotations are its fields
)


def style_of(model: Model) -> Style:
    """The style of a class."""
    return next(style for style in STYLES if style.recognises(model))


def is_record(model: Model) -> bool:
    """Whether instances of a class are records that can lie inside another record."""
    return model not in _PLAIN and style_of(model).nests


_PLAIN = frozenset({bool, bytes, date, datetime, Decimal, float, int, str})
"""Types of most fields, known not to be records without looking at them."""
