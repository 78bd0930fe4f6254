"""What changed in a register, in words: nothing is left out, and nobody needs to know an id."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from alarm_company.policy import policy
from sectorprivacy.documents import Document, languages, policy_changes, to_markdown
from sectorprivacy.policy import ChannelRule, HumanDecision, Keep, Policy, PolicyDocument, Recipient
from sectorprivacy.vocabulary import Basis, Capacity, Channel, Condition, Measure, wording
from tests.policy.test_document import EDITS, PLACES, Edit

NOW = policy.document


def register(**changes: Any) -> PolicyDocument:
    return evolve(policy, **changes).document


def activities(activity: str, **changes: Any) -> PolicyDocument:
    """The register with one activity changed."""
    return register(activities=[evolve(each, **changes) if each.id == activity else each for each in policy.activities])


def told(old: PolicyDocument, new: PolicyDocument, language: str = "en") -> str:
    return to_markdown(policy_changes(old, new, language=language))


@pytest.mark.parametrize("language", languages())
def test_no_change_is_said(language: str) -> None:
    """An empty page would leave open whether anything was compared."""
    document = policy_changes(NOW, NOW, language=language)
    assert [block.kind for block in document.blocks] == ["paragraph"]
    assert document.language == language


def everything(document: Document) -> str:
    """All texts of a page, without what a format makes of them."""
    return document.model_dump_json().replace('\\"', '"')


@given(edit=EDITS, language=st.sampled_from(languages()))
def test_nothing_that_differs_is_left_out(edit: Edit, language: str) -> None:
    """Whatever is different in one place, the page tells it under what people know it by, in every language."""
    new = edit.applied()
    document = policy_changes(NOW, new, language=language)
    lines = [item for block in document.blocks if block.kind == "bullets" for item in block.items]
    headings = [block.text for block in document.blocks if block.kind == "heading"]
    match edit.path:
        case ["version"]:
            assert (lines, headings) == ([], [])
            assert document.blocks[-1].kind == "paragraph"
        case ["activities", int(number), _, *_]:
            title = wording(new.activities[number].title).in_language(language)
            assert title[:1].upper() + title[1:] in headings
            assert lines
        case _:
            assert lines
            assert headings


TEXTS = [
    path
    for path, value in PLACES.items()
    if isinstance(value, str) and path[-1] in languages() and path[-2] != "label" and path[0] != "events"
]


@given(path=st.sampled_from(TEXTS))
def test_a_text_that_changed_stands_there_as_it_is_now(path: tuple[Any, ...]) -> None:
    """In its own language the page shows what a text of the register says now."""
    edit = Edit(path, "Something quite different")
    page = everything(policy_changes(NOW, edit.applied(), language=path[-1]))
    assert "something quite different" in page.lower()


def test_periods_recipients_and_data_are_told_as_people_say_them() -> None:
    """What holds now stands beside what held before."""
    guard = Recipient(name="Nattvakt AS", capacity=Capacity.PROCESSOR, task="night calls", country="NO")
    calls = policy.activity("record-calls")
    new = activities(
        "record-calls",
        keep=Keep(after="called", months=6),
        recipients=[*calls.recipients, guard],
        uses=["recording", "name"],
    )
    text = told(NOW, new)
    assert "## New" in text
    assert "Nattvakt AS now receives data: night calls; works for us, on our instructions; Norway." in text
    assert f"### {str(calls.title).capitalize()}" in text
    assert "How long data is kept: 6 months from" in text
    assert "instead of 3 months from" in text
    assert "What data: now also name." in text
    assert "Who receives data: now also Nattvakt AS." in text


def test_a_basis_is_told_for_whom_it_holds() -> None:
    """A basis holds for a role: the page says which, and what allowed it before."""
    before = policy.activity("record-calls").basis
    text = told(NOW, activities("record-calls", basis={**before, "payer": Basis.CONSENT}, consent="Yes."))
    assert "What allows it, for: payer other than the customer: now also consent (Art. 6(1)(a))." in text
    text = told(NOW, activities("record-calls", basis={**before, "customer": Basis.CONTRACT}))
    assert (
        "for: customer: performance of a contract (Art. 6(1)(b)), instead of legitimate interest (Art. 6(1)(f))" in text
    )


def test_what_came_and_what_went_stands_first() -> None:
    """A new activity is told in full; one that ended by its title."""
    fewer = Policy(policy.controller, policy.activities[1:], version="2026-10").document
    title = str(policy.activities[0].title)
    came, went = told(fewer, NOW), told(NOW, fewer)
    assert came.index("## New") < came.index(title[:1].upper() + title[1:])
    assert "**What for:** " in came
    assert "**What allows it:** As " in came
    assert "**How long data is kept:** " in came
    assert f"## No longer\n\n- {title[:1].upper() + title[1:]}." in went


def test_consents_to_ask_for_again_are_named() -> None:
    """Whoever reads the page knows which consents no longer hold, and why."""
    text = told(NOW, activities("bonus-programme", consent="I agree to everything."))
    assert "## Consents that must be asked for again" in text
    assert "the text is another one" in text
    assert text.index("## Consents") < text.index("## Changed")
    assert "## Consents" not in told(NOW, activities("record-calls", keep=Keep(after="called", months=9)))


def test_a_channel_that_opens_is_told_alone() -> None:
    """People read by which channel they may now be approached and when, not the whole list once more."""
    news = next(each for each in policy.activities if each.channels)
    added = ChannelRule(channel=Channel.APP, condition=Condition.CONSENT)
    text = told(NOW, activities(news.id, channels=[*news.channels, added]))
    assert "- How we may approach you: now also the app: only if you consented.\n" in text


def test_both_conditions_of_a_channel_are_told() -> None:
    """A second condition for a channel is no other order of the same ones."""
    news = next(each for each in policy.activities if each.channels)
    added = ChannelRule(channel=news.channels[0].channel, condition=Condition.CONSENT)
    text = told(NOW, activities(news.id, channels=[*news.channels, added]))
    assert "only if you consented, instead of e-mail:" in text
    assert "another order" not in text


def test_a_decision_is_told_with_its_inputs_and_its_human() -> None:
    """Who decides about people, and on what, is told whichever of them changed (Art. 22)."""
    decision = HumanDecision(about="who gets a bonus", inputs="points", by="the manager")
    text = told(NOW, activities("bonus-programme", decision=decision))
    assert "What is decided: now also who gets a bonus; on: points; by: the manager." in text


def test_what_came_to_one_list_is_one_sentence() -> None:
    """Two languages or two measures are told together, each by its name."""
    dogs, walls = Measure("dogs", "dogs at the door"), Measure("walls", "walls")
    controller = evolve(policy.controller, languages=["nb"])
    text = told(NOW, register(measures=[*policy.measures, dogs, walls], controller=controller))
    assert "How data is protected: now also “dogs at the door” and “walls”." in text
    assert "Languages of the notice: no longer English and Swedish." in text


def test_another_order_is_told_as_that() -> None:
    """Nothing came and nothing went, and still the two differ."""
    turned = NOW.model_copy(update={"activities": NOW.activities[::-1]})
    assert "- Activities: listed in another order.\n" in told(NOW, turned)
    assert "instead of" not in told(NOW, turned)


def test_another_name_of_the_version_is_no_change_for_people() -> None:
    """Nobody looks for what is not there."""
    text = told(NOW, register(version="2027-01"))
    assert text.endswith("Nothing has changed but what the version is called.\n")
    assert "2027-01" in text


def test_a_sentence_ends_once() -> None:
    """A text that brings its own full stop does not end the sentence twice."""
    text = told(NOW, activities("bonus-programme", consent="I agree.", interest="We want this."))
    assert "What people consent to: “I agree”, instead of “" in text
    assert "Our interest: now also We want this." in text
    assert ".." not in text


def test_a_change_in_another_language_is_told() -> None:
    """A Norwegian text that changed is a change, also to those who read the page in English."""
    calls = policy.activity("record-calls")
    new = activities("record-calls", title={**calls.title.to_json(), "nb": "noe annet"})
    assert "worded differently, or in another language" in told(NOW, new)
    assert "noe annet" in told(NOW, new, "nb")


def test_the_page_shows_titles_and_no_ids() -> None:
    """People know an activity by its title."""
    fewer = Policy(policy.controller, policy.activities[5:], version="2026-10").document
    document = policy_changes(NOW, fewer)
    assert isinstance(document, Document)
    text = to_markdown(document)
    assert not [activity.id for activity in policy.activities if "-" in activity.id and f" {activity.id}" in text]
