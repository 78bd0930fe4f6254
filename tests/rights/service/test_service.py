"""A service by hand, operation by operation: whose records it touches, what a plan may do, what an apply leaves."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from pathlib import Path
from uuid import uuid4

import pytest

from sectorprivacy.errors import PersonErased, ProtocolError
from sectorprivacy.rights.protocol import (
    RECEIPT_TYPE,
    ApplyTask,
    Erasure,
    ExportTask,
    PlanTask,
    Receipt,
    chain,
    digest_of,
)
from sectorprivacy.rights.service import Changes, Who
from sectorprivacy.vocabulary import Ground, Identifier, SubjectRef
from tests.rights.service.asking import Asking
from tests.rights.service.letters import (
    CALLS,
    KARI,
    KARI_HOME,
    KARI_MAIL,
    KARI_PHONE,
    KARI_SLOT,
    LETTERS,
    OLA,
    OLA_HOME,
    OLA_SLOT,
    Call,
    Key,
    Letter,
    Letters,
    deleting,
    opened,
)
from tests.rights.service.letters import (
    letters as select_letters,
)

KARI_WHOLE = (KARI, KARI_MAIL, KARI_PHONE, KARI_HOME, KARI_SLOT)
DATASETS = ("letters.letter", "letters.call", "letters.visit")


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    return opened(tmp_path)


async def test_nobody_else_appears_in_a_copy(letters: Letters):
    """A copy holds the person's records alone: not another writer's, nor a home's later owner's."""
    asking = Asking(letters.service(), KARI_WHOLE)
    got = {name: [record.key for record in await asking.export(name)] for name in DATASETS}
    assert got == {
        "letters.letter": [("i1",), ("i3",), ("i4",)],
        "letters.call": [("i1",)],
        "letters.visit": [("i1",), ("i3",)],
    }
    exported = repr([await asking.export(name) for name in DATASETS])
    assert "ola@example.no" not in exported
    assert "Ola" not in exported


async def test_the_later_owner_gets_nothing_of_the_former_one(letters: Letters):
    """The same installation and the same place on its panel concern another person from the day they changed hands."""
    asking = Asking(letters.service(), [OLA_HOME, OLA_SLOT])
    assert [record.fields.get("note") for record in await asking.export("letters.visit")] == ["Ola let us in"]


async def test_a_housemate_s_place_is_withheld(letters: Letters):
    """The owner of a home learns that somebody was let in, not with whose code (Art. 15(4))."""
    asking = Asking(letters.service(), [KARI_HOME])
    for record in await asking.export("letters.visit"):
        assert "slot" not in record.fields
        assert [(each.field, each.ground) for each in record.withheld] == [("slot", "rights_of_others")]


async def test_an_alarm_user_sees_their_part_alone(letters: Letters):
    """Whoever only appears in a record sees what is shown to their role."""
    asking = Asking(letters.service(), [KARI_SLOT])
    (record,) = await asking.export("letters.visit")
    assert record.roles == ("alarm_user",)
    assert set(record.fields) == {"slot", "at"}
    assert {each.field for each in record.withheld} == {"home", "note"}


async def test_nothing_found_is_an_answer(letters: Letters):
    """Somebody unknown gets an answer without a reference, and no scope is kept for them."""
    found = await Asking(letters.service(), [Identifier(kind="email", value="nobody@example.no")]).find()
    assert (found.ref, found.links, found.ambiguous) == (None, (), False)


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
async def test_pages_of_any_size_hold_the_same(letters: Letters, limit: int):
    """The size of a page decides nothing: every record comes once, in key order."""
    for dataset in DATASETS:
        asking = Asking(letters.service(), KARI_WHOLE)
        whole = [record.key for record in await asking.export(dataset)]
        assert [record.key for record in await asking.export(dataset, limit=limit)] == whole


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_a_page_has_a_limit(letters: Letters, limit: int):
    """A page is between one record and a thousand."""
    service = letters.service()
    task = await Asking(service, KARI_WHOLE).export_task()
    with pytest.raises(ProtocolError) as refusal:
        await service.export(task, "letters.letter", None, limit)
    assert refusal.value.problem == "limit_exceeded"


async def test_a_repeated_cursor_repeats_the_answer(letters: Letters):
    """An answer that was lost is asked for again, and is the same to the last byte."""
    service = letters.service()
    task = await Asking(service, KARI_WHOLE).export_task()
    first = await service.export(task, "letters.letter", None, 1)
    second = await service.export(task, "letters.letter", first.next, 1)
    assert await service.export(task, "letters.letter", first.next, 1) == second


async def test_a_cursor_is_good_for_one_place(letters: Letters):
    """A cursor of another task, data set or operation is refused: it is no way to somebody else's page."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    task, other = await asking.export_task(), await asking.export_task()
    cursor = (await service.export(task, "letters.letter", None, 1)).next
    plan = PlanTask(task=uuid4(), case=task.case, ref=task.ref, instruction=Erasure())
    for use in (
        lambda: service.export(other, "letters.letter", cursor, 1),
        lambda: service.export(task, "letters.call", cursor, 1),
        lambda: service.plan(plan, "letters.letter", cursor, 1),
        lambda: service.export(task, "letters.letter", "AAAA", 1),
    ):
        with pytest.raises(ProtocolError) as refusal:
            await use()
        assert refusal.value.problem == "bad_cursor"


async def test_a_reference_is_good_in_its_case_alone(letters: Letters):
    """A reference that find gave in one case opens nothing in another, and an invented one nothing at all."""
    service = letters.service()
    ref = await Asking(service, KARI_WHOLE).ref()
    for task in (
        ExportTask(task=uuid4(), case=uuid4(), ref=ref),
        ExportTask(task=uuid4(), case=uuid4(), ref=SubjectRef.mint()),
    ):
        with pytest.raises(ProtocolError) as refusal:
            await service.export(task, "letters.letter", None, 10)
        assert refusal.value.problem == "unknown_ref"


async def test_a_data_set_that_is_not_there_is_refused(letters: Letters):
    """Silence about a data set would read as "nothing held"."""
    service = letters.service()
    task = await Asking(service, KARI_WHOLE).export_task()
    with pytest.raises(ProtocolError) as refusal:
        await service.export(task, "letters.parcel", None, 10)
    assert refusal.value.problem == "unknown_dataset"


async def test_a_plan_leaves_the_database_as_it_is(letters: Letters):
    """A plan says what would happen and changes no byte of the data."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    before = letters.database.read_bytes()
    planned = await asking.plan(limit=1)
    assert letters.database.read_bytes() == before
    assert planned.outcomes("letters.letter") == {"erased": 3}
    assert planned.outcomes("letters.visit") == {"erased": 2}


async def test_a_hook_that_writes_while_it_plans_is_stopped(letters: Letters):
    """A select hook gets a connection that refuses to write, whatever its owner meant."""
    service = letters.service()

    @letters.data.select(Letter)
    def select(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> list[Letter]:
        db.execute("DELETE FROM letter")
        return []

    asking = Asking(service, [KARI])
    task = PlanTask(task=uuid4(), case=asking.case, ref=await asking.ref(), instruction=Erasure())
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await service.plan(task, "letters.letter", None, 10)
    assert letters.rows("letter") == LETTERS


async def test_another_person_s_record_from_a_hook_is_refused(letters: Letters):
    """A selector with a mistake in it discloses and erases nothing: what does not concern the person stops the page."""
    service = letters.service()

    @letters.data.select(Letter)
    def select(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> list[Letter]:
        everybody = Who([KARI, OLA, KARI_MAIL])
        return list(select_letters(db, everybody, after, limit))

    asking = Asking(service, [KARI])
    task = await asking.export_task()
    plan = PlanTask(task=uuid4(), case=asking.case, ref=task.ref, instruction=Erasure())
    for call in (
        lambda: service.export(task, "letters.letter", None, 10),
        lambda: service.plan(plan, "letters.letter", None, 10),
    ):
        with pytest.raises(ProtocolError) as refusal:
            await call()
        assert refusal.value.problem == "record_of_another"


async def test_a_hook_that_ignores_its_place_is_refused(letters: Letters):
    """A selector that gives the same page again would go on for ever."""
    service = letters.service()

    @letters.data.select(Letter)
    def select(db: sqlite3.Connection, who: Who, after: Key, limit: int) -> list[Letter]:
        return [Letter(id=1, email="kari@example.no", customer="100001", body="again")]

    asking = Asking(service, [KARI])
    task = await asking.export_task()
    cursor = (await service.export(task, "letters.letter", None, 1)).next
    with pytest.raises(ProtocolError) as refusal:
        await service.export(task, "letters.letter", cursor, 1)
    assert refusal.value.problem == "record_twice"


async def test_statements_do_not_grow_with_the_page(letters: Letters):
    """A page costs a fixed number of statements, whatever stands on it."""
    with letters.connect() as db:
        db.executemany(
            "INSERT INTO letter VALUES (?, NULL, '100001', 'one of many')", [(number,) for number in range(100, 400)]
        )
    db.close()
    service = letters.service()
    asking = Asking(service, [KARI])
    counts = []
    for limit in (1, 300):
        task = await asking.export_task()
        letters.statements.clear()
        await service.export(task, "letters.letter", None, limit)
        counts.append(len(letters.statements))
    assert counts[0] == counts[1]


async def test_an_apply_does_what_was_planned_and_nothing_else(letters: Letters):
    """Everything of the person goes, and every row of everybody else stays equal."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    planned = await asking.plan(limit=1)
    await asking.apply(planned, limit=1)
    assert letters.rows("letter") == [LETTERS[1]]
    assert [row[0] for row in letters.rows("call")] == [2]
    assert [row[0] for row in letters.rows("visit")] == [2, 4]
    assert [each.name for each in letters.files.iterdir()] == ["2.sealed"]
    assert (await Asking(service, KARI_WHOLE).find()).ref is None


async def test_whoever_appears_is_unlinked(letters: Letters):
    """Erasing somebody who only appears leaves the owner's record, without the link to them."""
    asking = Asking(letters.service(), [KARI_SLOT])
    planned = await asking.plan()
    assert planned.outcomes("letters.visit") == {"unlinked": 1}
    before = letters.rows("visit")
    await asking.apply(planned)
    number, home, _, at, note = before[0]
    assert letters.rows("visit") == [(number, home, None, at, note), *before[1:]]


async def test_asked_again_an_apply_answers_from_the_journal(letters: Letters):
    """A page whose answer was lost is asked for again; it says what was done, and does nothing twice."""
    asking = Asking(letters.service(), KARI_WHOLE)
    planned = await asking.plan(limit=1)
    task = planned.to_apply()
    done = await asking.carry_out(task, planned, limit=1)
    letters.statements.clear()
    assert await asking.carry_out(task, planned, limit=1) == done
    assert not [each for each in letters.statements if each.startswith("DELETE FROM letter")]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM letter WHERE id = 3",
        "INSERT INTO letter VALUES (9, 'kari@example.no', NULL, 'one more thing')",
        "UPDATE letter SET customer = '100002', email = NULL WHERE id = 3",
    ],
)
async def test_data_that_changed_since_the_plan_is_left_alone(letters: Letters, change: str):
    """What was approved is what is done: where the records are others, nothing is, and the plan is made anew."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    planned = await asking.plan()
    with sqlite3.connect(letters.database) as db:
        db.execute(change)
    db.close()
    before = letters.rows("letter")
    with pytest.raises(ProtocolError) as refusal:
        await service.apply(planned.to_apply(), "letters.letter", None, 1000)
    assert refusal.value.problem == "plan_changed"
    assert letters.rows("letter") == before


async def test_a_plan_is_named_by_its_digest(letters: Letters):
    """Nothing is applied on another plan's digest, without a plan, or on somebody else's plan."""
    service = letters.service()
    kari, ola = Asking(service, KARI_WHOLE), Asking(service, [OLA])
    planned, of_ola = await kari.plan(), await ola.plan()
    task = planned.to_apply()
    for changed, problem in (
        ({"digest": chain([])}, "plan_changed"),
        ({"plan": uuid4()}, "not_planned"),
        ({"plan": of_ola.task.task, "digest": of_ola.digest}, "not_planned"),
    ):
        with pytest.raises(ProtocolError) as refusal:
            await service.apply(
                ApplyTask.model_validate({**task.model_dump(), "task": uuid4(), **changed}), "letters.letter", None, 10
            )
        assert refusal.value.problem == problem
    assert letters.rows("letter") == LETTERS


async def test_a_change_that_fails_leaves_neither_change_nor_evidence(letters: Letters):
    """Change and journal are one transaction: where the write fails, the journal says nothing and the files stay."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    planned = await asking.plan()

    @letters.data.write(Call)
    def write(db: sqlite3.Connection, changes: Changes) -> None:
        deleting("call")(db, changes)
        raise sqlite3.DatabaseError

    before = letters.rows("call")
    with pytest.raises(sqlite3.DatabaseError):
        await service.apply(planned.to_apply(), "letters.call", None, 1000)
    assert letters.rows("call") == before
    assert (letters.files / "1.sealed").exists()
    with letters.data.reading() as records:
        assert list(records.intents.intended()) == []


async def test_a_sealed_file_comes_out_as_it_went_in(letters: Letters):
    """The person receives the recording itself, with its size and digest, though only a sealed stream is stored."""
    service = letters.service()
    asking = Asking(service, [KARI, KARI_PHONE])
    task = await asking.export_task()
    (record,) = (await service.export(task, "letters.call", None, 10)).records
    (attachment,) = record.attachments
    _, _, sound = CALLS[1]
    assert (attachment.size, attachment.sha256) == (len(sound), hashlib.sha256(sound).hexdigest())
    assert b"".join([piece async for piece in service.attachment(task, attachment.id)]) == sound
    assert b"Kari speaks" not in (letters.files / "1.sealed").read_bytes()


async def test_an_attachment_belongs_to_its_task(letters: Letters):
    """A token of one person's task opens no file in another's."""
    service = letters.service()
    kari, ola = await Asking(service, [KARI, KARI_PHONE]).export_task(), await Asking(service, [OLA]).export_task()
    (record,) = (await service.export(kari, "letters.call", None, 10)).records
    with pytest.raises(ProtocolError) as refusal:
        _ = [piece async for piece in service.attachment(ola, record.attachments[0].id)]
    assert refusal.value.problem == "unknown_attachment"


async def test_a_record_that_names_another_owner_waits_for_a_human(letters: Letters):
    """A household's number, or an address an agent noted: nobody is given the record, and nothing of it is erased."""
    service = letters.service()
    asking = Asking(service, [KARI_PHONE])
    (record,) = await asking.export("letters.call")
    assert (record.fields, record.attachments) == ({}, ())
    assert {each.ground for each in record.withheld} == {Ground.RIGHTS_OF_OTHERS}
    planned = await asking.plan()
    (kept,) = planned.retained("letters.call")
    assert (kept.ground, kept.only, kept.count) == (Ground.RIGHTS_OF_OTHERS, (), 1)
    before = letters.rows("call")
    await asking.apply(planned)
    assert letters.rows("call") == before
    assert (letters.files / "1.sealed").exists()
    letters.privacy.enrol([(KARI_PHONE.kind, KARI_PHONE.value)])


async def test_a_file_whose_key_is_destroyed_is_named_as_erased(letters: Letters):
    """A copy says what is no longer there, and goes on with the rest."""
    service = letters.service()
    subjects = letters.privacy.subjects
    refs = [subjects.ref(each.kind, each.value) for each in (KARI, KARI_PHONE)]
    letters.privacy.gate.keys.shred(subjects.group(frozenset(refs)))
    for forgotten in (False, True):
        if forgotten:
            subjects.erase(refs, [])
        (record,) = await Asking(service, [KARI, KARI_PHONE]).export("letters.call")
        assert record.attachments == ()
        assert [(each.field, each.ground) for each in record.withheld] == [("file", "erased")]


async def test_an_erased_person_is_not_registered_again(letters: Letters):
    """After an erasure the person's identifiers are refused: an import does not bring them back (Art. 17)."""
    await Asking(letters.service(), KARI_WHOLE).erase()
    for identifier in (KARI, KARI_MAIL, KARI_PHONE):
        with pytest.raises(PersonErased):
            letters.privacy.enrol([(identifier.kind, identifier.value)])
    letters.privacy.enrol([(OLA.kind, OLA.value)])


async def test_two_who_finish_at_once_write_one_receipt(letters: Letters):
    """Two last pages may be asked for at the same moment; one receipt stands, with every key counted."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    planned = await asking.plan()
    task = planned.to_apply()
    await asyncio.gather(*(service.apply(task, dataset, None, 1000) for dataset in DATASETS))
    envelope = await service.receipt(task.task)
    receipt = Receipt.model_validate_json(envelope.verify(letters.signer.verifier, RECEIPT_TYPE))
    assert receipt.keys_destroyed == 1


async def test_the_models_of_a_service_are_all_declared(letters: Letters):
    """The manifest names every data set, whom its records concern and who sees which field."""
    manifest = await letters.service().describe()
    assert {each.id for each in manifest.datasets} == set(DATASETS)
    visit = next(each for each in manifest.datasets if each.id == "letters.visit")
    assert visit.relations == {"customer": "owner", "alarm_user": "appears"}
    assert {each.id: each.roles for each in visit.fields} == {
        "home": ("customer",),
        "slot": ("alarm_user",),
        "at": ("alarm_user", "customer"),
        "note": ("customer",),
    }
    assert manifest.accepts == ("customer_number", "email", "installation", "telephone", "user_slot")


async def test_the_receipt_says_what_was_done(letters: Letters):
    """A finished task has one receipt: signed, the same bytes for ever, bound to plan and manifest."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    planned = await asking.plan()
    task = planned.to_apply()
    with pytest.raises(ProtocolError) as refusal:
        await service.receipt(task.task)
    assert refusal.value.problem == "unknown_task"
    await asking.carry_out(task, planned)
    envelope = await service.receipt(task.task)
    receipt = Receipt.model_validate_json(envelope.verify(letters.signer.verifier, RECEIPT_TYPE))
    assert (receipt.task, receipt.plan, receipt.case) == (task.task, planned.task.task, asking.case)
    assert receipt.manifest == digest_of(await service.describe())
    assert {each.dataset: dict(each.outcomes) for each in receipt.datasets} == {
        "letters.letter": {"erased": 3},
        "letters.call": {"erased": 1},
        "letters.visit": {"erased": 2},
    }
    assert receipt.keys_destroyed == 1
    assert set(receipt.horizon.values()) == {"now"}
    await asking.carry_out(task, planned)
    assert (await service.receipt(task.task)).to_json() == envelope.to_json()
