"""What a service needs of its data: find, select and write in one transaction, with the journal beside the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol
from uuid import UUID

from attrs import Factory, frozen

from sectorprivacy.annotations import FieldMap
from sectorprivacy.rights.protocol import Link
from sectorprivacy.rights.service._decision import Asked, Decision
from sectorprivacy.rights.service._files import FileFolder
from sectorprivacy.rights.service._who import Who
from sectorprivacy.vocabulary import RecordKey


@frozen(kw_only=True)
class Finding:
    """Whether a service holds anything about the person, and what else it knows them by.

    Args:
        held: Whether there is at least one record.
        links: What was learned.
        ambiguous: The identifiers name several people.
    """

    held: bool
    links: Sequence[Link] = ()
    ambiguous: bool = False


@frozen(kw_only=True)
class Changes:
    """What is written to one page of one data set.

    Args:
        erase: Keys of the records to remove.
        clear: Attributes to set to NULL, to the keys of the records in which to do so.
    """

    erase: Sequence[RecordKey] = ()
    clear: Mapping[tuple[str, ...], Sequence[RecordKey]] = Factory(dict[tuple[str, ...], Sequence[RecordKey]])


class Journal(Protocol):
    """Evidence in the data database: committed with the change it speaks of, or not at all."""

    def written(self, task: UUID, part: str, page: int) -> bytes | None:
        """What was written for this page, or None."""
        ...

    def write(self, task: UUID, part: str, page: int, body: bytes) -> None:
        """Write an entry; it never changes again."""
        ...


class FileIntents(Protocol):
    """Files to remove once the transaction that gave them up is committed."""

    def intend(self, names: Sequence[str]) -> None:
        """Note the intent, in the transaction."""
        ...

    def intended(self) -> Sequence[str]:
        """Every file whose removal is not confirmed."""
        ...

    def confirm(self, names: Sequence[str]) -> None:
        """The files are gone."""
        ...


class Records(Protocol):
    """The data inside one transaction."""

    @property
    def journal(self) -> Journal:
        """The journal, in this transaction."""
        ...

    @property
    def intents(self) -> FileIntents:
        """Files given up, in this transaction."""
        ...

    def find(self, who: Who) -> Finding:
        """Whether the person is known, and by what else."""
        ...

    def select(self, field_map: FieldMap, who: Who, after: RecordKey | None, limit: int) -> Sequence[Any]:
        """The first `limit` of the person's records after a key, in key order."""
        ...

    def decide(self, asked: Asked) -> Decision:
        """What an erasure does to one record; pure, and by the register unless its owner knows better."""
        ...

    def write(self, field_map: FieldMap, changes: Changes) -> None:
        """Carry out the changes with a fixed number of statements, whatever the number of records."""
        ...


class ServiceData(Protocol):
    """Everything a service holds."""

    files: FileFolder | None

    def bind(self, field_maps: Sequence[FieldMap]) -> Sequence[FieldMap]:
        """Learn the models, once, when the service is made.

        Returns:
            The same in the order in which records may be removed: those that point at others first.

        Raises:
            InvalidDeclaration: One of them cannot be read or written here.
        """
        ...

    def reading(self) -> AbstractContextManager[Records]:
        """One transaction that cannot change anything."""
        ...

    def writing(self) -> AbstractContextManager[Records]:
        """One transaction: committed at the end of the block, rolled back if it raises."""
        ...

    def settle(self) -> Mapping[str, str]:
        """Make deleted bytes unreadable in the files of the database.

        Returns:
            Store to the horizon until which copies may still hold bytes; "now" where none do.
        """
        ...
