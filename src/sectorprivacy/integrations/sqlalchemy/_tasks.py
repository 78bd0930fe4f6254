"""What the rights protocol must remember across restarts, in SQL: opened tasks, pages of plans, used nonces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, Text, Uuid, delete, select, update

from sectorprivacy.errors import InvalidDeclaration, ProtocolError
from sectorprivacy.integrations.sqlalchemy._tables import Moment, insert_into
from sectorprivacy.rights.protocol import FindTask, canonical
from sectorprivacy.rights.service import AnyTask, OpenTask, is_sealed, same_task

TASKS = MetaData()

_task = Table(
    "sp_task",
    TASKS,
    Column("task", Uuid, primary_key=True),
    Column("case", Uuid, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("cursor_key", LargeBinary(32), nullable=False),
    Column("state", Text, nullable=False),
)

_plan_page = Table(
    "sp_plan_page",
    TASKS,
    Column("task", Uuid, primary_key=True),
    Column("dataset", Text, primary_key=True),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
)

_nonce = Table(
    "sp_nonce",
    TASKS,
    Column("key_id", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("expires", Moment, nullable=False, index=True),
)

_ANY_TASK: TypeAdapter[AnyTask] = TypeAdapter(Annotated[AnyTask, Field(discriminator="operation")])


class SqlTasks:
    """A TaskStore in SQL. It takes no identifier in the clear: find tasks come through SealedTasks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, task: AnyTask) -> OpenTask:
        """Remember the task, or return it as it was remembered.

        Raises:
            InvalidDeclaration: It is a find task whose identifiers are not sealed.
            ProtocolError: `other_body`, if the id came with another message before.
        """
        if isinstance(task, FindTask) and not is_sealed(task):
            raise InvalidDeclaration(
                where="SqlTasks",
                problem="a find task would be stored with its identifiers in the clear",
                instead="Give the service SealedTasks(store.tasks, key)",
            )
        new = OpenTask(task=task)
        row = {
            "task": task.task,
            "case": task.case,
            "body": canonical(task),
            "cursor_key": new.cursor_key,
            "state": new.state,
        }
        with self._engine.begin() as connection:
            connection.execute(insert_into(self._engine, _task).on_conflict_do_nothing(), row)
            standing = connection.execute(select(_task).where(_task.c.task == task.task)).mappings().one()
        return same_task(_opened(**standing), task)

    def get(self, task: UUID) -> OpenTask | None:
        """The task of that id, None where there is none."""
        with self._engine.connect() as connection:
            row = connection.execute(select(_task).where(_task.c.task == task)).mappings().one_or_none()
        return None if row is None else _opened(**row)

    def cancel(self, task: UUID) -> None:
        """Let the task do nothing more."""
        with self._engine.begin() as connection:
            connection.execute(update(_task).where(_task.c.task == task).values(state="cancelled"))

    def close(self, case: UUID) -> None:
        """Forget every task of a case, with the keys of their cursors."""
        with self._engine.begin() as connection:
            connection.execute(delete(_task).where(_task.c.case == case))


def _opened(*, task: UUID, case: UUID, body: bytes, cursor_key: bytes, state: str) -> OpenTask:
    message = _ANY_TASK.validate_json(body)
    if (message.task, message.case) != (task, case):
        raise ProtocolError(problem="unknown_task")
    # Whatever is not plainly open does nothing more.
    return OpenTask(task=message, cursor_key=bytes(cursor_key), state="open" if state == "open" else "cancelled")


class SqlPlanPages:
    """PlanPages in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, task: UUID, dataset: str, page: int, digest: str) -> None:
        """Remember the digest of one page.

        Raises:
            ProtocolError: `plan_changed`, if the page had another digest before.
        """
        row = {"task": task, "dataset": dataset, "page": page, "digest": digest}
        place = (_plan_page.c.task == task) & (_plan_page.c.dataset == dataset) & (_plan_page.c.page == page)
        with self._engine.begin() as connection:
            connection.execute(insert_into(self._engine, _plan_page).on_conflict_do_nothing(), row)
            standing = connection.execute(select(_plan_page.c.digest).where(place)).scalar_one()
        if standing != digest:
            raise ProtocolError(problem="plan_changed", retry="never")

    def get(self, task: UUID, dataset: str) -> Sequence[str]:
        """Digests of the pages, in order."""
        pages = select(_plan_page.c.digest).where(_plan_page.c.task == task, _plan_page.c.dataset == dataset)
        with self._engine.connect() as connection:
            return connection.execute(pages.order_by(_plan_page.c.page)).scalars().all()


class SqlReplay:
    """A ReplayStore in SQL: a message captured before a restart does not work after it.

    Args:
        engine: The privacy database.
        now: The clock, aware; what expired before it is dropped.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def seen(self, key_id: str, nonce: str, expires: datetime) -> bool:
        """Whether this key used the nonce before."""
        row = {"key_id": key_id, "nonce": nonce, "expires": expires}
        with self._engine.begin() as connection:
            connection.execute(delete(_nonce).where(_nonce.c.expires < self._now()))
            new = insert_into(self._engine, _nonce).on_conflict_do_nothing().returning(_nonce.c.nonce)
            return connection.execute(new, row).first() is None
