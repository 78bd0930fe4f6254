"""One word for a whole case: one failure makes it partial, silence is no answer, and what the law keeps is said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from sectorprivacy.errors import CaseRefused
from sectorprivacy.rights.coordinator import (
    Case,
    CaseAttachment,
    CaseState,
    DataSetChange,
    DataSetExport,
    DataSetRest,
    Fold,
    ServiceAnswer,
    Verification,
    fold,
)
from sectorprivacy.rights.protocol import DataSet, Manifest
from sectorprivacy.vocabulary import Relation, Right, SubjectRef
from tests.rights.coordinator.small_service import BOOKKEEPING

ZEROS = "0" * 64
MANIFEST = Manifest(
    service="crm",
    controller="c",
    policy=ZEROS,
    accepts=("email",),
    datasets=(DataSet(id="d", label="D", relations={"customer": Relation.OWNER}, fields=(), activities=()),),
)
HELD = ServiceAnswer(service="crm", manifest=MANIFEST, ref=SubjectRef(b"k" * 16))
EXPORTED = HELD.model_copy(update={"exports": (DataSetExport(dataset="d", outcome="exported", head=ZEROS),)})
CODED = (DataSetExport(dataset="d", outcome="failed", code="stalled", head=ZEROS),)
ERASED = HELD.model_copy(update={"applied": (DataSetChange(dataset="d", outcomes={"erased": 1}),)})
KEPT = HELD.model_copy(
    update={"applied": (DataSetChange(dataset="d", outcomes={"retained": 1}, retained=(BOOKKEEPING,)),)}
)


def a_case(right: Right, *answers: ServiceAnswer) -> Case:
    return Case(
        id=UUID(int=1),
        rights=(right,),
        received=datetime(2026, 5, 1, tzinfo=UTC),
        due=date(2026, 6, 1),
        extended=date(2026, 8, 3),
        answers={f"service{number}": answer for number, answer in enumerate(answers)},
    )


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        (a_case(Right.ACCESS), None),
        (a_case(Right.ACCESS, HELD), None),
        (a_case(Right.ACCESS, EXPORTED), Fold.COMPLETE),
        (a_case(Right.ACCESS, EXPORTED, ServiceAnswer(service="x", manifest=MANIFEST)), Fold.COMPLETE),
        (a_case(Right.ACCESS, EXPORTED, ServiceAnswer(service="x", failed="timed_out")), Fold.PARTIAL),
        (a_case(Right.ACCESS, ServiceAnswer(service="x", failed="timed_out")), Fold.FAILED),
        (a_case(Right.ACCESS, EXPORTED, HELD.model_copy(update={"exports": CODED})), Fold.PARTIAL),
        (a_case(Right.ERASURE, EXPORTED), None),
        (a_case(Right.ERASURE, ERASED), Fold.COMPLETE),
        (a_case(Right.ERASURE, ERASED, KEPT), Fold.COMPLETE_WITH_RETAINED),
        (a_case(Right.ERASURE, KEPT.model_copy(update={"receipt_failed": "receipt_invalid"})), Fold.PARTIAL),
    ],
)
def test_the_fold_of_a_case(case: Case, outcome: Fold | None) -> None:
    """Complete only when every data set of every service has an outcome and none failed."""
    assert fold(case) is outcome


def test_a_file_that_did_not_come_is_a_failure() -> None:
    """The person does not get everything, and the case says so."""
    file = CaseAttachment(
        sha256=ZEROS, media_type="image/png", size=1, service="crm", dataset="d", field="f", state="failed"
    )
    assert fold(a_case(Right.ACCESS, EXPORTED).model_copy(update={"attachments": (file,)})) is Fold.PARTIAL


def test_what_remains_against_the_plan_is_a_failure() -> None:
    """The coordinator's own look counts more than what services report."""
    rest = DataSetRest(service="crm", dataset="d", expected=0, remaining=1)
    case = a_case(Right.ERASURE, ERASED).model_copy(update={"verification": Verification(rest=(rest,))})
    assert fold(case) is Fold.PARTIAL


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (CaseState.RECEIVED, CaseState.EXECUTING),
        (CaseState.CLARIFYING, CaseState.EXECUTING),
        (CaseState.EXECUTING, CaseState.CLOSED),
        (CaseState.CLOSED, CaseState.IDENTIFYING),
    ],
)
def test_steps_that_are_not_allowed(state: CaseState, to: CaseState) -> None:
    """No erasure without a search, nothing abandoned half way, nothing after the end."""
    with pytest.raises(CaseRefused):
        a_case(Right.ACCESS).model_copy(update={"state": state}).moved(to)
