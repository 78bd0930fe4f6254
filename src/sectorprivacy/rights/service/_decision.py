"""What happens to one record under an erasure: pure, and the same for plan, apply and sweep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Self, cast

from attrs import frozen

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.policy import Policy
from sectorprivacy.retention import Need, due_date, ground_of, needs
from sectorprivacy.rights.protocol import Outcome
from sectorprivacy.rights.service._who import Concern
from sectorprivacy.vocabulary import RecordKey, Relation

Act = Literal["erase", "anonymise", "unlink", "retain"]

_OUTCOMES: Mapping[Act, Outcome] = {
    "erase": "erased",
    "anonymise": "anonymised",
    "unlink": "unlinked",
    "retain": "retained",
}


@frozen(kw_only=True)
class Decision:
    """What happens to one record.

    Args:
        act: Erase the record, clear the person's fields in it, clear only what links it to them, or retain it.
        fields: Names of the attributes to clear.
        need: What keeps a retained record; None where a human has to decide.
    """

    act: Act
    fields: tuple[str, ...] = ()
    need: Need | None = None

    @classmethod
    def erase(cls) -> Self:
        """Remove the record."""
        return cls(act="erase")

    @classmethod
    def retain(cls, need: Need) -> Self:
        """Keep the record, for the activity in `need` alone and until its end."""
        return cls(act="retain", need=need)

    @classmethod
    def leave_to_a_human(cls) -> Self:
        """Keep the record: it names another owner too, and whose it is nobody has decided."""
        return cls(act="retain")

    @classmethod
    def clear(cls, fields: Sequence[Field]) -> Self:
        """Clear these fields; where they are identifiers only, the record is unlinked, else anonymised."""
        only_links = all(each.subject is not None for each in fields)
        return cls(act="unlink" if only_links else "anonymise", fields=tuple(each.name for each in fields))

    @property
    def outcome(self) -> Outcome:
        """The word for it in the protocol."""
        return _OUTCOMES[self.act]


@frozen
class Decided:
    """A record key and what was decided for it."""

    key: RecordKey
    decision: Decision


@frozen(kw_only=True)
class Asked:
    """The question what an erasure does to one record. Pure: the same answer for plan, apply and sweep.

    Args:
        policy: The register.
        field_map: Marks of the record's model.
        record: The record.
        concerns: How it concerns the person; at least one.
        today: Civil day of the controller.
    """

    policy: Policy
    field_map: FieldMap
    record: Any
    concerns: Sequence[Concern]
    today: date

    def by_policy(self) -> Decision:
        """What the register says.

        Its owner's wish removes the record, unless a running contract or a legal obligation still needs it; where it is
        a co-owner's too, a human decides. While co-owners remain, or where the person only appears, their own fields
        are cleared and the record stays with the others.
        """
        if all(concern.shared for concern in self.concerns):
            return Decision.leave_to_a_human()
        keeping = self._needs()
        if keeping:
            return Decision.retain(max(keeping, key=lambda need: need.until or date.max))
        if any(concern.relation is Relation.OWNER for concern in self.concerns):
            return Decision.leave_to_a_human() if self._others_own(Relation.CO_OWNER) else Decision.erase()
        if self._last_co_owner():
            return Decision.erase()
        roles = {concern.role for concern in self.concerns}
        theirs = (each for each in self.field_map.fields if each.about in roles)
        return Decision.clear([each for each in theirs if is_held(each.read(self.record))])

    def retain(self, activity: str, *, since: date) -> Decision | None:
        """Keep the record for an activity, or None once the activity's time is over.

        Args:
            activity: Id of the activity whose law or contract needs it.
            since: Civil day of the event that the activity's rule counts from.

        Raises:
            ActivityNotDeclared: The policy has no such activity.
        """
        found = self.policy.activity(activity)
        need = Need(activity=found, ground=ground_of(found), until=due_date(found.keep, since))
        return Decision.retain(need) if need.until is None or self.today < need.until else None

    def _needs(self) -> list[Need]:
        read = self.field_map.value
        events = {event: _day(read(self.record, path)) for event, path in self.field_map.anchors.items()}
        return [
            need
            for concern in self.concerns
            if not concern.shared
            for need in needs(
                self.policy,
                categories=self.field_map.categories,
                role=concern.role,
                events=events,
                link_ended=_day(concern.by.period.end),
                today=self.today,
            )
        ]

    def _last_co_owner(self) -> bool:
        co_owns = any(concern.relation is Relation.CO_OWNER for concern in self.concerns)
        return co_owns and not self._others_own(Relation.OWNER, Relation.CO_OWNER)

    def _others_own(self, *relations: Relation) -> bool:
        """Whether the record names somebody else in one of these relations."""
        mine = {concern.field.name for concern in self.concerns}
        return any(
            self.field_map.relation_of(each.subject) in relations and each.identifier(self.record) is not None
            for each in self.field_map.subjects
            if each.subject is not None and each.name not in mine
        )


def digest_of_page(dataset: str, page: int, decided: Sequence[Decided]) -> str:
    """SHA-256, in hexadecimal, over every record key of a page with what was decided for it."""
    rows = [
        [each.key.to_json(), each.decision.act, each.decision.fields, *_need_facts(each.decision.need)]
        for each in decided
    ]
    facts = json.dumps([dataset, page, rows], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"sectorprivacy/1/page" + facts.encode()).hexdigest()


def _need_facts(need: Need | None) -> tuple[str, ...]:
    return () if need is None else (need.activity.id, need.ground, need.ends)


def is_held(value: Any) -> bool:
    """Whether a value is there to be shown, or to be cleared: not None, nor a list of nothing (as in nested data)."""
    if isinstance(value, list):
        return any(map(is_held, cast("Any", value)))
    return value is not None


def _day(value: datetime | date | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value
