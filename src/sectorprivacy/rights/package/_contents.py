"""What goes into a package: the case, the facts of processing, and each service's records and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from attrs import field, frozen

from sectorprivacy.documents import Document
from sectorprivacy.policy import Controller
from sectorprivacy.rights.protocol import DataSet, Record
from sectorprivacy.vocabulary import Right

ExportOutcome = Literal["exported", "none_held", "failed"]


@frozen(kw_only=True)
class DataSetPart:
    """One data set of one service, with its outcome.

    Args:
        declaration: What the service declares about the data set.
        outcome: exported, none_held or failed; silence is not an outcome.
        records: Opens the records in key order; called several times, each a fresh pass in constant memory.
    """

    declaration: DataSet
    outcome: ExportOutcome
    records: Callable[[], Iterable[Record]] = field(default=tuple[Record, ...], repr=False)


@frozen(kw_only=True)
class ServicePart:
    """One service's answer.

    Args:
        service: Its stable id.
        title: What people read.
        failed: Reason code where the service did not answer as a whole; None where it did.
        holds_nothing: Its own reason, where the service never holds personal data.
        datasets: Every data set of its manifest.
    """

    service: str
    title: str
    failed: str | None = None
    holds_nothing: str | None = None
    datasets: Sequence[DataSetPart] = field(default=(), converter=tuple[DataSetPart, ...])


@frozen(kw_only=True)
class AttachmentFile:
    """A file released to the person.

    Args:
        sha256: Of its bytes, lower-case hexadecimal; also its name in the package.
        media_type: "image/png", "image/jpeg", "audio/wav"; anything else is packed but not shown on the page.
        size: In bytes.
        path: Where it lies now.
    """

    sha256: str
    media_type: str
    size: int
    path: Path = field(repr=False)


@frozen(kw_only=True)
class PackageContents:
    """Everything a package is made of (Art. 15(3), Art. 20(1)).

    Args:
        case: The case it answers.
        right: The one it answers.
        made: When it was put together; aware. The same contents made at the same moment give the same bytes.
        controller: Who answers, and whom to ask or complain about.
        information: The facts of Art. 15(1), from `documents.access_information`.
        services: Every service that was asked.
        attachments: By SHA-256, the files that were released.
        withheld: By SHA-256, why a file that a record names was not released, in words for the person.
        language: BCP 47 tag of the pages.
    """

    case: UUID
    right: Literal[Right.ACCESS, Right.PORTABILITY]
    made: datetime
    controller: Controller
    information: Document
    services: Sequence[ServicePart] = field(converter=tuple[ServicePart, ...])
    attachments: Mapping[str, AttachmentFile] = field(factory=dict[str, AttachmentFile])
    withheld: Mapping[str, str] = field(factory=dict[str, str])
    language: str = "en"
