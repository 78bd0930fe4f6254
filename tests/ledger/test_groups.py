"""Groups: who owns things together keeps one reference until they part, and the last one to leave ends it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from sectorprivacy.errors import PersonErased
from sectorprivacy.ledger import (
    IndexKey,
    MemorySubjectIndex,
    MemoryTombstones,
    People,
    Subjects,
    TombstoneKey,
    group_name,
)
from sectorprivacy.vocabulary import SubjectRef

KARI, OLA, LIV = (("customer_number", number) for number in ("100234", "100235", "100236"))


def subjects(index: MemorySubjectIndex | None = None, tombstones: MemoryTombstones | None = None) -> Subjects:
    return Subjects(
        index or MemorySubjectIndex(),
        tombstones or MemoryTombstones(),
        index_key=IndexKey(b"i" * 32, "alarms"),
        tombstone_key=TombstoneKey(b"t" * 32, "alarms"),
    )


def owned_by(people: Subjects, *pairs: tuple[str, str]) -> SubjectRef:
    owners = frozenset(pairs)
    return people.together([owners])[owners]


def test_somebody_alone_is_their_own() -> None:
    """A record of one owner is sealed under that person, as if there were no groups."""
    people = subjects()
    assert owned_by(people, KARI) == people.ref(*KARI)
    assert people.group(frozenset([people.ref(*KARI)])) == people.ref(*KARI)
    assert people.members([people.ref(*KARI)]) == {people.ref(*KARI): {people.ref(*KARI)}}


def test_the_same_people_are_one_group_whoever_is_named_first() -> None:
    """The order of the fields does not matter, and other people are another group."""
    people = subjects()
    together = owned_by(people, KARI, OLA)
    assert owned_by(people, OLA, KARI) == together
    assert len({together, owned_by(people, KARI, OLA, LIV), owned_by(people, KARI), owned_by(people, OLA)}) == 4
    assert people.members([together]) == {together: {people.ref(*KARI), people.ref(*OLA)}}


def test_many_records_at_once() -> None:
    """A page of records gets its owners in one call; repeats get the same."""
    people = subjects()
    owners = [frozenset(each) for each in ([KARI], [KARI, OLA], [OLA, LIV], [OLA, KARI])]
    found = people.together(owners)
    assert found == {each: owned_by(people, *each) for each in owners}
    assert people.together([]) == {}


def test_whoever_leaves_is_left_out_and_the_last_one_ends_the_group() -> None:
    """The keys of co-owned records die with the last owner, not with the first."""
    people = subjects()
    kari, ola = people.ref(*KARI), people.ref(*OLA)
    together = owned_by(people, KARI, OLA)
    assert people.left_to([kari]) == frozenset()
    assert people.left_to([kari, ola]) == {together}
    people.leave([kari])
    assert people.members([together]) == {together: {ola}}
    assert people.abandoned() == []
    assert people.left_to([ola]) == {together}
    people.leave([ola])
    assert people.members([together]) == {together: frozenset()}
    assert list(people.abandoned()) == [together]


def test_a_group_in_which_somebody_is_left_is_not_disbanded() -> None:
    """Only what everybody left is dropped, whatever is asked for."""
    people = subjects()
    kari, ola = people.ref(*KARI), people.ref(*OLA)
    together = owned_by(people, KARI, OLA)
    people.leave([kari])
    people.disband([together])
    assert people.members([together]) == {together: {ola}}
    people.leave([ola])
    people.disband([together, kari])
    assert people.abandoned() == []
    assert people.members([together]) == {together: {together}}


def test_people_who_parted_are_another_group_when_they_come_together_again() -> None:
    """What is sealed from then on does not go with the one who was left."""
    people = subjects()
    kari, ola = people.ref(*KARI), people.ref(*OLA)
    before = owned_by(people, KARI, OLA)
    people.leave([kari])
    after = owned_by(people, KARI, OLA)
    assert after != before
    assert people.members([before, after]) == {before: {ola}, after: {kari, ola}}


def test_an_erased_person_leaves_their_groups() -> None:
    """Erasing somebody leaves nothing of theirs behind, also no place in a group (Art. 17)."""
    people = subjects()
    kari, ola = people.ref(*KARI), people.ref(*OLA)
    together = owned_by(people, KARI, OLA)
    people.erase([kari], [KARI])
    assert people.members([together]) == {together: {ola}}
    with pytest.raises(PersonErased):
        owned_by(people, KARI, OLA)


def test_an_erasure_while_a_group_is_formed_is_seen() -> None:
    """A late write that races with the erasure does not leave the person in a group for ever."""
    tombstones = MemoryTombstones()

    class IndexDuringErasure(MemorySubjectIndex):
        """The erasure happens after the owners were found and before their group is formed."""

        def form(self, proposed: Mapping[People, SubjectRef]) -> Mapping[People, SubjectRef]:
            other = subjects(self, tombstones)
            other.erase(list(other.known([KARI]).values()), [KARI])
            return super().form(proposed)

    index = IndexDuringErasure()
    people = subjects(index, tombstones)
    kari, ola = people.ref(*KARI), people.ref(*OLA)
    with pytest.raises(PersonErased):
        owned_by(people, KARI, OLA)
    assert index.joined([kari]) == {}
    assert list(index.joined([ola]).values()) == [{ola}]


def test_people_leave_before_they_are_forgotten() -> None:
    """A crash in the middle of an erasure leaves the person known, so that the erasure can be repeated."""

    class Halt(Exception):
        """The machine stops."""

    class HaltingIndex(MemorySubjectIndex):
        def leave(self, people: Collection[SubjectRef]) -> None:
            raise Halt(len(people))

    people = subjects(HaltingIndex())
    kari = people.ref(*KARI)
    with pytest.raises(Halt):
        people.erase([kari], [KARI])
    assert people.find(*KARI) == kari


def test_acquainted_people_know_their_groups() -> None:
    """A page looks its groups up at once; what was not asked for then is still answered."""
    people = subjects()
    together = owned_by(people, KARI, OLA)
    acquainted = people.acquainted([KARI, OLA], {frozenset([KARI, OLA]), frozenset([("email", "nobody@example.no")])})
    kari, ola = (acquainted.ref(*each) for each in (KARI, OLA))
    assert acquainted.group(frozenset([kari, ola])) == together
    liv = acquainted.ref(*LIV)
    assert acquainted.group(frozenset([kari, liv])) == owned_by(people, KARI, LIV)
    assert acquainted.left_to([kari, liv]) == {owned_by(people, KARI, LIV)}
    acquainted.leave([kari, liv])
    assert list(acquainted.abandoned()) == [*people.abandoned()] != []
    acquainted.disband(acquainted.abandoned())
    assert acquainted.members([together]) == people.members([together]) == {together: {ola}}


def test_the_name_of_a_set_is_that_of_no_other() -> None:
    """Two sets never share a group: their names differ also where members follow each other."""
    one, two, three = (SubjectRef(bytes([octet]) * 16) for octet in (1, 2, 3))
    names = [group_name(frozenset(each)) for each in ([one, two], [one, two, three], [one], [two, three])]
    assert len(set(names)) == 4
    assert group_name(frozenset([two, one])) == names[0]
    assert {len(each) for each in names} == {32}
