"""Whom a record concerns: identifiers of people wherever they stand, things only in the role and period of a link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated

import pytest

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.rights.service import Who
from sectorprivacy.vocabulary import Identifier, Period, Relation
from sectorprivacy.vocabulary import categories as C

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
HOME = Identifier(kind="installation", value="H1", period=Period(START, END))
SLOT = Identifier(kind="user_slot", value="H1/1", role="alarm_user", period=Period(START, END))


@personal(id="test.event", when="at")
@dataclass
class Event:
    id: Annotated[int, NotPersonal("row key")]
    home: Annotated[str, SubjectId("installation", role="customer")]
    slot: Annotated[str | None, SubjectId("user_slot", role="alarm_user", relation=Relation.APPEARS)]
    at: Annotated[datetime | date | None, Personal(C.EVENT)]


@personal(id="test.panel")
@dataclass
class Panel:
    id: Annotated[int, NotPersonal("row key")]
    home: Annotated[str, SubjectId("installation", role="customer")]


@personal(id="test.ownership", period=("since", "until"))
@dataclass
class Ownership:
    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    home: Annotated[str, SubjectId("installation", role="customer")]
    since: Annotated[datetime, Personal(C.AGREEMENT)]
    until: Annotated[datetime | None, Personal(C.AGREEMENT)]


@personal(id="test.contact")
@dataclass
class Contact:
    id: Annotated[int, NotPersonal("row key")]
    email: Annotated[str, SubjectId("email", role="contact_person", relation=Relation.APPEARS)]


EVENT, PANEL, OWNERSHIP, CONTACT = (read_fields(model) for model in (Event, Panel, Ownership, Contact))


def event(at: datetime | date | None, *, home: str = "H1", slot: str | None = "H1/1") -> Event:
    return Event(id=1, home=home, slot=slot, at=at)


@pytest.mark.parametrize(
    ("at", "theirs"),
    [
        (START - timedelta(microseconds=1), False),
        (START, True),
        (END - timedelta(microseconds=1), True),
        (END, False),
        (START.replace(tzinfo=None), True),
        (END.replace(tzinfo=None), False),
        (datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), False),
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 3, 1), False),
    ],
)
def test_a_thing_concerns_a_person_while_it_is_theirs(at: datetime | date, theirs: bool):
    """From the first moment of the link to the last before its end; a time without a zone is UTC, a day its start."""
    assert bool(Who([HOME]).concerns(EVENT, event(at))) is theirs


def test_a_record_whose_time_is_unknown_belongs_to_no_bounded_link():
    """Nobody receives what may be somebody else's: without a time only a link for ever says anything."""
    for_ever = Identifier(kind="installation", value="H1")
    assert Who([HOME]).concerns(EVENT, event(None)) == ()
    assert Who([for_ever]).concerns(EVENT, event(None)) != ()


def test_a_record_about_now_is_not_the_former_owner_s():
    """A record that states no time describes the present, which is the present owner's."""
    panel = Panel(id=1, home="H1")
    assert Who([HOME]).concerns(PANEL, panel) == ()
    assert Who([Identifier(kind="installation", value="H1", period=Period(END))]).concerns(PANEL, panel) != ()


def test_a_link_that_a_record_states_is_found_by_the_person():
    """An ownership is found by its customer; by the installation it would be everybody's who ever owned it."""
    owned = Ownership(id=1, customer="100001", home="H1", since=START, until=END)
    assert Who([HOME]).concerns(OWNERSHIP, owned) == ()
    assert Who([Identifier(kind="installation", value="H1")]).concerns(OWNERSHIP, owned) == ()
    (concern,) = Who([Identifier(kind="customer_number", value="100001")]).concerns(OWNERSHIP, owned)
    assert (concern.role, concern.relation, concern.field.name) == ("customer", Relation.OWNER, "customer")


@pytest.mark.parametrize(
    ("identifier", "roles"),
    [
        (HOME, ["customer"]),
        (SLOT, ["alarm_user"]),
        (Identifier(kind="installation", value="H1", role="alarm_user"), []),
        (Identifier(kind="user_slot", value="H1/1", role="customer"), []),
        (Identifier(kind="user_slot", value="H1/2", role="alarm_user"), []),
    ],
)
def test_a_thing_counts_in_the_role_of_its_link(identifier: Identifier, roles: list[str]):
    """Whoever may use an installation does not own it, and another place on the panel is another person."""
    found = Who([identifier]).concerns(EVENT, event(START))
    assert [concern.role for concern in found] == roles


def test_a_person_counts_in_whatever_role_a_record_names_them():
    """An e-mail address is its holder's, also where somebody else wrote it down; the record says in which role."""
    (concern,) = Who([Identifier(kind="email", value="kari@example.no")]).concerns(
        CONTACT, Contact(id=1, email="kari@example.no")
    )
    assert (concern.role, concern.relation) == ("contact_person", Relation.APPEARS)


def test_values_are_compared_as_they_are():
    """Nothing is normalised: another spelling is another person until somebody says otherwise."""
    who = Who([Identifier(kind="email", value="kari@example.no")])
    assert who.concerns(CONTACT, Contact(id=1, email="KARI@example.no")) == ()


def test_who_shows_no_value():
    """A person that ends in a log line is nobody there."""
    assert "H1" not in repr(Who([HOME, SLOT]))


def test_values_come_once_and_in_order():
    """A hand-written query gets each value of a kind once."""
    who = Who([Identifier(kind="email", value=value) for value in ("b", "a", "b")])
    assert who.values("email") == ("b", "a")
    assert who.values("telephone") == ()
