"""Records that name somebody else: nobody is given them, and nothing of them is erased, without a human."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pytest
from attrs import frozen

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.errors import PersonErased, ProtocolError
from sectorprivacy.rights.protocol import RECEIPT_TYPE, Receipt
from sectorprivacy.rights.service import Asked, Changes, Decision, Who
from sectorprivacy.rights.service._copy import Copier
from sectorprivacy.vocabulary import Ground, Identifier, Period, RecordKey, Right
from sectorprivacy.vocabulary import categories as C
from tests.rights.service.asking import Asking
from tests.rights.service.letters import KARI, KARI_MAIL, KARI_PHONE, OLA, Letter, Letters, opened

SOLD = datetime(2026, 3, 1, tzinfo=UTC)
FORMER = Identifier(kind="installation", value="H1", period=Period(end=SOLD))


@personal(id="test.note", when="at")
@frozen(kw_only=True)
class Note:
    id: Annotated[int, NotPersonal("row key")]
    email: Annotated[str | None, SubjectId("email", role="enquirer")] = None
    telephone: Annotated[str | None, SubjectId("telephone", role="enquirer")] = None
    customer: Annotated[str | None, SubjectId("customer_number", role="customer")] = None
    home: Annotated[str | None, SubjectId("installation", role="customer")] = None
    at: Annotated[datetime, Personal(C.COMMUNICATION)] = datetime(2026, 1, 1, tzinfo=UTC)
    body: Annotated[str, Personal(C.COMMUNICATION, shown_to=("customer", "enquirer"))] = "secret"


NOTE = read_fields(Note)


def shared(note: Note, *who: Identifier) -> bool:
    concerns = Who(who).concerns(NOTE, note)
    assert concerns
    return all(each.shared for each in concerns)


@pytest.mark.parametrize(
    ("note", "who"),
    [
        (Note(id=1, email=KARI_MAIL.value, customer=OLA.value), [KARI_MAIL, KARI]),
        (Note(id=1, telephone=KARI_PHONE.value, customer=OLA.value), [KARI_PHONE, KARI]),
        (Note(id=1, email="ola@example.no", customer=KARI.value), [KARI, KARI_MAIL]),
        (Note(id=1, email=KARI_MAIL.value, telephone="41000002"), [KARI_MAIL, KARI_PHONE]),
        (
            Note(id=1, email=KARI_MAIL.value, home="H1", at=datetime(2026, 4, 1, tzinfo=UTC)),
            [KARI_MAIL, FORMER],
        ),
    ],
    ids=["another customer", "a household's telephone", "a stranger's letter", "same role", "a home since sold"],
)
def test_a_record_that_names_another_owner_is_shared(note: Note, who: list[Identifier]):
    """One value that is not known to be the person's is enough: identifiers are not people."""
    assert shared(note, *who)


@pytest.mark.parametrize(
    ("note", "who"),
    [
        (Note(id=1, email=KARI_MAIL.value, customer=KARI.value), [KARI, KARI_MAIL]),
        (Note(id=1, email=KARI_MAIL.value, customer=""), [KARI_MAIL]),
        (Note(id=1, email=KARI_MAIL.value, home="H1"), [KARI_MAIL, FORMER]),
    ],
    ids=["both theirs", "an empty value", "their home then"],
)
def test_a_record_of_one_person_is_theirs(note: Note, who: list[Identifier]):
    """What names nobody else is not held back."""
    assert not shared(note, *who)


def test_no_mark_shows_what_is_shared():
    """`shown_to` says who sees a field of a record that concerns them; of this one nobody knows whom it concerns."""
    note = Note(id=1, email=KARI_MAIL.value, customer=OLA.value)
    copier = Copier(NOTE, Right.ACCESS, lambda *_: None, lambda _: RecordKey.of(b"opaque"))
    record = copier.copy(note, RecordKey.of(1), Who([KARI_MAIL]).concerns(NOTE, note))
    assert (record.fields, record.key) == ({}, ("b" + b"opaque".hex(),))
    assert {each.field: each.ground for each in record.withheld}["body"] is Ground.RIGHTS_OF_OTHERS


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    return opened(tmp_path)


async def test_a_shared_record_shows_nothing(letters: Letters):
    """Neither a field nor a key, whatever the marks show to the role; the person learns that it is there."""
    (record,) = await Asking(letters.service(), [KARI_PHONE]).export("letters.call")
    assert (record.fields, record.attachments) == ({}, ())
    assert {each.ground for each in record.withheld} == {Ground.RIGHTS_OF_OTHERS}
    assert record.key[0].startswith("b")


async def test_no_hook_decides_a_shared_record(letters: Letters):
    """Whose it is no rule knows, so a decide hook is not even asked."""
    service = letters.service()

    @letters.data.decide(Letter)
    def decide(letter: Letter, asked: Asked) -> Decision:
        return Decision.erase()

    planned = await Asking(service, [KARI_MAIL]).plan()
    # The third letter of Kari's address carries a customer number that nobody said is hers.
    assert planned.outcomes("letters.letter") == {"erased": 1, "retained": 1}


async def test_a_hook_that_does_not_write_leaves_no_evidence(letters: Letters):
    """A receipt is never signed for what is still there: the data is looked at once more, before the commit."""
    service = letters.service()

    @letters.data.write(Letter)
    def write(db: sqlite3.Connection, changes: Changes) -> None:
        assert changes.erase

    asking = Asking(service, [KARI, KARI_MAIL])
    planned = await asking.plan(limit=1)
    task = planned.to_apply()
    with pytest.raises(ProtocolError) as refusal:
        await asking.carry_out(task, planned, limit=1)
    assert refusal.value.problem == "not_written"
    with letters.data.reading() as records:
        assert all(records.journal.written(task.task, dataset, 0) is None for dataset in planned.pages)


async def test_a_person_with_a_contract_elsewhere_stays_registered(letters: Letters):
    """Their records go, as planned; their keys and their place in the index stay."""
    service = letters.service()
    asking = Asking(service, [KARI, KARI_MAIL, KARI_PHONE])
    planned = await asking.plan()
    task = planned.to_apply().model_copy(update={"keeps_person": True})
    await asking.carry_out(task, planned)
    receipt = Receipt.model_validate_json(
        (await service.receipt(task.task)).verify(letters.signer.verifier, RECEIPT_TYPE)
    )
    assert receipt.keys_destroyed == 0
    letters.privacy.enrol([(KARI_PHONE.kind, KARI_PHONE.value)])


async def test_a_person_without_one_does_not(letters: Letters):
    """The counterpart: without a contract anywhere they are not registered again by themselves."""
    await Asking(letters.service(), [KARI, KARI_MAIL, KARI_PHONE]).erase()
    with pytest.raises(PersonErased):
        letters.privacy.enrol([(KARI_PHONE.kind, KARI_PHONE.value)])
