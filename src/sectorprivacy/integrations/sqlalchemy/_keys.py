"""The durable key store: wrapped keys and tombstones in a table of SQLite or Postgres."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from attrs import asdict
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    bindparam,
    exists,
    select,
    update,
)

from sectorprivacy.encryption import KeyRow, KeyStatus, decisive
from sectorprivacy.integrations.sqlalchemy._database import settle
from sectorprivacy.integrations.sqlalchemy._tables import ClosedWord, Ref, create_tables, in_parts, insert_into
from sectorprivacy.vocabulary import SubjectRef

KEYS = MetaData()

_key = Table(
    "sp_key",
    KEYS,
    Column("tenant", Text, primary_key=True),
    Column("kid", LargeBinary(16), primary_key=True),
    Column("subject", Ref, nullable=False),
    Column("retention_class", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("wrapped", LargeBinary(61)),
    Column("status", ClosedWord(KeyStatus), nullable=False),
    CheckConstraint("(status = 'erased') = (wrapped IS NULL)", name="ck_sp_key_tombstone"),
    Index("ix_sp_key_subject", "tenant", "subject"),
)
_ACTIVE = _key.c.status == KeyStatus.ACTIVE
Index(
    "ux_sp_key_active",
    _key.c.tenant,
    _key.c.subject,
    _key.c.retention_class,
    unique=True,
    sqlite_where=_ACTIVE,
    postgresql_where=_ACTIVE,
)


class SqlKeyStore:
    """A KeyStore in SQL.

    After `erase`, the wrapped key is in no byte of an SQLite file. On Postgres it stays in dead rows, in the log and in
    backups until the tenant key of its epoch is destroyed (`docs/spec/keys.md`).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        create_tables(engine, KEYS)

    def rows(
        self, tenant: str, *, kids: Collection[bytes] = (), subjects: Collection[SubjectRef] = ()
    ) -> Sequence[KeyRow]:
        """Every row with one of the key ids or of one of the persons."""
        found: dict[bytes, KeyRow] = {}
        wanted = [
            *(_key.c.kid.in_(part) for part in in_parts(kids)),
            *(_key.c.subject.in_(part) for part in in_parts(subjects)),
        ]
        with self._engine.connect() as connection:
            for condition in wanted:
                rows = connection.execute(select(_key).where(_key.c.tenant == tenant, condition)).mappings()
                found |= {row.kid: row for row in map(_row, rows)}
        return list(found.values())

    def insert(self, rows: Sequence[KeyRow]) -> Sequence[KeyRow]:
        """Keep new active rows where nothing stands yet; returns what stands."""
        if not rows:
            return []
        # One order for all, so that no two writers wait crosswise.
        values = sorted((_values(row) for row in rows), key=lambda each: each["new_kid"])
        stands: dict[tuple[str, SubjectRef, str], list[KeyRow]] = {}
        with self._engine.begin() as connection:
            connection.execute(self._insert_unless_standing(), values)
            for part in in_parts([row.subject for row in rows]):
                for each in connection.execute(select(_key).where(_key.c.subject.in_(part))).mappings():
                    row = _row(each)
                    stands.setdefault((row.tenant, row.subject, row.retention_class), []).append(row)
        found = (decisive(stands[row.tenant, row.subject, row.retention_class]) for row in rows)
        return [row for row in found if row is not None]

    def _insert_unless_standing(self) -> Any:
        new = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in _key.columns}
        stands = exists().where(
            _key.c.tenant == new["tenant"],
            _key.c.subject == new["subject"],
            _key.c.retention_class == new["retention_class"],
            _key.c.status != KeyStatus.DECRYPT_ONLY,
        )
        source = select(*new.values()).where(~stands)
        # Two writers that both saw nothing meet at the unique index; the second then finds the first's row.
        return insert_into(self._engine, _key).from_select(list(new), source).on_conflict_do_nothing()

    def erase(self, tenant: str, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """Replace wrapped keys by tombstones and settle the files; returns how many were destroyed now."""
        theirs = [_key.c.tenant == tenant, _key.c.subject == subject, _key.c.status != KeyStatus.ERASED]
        if classes is not None:
            theirs.append(_key.c.retention_class.in_(list(classes)))
        with self._engine.begin() as connection:
            destroyed = connection.execute(update(_key).where(*theirs).values(wrapped=None, status=KeyStatus.ERASED))
        # Also where nothing was destroyed: an earlier call may have been cut off before it settled.
        settle(self._engine)
        return destroyed.rowcount


def _values(row: KeyRow) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in asdict(row, recurse=False).items()}


def _row(row: RowMapping) -> KeyRow:
    facts: dict[str, Any] = dict(row)
    facts["kid"] = bytes(facts["kid"])
    facts["wrapped"] = None if facts["wrapped"] is None else bytes(facts["wrapped"])
    return KeyRow(**facts)
