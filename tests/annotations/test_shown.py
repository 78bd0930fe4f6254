"""Who sees which field of a record in a copy: the rights of others are protected by the marks (Art. 15(4))."""

from __future__ import annotations

from typing import Annotated

import pytest
from attrs import frozen

from sectorprivacy.annotations import FieldMap, NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.vocabulary import Relation

OWNER, CO_OWNER, APPEARS = Relation.OWNER, Relation.CO_OWNER, Relation.APPEARS


@personal(id="monitoring.activation")
@frozen
class Activation:
    """An alarm at a customer's home: who triggered it, who was called, what the operator noted."""

    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    housemate: Annotated[str, SubjectId("customer_number", role="customer", relation=CO_OWNER)]
    slot: Annotated[str, SubjectId("user_slot", role="alarm_user", relation=APPEARS)]
    called: Annotated[str, Personal("telephone"), SubjectId("telephone", role="contact_person", relation=APPEARS)]
    cause: Annotated[str, Personal("alarm")]
    relationship: Annotated[str, Personal("relationship", about="contact_person")]
    time: Annotated[str, Personal("event", shown_to=["customer", "alarm_user"])]


@pytest.fixture(scope="module")
def marks() -> FieldMap:
    return read_fields(Activation)


@pytest.mark.parametrize(
    ("role", "relation", "seen"),
    [
        ("customer", OWNER, {"customer", "housemate", "cause", "time"}),
        ("customer", CO_OWNER, {"customer", "housemate", "cause", "time"}),
        ("alarm_user", APPEARS, {"slot", "time"}),
        ("contact_person", APPEARS, {"called", "relationship"}),
        ("bystander", APPEARS, set()),
    ],
)
def test_each_sees_what_is_about_them(marks: FieldMap, role: str, relation: Relation, seen: set[str]) -> None:
    """Owners see the record but for what is about others; who merely appears sees their own part alone."""
    assert {each.name for each in marks.fields if marks.shows(each, role, relation)} == seen


def test_who_appears_is_never_an_owner(marks: FieldMap) -> None:
    """Only an owner's key seals the record: erasing who appears must not destroy it."""
    assert [each.name for each in marks.owners] == ["customer"]


def test_the_strongest_relation_of_a_role_counts(marks: FieldMap) -> None:
    """A role that occurs as owner and as co-owner has the owner's rights."""
    assert marks.relations() == {"customer": OWNER, "alarm_user": APPEARS, "contact_person": APPEARS}


def test_the_relation_of_the_class_holds_unless_a_field_says_otherwise() -> None:
    """A data set in which everybody merely appears has no owner at all."""

    @personal(id="crm.lead", key="email", relation="appears")
    @frozen
    class Lead:
        email: Annotated[str, SubjectId("email", role="interested_party")]
        note: Annotated[str, Personal("communication")]

    marks = read_fields(Lead)
    assert marks.owners == ()
    assert marks.field("email").about == "interested_party"
    assert not marks.shows(marks.field("note"), "interested_party", APPEARS)
