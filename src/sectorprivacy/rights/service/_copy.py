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
from sectorprivacy.rights.service._finding import key_of
from sectorprivacy.rights.service._handling import FORGOTTEN
from sectorprivacy.rights.service._who import Concern, in_utc
from sectorprivacy.vocabulary import Ground, RecordKey, Right, Source

Attach = Callable[[Field, Any, RecordKey], Attachment | None]
"""Describes the file a field names, for this record; None where its key was destroyed."""

_PORTABLE = frozenset({Source.PROVIDED, Source.OBSERVED})


def copy_record(field_map: FieldMap, record: Any, concerns: Sequence[Concern], right: Right, attach: Attach) -> Record:
    """The copy of a record that the person receives.

    Args:
        field_map: Marks of its model.
        record: The record; sealed values are opened, so a scope of `rights_handling` is active.
        concerns: How it concerns the person.
        right: Access gives everything they may see; portability what they provided or was observed (Art. 20).
        attach: What to say about a file that a field names.
    """
    key = key_of(field_map, record)
    fields: dict[str, JsonValue] = {}
    attachments: list[Attachment] = []
    withheld: list[Withheld] = []
    for each in field_map.fields:
        value = getattr(record, each.name)
        if value is None or (right is Right.PORTABILITY and each.source not in _PORTABLE):
            continue
        ground = _ground(field_map, each, concerns)
        if ground is None and each.attachment is not None:
            attachment = attach(each, record, key)
            ground = Ground.ERASED if attachment is None else None
            attachments += [] if attachment is None else [attachment]
        elif ground is None:
            try:
                fields[each.id] = as_json(value.open() if isinstance(value, Sealed) else value)
            except FORGOTTEN:
                ground = Ground.ERASED
        if ground is not None:
            withheld.append(Withheld(field=each.id, ground=ground))
    return Record(
        key=tuple(key.to_json()),
        roles=tuple(sorted({concern.role for concern in concerns})),
        fields=fields,
        attachments=tuple(attachments),
        withheld=tuple(withheld),
    )


def sealed_values(field_map: FieldMap, record: Any, concerns: Sequence[Concern]) -> Iterator[Any]:
    """Every sealed value that the copy of a record will show."""
    for each in field_map.sealed:
        if any(field_map.shows(each, concern.role, concern.relation) for concern in concerns):
            yield getattr(record, each.name)


def _ground(field_map: FieldMap, field: Field, concerns: Sequence[Concern]) -> Ground | None:
    if field.secret:
        return Ground.SECRET
    if any(field_map.shows(field, concern.role, concern.relation) for concern in concerns):
        return None
    return Ground.RIGHTS_OF_OTHERS


def as_json(value: Any) -> JsonValue:
    """A stored value as JSON: times in ISO 8601 (naive ones are UTC), Decimal and UUID as text, bytes in base64."""
    match value:
        case Enum():
            return as_json(value.value)
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case datetime():
            return in_utc(value).isoformat()
        case date() | time():
            return value.isoformat()
        case Decimal() | UUID() | bytes():
            return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else str(value)
        case list() | tuple():
            return [as_json(each) for each in cast("Any", value)]
        case dict():
            return {str(name): as_json(each) for name, each in cast("Any", value).items()}
        case _:
            raise ProtocolError(problem="value_not_json", retry="human")
