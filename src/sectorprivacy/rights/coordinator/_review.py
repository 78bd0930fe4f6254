"""Review: a human looks at files that may show others before they are released (Art. 15(4))."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

from attrs import field, frozen

from sectorprivacy.errors import CaseRefused
from sectorprivacy.rights.coordinator._attachments import file_of
from sectorprivacy.rights.coordinator._case import Case, CaseAttachment, CaseState
from sectorprivacy.rights.coordinator._desk import Desk
from sectorprivacy.rights.coordinator._opened import OpenCase
from sectorprivacy.vocabulary import Ground


@frozen(kw_only=True)
class ReviewItem:
    """A file that waits for its release.

    Args:
        attachment: What is known of it.
        path: Where its bytes lie.
    """

    attachment: CaseAttachment
    path: Path = field(repr=False)


@frozen
class ReviewDecision:
    """What a human decided about a file; made by `release` or `withhold`.

    Args:
        withheld: None to release; else why not, in words for the person.
    """

    withheld: str | None

    @classmethod
    def release(cls) -> Self:
        """The person gets the file."""
        return cls(None)

    @classmethod
    def withhold(cls, ground: Ground, reason: str) -> Self:
        """The person is told that there is a file, and why they do not get it.

        Args:
            ground: The provision that allows it.
            reason: In words for the person; it must not name anybody.
        """
        return cls(f"{reason} ({ground.article})")


Decide = Callable[[ReviewItem], ReviewDecision]


async def review(desk: Desk, opened: OpenCase, decide: Decide) -> Case:
    """Put each file that waits to a human; decisions are saved once all are made. Where none waits, nobody is asked."""
    case = opened.case
    if case.state is CaseState.ASSEMBLING:
        return case
    if case.state is not CaseState.REVIEW:
        raise CaseRefused(case=str(case.id), problem=f"it is {case.state.value}, nothing waits for review")
    decided = tuple(_decided(each, decide(item)) for each, item in _items(desk, case))
    return await opened.update(lambda case: _reviewed(case, decided))


def _items(desk: Desk, case: Case) -> list[tuple[CaseAttachment, ReviewItem]]:
    return [
        (each, ReviewItem(attachment=each, path=file_of(desk.work, case.id, each)))
        for each in case.attachments
        if each.state == "fetched"
    ]


def _decided(attachment: CaseAttachment, decision: ReviewDecision) -> CaseAttachment:
    state = "released" if decision.withheld is None else "withheld"
    return attachment.model_copy(update={"state": state, "reason": decision.withheld})


def _reviewed(case: Case, decided: tuple[CaseAttachment, ...]) -> Case:
    by_digest = {each.sha256: each for each in decided}
    attachments = tuple(by_digest.get(each.sha256, each) for each in case.attachments)
    return case.moved(CaseState.ASSEMBLING).model_copy(update={"attachments": attachments})
