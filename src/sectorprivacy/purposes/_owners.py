"""Whose a sealed value is, and which of them a scope covers: one person, or the co-owners of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from sectorprivacy.encryption import Place, kid_of
from sectorprivacy.ledger import People
from sectorprivacy.purposes._gate import Gate
from sectorprivacy.vocabulary import SubjectRef


@frozen
class Owned:
    """A sealed value with those it belongs to.

    Args:
        place: Where it opens: with the one owner, or the group of owners, under whose key it was sealed.
        people: Whose it is; nobody else's scope opens it.
    """

    place: Place
    people: People


def owned(gate: Gate, values: Sequence[tuple[Place, bytes]]) -> list[Owned]:
    """Whose sealed values are, and where they open; blocking, in two statements at the most.

    The record says who owns it today, and the key id who owned it when the value was sealed. They differ after an owner
    left or joined. It belongs to those who are both (docs/decisions/0008-co-owned-values-and-quarantine.md).

    Args:
        gate: Knows the marks, the groups and the keys.
        values: For each the place that its record says, and the id of the key it was sealed under.
    """
    shared = [(place, kid) for place, kid in values if gate.may_have_several_owners(place.model)]
    sealed_for: dict[bytes, SubjectRef] = {}
    members: Mapping[SubjectRef, People] = {}
    if shared:
        keys = gate.keys
        sealed_for = {row.kid: row.subject for row in keys.store.rows(keys.tenant, kids={kid for _, kid in shared})}
        members = gate.subjects.members({*sealed_for.values(), *(place.subject for place, _ in shared)})
    found: list[Owned] = []
    for place, kid in values:
        now = members.get(place.subject, frozenset((place.subject,)))
        then = sealed_for.get(kid, place.subject)
        both = now & members.get(then, now)
        # Where nobody is both it is not this record's: in the place that the record says it does not open.
        found.append(Owned(_with(place, then), both) if both else Owned(place, now))
    return found


def sealed_place(gate: Gate, place: Place, cell: bytes) -> Place:
    """The place that a cell was sealed for, where owners may have joined or left since; blocking.

    Args:
        gate: Knows the marks, the groups and the keys.
        place: The place that its record says today.
        cell: The cell.
    """
    return owned(gate, [(place, kid_of(cell))])[0].place


class Covered:
    """Which owners of values a scope covers; what was looked up once is remembered while it lasts.

    Args:
        gate: Knows the marks, the groups and the keys.
        people: The people the scope covers.
    """

    def __init__(self, gate: Gate, people: People) -> None:
        self._gate = gate
        self._people = people
        self._several: dict[str, bool] = {}
        self._single: dict[bytes, People] = {}
        self._found: dict[tuple[bytes, bytes], tuple[SubjectRef, People]] = {}

    def known(self, place: Place, kid: bytes) -> Owned | None:
        """Whose a value is of those who are covered, if nothing has to be looked up for it.

        Args:
            place: The place that its record says.
            kid: The id of the key it was sealed under.
        """
        several = self._several.get(place.model)
        if several is None:
            several = self._several[place.model] = self._gate.may_have_several_owners(place.model)
        if not several:
            return Owned(place, self._alone(place.subject))
        found = self._found.get((place.subject.raw, kid))
        return None if found is None else Owned(_with(place, found[0]), found[1])

    def of(self, values: Sequence[tuple[Place, bytes]]) -> list[Owned]:
        """Whose each of these values is, of those who are covered; blocking."""
        found = [self.known(*value) for value in values]
        unknown = [value for value, each in zip(values, found, strict=True) if each is None]
        looked_up = iter(self._looked_up(unknown) if unknown else ())
        return [next(looked_up) if each is None else each for each in found]

    def _alone(self, subject: SubjectRef) -> People:
        """The one owner, or nobody if the scope does not cover them."""
        people = self._single.get(subject.raw)
        if people is None:
            people = self._single[subject.raw] = frozenset((subject,)) & self._people
        return people

    def _looked_up(self, values: Sequence[tuple[Place, bytes]]) -> list[Owned]:
        found = [evolve(each, people=each.people & self._people) for each in owned(self._gate, values)]
        for (place, kid), whose in zip(values, found, strict=True):
            self._found[place.subject.raw, kid] = whose.place.subject, whose.people
        return found


def _with(place: Place, subject: SubjectRef) -> Place:
    return place if place.subject == subject else evolve(place, subject=subject)
