"""Groups: people who own records together, under keys that are nobody's alone."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from threading import Lock
from typing import Final, Protocol

from sectorprivacy.vocabulary import SubjectRef

People = frozenset[SubjectRef]
"""Several people at once."""

_LABEL: Final = b"sp1/group"


def group_name(people: People) -> bytes:
    """32 bytes that name a set of people in a store; a digest of their references, which say nothing themselves."""
    return hashlib.sha256(_LABEL + b"".join(sorted(each.raw for each in people))).digest()


class Groups(Protocol):
    """Durable groups of people who own records together."""

    def form(self, proposed: Mapping[People, SubjectRef]) -> Mapping[People, SubjectRef]:
        """The group of exactly these people: the one that stands, else the proposed one, which stands from now on."""
        ...

    def members(self, groups: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        """Who is left in each of these groups; a reference that names no group is left out."""
        ...

    def joined(self, people: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        """Every group in which one of these people is left, with all who are left in it."""
        ...


class GroupEnds(Protocol):
    """How groups end: one by one its people leave, and then its keys are destroyed."""

    def leave(self, people: Collection[SubjectRef]) -> None:
        """Take these people out of all their groups. If they own something together again, that is a new group."""
        ...

    def abandoned(self) -> Collection[SubjectRef]:
        """The groups that everybody left: their keys are to be destroyed."""
        ...

    def disband(self, groups: Collection[SubjectRef]) -> None:
        """Drop those of these groups that everybody left; their keys are gone."""
        ...


class MemoryGroups:
    """Groups that last as long as the process."""

    def __init__(self) -> None:
        self._formed: dict[People, SubjectRef] = {}
        self._left_in: dict[SubjectRef, People] = {}
        self._groups_of: defaultdict[SubjectRef, set[SubjectRef]] = defaultdict(set)
        self._groups_lock = Lock()

    def form(self, proposed: Mapping[People, SubjectRef]) -> Mapping[People, SubjectRef]:
        """See Groups."""
        with self._groups_lock:
            for people, group in proposed.items():
                if people not in self._formed:
                    self._formed[people] = group
                    self._left_in[group] = people
                    for each in people:
                        self._groups_of[each].add(group)
            return {people: self._formed[people] for people in proposed}

    def members(self, groups: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        """See Groups."""
        with self._groups_lock:
            return {group: self._left_in[group] for group in groups if group in self._left_in}

    def joined(self, people: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        """See Groups."""
        with self._groups_lock:
            return {group: self._left_in[group] for each in people for group in self._groups_of.get(each, ())}

    def leave(self, people: Collection[SubjectRef]) -> None:
        """See GroupEnds."""
        gone = frozenset(people)
        with self._groups_lock:
            for group in {group for each in gone for group in self._groups_of.pop(each, ())}:
                self._left_in[group] -= gone
            self._formed = {together: group for together, group in self._formed.items() if not together & gone}

    def abandoned(self) -> Collection[SubjectRef]:
        """See GroupEnds."""
        with self._groups_lock:
            return [group for group, people in self._left_in.items() if not people]

    def disband(self, groups: Collection[SubjectRef]) -> None:
        """See GroupEnds."""
        with self._groups_lock:
            for group in groups:
                if not self._left_in.get(group, {group}):
                    del self._left_in[group]
