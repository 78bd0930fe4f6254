"""Who is who: references by tokens, and nobody comes back after erasure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from sectorprivacy.errors import PersonErased
from sectorprivacy.ledger import IndexKey, MemorySubjectIndex, MemoryTombstones, Subjects, TombstoneKey
from sectorprivacy.vocabulary import SubjectRef

INDEX_KEY = IndexKey(b"i" * 32, "alarms")
TOMBSTONE_KEY = TombstoneKey(b"t" * 32, "alarms")
KARI = ("customer_number", "100234")
OLA = ("customer_number", "100235")


def subjects(index: MemorySubjectIndex | None = None, tombstones: MemoryTombstones | None = None) -> Subjects:
    return Subjects(
        index or MemorySubjectIndex(),
        tombstones or MemoryTombstones(),
        index_key=INDEX_KEY,
        tombstone_key=TOMBSTONE_KEY,
    )


def test_a_person_keeps_the_reference_they_got() -> None:
    """Finding never mints; minting happens once."""
    people = subjects()
    assert people.find(*KARI) is None
    ref = people.ref(*KARI)
    assert people.ref(*KARI) == people.find(*KARI) == ref
    assert people.ref("email", KARI[1]) != ref


def test_many_at_once_mixes_known_and_new() -> None:
    """A page of records asks once: the known keep their references, the new get distinct ones, repeats get the same."""
    people = subjects()
    kari = people.ref(*KARI)
    refs = people.refs([KARI, OLA, KARI])
    assert refs[KARI] == kari
    assert refs == people.known([OLA, KARI, ("customer_number", "unknown")])
    assert len(set(refs.values())) == 2
    assert people.refs([]) == {}


def test_an_erased_person_is_refused_and_leaves_no_new_reference() -> None:
    """Whoever was erased is not registered again, and the attempt leaves no trace (Art. 17)."""
    index = MemorySubjectIndex()
    people = subjects(index)
    people.erase([people.ref(*KARI)], [KARI])
    assert people.find(*KARI) is None
    assert people.erased([KARI, OLA]) == {KARI}
    with pytest.raises(PersonErased):
        people.refs([KARI, OLA])
    assert people.find(*KARI) is None


def test_who_came_with_an_erased_person_keeps_the_reference() -> None:
    """Another process may already use the reference minted in the same page, so it stands."""
    people = subjects()
    people.erase([], [KARI])
    with pytest.raises(PersonErased):
        people.refs([KARI, OLA])
    assert people.find(*OLA) is not None


def test_what_the_law_keeps_stays_findable_but_not_writable() -> None:
    """An invoice kept for the tax office is still found by its customer; nothing new is written about them."""
    people = subjects()
    kari = people.ref(*KARI)
    people.erase([], [KARI])
    assert people.find(*KARI) == kari
    with pytest.raises(PersonErased):
        people.ref(*KARI)


def test_an_erasure_between_look_up_and_minting_is_seen() -> None:
    """A late event that races with the erasure does not bring the person back."""
    tombstones = MemoryTombstones()

    class IndexDuringErasure(MemorySubjectIndex):
        """The erasure commits after the person was found unknown and before they are minted."""

        def mint(self, proposed: Mapping[bytes, SubjectRef]) -> Mapping[bytes, SubjectRef]:
            subjects(self, tombstones).erase([], [KARI])
            return super().mint(proposed)

    people = subjects(IndexDuringErasure(), tombstones)
    with pytest.raises(PersonErased):
        people.ref(*KARI)
    assert people.find(*KARI) is None


def test_tombstones_stand_before_the_reference_is_forgotten() -> None:
    """A crash in the middle of an erasure leaves the person refused, never unknown and welcome."""

    class Halt(Exception):
        """The machine stops."""

    class HaltingIndex(MemorySubjectIndex):
        def forget(self, refs: Collection[SubjectRef]) -> None:
            raise Halt(len(refs))

    people = subjects(HaltingIndex())
    ref = people.ref(*KARI)
    with pytest.raises(Halt):
        people.erase([ref], [KARI])
    assert people.erased([KARI]) == {KARI}
