"""What an erasure does to one record: its owner's wish, others who are on it, and what still needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest

from sectorprivacy.annotations import FieldMap, NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.errors import ActivityNotDeclared
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.rights.service import Asked, Decided, Decision, Who
from sectorprivacy.rights.service._decision import digest_of_page
from sectorprivacy.vocabulary import Basis, Identifier, Period, RecordKey, Relation
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

TODAY = date(2026, 5, 20)
KARI = Identifier(kind="customer_number", value="100001")
KARI_MAIL = Identifier(kind="email", value="kari@example.no")

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT, "contact_person": Basis.LEGITIMATE_INTEREST},
    interest="reaching those a customer named",
    uses=[C.NAME, C.EMAIL, C.EVENT],
    keep=Keep(after="agreement_ended", months=1),
)
bookkeeping = Activity(
    "bookkeeping",
    purpose=P.LEGAL_COMPLIANCE,
    basis={"customer": Basis.LEGAL_OBLIGATION},
    law="Bookkeeping Act s. 13",
    uses=[C.TRANSACTION],
    keep=Keep(after="invoiced", years=5, end_of_year=True),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving, bookkeeping])


@dataclass
class Account:
    left_on: date | None


@personal(id="test.agreement", anchors={"agreement_ended": "account.left_on"}, not_personal={"account": "its own row"})
@dataclass
class Agreement:
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    name: Annotated[str, Personal(C.NAME)]
    contact: Annotated[str | None, Personal(C.NAME, about="contact_person")]
    contact_mail: Annotated[
        str | None, Personal(C.EMAIL), SubjectId("email", role="contact_person", relation=Relation.APPEARS)
    ]
    account: Account | None
    id: Annotated[int, NotPersonal("row key")] = 1


@personal(id="test.change", relation=Relation.CO_OWNER)
@dataclass
class Change:
    old: Annotated[str | None, SubjectId("customer_number", role="previous_owner")]
    new: Annotated[str | None, SubjectId("customer_number", role="customer")]
    note: Annotated[str | None, Personal(C.COMMUNICATION, about="previous_owner")] = None
    id: Annotated[int, NotPersonal("row key")] = 1


@personal(id="test.lease")
@dataclass
class Lease:
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    housemate: Annotated[str | None, SubjectId("customer_number", role="payer", relation=Relation.CO_OWNER)]
    id: Annotated[int, NotPersonal("row key")] = 1


@personal(id="test.event", when="at")
@dataclass
class Event:
    home: Annotated[str, SubjectId("installation", role="customer")]
    at: Annotated[datetime, Personal(C.EVENT)]
    id: Annotated[int, NotPersonal("row key")] = 1


@personal(id="test.invoice", anchors={"invoiced": "issued"})
@dataclass
class Invoice:
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    issued: Annotated[date, Personal(C.TRANSACTION)]
    id: Annotated[int, NotPersonal("row key")] = 1


def asked(record: Any, *who: Identifier, today: date = TODAY) -> Asked:
    field_map: FieldMap = read_fields(type(record))
    concerns = Who(who).concerns(field_map, record)
    assert concerns
    return Asked(policy=policy, field_map=field_map, record=record, concerns=concerns, today=today)


def agreement(left_on: date | None) -> Agreement:
    return Agreement(
        customer="100001",
        name="Kari",
        contact="Ola",
        contact_mail="ola@example.no",
        account=Account(left_on),
    )


def test_its_owner_takes_the_record_with_them():
    """The contact persons on a customer's record go with it."""
    assert asked(agreement(date(2026, 1, 1)), KARI).by_policy() == Decision.erase()


def test_an_owner_does_not_take_what_a_co_owner_still_owns():
    """Erasing one must not destroy the other's: a human decides, and once the co-owner is gone the record goes."""
    assert asked(Lease("100001", "100002"), KARI).by_policy() == Decision.leave_to_a_human()
    assert asked(Lease("100001", None), KARI).by_policy() == Decision.erase()
    assert asked(Lease("100001", "100001"), KARI).by_policy() == Decision.erase()


@pytest.mark.parametrize("left_on", [None, date(2026, 4, 21)])
def test_a_running_contract_keeps_it(left_on: date | None):
    """What a contract still needs stays, and says for what, on which ground and until when."""
    decision = asked(agreement(left_on), KARI).by_policy()
    assert decision.act == "retain"
    assert decision.need is not None
    assert (decision.need.activity.id, decision.need.ground) == ("serving", "contract_running")
    assert decision.need.ends == ("agreement_ended" if left_on is None else "2026-05-21")


def test_the_need_ends_on_its_day():
    """The first day on which the contract no longer needs it is a day on which it goes."""
    assert asked(agreement(date(2026, 4, 20)), KARI).by_policy() == Decision.erase()


def test_an_anchor_that_leads_nowhere_is_an_event_to_come():
    """Where the row that knows the event is missing, nothing says that the contract has ended."""
    record = agreement(None)
    record.account = None
    assert asked(record, KARI).by_policy().act == "retain"


def test_whoever_appears_takes_their_own_part():
    """A contact person's name and address are cleared; the customer's record stays the customer's."""
    ola = Identifier(kind="email", value="ola@example.no")
    decision = asked(agreement(None), ola).by_policy()
    assert (decision.outcome, decision.fields) == ("anonymised", ("contact", "contact_mail"))


def test_a_part_that_is_only_a_link_is_unlinked():
    """Where nothing but the identifier is the person's, the record forgets whose it was."""
    record = agreement(None)
    record.contact = None
    ola = Identifier(kind="email", value="ola@example.no")
    decision = asked(record, ola).by_policy()
    assert (decision.outcome, decision.fields) == ("unlinked", ("contact_mail",))
    change = asked(Change(old="100001", new="100002"), KARI).by_policy()
    assert (change.outcome, change.fields) == ("unlinked", ("old",))


def test_a_co_owner_leaves_the_record_to_the_others():
    """While somebody else co-owns the record, only what is about the one who leaves is cleared."""
    decision = asked(Change(old="100001", new="100002", note="moved abroad"), KARI).by_policy()
    assert (decision.outcome, decision.fields) == ("anonymised", ("old", "note"))


@pytest.mark.parametrize("record", [Change(old="100001", new=None), Change(old="100001", new="100001")])
def test_the_last_co_owner_takes_the_record_with_them(record: Change):
    """Once nobody else is on it, the record is the person's alone."""
    assert asked(record, KARI).by_policy() == Decision.erase()


def test_events_last_as_long_as_the_link_to_the_home():
    """A contract whose end a data set does not know runs as long as the person's link to the thing."""
    event = Event(home="H1", at=datetime(2026, 1, 1, tzinfo=UTC))
    running = Identifier(kind="installation", value="H1")
    ended = Identifier(kind="installation", value="H1", period=Period(end=datetime(2026, 3, 1, tzinfo=UTC)))
    assert asked(event, running).by_policy().act == "retain"
    assert asked(event, ended).by_policy() == Decision.erase()


@pytest.mark.parametrize(
    ("issued", "until"),
    [(date(2021, 1, 1), "2027-01-01"), (date(2021, 12, 31), "2027-01-01"), (date(2020, 12, 31), None)],
)
def test_the_law_keeps_what_it_needs_and_no_longer(issued: date, until: str | None):
    """Accounts stay five years after the end of their year; what is older goes."""
    decision = asked(Invoice(customer="100001", issued=issued), KARI).by_policy()
    if until is None:
        assert decision == Decision.erase()
    else:
        assert decision.need is not None
        assert (decision.need.ground, decision.need.law, decision.need.ends) == (
            "legal_obligation",
            "Bookkeeping Act s. 13",
            until,
        )


def test_a_hook_retains_for_a_declared_activity_and_its_time_alone():
    """A service's owner may retain for an activity of the register; its rule says how long, not they."""
    question = asked(Invoice(customer="100001", issued=date(2021, 1, 1)), KARI)
    retained = question.retain("bookkeeping", since=date(2021, 1, 1))
    assert retained is not None
    assert retained.need is not None
    assert retained.need.ends == "2027-01-01"
    assert question.retain("bookkeeping", since=date(2019, 1, 1)) is None
    with pytest.raises(ActivityNotDeclared):
        question.retain("curiosity", since=date(2021, 1, 1))


def test_the_digest_of_a_page_covers_key_act_and_reason():
    """Nobody approves one thing and has another done: keys, acts, fields, grounds and ends are all in the digest."""
    question = asked(Invoice(customer="100001", issued=date(2021, 1, 1)), KARI)
    long = question.retain("bookkeeping", since=date(2021, 1, 1))
    longer = question.retain("bookkeeping", since=date(2022, 1, 1))
    assert long is not None
    assert longer is not None
    one, other = RecordKey.of(1), RecordKey.of("1")
    pages = [
        ("d", 0, [Decided(one, Decision.erase())]),
        ("e", 0, [Decided(one, Decision.erase())]),
        ("d", 1, [Decided(one, Decision.erase())]),
        ("d", 0, [Decided(other, Decision.erase())]),
        ("d", 0, [Decided(one, long)]),
        ("d", 0, [Decided(one, longer)]),
        ("d", 0, [Decided(one, Decision(act="anonymise", fields=("a",)))]),
        ("d", 0, [Decided(one, Decision(act="anonymise", fields=("b",)))]),
        ("d", 0, []),
    ]
    assert len({digest_of_page(*page) for page in pages}) == len(pages)
    assert digest_of_page(*pages[4]) == digest_of_page(*pages[4])
