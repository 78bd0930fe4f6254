"""What records teach about a person: identifiers of the same role, links with their period, and never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from attrs import frozen

from sectorprivacy.annotations import FieldMap, NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.rights.service import Finding, Who, find_by_marks, key_of
from sectorprivacy.vocabulary import Assurance, Identifier, Period, RecordKey, Relation
from sectorprivacy.vocabulary import categories as C
from tests.rights.service.letters import policy

SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
KARI = Identifier(kind="customer_number", value="100001")
KARI_MAIL = Identifier(kind="email", value="kari@example.no")


@personal(id="test.customer", key="number")
@dataclass
class Customer:
    number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
    email: Annotated[str | None, SubjectId("email", role="customer", verified=True)] = None
    telephone: Annotated[
        Sealed[str] | None, Personal(C.TELEPHONE), SubjectId("telephone", role="customer", verified=True)
    ] = None


@personal(id="test.contact")
@dataclass
class Contact:
    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    email: Annotated[str, SubjectId("email", role="contact_person", relation=Relation.APPEARS)]
    telephone: Annotated[str, SubjectId("telephone", role="contact_person", relation=Relation.APPEARS)]


@personal(id="test.ownership", period=("since", "until"))
@dataclass
class Ownership:
    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    home: Annotated[str, SubjectId("installation", role="customer")]
    since: Annotated[datetime, Personal(C.AGREEMENT)]
    until: Annotated[datetime | None, Personal(C.AGREEMENT)]


@personal(id="test.event", when="at")
@dataclass
class Event:
    id: Annotated[int, NotPersonal("row key")]
    home: Annotated[str, SubjectId("installation", role="customer")]
    email: Annotated[str, SubjectId("email", role="customer")]
    at: Annotated[datetime, Personal(C.EVENT)]


@personal(id="test.enquiry")
@dataclass
class Enquiry:
    id: Annotated[int, NotPersonal("row key")]
    email: Annotated[str, SubjectId("email", role="enquirer")]
    telephone: Annotated[str, SubjectId("telephone", role="enquirer")]


MODELS = (Customer, Contact, Ownership, Event, Enquiry)


@frozen
class Shelf:
    """Records that stand in memory, by model."""

    records: Sequence[Any]

    def select(self, field_map: FieldMap, who: Who, after: RecordKey | None, limit: int) -> Sequence[Any]:
        theirs = [each for each in self.records if isinstance(each, field_map.model) and who.concerns(field_map, each)]
        theirs.sort(key=lambda each: key_of(field_map, each))
        return [each for each in theirs if after is None or key_of(field_map, each) > after][:limit]


@pytest.fixture
def privacy() -> Privacy:
    return Privacy(policy, models=MODELS, keys=LocalKeyring.in_memory(), store=MemoryStore())


def look(privacy: Privacy, records: Sequence[Any], *who: Identifier) -> Finding:
    with privacy:
        return find_by_marks(Shelf(records), [read_fields(each) for each in MODELS], Who(who))  # type: ignore[arg-type]


def learned(finding: Finding) -> set[tuple[str, str, str, str, str]]:
    return {
        (each.kind, each.identifier.kind, each.identifier.value, each.identifier.role, each.identifier.assurance)
        for each in finding.links
    }


def test_identifiers_of_one_role_in_one_record_are_one_person(privacy: Privacy):
    """A customer's row says which e-mail address is theirs, and whose number an address has."""
    records = [Customer("100001", "kari@example.no"), Customer("100002", "ola@example.no")]
    assert learned(look(privacy, records, KARI)) == {
        ("same_person", "email", "kari@example.no", "customer", "verified")
    }
    assert learned(look(privacy, records, KARI_MAIL)) == {
        ("same_person", "customer_number", "100001", "customer", "verified")
    }


def test_a_sealed_identifier_is_learned_whichever_way_the_person_was_found(privacy: Privacy):
    """A telephone number lies sealed under the customer number; whoever is found by their e-mail address has it too."""
    ref = privacy.subjects.ref("customer_number", "100001")
    sealed = privacy.row(Customer, ref, "100001").sealed("telephone", "41000001")
    records = [Customer("100001", "kari@example.no", sealed)]
    for who in (KARI, KARI_MAIL):
        assert ("same_person", "telephone", "41000001", "customer", "verified") in learned(look(privacy, records, who))


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_destroyed_identifier_teaches_nothing(privacy: Privacy, forgotten: bool):
    """A sealed identifier whose key is gone is passed over; the rest of the record still answers."""
    ref = privacy.subjects.ref("customer_number", "100001")
    sealed = privacy.row(Customer, ref, "100001").sealed("telephone", "41000001")
    privacy.gate.keys.shred(ref)
    if forgotten:
        privacy.subjects.erase([ref], [])
    finding = look(privacy, [Customer("100001", "kari@example.no", sealed)], KARI)
    assert learned(finding) == {("same_person", "email", "kari@example.no", "customer", "verified")}


def test_another_role_on_the_record_is_another_person(privacy: Privacy):
    """A contact person's address on a customer's record is not the customer's, nor the customer's number theirs."""
    records = [Contact(1, "100001", "ola@example.no", "41000002")]
    assert learned(look(privacy, records, KARI)) == set()
    assert learned(look(privacy, records, Identifier(kind="email", value="ola@example.no"))) == {
        ("same_person", "telephone", "41000002", "contact_person", "claimed")
    }


def test_what_another_wrote_about_somebody_is_a_claim(privacy: Privacy):
    """A claim from one record gives way to what the person's own record says of the same value."""
    mail = Identifier(kind="email", value="ola@example.no")
    ref = privacy.subjects.ref("customer_number", "100002")
    own = Customer("100002", "ola@example.no", privacy.row(Customer, ref, "100002").sealed("telephone", "41000002"))
    found = look(privacy, [Contact(1, "100001", "ola@example.no", "41000002"), own], mail)
    assert ("same_person", "telephone", "41000002", "customer", "verified") in learned(found)
    assert len([each for each in found.links if each.identifier.kind == "telephone"]) == 1


def test_what_nobody_made_sure_of_teaches_nothing(privacy: Privacy):
    """Anybody can write somebody else's number into a form: it teaches nothing, and whose record it is is left open."""
    found = look(privacy, [Enquiry(1, "kari@example.no", "41000002")], KARI_MAIL)
    assert found.held
    assert learned(found) == set()


def test_a_weak_identifier_teaches_weakly(privacy: Privacy):
    """What is learned is never surer than that by which it was found."""
    claimed = Identifier(kind="email", value="kari@example.no", assurance=Assurance.CLAIMED)
    ((*_, assurance),) = learned(look(privacy, [Customer("100001", "kari@example.no")], claimed))
    assert assurance == "claimed"


def test_a_link_to_a_thing_has_its_period(privacy: Privacy):
    """An installation scopes records from when to when it was the person's; naive times of the record are UTC."""
    records = [
        Ownership(1, "100001", "H1", SINCE, UNTIL.replace(tzinfo=None)),
        Ownership(2, "100002", "H1", UNTIL, None),
        Ownership(3, "100001", "H2", UNTIL, None),
    ]
    finding = look(privacy, records, KARI)
    assert {(each.kind, each.identifier.value, each.identifier.period) for each in finding.links} == {
        ("record_link", "H1", Period(SINCE, UNTIL)),
        ("record_link", "H2", Period(UNTIL, None)),
    }


def test_a_thing_says_nobody_s_name(privacy: Privacy):
    """Who stands in a home's events beside the home is not known to be its owner."""
    home = Identifier(kind="installation", value="H1", period=Period(SINCE, UNTIL))
    finding = look(privacy, [Event(1, "H1", "guest@example.no", SINCE)], home)
    assert finding.held
    assert learned(finding) == set()


def test_two_customers_under_one_address_are_ambiguous(privacy: Privacy):
    """An address that two customers share names neither: nothing is learned, nothing disclosed."""
    records = [Customer("100001", "shared@example.no"), Customer("100002", "shared@example.no")]
    finding = look(privacy, records, Identifier(kind="email", value="shared@example.no"))
    assert (finding.held, finding.ambiguous, finding.links) == (True, True, ())
    assert not look(privacy, records, KARI).ambiguous


def test_a_person_with_two_numbers_is_one(privacy: Privacy):
    """Whoever asks with both of their numbers has both; it is a third that nobody named which is in doubt."""
    both = [KARI, Identifier(kind="customer_number", value="100009")]
    records = [Customer("100001", "kari@example.no"), Customer("100009", "kari@example.no")]
    assert not look(privacy, records, *both).ambiguous
    assert look(privacy, [*records, Customer("100003", "kari@example.no")], *both, KARI_MAIL).ambiguous


def test_nobody_is_nobody(privacy: Privacy):
    """Nothing found is an answer."""
    assert look(privacy, [Customer("100002")], KARI) == Finding(held=False)


def test_what_is_known_is_not_learned_again(privacy: Privacy):
    """Rounds end: a link that was given is not given back."""
    assert look(privacy, [Customer("100001", "kari@example.no")], KARI, KARI_MAIL).links == ()
