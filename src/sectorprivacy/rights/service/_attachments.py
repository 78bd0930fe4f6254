"""Files of records: described for a copy, opened for the person, given up with the record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from attrs import frozen

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.errors import ProtocolError
from sectorprivacy.purposes import Gate, Scope
from sectorprivacy.rights.protocol import Attachment
from sectorprivacy.rights.service._cursor import Cursors, Spot
from sectorprivacy.rights.service._decision import Decision
from sectorprivacy.rights.service._files import FileFolder
from sectorprivacy.rights.service._handling import FORGOTTEN
from sectorprivacy.vocabulary import RecordKey

_STEP = 64 * 1024


@frozen
class Attached:
    """The files of one model within one export task.

    Args:
        gate: The gate, for the places of sealed files.
        folder: Where the files are; None for a service without any.
        field_map: Marks of the model.
    """

    gate: Gate
    folder: FileFolder | None
    field_map: FieldMap

    def describe(
        self, scope: Scope, cursors: Cursors, since: RecordKey | None, field: Field, record: Any, key: RecordKey
    ) -> Attachment | None:
        """What the copy says about a file, whose bytes are read for size and digest; None if its key is destroyed."""
        hasher = hashlib.sha256()
        size = 0
        try:
            for piece in self.pieces(scope, field, record):
                hasher.update(piece)
                size += len(piece)
        except FORGOTTEN:
            return None
        return Attachment(
            id=cursors.point(blob_use(self.field_map, field), Spot(key, since)),
            field=field.id,
            media_type=field.attachment or "application/octet-stream",
            size=size,
            sha256=hasher.hexdigest(),
        )

    def pieces(self, scope: Scope, field: Field, record: Any) -> Iterator[bytes]:
        """The bytes of a file, opened if it is sealed."""
        if self.folder is None:
            raise ProtocolError(problem="attachment_missing", retry="human")
        with closing(self.folder.open(field.read(record))) as source:
            if field.sealed_file:
                yield from scope.open_file(self.gate.place(record, field, self.field_map), source)
            else:
                while piece := source.read(_STEP):
                    yield piece

    def given_up(self, record: Any, decision: Decision) -> list[str]:
        """The files that nothing names once a record is erased, or the fields that named them are cleared."""
        return [
            name
            for each in self.field_map.fields
            if each.attachment is not None
            and (decision.act == "erase" or each.name in decision.fields)
            and (name := each.read(record)) is not None
        ]


def blob_use(field_map: FieldMap, field: Field) -> str:
    """What an attachment's token is for."""
    return f"blob/{field_map.id}/{field.id}"
