"""One person's access and erasure through sound services, from receipt to closing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from sectorprivacy.errors import CaseRefused, DecryptionError, NotYetSupported
from sectorprivacy.rights.coordinator import (
    COUNTERSIGNATURE_TYPE,
    Case,
    CaseState,
    CaseVault,
    Coordinator,
    CoordinatorLimits,
    Countersignature,
    Fold,
    MemoryCases,
    Progress,
    ReviewDecision,
    ReviewItem,
    StoredPage,
    fold,
)
from sectorprivacy.rights.protocol import RECEIPT_TYPE
from sectorprivacy.signing import Envelope, Signer
from sectorprivacy.vocabulary import Assurance, Ground, Identifier, Right
from tests.rights.coordinator.company import GUESSED, KARI, NOW, coordinator, services
from tests.rights.coordinator.small_service import SmallService

BOTH = (Right.ACCESS, Right.ERASURE)


@pytest.fixture
def sound() -> dict[str, SmallService]:
    return services()


@pytest.fixture
def desk(sound: dict[str, SmallService], tmp_path: Path) -> Coordinator:
    return coordinator(sound, sound, tmp_path / "work")


def release(_: ReviewItem) -> ReviewDecision:
    return ReviewDecision.release()


async def found(desk: Coordinator, *rights: Right) -> Case:
    case = await desk.receive(rights, [KARI], received=NOW)
    return await desk.find(case.id)


async def exported(desk: Coordinator, case: Case) -> dict[str, list[str]]:
    contents = await desk.contents(case.id)
    return {
        dataset.declaration.id: [str(record.fields["text"]) for record in dataset.records()]
        for service in contents.services
        for dataset in service.datasets
    }


async def test_a_person_is_found_in_rounds(desk: Coordinator, sound: dict[str, SmallService]) -> None:
    """Each service is given only the kinds it accepts; what one verified is asked of the next (Art. 5(1)(c))."""
    case = await found(desk, Right.ACCESS)
    assert case.state is CaseState.PLANNING
    assert {name for name, answer in case.answers.items() if answer.held} == {
        "crm",
        "monitoring",
        "billing",
        "contact_centre",
    }
    for service in sound.values():
        assert {each.kind for task in service.asked for each in task.who} <= set(service.accepts)
    assert [edge.learned_from for edge in case.edges if edge.kind == "same_person"] == ["crm.customer"]


async def test_a_weak_link_waits_for_a_human(desk: Coordinator, sound: dict[str, SmallService]) -> None:
    """A claimed e-mail address is asked of nobody, and stands in the case as a doubt."""
    case = await found(desk, Right.ACCESS)
    assert [doubt.edge.identifier for doubt in case.doubts if doubt.edge] == [GUESSED]
    assert GUESSED not in {each for service in sound.values() for task in service.asked for each in task.who}


async def test_access_gives_the_person_everything_and_nobody_elses_life(desk: Coordinator) -> None:
    """The former home's later events, the new home's earlier ones and other customers are absent (Art. 15(3), (4))."""
    case = await found(desk, Right.ACCESS)
    case = await desk.collect(case.id)
    assert case.state is CaseState.REVIEW
    case = await desk.review(case.id, release)
    assert await exported(desk, case) == {
        "crm.customer": ["Kari"],
        "monitoring.event": ["Kari armed", "Kari disarmed", "alarm", "alarm again"],
        "billing.invoice": ["2019", "2025", "2026"],
        "billing.reminder": [],
        "contact.message": ["Hello"],
    }
    assert fold(case) is Fold.COMPLETE


async def test_records_of_a_package_can_be_read_twice(desk: Coordinator) -> None:
    """The package reads each data set more than once, from the store and not from memory."""
    case = await found(desk, Right.ACCESS)
    await desk.collect(case.id)
    case = await desk.review(case.id, release)
    contents = await desk.contents(case.id)
    events = next(part for part in contents.services if part.service == "monitoring").datasets[0]
    assert list(events.records()) == list(events.records())


@pytest.mark.parametrize("limit", [1, 7])
async def test_a_service_is_asked_for_pages_it_can_give(
    limit: int, sound: dict[str, SmallService], tmp_path: Path
) -> None:
    """Pages of any size have the same union, and none is longer than the service declares."""
    for service in sound.values():
        service.page_limit = limit
    desk = coordinator(sound, sound, tmp_path, limits=CoordinatorLimits(page_records=100))
    case = await found(desk, *BOTH)
    case = await desk.collect(case.id)
    assert {name: sum(each.records for each in answer.exports) for name, answer in case.answers.items()} == {
        "crm": 1,
        "monitoring": 4,
        "billing": 3,
        "contact_centre": 1,
        "logs": 0,
    }
    await desk.review(case.id, release)
    await desk.apply(case.id, (await desk.plan(case.id)).digest)
    assert not (await desk.verify(case.id)).deviations


async def test_every_data_set_is_accounted_for(desk: Coordinator) -> None:
    """Silence is no outcome: what holds nothing says so, and a service that never does gives its reason."""
    case = await found(desk, Right.ACCESS)
    await desk.collect(case.id)
    await desk.review(case.id, release)
    parts = {part.service: part for part in (await desk.contents(case.id)).services}
    # In the order in which people read them: the opposite of that in which they are erased.
    assert [each.outcome for each in parts["billing"].datasets] == ["none_held", "exported"]
    assert parts["logs"].holds_nothing == "Logs carry no personal data."


@pytest.mark.parametrize("lost", ["first", "last", "head"])
async def test_pages_that_were_changed_in_the_store_are_noticed(
    lost: str, sound: dict[str, SmallService], tmp_path: Path
) -> None:
    """A page that is missing, in another place or under another chain is never left out of a copy in silence."""

    class Losing(MemoryCases):
        def pages(self, case: UUID, task: UUID, dataset: str, *, start: int, limit: int) -> Sequence[StoredPage]:
            rows = list(super().pages(case, task, dataset, start=0, limit=100))
            rows = {"first": rows[1:], "last": rows[:-1], "head": [evolve(row, head="0" * 64) for row in rows]}[lost]
            return rows[start : start + limit] if start >= 0 else rows[start:]

    shared: dict[str, Any] = {"cases": MemoryCases(), "vault": CaseVault.generate()}
    desk = coordinator(sound, sound, tmp_path, **shared)
    case = await found(desk, Right.ACCESS)
    await desk.collect(case.id)
    await desk.review(case.id, release)
    losing = Losing()
    vars(losing).update(vars(shared["cases"]))
    with pytest.raises((CaseRefused, DecryptionError)):
        await exported(coordinator(sound, sound, tmp_path, cases=losing, vault=shared["vault"]), case)


async def test_files_are_released_or_withheld_by_a_human(desk: Coordinator) -> None:
    """Nothing that may show others leaves before somebody looked; the ground is told to the person (Art. 15(4))."""
    case = await found(desk, Right.ACCESS)
    await desk.collect(case.id)
    with pytest.raises(CaseRefused, match="wait for review"):
        await desk.contents(case.id)

    def only_small(item: ReviewItem) -> ReviewDecision:
        assert item.path.read_bytes()
        if item.attachment.size < 650:
            return ReviewDecision.release()
        return ReviewDecision.withhold(Ground.RIGHTS_OF_OTHERS, "The picture shows other people")

    await desk.review(case.id, only_small)
    contents = await desk.contents(case.id)
    assert [each.size for each in contents.attachments.values()] == [600]
    assert list(contents.withheld.values()) == ["The picture shows other people (Art. 15(4))"]


async def test_a_plan_changes_nothing(desk: Coordinator, sound: dict[str, SmallService]) -> None:
    """What a human is shown says what goes, what stays and why, and what stops; the data is as before."""
    before = {name: {key: dict(rows) for key, rows in each.rows.items()} for name, each in sound.items()}
    case = await found(desk, Right.ERASURE)
    plan = await desk.plan(case.id)
    assert {name: each.rows for name, each in sound.items()} == before
    invoices = plan.services["billing"][0]
    assert invoices.outcomes == {"erased": 1, "retained": 2}
    assert [(each.law, each.until, each.count) for each in invoices.retained] == [
        ("Bookkeeping Act s. 13", "2031-12-31", 2)
    ]
    assert plan.side_effects == ("Alarm monitoring stops.",)


async def test_an_erasure_leaves_what_the_law_keeps_and_what_is_others(
    desk: Coordinator, sound: dict[str, SmallService]
) -> None:
    """Afterwards exactly the retained records of the person remain, and other people's rows are untouched (Art. 17)."""
    case = await found(desk, Right.ERASURE)
    plan = await desk.plan(case.id)
    case = await desk.apply(case.id, plan.digest)
    verification = await desk.verify(case.id)
    assert verification.deviations == ()
    assert sorted(sound["monitoring"].rows["monitoring.event"]) == [2, 3, 7]
    assert sorted(sound["billing"].rows["billing.invoice"]) == [2, 3, 4]
    assert fold(await desk.case(case.id)) is Fold.COMPLETE_WITH_RETAINED


async def test_receipts_are_verified_and_countersigned(sound: dict[str, SmallService], tmp_path: Path) -> None:
    """What a service reports is kept as it came, with the coordinator's signature over it, and verifies offline."""
    signer = Signer.generate()
    desk = coordinator(sound, sound, tmp_path / "work", signer=signer)
    case = await found(desk, Right.ERASURE)
    case = await desk.apply(case.id, (await desk.plan(case.id)).digest)
    evidence = case.answers["billing"].evidence
    assert evidence is not None
    Envelope.from_json(evidence.receipt.encode()).verify(sound["billing"].signer.verifier, RECEIPT_TYPE)
    countersigned = Envelope.from_json(evidence.countersignature.encode())
    word = Countersignature.model_validate_json(countersigned.verify(signer.verifier, COUNTERSIGNATURE_TYPE))
    assert (word.case, word.service) == (case.id, "billing")


async def test_only_the_plan_that_was_shown_is_applied(desk: Coordinator, sound: dict[str, SmallService]) -> None:
    """A digest of another plan changes nothing; data that changed since the plan is not erased under it."""
    case = await found(desk, Right.ERASURE)
    plan = await desk.plan(case.id)
    with pytest.raises(CaseRefused, match="not the one"):
        await desk.apply(case.id, "0" * 64)
    del sound["billing"].rows["billing.invoice"][1]
    case = await desk.apply(case.id, plan.digest)
    assert case.answers["billing"].applied[0].code == "plan_changed"
    assert fold(case) is Fold.PARTIAL


async def test_apply_asked_again_changes_nothing_more(desk: Coordinator) -> None:
    """With delivery at least once, the second answer is the first one's, from the journal."""
    case = await found(desk, Right.ERASURE)
    plan = await desk.plan(case.id)
    first = await desk.apply(case.id, plan.digest)
    again = await desk.apply(case.id, plan.digest)
    assert {name: each.applied for name, each in again.answers.items()} == {
        name: each.applied for name, each in first.answers.items()
    }
    with pytest.raises(CaseRefused):
        await desk.plan(case.id)


async def test_both_rights_in_one_case(desk: Coordinator) -> None:
    """Access is answered first and kept: the erasure does not take the person's copy away."""
    case = await found(desk, *BOTH)
    await desk.collect(case.id)
    await desk.review(case.id, release)
    plan = await desk.plan(case.id)
    case = await desk.apply(case.id, plan.digest)
    await desk.verify(case.id)
    assert (await exported(desk, case))["crm.customer"] == ["Kari"]
    assert fold(await desk.case(case.id)) is Fold.COMPLETE_WITH_RETAINED


async def test_an_unknown_customer_gets_an_answer(desk: Coordinator) -> None:
    """Nothing held is an answer, complete and without a failure."""
    case = await desk.receive([Right.ACCESS], [Identifier(kind="customer_number", value="nobody")])
    await desk.find(case.id)
    case = await desk.collect(case.id)
    assert case.state is CaseState.ASSEMBLING
    assert fold(case) is Fold.COMPLETE
    assert not any((await exported(desk, case)).values())


async def test_without_a_verified_identifier_nothing_is_asked(
    desk: Coordinator, sound: dict[str, SmallService]
) -> None:
    """The case waits for identification and reveals nothing, not even whether the person exists (Art. 12(6))."""
    claimed = Identifier(kind="customer_number", value=KARI.value, assurance=Assurance.CLAIMED)
    case = await desk.receive([Right.ACCESS], [claimed])
    case = await desk.find(case.id)
    assert case.state is CaseState.CLARIFYING
    assert not any(service.asked for service in sound.values())


async def test_an_ambiguous_answer_is_never_resolved(desk: Coordinator) -> None:
    """Identifiers of two people: nobody is named to any service any longer, and a human has to ask anew."""
    ola = Identifier(kind="customer_number", value="2")
    case = await desk.receive([Right.ACCESS], [KARI, ola])
    case = await desk.find(case.id)
    assert case.state is CaseState.CLARIFYING
    assert not any(answer.held for answer in case.answers.values())
    assert [(each.kind, each.service) for each in case.doubts] == [("ambiguous", "crm")]
    with pytest.raises(CaseRefused):
        await desk.collect(case.id)


async def test_closing_destroys_everything_about_the_person(sound: dict[str, SmallService], tmp_path: Path) -> None:
    """The account of the case stays (Art. 5(2)); identifiers, pages, files and the key they were under are gone."""
    cases, work = MemoryCases(), tmp_path / "work"
    desk = coordinator(sound, sound, work, cases=cases)
    case = await found(desk, *BOTH)
    await desk.collect(case.id)
    await desk.review(case.id, release)
    case = await desk.apply(case.id, (await desk.plan(case.id)).digest)
    before = cases.load(case.id)
    closed = await desk.close(case.id)
    assert closed.state is CaseState.CLOSED
    assert KARI.value not in closed.model_dump_json()
    assert closed.answers["billing"].evidence is not None
    assert not list(work.iterdir())
    task = closed.answers["crm"].export_task
    assert task is not None
    assert not cases.pages(case.id, task, "crm.customer", start=0, limit=1)
    after = cases.load(case.id)
    assert before is not None
    assert after is not None
    assert before.wrapped != after.wrapped
    with pytest.raises(CaseRefused):
        await desk.find(case.id)


async def test_a_stored_case_says_nothing_without_its_key(sound: dict[str, SmallService], tmp_path: Path) -> None:
    """The store sees sealed bytes only, and another coordinator's key does not open them."""
    cases = MemoryCases()
    desk = coordinator(sound, sound, tmp_path, cases=cases)
    case = await found(desk, Right.ACCESS)
    stored = cases.load(case.id)
    assert stored is not None
    assert KARI.value.encode() not in stored.document
    with pytest.raises(DecryptionError):
        await coordinator(sound, sound, tmp_path, cases=cases, vault=CaseVault.generate()).case(case.id)


async def test_a_closed_case_is_forgotten_by_every_service(desk: Coordinator, sound: dict[str, SmallService]) -> None:
    """Whom the case was about stays nowhere, and another case about the same person is none of its business."""
    case, other = await found(desk, Right.ACCESS), await found(desk, Right.ACCESS)
    assert [name for name, each in sound.items() if each.scopes_of(case.id)] == [
        "crm",
        "monitoring",
        "billing",
        "contact_centre",
    ]
    told: list[Progress] = []
    closed = await desk.close(case.id, progress=told.append)
    assert closed.unclosed == ()
    assert [name for name, each in sound.items() if each.scopes_of(case.id)] == []
    assert sound["billing"].scopes_of(other.id)
    assert {(each.service, each.stage) for each in told if each.state == "done"} == {(name, "close") for name in sound}
    await desk.collect(other.id)


async def test_a_case_that_is_being_carried_out_is_not_forgotten(
    desk: Coordinator, sound: dict[str, SmallService]
) -> None:
    """A close that is refused asks no service anything: the erasure has yet to be resumed under these scopes."""
    case = await found(desk, Right.ERASURE)
    plan = await desk.plan(case.id)

    def dying(told: Progress) -> None:
        if told.stage == "apply":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await desk.apply(case.id, plan.digest, progress=dying)
    assert (await desk.case(case.id)).state is CaseState.EXECUTING
    with pytest.raises(CaseRefused):
        await desk.close(case.id)
    assert sound["billing"].scopes_of(case.id)


async def test_the_slower_of_two_coordinators_is_refused(sound: dict[str, SmallService], tmp_path: Path) -> None:
    """Two at one case: what comes late, from an older revision, is not written."""
    shared: dict[str, Any] = {"cases": MemoryCases(), "vault": CaseVault.generate()}
    one, two = (coordinator(sound, sound, tmp_path, **shared) for _ in range(2))
    case = await found(one, Right.ACCESS)
    woken = False

    def interrupted(_: Progress) -> None:
        nonlocal woken
        if not woken:
            woken = True
            stored = shared["cases"].load(case.id)
            shared["cases"].save(type(stored)(case=case.id, revision=stored.revision + 1, wrapped=b"", document=b""))

    with pytest.raises(CaseRefused, match="somebody else"):
        await two.collect(case.id, progress=interrupted)


async def test_the_clock_starts_with_the_receipt(desk: Coordinator) -> None:
    """One month from the day of receipt, whatever happens to the case afterwards (Art. 12(3))."""
    case = await found(desk, Right.ACCESS)
    assert (case.due, case.extended) == (date(2026, 6, 22), date(2026, 8, 20))


async def test_a_right_that_is_not_carried_out_is_refused(desk: Coordinator) -> None:
    """Rectification is refused by name, not quietly left out."""
    with pytest.raises(NotYetSupported):
        await desk.receive([Right.RECTIFICATION], [KARI])


async def test_an_erasure_that_was_not_asked_for_is_refused(desk: Coordinator) -> None:
    """An access request never erases."""
    case = await found(desk, Right.ACCESS)
    with pytest.raises(CaseRefused, match="not asked for"):
        await desk.plan(case.id)


async def test_progress_names_every_data_set(desk: Coordinator) -> None:
    """A watcher hears of each data set that it is done, and never of a value."""
    told: list[Progress] = []
    case = await desk.receive([Right.ACCESS], [KARI])
    await desk.find(case.id, progress=told.append)
    await desk.collect(case.id, progress=told.append)
    done = {(each.service, each.dataset, each.done) for each in told if each.stage == "export" and each.state == "done"}
    assert ("monitoring", "monitoring.event", 4) in done
    assert ("billing", "billing.reminder", 0) in done
    assert KARI.value not in repr(told)


async def test_a_kind_that_nobody_knows_is_no_empty_answer(desk: Coordinator) -> None:
    """A slip in the kind of an identifier must not read as "we hold nothing about you"."""
    case = await desk.receive([Right.ACCESS], [Identifier(kind="custno", value="100001")])
    case = await desk.find(case.id)
    assert case.state is CaseState.CLARIFYING


async def test_where_no_file_waits_nobody_is_asked(desk: Coordinator) -> None:
    """Review may always be called: a case without files, or reviewed before, goes on."""
    case = await found(desk, Right.ACCESS)
    await desk.collect(case.id)
    reviewed = await desk.review(case.id, release)
    assert await desk.review(case.id, lambda _: pytest.fail("nothing waits")) == reviewed
