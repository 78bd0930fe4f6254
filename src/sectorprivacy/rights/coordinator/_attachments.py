"""Files of the person: fetched to the work folder under the digest of their bytes, and verified on the way.

A file gets its name once every byte was verified; before that it is a `.part`, which `close` removes with the folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID, uuid4

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.coordinator._calls import Calls
from sectorprivacy.rights.coordinator._case import CaseAttachment
from sectorprivacy.rights.coordinator._desk import Desk
from sectorprivacy.rights.coordinator._opened import OpenCase
from sectorprivacy.rights.protocol import Attachment, Attachments, DataSet, ExportTask, PersonalDataService


async def fetch_attachments(
    desk: Desk, opened: OpenCase, calls: Calls, task: ExportTask, dataset: DataSet
) -> tuple[CaseAttachment, ...]:
    """Fetch every file that the stored pages of a data set name and that is not here yet."""
    if not any(field.attachment for field in dataset.fields):
        return ()
    folder = await asyncio.to_thread(_folder, desk.work, opened.case.id)
    here = {each.sha256: each for each in opened.case.attachments if each.state != "failed"}
    files: dict[str, CaseAttachment] = {}
    named = await asyncio.to_thread(lambda: _named(opened, task, dataset))
    for sha256, attachment in named.items():
        if sha256 not in here:
            files[sha256] = await _fetched(desk, calls, task, dataset, attachment, folder)
    return tuple(files.values())


def file_of(work: Path, case: UUID, attachment: CaseAttachment) -> Path:
    """Where a fetched file lies."""
    return work / str(case) / attachment.sha256


def remove_files(work: Path, case: UUID) -> None:
    """Remove everything that was fetched for a case."""
    folder = work / str(case)
    if folder.exists():
        shutil.rmtree(folder)


async def _fetched(
    desk: Desk, calls: Calls, task: ExportTask, dataset: DataSet, attachment: Attachment, folder: Path
) -> CaseAttachment:
    try:
        await _fetch(desk, calls, task, attachment, folder)
    except ServiceFailed as failure:
        reason: str | None = failure.reason
    else:
        reason = None
    return CaseAttachment(
        sha256=attachment.sha256,
        media_type=attachment.media_type,
        size=attachment.size,
        service=calls.service,
        dataset=dataset.id,
        field=attachment.field,
        state="fetched" if reason is None else "failed",
        reason=reason,
    )


async def _fetch(desk: Desk, calls: Calls, task: ExportTask, attachment: Attachment, folder: Path) -> None:
    """Fetch one file, verify it, and give it its name.

    Raises:
        ServiceFailed: It is too large, not what was announced, or did not come whole.
    """
    if attachment.size > desk.limits.attachment_bytes:
        raise ServiceFailed(service=calls.service, reason="file_too_large")
    source = _attachments(calls.service, desk.services[calls.service]).attachment(task, attachment.id)
    part = folder / f"{uuid4()}.part"
    digest, size = hashlib.sha256(), 0
    target = await asyncio.to_thread(_create, part)
    try:
        async with aclosing(calls.chunks(source)) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                if size > attachment.size:
                    raise ServiceFailed(service=calls.service, reason="file_differs")
                digest.update(chunk)
                await asyncio.to_thread(target.write, chunk)
        if size != attachment.size or digest.hexdigest() != attachment.sha256:
            raise ServiceFailed(service=calls.service, reason="file_differs")
        await asyncio.to_thread(_settle, target, part, folder / attachment.sha256)
    finally:
        target.close()
        part.unlink(missing_ok=True)


def _attachments(service: str, answering: PersonalDataService) -> Attachments:
    if not hasattr(answering, "attachment"):
        raise ServiceFailed(service=service, reason="no_attachments")
    return cast("Attachments", answering)


def _named(opened: OpenCase, task: ExportTask, dataset: DataSet) -> dict[str, Attachment]:
    """By digest, the files that the stored pages of a data set name."""
    named: dict[str, Attachment] = {}
    for page in opened.pages(task.task, dataset.id):
        for record in page.records:
            for attachment in record.attachments:
                named.setdefault(attachment.sha256, attachment)
    return named


def _folder(work: Path, case: UUID) -> Path:
    """The folder of a case, readable by the coordinator's account only."""
    folder = work / str(case)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _create(part: Path) -> BinaryIO:
    return os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _settle(target: BinaryIO, part: Path, final: Path) -> None:
    target.flush()
    os.fsync(target.fileno())
    part.replace(final)
