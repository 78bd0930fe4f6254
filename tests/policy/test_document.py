"""The register as a document: it comes back as it was, its digest knows every word, and differences are all found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from alarm_company.policy import policy
from sectorprivacy.policy import (
    Activity,
    Change,
    ChannelRule,
    Controller,
    HumanDecision,
    Keep,
    LinkedDocument,
    MaterialChange,
    Policy,
    PolicyDocument,
    changes,
    voided_consents,
)
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Channel,
    Condition,
    Protection,
    Safeguard,
    SpecialGround,
)

CONTROLLER = Controller("Alarm AS", id="alarm", country="NO", languages=["nb", "en"])
DOCUMENT = policy.document
NEWS = next(each.id for each in policy.activities if each.channels)
RAW: dict[str, Any] = json.loads(DOCUMENT.model_dump_json())
CLOSED = [*Basis, *Capacity, *Channel, *Condition, *Protection, *Safeguard, *SpecialGround]
OPEN = [entry["id"] for part in ("categories", "purposes", "roles", "recipients") for entry in RAW[part]]


@frozen
class Edit:
    """One thing of a register that is different: where, what happens to it, and what stands there then."""

    path: tuple[Any, ...]
    value: Any = None
    gone: bool = False

    def applied(self) -> PolicyDocument:
        """The register with this difference. Raises: ValueError, where no register is like this."""
        raw = json.loads(json.dumps(RAW))
        place = raw
        for step in self.path[:-1]:
            place = place[step]
        if self.gone:
            del place[self.path[-1]]
        else:
            place[self.path[-1]] = self.value
        return PolicyDocument.model_validate(raw)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """All that can be different, with what stands there."""
    if path and path != ("format",):
        yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from places(part, (*path, name))


def others(value: Any) -> Iterator[Any]:
    """What may stand there instead; some of it is refused, as a word of another sort is."""
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case None | str():
            yield from (f"{value or ''}x", {"en": "some text"}, None)
            yield from (word for words in (OPEN, CLOSED) if value is None or value in words for word in words)
        case list():
            yield value[::-1]
        case _:
            yield None


def is_register(edit: Edit) -> bool:
    try:
        return edit.applied() != DOCUMENT
    except ValueError:
        return False


PLACES = dict(places(RAW))
EDITS = (
    st.sampled_from(list(PLACES))
    .flatmap(
        lambda path: st.sampled_from([Edit(path, gone=True), *(Edit(path, other) for other in others(PLACES[path]))])
    )
    .filter(is_register)
)


def test_a_document_comes_back_as_it_was() -> None:
    """What is stored beside a version is the register, to the last word."""
    again = PolicyDocument.model_validate_json(DOCUMENT.model_dump_json())
    assert again == DOCUMENT
    assert again.digest == DOCUMENT.digest == policy.digest
    assert changes(DOCUMENT, again) == ()


@given(edit=EDITS)
def test_any_change_is_found_and_changes_the_digest(edit: Edit) -> None:
    """Whatever is different in one place: the digest differs, and the difference is found where it is."""
    other = edit.applied()
    assert other.digest != DOCUMENT.digest
    found = changes(DOCUMENT, other)
    assert found
    assert all(each.path[0] == edit.path[0] for each in found)
    assert {(each.path, str(each.before), str(each.after)) for each in changes(other, DOCUMENT)} == {
        (each.path, str(each.after), str(each.before)) for each in found
    }


def test_another_order_is_a_difference() -> None:
    """The digest knows the order, and so do the differences."""
    turned = DOCUMENT.model_copy(update={"activities": DOCUMENT.activities[::-1]})
    (found,) = changes(DOCUMENT, turned)
    assert (found.kind, found.path) == ("changed", ("activities",))


def test_what_came_and_what_went_is_one_difference() -> None:
    """A whole activity is not told field by field."""
    first, *others = DOCUMENT.activities
    fewer = DOCUMENT.model_copy(update={"activities": tuple(others)})
    (went,) = changes(DOCUMENT, fewer)
    (came,) = changes(fewer, DOCUMENT)
    assert (went.kind, came.kind) == ("removed", "added")
    assert went.path == came.path == ("activities", first.id)
    assert went == Change(kind="removed", path=("activities", first.id), before=came.after, after=None)


BONUS = "bonus-programme"


def with_bonus(**update: Any) -> PolicyDocument:
    """The register with its consented activity changed."""
    activities = [each.model_copy(update=update) if each.id == BONUS else each for each in DOCUMENT.activities]
    return DOCUMENT.model_copy(update={"activities": tuple(activities)})


def entry() -> Any:
    return next(each for each in DOCUMENT.activities if each.id == BONUS)


def test_what_holds_under_one_channel_is_compared_together() -> None:
    """A channel may be open on two conditions: one that is added is told, not lost or taken for another order."""
    customers = ChannelRule(channel=Channel.EMAIL, condition=Condition.EXISTING_CUSTOMER)
    consented = ChannelRule(channel=Channel.EMAIL, condition=Condition.CONSENT)
    letters = ChannelRule(channel=Channel.POST, condition=Condition.NOT_RESERVED)

    def version(*rules: ChannelRule) -> PolicyDocument:
        activities = [evolve(each, channels=rules) if each.id == NEWS else each for each in policy.activities]
        return evolve(policy, activities=activities).document

    (found,) = changes(version(customers, letters), version(customers, letters, consented))
    assert found.path == ("activities", NEWS, "channels", "email")
    (found,) = changes(version(customers, consented, letters), version(customers, letters, consented))
    assert found.path == ("activities", NEWS, "channels")
    assert (found.before, found.after) == (["email", "email", "post"], ["email", "post", "email"])
    (found,) = changes(version(customers), version(customers, consented))
    assert found.path == ("activities", NEWS, "channels")


def test_another_order_is_told_of_what_both_have() -> None:
    """An entry that came or went is told as that; the order is one of the entries that stayed."""
    first, second, third, *_ = DOCUMENT.activities
    old = DOCUMENT.model_copy(update={"activities": (first, second, third)})
    new = DOCUMENT.model_copy(update={"activities": (third, second)})
    went, order = changes(old, new)
    assert (went.kind, went.path) == ("removed", ("activities", first.id))
    assert (order.before, order.after) == ([second.id, third.id], [third.id, second.id])


def test_every_part_of_a_declaration_is_in_the_document() -> None:
    """Channels, decisions, documents, laws: what is declared can be read back from what is stored."""
    rule = ChannelRule(channel=Channel.SMS, condition=Condition.CONSENT, law={"en": "s. 15", "nb": "§ 15"})
    keep = Keep(after="invoiced", years=5, months=1, days=2, end_of_year=True, law="Bookkeeping Act s. 13")
    terms = LinkedDocument(title={"en": "Terms", "nb": "Vilkår"}, url="https://example.com/terms")
    offers = Activity(
        "offers",
        purpose="direct_marketing",
        basis={"customer": "consent"},
        uses=["contact", "health"],
        keep=keep,
        consent="Yes.",
        special="explicit_consent",
        criminal="Some Act s. 1",
        assessment="archive 12/7",
        contract="the agreement",
        channels=[rule],
        decision=HumanDecision(about="credit", inputs="income", by="a case worker"),
    )
    register = Policy(
        evolve(CONTROLLER, documents=[terms]), [offers], measures=policy.measures, events={"invoiced": "the invoice"}
    )
    stored = PolicyDocument.model_validate_json(register.document.model_dump_json())
    (entry,) = stored.activities
    assert [each.rule for each in entry.channels] == [rule]
    assert entry.keep.rule == keep
    assert entry.decision is not None
    assert entry.decision.by == {"en": "a case worker"}
    assert stored.controller.documents == {terms.url: terms.title.to_json()}
    assert stored.events == {"invoiced": {"en": "the invoice"}}
    assert (entry.special, entry.assessment) == (SpecialGround.EXPLICIT_CONSENT, "archive 12/7")
    assert (entry.criminal, entry.contract) == ({"en": "Some Act s. 1"}, {"en": "the agreement"})
    protected = {each.id: each.protection for each in stored.categories}
    assert (protected["health"], protected["contact"]) == (Protection.SPECIAL, None)
    assert {each.recipient for each in DOCUMENT.recipients} == {
        each for activity in policy.activities for each in activity.recipients
    }


@given(
    roles=st.permutations(["customer", "payer", "alarm_user"]),
    uses=st.permutations(["name", "contact", "code"]),
    languages=st.permutations(["en", "nb", "sv"]),
)
def test_the_digest_does_not_know_the_order_of_a_mapping(
    roles: list[str], uses: list[str], languages: list[str]
) -> None:
    """Roles, words, texts and events are found by name: writing them in another order says nothing else."""

    def digest(roles: list[str], uses: list[str], languages: list[str]) -> str:
        text = {language: f"text in {language}" for language in languages}
        events = {f"event_{language}": text for language in languages}
        activity = Activity(
            "billing",
            title=text,
            purpose="payment",
            basis=dict.fromkeys(roles, Basis.CONTRACT),
            uses=uses,
            keep=Keep(after="invoiced", years=5),
        )
        return Policy(CONTROLLER, [activity], events=events).digest

    assert digest(roles, uses, languages) == digest(sorted(roles), sorted(uses), sorted(languages))


def broken(part: str, change: Mapping[str, Any]) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(json.dumps(RAW))
    raw[part][0] |= change
    return raw


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        *[
            ({**RAW, part: [*RAW[part], RAW[part][0]]}, f"two of its {part} have one id")
            for part in ("activities", "recipients", "measures", "categories", "purposes", "roles")
        ],
        (broken("activities", {"uses": ["shoe_size"]}), "one of its categories that is not there"),
        (broken("activities", {"purpose": "profit"}), "one of its purposes that is not there"),
        (broken("activities", {"basis": {"neighbour": "contract"}}), "one of its roles that is not there"),
        (broken("activities", {"recipients": ["Nobody AS"]}), "one of its recipients that is not there"),
        (broken("activities", {"title": {}}), "it has no text"),
        (broken("activities", {"title": {"english": "text"}}), "no BCP 47 language tag"),
        (broken("activities", {"colour": "red"}), "Extra inputs"),
        (broken("activities", {"keep": {**RAW["activities"][0]["keep"], "years": -1}}), "greater than or equal to 0"),
        (broken("activities", {"keep": {**RAW["activities"][0]["keep"], "after": "The End"}}), "not a stable id"),
        (broken("recipients", {"country": "Sverige"}), "should match pattern"),
        ({**RAW, "controller": {**RAW["controller"], "country": "se"}}, "should match pattern"),
        ({**RAW, "format": "sectorprivacy/policy/2"}, "sectorprivacy/policy/1"),
    ],
)
def test_a_document_that_no_register_could_be_is_refused(raw: dict[str, Any], problem: str) -> None:
    """An id for two things, or for none, would leave open what the register says."""
    with pytest.raises(ValueError, match=problem):
        PolicyDocument.model_validate_json(json.dumps(raw))


@pytest.mark.parametrize(
    ("update", "because"),
    [
        ({"consent": {"en": "I agree to everything."}}, MaterialChange.TEXT),
        ({"purpose": "direct_marketing"}, MaterialChange.PURPOSE),
        ({"uses": (*entry().uses, "image")}, MaterialChange.CATEGORIES),
        ({"recipients": (*entry().recipients, "Politiet")}, MaterialChange.RECIPIENTS),
        ({"keep": entry().keep.model_copy(update={"years": 9})}, MaterialChange.RETENTION),
        ({"keep": entry().keep.model_copy(update={"after": "agreement_ended"})}, MaterialChange.RETENTION),
    ],
)
def test_a_consent_does_not_cover_more_than_people_were_told(update: dict[str, Any], because: MaterialChange) -> None:
    """Whoever consented to less must be asked again (Art. 7)."""
    (voided,) = voided_consents(DOCUMENT, with_bonus(**update))
    assert (voided.activity, voided.because) == (BONUS, (because,))


@pytest.mark.parametrize(
    "update",
    [
        {"title": {"en": "another title"}},
        {"consent": {**entry().consent, "fi": "Suostun."}},
        {"uses": entry().uses[:1]},
        {"recipients": ()},
        {"assessment": "elsewhere"},
    ],
)
def test_a_consent_covers_less_and_other_words_around_it(update: dict[str, Any]) -> None:
    """A translation, or less data, takes nothing from anybody."""
    assert with_bonus(**update) != DOCUMENT
    assert voided_consents(DOCUMENT, with_bonus(**update)) == ()


def test_a_recipient_that_moves_abroad_voids_the_consent() -> None:
    """Data that stays in the EEA was consented to; data that leaves it was not."""
    moved = tuple(
        each.model_copy(update={"country": "US", "safeguard": "standard_clauses"})
        if each.id in entry().recipients
        else each
        for each in DOCUMENT.recipients
    )
    (voided,) = voided_consents(DOCUMENT, DOCUMENT.model_copy(update={"recipients": moved}))
    assert voided.because == (MaterialChange.TRANSFER,)


def test_a_recipient_that_no_longer_works_on_instructions_voids_the_consent() -> None:
    """People agreed to a helper of the company; one with ends of its own is another recipient, and back is less."""
    own = tuple(each.model_copy(update={"capacity": Capacity.CONTROLLER}) for each in DOCUMENT.recipients)
    helper = tuple(each.model_copy(update={"capacity": Capacity.PROCESSOR}) for each in DOCUMENT.recipients)
    before, after = (DOCUMENT.model_copy(update={"recipients": each}) for each in (helper, own))
    assert (MaterialChange.RECIPIENTS,) in {each.because for each in voided_consents(before, after)}
    assert voided_consents(after, before) == ()


def test_whoever_is_asked_for_the_first_time_is_not_asked_again() -> None:
    """There is no consent yet of people whose data rested on something else."""
    asked, other = entry().basis, {"payer": Basis.CONTRACT}
    before = with_bonus(basis={**other, **dict.fromkeys(asked, Basis.LEGITIMATE_INTEREST)})
    after = with_bonus(basis={"payer": Basis.CONSENT}, consent={"en": "I agree to everything."})
    assert voided_consents(before, after) == voided_consents(DOCUMENT, after) == ()


def test_another_company_must_ask_for_itself() -> None:
    """Consent was given to one controller."""
    other = DOCUMENT.model_copy(update={"controller": DOCUMENT.controller.model_copy(update={"id": "other"})})
    assert {each.because for each in voided_consents(DOCUMENT, other)} == {(MaterialChange.CONTROLLER,)}
