"""A case in the hands of one coordinator: its present state, its key, and every change saved before it counts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from typing import Self
from uuid import UUID

from sectorprivacy.errors import CaseRefused
from sectorprivacy.rights.coordinator._case import Case
from sectorprivacy.rights.coordinator._store import CaseStore, StoredCase, StoredPage
from sectorprivacy.rights.coordinator._vault import CaseKey, CaseVault
from sectorprivacy.rights.protocol import ExportPage, chain

_DOCUMENT = "case"
_READ_AHEAD = 8

START = chain(())
"""Head of the chain before the first page."""


class OpenCase:
    """One case, opened. Steps of several services change it at once; the lock gives each change the newest state."""

    def __init__(self, case: Case, revision: int, key: CaseKey, wrapped: bytes, store: CaseStore) -> None:
        self.case = case
        self._revision = revision
        self._key = key
        self._wrapped = wrapped
        self._store = store
        self._lock = asyncio.Lock()

    @classmethod
    async def create(cls, case: Case, store: CaseStore, vault: CaseVault) -> Self:
        """Store a new case under a new key."""
        key, wrapped = vault.new_key(case.id)
        opened = cls(case, 0, key, wrapped, store)
        await opened.update(lambda same: same)
        return opened

    @classmethod
    async def load(cls, case: UUID, store: CaseStore, vault: CaseVault) -> Self:
        """Open a stored case.

        Raises:
            CaseRefused: There is none with this id.
            DecryptionError: It was sealed under another coordinator's key.
        """
        stored = await asyncio.to_thread(store.load, case)
        if stored is None:
            raise CaseRefused(case=str(case), problem="it is unknown")
        key = vault.unwrap(case, stored.wrapped)
        document = Case.model_validate_json(key.open(_DOCUMENT, stored.document))
        return cls(document, stored.revision, key, stored.wrapped, store)

    async def update(self, change: Callable[[Case], Case]) -> Case:
        """Change the case and save it.

        Raises:
            CaseRefused: The change is not allowed, or another coordinator has gone on with the case.
        """
        async with self._lock:
            case = change(self.case)
            sealed = self._key.seal(_DOCUMENT, case.model_dump_json().encode())
            stored = StoredCase(case=case.id, revision=self._revision + 1, wrapped=self._wrapped, document=sealed)
            await asyncio.to_thread(self._store.save, stored)
            self.case, self._revision = case, stored.revision
            return case

    async def destroy(self, remains: Case, vault: CaseVault) -> Case:
        """Destroy the key of the case with all its pages; what `remains` is saved under a new one."""
        async with self._lock:
            key, self._wrapped = vault.new_key(remains.id)
            self._key = key
        case = await self.update(lambda _: remains)
        await asyncio.to_thread(self._store.erase, remains.id)
        return case

    async def append(
        self, task: UUID, dataset: str, page: ExportPage, body: bytes, last: StoredPage | None
    ) -> StoredPage:
        """Store a page after the last one: its records, its cursor and the head of the chain in one row.

        Args:
            task: The export task it answers.
            dataset: Its data set.
            page: As it was answered and checked.
            body: Its JSON.
            last: The page before.
        """
        number = 0 if last is None else last.number + 1
        before = START if last is None else last.head
        stored = StoredPage(
            case=self.case.id,
            task=task,
            dataset=dataset,
            number=number,
            records=(0 if last is None else last.records) + len(page.records),
            head=_head(before, body),
            body=self._key.seal(_page_place(task, dataset, number), body),
        )
        await asyncio.to_thread(self._store.append, stored)
        return stored

    async def last_page(self, task: UUID, dataset: str) -> tuple[StoredPage, ExportPage] | None:
        """The page where a data set was left off, as stored and opened."""
        rows = await asyncio.to_thread(self._store.pages, self.case.id, task, dataset, start=-1, limit=1)
        return (rows[0], self._opened(rows[0])) if rows else None

    def pages(self, task: UUID, dataset: str, *, head: str | None = None) -> Iterator[ExportPage]:
        """All stored pages of a data set in order, a few at a time; a new pass with every call.

        Args:
            task: The export task they answer.
            dataset: Its data set.
            head: Chain over all pages, if it is known already; then pages that are missing at the end are noticed too.

        Raises:
            CaseRefused: The pages are not those that were stored.
            DecryptionError: A page stands in the place of another.
        """
        start, before = 0, START
        while rows := self._store.pages(self.case.id, task, dataset, start=start, limit=_READ_AHEAD):
            for row in rows:
                body = self._body(row)
                before = _head(before, body)
                if before != row.head:
                    raise self._changed()
                yield ExportPage.model_validate_json(body)
            start += len(rows)
        if head is not None and head != before:
            raise self._changed()

    def _opened(self, row: StoredPage) -> ExportPage:
        return ExportPage.model_validate_json(self._body(row))

    def _body(self, row: StoredPage) -> bytes:
        return self._key.open(_page_place(row.task, row.dataset, row.number), row.body)

    def _changed(self) -> CaseRefused:
        return CaseRefused(case=str(self.case.id), problem="its stored pages are not those that were answered")


def _head(before: str, body: bytes) -> str:
    return chain((before, hashlib.sha256(body).hexdigest()))


def _page_place(task: UUID, dataset: str, number: int) -> str:
    return f"page/{task}/{dataset}/{number}"
