"""A record as one person may see it: their roles decide which fields, and what is withheld is named (Art. 15(4))."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from pydantic import JsonValue

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import Attachment, Record, Withheld
from sectorprivacy.rights.service._decision import is_held
from sectorprivacy.rights.service._handling import FORGOTTEN
from sectorprivacy.rights.service._who import Concern, in_utc
from sectorprivacy.vocabulary import Ground, RecordKey, Relation, Right, Source

Attach = Callable[[Field, Any, RecordKey], Attachment | None]
"""Describes the file a field names, for this record; None where its key was destroyed."""

_PLAIN = frozenset({str, int, bool, type(None)})
_PORTABLE = frozenset({Source.PROVIDED, Source.OBSERVED})


Role = tuple[str, Relation]

_Shown = tuple[Field, Callable[[Any], Any], Ground | None]


class Copier:
    """Makes the copies of a model's records that one person receives.

    Args:
        field_map: Marks of the model.
        right: Access gives everything they may see; portability what they provided or was observed (Art. 20).
        attach: What to say about a file that a field names.
        opaque: A key that says nothing, for records whose own key might name another person.
    """

    def __init__(
        self, field_map: FieldMap, right: Right, attach: Attach, opaque: Callable[[RecordKey], RecordKey]
    ) -> None:
        self._field_map = field_map
        self._opaque = opaque
        self._attach = attach
        self._fields = [each for each in field_map.fields if right is not Right.PORTABILITY or each.source in _PORTABLE]
        self._seen: dict[tuple[Role, ...], Sequence[_Shown]] = {}

    def copy(self, record: Any, key: RecordKey, concerns: Sequence[Concern]) -> Record:
        """The copy of one record.

        Args:
            record: The record; sealed values are opened, so a scope of `rights_handling` is active.
            key: Its key.
            concerns: How it concerns the person.
        """
        fields: dict[str, JsonValue] = {}
        attachments: list[Attachment] = []
        withheld: list[Withheld] = []
        for each, read, ground in self._shown(concerns):
            value = read(record)
            if not is_held(value):
                continue
            shown = ground is None
            if shown and each.attachment is not None:
                attachment = self._attach(each, record, key)
                attachments += [] if attachment is None else [attachment]
                shown = attachment is not None
            elif shown:
                try:
                    fields[each.id] = as_json(cast("Any", value).open() if isinstance(value, Sealed) else value)
                except FORGOTTEN:
                    shown = False
            if not shown:
                withheld.append(Withheld(field=each.id, ground=ground or Ground.ERASED))
        return Record(
            # A key may be somebody's number.
            key=tuple((self._opaque(key) if all(each.shared for each in concerns) else key).to_json()),
            roles=tuple(sorted({concern.role for concern in concerns})),
            fields=fields,
            attachments=tuple(attachments),
            withheld=tuple(withheld),
        )

    def sealed_values(self, record: Any, concerns: Sequence[Concern]) -> Iterator[Any]:
        """Every sealed value that the copy of a record will show."""
        for each, read, ground in self._shown(concerns):
            if ground is None and each.codec is not None:
                yield read(record)

    def _shown(self, concerns: Sequence[Concern]) -> Sequence[_Shown]:
        """Every field, how it is read, and the ground on which it is withheld: the same for records of one role."""
        roles = roles_of(concerns)
        known = self._seen.get(roles)
        if known is None:
            known = self._seen[roles] = [
                # What is there only to say whose record it is shows whose, not the way by which the record gets there.
                (
                    each,
                    each.identifier if each.identifier_only else each.read,
                    withheld_on(self._field_map, each, roles),
                )
                for each in self._fields
            ]
        return known


def roles_of(concerns: Sequence[Concern]) -> tuple[Role, ...]:
    """The roles in which a record is the person's; none where it concerns them by what is shared."""
    return tuple((each.role, each.relation) for each in concerns if not each.shared)


def withheld_on(field_map: FieldMap, field: Field, roles: Sequence[Role]) -> Ground | None:
    """On which ground a field is withheld from somebody in these roles; None where they may see it."""
    if field.secret:
        return Ground.SECRET
    if any(field_map.shows(field, role, relation) for role, relation in roles):
        return None
    return Ground.RIGHTS_OF_OTHERS


def as_json(value: Any) -> JsonValue:
    """A stored value as JSON: times in ISO 8601 (naive ones are UTC), Decimal and UUID as text, bytes in base64."""
    if type(value) in _PLAIN:
        return cast("JsonValue", value)
    match value:
        case Enum():
            return as_json(value.value)
        case int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case date() | time():
            return (in_utc(value) if isinstance(value, datetime) else value).isoformat()
        case Decimal() | UUID() | bytes():
            return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else str(value)
        case list() | tuple():
            return [as_json(each) for each in cast("Any", value)]
        case dict():
            return {str(name): as_json(each) for name, each in cast("Any", value).items()}
        case _:
            raise ProtocolError(problem="value_not_json", retry="human")
