"""Whom a task is about, as a service sees it: identifiers with role and period, and what they say about one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from attrs import evolve, field, frozen

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.vocabulary import ALWAYS, THINGS, Identifier, Period, Relation


@frozen
class Concern:
    """How one record concerns the person: in which role and relation, and by which identifier.

    `shared` says that the record names another owner too, by an identifier that is not known to be this person's: a
    household's telephone, an address an agent noted. Then nobody is given it, and nothing is erased, without a human.
    """

    role: str
    relation: Relation
    by: Identifier
    field: Field
    shared: bool = False


@frozen
class Who:
    """The person a task is about, known by identifiers alone; a service never learns more than it needs."""

    identifiers: Sequence[Identifier] = field(converter=tuple[Identifier, ...], repr=False)

    def values(self, kind: str) -> tuple[str, ...]:
        """The values of one kind of identifier, each once, in the order given."""
        return tuple(dict.fromkeys(each.value for each in self.identifiers if each.kind == kind))

    def matching(self, field_map: FieldMap) -> Iterator[tuple[Field, Identifier]]:
        """Which identifiers can stand in which fields of a model.

        A thing (an installation) concerns the person in the role of their link alone; an e-mail address is theirs in
        whatever role a record names it. A record that states the link itself is found by the person, never by the
        thing: it would be the next owner's. A record without a time is about now, so a link that ended says nothing
        about it.
        """
        for each in field_map.subjects:
            subject = each.subject
            if subject is None or (field_map.period is not None and subject.kind in THINGS):
                continue
            for identifier in self.identifiers:
                if identifier.kind != subject.kind or (field_map.when is None and identifier.period.end is not None):
                    continue
                if not identifier.names_a_thing or identifier.role == subject.role:
                    yield each, identifier

    def concerns(self, field_map: FieldMap, record: Any) -> tuple[Concern, ...]:
        """How a record concerns the person; empty where it does not.

        Args:
            field_map: The marks of the record's model.
            record: The record, whatever its style of model.
        """
        return self.concerning(field_map)(record)

    def concerning(self, field_map: FieldMap) -> Callable[[Any], tuple[Concern, ...]]:
        """`concerns` for many records of one model: what is the same for all of them is done once."""
        possible = [
            Concern(role=each.subject.role, relation=field_map.relation_of(each.subject), by=identifier, field=each)
            for each, identifier in self.matching(field_map)
            if each.subject is not None
        ]
        timed = field_map.when is not None and any(each.by.period != ALWAYS for each in possible)
        named = [(each, each.field.identifier, each.by.value) for each in possible]
        owners = [
            _Owner(each.name, each.identifier, each.subject.role, each.subject.verified)
            for each in field_map.owners
            if each.subject is not None and not (field_map.period is not None and each.subject.kind in THINGS)
        ]

        def concerns(record: Any) -> tuple[Concern, ...]:
            stated = tuple(each for each, identifier, value in named if identifier(record) == value)
            if timed and stated:
                moment = as_moment(field_map.value(record, str(field_map.when)))
                stated = tuple(each for each in stated if _lasted(each.by.period, moment))
            if stated and _names_another(owners, record, stated):
                return tuple(_shared(each) for each in stated)
            return stated

        return concerns

    def naming(self, field_map: FieldMap) -> Callable[[Any], bool]:
        """Whether a record names the person by one of their identifiers at all, whenever it was theirs."""
        named = [
            (each.identifier, frozenset(self.values(each.subject.kind))) for each in field_map.subjects if each.subject
        ]
        return lambda record: any(identifier(record) in values for identifier, values in named)


@frozen
class _Owner:
    """A field that names an owner: how it is read, in which role, and whether somebody made sure of its value."""

    name: str
    identifier: Callable[[Any], Any]
    role: str
    verified: bool


def _names_another(owners: Sequence[_Owner], record: Any, stated: Sequence[Concern]) -> bool:
    """Whether a record that is the person's own names an owner by a value that is not known to be theirs.

    A verified value in the person's own role is theirs by the record's word: so a customer's address is learned.

    Args:
        owners: Each field that names an owner.
        record: The record.
        stated: How it concerns the person.
    """
    mine = {each.field.name for each in stated}
    others = [each for each in owners if each.name not in mine and each.identifier(record) not in {None, ""}]
    if not others or not any(each.relation is Relation.OWNER for each in stated):
        return False
    roles = {each.role for each in stated}
    return any(not (each.verified and each.role in roles) for each in others)


def _shared(concern: Concern) -> Concern:
    return evolve(concern, relation=Relation.APPEARS, shared=True) if concern.relation is Relation.OWNER else concern


def _lasted(period: Period, moment: datetime | None) -> bool:
    """Whether a link was there at a record's time; of one whose time is unknown, only a link for ever says so."""
    return period == ALWAYS or (moment is not None and period.covers(moment))


def in_utc(moment: datetime) -> datetime:
    """The moment, aware: databases give naive datetimes back, and services keep them in UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def as_moment(value: datetime | date | None) -> datetime | None:
    """An aware datetime of a record's time: naive ones are UTC, and a date is the start of its day in UTC."""
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    return None
