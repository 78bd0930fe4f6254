"""The durable key store: wrapped keys, tombstones and the epochs of tenant keys, in tables of SQLite or Postgres."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from attrs import asdict
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    exists,
    func,
    select,
    update,
)

from sectorprivacy.encryption import Epoch, EpochStatus, KeyRow, KeyStatus, KeyTally, KeyUse, decisive
from sectorprivacy.errors import EpochEnded, EpochInUse
from sectorprivacy.integrations.sqlalchemy._database import settle, transaction
from sectorprivacy.integrations.sqlalchemy._locks import lock_people
from sectorprivacy.integrations.sqlalchemy._tables import ClosedWord, Moment, Ref, create_tables, in_parts, insert_into
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
    Column("made", Moment, nullable=False),
    Column("seals_files", Boolean, nullable=False),
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

_epoch = Table(
    "sp_epoch",
    KEYS,
    Column("tenant", Text, primary_key=True),
    Column("use", ClosedWord(KeyUse), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("serial", Text, nullable=False),
    Column("check", LargeBinary(16), nullable=False),
    Column("wrapped", LargeBinary(4096)),
    Column("status", ClosedWord(EpochStatus), nullable=False),
    Column("began", Moment, nullable=False),
    CheckConstraint("(status = 'destroyed') = (wrapped IS NULL)", name="ck_sp_epoch_destroyed"),
)
_CURRENT = _epoch.c.status == EpochStatus.CURRENT
Index(
    "ux_sp_epoch_current",
    _epoch.c.tenant,
    _epoch.c.use,
    unique=True,
    sqlite_where=_CURRENT,
    postgresql_where=_CURRENT,
)


class SqlKeyStore:
    """A KeyStore in SQL.

    After `erase`, the wrapped key is in no byte of an SQLite file. On Postgres it stays in dead rows, in the log and in
    backups until the tenant key of its epoch is destroyed (`docs/spec/keys.md`).

    Every method raises DatabaseUnreachable where the database cannot be had, and DatabaseUnsafe where its disk is full
    or fails; then nothing was changed.
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
        with transaction(self._engine) as connection:
            for condition in wanted:
                rows = connection.execute(select(_key).where(_key.c.tenant == tenant, condition)).mappings()
                found |= {row.kid: row for row in (KeyRow(**each) for each in rows)}
        return list(found.values())

    def insert(self, rows: Sequence[KeyRow]) -> Sequence[KeyRow]:
        """Keep new active rows where nothing stands yet; returns what stands.

        Raises:
            EpochEnded: A row is not of its tenant's current epoch; nothing was kept.
        """
        if not rows:
            return []
        # One order for all, so that no two writers wait crosswise.
        ordered = sorted(rows, key=lambda row: (row.tenant, row.subject.raw, row.retention_class))
        stands: dict[tuple[str, SubjectRef, str], list[KeyRow]] = {}
        with transaction(self._engine) as connection:
            lock_people(connection, {row.subject for row in rows}, shared=True)
            connection.execute(self._insert_unless_standing(), [_values(row) for row in ordered])
            _refuse_ended(connection, rows)
            tenants = sorted({row.tenant for row in rows})
            for part in in_parts([row.subject for row in rows]):
                theirs = select(_key).where(_key.c.tenant.in_(tenants), _key.c.subject.in_(part))
                for row in (KeyRow(**each) for each in connection.execute(theirs).mappings()):
                    stands.setdefault((row.tenant, row.subject, row.retention_class), []).append(row)
        found = (decisive(stands[row.tenant, row.subject, row.retention_class]) for row in rows)
        return [row for row in found if row is not None]

    def _insert_unless_standing(self) -> Any:
        new = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in _key.columns}
        theirs = exists().where(
            _key.c.tenant == new["tenant"],
            _key.c.subject == new["subject"],
            _key.c.retention_class == new["retention_class"],
        )
        a_tombstone = _key.c.status == KeyStatus.ERASED
        only_opens = _key.c.status == KeyStatus.DECRYPT_ONLY
        # As `decisive`: a key that only opens says that the person of a tombstone is still there.
        stands = theirs.where(~a_tombstone, ~only_opens) | (theirs.where(a_tombstone) & ~theirs.where(only_opens))
        source = select(*new.values()).where(~stands)
        # Two writers that both saw nothing meet at the unique index; the second then finds the first's row.
        return insert_into(self._engine, _key).from_select(list(new), source).on_conflict_do_nothing()

    def erase(self, tenant: str, subject: SubjectRef, classes: Collection[str] | None = None) -> int:
        """Replace wrapped keys by tombstones and settle the files; returns how many were destroyed now."""
        theirs = [_key.c.subject == subject]
        if classes is not None:
            theirs.append(_key.c.retention_class.in_(list(classes)))
        with transaction(self._engine) as connection:
            lock_people(connection, [subject])
            destroyed = _set_status(connection, tenant, theirs, KeyStatus.ERASED)
        # Also where nothing was destroyed: an earlier call may have been cut off before it settled.
        settle(self._engine)
        return destroyed

    def change(self, tenant: str, kids: Collection[bytes], *, before: Collection[KeyStatus], after: KeyStatus) -> int:
        """Give keys another status, where they still have one of the former; a tombstone never changes.

        Args:
            tenant: Stable id of the controller.
            kids: Key ids.
            before: Statuses that are changed.
            after: The new status; ERASED destroys the keys as `erase` does.

        Returns:
            How many keys changed.
        """
        with transaction(self._engine) as connection:
            lock_people(connection, _people(connection, tenant, kids))
            changed = sum(
                _set_status(connection, tenant, [_key.c.kid.in_(part), _key.c.status.in_(list(before))], after)
                for part in in_parts(sorted(kids))
            )
        if after is KeyStatus.ERASED:
            settle(self._engine)
        return changed

    def note_files(self, tenant: str, kids: Collection[bytes]) -> None:
        """Note that sealed files lie under these keys."""
        with transaction(self._engine) as connection:
            for part in in_parts(kids):
                these = update(_key).where(_key.c.tenant == tenant, _key.c.kid.in_(part))
                connection.execute(these.values(seals_files=True))

    def page(self, tenant: str, *, after: bytes = b"", epoch: int | None = None, limit: int) -> Sequence[KeyRow]:
        """Rows that have a wrapped key, of one epoch or of all, in the order of their key ids from `after` on."""
        wanted = select(_key).where(_key.c.tenant == tenant, _key.c.kid > after, _key.c.wrapped.is_not(None))
        if epoch is not None:
            wanted = wanted.where(_key.c.epoch == epoch)
        with transaction(self._engine) as connection:
            return [KeyRow(**row) for row in connection.execute(wanted.order_by(_key.c.kid).limit(limit)).mappings()]

    def rewrap(self, changes: Sequence[tuple[KeyRow, KeyRow]]) -> int:
        """Swap wrapped keys, each only where it is still the old one; returns how many were swapped.

        Args:
            changes: Pairs of the row as it was read, and the same row under the current epoch.

        Raises:
            EpochEnded: A new row is not of its tenant's current epoch; nothing was swapped.
        """
        if not changes:
            return 0
        swap = (
            update(_key)
            .where(
                _key.c.tenant == bindparam("of_tenant"),
                _key.c.kid == bindparam("of_kid"),
                _key.c.wrapped == bindparam("old_wrapped", type_=_key.c.wrapped.type),
            )
            .values(epoch=bindparam("new_epoch"), wrapped=bindparam("new_wrapped"))
        )
        values = [
            {
                "of_tenant": old.tenant,
                "of_kid": old.kid,
                "old_wrapped": old.wrapped,
                "new_epoch": new.epoch,
                "new_wrapped": new.wrapped,
            }
            for old, new in sorted(changes, key=lambda change: change[0].kid)
        ]
        with transaction(self._engine) as connection:
            swapped = connection.execute(swap, values).rowcount
            _refuse_ended(connection, [new for _, new in changes])
        return swapped

    def tally(self, tenant: str) -> Sequence[KeyTally]:
        """How many keys there are of each class, status and epoch, and when the oldest of them was made."""
        groups = (_key.c.retention_class, _key.c.status, _key.c.epoch)
        counted = (
            select(*groups, func.count().label("count"), func.min(_key.c.made).label("oldest"))
            .where(_key.c.tenant == tenant)
            .group_by(*groups)
            .order_by(*groups)
        )
        with transaction(self._engine) as connection:
            return [KeyTally(**row) for row in connection.execute(counted).mappings()]

    def epochs(self, tenant: str, use: KeyUse) -> Sequence[Epoch]:
        """The epochs of a tenant's keys of one use, ascending by number."""
        wanted = select(_epoch).where(_epoch.c.tenant == tenant, _epoch.c.use == use).order_by(_epoch.c.number)
        with transaction(self._engine) as connection:
            return [Epoch(**row) for row in connection.execute(wanted).mappings()]

    def begin(self, epoch: Epoch) -> Epoch:
        """Keep the next epoch as the current one and retire the former; returns the one that is current afterwards.

        Whoever comes second, or with a number that does not follow, changes nothing and gets the one that stands.

        Raises:
            EpochEnded: The tenant has no epoch of this use, and the number is not 1.
        """
        row = {**asdict(epoch, recurse=False), "status": EpochStatus.CURRENT}
        same = (_epoch.c.tenant == epoch.tenant, _epoch.c.use == epoch.use)
        retire = update(_epoch).where(*same, _CURRENT, _epoch.c.number == epoch.number - 1)
        with transaction(self._engine) as connection:
            follows = connection.execute(retire.values(status=EpochStatus.RETIRED)).rowcount == 1
            # The first epoch follows nothing, and collides with itself where it began before.
            if follows or epoch.number == 1:
                connection.execute(insert_into(self._engine, _epoch).values(row).on_conflict_do_nothing())
            stands = connection.execute(select(_epoch).where(*same, _CURRENT)).mappings().one_or_none()
        if stands is None:
            raise EpochEnded
        return Epoch(**stands)

    def end(self, tenant: str, use: KeyUse, number: int) -> None:
        """Drop the wrapped key of a retired epoch and settle the files; once it is destroyed, it stays so.

        Raises:
            EpochInUse: It is the current one, or subject keys are still wrapped under it.
        """
        this = (_epoch.c.tenant == tenant, _epoch.c.use == use, _epoch.c.number == number)
        under_it = _key.c.tenant == tenant, _key.c.epoch == number, _key.c.wrapped.is_not(None)
        retired = [*this, _epoch.c.status == EpochStatus.RETIRED]
        if use is KeyUse.WRAP:
            retired.append(~exists().where(*under_it))
        with transaction(self._engine) as connection:
            # What was retired when this statement began has no writers left: `begin` waited for them, see the fence.
            connection.execute(update(_epoch).where(*retired).values(wrapped=None, status=EpochStatus.DESTROYED))
            status = connection.execute(select(_epoch.c.status).where(*this)).scalar()
            if status is EpochStatus.CURRENT:
                raise EpochInUse(epoch=number, why="it is the current one")
            if status is EpochStatus.RETIRED:
                count = connection.execute(select(func.count()).where(*under_it)).scalar()
                raise EpochInUse(epoch=number, why=f"{count} keys are wrapped under it")
        settle(self._engine)


def _refuse_ended(connection: Connection, rows: Iterable[KeyRow]) -> None:
    """The fence: refuses the transaction unless every row is of its tenant's current epoch, and keeps it current.

    It comes after the first write. On SQLite that write took the lock, so nothing changes between this look and the
    commit; on Postgres the shared lock makes `begin` wait for the commit, and waits itself for a `begin` under way.
    """
    written = {(row.tenant, row.epoch) for row in rows}
    current = select(_epoch.c.tenant, _epoch.c.number).where(
        _epoch.c.tenant.in_(sorted({tenant for tenant, _ in written})), _epoch.c.use == KeyUse.WRAP, _CURRENT
    )
    locked = current.order_by(_epoch.c.tenant).with_for_update(read=True)
    if not written <= {(tenant, number) for tenant, number in connection.execute(locked)}:
        raise EpochEnded


def _set_status(
    connection: Connection, tenant: str, conditions: Sequence[ColumnElement[bool]], status: KeyStatus
) -> int:
    """Change keys that are no tombstones; returns how many."""
    # Locked in one order, the one of `rewrap`, so that no two writers wait crosswise on Postgres.
    keys = select(_key.c.kid).where(_key.c.tenant == tenant, _key.c.wrapped.is_not(None), *conditions)
    locked = keys.order_by(_key.c.kid).with_for_update()
    values = {"status": status, "wrapped": None} if status is KeyStatus.ERASED else {"status": status}
    changed = update(_key).where(_key.c.tenant == tenant, _key.c.kid.in_(locked)).values(values)
    return connection.execute(changed).rowcount


def _people(connection: Connection, tenant: str, kids: Collection[bytes]) -> set[SubjectRef]:
    """Whose the keys are, which never changes."""
    people: set[SubjectRef] = set()
    for part in in_parts(kids):
        theirs = select(_key.c.subject).where(_key.c.tenant == tenant, _key.c.kid.in_(part))
        people.update(connection.execute(theirs).scalars())
    return people


def _values(row: KeyRow) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in asdict(row, recurse=False).items()}
