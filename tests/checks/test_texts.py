"""Texts in every language of the controller."""

from __future__ import annotations

from typing import Annotated

from attrs import define

from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.policy import ChannelRule, Keep, LinkedDocument
from sectorprivacy.vocabulary import Category, Channel, Condition, Purpose
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P
from tests.checks.company import activity, controller, found, policy, recipient

BOTH = {"en": "text", "nb": "tekst"}


@personal(id="shop.person", key="number", anchors={"left": "number"}, label=BOTH)
@define
class Person:
    number: Annotated[str, SubjectId("customer_number", role="customer", verified=True, label=BOTH)]
    name: Annotated[str, Personal(C.NAME)]
    email: Annotated[str, Personal(C.EMAIL, label="E-mail")]
    level: Annotated[str, Personal(C.AGREEMENT, label=BOTH, values={"g": BOTH, "s": "silver"})]


def test_what_lacks_a_language_is_found_where_it_stands() -> None:
    """Every text of register and marks is there in each language, or is named once for the thing it belongs to."""
    channel = ChannelRule(channel=Channel.SMS, condition=Condition.CONSENT, law="s. 15")
    selling = activity(title=BOTH, contract="the agreement", recipients=[recipient()], channels=[channel])
    findings = found(
        policy(
            selling,
            controller=controller(
                languages=("en", "nb"), documents=[LinkedDocument(title="Terms", url="https://shop.example/terms")]
            ),
            events={"left": BOTH},
        ),
        (Person,),
        titles={"shop": "The shop"},
    )
    assert {each.code for each in findings} == {"wording-missing"}
    said = {each.where: each.message.partition(": ")[2] for each in findings}
    assert said == {
        "activity selling": "contract (nb); channels[sms].law (nb).",
        "controller": "https://shop.example/terms (nb).",
        "recipient Sky AS": "task (nb).",
        "service shop": "title (nb).",
        "shop.person.email": "label (nb).",
        "shop.person.level": "values['s'] (nb).",
    }


def test_the_primary_language_is_enough() -> None:
    """A text in "nb" is one for "nb-NO"."""
    selling = activity(title=BOTH, contract=BOTH, recipients=[recipient(task=BOTH)])
    findings = found(policy(selling, controller=controller(languages=("nb-NO",)), events={"left": BOTH}), (Person,))
    assert [each.where for each in findings] == ["shop.person.email", "shop.person.level"]


def test_own_words() -> None:
    """The catalogues know the words of the library, and a company's own word is worded where it is declared."""
    note = Category("note", "note", C.COMMUNICATION)
    advice = Purpose("advice", BOTH, P.SERVICE_PROVISION)
    selling = activity(title=BOTH, contract=BOTH, purpose=advice, recipients=[], uses=[*activity().uses, note])
    findings = found(
        policy(selling, controller=controller(languages=("en", "nb")), events={"left": BOTH}),
        (Person,),
        exempt={"category-unheld activity selling, category note": "soon"},
    )
    assert [each.where for each in findings] == ["category note", "shop.person.email", "shop.person.level"]


def test_event_of_the_library() -> None:
    """The library has words for the events it counts from itself."""
    assert "event-unworded" not in {each.code for each in found(policy(activity(keep=Keep(after="case_closed"))))}


def test_event_without_words() -> None:
    """Nobody outside the company knows what "left" is: the event is worded in each language."""
    (finding,) = found(policy(events={}))
    assert (finding.code, finding.where) == ("event-unworded", "event left")
    assert "in en." in finding.message
