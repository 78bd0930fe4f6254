"""Which consents a new version of the register voids: those to something that changed materially (Art. 4(11), 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from attrs import frozen

from sectorprivacy.policy._document import ActivityEntry, CategoryEntry, KeepEntry, PolicyDocument, Texts
from sectorprivacy.vocabulary import Basis, Capacity


class MaterialChange(StrEnum):
    """What changed so much that a consent no longer covers it."""

    CONTROLLER = "controller"
    TEXT = "text"
    PURPOSE = "purpose"
    CATEGORIES = "categories"
    RECIPIENTS = "recipients"
    TRANSFER = "transfer"
    RETENTION = "retention"


@frozen(kw_only=True)
class VoidedConsent:
    """An activity whose consents must be asked for again.

    Args:
        activity: Its id.
        because: What changed, at least one.
    """

    activity: str
    because: tuple[MaterialChange, ...]


def voided_consents(old: PolicyDocument, new: PolicyDocument) -> tuple[VoidedConsent, ...]:
    """The activities whose consents do not cover what the new version says.

    People consented to a text, a purpose, kinds of data, recipients and a period. Less of any of them is covered by
    what they said, more is not; a translation changes nothing. A period from another event counts as longer. Only
    people whom both versions ask are meant: whoever is asked for the first time has not consented yet.

    Args:
        old: The version under which people consented.
        new: The version that shall hold.
    """
    before = {activity.id: activity for activity in old.activities}
    found = (
        VoidedConsent(activity=activity.id, because=because)
        for activity in new.activities
        if activity.id in before
        and not _consenting(activity).isdisjoint(_consenting(before[activity.id]))
        and (because := tuple(_material_changes(old, new, before[activity.id], activity)))
    )
    return tuple(found)


def _consenting(activity: ActivityEntry) -> frozenset[str]:
    """Roles whose people are asked for consent."""
    return frozenset(role for role, basis in activity.basis.items() if basis is Basis.CONSENT)


def _material_changes(
    old: PolicyDocument, new: PolicyDocument, before: ActivityEntry, after: ActivityEntry
) -> Iterator[MaterialChange]:
    if old.controller.id != new.controller.id:
        yield MaterialChange.CONTROLLER
    if _says_something_else(before.consent or {}, after.consent or {}):
        yield MaterialChange.TEXT
    if before.purpose != after.purpose:
        yield MaterialChange.PURPOSE
    if not all(_covered(word, before.uses, new) for word in after.uses):
        yield MaterialChange.CATEGORIES
    if not _receiving(new, after) <= _receiving(old, before):
        yield MaterialChange.RECIPIENTS
    if _abroad(new, after) - _abroad(old, before) - _newcomers(before, after, new):
        yield MaterialChange.TRANSFER
    if _may_be_longer(before.keep, after.keep):
        yield MaterialChange.RETENTION


def _says_something_else(before: Texts, after: Texts) -> bool:
    shared = before.keys() & after.keys()
    return not shared or any(before[language] != after[language] for language in shared)


def _covered(word: str, uses: tuple[str, ...], register: PolicyDocument) -> bool:
    """Whether a category stands among these or under one of them that has the same protection."""
    known = {entry.id: entry for entry in register.categories}
    protections = {entry.id: entry.protection for entry in register.categories}
    needed = protections.get(word)
    return any(
        broader in uses and (needed is None or protections.get(broader) is needed) for broader in _upwards(word, known)
    )


def _upwards(word: str, known: Mapping[str, CategoryEntry]) -> Iterator[str]:
    above: str | None = word
    for _ in range(len(known) + 1):
        if above is None:
            return
        yield above
        above = known[above].under if above in known else None


def _receiving(register: PolicyDocument, activity: ActivityEntry) -> frozenset[tuple[str, bool]]:
    """Name of each recipient of the activity, and whether it uses the data for ends of its own too.

    One that no longer works on instructions is another recipient than people were told of.
    """
    named = [each for each in register.recipients if each.id in activity.recipients]
    own_ends = [each for each in named if each.capacity is not Capacity.PROCESSOR]
    return frozenset([*((each.id, False) for each in named), *((each.id, True) for each in own_ends)])


def _abroad(register: PolicyDocument, activity: ActivityEntry) -> frozenset[tuple[str, str]]:
    """Name and country of the activity's recipients outside the EEA."""
    named = (each for each in register.recipients if each.id in activity.recipients)
    return frozenset((each.id, each.country) for each in named if each.recipient.leaves_the_eea)


def _newcomers(before: ActivityEntry, after: ActivityEntry, new: PolicyDocument) -> frozenset[tuple[str, str]]:
    """Recipients abroad that are new: `RECIPIENTS` says so already."""
    return frozenset(each for each in _abroad(new, after) if each[0] not in before.recipients)


def _may_be_longer(before: KeepEntry, after: KeepEntry) -> bool:
    """Whether the new period could end later than the old one, whatever the day of the event."""
    months = after.years * 12 + after.months <= before.years * 12 + before.months
    no_longer = months and after.days <= before.days and after.end_of_year <= before.end_of_year
    return after.after != before.after or not no_longer
