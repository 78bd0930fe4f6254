"""Where cases are kept: two small protocols, and the implementation in memory. Stores see sealed bytes only.

A page, the place it leaves off at and the head of the chain over it are one row: nothing that could get out of step
when the process dies between two writes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from attrs import field, frozen

from sectorprivacy.errors import CaseRefused


@frozen(kw_only=True)
class StoredCase:
    """A case as it is stored.

    Args:
        case: Its id.
        revision: 1 for the first, one more for each that follows.
        wrapped: Its key, wrapped.
        document: The case, sealed under that key.
    """

    case: UUID
    revision: int
    wrapped: bytes = field(repr=False)
    document: bytes = field(repr=False)


@frozen(kw_only=True)
class StoredPage:
    """A page of an export as it is stored.

    Args:
        case, task, dataset: What it belongs to.
        number: From 0, without gaps.
        records: Records of the data set up to and with this page.
        head: Chain over the pages up to and with this one, in hexadecimal.
        body: The page with its cursor, sealed.
    """

    case: UUID
    task: UUID
    dataset: str
    number: int
    records: int
    head: str
    body: bytes = field(repr=False)


class CaseFiles(Protocol):
    """The cases themselves."""

    def load(self, case: UUID) -> StoredCase | None:
        """The newest revision of a case."""
        ...

    def save(self, stored: StoredCase) -> None:
        """Put a revision in the place of the one before, whose bytes do not stay behind.

        Raises:
            CaseRefused: The stored revision is not the one before this: somebody else has the case.
        """
        ...


class CasePages(Protocol):
    """The pages that services answered."""

    def append(self, page: StoredPage) -> None:
        """Add the page that follows the last one.

        Raises:
            CaseRefused: There is one with this number, or the one before it is missing.
        """
        ...

    def pages(self, case: UUID, task: UUID, dataset: str, *, start: int, limit: int) -> Sequence[StoredPage]:
        """Pages in order from number `start`; a negative `start` counts from the end."""
        ...

    def erase(self, case: UUID) -> None:
        """Remove all pages of a case; their bytes do not stay behind."""
        ...


class CaseStore(CaseFiles, CasePages, Protocol):
    """Both in one place, so that they live and die together."""


class MemoryCases:
    """A case store in memory, for tests and for cases that need not survive their process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cases: dict[UUID, StoredCase] = {}
        self._pages: dict[tuple[UUID, UUID, str], list[StoredPage]] = {}

    def load(self, case: UUID) -> StoredCase | None:
        """See CaseFiles."""
        with self._lock:
            return self._cases.get(case)

    def save(self, stored: StoredCase) -> None:
        """See CaseFiles."""
        with self._lock:
            before = self._cases.get(stored.case)
            if stored.revision != (1 if before is None else before.revision + 1):
                raise changed_meanwhile(stored.case)
            self._cases[stored.case] = stored

    def append(self, page: StoredPage) -> None:
        """See CasePages."""
        with self._lock:
            pages = self._pages.setdefault((page.case, page.task, page.dataset), [])
            if page.number != len(pages):
                raise changed_meanwhile(page.case)
            pages.append(page)

    def pages(self, case: UUID, task: UUID, dataset: str, *, start: int, limit: int) -> Sequence[StoredPage]:
        """See CasePages."""
        with self._lock:
            pages = self._pages.get((case, task, dataset), [])
            first = max(0, len(pages) + start) if start < 0 else start
            return tuple(pages[first : first + limit])

    def erase(self, case: UUID) -> None:
        """See CasePages."""
        with self._lock:
            for place in [each for each in self._pages if each[0] == case]:
                del self._pages[place]


def changed_meanwhile(case: UUID) -> CaseRefused:
    """The error of a write that came too late: another coordinator has gone on with the case."""
    return CaseRefused(case=str(case), problem="it was changed by somebody else meanwhile")
