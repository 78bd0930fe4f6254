"""Customers, their notes and agreements: every way in which a model can have a sealed field."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.encryption import BlindIndex
from sectorprivacy.integrations.django import SealedField, SealedManager
from sectorprivacy.vocabulary import Relation
from sectorprivacy.vocabulary import categories as C

KEY = NotPersonal("row key")


@personal(
    id="site.customer", key="number", fields={"number": SubjectId("customer_number", role="customer"), "active": KEY}
)
class Customer(models.Model):
    """Named by its number, so every cell is bound to it."""

    number = models.CharField(max_length=20, primary_key=True)
    active = models.BooleanField(default=True)
    name = SealedField(str, Personal(C.NAME))
    email = SealedField(
        str, Personal(C.EMAIL, index=BlindIndex("email-1", distinct=50_000, unique=True)), null=True, blank=True
    )
    telephone = SealedField(
        str, Personal(C.TELEPHONE, index=BlindIndex("telephone-1", distinct=50_000)), null=True, blank=True
    )

    objects = SealedManager()


class ActiveCustomer(Customer):
    """A proxy."""

    objects = SealedManager()

    class Meta:
        proxy = True


@personal(
    id="site.note",
    fields={
        "id": KEY,
        "customer": SubjectId("customer_number", role="customer", via="customer.number"),
        "text": Personal(C.COMMUNICATION),
    },
)
class Note(models.Model):
    """Found through its customer; its key is assigned by the database."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    text = SealedField(str)

    objects = SealedManager()


class Person(models.Model):
    """An abstract model with a sealed field that is searched."""

    personal_number = SealedField(str, Personal(C.TELEPHONE, index=BlindIndex("digits-1", distinct=50_000)), null=True)

    class Meta:
        abstract = True


@personal(id="site.employee", fields={"id": KEY, "login": SubjectId("user_name", role="employee")})
class Employee(Person):
    """Takes its field from an abstract model; its key is a UUID that Django makes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    login = models.CharField(max_length=20, unique=True)

    objects = SealedManager()


@personal(
    id="site.guard",
    key="employee_ptr_id",
    fields={
        "id": KEY,
        "employee_ptr": KEY,
        "login": SubjectId("user_name", role="employee"),
        "licence": Personal(C.IDENTIFIER),
    },
)
class Guard(Employee):
    """Has a table of its own beside that of its parent, with a sealed field in each."""

    licence = SealedField(str)

    objects = SealedManager()


@personal(
    id="site.sorts",
    fields={
        "id": KEY,
        "customer": SubjectId("customer_number", role="customer"),
        **dict.fromkeys(["raw", "count", "paid", "born", "at", "agreed", "more", "items"], Personal(C.NAME)),
    },
)
class Sorts(models.Model):
    """One field of each sort."""

    customer = models.CharField(max_length=20)
    raw = SealedField(bytes, null=True)
    count = SealedField(int, null=True, blank=True)
    paid = SealedField(Decimal, null=True, blank=True)
    born = SealedField(date, null=True, blank=True)
    at = SealedField(datetime, null=True, blank=True)
    agreed = SealedField(bool, null=True, blank=True)
    more = SealedField(dict[str, Any], null=True, blank=True)
    items = SealedField(list[Any], null=True, blank=True)

    objects = SealedManager()


@personal(
    id="site.home",
    key="number",
    relation=Relation.CO_OWNER,
    fields={
        "number": KEY,
        "first": SubjectId("customer_number", role="customer"),
        "second": SubjectId("customer_number", role="customer", id="second"),
    },
)
class Home(models.Model):
    """Two customers own it together."""

    number = models.CharField(max_length=20, primary_key=True)
    first = models.CharField(max_length=20, null=True)
    second = models.CharField(max_length=20, null=True)
    door = SealedField(str, Personal(C.NAME), null=True)
    telephone = SealedField(
        str,
        Personal(C.TELEPHONE, retention_class="billing", index=BlindIndex("telephone-1", distinct=50_000)),
        null=True,
    )

    objects = SealedManager()


@personal(
    id="site.moved", key="number", fields={"number": SubjectId("customer_number", role="customer"), "active": KEY}
)
class Moved(models.Model):
    """Its names were in the clear once."""

    number = models.CharField(max_length=20, primary_key=True)
    active = models.BooleanField(default=True)
    name = SealedField(
        str,
        Personal(C.NAME, index=BlindIndex("casefold-1", distinct=50_000), plaintext_until=date(2999, 12, 31)),
    )

    objects = SealedManager()


MODELS = [Customer, Note, Employee, Guard, Sorts, Home, Moved]
