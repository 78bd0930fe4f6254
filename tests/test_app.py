"""Privacy: what it is built from, where it is current, and its ways into a hand-written store."""

from __future__ import annotations

import io
import threading
from typing import Annotated

import pytest
from attrs import frozen

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy, Store
from sectorprivacy.encryption import KeyStatus, LocalKeyring, Sealed
from sectorprivacy.errors import (
    DeclarationsInvalid,
    InvalidDeclaration,
    KeyErased,
    NoPrivacy,
    NotDeclared,
    PersonErased,
    UnmarkedFields,
    ValueNotSealable,
)
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import current_gate, using
from sectorprivacy.vocabulary import Basis

KARI = ("customer_number", "100234")
SECRET = "01019012345"


@personal(id="contact_centre.recording", key=("customer", "id"))
@frozen(kw_only=True)
class Recording:
    id: Annotated[int, NotPersonal("row key")] = 1
    customer: Annotated[str | None, SubjectId("customer_number", role="customer")] = KARI[1]
    number: Annotated[Sealed[str] | None, Personal("telephone")] = None
    length: Annotated[Sealed[int] | None, Personal("recording")] = None
    note: Annotated[str | None, Personal("communication")] = None
    file: Annotated[str | None, Personal("recording", attachment="audio/wav", sealed_file=True)] = None


listening = Activity(
    "listening",
    purpose="record_keeping",
    basis={"customer": Basis.CONTRACT},
    uses=["communication", "contact"],
    keep=Keep(after="recorded", months=3),
)
POLICY = Policy(Controller("Company", id="company", country="NO"), [listening])


def build(
    *models: type, store: Store | None = None, keyring: LocalKeyring | None = None, policy: Policy = POLICY
) -> Privacy:
    return Privacy(
        policy,
        models=models or [Recording],
        keys=keyring or LocalKeyring.in_memory(),
        store=store or MemoryStore(),
    )


def test_models_are_read_when_it_is_built() -> None:
    """A program with an unmarked field does not start, rather than fail when somebody asks for their data."""

    @personal(id="contact_centre.note", key="id")
    @frozen
    class Note:
        id: Annotated[str, SubjectId("customer_number", role="customer")]
        text: str

    with pytest.raises(UnmarkedFields):
        build(Recording, Note)
    with pytest.raises(NotDeclared):
        build(dict)
    with pytest.raises(DeclarationsInvalid) as refusal:
        build(Note, dict, Recording, Recording)
    assert [type(each) for each in refusal.value.errors] == [UnmarkedFields, NotDeclared, InvalidDeclaration]


def test_an_id_is_one_model_s() -> None:
    """Two models under one id would open each other's cells."""

    @personal(id="contact_centre.recording", key="id")
    @frozen
    class Other:
        id: Annotated[str, SubjectId("customer_number", role="customer")]

    with pytest.raises(InvalidDeclaration, match=r"both Recording and .*Other have this id"):
        build(Recording, Other)


def test_it_is_current_inside_its_block_alone() -> None:
    """No registry and no singleton: outside the block, and in another thread, there is none."""
    privacy = build()
    seen: list[type] = []

    def elsewhere() -> None:
        with pytest.raises(NoPrivacy) as refused:
            current_gate()
        seen.append(refused.type)

    with privacy as entered:
        assert entered is privacy
        assert current_gate() is privacy.gate
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert seen == [NoPrivacy]
    with pytest.raises(NoPrivacy):
        current_gate()


def test_blocks_nest_and_unwind() -> None:
    """Two services in one program: each block is its own, also the same one twice."""
    one, other = build(), build()
    with one:
        with other, one, other:
            assert current_gate() is other.gate
        assert current_gate() is one.gate
    with pytest.raises(NoPrivacy):
        current_gate()


def test_a_second_process_over_the_same_store_knows_everybody() -> None:
    """What identifies people comes from the key store: a restart forgets nobody and mints nobody twice."""
    store, keyring = MemoryStore(), LocalKeyring.in_memory()
    ref = build(store=store, keyring=keyring).subjects.ref(*KARI)
    assert build(store=store, keyring=keyring).subjects.find(*KARI) == ref
    assert build(keyring=keyring).subjects.find(*KARI) is None


def test_another_controller_knows_nobody() -> None:
    """Two companies on one store: a reference of one means nothing to the other."""
    store, keyring = MemoryStore(), LocalKeyring.in_memory()
    build(store=store, keyring=keyring).subjects.ref(*KARI)
    stranger = Policy(Controller("Other", id="other", country="NO"), [listening])
    assert build(store=store, keyring=keyring, policy=stranger).subjects.find(*KARI) is None


def test_a_row_seals_what_its_model_says() -> None:
    """The fast path: text for the columns, no value in it, and each opens inside a purpose alone."""
    privacy = build()
    row = privacy.row(Recording, privacy.subjects.ref(*KARI), KARI[1], 7)
    columns = row.seal({"number": SECRET, "length": 12})
    assert set(columns) == {"number", "length"}
    assert all(text.startswith("sp1.") and SECRET not in text for text in columns.values())
    with privacy, using(listening, privacy.subjects.ref(*KARI)):
        assert row.stored("number", columns["number"]).open() == SECRET
        assert row.stored("length", columns["length"]).open() == 12


def test_a_row_refuses_what_is_not_sealed_there() -> None:
    """A field in the clear, one that is not declared, a value of another type, a model of another service."""
    privacy = build()
    ref = privacy.subjects.ref(*KARI)
    row = privacy.row(Recording, ref, KARI[1], 7)
    with pytest.raises(InvalidDeclaration, match="not sealed"):
        row.seal({"note": "text"})
    with pytest.raises(NotDeclared):
        row.seal({"gone": "text"})
    with pytest.raises(ValueNotSealable) as refused:
        row.seal({"length": SECRET})
    assert SECRET not in str(refused.value)
    with pytest.raises(NotDeclared):
        privacy.row(Policy, ref)


def test_a_row_of_an_erased_person_is_not_sealed() -> None:
    """A late write after the erasure does not make a new key."""
    privacy = build()
    ref = privacy.subjects.ref(*KARI)
    row = privacy.row(Recording, ref, KARI[1], 7)
    row.seal({"number": SECRET})
    privacy.gate.keys.shred(ref)
    with pytest.raises(KeyErased):
        row.seal({"number": SECRET})


def test_enrolling_makes_references_and_keys_at_once() -> None:
    """A bulk load mints nobody by the way; who was erased is refused before anything is loaded."""
    store = MemoryStore()
    privacy = build(store=store)
    pairs = [("customer_number", str(number)) for number in range(50)]
    privacy.enrol(pairs)
    refs = privacy.subjects.known(pairs)
    rows = store.keys.rows("company", subjects=list(refs.values()))
    assert len(refs) == 50
    assert {(row.subject, row.retention_class, row.status) for row in rows} == {
        (ref, "contract", KeyStatus.ACTIVE) for ref in refs.values()
    }
    privacy.enrol(pairs)
    assert len(store.keys.rows("company", subjects=list(refs.values()))) == 50
    privacy.subjects.erase([], pairs[:1])
    with pytest.raises(PersonErased):
        privacy.enrol(pairs)


def test_a_file_is_sealed_under_its_owner_s_key() -> None:
    """The bytes on disk say nothing, open inside a purpose, and are gone with the owner's key."""
    privacy = build()
    recording = Recording(file="a.wav")
    content = SECRET.encode() * 10_000
    sealed = io.BytesIO()
    privacy.seal_file(recording, "file", io.BytesIO(content), sealed)
    assert SECRET.encode() not in sealed.getvalue()
    place = privacy.gate.place(recording, privacy.gate.field_map(Recording).field("file"))
    with privacy, using(listening, recording) as scope:
        assert b"".join(scope.open_file(place, io.BytesIO(sealed.getvalue()))) == content
        privacy.gate.keys.shred(privacy.subjects.ref(*KARI))
        with pytest.raises(KeyErased):
            scope.open_file(place, io.BytesIO(sealed.getvalue()))


def test_a_file_needs_its_mark_and_its_owner() -> None:
    """A field that is not said to name a sealed file would be read as one in the clear; a nobody has no key."""
    privacy = build()
    for record, field, refusal in (
        (Recording(), "note", InvalidDeclaration),
        (Recording(), "gone", NotDeclared),
        (Recording(customer=None), "file", InvalidDeclaration),
        (object(), "file", NotDeclared),
    ):
        target = io.BytesIO()
        with pytest.raises(refusal):
            privacy.seal_file(record, field, io.BytesIO(b"x"), target)
        assert target.getvalue() == b""


def test_memory_stores_share_nothing() -> None:
    """Each store is its own: two tests, or two services, do not see each other's people."""
    one, other = MemoryStore(), MemoryStore()
    assert not any(getattr(one, name) is getattr(other, name) for name in ("keys", "subjects", "log", "tombstones"))
    assert one.settle() == {"privacy": "now"}
