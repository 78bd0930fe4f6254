"""The gate: what stands between code and personal values. One for each Privacy, current while that one is entered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from types import TracebackType
from typing import Final

from attrs import frozen

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import Codec, Keys, Place
from sectorprivacy.errors import (
    CategoryNotCovered,
    ConsentMissing,
    InvalidDeclaration,
    NoPrivacy,
    NotDeclared,
    ObjectionStands,
    RoleNotCovered,
)
from sectorprivacy.ledger import Log, Pair, StandingRecord, StandingStore, Subjects, state
from sectorprivacy.policy import Activity, Policy
from sectorprivacy.vocabulary import THINGS, Basis, RecordKey, Relation, SubjectRef, purposes

_PAGE = 1000

_PERSON_DECIDES = {Basis.CONSENT, Basis.PUBLIC_TASK, Basis.LEGITIMATE_INTEREST}

NOBODY: Final = SubjectRef(b"\xff" * 16)
"""Stands for a person who was forgotten here: no scope covers them, so what was sealed for them opens nowhere."""


@frozen(kw_only=True)
class Use:
    """A use that register and marks permit.

    Args:
        category: Id of the category used.
        basis: Its legal basis.
        person_decides: Whether a missing consent or an objection stops it.
    """

    category: str
    basis: Basis
    person_decides: bool


@frozen(kw_only=True)
class Gate:
    """What a scope asks before it releases a value.

    Args:
        policy: The register in force.
        models: The declared models.
        keys: Subject keys of the controller.
        subjects: Who is who.
        log: Where each first use is written before a value is released.
        standing: Consents and objections.
        actor: Pseudonymous id of the employee or program, for the log.
        now: The clock, aware.
    """

    policy: Policy
    models: Mapping[type, FieldMap]
    keys: Keys
    subjects: Subjects
    log: Log
    standing: StandingStore
    actor: str
    now: Callable[[], datetime]

    def field_map(self, model: type) -> FieldMap:
        """The marks of a declared model. Raises: NotDeclared, also for one this Privacy was not given."""
        found = self.models.get(model)
        if found is None:
            raise NotDeclared(model=model.__qualname__)
        return found

    def owner_pairs(self, record: object, field_map: FieldMap | None = None) -> tuple[Pair, ...]:
        """Kind and value of every identifier that names an owner or co-owner of the record.

        Args:
            record: The record.
            field_map: Its marks; by default those of its class, which a dictionary does not tell.
        """
        return tuple(pair for _, pair in _naming(record, field_map or self.field_map(type(record))))

    def owners_named(self, record: object, field_map: FieldMap | None = None) -> frozenset[Pair]:
        """One pair for each owner of the record, under whose keys together its values are sealed; none if nobody is.

        Owners in one role are one person, whose first identifier counts; a co-owner is named by a field of their own.

        Args:
            record: The record.
            field_map: Its marks; by default those of its class.
        """
        naming = list(_naming(record, field_map or self.field_map(type(record))))
        # A home passes on to others: whoever is named themselves does not share a key with it.
        people = [(owner, pair) for owner, pair in naming if pair[0] not in THINGS]
        owners: dict[str, Pair] = {}
        for owner, pair in people or naming:
            owners.setdefault(owner, pair)
        return frozenset(owners.values())

    def owner(self, record: object, field_map: FieldMap | None = None) -> SubjectRef:
        """The person, or the group of co-owners, whose keys seal the record's values; minted where they are new.

        Args:
            record: The record.
            field_map: Its marks; by default those of its class.

        Raises:
            InvalidDeclaration: The record names no owner.
            PersonErased: One of them was erased here.
        """
        (owner,) = self.owners([record], field_map)
        return owner

    def owners(self, records: Sequence[object], field_map: FieldMap | None = None) -> list[SubjectRef]:
        """The owner of each of many records, in a fixed number of statements. Raises: as `owner`.

        Args:
            records: The records.
            field_map: Their marks; by default those of the class of each.
        """
        named = [self._some_owner(record, field_map or self.field_map(type(record))) for record in records]
        together = self.subjects.together(named)
        return [together[each] for each in named]

    def end_groups(self) -> None:
        """Destroy the keys of groups that everybody left, also those that a process left behind that died before."""
        ended = self.subjects.abandoned()
        for group in ended:
            self.keys.shred(group)
        self.subjects.disband(ended)

    def may_have_several_owners(self, model_id: str) -> bool:
        """Whether records of this model can name several owners. Raises: NotDeclared."""
        return len({owner for owner, _ in _owning(self._model(model_id))}) > 1

    def place(
        self, record: object, field: Field, field_map: FieldMap | None = None, *, key_known: bool = True
    ) -> Place:
        """Where a sealed field of a stored record lives.

        Args:
            record: The record.
            field: Its sealed field, or the field that names its sealed file.
            field_map: Its marks; by default those of its class.
            key_known: False where the database assigns the key only when the record is written; such a cell is bound to
                the person and not to the record.
        """
        field_map = field_map or self.field_map(type(record))
        known = self.subjects.known(self._some_owner(record, field_map)).values()
        return Place(
            tenant=self.policy.controller.id,
            model=field_map.id,
            field=field.id,
            subject=self.subjects.group(frozenset(known)) if known else NOBODY,
            record=RecordKey.of(*(field_map.value(record, name) for name in field_map.key)) if key_known else None,
            codec=field.codec or Codec.BYTES,
            retention_class=field.retention_class,
            version=self._version(record, field, field_map),
            buckets=field.padding,
            plaintext_until=field.plaintext_until,
        )

    def _some_owner(self, record: object, field_map: FieldMap) -> frozenset[Pair]:
        owners = self.owners_named(record, field_map)
        if not owners:
            raise InvalidDeclaration(
                where=field_map.id,
                problem="the record names no owner, so nobody's key can seal its values",
                instead="Give it the identifier of its owner before it is stored",
            )
        return owners

    def _version(self, record: object, field: Field, field_map: FieldMap) -> int | None:
        # A file stays as it is while the row that names it changes.
        bound = field_map.row_version if field.codec is not None else None
        return None if bound is None else field_map.value(record, bound)

    def use(self, activity: Activity, place: Place) -> Use:
        """Whether an activity may use the values of this field, whoever they are about (Art. 5(1)(b), Art. 6).

        Raises:
            CategoryNotCovered: The activity does not use that category.
            RoleNotCovered: It has no basis for people in that role.
        """
        field_map, field = self._declared(place)
        if not activity.may_use(field.category):
            raise CategoryNotCovered(
                activity=activity.id, category=field.category.id, model=field_map.id, field=field.id
            )
        roles = [field.about] if field.about is not None else _owner_roles(field_map)
        # Which of its owners a record names is not known here, so the activity needs a basis for each.
        bases = [basis for role in roles if (basis := activity.basis_for(role)) is not None]
        if not roles or len(bases) < len(roles):
            raise RoleNotCovered(activity=activity.id, role=", ".join(roles))
        return Use(
            category=field.category.id,
            basis=Basis.CONSENT if Basis.CONSENT in bases else bases[0],
            person_decides=not _PERSON_DECIDES.isdisjoint(bases) or activity.purpose.within(purposes.DIRECT_MARKETING),
        )

    def ask(self, activity: Activity, use: Use, subject: SubjectRef) -> None:
        """Whether what the person declared lets an activity use their data.

        Raises:
            ConsentMissing: The person has not consented, or has withdrawn.
            ObjectionStands: The person objected (Art. 21(1)), or, to direct marketing, on any basis (Art. 21(2)).
        """
        stands = state(self._declarations(subject), activity.id)
        if use.basis is Basis.CONSENT and not stands.consented:
            raise ConsentMissing(activity=activity.id)
        if stands.objected:
            raise ObjectionStands(activity=activity.id)

    def _declarations(self, subject: SubjectRef) -> Iterator[StandingRecord]:
        after = 0
        while page := self.standing.records([subject], after, _PAGE):
            yield from page
            after = page[-1].sequence

    def _declared(self, place: Place) -> tuple[FieldMap, Field]:
        field_map = self._model(place.model)
        return field_map, field_map.field(place.field)

    def _model(self, model_id: str) -> FieldMap:
        for field_map in self.models.values():
            if field_map.id == model_id:
                return field_map
        raise NotDeclared(model=model_id)


def owner_fields(field_map: FieldMap) -> tuple[Field, ...]:
    """The searchable fields that name an owner or co-owner: whoever changes one of them changes whose the record is."""
    return tuple(each for _, each in _owning(field_map))


def _owning(field_map: FieldMap) -> Iterator[tuple[str, Field]]:
    """Each searchable field that names an owner, after what says which of the owners: a role, or a field of theirs."""
    for each in field_map.subjects:
        if each.subject is not None:
            relation = field_map.relation_of(each.subject)
            if relation is Relation.OWNER:
                yield f"role {each.subject.role}", each
            elif relation is Relation.CO_OWNER:
                yield f"field {each.name}", each


def _naming(record: object, field_map: FieldMap) -> Iterator[tuple[str, Pair]]:
    for owner, each in _owning(field_map):
        value = each.identifier(record)
        if each.subject is not None and value is not None:
            yield owner, (each.subject.kind, str(value))


def _owner_roles(field_map: FieldMap) -> list[str]:
    return list(dict.fromkeys(each.subject.role for _, each in _owning(field_map) if each.subject is not None))


_gate: Final[ContextVar[Gate]] = ContextVar("sectorprivacy_gate")


def current_gate() -> Gate:
    """The gate of the Privacy that is entered here. Raises: NoPrivacy."""
    gate = _gate.get(None)
    if gate is None:
        raise NoPrivacy
    return gate


class entered:  # noqa: N801  (reads as `with entered(gate):`)
    """Make a gate current for this context: a thread, a task, a request.

    Args:
        gate: The gate.
    """

    __slots__ = ("_gate", "_token")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def __enter__(self) -> Gate:
        self._token = _gate.set(self._gate)
        return self._gate

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _gate.reset(self._token)
