"""Records inside records are read by the marks of their own class, fail-closed, and their values by path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NewType, NotRequired, Optional, TypeVar

import pytest
from attrs import frozen
from pydantic import BaseModel
from typing_extensions import TypeAliasType, TypedDict  # pydantic takes no other TypedDict on Python 3.11

from sectorprivacy.annotations import FieldMap, NotPersonal, Personal, SubjectId, mark, personal, read_fields
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import DeclarationsInvalid, InvalidDeclaration, UnmarkedFields
from sectorprivacy.vocabulary import Relation, Source

T = TypeVar("T")
Number = Annotated[str, SubjectId("customer_number", role="customer")]
Name = Annotated[str, Personal("name")]
Which = Annotated[str, NotPersonal("says which of them it is")]


class Telephone(TypedDict):
    number: Annotated[str, Personal("telephone")]
    note: NotRequired[Annotated[str, Personal("communication")]]


@dataclass
class Contact:
    name: Name
    telephones: list[Telephone]


@frozen
class Company:
    name: Name
    register_number: Annotated[str, Personal("identifier")]


class Address(BaseModel):
    street: Annotated[str, Personal("address")]


Homes = TypeAliasType("Homes", list[Address])
Home = NewType("Home", Address)


@frozen
class Box(Generic[T]):
    street: Annotated[str, Personal("address")]


def holding(hint: Any, **arguments: Any) -> type:
    """A model with a subject and a field `x` of this annotation."""
    model = dataclass(type("Customer", (), {"__annotations__": {"number": Number, "x": hint}}))
    return personal(**{"id": "crm.customer", "key": "number", **arguments})(model)


def paths(model: type) -> list[str]:
    return [each.name for each in read_fields(model).fields][1:]


HINTS = [
    Address,
    Address | None,
    Optional[Address],  # noqa: UP045  # the old spelling is read, too
    list[Address],
    tuple[Address, ...],
    Sequence[Address | None],
    Collection[Address],
    dict[Which, Address],
    Mapping[Which, list[Address]],
    "list[Address]",
    list["Address"],
    Annotated[Address, "a note"],
    Homes,
    Home,
    Box[int],
]


@pytest.mark.parametrize("hint", HINTS, ids=str)
def test_a_record_is_found_wherever_it_lies(hint: Any) -> None:
    """Through optional, list, tuple, mapping, alias and name: what the record inside holds is read by its own marks."""
    field_map = read_fields(holding(hint))
    field = field_map.field("x.street")
    assert (field.name, field.category.id) == ("x.street", "address")


def test_every_style_nests() -> None:
    """A TypedDict in a dataclass in an attrs class, beside a pydantic model: each is read by its own reader."""

    @personal(id="crm.customer", key="number")
    @frozen
    class Customer:
        number: Number
        contacts: list[Contact]
        home: Address
        employer: Company | None = None

    assert paths(Customer) == [
        "contacts.name",
        "contacts.telephones.number",
        "contacts.telephones.note",
        "home.street",
        "employer.name",
        "employer.register_number",
    ]
    field_map = read_fields(Customer)
    customer = Customer(
        number="1",
        contacts=[
            Contact("Ola", [{"number": "91503033"}, {"number": "91503034", "note": "evenings"}]),
            Contact("Kari", []),
        ],
        home=Address(street="a"),
    )
    assert {each.name: each.read(customer) for each in field_map.fields} == {
        "number": "1",
        "contacts.name": ["Ola", "Kari"],
        "contacts.telephones.number": [["91503033", "91503034"], []],
        "contacts.telephones.note": [[None, "evenings"], []],
        "home.street": "a",
        "employer.name": None,
        "employer.register_number": None,
    }


@pytest.mark.parametrize(
    ("hint", "value", "read"),
    [
        (Address, Address(street="a"), "a"),
        (Address | None, None, None),
        (list[Address | None], [Address(street="a"), None], ["a", None]),
        (tuple[Address, ...], (Address(street="a"),), ["a"]),
        (dict[Which, Address], {"home": Address(street="a"), "cabin": Address(street="b")}, ["a", "b"]),
        (dict[Which, list[Address]], {"home": [Address(street="a")]}, [["a"]]),
        (list[dict[Which, Address]], [{"home": Address(street="a")}], [["a"]]),
    ],
    ids=str,
)
def test_values_of_one_entry_stand_at_the_same_place(hint: Any, value: Any, read: Any) -> None:
    """What lies inside a list is read as a list, entry by entry, and an entry that is not there keeps its place."""
    model: Callable[..., Any] = holding(hint)
    assert read_fields(holding(hint)).field("x.street").read(model(number="1", x=value)) == read


@pytest.mark.parametrize("hint", [list[Contact | Company], dict[Which, Contact] | list[Company]])
def test_a_member_of_a_union_without_the_field_gives_none(hint: Any) -> None:
    """A contact is a person or a company; both have a name, and only one a number in the register."""
    field_map = read_fields(holding(list[Contact | Company]))
    model: Callable[..., Any] = field_map.model
    record = model(number="1", x=[Contact("Ola", []), Company("Vaktel", "918")])
    assert field_map.field("x.name").read(record) == ["Ola", "Vaktel"]
    assert field_map.field("x.register_number").read(record) == [None, "918"]
    assert field_map.field("x.telephones.number").read(record) == [[], None]


def test_typed_dicts_in_a_mapping_are_told_from_it() -> None:
    """A mapping of dictionaries is not itself a record."""
    field_map = read_fields(holding(dict[Which, Telephone]))
    model: Callable[..., Any] = field_map.model
    record = model(number="1", x={"number": {"number": "91503033"}})
    assert field_map.field("x.number").read(record) == ["91503033"]


class Held(Generic[T]):
    """Holds something, in its own way."""


@frozen
class Plain:
    name: Name
    shoe_size: int


@pytest.mark.parametrize(
    ("hint", "unmarked"),
    [
        pytest.param(Plain, ("x.shoe_size",), id="a field inside"),
        pytest.param(list[Address | str], ("x",), id="beside the record, text"),
        pytest.param(tuple[Address, int], ("x",), id="beside the record, a number"),
        pytest.param(Address | Any, ("x",), id="anything"),
        pytest.param(Callable[[Address], None], ("x",), id="a function"),
        pytest.param(type[Address], ("x",), id="a class"),
        pytest.param(Counter[Address], ("x",), id="a mapping of another form"),
        pytest.param(Held[Address], ("x",), id="a type that nobody here knows"),
        pytest.param(Literal["Address"], ("x",), id="a constant"),
    ],
)
def test_what_is_not_marked_inside_is_named_by_its_path(hint: Any, unmarked: tuple[str, ...]) -> None:
    """A field that nobody thought about is an error however deep it lies, and so is a value that is no record."""
    with pytest.raises(UnmarkedFields) as refused:
        read_fields(holding(hint))
    assert refused.value.paths == unmarked


@pytest.mark.parametrize(
    "hint", [Annotated[list[Contact], Personal("relationship")], list[Annotated[Contact, Personal("relationship")]]]
)
def test_a_mark_on_the_field_speaks_for_the_whole(hint: Any) -> None:
    """Whoever marks the field that holds the records has said what all of it is."""
    assert paths(holding(hint)) == ["x"]


def test_the_outer_model_may_mark_what_lies_inside() -> None:
    """A class that is not yours and is held by yours gets its marks by path, or once beside it."""

    @dataclass
    class Theirs:
        street: str
        floor: int

    by_path = holding(
        list[Theirs], fields={"x.street": Personal("address", id="street")}, not_personal={"x.floor": "of the building"}
    )
    field_map = read_fields(by_path)
    assert [(each.name, each.id) for each in field_map.fields][1:] == [("x.street", "street")]
    assert field_map.not_personal == {"x.floor": "of the building"}

    mark(
        Theirs,
        id="maps.address",
        source=Source.THIRD_PARTY,
        fields={"street": Personal("address", id="road")},
        not_personal={"floor": "of the building"},
    )
    field = read_fields(holding(list[Theirs])).field("x.road")
    assert (field.name, field.source) == ("x.street", Source.THIRD_PARTY)

    with pytest.raises(DeclarationsInvalid, match="more than once"):
        read_fields(by_path)


def test_a_path_that_leads_nowhere_is_refused() -> None:
    """Marks by path do not fall away in silence when the class inside changes."""
    with pytest.raises(InvalidDeclaration, match=r"fields names x\.road"):
        read_fields(holding(Address, fields={"x.road": Personal("address")}))


class Tree(TypedDict):
    name: Name
    branches: list[Tree]


@dataclass
class Parent:
    children: list[Child]


@dataclass
class Child:
    parent: Parent


@pytest.mark.parametrize(("hint", "path"), [(Tree, "x.branches"), (Parent, "x.children.parent")])
def test_a_record_inside_itself_is_refused(hint: Any, path: str) -> None:
    """Its paths would have no end."""
    with pytest.raises(InvalidDeclaration, match="lies inside itself") as refused:
        read_fields(holding(hint))
    assert refused.value.where == f"crm.customer.{path}"


@frozen
class WithSealed:
    x: Annotated[Sealed[str], Personal("name")]


@frozen
class WithSubject:
    x: Annotated[str, SubjectId("email", role="contact_person", relation=Relation.APPEARS)]


@frozen
class WithFile:
    x: Annotated[str, Personal("image", attachment="image/png")]


@pytest.mark.parametrize(
    ("hint", "problem"),
    [
        (WithSealed, "sealed inside another record"),
        (WithSubject, "from inside the record"),
        (WithFile, "names a file"),
        (dict[WithFile, str], "keys of a mapping"),
        (list[Address] | dict[Which, Address], "both inside a mapping and outside"),
    ],
    ids=str,
)
def test_what_cannot_work_inside_is_refused(hint: Any, problem: str) -> None:
    """A record inside another has no key of its own: nothing there is sealed, searched or named as a file."""
    with pytest.raises(InvalidDeclaration, match=problem) as refused:
        read_fields(holding(hint))
    assert refused.value.where.startswith("crm.customer.x")


@frozen
class Alias:
    name: Annotated[str, NotPersonal("a stage name")]


@frozen
class Email:
    name: Annotated[str, Personal("email")]


@pytest.mark.parametrize("other", [Alias, Email])
def test_classes_of_a_union_mark_a_field_alike(other: type) -> None:
    """One path means one thing; where two classes disagree nobody picks one in silence."""
    for hint in (Company | other, other | Company):
        with pytest.raises(InvalidDeclaration, match="mark it differently"):
            read_fields(holding(hint))


def test_all_that_is_wrong_inside_is_said_at_once() -> None:
    """One run names every path of the model, however deep."""
    with pytest.raises(DeclarationsInvalid) as refused:
        read_fields(holding(dict[Which, WithSealed | Plain], key="gone"))
    text = str(refused.value)
    for said in ("crm.customer.x.x", "x.shoe_size", "key names gone"):
        assert said in text


def test_records_of_one_class_may_stand_in_two_places() -> None:
    """Where they are is in the path, and in the id."""

    @personal(id="crm.customer", key="number")
    @frozen
    class Customer:
        number: Number
        home: Address
        cabin: Address | None

    assert paths(Customer) == ["home.street", "cabin.street"]


def test_a_field_of_records_is_one_of_the_data_set() -> None:
    """Its category is held by the model, so the register must permit it."""
    field_map: FieldMap = read_fields(holding(list[Address]))
    assert {each.id for each in field_map.categories} == {"address"}


@pytest.mark.parametrize(
    "hint",
    [
        Annotated[int, NotPersonal("a count")] | str,
        tuple[Annotated[int, NotPersonal("a count")], str],
        Annotated[int, NotPersonal("a count")] | Address,
        dict[str, Which],
    ],
    ids=str,
)
def test_a_part_that_is_exempt_exempts_no_other(hint: Any) -> None:
    """NotPersonal on one member of a union, or one place of a tuple, must not silence what stands beside it."""
    with pytest.raises(InvalidDeclaration, match="only a part"):
        read_fields(holding(hint))


def test_exempt_keys_say_nothing_of_the_values() -> None:
    """A note by language is personal although its language is not."""
    with pytest.raises(UnmarkedFields) as refused:
        read_fields(holding(dict[Which, str]))
    assert refused.value.paths == ("x",)
    assert read_fields(holding(dict[Which, Name])).field("x").category.id == "name"


def test_keys_around_records_need_a_mark() -> None:
    """Contacts by their e-mail address: the values are read, and the keys would be in no copy."""
    with pytest.raises(InvalidDeclaration, match="keys of a mapping around its records carry no mark"):
        read_fields(holding(dict[str, Address]))
