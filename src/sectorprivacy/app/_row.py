"""The fast path of hand-written stores: one record sealed with one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import Place, Sealed, TenantIndexKey, seal
from sectorprivacy.errors import InvalidDeclaration, NotIndexed
from sectorprivacy.purposes import Gate
from sectorprivacy.vocabulary import RecordKey, SubjectRef


@frozen
class Row:
    """The fast path for hand-written stores: seals values of one record with one key and no lookup in between."""

    _gate: Gate
    _field_map: FieldMap
    _subject: SubjectRef
    _record: RecordKey | None
    _version: int | None

    def __attrs_post_init__(self) -> None:
        if (self._version is None) != (self._field_map.row_version is None):
            raise InvalidDeclaration(
                where=self._field_map.id,
                problem="its cells are bound to a version of the row, or the row has one and they are not",
                instead="Give version= for a model that declares row_version, and for no other",
            )

    def seal(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Cells, as text, of the values of sealed fields by their id.

        Raises:
            NotDeclared: A field is not of this model.
            InvalidDeclaration: A field is not sealed.
            ValueNotSealable: A value is outside what its codec can hold.
        """
        return {name: self.sealed(name, value).text for name, value in values.items()}

    def sealed(self, field_id: str, value: Any) -> Sealed[Any]:
        """One value sealed in its place."""
        place = self._place(self._field_map.field(field_id))
        key = self._gate.keys.for_sealing(self._subject, place.retention_class)
        return Sealed.stored(place, seal(key, place, value))

    def tokens(self, values: Mapping[str, Any]) -> dict[str, bytes | None]:
        """Tokens of the values of indexed fields by their id, to be stored beside their cells; None for None.

        Raises:
            NotDeclared: A field is not of this model.
            NotIndexed: A field has no blind index.
            ValueNotSealable: The normaliser refuses a value.
        """
        keys = self._gate.keys.index_keys()[:1]
        return {
            name: None if value is None else tokens_of(self._field_map, name, keys, value)[0]
            for name, value in values.items()
        }

    def stored(self, field_id: str, text: str) -> Sealed[Any]:
        """The value of a cell as it was read from a store; it opens inside a purpose."""
        return Sealed.stored(self._place(self._field_map.field(field_id)), text)

    def _place(self, declared: Field) -> Place:
        if declared.codec is None:
            raise InvalidDeclaration(
                where=f"{self._field_map.id}.{declared.id}", problem="it is not sealed", instead="Declare it as Sealed"
            )
        return Place(
            tenant=self._gate.policy.controller.id,
            model=self._field_map.id,
            field=declared.id,
            subject=self._subject,
            record=self._record,
            codec=declared.codec,
            retention_class=declared.retention_class,
            version=self._version,
            buckets=declared.padding,
            plaintext_until=declared.plaintext_until,
        )


def tokens_of(field_map: FieldMap, field_id: str, keys: Sequence[TenantIndexKey], value: Any) -> tuple[bytes, ...]:
    declared = field_map.field(field_id)
    if declared.index is None or declared.codec is None:
        raise NotIndexed(path=f"{field_map.id}.{declared.id}")
    return declared.index.tokens(keys, field_map.id, declared.id, declared.codec, value)
