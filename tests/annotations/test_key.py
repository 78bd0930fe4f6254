"""How sealed values are bound to their record: the type of its key in each style of model, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, NewType, NotRequired, cast
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import models as columns
from django.db.models.functions import Now
from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, MetaData, String, Table, TypeDecorator, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from typing_extensions import TypeAliasType, TypedDict

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.encryption import Codec, Place, Sealed
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary import RecordKey, SubjectRef
from tests.annotations.django_settings import Group

OWNER = SubjectId("customer_number", role="customer")
ROW_KEY = NotPersonal("row key")
EMAIL = Personal("email")
FILE = Personal("image", attachment="image/png", sealed_file=True)
Number = NewType("Number", int)
Alias = TypeAliasType("Alias", Annotated[UUID, "what others write"])


class Kind(StrEnum):
    """Text that is more than text: no key may hold it."""

    HOME = "home"


def bound(model: type, field: str = "email") -> str | None:
    marks = read_fields(model)
    return marks.bound_to(marks.field(field))


def keyed(*hints: Any, **more: Any) -> type:
    """A dataclass whose key has parts of these types."""
    key = {f"part{count}": Annotated[hint, ROW_KEY] for count, hint in enumerate(hints)}
    hold = {**key, "owner": Annotated[str, OWNER], "email": Annotated[Sealed[str], EMAIL], **more}
    model = dataclass(type("Row", (), {"__annotations__": hold}))
    return personal(id="shop.row", key=tuple(key))(model)


@pytest.mark.parametrize(
    ("hint", "letter"),
    [
        (str, "s"),
        (int, "i"),
        (UUID, "u"),
        (bytes, "b"),
        (int | None, "i"),
        ("int | None", "i"),
        (Number, "i"),
        (Alias, "u"),
        (Literal["a", "b"], "s"),
        (Annotated[str | None, "of others"], "s"),
    ],
)
def test_letter_of_a_key(hint: Any, letter: str) -> None:
    """The data map says which letter stands in the associated data of a cell."""
    assert bound(keyed(hint)) == letter


@pytest.mark.parametrize("hint", [Any, int | str, bool, date, Kind, Literal["a", 1], list[int], Decimal, "object"])
def test_type_that_cannot_be_read_is_not_guessed(hint: Any) -> None:
    """What may be several things, or none that a key can be, is said to be unknown."""
    assert bound(keyed(hint)) is None
    assert bound(keyed(str, hint)) is None


@pytest.mark.parametrize("parts", [("a",), (7,), (uuid4(),), (b"a",), ("a", 7), (7, uuid4(), b"", "")])
def test_letters_are_those_of_the_associated_data(parts: tuple[Any, ...]) -> None:
    """What the data map pins is what is sealed: both change together, or this goes red."""
    record = RecordKey.of(*parts)
    place = Place(
        tenant="shop", model="shop.row", field="email", subject=SubjectRef(bytes(16)), record=record, codec=Codec.STR,
        retention_class="contract",
    )  # fmt: skip
    whole = place.associated_data(1)
    letters = bound(keyed(*map(type, parts)))
    assert letters is not None
    said = whole[whole.rindex(bytes(16)) + 16 :]
    assert chr(said[0]) == letters[0]
    if len(parts) > 1:
        found, rest = "t", said[2:]
        while rest:
            length = int.from_bytes(rest[:2], "big")
            found, rest = found + chr(rest[2]), rest[2 + length :]
        assert found == letters


def test_fields_in_the_clear_are_bound_to_nothing() -> None:
    """The letter is said where something is sealed, and nowhere else."""
    assert bound(keyed(int), "owner") is None


def test_key_of_a_typed_dict() -> None:
    """A key that need not be there has the type that it has where it is."""
    hints = {
        "id": NotRequired[Annotated[int, ROW_KEY]],
        "owner": Annotated[str, OWNER],
        "email": Annotated[Sealed[str], EMAIL],
    }
    model = cast("Any", TypedDict)("Row", hints)
    assert bound(personal(id="shop.row")(model)) == "i"


class Folded(TypeDecorator[Any]):
    """A column that makes something else of its text."""

    impl = String
    cache_ok = True


def mapped(hint: Any = None, *columns_: Any, key: str = "id", **more: Any) -> type:
    """A mapped class whose primary key has this annotation, or none."""

    class Base(DeclarativeBase): ...

    hints = {
        "owner": Mapped[Annotated[str, OWNER]],
        "email": Mapped[Annotated[Sealed[str], EMAIL]],
        "file": Mapped[Annotated[str, FILE]],
    }
    marks = {} if hint is not None else {"id": ROW_KEY}
    if hint is not None:
        hints = {"id": Mapped[Annotated[hint, ROW_KEY]], **hints}
    held = {"__tablename__": "row", "__annotations__": hints, "email": mapped_column(String)}
    body = {**held, "id": mapped_column(*columns_, primary_key=True, **more)}
    return personal(id="shop.row", key=key, fields=marks)(type("Row", (Base,), body))


def test_key_that_sqlalchemy_has_counted_up() -> None:
    """Its cells are sealed before there is a key, and bound to the person; a file is sealed when there is one."""
    assert bound(mapped(int)) == "S"
    assert bound(mapped(int), "file") == "i"
    assert bound(mapped(int, autoincrement=False)) == "i"
    assert bound(mapped(int, key="owner")) == "S"  # also where another attribute names the record


@pytest.mark.parametrize(
    ("column", "letter"),
    [(String, "s"), (Uuid, "u"), (Uuid(as_uuid=False), "s"), (LargeBinary, "b"), (Folded, None)],
)
def test_key_of_a_mapped_class_without_an_annotation(column: Any, letter: str | None) -> None:
    """Its column says what it gives, unless it is of a type that makes something else of it."""
    assert bound(mapped(None, column)) == letter


def test_annotation_goes_before_the_column() -> None:
    """What the developer wrote is what the type checker holds the program to."""
    assert bound(mapped(str, Folded)) == "s"


def test_key_of_a_child_table_is_not_assigned() -> None:
    """The parent has been given its key when the child's row is written."""
    table = Table("parent", MetaData(), Column("id", BigInteger, primary_key=True))
    assert bound(mapped(int, ForeignKey(table.c.id))) == "i"


def row(key: columns.Field[Any, Any], **body: Any) -> type:
    """A Django model with this primary key."""

    class Meta:
        app_label = "keys"

    held = {
        "__module__": __name__,
        "Meta": Meta,
        "__annotations__": {"email": Sealed[str]},
        "key": key,
        "owner": columns.CharField(max_length=9),
        "email": columns.TextField(),
        "file": columns.CharField(max_length=9),
    }
    try:
        model = type("Row", (columns.Model,), held | body)
    finally:
        apps.all_models["keys"].clear()
    name = key.attname
    marks = {name: ROW_KEY, "owner": OWNER, "email": EMAIL, "file": FILE}
    return personal(id="shop.row", key=name, fields=marks)(model)


@pytest.mark.parametrize(
    ("key", "letter", "of_file"),
    [
        (columns.BigAutoField(primary_key=True), "S", "i"),
        (columns.AutoField(primary_key=True), "S", "i"),
        (columns.DateTimeField(primary_key=True, db_default=Now()), "S", None),
        (columns.IntegerField(primary_key=True), "i", "i"),
        (columns.PositiveSmallIntegerField(primary_key=True), "i", "i"),
        (columns.CharField(primary_key=True, max_length=9), "s", "s"),
        (columns.EmailField(primary_key=True), "s", "s"),
        (columns.SlugField(primary_key=True), "s", "s"),
        (columns.UUIDField(primary_key=True, default=uuid4), "u", "u"),
        (columns.BinaryField(primary_key=True), None, None),
        (columns.DateField(primary_key=True), None, None),
        (columns.OneToOneField(Group, columns.CASCADE, primary_key=True), "i", "i"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, columns.Field) else None,
)
def test_key_of_a_django_model(key: columns.Field[Any, Any], letter: str | None, of_file: str | None) -> None:
    """Its columns say what they hold, through foreign keys, and whether the database makes it."""
    model = row(key)
    assert (bound(model), bound(model, "file")) == (letter, of_file)


class FoldedField(columns.CharField):
    """A column that makes something else of its text."""

    def from_db_value(self, value: str, *_: object) -> Kind:
        return Kind(value)


def test_column_of_django_that_converts_says_nothing() -> None:
    """What it gives is not what is stored, and a key is what it gives."""
    assert bound(row(FoldedField(primary_key=True, max_length=9))) is None


@pytest.mark.parametrize("held", [str, date, bool, Decimal, UUID, Kind])
def test_version_of_the_row_is_an_integer(held: Any) -> None:
    """Anything else is found when the model is declared, not when its first row is sealed."""
    model = keyed(int, version=Annotated[held, ROW_KEY])
    personal(id="shop.row", key="part0", row_version="version")(model)
    with pytest.raises(InvalidDeclaration, match=f"row_version names version, which holds {held.__name__} and no"):
        read_fields(model)


@pytest.mark.parametrize("held", [int, int | None, Number, Any])
def test_version_that_may_be_an_integer_passes(held: Any) -> None:
    """One whose type says nothing is not refused for that."""
    model = keyed(int, version=Annotated[held, ROW_KEY])
    personal(id="shop.row", key="part0", row_version="version")(model)
    assert read_fields(model).row_version == "version"


@pytest.mark.parametrize(("column", "refused"), [(String, True), (BigInteger, False)])
def test_version_of_a_mapped_row_without_an_annotation(column: Any, refused: bool) -> None:
    """Its column says what it holds."""
    model = mapped(None, column, autoincrement=False)
    personal(id="shop.row", fields={"id": ROW_KEY}, row_version="id")(model)
    if refused:
        with pytest.raises(InvalidDeclaration, match="holds str and no integer"):
            read_fields(model)
    else:
        assert read_fields(model).row_version == "id"
