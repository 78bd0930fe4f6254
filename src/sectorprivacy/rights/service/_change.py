"""Pages of a plan and of what was applied: decisions as counts for the coordinator, and as changes for the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sectorprivacy.rights.protocol import ApplyTask, ChangePage, Outcome, PlanTask, Retained
from sectorprivacy.rights.service._data import Changes
from sectorprivacy.rights.service._decision import Decided
from sectorprivacy.vocabulary import Ground, RecordKey


def change_page(
    task: PlanTask | ApplyTask, dataset: str, decided: Sequence[Decided], *, digest: str, following: str | None
) -> ChangePage:
    """One page as the coordinator sees it: counts and reasons, no key.

    Args:
        task: The task it answers.
        dataset: Id of the data set.
        decided: What was decided for each record.
        digest: `digest_of_page` of the same.
        following: Cursor of the next page.
    """
    outcomes: Counter[Outcome] = Counter(each.decision.outcome for each in decided)
    retained = Counter(_reason(each) for each in decided if each.decision.act == "retain")
    return ChangePage(
        task=task.task,
        ref=task.ref,
        dataset=dataset,
        outcomes=dict(outcomes),
        retained=tuple(
            Retained(ground=ground, law=law, until=until, only=(activity,) if activity else (), count=count)
            for (ground, law, until, activity), count in retained.items()
        ),
        digest=digest,
        next=following,
    )


def changes_of(decided: Sequence[Decided]) -> Changes:
    """What has to be written for a page, grouped so that the number of statements does not grow with it."""
    clear: dict[tuple[str, ...], list[RecordKey]] = {}
    for each in decided:
        if each.decision.act in {"anonymise", "unlink"} and each.decision.fields:
            clear.setdefault(each.decision.fields, []).append(each.key)
    return Changes(erase=[each.key for each in decided if each.decision.act == "erase"], clear=clear)


def _reason(decided: Decided) -> tuple[Ground, str, str, str]:
    need = decided.decision.need
    if need is None:
        return Ground.RIGHTS_OF_OTHERS, f"GDPR {Ground.RIGHTS_OF_OTHERS.article}", "a human has decided whose it is", ""
    return need.ground, need.law, need.ends, need.activity.id
