"""The end of an erasure, also where a process dies in the middle of it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from sectorprivacy.errors import DatabaseUnsafe, ProtocolError
from sectorprivacy.rights.protocol import RECEIPT_TYPE, Receipt
from sectorprivacy.rights.service import FileFolder
from tests.rights.service.asking import Asking
from tests.rights.service.letters import KARI, KARI_HOME, KARI_MAIL, KARI_PHONE, Letters, opened

KARI_WHOLE = (KARI, KARI_MAIL, KARI_PHONE, KARI_HOME)

# A process that erases Kari and is killed when it is about to remove her recording: the rows are committed by then.
DYING = """
import asyncio, os, pathlib, signal, sys
from sectorprivacy.rights.service import FileFolder
from tests.rights.service.asking import Asking
from tests.rights.service.letters import KARI, KARI_PHONE, Letters

FileFolder.remove = lambda self, names: os.kill(os.getpid(), signal.SIGKILL)
letters = Letters(pathlib.Path(sys.argv[1]))
asyncio.run(Asking(letters.service(), [KARI, KARI_PHONE]).erase())
"""


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    return opened(tmp_path)


async def test_a_file_given_up_by_a_process_that_died_is_removed(letters: Letters, root: Path):
    """Between the commit and the removal of a file lies an intent; whoever applies next carries it out."""
    dying = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", DYING, str(letters.database.parent)],
        cwd=root,
        env={"PYTHONPATH": "src:docs/examples:."},
        check=False,
    )
    assert dying.returncode == -signal.SIGKILL
    assert [row[0] for row in letters.rows("call")] == [2]
    assert (letters.files / "1.sealed").exists()
    await Asking(letters.service(), [KARI_MAIL]).erase()
    assert [each.name for each in letters.files.iterdir()] == ["2.sealed"]
    with letters.data.reading() as records:
        assert list(records.intents.intended()) == []


async def test_a_file_stays_until_its_row_is_gone_for_good(letters: Letters, monkeypatch: pytest.MonkeyPatch):
    """A removal that fails is tried again: the intent stands until the file is gone."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    planned = await asking.plan()
    task = planned.to_apply()

    def broken(self: FileFolder, names: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(FileFolder, "remove", broken)
        with pytest.raises(PermissionError):
            await service.apply(task, "letters.call", None, 1000)
    assert (letters.files / "1.sealed").exists()
    await asking.carry_out(task, planned)
    assert not (letters.files / "1.sealed").exists()


async def test_keys_are_counted_although_the_end_is_repeated(letters: Letters, monkeypatch: pytest.MonkeyPatch):
    """Where settling fails the end is done again; the receipt still says how many keys the task destroyed."""
    service = letters.service()
    asking = Asking(service, KARI_WHOLE)
    planned = await asking.plan()
    task = planned.to_apply()

    def busy() -> Mapping[str, str]:
        raise DatabaseUnsafe(problem="busy", instead="wait")

    with monkeypatch.context() as patched:
        patched.setattr(letters.data, "settle", busy)
        with pytest.raises(ProtocolError) as refusal:
            await asking.carry_out(task, planned)
    assert (refusal.value.problem, refusal.value.retry) == ("not_settled", "backoff")
    await asking.carry_out(task, planned)
    envelope = await service.receipt(task.task)
    assert Receipt.model_validate_json(envelope.verify(letters.signer.verifier, RECEIPT_TYPE)).keys_destroyed == 1


async def test_every_key_of_somebody_with_several_numbers_is_destroyed(letters: Letters):
    """A person may have several references in one service; the erasure reaches what is sealed under each."""
    letters.privacy.enrol([(KARI.kind, KARI.value), (KARI_MAIL.kind, KARI_MAIL.value)])
    service = letters.service()
    task = await Asking(service, KARI_WHOLE).erase()
    envelope = await service.receipt(task.task)
    assert Receipt.model_validate_json(envelope.verify(letters.signer.verifier, RECEIPT_TYPE)).keys_destroyed == 3


async def test_nothing_of_the_person_is_left_in_the_files(letters: Letters):
    """After the receipt neither the database nor its log nor the folder holds what was theirs."""
    await Asking(letters.service(), KARI_WHOLE).erase()
    raw = b"".join(each.read_bytes() for each in letters.database.parent.rglob("*") if each.is_file())
    for gone in (b"kari@example.no", b"41000001", b"my alarm beeps", b"Kari let us in"):
        assert gone not in raw
    for kept in (b"ola@example.no", b"mine does not", b"Ola let us in"):
        assert kept in raw
