"""One word for the outcome of a whole case, folded from every data set of every service. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from sectorprivacy.rights.coordinator._case import Case, ServiceAnswer
from sectorprivacy.vocabulary import Right


class Fold(StrEnum):
    """Outcome of a case, best first."""

    COMPLETE = "complete"
    COMPLETE_WITH_RETAINED = "complete_with_retained"
    PARTIAL = "partial"
    FAILED = "failed"


def fold(case: Case) -> Fold | None:
    """The outcome of a case; None while a right in it has not been carried out everywhere.

    One failure anywhere makes it partial, and no answer at all makes it failed: a service that is silent is never taken
    for one that holds nothing.
    """
    answers = case.answers.values()
    if not answers:
        return None
    if all(answer.failed is not None for answer in answers):
        return Fold.FAILED
    if any(is_open(case, answer) for answer in answers):
        return None
    if any(any(failures(answer)) for answer in answers) or _files_failed(case) or _rest_deviates(case):
        return Fold.PARTIAL
    if any(change.retained for answer in answers for change in answer.applied):
        return Fold.COMPLETE_WITH_RETAINED
    return Fold.COMPLETE


def is_open(case: Case, answer: ServiceAnswer) -> bool:
    """Whether a service that knows the person still owes a step that the case's rights ask for."""
    if not answer.held or answer.manifest is None:
        return False
    datasets = len(answer.manifest.datasets)
    exports = bool({Right.ACCESS, Right.PORTABILITY} & set(case.rights))
    return (exports and len(answer.exports) < datasets) or (
        Right.ERASURE in case.rights and len(answer.applied) < datasets
    )


def failures(answer: ServiceAnswer) -> Iterator[tuple[str | None, str]]:
    """Data set (None: the service as a whole) and reason code of everything that failed in one service."""
    if answer.failed is not None:
        yield None, answer.failed
    for export in answer.exports:
        if export.code is not None:
            yield export.dataset, export.code
    for change in answer.applied:
        if change.code is not None:
            yield change.dataset, change.code
    if answer.receipt_failed is not None:
        yield None, answer.receipt_failed


def _files_failed(case: Case) -> bool:
    return any(each.state == "failed" for each in case.attachments)


def _rest_deviates(case: Case) -> bool:
    return case.verification is not None and bool(case.verification.deviations)
