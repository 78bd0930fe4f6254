"""Drift from the snapshot: every change of what is declared is found, in words, where it belongs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pytest
from attrs import define
from hypothesis import given

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.checks import Finding
from sectorprivacy.documents import DataMap, data_map
from sectorprivacy.encryption import BlindIndex, Sealed
from sectorprivacy.policy import Keep, Policy
from sectorprivacy.vocabulary import Basis, Category, Source
from sectorprivacy.vocabulary import categories as C
from tests.checks.company import Customer, activity, controller, found, policy, recipient
from tests.checks.registers import registers

NUMBER = Annotated[str, SubjectId("customer_number", role="customer", verified=True)]


def snapshot(*models: type, register: Policy | None = None) -> DataMap:
    return data_map(register or policy(), [read_fields(model) for model in models or (Customer,)])


def drifted(findings: tuple[Finding, ...]) -> dict[str, tuple[str, str]]:
    return {each.where: (each.code, each.message) for each in findings if each.code.startswith("drift")}


@pytest.mark.parametrize(
    ("register", "where", "code", "said"),
    [
        (policy(version="2"), "policy", "drift-changed", 'Its version was "1" and is "2".'),
        (
            policy(controller=controller(dpo="dpo@shop.example")),
            "controller",
            "drift-changed",
            'Its dpo is "dpo@shop.example" and was not said.',
        ),
        (
            policy(activity(uses=[C.NAME, C.CONTACT, C.AGREEMENT])),
            "activity selling",
            "drift-changed",
            "Its uses gained contact and lost email.",
        ),
        (
            policy(activity(keep=Keep(after="left", years=2))),
            "activity selling",
            "drift-changed",
            "Its keep.years was 1 and is 2.",
        ),
        (
            policy(activity(basis={"customer": Basis.CONTRACT, "payer": Basis.CONTRACT})),
            "activity selling",
            "drift-changed",
            'Its basis.payer is "contract" and was not said.',
        ),
        (
            policy(activity(title="buying")),
            "activity selling",
            "drift-changed",
            'Its title.en was "selling" and is "buying".',
        ),
        (
            policy(activity(), activity(id="serving")),
            "activity serving",
            "drift-added",
            "It is new since the snapshot.",
        ),
        (
            policy(activity(recipients=[])),
            "recipient Sky AS",
            "drift-removed",
            "It stands in the snapshot and is declared no more.",
        ),
        (
            policy(activity(recipients=[recipient(country="DE")])),
            "recipient Sky AS",
            "drift-changed",
            'Its country was "NO" and is "DE".',
        ),
        (
            policy(events={"left": "gone"}),
            "event left",
            "drift-changed",
            'Its en was "the customer left" and is "gone".',
        ),
    ],
)
def test_change_of_the_register(register: Policy, where: str, code: str, said: str) -> None:
    """Each change of the register is said about what it changes, before and after."""
    assert drifted(found(register, lock=snapshot()))[where] == (code, said)


def test_data_sets_come_and_go() -> None:
    """A new data set names its fields: that is what a reviewer looks at."""

    @personal(id="shop.order", key="number", anchors={"left": "number"})
    @define
    class Order:
        number: NUMBER
        price: Annotated[str, Personal(C.AGREEMENT)]

    assert drifted(found(models=(Customer, Order), lock=snapshot())) == {
        "shop.order": ("drift-added", "It is new since the snapshot, with number, price.")
    }
    assert drifted(found(lock=snapshot(Customer, Order))) == {
        "shop.order": ("drift-removed", "It stands in the snapshot and is declared no more.")
    }


def test_fields_come_go_and_change() -> None:
    """A field is found by its id, with what was said of it and what is said now."""

    @personal(id="shop.customer", key="number", anchors={"left": "left_on"}, not_personal={"colour": "of the bag"})
    @define
    class Changed:
        number: NUMBER
        name: Annotated[str, Personal(C.NAME, source=Source.THIRD_PARTY, shown_to=["customer"])]
        telephone: Annotated[str, Personal(C.TELEPHONE)]
        left_on: Annotated[str, Personal(C.AGREEMENT)]
        colour: str

    findings = found(models=(Changed,), lock=snapshot())
    assert drifted(findings) == {
        "shop.customer": ("drift-changed", 'Its not_personal.colour was "colour of the folder" and is "of the bag".'),
        "shop.customer.email": ("drift-removed", "It stands in the snapshot and is declared no more."),
        "shop.customer.name": ("drift-changed", 'Its source was "provided" and is "third_party".'),
        "shop.customer.telephone": ("drift-added", "It is new since the snapshot, of the category telephone."),
    }
    shown = [each.message for each in findings if each.where == "shop.customer.name"]
    assert 'Its shown_to is ["customer"] and was not said.' in shown


def test_order_is_part_of_what_people_read() -> None:
    """Fields and activities are read in the order in which they are declared."""
    register = policy(activity(), activity(id="serving"))
    turned = policy(activity(id="serving"), activity())
    said = drifted(found(turned, lock=snapshot(register=register)))
    assert said == {
        "policy": ("drift-changed", 'Its order by activity was ["selling", "serving"] and is ["serving", "selling"].')
    }


def test_order_of_fields() -> None:
    """The copy that a person receives follows the order of the model."""

    @personal(
        id="shop.customer", key="number", anchors={"left": "left_on"}, not_personal={"colour": "colour of the folder"}
    )
    @define
    class Turned:
        number: NUMBER
        email: Annotated[str, Personal(C.EMAIL)]
        name: Annotated[str, Personal(C.NAME)]
        left_on: Annotated[str, Personal(C.AGREEMENT)]
        colour: str

    said = drifted(found(models=(Turned,), lock=snapshot()))
    assert list(said) == ["shop.customer"]
    assert said["shop.customer"][1].startswith("Its order of fields was ")


def test_a_word_that_means_something_else() -> None:
    """A company's own word that is placed or worded otherwise changes what every use of it says."""

    def register(under: Category) -> Policy:
        return policy(activity(uses=[C.NAME, C.EMAIL, C.AGREEMENT, Category("note", "note", under)]))

    said = drifted(found(register(C.CONTACT), lock=snapshot(register=register(C.NAME))))
    assert said == {"category note": ("drift-changed", 'Its under was "name" and is "contact".')}


def test_title_of_a_service() -> None:
    """What people read for a service is part of the data map."""
    lock = data_map(policy(), [read_fields(Customer)], titles={"shop": "Shop"})
    said = drifted(found(lock=lock, titles={"shop": "The shop"}))
    assert said == {"service shop": ("drift-changed", 'Its title.en was "Shop" and is "The shop".')}


def test_unreadable_model_is_not_taken_for_a_removed_one() -> None:
    """What cannot be read is wrong by itself; the rest is still compared, and nothing is said of what nobody knows."""

    @personal(id="shop.order", key="number", anchors={"left": "number"})
    @define
    class Order:
        number: NUMBER
        price: Annotated[str, Personal(C.AGREEMENT)]

    lock = snapshot(Customer, Order)

    @personal(id="shop.order", key="number", anchors={"left": "number"})
    @define
    class Unmarked:
        number: NUMBER
        price: str

    findings = found(models=(Customer, Unmarked), lock=lock)
    assert [(each.code, each.where) for each in findings] == [("declaration.unmarked-fields", "shop.order.price")]
    findings = found(policy(version="2"), models=(Customer, Unmarked), lock=lock)
    assert [each.code for each in findings] == ["drift-changed", "declaration.unmarked-fields"]


def test_no_snapshot_is_found() -> None:
    """Without a snapshot nothing can be compared, and that is said."""
    (finding,) = found(lock=None)
    assert (finding.code, finding.where) == ("lock-missing", "lock")


def test_the_same_is_no_drift() -> None:
    """What is declared as before is not mentioned."""
    assert found(lock=snapshot()) == ()


@given(registers, registers)
def test_no_change_goes_unseen(old: Policy, new: Policy) -> None:
    """There is drift exactly where the two data maps differ, whatever it is that differs."""
    lock = snapshot(register=old)
    for register in (old, new):
        assert bool(drifted(found(register, lock=lock))) == (snapshot(register=register) != lock)


def marked(number: SubjectId, **arguments: Any) -> type:
    given = {"id": "shop.visit", "key": "number", "anchors": {"left": "begun"}, "fields": {"number": number}}

    @personal(**given | arguments)
    @define
    class Visit:
        number: str
        customer: Annotated[Any, NotPersonal("leads to the customer")]
        begun: Annotated[str, Personal(C.EVENT)]
        ended: Annotated[str, Personal(C.EVENT)]

    return Visit


@pytest.mark.parametrize(
    ("identifier", "arguments", "where", "said"),
    [
        ({"verified": True}, {}, "shop.visit.number", "Its verified was false and is true."),
        ({"via": "customer.number"}, {}, "shop.visit.number", 'Its via is "customer.number" and was not said.'),
        ({}, {"when": "begun"}, "shop.visit", 'Its when is "begun" and was not said.'),
        ({}, {"period": ("begun", "ended")}, "shop.visit", 'Its period is ["begun", "ended"] and was not said.'),
        ({}, {"key": ("number", "begun")}, "shop.visit", "Its key gained begun."),
        ({}, {"anchors": {"left": "ended"}}, "shop.visit", 'Its events.left was "begun" and is "ended".'),
    ],
    ids=str,
)
def test_whose_a_record_is_and_since_when_does_not_change_unseen(
    identifier: dict[str, Any], arguments: dict[str, Any], where: str, said: str
) -> None:
    """What decides whose copy a record is in, and from which day it is kept, is looked at before it is merged."""
    before = marked(SubjectId("customer_number", role="customer"))
    after = marked(SubjectId("customer_number", role="customer", **identifier), **arguments)
    assert drifted(found(models=(Customer, after), lock=snapshot(Customer, before)))[where] == ("drift-changed", said)


INDEX = BlindIndex("email-1", distinct=5_000)


def sealed(
    held: Any = Sealed[str],
    *,
    field_id: str = "email",
    number: Any = str,
    key: Any = "number",
    row_version: str | None = None,
    **said: Any,
) -> type:
    """A model with a field that is sealed unless something else is said."""
    hints = {
        "number": Annotated[number, SubjectId("customer_number", role="customer", verified=True)],
        "email": Annotated[held, Personal(C.EMAIL, id=field_id, **said)],
        "version": Annotated[int, Personal(C.AGREEMENT)],
        "other": Annotated[number, Personal(C.AGREEMENT)],
    }
    model = define(type("Account", (), {"__annotations__": hints}))
    return personal(id="shop.account", key=key, anchors={"left": "version"}, row_version=row_version)(model)


@pytest.mark.parametrize(
    ("after", "where", "said"),
    [
        (sealed(Sealed[bytes]), "email", 'Its codec was "str" and is "bytes".'),
        (sealed(retention_class="marketing"), "email", 'Its retention_class was "contract" and is "marketing".'),
        (sealed(number=int), "email", 'Its record was "s" and is "i".'),
        (sealed(number=int | str), "email", 'Its record was "s" and is not said any more.'),
        (sealed(key=("number", "version")), "email", 'Its record was "s" and is "tsi".'),
        (sealed(key="other"), "", "Its key gained other and lost number."),
        (sealed(row_version="version"), "", 'Its row_version is "version" and was not said.'),
    ],
)
def test_what_would_lock_data_out_is_an_error_of_its_own(after: type, where: str, said: str) -> None:
    """A cell opens under what it is bound to alone: a developer learns it from the build, not from the data."""
    findings = found(models=(Customer, after), lock=snapshot(Customer, sealed()))
    place = f"shop.account.{where}".rstrip(".")
    (told,) = [each.message for each in findings if (each.where, each.code) == (place, "drift-locks-out")]
    assert told == f"{said} Sealed values that are stored do not open any more."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (sealed(number=int, row_version="version"), sealed(number=int, row_version="other")),
        (sealed(number=int | str), sealed(number=int)),
        (sealed(str), sealed()),
        (sealed(), sealed(str)),
        (sealed(str), sealed(str, number=int)),
        (sealed(str), sealed(str, key="other")),
        (sealed(str), sealed(str, row_version="version")),
    ],
    ids=[
        "the version has another name",
        "the type is known now",
        "it is sealed now",
        "it is in the clear now",
        *["nothing is sealed"] * 3,
    ],
)
def test_what_locks_nothing_out_is_a_change_like_others(before: type, after: type) -> None:
    """An alarm about data that opens as before would teach people to pass over it."""
    findings = found(models=(Customer, after), lock=snapshot(Customer, before))
    assert {each.code for each in findings} <= {"drift-changed"}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (
            sealed(index=BlindIndex("exact-1", distinct=5_000)),
            'Its index.normaliser was "email-1" and is "exact-1".',
        ),
        (
            sealed(index=BlindIndex("email-1", distinct=5_000, unique=True)),
            'Its index.kind was "eq" and is "uniq".',
        ),
        (sealed(index=BlindIndex("email-1", distinct=2_000_000)), "Its index.size was 2 and is 3."),
        (sealed(index=BlindIndex("email-1", distinct=6_000)), "Its index.distinct was 5000 and is 6000."),
        (
            sealed(index=BlindIndex("email-1", distinct=5_000, accepted="we looked")),
            'Its index.accepted is "we looked" and was not said.',
        ),
        (sealed(index=INDEX, padding=(32, 64)), "Its padding was [] and is [32, 64]."),
        (
            sealed(index=INDEX, plaintext_until=date(2027, 6, 30)),
            'Its plaintext_until is "2027-06-30" and was not said.',
        ),
    ],
)
def test_how_a_sealed_field_is_searched_and_read_does_not_change_unseen(after: type, said: str) -> None:
    """A token is found under its own declaration alone, so a change of it is looked at."""
    findings = found(models=(Customer, after), lock=snapshot(Customer, sealed(index=INDEX)), today=date(2026, 11, 25))
    assert {each.code for each in findings} == {"drift-changed"}
    assert said in [each.message for each in findings if each.where == "shop.account.email"]


def test_a_sealed_field_of_another_id_does_not_come_unseen() -> None:
    """The id is sealed into every cell: a field that is renamed keeps its id, or its values do not open."""
    said = drifted(found(models=(Customer, sealed(field_id="mail")), lock=snapshot(Customer, sealed())))
    assert said["shop.account.email"][0] == "drift-removed"
    assert said["shop.account.mail"][0] == "drift-added"
