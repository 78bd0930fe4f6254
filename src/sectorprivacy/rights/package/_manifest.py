"""The manifest of a package, which accounts for every file and every data set, and the statement that is signed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from sectorprivacy.rights.package._contents import ExportOutcome
from sectorprivacy.rights.package._names import MEMBER, reading_order
from sectorprivacy.rights.package._zip import DEFLATED, STORED, Entry
from sectorprivacy.rights.protocol import Digest, Message, StableId
from sectorprivacy.vocabulary import Right

FORMAT: Final = "sectorprivacy-package/1"

PACKAGE_TYPE = "application/vnd.sectorprivacy.package.v1+json"
"""DSSE payload type of a Statement."""

_Size = Annotated[int, Field(ge=0, lt=2**32 - 1)]


class Member(Message):
    """One file of the package: how it lies in the zip, and the digests of its content and of its whole entry."""

    name: str = Field(pattern=MEMBER, max_length=200)
    method: Literal["stored", "deflated"]
    size: _Size
    packed: _Size
    crc32: Annotated[str, Field(pattern="^[0-9a-f]{8}$")]
    sha256: Digest
    entry: Digest = Field(description="SHA-256 of local header and packed content")

    def zip_entry(self) -> Entry:
        """The facts of its zip headers."""
        return Entry(
            name=self.name,
            method=STORED if self.method == "stored" else DEFLATED,
            crc=int(self.crc32, 16),
            packed=self.packed,
            size=self.size,
        )


class DataSetAccount(Message):
    """What became of one data set, and the files that hold it."""

    dataset: StableId
    outcome: ExportOutcome
    records: int = Field(ge=0)
    files: tuple[str, ...] = ()


class ServiceAccount(Message):
    """What became of one service; `failed` is a reason code, `holds_nothing` its own reason."""

    service: StableId
    failed: str | None = None
    holds_nothing: str | None = None
    datasets: tuple[DataSetAccount, ...] = ()


class PackageManifest(Message):
    """Everything in the package: closed, so that a file or a data set it does not name cannot be there."""

    format: Literal["sectorprivacy-package/1"] = FORMAT
    case: UUID
    right: Literal[Right.ACCESS, Right.PORTABILITY]
    made: datetime
    controller: StableId
    language: str
    services: tuple[ServiceAccount, ...]
    members: tuple[Member, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        names = [member.name for member in self.members]
        if names != sorted(set(names), key=reading_order):
            raise ValueError("members stand twice or out of order")
        if self.made.tzinfo is None:
            raise ValueError("made is not aware")
        return self


class Statement(Message):
    """What the signature covers: the manifest by its digest, and whose package it is and of when."""

    format: Literal["sectorprivacy-package/1"] = FORMAT
    case: UUID
    made: datetime
    manifest: Digest
