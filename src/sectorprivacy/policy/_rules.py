"""The rules that a register must keep; every broken one is found, so that all are reported together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import cast

from sectorprivacy.errors import (
    BasisIncomplete,
    DeclarationError,
    InvalidDeclaration,
    ProtectedWithoutGround,
    RetentionMissing,
    TransferWithoutSafeguard,
)
from sectorprivacy.policy._register import Activity, Controller, Keep, Recipient, recipients_of
from sectorprivacy.vocabulary import Basis, Measure, Protection, Word, categories, purposes, roles
from sectorprivacy.vocabulary import measures as built_in_measures

RIGHTS_HANDLING_ID = "rights_handling"
"""Id of the built-in activity; no declared one may have it."""

_BUILT_IN = [
    word
    for module in (categories, purposes, roles, built_in_measures)
    for word in vars(module).values()
    if isinstance(word, Word)
]

_RESTS_ON = {
    Basis.LEGAL_OBLIGATION: "law",
    Basis.LEGITIMATE_INTEREST: "interest",
    Basis.CONSENT: "consent",
}


def broken_rules(
    controller: Controller, activities: Sequence[Activity], measures: Sequence[Measure]
) -> Iterator[DeclarationError]:
    """Every rule of law or of form that the register breaks.

    Args:
        controller: Who it speaks for.
        activities: What it declares; the built-in ones are not among them.
        measures: What protects the data.
    """
    yield from _of_controller(controller)
    counted = Counter([RIGHTS_HANDLING_ID, *(activity.id for activity in activities)])
    for twice in (activity_id for activity_id, count in counted.items() if count > 1):
        yield InvalidDeclaration(
            where=f"Activity {twice}", problem="it is declared twice", instead="Give each activity an id of its own"
        )
    for activity in activities:
        yield from _of_activity(activity)
    used = [word for activity in activities for word in (activity.purpose, *activity.uses, *activity.basis.roles)]
    yield from _of_words([word for each in (*used, *measures) for word in each.lineage])
    yield from _of_recipients(recipients_of(activities))


def _of_controller(controller: Controller) -> Iterator[DeclarationError]:
    where = f"Controller {controller.id}"
    if not controller.languages:
        yield InvalidDeclaration(
            where=where,
            problem="it publishes its notice in no language",
            instead='Say languages=["en"], for example',
        )
    counted = Counter(document.url for document in controller.documents)
    for twice in (url for url, count in counted.items() if count > 1):
        yield InvalidDeclaration(
            where=where, problem=f"it names the document at {twice} twice", instead="Name each document once"
        )


def _of_activity(activity: Activity) -> Iterator[DeclarationError]:
    where = f"Activity {activity.id}"
    if activity.covers_everything:
        yield InvalidDeclaration(
            where=where,
            problem="it may use everything of everybody, as the built-in activity for people's rights alone may",
            instead="Name the categories in `uses`",
        )
    if not activity.basis:
        yield BasisIncomplete(
            where=where, problem="it has no legal basis for anybody", instead="Give a basis per role (Art. 6(1))"
        )
    for basis, argument in _RESTS_ON.items():
        if basis in activity.basis.values() and getattr(activity, argument) is None:
            yield BasisIncomplete(
                where=where,
                problem=f"{basis.article} needs `{argument}`",
                instead=f"Say {argument}=... on the activity",
            )
    if cast("Keep | None", activity.keep) is None:
        yield RetentionMissing(
            where=where,
            problem="it does not say how long it needs its data (Art. 5(1)(e))",
            instead='Say keep=Keep(after="...", years=...), counted from an event',
        )
    for protection, argument in ((Protection.SPECIAL, "special"), (Protection.CRIMINAL, "criminal")):
        used = sorted(word.id for word in activity.uses if word.protected is protection)
        if used and getattr(activity, argument) is None:
            yield ProtectedWithoutGround(
                where=where,
                problem=f"it uses {', '.join(used)}, which {protection.article} forbids unless a ground permits it",
                instead=f"Say {argument}=... on the activity, or do without",
            )


def _of_words(words: Sequence[Word]) -> Iterator[DeclarationError]:
    """A word is its id: two that share one, built-in words among them, would be taken for each other everywhere."""
    meanings = Counter((type(word), word.id) for word in {*words, *_BUILT_IN})
    for sort, word in sorted((sort.__name__, word) for (sort, word), count in meanings.items() if count > 1):
        yield InvalidDeclaration(
            where=f"{sort} {word}",
            problem="two words have this id and mean different things",
            instead="Declare the word once, or give one of them another id",
        )


def _of_recipients(recipients: Sequence[Recipient]) -> Iterator[DeclarationError]:
    counted = Counter(recipient.name for recipient in recipients)
    for twice in (name for name, count in counted.items() if count > 1):
        yield InvalidDeclaration(
            where=f"Recipient {twice}",
            problem="activities describe it in different words",
            instead="Declare each recipient once and name it where it receives",
        )
    for recipient in recipients:
        if recipient.leaves_the_eea and recipient.safeguard is None:
            yield TransferWithoutSafeguard(
                where=f"Recipient {recipient.name}",
                problem=f"{recipient.country} lies outside the EEA and no safeguard is named",
                instead="Name the safeguard of Chapter V, such as Safeguard.STANDARD_CLAUSES",
            )
