"""A closed case is forgotten: by those who hold the keys, by the next process, and by every byte of the files."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import frozen

from sectorprivacy.encryption import LocalKeyring
from sectorprivacy.errors import ProtocolError
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.rights.protocol import ExportTask, FindTask
from tests.rights.service.asking import Asking
from tests.rights.service.letters import KARI, KARI_MAIL, KARI_PHONE, OLA, Letters

KEY = b"k" * 32
WHO = (KARI, KARI_MAIL, KARI_PHONE)

# A new process of the same service, with its keys, that says what it still knows of a reference, a case and its tasks.
LATER = """
import json, pathlib, sys
from uuid import UUID
from sectorprivacy.encryption import LocalKeyring
from sectorprivacy.integrations.sqlalchemy import SqlStore
from sectorprivacy.vocabulary import SubjectRef
from tests.rights.service.letters import Letters

folder, ref, case, *tasks = sys.argv[1:]
folder = pathlib.Path(folder)
keys = LocalKeyring.open(folder / "keyring", b"k" * 32)
memory = Letters(folder, store=SqlStore(f"sqlite:///{folder}/privacy.db"), keys=keys).service().memory
scope = memory.scopes.get(SubjectRef.parse(ref), UUID(case))
opened = [memory.tasks.get(UUID(task)) for task in tasks]
print(json.dumps([scope and [each.value for each in scope.identifiers], [each is not None for each in opened]]))
"""


@frozen
class Durable:
    """The service with its privacy database and its keyring in files of one folder."""

    folder: Path
    store: SqlStore
    letters: Letters

    def bytes_on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("privacy.db*")))

    async def known_later(self, root: Path, find: FindTask, export: ExportTask) -> list[object]:
        """What a process that starts now knows: identifiers of the scope, and whether it has the two tasks."""
        asked = (self.folder, export.ref, export.case, find.task, export.task)
        later = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", LATER, *map(str, asked)],
            cwd=root,
            env={"PYTHONPATH": "src:docs/examples:."},
            capture_output=True,
            check=True,
        )
        return list(json.loads(later.stdout))


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[Durable]:
    (tmp_path / "calls").mkdir()
    with closing(SqlStore(f"sqlite:///{tmp_path / 'privacy.db'}")) as store:
        letters = Letters(tmp_path, store=store, keys=LocalKeyring.create(tmp_path / "keyring", KEY))
        letters.fill()
        yield Durable(tmp_path, store, letters)


async def test_nothing_of_a_closed_case_is_on_disk(durable: Durable, root: Path):
    """Not even with the service's own keys does a copy of its disk say whom a closed case was about."""
    service = durable.letters.service()
    find = FindTask(task=uuid4(), case=uuid4(), who=WHO)
    ref = (await service.find(find)).ref
    assert ref is not None
    export = ExportTask(task=uuid4(), case=find.case, ref=ref)
    await service.export(export, "letters.letter", None, 1)
    scope, task = durable.store.scopes.get(ref, find.case), durable.store.tasks.get(find.task)
    cursors = durable.store.tasks.get(export.task)
    assert scope is not None
    assert task is not None
    assert isinstance(task.task, FindTask)
    assert cursors is not None
    secrets = (scope.document, task.task.who[0].value.encode(), cursors.cursor_key, ref.raw, str(ref).encode())
    assert [secret in durable.bytes_on_disk() for secret in secrets] == [True] * len(secrets)
    assert await durable.known_later(root, find, export) == [[each.value for each in WHO], [True, True]]

    await service.close(find.case)
    assert [secret in durable.bytes_on_disk() for secret in secrets] == [False] * len(secrets)
    assert find.case.bytes not in durable.bytes_on_disk()
    assert find.case.hex.encode() not in durable.bytes_on_disk()
    assert await durable.known_later(root, find, export) == [None, [False, False]]


async def test_closing_again_and_closing_the_unknown(durable: Durable):
    """Asked again after a lost answer, or about a case that was never here, a service has nothing to forget."""
    service = durable.letters.service()
    asking = Asking(service, WHO)
    task = await asking.export_task()
    for case in (asking.case, asking.case, uuid4()):
        await service.close(case)
    with pytest.raises(ProtocolError, match="unknown_ref"):
        await service.export(task, "letters.letter", None, 10)


async def test_other_cases_go_on(durable: Durable):
    """Also one about the same person: each case has its own scopes, tasks and cursors."""
    service = durable.letters.service()
    closed = Asking(service, WHO)
    await closed.export("letters.letter")
    tasks = [await Asking(service, who).export_task() for who in (WHO, [OLA])]
    pages = [await service.export(task, "letters.letter", None, 1) for task in tasks]
    await service.close(closed.case)
    for task, page in zip(tasks, pages, strict=True):
        assert await service.export(task, "letters.letter", None, 1) == page
        assert (await service.export(task, "letters.letter", page.next, 10)).next is None


async def test_what_was_changed_stays(durable: Durable):
    """Closing a case undoes nothing: the records stay erased, and the journal that says so stays too."""
    service = durable.letters.service()
    asking = Asking(service, WHO)
    apply = await asking.erase()
    before = durable.letters.rows("letter")
    with durable.letters.data.reading() as records:
        written = records.journal.written(apply.task, "letters.letter", 0)
    await service.close(asking.case)
    assert durable.letters.rows("letter") == before
    with durable.letters.data.reading() as records:
        assert records.journal.written(apply.task, "letters.letter", 0) == written is not None
