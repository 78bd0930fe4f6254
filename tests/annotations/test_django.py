"""Django's models are read through `_meta`: columns, foreign keys as their columns, and many-to-many as keys."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from django.db import connection, models

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, mark, personal, read_fields
from sectorprivacy.errors import InvalidDeclaration, UnmarkedFields
from tests.annotations.django_settings import ContentType, Group, Permission, User

ID = NotPersonal("row key")


class Tag(models.Model):
    """What a customer may be called; not declared."""

    word = models.CharField(max_length=10)

    class Meta:
        app_label = "marks"


class Person(models.Model):
    """An abstract base with a mark in its annotation."""

    name: Annotated[models.CharField, Personal("name")] = models.CharField(max_length=40)

    class Meta:
        abstract = True


@personal(
    id="crm.customer",
    key="number",
    fields={"number": SubjectId("customer_number", role="customer"), "id": ID},
)
class Customer(Person):
    """A customer, whose name is marked in the base."""

    number = models.CharField(max_length=10, unique=True)

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride]  # as Django has it
        app_label = "marks"


class Line(models.Model):
    """A row that belongs to a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    amount = models.IntegerField()

    class Meta:
        app_label = "marks"


OWNER = SubjectId("customer_number", role="customer", via="customer.number")


def line(**fields: Any) -> type[models.Model]:
    return mark(Line, id="billing.line", fields={"id": ID, "amount": Personal("transaction"), **fields})


@pytest.mark.parametrize("name", ["customer", "customer_id"])
def test_a_foreign_key_is_its_column(name: str) -> None:
    """A mark under either name is one on the column: the row it leads to is its own model's."""
    field_map = read_fields(line(**{name: OWNER}))
    assert [each.name for each in field_map.fields] == ["customer_id", "amount"]
    record = Line(id=1, customer=Customer(id=7, number="100234"), amount=3)
    assert field_map.field("customer_id").read(record) == 7
    assert field_map.field("customer_id").identifier(record) == "100234"


def test_a_foreign_key_is_marked_once() -> None:
    """Its two names are one field."""
    with pytest.raises(InvalidDeclaration, match="SubjectId more than once"):
        read_fields(line(customer=OWNER, customer_id=OWNER))


def test_a_path_through_a_foreign_key_is_followed() -> None:
    """Django knows where a foreign key leads."""
    with pytest.raises(InvalidDeclaration, match=r"goes through customer\.nummer"):
        read_fields(line(customer=SubjectId("customer_number", role="customer", via="customer.nummer")))


def test_an_unmarked_column_is_refused() -> None:
    """The key that Django adds by itself is a column, too."""

    class Bare(models.Model):
        number = models.CharField(max_length=10)
        tags = models.ManyToManyField(Tag)
        parent = models.ForeignKey(Customer, on_delete=models.CASCADE)

        class Meta:
            app_label = "marks"

    with pytest.raises(UnmarkedFields) as refused:
        read_fields(
            mark(Bare, id="crm.bare", key="number", fields={"number": SubjectId("customer_number", role="customer")})
        )
    assert refused.value.paths == ("id", "parent_id", "tags")


def test_a_declared_row_shows_nothing() -> None:
    """Django writes `str(row)` into its pages and logs."""
    assert str(Customer(id=7, name="Kari Nordmann")) == "<Customer: personal data of crm.customer>"


def test_marks_on_an_abstract_base_are_read() -> None:
    """What a base marks in its annotation is marked in every model that is made of it."""
    assert [each.name for each in read_fields(Customer).fields] == ["name", "number"]


def test_many_to_many_is_read_as_keys() -> None:
    """Which rows somebody is linked to is data about them; what those rows say is theirs."""
    mark(
        User,
        id="staff.user",
        fields={
            "username": SubjectId("user_name", role="employee"),
            "groups": Personal("usage"),
            "email": Personal("email"),
            "first_name": Personal("name"),
            "last_name": Personal("name"),
            "password": Personal("password"),
        },
        not_personal=dict.fromkeys(
            ["id", "is_active", "is_staff", "is_superuser", "last_login", "date_joined", "user_permissions"], "not here"
        ),
    )
    with connection.schema_editor() as editor:
        for model in (ContentType, Permission, Group, User):
            editor.create_model(model)
    try:
        user = User.objects.create(username="kari")
        user.groups.set([Group.objects.create(id=3, name="guards"), Group.objects.create(id=5, name="operators")])
        read = {each.name: each.read(user) for each in read_fields(User).fields}
    finally:
        connection.close()
    assert (read["username"], read["groups"]) == ("kari", [3, 5])
