"""Marks held to the register: what is held and not used, used and not held, and whose day of an event nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sectorprivacy.annotations import FieldMap
from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._rules import (
    ACTIVITY_UNUSED,
    ANCHOR_UNUSED,
    CATEGORY_UNHELD,
    CATEGORY_UNUSED,
    EVENT_UNKNOWN,
    IDENTIFIER_KIND_UNKNOWN,
    ROLE_UNCOVERED,
)
from sectorprivacy.documents import DataMap
from sectorprivacy.policy import RIGHTS_HANDLING, Activity, Policy
from sectorprivacy.vocabulary import Basis, Category, categories


def covered(policy: Policy, models: Sequence[FieldMap], now: DataMap, *, every: bool) -> Iterator[Finding]:
    """What register and marks do not say of each other.

    Args:
        policy: The register.
        models: Marks of the models.
        now: Their data map, which says what uses each of them.
        every: Whether these are all models; if some could not be read, what nobody holds is not known.
    """
    for marks in models:
        uncovered = _uncovered(policy, marks)
        yield from _roles(marks, uncovered)
        yield from _fields(policy, marks, uncovered)
        yield from _anchors(policy, marks)
    if every:
        yield from _activities(policy, models, now)
        yield from _kinds(models)


def _uncovered(policy: Policy, marks: FieldMap) -> frozenset[str]:
    """Roles with data in the set, for whom nothing that uses it has a legal basis."""
    held = marks.categories_by_role.items()
    return frozenset(role for role, words in held if words and not policy.activities_using(words, role))


def _roles(marks: FieldMap, uncovered: frozenset[str]) -> Iterator[Finding]:
    for role in sorted(uncovered):
        yield ROLE_UNCOVERED.finding(
            f"{marks.id}, role {role}",
            f"It holds data of people in the role {role}, and no activity that uses it has a legal basis for them.",
            f"Give an activity a basis for {role}, or do not hold their data here.",
        )


def _fields(policy: Policy, marks: FieldMap, uncovered: frozenset[str]) -> Iterator[Finding]:
    for field in marks.fields:
        roles = [role for role in marks.concerned(field) if role not in uncovered]
        if field.identifier_only or not roles:
            continue
        if not any(policy.activities_using(frozenset({field.category}), role) for role in roles):
            yield CATEGORY_UNUSED.finding(
                f"{marks.id}.{field.id}",
                f"No activity uses {field.category.id} of {' or '.join(sorted(roles))}.",
                f"Add {field.category.id} to the `uses` of the activity that needs it, or do without the field.",
            )


def _anchors(policy: Policy, marks: FieldMap) -> Iterator[Finding]:
    counted = {activity.keep.after for activity in (RIGHTS_HANDLING, *policy.activities)}
    for event in sorted(set(marks.anchors) - counted):
        yield ANCHOR_UNUSED.finding(
            f"{marks.id}, event {event}",
            f"It names the day of {event}, and no activity keeps its data so long after that.",
            "Correct the name of the event, or leave the anchor out.",
        )


def _activities(policy: Policy, models: Sequence[FieldMap], now: DataMap) -> Iterator[Finding]:
    held = {field.category for marks in models for field in marks.fields}
    users = {each.id: each.activities for each in now.datasets}
    for activity in policy.activities:
        using = [marks for marks in models if activity.id in users[marks.id]]
        if using:
            yield from _unheld(activity, held)
            yield from _event(activity, using)
        else:
            yield ACTIVITY_UNUSED.finding(
                f"activity {activity.id}",
                "No data set holds what it uses, of anybody it has a legal basis for.",
                "Declare the models it works on, or take it out of the register.",
            )


def _unheld(activity: Activity, held: set[Category]) -> Iterator[Finding]:
    for word in sorted(activity.uses, key=lambda each: each.id):
        if not any(each.within(word) and activity.may_use(each) for each in held):
            yield CATEGORY_UNHELD.finding(
                f"activity {activity.id}, category {word.id}",
                f"It uses {word.id}, which no field holds.",
                f"Take {word.id} out of `uses`, or declare the model that holds it.",
            )


def _event(activity: Activity, using: Sequence[FieldMap]) -> Iterator[Finding]:
    event = activity.keep.after
    if _needs_the_day(activity) and not any(event in marks.anchors for marks in using):
        yield EVENT_UNKNOWN.finding(
            f"activity {activity.id}, event {event}",
            f"It counts from {event}, whose day none of its data sets knows.",
            f'Say anchors={{"{event}": "..."}} where the day is held: {", ".join(marks.id for marks in using)}.',
        )


def _needs_the_day(activity: Activity) -> bool:
    """An obligation always; a span unless a contract gives it, which may run with a person's link to the thing."""
    bases = set(activity.basis.values())
    span = activity.keep.years or activity.keep.months or activity.keep.days
    return Basis.LEGAL_OBLIGATION in bases or bool(span and bases != {Basis.CONTRACT})


def _kinds(models: Sequence[FieldMap]) -> Iterator[Finding]:
    taught = {kind for marks in models for kind in marks.taught}
    for marks in models:
        for field in marks.subjects:
            subject = field.subject
            if subject is not None and subject.category == categories.IDENTIFIER and subject.kind not in taught:
                yield IDENTIFIER_KIND_UNKNOWN.finding(
                    f"{marks.id}.{field.id}",
                    f"No data set marks a {subject.kind} as verified, so nobody can be found by it.",
                    "Correct the kind, or mark it as verified where the company knows whose it is.",
                )
