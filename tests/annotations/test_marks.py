"""Marks: contradictions are refused where they are declared, and a declared model shows nothing of a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from attrs import frozen
from pydantic import BaseModel, Field

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, mark, personal, read_fields
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import InvalidDeclaration, NotDeclared, UnknownWord
from sectorprivacy.vocabulary import Relation, Source, categories

KARI = "Kari Nordmann"
Number = Annotated[str, SubjectId("customer_number", role="customer")]
Name = Annotated[str, Personal("name")]


@personal(id="crm.customer", key="number")
class PydanticCustomer(BaseModel):
    number: Number
    name: Name


@personal(id="crm.customer", key="number")
@frozen
class AttrsCustomer:
    number: Number
    name: Name


@dataclass
@personal(id="crm.customer", key="number")
class DataCustomer:
    number: Number
    name: Name


@pytest.mark.parametrize("model", [PydanticCustomer, AttrsCustomer, DataCustomer])
def test_a_declared_record_shows_nothing_of_its_person(model: Callable[..., Any]) -> None:
    """A record that reaches a log line or a traceback says what it is, and of whose data set."""
    customer = model(number="100234", name=KARI)
    for shown in (repr(customer), str(customer), f"{customer}", f"{[customer]}", "%r" % customer):  # noqa: UP031  # an old way, too
        assert KARI not in shown
        assert "100234" not in shown
        assert "crm.customer" in shown
    assert customer.name == KARI


def test_a_mark_changes_nothing_about_validation() -> None:
    """Marks are for readers of the model; pydantic does what it did before."""
    assert PydanticCustomer.model_validate({"number": "1", "name": KARI}).model_dump() == {"number": "1", "name": KARI}


@pytest.mark.parametrize("model_id", ["", "Crm.Customer", "crm/customer", "crm customer"])
def test_a_model_s_id_is_stable(model_id: str) -> None:
    """The id stands in every cell and every package; it survives a rename of the class."""
    with pytest.raises(InvalidDeclaration):
        personal(id=model_id)


def test_words_are_checked_where_the_mark_is_written() -> None:
    """A misspelt category, role or relation is found at import, not when somebody asks for their data."""
    for declare in (
        lambda: Personal("e-mail"),
        lambda: Personal("email", about="neighbour"),
        lambda: Personal("email", shown_to=["neighbour"]),
        lambda: SubjectId("email", role="neighbour"),
        lambda: personal(id="crm.customer", relation="owned"),
        lambda: mark(type("C", (), {}), id="crm.customer", fields={}, relation="owned"),
    ):
        with pytest.raises(UnknownWord):
            declare()


@pytest.mark.parametrize("reason", ["", "  "])
def test_no_personal_data_needs_a_reason(reason: str) -> None:
    """Leaving a field out of a person's rights is a decision, and a decision has a reason."""
    with pytest.raises(InvalidDeclaration):
        NotPersonal(reason)
    with pytest.raises(InvalidDeclaration):
        personal(id="crm.customer", not_personal={"id": reason})


def model_with(hint: Any, **arguments: Any) -> type:
    """A model with a subject and one field `x` of this annotation."""
    model = dataclass(type("Customer", (), {"__annotations__": {"number": Number, "x": hint}}))
    return personal(**{"id": "crm.customer", "key": "number", **arguments})(model)


@pytest.mark.parametrize(
    ("hint", "problem"),
    [
        pytest.param(Annotated[Name, NotPersonal("r")], "both as personal", id="personal and not"),
        pytest.param(Annotated[Number, NotPersonal("r")], "both as personal", id="identifier and not"),
        pytest.param(dict[Number, Annotated[str, NotPersonal("r")]], "both as personal", id="in parts"),
        pytest.param(Annotated[Name, Personal("email")], "Personal more than once", id="alias marked again"),
        pytest.param(Annotated[str, Personal("name", id="number")], "two fields have the id number", id="same id"),
        pytest.param(
            Annotated[Sealed[str], Personal("name", about="contact_person")],
            "sealed under the owner's key",
            id="other's",
        ),
    ],
)
def test_marks_that_contradict_each_other_are_refused(hint: Any, problem: str) -> None:
    """Where two marks say different things nobody picks one in silence."""
    with pytest.raises(InvalidDeclaration) as refused:
        read_fields(model_with(hint))
    assert problem in refused.value.problem


def test_a_field_named_not_personal_keeps_no_mark() -> None:
    """The class and the field must not disagree either."""
    with pytest.raises(InvalidDeclaration):
        read_fields(model_with(Name, not_personal={"x": "reason"}))


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"key": ("number", "gone")}, "key"),
        ({"when": "gone"}, "when"),
        ({"period": ("x", "gone")}, "period"),
        ({"anchors": {"left": "gone.left_on"}}, "anchors"),
        ({"not_personal": {"gone": "reason"}}, "not_personal"),
        ({"fields": {"gone": Personal("name")}}, "fields"),
    ],
)
def test_a_declaration_names_attributes_that_exist(arguments: dict[str, Any], argument: str) -> None:
    """A field that was renamed does not silently lose its retention, its order or its period."""
    with pytest.raises(InvalidDeclaration) as refused:
        read_fields(model_with(Name, **arguments))
    assert refused.value.problem.startswith(f"{argument} names gone")


@pytest.mark.parametrize("hint", [Name, Sealed[Annotated[str, SubjectId("email", role="customer")]]])
def test_a_data_set_says_whose_its_records_are(hint: Any) -> None:
    """Records that nobody can search by a person are never found for them; a sealed identifier cannot be searched."""
    model = personal(id="crm.customer", key="x")(dataclass(type("C", (), {"__annotations__": {"x": hint}})))
    with pytest.raises(InvalidDeclaration) as refused:
        read_fields(model)
    assert "whose record" in refused.value.problem


def test_defaults_come_from_the_words() -> None:
    """What is not said is what people would expect: the attribute's name, the word's label, provided by the person."""
    (x,) = [each for each in read_fields(model_with(Annotated[str, Personal("email")])).fields if each.name == "x"]
    assert (x.id, x.label, x.source, x.retention_class) == ("x", categories.EMAIL.label, Source.PROVIDED, "contract")
    assert str(read_fields(model_with(Name)).label) == "customer"


def test_the_class_says_what_its_fields_have_in_common() -> None:
    """A log of events is generated throughout; only the field that is not needs to say so."""
    model = model_with(Name, source=Source.GENERATED, retention_class="bookkeeping")
    assert (read_fields(model).field("x").source, read_fields(model).field("x").retention_class) == (
        Source.GENERATED,
        "bookkeeping",
    )
    own = model_with(Annotated[str, Personal("name", source="provided", retention_class="contract")], source="derived")
    assert (read_fields(own).field("x").source, read_fields(own).field("x").retention_class) == (
        Source.PROVIDED,
        "contract",
    )


def test_what_people_read_has_many_languages() -> None:
    """A code reads as words in the language of whoever asked."""
    hint = Annotated[
        str, Personal("event", label={"en": "Event", "nb": "Hendelse"}, values={"A1": {"nb": "Tilkoblet"}})
    ]
    field = read_fields(model_with(hint, label={"nb": "Kunde"})).field("x")
    assert field.label.in_language("nb") == "Hendelse"
    assert field.values is not None
    assert field.values["A1"].in_language("nb") == "Tilkoblet"


def test_secrets_are_told_by_their_category() -> None:
    """Of a code or a password the person learns that it is held, and no more (Art. 32)."""
    for category, secret in [("code", True), ("password", True), ("name", False)]:
        field_map = read_fields(model_with(Annotated[str, Personal(category)]))
        assert field_map.field("x").secret is secret


def test_a_model_that_is_somebody_else_s_is_marked_from_outside() -> None:
    """A class of a library gets its marks beside it, and keeps its own annotations."""

    @dataclass
    class Theirs:
        number: str
        name: str
        plan: str

    declared: type[Theirs] = mark(
        Theirs,
        id="crm.customer",
        key="number",
        fields={
            "number": [SubjectId("customer_number", role="customer"), Personal("customer_number", label="Number")],
            "name": Personal("name"),
            "plan": NotPersonal("what is sold"),
        },
    )
    assert declared is Theirs
    field_map = read_fields(Theirs)
    assert [(each.name, each.category.id) for each in field_map.fields] == [
        ("number", "customer_number"),
        ("name", "name"),
    ]
    assert field_map.not_personal == {"plan": "what is sold"}
    assert KARI not in repr(Theirs("1", KARI, "a"))


def test_a_mark_from_outside_does_not_overrule_one_in_the_annotation() -> None:
    """Where annotation and declaration both mark a field, nobody picks one in silence."""
    for given in (Personal("email"), [Personal("email")]):
        with pytest.raises(InvalidDeclaration, match="Personal more than once"):
            read_fields(model_with(Name, fields={"x": given}))
    with pytest.raises(InvalidDeclaration, match="both as personal"):
        read_fields(model_with(Name, fields={"x": NotPersonal("reason")}))


def test_metadata_of_others_is_passed_over() -> None:
    """`Annotated` belongs to everybody: what is not a mark says nothing here, and is no error."""
    hint = Annotated[str, "a note", Field(max_length=3), Personal("name"), object()]
    assert read_fields(model_with(hint)).field("x").category is categories.NAME


def test_an_unknown_field_is_refused() -> None:
    """Nobody seals a value for a field that is not declared."""
    with pytest.raises(NotDeclared):
        read_fields(PydanticCustomer).field("shoe_size")


def test_categories_are_those_of_the_content() -> None:
    """An identifier that is there to say whose record it is does not make the record one about identifiers."""
    assert read_fields(PydanticCustomer).categories == {categories.NAME}


def test_a_kind_of_one_s_own_is_an_identifier() -> None:
    """Companies have identifiers that the library does not know."""
    assert SubjectId("loyalty_card", role="customer", relation=Relation.APPEARS).category is categories.IDENTIFIER
