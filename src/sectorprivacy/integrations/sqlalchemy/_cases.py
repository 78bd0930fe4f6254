"""SqlCases: the coordinator's cases and the pages of their exports, on SQLite or Postgres; all of it sealed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    delete,
    func,
    select,
    update,
)

from sectorprivacy.integrations.sqlalchemy._database import open_database, settle
from sectorprivacy.integrations.sqlalchemy._tables import create_tables, insert_into
from sectorprivacy.rights.coordinator import StoredCase, StoredPage, changed_meanwhile

CASES = MetaData()

CASE = Table(
    "case_file",
    CASES,
    Column("case", Uuid, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

PAGE = Table(
    "case_page",
    CASES,
    Column("case", Uuid, primary_key=True),
    Column("task", Uuid, primary_key=True),
    Column("dataset", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("records", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)


class SqlCases:
    """A durable CaseStore; several coordinators may share it, and the slower one of two is refused.

    Args:
        url: Where the case database is; the coordinator's own, never a service's.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        create_tables(self._engine, CASES)

    def load(self, case: UUID) -> StoredCase | None:
        """The newest revision of a case."""
        with self._engine.connect() as connection:
            row = connection.execute(select(CASE).where(CASE.c.case == case)).mappings().one_or_none()
        return None if row is None else StoredCase(**row)

    def save(self, stored: StoredCase) -> None:
        """Put a revision in the place of the one before.

        Raises:
            CaseRefused: The stored revision is not the one before this.
        """
        facts = {"revision": stored.revision, "wrapped": stored.wrapped, "document": stored.document}
        with self._engine.begin() as connection:
            if stored.revision == 1:
                first = insert_into(self._engine, CASE).values(case=stored.case, **facts).on_conflict_do_nothing()
                written = connection.execute(first.returning(CASE.c.case)).first()
            else:
                before = (CASE.c.case == stored.case) & (CASE.c.revision == stored.revision - 1)
                following = update(CASE).where(before).values(facts)
                written = connection.execute(following.returning(CASE.c.case)).first()
            if written is None:
                raise changed_meanwhile(stored.case)

    def append(self, page: StoredPage) -> None:
        """Add the page that follows the last one.

        Raises:
            CaseRefused: There is one with this number, or the one before it is missing.
        """
        place = _place(page.case, page.task, page.dataset)
        with self._engine.begin() as connection:
            following = connection.execute(select(func.coalesce(func.max(PAGE.c.number) + 1, 0)).where(place)).scalar()
            if following != page.number:
                raise changed_meanwhile(page.case)
            row = insert_into(self._engine, PAGE).values(
                case=page.case,
                task=page.task,
                dataset=page.dataset,
                number=page.number,
                records=page.records,
                head=page.head,
                body=page.body,
            )
            if connection.execute(row.on_conflict_do_nothing().returning(PAGE.c.number)).first() is None:
                raise changed_meanwhile(page.case)

    def pages(self, case: UUID, task: UUID, dataset: str, *, start: int, limit: int) -> Sequence[StoredPage]:
        """Pages in order from number `start`; a negative `start` counts from the end."""
        place = _place(case, task, dataset)
        with self._engine.connect() as connection:
            if start < 0:
                count = connection.execute(select(func.count()).select_from(PAGE).where(place)).scalar() or 0
                start = max(0, count + start)
            found = select(PAGE).where(place & (PAGE.c.number >= start)).order_by(PAGE.c.number).limit(limit)
            return [StoredPage(**row) for row in connection.execute(found).mappings()]

    def erase(self, case: UUID) -> None:
        """Remove all pages of a case, and let the deleted bytes leave the files."""
        with self._engine.begin() as connection:
            connection.execute(delete(PAGE).where(PAGE.c.case == case))
        settle(self._engine)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


def _place(case: UUID, task: UUID, dataset: str) -> ColumnElement[bool]:
    return (PAGE.c.case == case) & (PAGE.c.task == task) & (PAGE.c.dataset == dataset)
