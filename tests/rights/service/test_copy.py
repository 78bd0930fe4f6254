"""A record as one person may see it: what is withheld is named, and every stored value has a form in JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import pytest

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.encryption import Codec, Place, Sealed, key_access
from sectorprivacy.errors import (
    DecryptionError,
    KeyErased,
    KeyUnavailable,
    PrivacyError,
    ProtocolError,
    SubjectNotCovered,
    SystemicFailure,
)
from sectorprivacy.rights.service import Who
from sectorprivacy.rights.service._copy import Copier, as_json
from sectorprivacy.vocabulary import Identifier, RecordKey, Relation, Right, Source, SubjectRef
from sectorprivacy.vocabulary import categories as C

KARI = Identifier(kind="customer_number", value="100001")
OLA = Identifier(kind="email", value="ola@example.no")


@personal(id="test.account")
@dataclass
class Account:
    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    name: Annotated[str, Personal(C.NAME, id="full_name")]
    code: Annotated[str, Personal(C.CODE)]
    score: Annotated[int, Personal(C.CREDIT, source=Source.DERIVED)]
    seen: Annotated[int, Personal(C.EVENT, source=Source.OBSERVED)]
    contact: Annotated[
        str | None, Personal(C.EMAIL), SubjectId("email", role="contact_person", relation=Relation.APPEARS)
    ]


ACCOUNT = read_fields(Account)
RECORD = Account(1, "100001", "Kari", "1234", 7, 3, "ola@example.no")


def copy(who: Identifier, right: Right = Right.ACCESS) -> Any:
    copier = Copier(ACCOUNT, right, lambda *_: None, lambda key: key)
    return copier.copy(RECORD, RecordKey.of(1), Who([who]).concerns(ACCOUNT, RECORD))


def test_the_owner_sees_what_is_theirs():
    """Everything about the owner, by the field's id; the contact person's address is somebody else's (Art. 15(4))."""
    record = copy(KARI)
    assert record.fields == {"customer": "100001", "full_name": "Kari", "score": 7, "seen": 3}
    assert {each.field: each.ground for each in record.withheld} == {"code": "secret", "contact": "rights_of_others"}


class Refusing:
    """Access to keys that answers every value with one refusal."""

    def __init__(self, refusal: PrivacyError) -> None:
        self.refusal = refusal

    def open(self, place: Place, cell: bytes) -> Any:
        raise self.refusal


@pytest.fixture
def sealed() -> Account:
    """An account whose name is sealed."""
    place = Place(
        tenant="company",
        model="test.account",
        field="full_name",
        subject=SubjectRef(bytes(16)),
        record=RecordKey.of(1),
        codec=Codec.STR,
        retention_class="contract",
    )
    name: Any = Sealed[str].stored(place, bytes(46))
    return replace(RECORD, name=name)


def copy_of(record: Account, refusal: PrivacyError) -> Any:
    copier = Copier(ACCOUNT, Right.ACCESS, lambda *_: None, lambda key: key)
    token = key_access.set(Refusing(refusal))
    try:
        return copier.copy(record, RecordKey.of(1), Who([KARI]).concerns(ACCOUNT, record))
    finally:
        key_access.reset(token)


def test_a_destroyed_value_is_shown_as_erased(sealed: Account):
    """A copy says what is no longer there, and goes on with the rest (Art. 17)."""
    for refusal in (KeyErased(), SubjectNotCovered(activity="rights_handling")):
        record = copy_of(sealed, refusal)
        assert {each.field: each.ground for each in record.withheld}["full_name"] == "erased"
        assert record.fields["score"] == 7


@pytest.mark.parametrize(
    "refusal", [KeyUnavailable(), DecryptionError(), SystemicFailure(failed=9, opened=10)], ids=lambda each: each.code
)
def test_nothing_else_is_called_erased(sealed: Account, refusal: PrivacyError):
    """A key that cannot be had now, a damaged value and wrong keys are failures, and no word for the person."""
    with pytest.raises(type(refusal)):
        copy_of(sealed, refusal)


def test_whoever_appears_sees_their_part():
    """A contact person's copy has their own address and nothing of the customer's."""
    record = copy(OLA)
    assert record.fields == {"contact": "ola@example.no"}
    assert record.roles == ("contact_person",)


def test_a_secret_is_named_and_never_shown():
    """A code is held data: the person learns that it is there, whoever they are."""
    for who in (KARI, OLA):
        record = copy(who)
        assert ("code", "secret") in [(each.field, each.ground) for each in record.withheld]
        assert "1234" not in record.model_dump_json()


def test_every_record_is_seen_in_its_own_roles():
    """On one page a person may own one record and only appear in the next: each copy shows what that role may see."""
    other = Account(2, "100002", "Ola", "9999", 1, 1, "kari@example.no")
    who = Who([KARI, Identifier(kind="email", value="kari@example.no")])
    copier = Copier(ACCOUNT, Right.ACCESS, lambda *_: None, lambda key: key)
    for order in ((RECORD, other), (other, RECORD)):
        shown = {
            record.id: set(copier.copy(record, RecordKey.of(record.id), who.concerns(ACCOUNT, record)).fields)
            for record in order
        }
        assert shown == {1: {"customer", "full_name", "score", "seen"}, 2: {"contact"}}


def test_portability_is_what_was_provided_or_observed():
    """Art. 20 leaves out what the company worked out itself, and does not call that withheld."""
    record = copy(KARI, Right.PORTABILITY)
    assert record.fields == {"customer": "100001", "full_name": "Kari", "seen": 3}
    assert "score" not in {each.field for each in record.withheld}


class Level(Enum):
    HIGH = "high"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Level.HIGH, "high"),
        (True, True),
        (2**70, 2**70),
        (1.5, 1.5),
        ("æ", "æ"),
        (Decimal("1.10"), "1.10"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (b"\x00\xff", "AP8="),
        (date(2026, 5, 20), "2026-05-20"),
        (time(8, 30), "08:30:00"),
        (datetime(2026, 5, 20, 8, tzinfo=UTC), "2026-05-20T08:00:00+00:00"),
        (datetime(2026, 5, 20, 8, tzinfo=UTC).replace(tzinfo=None), "2026-05-20T08:00:00+00:00"),
        ([1, (date(2026, 5, 20), None)], [1, ["2026-05-20", None]]),
        ({"a": {1: Decimal(2)}}, {"a": {"1": "2"}}),
    ],
)
def test_every_stored_value_has_a_form(value: Any, shown: Any):
    """What a database gives is readable without it; a time without a zone is UTC."""
    assert as_json(value) == shown
    json.dumps(as_json(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_a_value_without_a_form_is_refused(value: Any):
    """Nothing is exported by accident as its representation."""
    with pytest.raises(ProtocolError) as refusal:
        as_json(value)
    assert refusal.value.problem == "value_not_json"
