"""One declaration, written as six styles of model, is one and the same data map."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from itertools import count
from types import new_class
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import attrs
import pytest
from django.apps import apps
from django.db import models as columns
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, create_model
from sqlalchemy import JSON, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from typing_extensions import TypedDict

import tests.annotations.django_settings  # noqa: F401  # before the first model of Django
from sectorprivacy.annotations import FieldMap, Mark, NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.documents import data_map
from sectorprivacy.encryption import BlindIndex, Sealed
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.vocabulary import Basis, Relation, Source, categories

POLICY = Policy(
    Controller("Company", id="company", country="NO"),
    [
        Activity(
            "serve",
            purpose="service_provision",
            basis={"customer": Basis.CONTRACT},
            uses=[categories.CONTACT, categories.EVENT],
            keep=Keep(years=1, after="left"),
        )
    ],
)

NUMBER = SubjectId("customer_number", role="customer", verified=True)
_JSON = cast("Any", JSON)
_TEXT = cast("Any", String)
_serial = count()


@dataclasses.dataclass
class Place:
    """A record that a field of every style may hold."""

    street: Annotated[str, Personal("address")]
    floor: Annotated[int | None, NotPersonal("of the building")]


@attrs.frozen
class Declared:
    """A declaration that is not yet a model: fields with type and marks, and what stands on the class."""

    fields: Mapping[str, tuple[Any, tuple[Mark, ...]]]
    arguments: Mapping[str, Any]

    def hints(self) -> dict[str, Any]:
        """Annotations with the marks in them, as most styles take them."""
        return {name: _annotated(hint, marks) for name, (hint, marks) in self.fields.items()}

    def declare(self, model: type, **more: Any) -> type:
        return personal(id="generated.customer", key="number", **self.arguments, **more)(model)


class Style(Protocol):
    def __call__(self, declared: Declared, /) -> type: ...


def _annotated(hint: Any, marks: tuple[Mark, ...]) -> Any:
    for mark in marks:
        hint = Annotated[hint, mark]
    return hint


def _class(base: type | None, body: Mapping[str, Any]) -> Any:
    bases = () if base is None else (base,)
    return new_class(f"Customer{next(_serial)}", bases, exec_body=lambda names: names.update(body))


def pydantic_model(declared: Declared) -> type:
    fields = cast("dict[str, Any]", {name: (hint, ...) for name, hint in declared.hints().items()})
    return declared.declare(create_model("Customer", __base__=BaseModel, **fields))


def attrs_class(declared: Declared) -> type:
    return declared.declare(attrs.frozen(_class(None, {"__annotations__": declared.hints()})))


def data_class(declared: Declared) -> type:
    return declared.declare(dataclasses.dataclass(_class(None, {"__annotations__": declared.hints()})))


def typed_dict(declared: Declared) -> type:
    return declared.declare(cast("Any", TypedDict)("Customer", declared.hints()))


def mapped_class(declared: Declared) -> type:
    class Base(DeclarativeBase): ...

    made = {
        name: mapped_column(
            *([_JSON] if hint in COMPOUND else [_TEXT] if hint in SEALED else ()),
            primary_key=name == "number",
            autoincrement=False,
        )
        for name, (hint, _) in declared.fields.items()
    }
    hints = {name: Mapped[hint] for name, hint in declared.hints().items()}
    return declared.declare(_class(Base, {"__tablename__": "customer", "__annotations__": hints, **made}))


def _column(hint: Any) -> Any:
    return {int: columns.IntegerField, UUID: columns.UUIDField}.get(hint, columns.CharField)


def django_model(declared: Declared) -> type:
    """Its marks come from outside, but for those in the class of a record that a column holds."""
    made = {
        name: columns.JSONField() if hint in COMPOUND else _column(hint)(primary_key=name == "number")
        for name, (hint, _) in declared.fields.items()
    }
    holds = {name: hint for name, (hint, marks) in declared.fields.items() if not marks or hint in SEALED}
    meta = type("Meta", (), {"app_label": "generated"})
    body = {"__module__": __name__, "Meta": meta, "__annotations__": holds, **made}
    try:
        model = _class(columns.Model, body)
    finally:
        apps.all_models["generated"].clear()
    return declared.declare(model, fields={name: marks for name, (_, marks) in declared.fields.items() if marks})


STYLES: tuple[Style, ...] = (pydantic_model, attrs_class, data_class, typed_dict, mapped_class, django_model)

SEALED: tuple[Any, ...] = (Sealed[str], Sealed[str] | None)
COMPOUND: tuple[Any, ...] = (list[Place], Place | None, dict[Annotated[str, NotPersonal("which place")], Place])

names = st.from_regex(r"[a-z]{3,8}", fullmatch=True).filter(lambda name: name not in {"number", "objects", "registry"})
texts = st.text("abcæøå ", min_size=1).filter(str.strip)
wordings = texts | st.dictionaries(st.sampled_from(["en", "nb", "sv"]), texts, min_size=1)
personals = st.builds(
    Personal,
    st.sampled_from(["name", "email", "address", "event", "code", categories.TELEPHONE]),
    about=st.none() | st.sampled_from(["contact_person", "alarm_user"]),
    shown_to=st.none() | st.lists(st.sampled_from(["customer", "alarm_user"])),
    source=st.none() | st.sampled_from(Source),
    retention_class=st.none() | st.just("bookkeeping"),
    label=st.none() | wordings,
    values=st.none() | st.dictionaries(texts, wordings, max_size=2),
    attachment=st.none() | st.just("image/png"),
)
subjects = st.builds(
    SubjectId,
    st.sampled_from(["email", "telephone"]),
    role=st.sampled_from(["customer", "contact_person"]),
    relation=st.none() | st.sampled_from(Relation),
    label=st.none() | wordings,
)
marks = st.one_of(
    st.tuples(personals),
    st.tuples(subjects),
    st.tuples(personals, subjects),
    st.tuples(st.builds(NotPersonal, texts)),
)
sealings = st.builds(
    Personal,
    st.sampled_from(["name", "email"]),
    retention_class=st.none() | st.just("bookkeeping"),
    index=st.none()
    | st.builds(
        BlindIndex,
        st.sampled_from(["exact-1", "casefold-1"]),
        distinct=st.integers(1, 2_000_000),
        unique=st.booleans(),
        accepted=texts,
    ),
    padding=st.sets(st.integers(1, 512)).map(sorted),
    plaintext_until=st.none() | st.dates(),
)
sealed_fields = st.tuples(st.sampled_from(SEALED), st.tuples(sealings))
plain_fields = st.tuples(st.sampled_from([str, int, bool, str | None]), marks)
record_fields = st.tuples(st.sampled_from(COMPOUND), st.just(()))


@st.composite
def declarations(draw: st.DrawFn) -> Declared:
    fields = draw(st.dictionaries(names, plain_fields | record_fields | sealed_fields, max_size=5))
    some = st.sampled_from(sorted(fields)) if fields else st.nothing()
    counted = [name for name, (hint, _) in fields.items() if hint is int]
    arguments = {
        "relation": st.sampled_from(Relation),
        "source": st.sampled_from(Source),
        "retention_class": st.sampled_from(["contract", "bookkeeping"]),
        "label": wordings,
        "row_version": st.sampled_from(counted) if counted else st.none(),
        "anchors": st.dictionaries(st.sampled_from(["left", "paid"]), some, max_size=2),
    }
    key = draw(st.sampled_from([str, int, UUID]))
    return Declared({"number": (key, (NUMBER,)), **fields}, draw(st.fixed_dictionaries({}, optional=arguments)))


def as_json(field_map: FieldMap) -> str:
    return data_map(POLICY, [field_map]).model_dump_json(indent=1)


@settings(max_examples=40, deadline=None)
@given(declarations())
def test_every_style_says_the_same(declared: Declared) -> None:
    """The data map depends on what is declared, never on how a model is written."""
    expected, *others = [as_json(read_fields(style(declared))) for style in STYLES]
    assert others == [expected] * 5


RECORD = {"number": "100234", "name": "Kari", "homes": [Place("a", 1), Place("b", None)]}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_gives_the_same_values(style: Callable[[Declared], Any]) -> None:
    """A value is read from its record by the field, whatever the record is."""
    model = style(
        Declared({"number": (str, (NUMBER,)), "name": (str, (Personal("name"),)), "homes": (list[Place], ())}, {})
    )
    record = model(**RECORD)
    assert {each.id: each.read(record) for each in read_fields(model).fields} == {
        "number": "100234",
        "name": "Kari",
        "homes.street": ["a", "b"],
    }
