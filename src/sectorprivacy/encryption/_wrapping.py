"""Rows of subject keys made and read: many at once, under tenant keys that are at hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from attrs import evolve

from sectorprivacy.encryption._store import KeyRow, KeyStatus
from sectorprivacy.encryption._subject_key import SubjectKey, TenantKey
from sectorprivacy.errors import DecryptionError
from sectorprivacy.vocabulary import SubjectRef


def minted(
    tenant_key: TenantKey, subjects: Collection[SubjectRef], retention_class: str, made: datetime
) -> list[tuple[KeyRow, SubjectKey]]:
    """Rows of new keys, one for each person, each with its key."""
    rows: list[tuple[KeyRow, SubjectKey]] = []
    for subject in subjects:
        key, wrapped = tenant_key.mint(subject, retention_class)
        row = KeyRow(
            tenant=tenant_key.tenant,
            kid=key.kid,
            subject=subject,
            retention_class=retention_class,
            epoch=tenant_key.epoch,
            wrapped=wrapped,
            status=KeyStatus.ACTIVE,
            made=made,
        )
        rows.append((row, key))
    return rows


def unwrapped(rows: Iterable[KeyRow], tenant_keys: Mapping[int, TenantKey]) -> dict[bytes, SubjectKey]:
    """The keys of rows by their id, without those whose tenant key is gone or that were tampered with."""
    keys: dict[bytes, SubjectKey] = {}
    for row in rows:
        tenant_key = tenant_keys.get(row.epoch)
        if tenant_key is None or row.wrapped is None:
            continue
        try:
            keys[row.kid] = tenant_key.unwrap(
                row.wrapped, kid=row.kid, subject=row.subject, retention_class=row.retention_class
            )
        except DecryptionError:
            # One damaged row must not hide the others of its page; it stays unusable.
            continue
    return keys


def rewrapped(row: KeyRow, old: Mapping[int, TenantKey], current: TenantKey) -> tuple[KeyRow, bool]:
    """A row under the current tenant key, and whether it unwraps.

    What does not unwrap is moved as it is: it opens nothing, and must not hold up the end of its epoch.
    """
    try:
        if row.wrapped is None or row.epoch not in old:
            raise DecryptionError
        wrapped = old[row.epoch].rewrap(
            row.wrapped, kid=row.kid, subject=row.subject, retention_class=row.retention_class, to=current
        )
    except DecryptionError:
        return evolve(row, epoch=current.epoch), False
    return evolve(row, epoch=current.epoch, wrapped=wrapped), True
