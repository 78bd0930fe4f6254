"""The fast path of hand-written stores: one record sealed with one key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from sectorprivacy.annotations import Field, FieldMap
from sectorprivacy.encryption import Place, RowForm, Sealed, TenantIndexKey, seal_row, to_text
from sectorprivacy.errors import InvalidDeclaration, NotIndexed
from sectorprivacy.purposes import Gate
from sectorprivacy.vocabulary import RecordKey, SubjectRef

_NOBODY: Final = SubjectRef(bytes(16))
"""Stands for the person in a form, where it is not looked at."""


@frozen
class _Group:
    """Fields of one model under one class of keys, in one order."""

    retention_class: str
    names: tuple[str, ...]
    form: RowForm


class Forms:
    """What `privacy.row` has put together for the rows it has sealed before: a row costs no `Place` for each field.

    Args:
        gate: Knows the controller.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._known: dict[tuple[str, tuple[str, ...]], tuple[_Group, ...]] = {}

    def of(self, field_map: FieldMap, names: tuple[str, ...]) -> tuple[_Group, ...]:
        """The fields, by the class of their keys. Raises: NotDeclared; InvalidDeclaration for one in the clear."""
        groups = self._known.get((field_map.id, names))
        if groups is None:
            groups = self._known[field_map.id, names] = tuple(self._grouped(field_map, names))
        return groups

    def _grouped(self, field_map: FieldMap, names: tuple[str, ...]) -> list[_Group]:
        places: defaultdict[str, dict[str, Place]] = defaultdict(dict)
        for name in names:
            declared = field_map.field(name)
            place = place_of(self._gate, field_map, declared, _NOBODY, None, None)
            places[declared.retention_class][name] = place
        return [_Group(each, tuple(of_class), RowForm(list(of_class.values()))) for each, of_class in places.items()]


@frozen
class Row:
    """The fast path for hand-written stores: seals values of one record with one key and no lookup in between."""

    _gate: Gate
    _forms: Forms
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
        texts: dict[str, str] = {}
        for group in self._forms.of(self._field_map, tuple(values)):
            key = self._gate.keys.for_sealing(self._subject, group.retention_class)
            row = group.form.at(self._subject, self._record, version=self._version)
            cells = seal_row(key, row, [values[name] for name in group.names])
            texts.update(zip(group.names, map(to_text, cells), strict=True))
        return texts

    def sealed(self, field_id: str, value: Any) -> Sealed[Any]:
        """One value sealed in its place. Raises: as `seal`."""
        return self.stored(field_id, self.seal({field_id: value})[field_id])

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
        declared = self._field_map.field(field_id)
        place = place_of(self._gate, self._field_map, declared, self._subject, self._record, self._version)
        return Sealed.stored(place, text)


def place_of(
    gate: Gate,
    field_map: FieldMap,
    declared: Field,
    subject: SubjectRef,
    record: RecordKey | None,
    version: int | None,
) -> Place:
    """Where a sealed field of a record lives. Raises: InvalidDeclaration for one in the clear."""
    if declared.codec is None:
        raise InvalidDeclaration(
            where=f"{field_map.id}.{declared.id}", problem="it is not sealed", instead="Declare it as Sealed"
        )
    return Place(
        tenant=gate.policy.controller.id,
        model=field_map.id,
        field=declared.id,
        subject=subject,
        record=record,
        codec=declared.codec,
        retention_class=declared.retention_class,
        version=version,
        buckets=declared.padding,
        plaintext_until=declared.plaintext_until,
    )


def tokens_of(field_map: FieldMap, field_id: str, keys: Sequence[TenantIndexKey], value: Any) -> tuple[bytes, ...]:
    """Tokens of a value under each key. Raises: NotIndexed, ValueNotSealable."""
    declared = field_map.field(field_id)
    if declared.index is None or declared.codec is None:
        raise NotIndexed(path=f"{field_map.id}.{declared.id}")
    return declared.index.tokens(keys, field_map.id, declared.id, declared.codec, value)
