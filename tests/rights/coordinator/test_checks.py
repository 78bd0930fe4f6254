"""An answer that is not an answer to what was asked is refused with its reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.coordinator import DataSetChange
from sectorprivacy.rights.coordinator._checks import (
    PageOrder,
    change_of,
    check_change,
    check_manifest,
    check_page,
    check_receipt,
    page_json,
)
from sectorprivacy.rights.protocol import (
    ApplyTask,
    Attachment,
    ChangePage,
    DataSet,
    Erasure,
    ExportPage,
    ExportTask,
    FieldDeclaration,
    Manifest,
    PlanTask,
    Receipt,
    Record,
    Withheld,
    chain,
    digest_of,
)
from sectorprivacy.vocabulary import Ground, Relation, Source, SubjectRef
from tests.rights.coordinator.small_service import BOOKKEEPING

REF = SubjectRef(b"k" * 16)
TASK, CASE = UUID(int=1), UUID(int=2)
PAGE_DIGEST = "ab" * 32


def a_field(name: str, **facts: Any) -> FieldDeclaration:
    given: dict[str, Any] = {"label": name, "category": "event", "source": Source.OBSERVED, "roles": ("customer",)}
    return FieldDeclaration(id=name, **(given | facts))


EVENTS = DataSet(
    id="events",
    label="Events",
    relations={"customer": Relation.OWNER},
    fields=(a_field("text"), a_field("image", attachment="image/png"), a_field("code", secret=True)),
    activities=("alarm",),
)
MANIFEST = Manifest(service="crm", controller="c", policy="0" * 64, accepts=(), datasets=(EVENTS,))
EXPORT = ExportTask(task=TASK, case=CASE, ref=REF)
PLAN = PlanTask(task=TASK, case=CASE, ref=REF, instruction=Erasure())
APPLY = ApplyTask(task=TASK, case=CASE, ref=REF, instruction=Erasure(), plan=UUID(int=3), digest="0" * 64)


def record(**facts: Any) -> Record:
    given: dict[str, Any] = {"key": ("i1",), "roles": ("customer",), "fields": {"text": "armed"}}
    return Record(**(given | facts))


def page(*records: Record, **facts: Any) -> ExportPage:
    given: dict[str, Any] = {"task": TASK, "ref": REF, "dataset": "events", "records": records, "next": None}
    return ExportPage(**(given | facts))


def attachment(field: str) -> Attachment:
    return Attachment(id="a", field=field, media_type="image/png", size=1, sha256="0" * 64)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"records": []}, "nonsense"),
        (None, "nonsense"),
        (page(task=UUID(int=9)), "other_task"),
        (page(ref=SubjectRef(b"o" * 16)), "other_person"),
        (page(dataset="invoices"), "other_dataset"),
        (page(record(), record(key=("i2",)), record(key=("i3",))), "page_too_long"),
        (page(record(), record()), "record_twice"),
        (page(record(fields={"salary": 1})), "undeclared_field"),
        (page(record(withheld=(Withheld(field="salary", ground=Ground.SECRET),))), "undeclared_field"),
        (page(record(roles=())), "undeclared_role"),
        (page(record(roles=("burglar",))), "undeclared_role"),
        (page(record(attachments=(attachment("text"),))), "undeclared_attachment"),
        (page(record(fields={"code": "1234"})), "secret_disclosed"),
    ],
)
def test_a_page_that_is_none(answer: object, reason: str) -> None:
    """A page is of the task, person and data set that were asked for, and holds what was declared."""
    with pytest.raises(ServiceFailed) as refused:
        check_page("crm", EXPORT, EVENTS, 2, answer)
    assert refused.value.reason == reason


def test_a_page_as_it_should_be() -> None:
    """Secrets are told as withheld, files under a declared field."""
    good = page(record(attachments=(attachment("image"),), withheld=(Withheld(field="code", ground=Ground.SECRET),)))
    assert check_page("crm", EXPORT, EVENTS, 2, good) is good


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_values_that_json_cannot_say_are_refused(value: object) -> None:
    """They are reported instead of becoming null or a question mark (T50)."""
    poisoned = page(record(fields={}).model_copy(update={"fields": {"text": value}}))
    with pytest.raises(ServiceFailed, match="value_without_json"):
        page_json("crm", poisoned)


@pytest.mark.parametrize("text", ["\x00", "9999-12-31", "0001-01-01", "x" * 1_000_000, "æ\u2028\u202e"])
def test_strange_values_come_back_equal(text: str) -> None:
    """NUL, the ends of time and long text are data (T50)."""
    strange = page(record(fields={"text": text}))
    assert ExportPage.model_validate_json(page_json("crm", strange)) == strange


def test_a_cursor_that_comes_again_is_stalled() -> None:
    """Also when it comes again later than on the next page."""
    order = PageOrder("crm", 100)
    order.follow(None, "a")
    order.follow("a", "b")
    with pytest.raises(ServiceFailed, match="stalled"):
        order.follow("b", "a")


def test_a_record_that_comes_again_is_stalled() -> None:
    """Encrypted cursors look new each time; the records of a page that did not advance do not."""
    order = PageOrder("crm", 100)
    order.follow(None, "a", frozenset({("i1",), ("i2",)}))
    with pytest.raises(ServiceFailed, match="stalled"):
        order.follow("a", "b", frozenset({("i2",), ("i3",)}))


def test_pages_without_end_are_cut() -> None:
    """There is a limit, whatever the cursors look like."""
    order = PageOrder("crm", 2)
    order.follow(None, "a")
    order.follow("a", "b")
    with pytest.raises(ServiceFailed, match="too_many_pages"):
        order.follow("b", "c")


@pytest.mark.parametrize("cursor", ["", "x" * 513, "æ" * 257])
def test_a_cursor_has_a_size(cursor: str) -> None:
    """At most 512 bytes, and not empty."""
    with pytest.raises(ServiceFailed, match="bad_cursor"):
        PageOrder("crm", 2).follow(None, cursor)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"service": "billing"}, "other_service"),
        ({"controller": "somebody"}, "other_controller"),
        ({"datasets": (EVENTS, EVENTS)}, "dataset_twice"),
    ],
)
def test_a_manifest_of_somebody_else(facts: dict[str, object], reason: str) -> None:
    """A service speaks for itself and its controller, and names each data set once."""
    with pytest.raises(ServiceFailed, match=reason):
        check_manifest("crm", "c", MANIFEST.model_copy(update=facts))


def change(**facts: Any) -> ChangePage:
    given: dict[str, Any] = {"outcomes": {"erased": 2}, "retained": (), "digest": PAGE_DIGEST, "next": None}
    return ChangePage(task=TASK, ref=REF, dataset="events", **(given | facts))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"outcomes": {"erased": -1}}, "wrong_count"),
        ({"outcomes": {"retained": 1}}, "retained_without_reason"),
        ({"retained": (BOOKKEEPING,)}, "retained_without_reason"),
    ],
)
def test_counts_that_do_not_agree(facts: dict[str, object], reason: str) -> None:
    """Whatever is retained is so on a ground, under a law and with an end (Art. 17(3))."""
    with pytest.raises(ServiceFailed, match=reason):
        check_change("crm", PLAN, EVENTS, change(**facts))


def test_pages_of_a_plan_add_up() -> None:
    """The same ground, law and end on two pages is one entry with both counts."""
    kept = change(outcomes={"erased": 1, "retained": 1}, retained=(BOOKKEEPING,), side_effects=("stops",))
    together = change_of("events", [kept, kept])
    assert together.outcomes == {"erased": 2, "retained": 2}
    assert together.retained == (BOOKKEEPING.model_copy(update={"count": 2}),)
    assert together.side_effects == ("stops",)


APPLIED = DataSetChange(dataset="events", outcomes={"erased": 2}, pages=(PAGE_DIGEST,))
RECEIPT = Receipt.model_validate(
    {
        "service": "crm",
        "task": TASK,
        "case": CASE,
        "plan": APPLY.plan,
        "manifest": digest_of(MANIFEST),
        "datasets": [{"dataset": "events", "outcomes": {"erased": 2}, "digest": chain([PAGE_DIGEST])}],
        "keys_destroyed": 1,
        "finished": "2026-05-01T12:00:00+00:00",
        "horizon": {},
    }
)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"service": "billing"}, "receipt_of_another_task"),
        ({"task": UUID(int=9)}, "receipt_of_another_task"),
        ({"case": UUID(int=9)}, "receipt_of_another_task"),
        ({"plan": UUID(int=9)}, "receipt_of_another_task"),
        ({"manifest": "0" * 64}, "receipt_of_another_task"),
        ({"datasets": ()}, "receipt_differs"),
        ({"datasets": RECEIPT.datasets * 2}, "receipt_differs"),
        ({"datasets": (RECEIPT.datasets[0].model_copy(update={"outcomes": {"erased": 3}}),)}, "receipt_differs"),
        ({"datasets": (RECEIPT.datasets[0].model_copy(update={"digest": "0" * 64}),)}, "receipt_differs"),
    ],
)
def test_a_receipt_for_something_else(facts: dict[str, object], reason: str) -> None:
    """A receipt accounts for exactly the data sets, counts and pages that were seen, for this task."""
    with pytest.raises(ServiceFailed, match=reason):
        check_receipt(RECEIPT.model_copy(update=facts), manifest=MANIFEST, task=APPLY, applied=[APPLIED])


def test_a_receipt_as_it_should_be() -> None:
    """The one that agrees is taken."""
    assert check_receipt(RECEIPT, manifest=MANIFEST, task=APPLY, applied=[APPLIED]) is RECEIPT
