"""What a record teaches about a person: derived from the marks, for services whose data is read through its models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import Sealed
from sectorprivacy.purposes import current_gate
from sectorprivacy.rights.protocol import PAGE_LIMIT, Link
from sectorprivacy.rights.service._data import Finding, Records
from sectorprivacy.rights.service._handling import FORGOTTEN, handling, prefetch
from sectorprivacy.rights.service._who import Concern, Who, as_moment
from sectorprivacy.vocabulary import ALWAYS, THINGS, Assurance, Identifier, Period, RecordKey, Relation

_ORDER = tuple(Assurance)


def find_by_marks(records: Records, field_maps: Sequence[FieldMap], who: Who) -> Finding:
    """Look for the person in every model, and learn from what is found.

    Identifiers that stand in one record in the same role belong to one person: another customer number, e-mail address
    or telephone number is a `same_person`; an installation or a place on a panel is a `record_link`, for the period the
    record states. Two customers under one identifier are ambiguous, and nothing is learned.
    """
    held = False
    links: dict[tuple[str, str, Period], Link] = {}
    for field_map in field_maps:
        teaching = [each for each in field_map.fields if each.subject is not None]
        for page in _pages_of(records, field_map, who, all_of_them=len(teaching) > 1):
            held = True
            for link in _learn(field_map, page, who, teaching):
                learned = link.identifier
                before = links.setdefault((learned.kind, learned.value, learned.period), link)
                if _ORDER.index(before.identifier.assurance) < _ORDER.index(learned.assurance):
                    links[learned.kind, learned.value, learned.period] = link
    known = {each.value for each in who.identifiers if each.kind == "customer_number"}
    numbers = {
        link.identifier.value
        for link in links.values()
        if link.identifier.kind == "customer_number" and link.identifier.assurance is not Assurance.CLAIMED
    }
    if len(numbers | known) > max(1, len(known)):
        return Finding(held=True, ambiguous=True)
    return Finding(held=held, links=tuple(each for each in links.values() if not _is_known(each.identifier, who)))


def _pages_of(records: Records, field_map: FieldMap, who: Who, *, all_of_them: bool) -> Iterator[Sequence[Any]]:
    after: RecordKey | None = None
    limit = PAGE_LIMIT if all_of_them else 1
    while page := records.select(field_map, who, after, limit):
        yield page
        if not all_of_them or len(page) < limit:
            return
        after = key_of(field_map, page[-1])


def _learn(field_map: FieldMap, page: Sequence[Any], who: Who, teaching: Sequence[Field]) -> list[Link]:
    """What the records of one page teach; sealed identifiers of their owners open under one query for keys."""
    sealed = [each for each in teaching if each.codec is not None]
    with handling(current_gate(), who, field_map, page if sealed else ()) as purpose:
        prefetch(purpose, (each.read(record) for record in page for each in sealed))
        return [
            link
            for record in page
            for concern in who.concerns(field_map, record)
            for link in _links(field_map, record, concern, teaching)
        ]


def key_of(field_map: FieldMap, record: Any) -> RecordKey:
    """The key of a record in its data set."""
    return RecordKey.of(*[field_map.value(record, name) for name in field_map.key])


def _links(field_map: FieldMap, record: Any, concern: Concern, teaching: Sequence[Field]) -> Iterator[Link]:
    if concern.shared:
        return
    for each in teaching:
        subject = each.subject
        if subject is None or each.name == concern.field.name or subject.role != concern.role:
            continue
        value = _plain(each.identifier(record))
        if value is None:
            continue
        thing = subject.kind in THINGS
        if not thing and concern.by.names_a_thing:
            continue  # who uses an installation now says nothing about who somebody is
        # What nobody made sure of, or another person wrote on their own record, is a claim and not a fact.
        is_fact = subject.verified and _is_verified(concern) and concern.relation is not Relation.APPEARS
        sure = Assurance.VERIFIED if is_fact else Assurance.CLAIMED
        identifier = Identifier(
            kind=subject.kind,
            value=str(value),
            role=subject.role,
            assurance=min(concern.by.assurance, sure, key=_ORDER.index),
            period=_period(field_map, record) if thing else ALWAYS,
        )
        yield Link(kind="record_link" if thing else "same_person", identifier=identifier, learned_from=field_map.id)


def _is_verified(concern: Concern) -> bool:
    return concern.field.subject is not None and concern.field.subject.verified


def _period(field_map: FieldMap, record: Any) -> Period:
    if field_map.period is None:
        return ALWAYS
    start, end = (as_moment(field_map.value(record, name)) for name in field_map.period)
    return Period(start, end)


def _is_known(identifier: Identifier, who: Who) -> bool:
    if identifier.names_a_thing:
        return identifier in who.identifiers
    return any((each.kind, each.value) == (identifier.kind, identifier.value) for each in who.identifiers)


def _plain(value: Any) -> Any:
    if not isinstance(value, Sealed):
        return value
    try:
        return cast("Any", value).open()
    except FORGOTTEN:
        return None
