"""Find tasks are remembered sealed: a store of tasks is no list of who asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from attrs import evolve

from sectorprivacy.errors import DecryptionError, InvalidDeclaration, ProtocolError
from sectorprivacy.rights.protocol import ExportTask, FindTask
from sectorprivacy.rights.service import AnyTask, MemoryTasks, OpenTask, SealedTasks, is_sealed
from sectorprivacy.vocabulary import Assurance, Identifier, Period, SubjectRef

TASK, OTHER = UUID(int=2), UUID(int=3)
HOME = Identifier(
    kind="installation",
    value="INST-77812",
    assurance=Assurance.STRONG,
    period=Period(datetime(2024, 5, 1, tzinfo=UTC), None),
)
FIND = FindTask(task=TASK, case=UUID(int=1), who=(HOME,))


class StoreWith(MemoryTasks):
    """A store somebody else wrote to."""

    def __init__(self, opened: OpenTask) -> None:
        super().__init__()
        self.opened = opened

    def get(self, task: UUID) -> OpenTask | None:
        return self.opened if task == self.opened.task.task else None


def stored(task: AnyTask = FIND) -> OpenTask:
    tasks = MemoryTasks()
    SealedTasks(tasks, b"k" * 32).open(task)
    opened = tasks.get(task.task)
    assert opened is not None
    return opened


def test_a_find_task_comes_back_with_roles_and_periods() -> None:
    """What is looked for after a restart is what was asked."""
    tasks = SealedTasks(MemoryTasks(), b"k" * 32)
    assert tasks.open(FIND).task == FIND
    assert tasks.open(FIND) == tasks.get(TASK)
    assert tasks.get(OTHER) is None
    tasks.cancel(TASK)
    assert tasks.open(FIND).state == "cancelled"
    tasks.close(FIND.case)
    assert tasks.get(TASK) is None


def test_the_store_sees_whom_a_task_is_about_only_sealed() -> None:
    """Neither a value nor a kind of identifier stands in the store."""
    task = stored().task
    assert isinstance(task, FindTask)
    assert is_sealed(task)
    assert not is_sealed(FIND)
    assert "77812" not in task.model_dump_json()
    assert "installation" not in task.model_dump_json()


@pytest.mark.parametrize(
    "other", [(), (replace(HOME, value="INST-77813"),), (HOME, HOME)], ids=["none", "value", "more"]
)
def test_another_question_under_the_same_id_is_refused(other: tuple[Identifier, ...]) -> None:
    """Sealing does not hide that the body changed."""
    tasks = SealedTasks(MemoryTasks(), b"k" * 32)
    tasks.open(FIND)
    with pytest.raises(ProtocolError, match="other_body"):
        tasks.open(FIND.model_copy(update={"who": other}))


def test_other_tasks_pass_as_they_are() -> None:
    """Export, plan and apply name a reference and nobody."""
    export = ExportTask(task=OTHER, case=UUID(int=1), ref=SubjectRef(b"r" * 16))
    assert stored(export).task == export


@pytest.mark.parametrize("moved", [{"task": OTHER}, {"case": OTHER}], ids=["task", "case"])
def test_a_sealed_question_opens_only_in_its_task_and_case(moved: dict[str, UUID]) -> None:
    """Whoever writes the store cannot have one person looked for in another's case."""
    opened = stored()
    forged = evolve(opened, task=opened.task.model_copy(update=moved))
    with pytest.raises(DecryptionError):
        SealedTasks(StoreWith(forged), b"k" * 32).get(forged.task.task)


@pytest.mark.parametrize("value", ["", "not base64", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_damaged_question_is_refused(value: str) -> None:
    """Every damage is one and the same typed error."""
    opened = stored()
    forged = evolve(opened, task=opened.task.model_copy(update={"who": (Identifier(kind="sealed", value=value),)}))
    with pytest.raises(DecryptionError):
        SealedTasks(StoreWith(forged), b"k" * 32).get(TASK)


def test_another_key_opens_nothing() -> None:
    """The database without the service's key tells nothing."""
    with pytest.raises(DecryptionError):
        SealedTasks(StoreWith(stored()), b"x" * 32).get(TASK)
    with pytest.raises(InvalidDeclaration, match="32 bytes"):
        SealedTasks(MemoryTasks(), b"short")


def test_an_identifier_that_is_no_text_is_refused_without_quoting_it() -> None:
    """A lone surrogate is a bad message, and its error does not carry it."""
    broken = FIND.model_copy(update={"who": (Identifier(kind="email", value="secret-\ud800"),)})
    with pytest.raises(ProtocolError, match="bad_message") as caught:
        SealedTasks(MemoryTasks(), b"k" * 32).open(broken)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
