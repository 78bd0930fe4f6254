"""What the protocol costs: pages of an export, a plan and an erasure against the same by hand with SQLAlchemy."""

from __future__ import annotations

import asyncio
import atexit
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.orm import Session, sessionmaker

from alarm_company.monitoring import ArmingEvent, Base
from alarm_company.register import policy
from benchmarks import Benchmark, Case
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring
from sectorprivacy.integrations.sqlalchemy import SqlModels, open_database
from sectorprivacy.rights.protocol import ApplyTask, Erasure, ExportTask, FindTask, PlanTask, chain
from sectorprivacy.rights.service import Service
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Identifier, Period, SubjectRef

HOME, PAGE = "1000001", 1000
START = datetime(2026, 1, 1, tzinfo=UTC)
MOVED = START + timedelta(days=365)
EVENTS = [
    {
        "id": number,
        "installation": HOME,
        "slot": f"{HOME}/{number % 4}",
        "command": "armed_away",
        "at": START + timedelta(minutes=number),
    }
    for number in range(1, PAGE + 1)
]


class House:
    """One home's events in a database of their own, and a case about who lived there."""

    def __init__(self, folder: Path, name: str) -> None:
        self.engine: Engine = open_database(f"sqlite:///{folder / name}.db")
        Base.metadata.create_all(self.engine)
        atexit.register(self.engine.dispose)
        self.sessions = sessionmaker(self.engine)
        self.case = uuid4()
        self.fill()

    def fill(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(ArmingEvent))
            connection.execute(insert(ArmingEvent), EVENTS)


def benchmark() -> Benchmark:
    """Copy, plan and erase a page of a thousand events."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    ours, plain = House(Path(folder.name), "ours"), House(Path(folder.name), "plain")
    privacy = Privacy(policy, models=[ArmingEvent], keys=LocalKeyring.in_memory(), store=MemoryStore())
    service = privacy.service("monitoring", data=SqlModels(ours.sessions), signer=Signer.generate())
    runner = asyncio.Runner()
    atexit.register(runner.close)
    ref = runner.run(_find(service, ours))
    return Benchmark(
        [
            Case(
                "copy a page",
                lambda: runner.run(_export(service, ours, ref)),
                against=("SQLAlchemy and json", lambda: _copy_by_hand(plain)),
                goal=2.0,
                per=PAGE,
            ),
            Case(
                "plan a page",
                lambda: runner.run(_plan(service, ours, ref)),
                against=("SQLAlchemy, select", lambda: _select_by_hand(plain)),
                goal=4.0,
                per=PAGE,
            ),
            Case(
                "plan, erase and write a page again",
                _refilled(ours, lambda: runner.run(_erase(service, ours, ref))),
                against=("SQLAlchemy, select, delete, insert", _refilled(plain, lambda: _erase_by_hand(plain))),
                goal=3.0,
                per=PAGE,
            ),
        ]
    )


async def _find(service: Service, house: House) -> SubjectRef:
    home = Identifier(kind="installation", value=HOME, period=Period(START, MOVED))
    found = await service.find(FindTask(task=uuid4(), case=house.case, who=(home,)))
    if found.ref is None:
        raise LookupError("the events that the benchmark wrote are not found")
    return found.ref


async def _export(service: Service, house: House, ref: SubjectRef) -> str:
    task = ExportTask(task=uuid4(), case=house.case, ref=ref)
    page = await service.export(task, "monitoring.arming_event", None, PAGE)
    return page.model_dump_json()


async def _plan(service: Service, house: House, ref: SubjectRef) -> tuple[PlanTask, str]:
    task = PlanTask(task=uuid4(), case=house.case, ref=ref, instruction=Erasure())
    page = await service.plan(task, "monitoring.arming_event", None, PAGE)
    digests = [page.digest]
    while page.next is not None:
        page = await service.plan(task, "monitoring.arming_event", page.next, PAGE)
        digests.append(page.digest)
    return task, chain([chain(digests)])


async def _erase(service: Service, house: House, ref: SubjectRef) -> None:
    plan, digest = await _plan(service, house, ref)
    task = ApplyTask(
        task=uuid4(),
        case=house.case,
        ref=ref,
        instruction=Erasure(),
        plan=plan.task,
        digest=digest,
    )
    await service.apply(task, "monitoring.arming_event", None, PAGE)


def _refilled(house: House, erase: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        erase()
        house.fill()

    return run


def _events(session: Session) -> list[ArmingEvent]:
    statement = select(ArmingEvent).where(
        ArmingEvent.installation == HOME, ArmingEvent.at >= START.replace(tzinfo=None), ArmingEvent.id > 0
    )
    return list(session.scalars(statement.order_by(ArmingEvent.id).limit(PAGE)))


def _select_by_hand(house: House) -> list[ArmingEvent]:
    with house.sessions() as session:
        return _events(session)


def _copy_by_hand(house: House) -> str:
    return json.dumps(
        [
            {"installation": each.installation, "command": each.command, "at": each.at.isoformat()}
            for each in _select_by_hand(house)
        ]
    )


def _erase_by_hand(house: House) -> None:
    with house.sessions.begin() as session:
        found = [each.id for each in _events(session)]
        session.execute(delete(ArmingEvent).where(ArmingEvent.id.in_(found)))
