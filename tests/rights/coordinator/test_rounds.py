"""Who may be asked what, and which answers may be followed: the rules of finding, without any service."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.coordinator import Case, Edge, ServiceAnswer
from sectorprivacy.rights.coordinator._rounds import known, names_the_person, next_questions, taken_in
from sectorprivacy.rights.protocol import DataSet, Found, Link, Manifest
from sectorprivacy.vocabulary import Assurance, Identifier, Period, Right, SubjectRef

KARI = Identifier(kind="customer_number", value="100001")
EMAIL = Identifier(kind="email", value="kari@example.no")
HOME = Identifier(kind="installation", value="H2", period=Period(start=datetime(2020, 1, 1, tzinfo=UTC)))
CUSTOMER = DataSet(id="crm.customer", label="customer", relations={}, fields=(), activities=())
REF = SubjectRef(b"k" * 16)


def manifest(service: str, *accepts: str) -> Manifest:
    return Manifest(
        service=service,
        controller="c",
        policy="0" * 64,
        accepts=accepts,
        teaches=("customer_number", "email", "telephone", "installation"),
        datasets=(CUSTOMER,),
    )


def case(*given: Identifier, **services: tuple[str, ...]) -> Case:
    return Case(
        id=UUID(int=1),
        rights=(Right.ACCESS,),
        received=datetime(2026, 5, 1, tzinfo=UTC),
        due=date(2026, 6, 1),
        extended=date(2026, 8, 3),
        edges=tuple(Edge(kind="given", identifier=each) for each in given),
        answers={
            name: ServiceAnswer(service=name, manifest=manifest(name, *kinds)) for name, kinds in services.items()
        },
    )


def after(before: Case, service: str, *links: Link, ref: SubjectRef | None = REF, most: int = 100) -> Case:
    asked = next_questions(before)[service]
    answer = before.answers[service].model_copy(update={"asked": asked})
    found = Found(task=UUID(int=2), ref=ref, links=links)
    return taken_in(before, answer, found, 1, most=most)


def link(kind: str, identifier: Identifier) -> Link:
    return Link.model_validate({"kind": kind, "identifier": identifier, "learned_from": "crm.customer"})


def test_a_service_is_given_only_the_kinds_it_accepts() -> None:
    """Nobody learns an identifier they have no use for (Art. 5(1)(c))."""
    asked = next_questions(case(KARI, EMAIL, crm=("customer_number",), contact=("email",), logs=()))
    assert asked == {"crm": (KARI,), "contact": (EMAIL,)}


def test_a_service_whose_question_grew_is_asked_again() -> None:
    """The newest reference covers everything that was given, so all of it is given again."""
    learned = after(case(KARI, crm=("customer_number", "email")), "crm", link("same_person", EMAIL))
    assert next_questions(learned) == {"crm": (KARI, EMAIL)}
    assert next_questions(after(learned, "crm", link("same_person", EMAIL))) == {}


def test_a_thing_travels_as_a_link_and_names_nobody() -> None:
    """An installation scopes records, in its role and period; alone it identifies no person."""
    learned = after(
        case(KARI, crm=("customer_number",), monitoring=("installation",)), "crm", link("record_link", HOME)
    )
    assert next_questions(learned) == {"monitoring": (HOME,)}
    assert not names_the_person([HOME])


def test_a_name_learned_by_way_of_a_thing_is_not_followed() -> None:
    """A service that was given an installation only cannot say who the person is: that may be the next owner."""
    learned = after(case(HOME, monitoring=("installation",)), "monitoring", link("same_person", EMAIL))
    assert EMAIL not in known(learned.edges)
    assert [doubt.kind for doubt in learned.doubts] == ["weak_link"]


@pytest.mark.parametrize(
    "weak",
    [
        link("same_person", Identifier(kind="email", value="x", assurance=Assurance.CLAIMED)),
        link("record_link", Identifier(kind="installation", value="x", assurance=Assurance.CLAIMED)),
        link("record_link", EMAIL),
        link("same_person", HOME),
    ],
    ids=["claimed person", "claimed thing", "somebody else's address", "a thing as a person"],
)
def test_what_is_weaker_waits_for_a_human(weak: Link) -> None:
    """A contact's e-mail on a customer's record is not the customer's, and a thing is no person."""
    learned = after(case(KARI, crm=("customer_number",), contact=("email", "installation")), "crm", weak)
    assert next_questions(learned) == {}
    assert [doubt.edge.identifier for doubt in learned.doubts if doubt.edge] == [weak.identifier]


def test_every_way_of_learning_is_kept() -> None:
    """Two services that verified the same address are two edges, each with its provenance; it is one identifier."""
    both = case(KARI, crm=("customer_number",), my_pages=("customer_number",))
    learned = after(after(both, "crm", link("same_person", EMAIL)), "my_pages", link("same_person", EMAIL))
    assert [edge.service for edge in learned.edges] == [None, "crm", "my_pages"]
    assert known(learned.edges) == (KARI, EMAIL)


def test_an_endless_list_of_links_is_refused() -> None:
    """A service cannot blow a case up."""
    links = [link("same_person", Identifier(kind="email", value=str(number))) for number in range(100)]
    with pytest.raises(ServiceFailed, match="too_many_links"):
        after(case(KARI, crm=("customer_number",)), "crm", *links)
