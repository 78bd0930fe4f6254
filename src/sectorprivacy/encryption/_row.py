"""Rows: the sealed fields of one record under one key, sealed and opened together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from attrs import evolve, field, frozen
from cryptography.exceptions import InvalidTag

from sectorprivacy.encryption._cell import answer, fits, nonces, wrong_key
from sectorprivacy.encryption._codecs import not_sealable
from sectorprivacy.encryption._place import Place, Prepared, naming, person_bytes, record_bytes
from sectorprivacy.encryption._subject_key import SubjectKey
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey, SubjectRef


@frozen(kw_only=True, eq=False)
class RowPlace:
    """Where the sealed fields of one record live that one key seals, in the order of their values.

    `RowPlace.of(places)` takes places that exist; `RowForm.at` makes it for one record after the other.

    Args:
        tenant: Stable id of the controller.
        subject: The person whose key seals it.
        retention_class: The declared class of keys.
        places: The fields; where they differ in person, record or version, those of the row count.
        record: Key of the record.
        version: The row's version, where the model is declared with one.
        prepared: For each field what its place would prepare.
    """

    tenant: str
    subject: SubjectRef
    retention_class: str
    places: tuple[Place, ...] = field(repr=False)
    record: RecordKey | None = field(repr=False)
    version: int | None
    prepared: tuple[Prepared, ...] = field(repr=False)

    @classmethod
    def of(cls, places: Sequence[Place]) -> Self:
        """The row of these places. Raises: InvalidDeclaration where they are not of one record and class of keys."""
        one = _alike(places, {(each.subject.raw, each.record, each.version) for each in places})
        return cls(
            tenant=one.tenant,
            subject=one.subject,
            retention_class=one.retention_class,
            places=tuple(places),
            record=one.record,
            version=one.version,
            prepared=tuple([each.prepared for each in places]),
        )


class RowForm:
    """What the rows of one model have in common, put together once: then a row costs no `Place` for each field.

    Args:
        places: One for each field of one class of keys; their person, record and version are not looked at.

    Raises:
        InvalidDeclaration: They are not of one tenant, model and class of keys.
    """

    __slots__ = ("_one", "_places", "_starts")

    def __init__(self, places: Sequence[Place]) -> None:
        self._one = _alike(places, {each.model for each in places})
        self._places = tuple(places)
        # Without and with a version of the row.
        self._starts = [[_start(each, versioned=versioned) for each in places] for versioned in (False, True)]

    def at(self, subject: SubjectRef, record: RecordKey | None, *, version: int | None = None) -> RowPlace:
        """The places of one record.

        Args:
            subject: The person whose key seals it.
            record: Key of the record, or None where the database assigns it later.
            version: The row's version, where the model is declared with one.

        Raises:
            ValueNotSealable: The record's key or the version has no form in bytes.
        """
        one = self._one
        try:
            shared = person_bytes(subject, version) + record_bytes(record)
        except ValueError as refused:
            raise ValueNotSealable(path=one.model, codec="record key", reason=str(refused)) from None
        return RowPlace(
            tenant=one.tenant,
            subject=subject,
            retention_class=one.retention_class,
            places=self._places,
            record=record,
            version=version,
            prepared=tuple(
                [(head, start + shared, write, read) for head, start, write, read in self._starts[version is not None]]
            ),
        )


def seal_row(key: SubjectKey, row: RowPlace | Sequence[Place], values: Sequence[Any]) -> list[bytes]:
    """Seal the values of one record; their nonces are drawn together.

    Args:
        key: The key of the row's person and retention class.
        row: Where the cells will live.
        values: One value for each place.

    Returns:
        The cells, in order.

    Raises:
        ValueNotSealable: As `seal`, for any of them; nothing is returned then.
        InvalidDeclaration: The places are not of one record and class of keys.
        ValueError: A mistake of the program: there is not one value for each place.
    """
    if not isinstance(row, RowPlace):
        row = RowPlace.of(row)
    if not fits(key, row):
        raise wrong_key(row.places[0])
    if len(row.places) != len(values):
        raise ValueError("a row takes one value for each of its places")
    kid, encrypt = key.kid, key.cell_cipher.encrypt
    cells: list[bytes] = []
    try:
        # Their lengths were compared above; to have `zip` compare them takes longer than that did.
        for (head, bound, write, _), value, nonce in zip(row.prepared, values, nonces(len(values))):  # noqa: B905  (as said)
            cells.append(head + kid + nonce + encrypt(nonce, write(value), bound))
    except (ValueError, OverflowError) as refused:
        place = row.places[len(cells)]
        raise not_sealable(place.codec, refused, place.path) from None
    return cells


def unseal_row(key: SubjectKey, row: RowPlace | Sequence[Place], cells: Sequence[bytes]) -> list[Any | DecryptionError]:
    """Open the cells of one record that lie under one key.

    Args:
        key: The key that was looked up by the key id of the cells.
        row: Where they were found.
        cells: One cell for each place.

    Returns:
        For each cell its value, or the error of that cell: one damaged cell does not hide the others.

    Raises:
        InvalidDeclaration: The places are not of one record and class of keys.
        ValueError: A mistake of the program: there is not one cell for each place.
    """
    if not isinstance(row, RowPlace):
        row = RowPlace.of(row)
    if len(row.places) != len(cells):
        raise ValueError("a row takes one cell for each of its places")
    try:
        return _opened(key, row, cells)
    except (InvalidTag, ValueError, OverflowError, DecryptionError):
        return [
            answer(key, evolve(place, subject=row.subject, record=row.record, version=row.version), cell)
            for place, cell in zip(row.places, cells, strict=True)
        ]


def _opened(key: SubjectKey, row: RowPlace, cells: Sequence[bytes]) -> list[Any]:
    """All values, if every cell opens and was written under today's declaration."""
    kid, decrypt = key.kid, key.cell_cipher.decrypt
    if not fits(key, row) or [cell[:18] for cell in cells] != [head + kid for head, _, _, _ in row.prepared]:
        raise DecryptionError
    return [
        read(decrypt(cell[18:30], cell[30:], bound))
        for cell, (_, bound, _, read) in zip(cells, row.prepared, strict=True)
    ]


def _alike(places: Sequence[Place], more: set[Any]) -> Place:
    """One of the places, if they can lie in one row under one key."""
    if len({(each.tenant, each.retention_class) for each in places}) != 1 or len(more) != 1:
        raise InvalidDeclaration(
            where="a row of places",
            problem="they are not of one record, or not of one class of keys",
            instead="Make one row for each class of keys of a record",
        )
    return places[0]


def _start(place: Place, *, versioned: bool) -> Prepared:
    head, _, write, read = place.prepared
    return head, head + naming(place.tenant, place.model, place.field, versioned=versioned), write, read
