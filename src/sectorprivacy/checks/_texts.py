"""Whether what people read is written in every language that the controller publishes its notice in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sectorprivacy.annotations import FieldMap
from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._rules import EVENT_UNWORDED, WORDING_MISSING
from sectorprivacy.policy import RIGHTS_HANDLING, Activity, Policy, recipients_of
from sectorprivacy.vocabulary import AnyWording, Word, Wording, categories, measures, purposes, roles, wording

_Texts = Iterable[tuple[str, Wording | None]]

_BUILT_IN: Final = frozenset(
    word
    for module in (categories, measures, purposes, roles)
    for word in vars(module).values()
    if isinstance(word, Word)
)


def worded(policy: Policy, models: Sequence[FieldMap], titles: Mapping[str, AnyWording]) -> Iterator[Finding]:
    """Texts of register, marks and titles that lack a language, one finding for each thing that has some."""
    languages = policy.controller.languages
    for where, texts in _things(policy, models, titles):
        lacking = [
            f"{name} ({', '.join(absent)})"
            for name, text in texts
            if text is not None and (absent := _absent(text, languages))
        ]
        if lacking:
            yield WORDING_MISSING.finding(
                where,
                f"Not written in every language of the notice: {'; '.join(lacking)}.",
                'Write it as {"en": "...", "nb": "..."}, with each language of the controller.',
            )
    yield from _events(policy)


def _absent(text: Wording, languages: Sequence[str]) -> list[str]:
    return [each for each in languages if not text.covers(each)]


def _events(policy: Policy) -> Iterator[Finding]:
    counted = {activity.keep.after for activity in policy.activities}
    for event in sorted(counted - {RIGHTS_HANDLING.keep.after}):  # the catalogues have words for the library's own
        text = policy.events.get(event)
        absent = list(policy.controller.languages) if text is None else _absent(text, policy.controller.languages)
        if absent:
            yield EVENT_UNWORDED.finding(
                f"event {event}",
                f"Retention counts from it, and it has no words in {', '.join(absent)}.",
                f'Say events={{"{event}": {{"en": "..."}}}} on the policy, with each language of the controller.',
            )


def _things(
    policy: Policy, models: Sequence[FieldMap], titles: Mapping[str, AnyWording]
) -> Iterator[tuple[str, _Texts]]:
    yield "controller", ((document.url, document.title) for document in policy.controller.documents)
    for activity in policy.activities:
        yield f"activity {activity.id}", _of_activity(activity)
    for recipient in recipients_of(policy.activities):
        yield f"recipient {recipient.name}", (("task", recipient.task),)
    for marks in models:
        yield marks.id, (("label", marks.label),)
        for field in marks.fields:
            # A field that is called as its category is called by the catalogue of the language.
            label = None if field.label == field.category.label else field.label
            values = ((f"values[{value!r}]", text) for value, text in (field.values or {}).items())
            yield f"{marks.id}.{field.id}", (("label", label), *values)
    for service, title in titles.items():
        yield f"service {service}", (("title", wording(title)),)
    for word in _own_words(policy, models):
        yield f"{type(word).__name__.lower()} {word.id}", (("label", word.label),)


def _own_words(policy: Policy, models: Sequence[FieldMap]) -> Iterable[Word]:
    """The company's own words, which the catalogues do not know."""
    used: list[Word] = [field.category for marks in models for field in marks.fields]
    for activity in policy.activities:
        used.extend((activity.purpose, *activity.uses, *activity.basis.roles))
    return [word for word in dict.fromkeys([*used, *policy.measures]) if word not in _BUILT_IN]


def _of_activity(activity: Activity) -> _Texts:
    yield "title", activity.title
    yield "contract", activity.contract
    yield "law", activity.law
    yield "interest", activity.interest
    yield "consent", activity.consent
    yield "criminal", activity.criminal
    yield "keep.law", activity.keep.law
    for rule in activity.channels:
        yield f"channels[{rule.channel}].law", rule.law
    if activity.decision is not None:
        yield "decision.about", activity.decision.about
        yield "decision.inputs", activity.decision.inputs
        yield "decision.by", activity.decision.by
