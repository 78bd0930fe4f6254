"""Verifies a package: every byte of the file is either signed or follows from what is signed.

The table of contents is used only to find manifest and signature; then the whole file is rebuilt in thought from the
manifest, in order, and compared. What differs is named.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID

from attrs import frozen
from pydantic import ValidationError

from sectorprivacy.errors import PackageInvalid, PrivacyError, SignatureInvalid
from sectorprivacy.rights.package._manifest import PACKAGE_TYPE, Member, PackageManifest, ServiceAccount, Statement
from sectorprivacy.rights.package._names import MANIFEST, SIGNATURE
from sectorprivacy.rights.package._spool import CHUNK
from sectorprivacy.rights.package._zip import (
    END_SIZE,
    STORED,
    Listed,
    local_header,
    read_end,
    read_table,
    stored_entry,
    table_of_contents,
)
from sectorprivacy.rights.protocol import Message
from sectorprivacy.signing import Envelope, Verifier
from sectorprivacy.vocabulary import Right

MANIFEST_LIMIT = 64 << 20
"""Most bytes of a manifest that is read."""

SIGNATURE_LIMIT = 64 << 10
"""Most bytes of a signature that is read."""

_TABLE_LIMIT = 64 << 20

M = TypeVar("M", bound=Message)


@frozen(kw_only=True)
class VerifiedPackage:
    """What a package that verified says about itself.

    Args:
        case: The case it answers.
        right: ACCESS or PORTABILITY.
        made: When.
        controller: Stable id of who answers.
        digest: SHA-256 of manifest.json, hexadecimal.
        key_id: Of the key that signed it.
        files: Number of files, manifest and signature not counted.
        size: Bytes of the zip.
        services: What became of each service and data set.
    """

    case: UUID
    right: Right
    made: datetime
    controller: str
    digest: str
    key_id: str
    files: int
    size: int
    services: tuple[ServiceAccount, ...]

    @property
    def records(self) -> int:
        """Number of records in it."""
        return sum(dataset.records for service in self.services for dataset in service.datasets)


def verify_package(path: Path, verifier: Verifier) -> VerifiedPackage:
    """Check every byte of a package; works offline.

    Args:
        path: The zip.
        verifier: The controller's pinned key for packages.

    Raises:
        PackageInvalid: Something is not as signed; `file` names the file within the package, or the package.
    """
    try:
        with path.open("rb") as file:
            return _Check(file, path.name, verifier).run()
    except OSError as problem:
        raise PackageInvalid(file=path.name, reason=f"it cannot be read ({problem.strerror})") from None


class _Check:
    def __init__(self, file: BinaryIO, name: str, verifier: Verifier) -> None:
        self._file = file
        self._name = name
        self._verifier = verifier
        self._size = file.seek(0, 2)

    def run(self) -> VerifiedPackage:
        listed = self._listed()
        raw_manifest = self._read(listed, MANIFEST, MANIFEST_LIMIT)
        raw_signature = self._read(listed, SIGNATURE, SIGNATURE_LIMIT)
        statement = self._statement(raw_signature)
        if hashlib.sha256(raw_manifest).hexdigest() != statement.manifest:
            raise PackageInvalid(file=MANIFEST, reason="it is not the one that was signed")
        manifest = _parsed(PackageManifest, raw_manifest, MANIFEST)
        if manifest.case != statement.case or manifest.made != statement.made:
            raise PackageInvalid(file=MANIFEST, reason="it is of another case than the signature")
        self._rebuild(manifest, raw_manifest, raw_signature)
        return VerifiedPackage(
            case=manifest.case,
            right=manifest.right,
            made=manifest.made,
            controller=manifest.controller,
            digest=statement.manifest,
            key_id=self._verifier.key_id,
            files=len(manifest.members),
            size=self._size,
            services=manifest.services,
        )

    def _listed(self) -> dict[str, Listed]:
        self._file.seek(max(0, self._size - END_SIZE))
        end = read_end(self._file.read(END_SIZE))
        if end is None:
            raise PackageInvalid(file=self._name, reason="it is no package, or its end is missing")
        count, length, offset = end
        if length > _TABLE_LIMIT or offset + length + END_SIZE != self._size:
            raise PackageInvalid(file=self._name, reason="its table of contents is not where it should be")
        self._file.seek(offset)
        listed = read_table(self._file.read(length), count)
        named: dict[str, Listed] = {}
        for entry in listed:
            if entry.name in named:
                raise PackageInvalid(file=_shown(entry.name), reason="it is in the package twice")
            named[entry.name] = entry
        return named

    def _read(self, listed: dict[str, Listed], name: str, limit: int) -> bytes:
        entry = listed.get(name)
        if entry is None:
            raise PackageInvalid(file=name, reason="it is missing")
        if entry.method != STORED or entry.packed != entry.size or entry.size > limit:
            raise PackageInvalid(file=name, reason="its entry in the table of contents is not of the form")
        self._file.seek(entry.start)
        content = self._file.read(entry.size)
        if len(content) != entry.size:
            raise PackageInvalid(file=name, reason="it is cut off")
        return content

    def _statement(self, raw: bytes) -> Statement:
        try:
            envelope = Envelope.from_json(raw)
            # A second signature would be bytes that nobody vouches for.
            if len(envelope.signatures) != 1:
                raise SignatureInvalid
            payload = envelope.verify(self._verifier, PACKAGE_TYPE)
        except PrivacyError as problem:
            raise PackageInvalid(file=SIGNATURE, reason="the signature does not verify with this key") from problem
        return _parsed(Statement, payload, SIGNATURE)

    def _rebuild(self, manifest: PackageManifest, raw_manifest: bytes, raw_signature: bytes) -> None:
        self._file.seek(0)
        for member in manifest.members:
            self._compare_member(member, manifest.made)
        last = [
            (stored_entry(MANIFEST, raw_manifest), raw_manifest),
            (stored_entry(SIGNATURE, raw_signature), raw_signature),
        ]
        for entry, content in last:
            self._compare(entry.name, local_header(entry, manifest.made) + content, "its entry was changed")
        entries = [*(member.zip_entry() for member in manifest.members), *(entry for entry, _ in last)]
        for name, record in table_of_contents(entries, manifest.made):
            self._compare(name or self._name, record, "its place in the table of contents was changed")
        if self._file.read(1):
            raise PackageInvalid(file=self._name, reason="something follows its end")

    def _compare(self, name: str, expected: bytes, reason: str) -> None:
        if self._file.read(len(expected)) != expected:
            raise PackageInvalid(file=name, reason=reason)

    def _compare_member(self, member: Member, made: datetime) -> None:
        header = local_header(member.zip_entry(), made)
        self._compare(member.name, header, "its header was changed")
        start = self._file.tell()
        entry = hashlib.sha256(header)
        for chunk in self._packed(member):
            entry.update(chunk)
        if entry.hexdigest() != member.entry:
            raise PackageInvalid(file=member.name, reason="its content was changed")
        # Unpacked only now: nothing is decompressed before it is known to be the sender's.
        self._file.seek(start)
        content, size = hashlib.sha256(), 0
        for chunk in self._unpacked(member):
            content.update(chunk)
            size += len(chunk)
        if content.hexdigest() != member.sha256 or size != member.size:
            raise PackageInvalid(file=member.name, reason="it does not unpack to what was signed")

    def _packed(self, member: Member) -> Iterator[bytes]:
        left = member.packed
        while left:
            chunk = self._file.read(min(CHUNK, left))
            if not chunk:
                raise PackageInvalid(file=member.name, reason="it is cut off")
            left -= len(chunk)
            yield chunk

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        if member.method == "stored":
            yield from self._packed(member)
            return
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for chunk in self._packed(member):
                yield inflate.decompress(chunk, CHUNK)
                while inflate.unconsumed_tail:
                    yield inflate.decompress(inflate.unconsumed_tail, CHUNK)
            yield inflate.flush()
        except zlib.error:
            raise PackageInvalid(file=member.name, reason="it does not unpack") from None


def _parsed(model: type[M], raw: bytes, name: str) -> M:
    try:
        return model.model_validate_json(raw)
    except ValidationError:
        raise PackageInvalid(file=name, reason="it is not of the form") from None


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= 200 else "an entry with an unreadable name"
