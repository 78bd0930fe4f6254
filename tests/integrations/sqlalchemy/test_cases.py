"""Cases are kept under one contract in memory, on SQLite and on Postgres, and outlive their coordinator."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from attrs import evolve

from sectorprivacy.errors import CaseRefused
from sectorprivacy.integrations.sqlalchemy import SqlCases
from sectorprivacy.rights.coordinator import CaseStore, CaseVault, Fold, MemoryCases, StoredCase, StoredPage, fold
from tests.rights.coordinator.company import FORMER_HOME, KARI, coordinator
from tests.rights.coordinator.small_service import Row, SmallService

DURABLE = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]
CASE, TASK = UUID(int=1), UUID(int=2)
KEY = bytes(range(32))
EVENTS = 31

# A coordinator that collects page by page, and says so after each, until it is killed.
COLLECTOR = """
import asyncio, sys
from pathlib import Path
from sectorprivacy.integrations.sqlalchemy import SqlCases
from sectorprivacy.rights.coordinator import CaseVault
from sectorprivacy.vocabulary import Right
from tests.integrations.sqlalchemy.test_cases import KARI, KEY, company
from tests.rights.coordinator.company import coordinator

async def main():
    services = company()
    vault = CaseVault(KEY)
    desk = coordinator(services, services, Path(sys.argv[2]), cases=SqlCases(sys.argv[1]), vault=vault)
    case = await desk.receive([Right.ACCESS], [KARI])
    print(case.id, flush=True)
    await desk.find(case.id)
    await desk.collect(case.id, progress=lambda told: print("page" if told.done else "begun", flush=True))

asyncio.run(main())
"""


def company() -> dict[str, SmallService]:
    """One service with enough pages to be killed among."""
    rows = {number: Row(of=(KARI.kind, KARI.value), text=f"event {number}") for number in range(EVENTS)}
    rows[EVENTS] = Row(of=(FORMER_HOME.kind, FORMER_HOME.value), text="not hers")
    return {"archive": SmallService(id="archive", accepts=("customer_number",), rows={"archive.event": rows})}


@pytest.fixture(params=["memory", *DURABLE])
def cases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CaseStore]:
    """Any store of cases."""
    if request.param == "memory":
        yield MemoryCases()
        return
    sqlite = f"sqlite:///{tmp_path / 'cases.db'}"
    durable = SqlCases(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield durable
    durable.close()


def stored(revision: int, document: bytes = b"\x00sealed\xff") -> StoredCase:
    return StoredCase(case=CASE, revision=revision, wrapped=b"wrapped", document=document)


def page(number: int, task: UUID = TASK, case: UUID = CASE) -> StoredPage:
    return StoredPage(
        case=case, task=task, dataset="crm.customer", number=number, records=number, head="ab" * 32, body=b"\x00\xff"
    )


def test_a_case_comes_back_as_it_was_saved(cases: CaseStore) -> None:
    """Bytes are bytes, and the newest revision counts."""
    assert cases.load(CASE) is None
    cases.save(stored(1))
    cases.save(stored(2, b"newer"))
    assert cases.load(CASE) == stored(2, b"newer")


@pytest.mark.parametrize("revision", [1, 2, 4])
def test_a_late_revision_is_refused(cases: CaseStore, revision: int) -> None:
    """Whoever does not hold the newest revision does not write (T49)."""
    cases.save(stored(1))
    cases.save(stored(2))
    with pytest.raises(CaseRefused):
        cases.save(stored(revision, b"late"))
    assert cases.load(CASE) == stored(2)


def test_a_case_begins_with_its_first_revision(cases: CaseStore) -> None:
    """A case that is not there is not brought back by a late write."""
    with pytest.raises(CaseRefused):
        cases.save(stored(2))
    assert cases.load(CASE) is None


def test_pages_come_back_in_order(cases: CaseStore) -> None:
    """From any number on, and the last one by itself; other tasks and cases are strangers."""
    for number in range(12):
        cases.append(page(number))
    cases.append(page(0, task=UUID(int=9)))
    assert list(cases.pages(CASE, TASK, "crm.customer", start=9, limit=2)) == [page(9), page(10)]
    assert list(cases.pages(CASE, TASK, "crm.customer", start=-1, limit=1)) == [page(11)]
    assert not cases.pages(CASE, TASK, "crm.contact", start=0, limit=1)
    assert not cases.pages(UUID(int=8), TASK, "crm.customer", start=-1, limit=1)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_page_is_appended_once_and_without_gaps(cases: CaseStore, number: int) -> None:
    """The second of two coordinators does not write over the first one's page (T49)."""
    cases.append(page(0))
    cases.append(page(1))
    with pytest.raises(CaseRefused):
        cases.append(evolve(page(number), body=b"late"))
    assert list(cases.pages(CASE, TASK, "crm.customer", start=0, limit=9)) == [page(0), page(1)]


def test_erasing_takes_all_pages_of_a_case_and_no_others(cases: CaseStore) -> None:
    """The case itself stays: it says without the person what was done."""
    cases.save(stored(1))
    cases.append(page(0))
    cases.append(page(0, case=UUID(int=7)))
    cases.erase(CASE)
    assert not cases.pages(CASE, TASK, "crm.customer", start=0, limit=1)
    assert cases.pages(UUID(int=7), TASK, "crm.customer", start=0, limit=1)
    assert cases.load(CASE) == stored(1)


def test_erased_bytes_leave_the_files(tmp_path: Path) -> None:
    """Neither a replaced key nor a removed page can be read from the database's files."""
    durable = SqlCases(f"sqlite:///{tmp_path / 'cases.db'}")
    durable.save(evolve(stored(1), wrapped=b"the wrapped key of the person"))
    durable.append(evolve(page(0), body=b"a sealed page of the person" * 500))
    durable.save(stored(2))
    durable.erase(CASE)
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    durable.close()
    assert b"wrapped key of the person" not in left
    assert b"page of the person" not in left


@pytest.mark.parametrize("pages", [1, 5, 15])
async def test_a_killed_collector_is_taken_up(pages: int, tmp_path: Path, root: Path) -> None:
    """After SIGKILL at any page, another process ends with every record once, in order, under one chain."""
    url, work = f"sqlite:///{tmp_path / 'cases.db'}", tmp_path / "work"
    case_id = collect_and_die(url, work, root, pages)
    services, durable = company(), SqlCases(url)
    desk = coordinator(services, services, work, cases=durable, vault=CaseVault(KEY))
    answer = (await desk.case(case_id)).answers["archive"]
    assert answer.ref is not None
    services["archive"].know(answer.ref, answer.asked)
    case = await desk.collect(case_id)
    export = case.answers["archive"].exports[0]
    task = case.answers["archive"].export_task
    rows = durable.pages(case_id, task or uuid4(), "archive.event", start=0, limit=100)
    durable.close()
    assert fold(case) is Fold.COMPLETE
    assert (export.records, export.pages) == (EVENTS, 16)
    assert [row.records for row in rows] == [*range(2, EVENTS, 2), EVENTS]
    assert export.head == rows[-1].head


def collect_and_die(url: str, work: Path, root: Path, pages: int) -> UUID:
    """Run a collector until it has told of so many pages, then kill it; gives the id of its case."""
    collecting = subprocess.Popen(
        [sys.executable, "-c", COLLECTOR, url, str(work)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={"PYTHONPATH": f"{root}:{root / 'src'}"},
    )
    assert collecting.stdout is not None
    case_id = UUID(collecting.stdout.readline().strip())
    for line in collecting.stdout:
        pages -= line == "page\n"
        if pages == 0:
            break
    collecting.send_signal(signal.SIGKILL)
    collecting.communicate()
    return case_id
