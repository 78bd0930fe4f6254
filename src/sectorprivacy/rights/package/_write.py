"""Writes a package: every record is seen once, every byte goes out once, and manifest and signature come last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.package._contents import DataSetPart, PackageContents, ServicePart
from sectorprivacy.rights.package._data import CsvLines, json_schema, ndjson_line
from sectorprivacy.rights.package._manifest import (
    PACKAGE_TYPE,
    DataSetAccount,
    Member,
    PackageManifest,
    ServiceAccount,
    Statement,
)
from sectorprivacy.rights.package._names import (
    INFORMATION,
    MANIFEST,
    SIGNATURE,
    START_HERE,
    WITHHELD,
    attachment_name,
    data_name,
    reading_order,
)
from sectorprivacy.rights.package._overview import DataSetSummary, overview_of
from sectorprivacy.rights.package._render import Renderer
from sectorprivacy.rights.package._spool import Part, Spool, file_part
from sectorprivacy.rights.package._values import LocalTimes
from sectorprivacy.rights.package._zip import DEFLATED, local_header, stored_entry, table_of_contents
from sectorprivacy.rights.protocol import Record, canonical
from sectorprivacy.signing import Envelope, Signer


def write_package(out: BinaryIO, contents: PackageContents, *, signer: Signer, renderer: Renderer) -> str:
    """Write what a person receives (Art. 12(3), 15(3), 20(1)) as a signed zip.

    Memory stays constant in the number of records; the parts wait in temporary files without a name. `out` need not be
    seekable. The same contents, key and renderer give the same bytes.

    Args:
        out: Where the zip goes.
        contents: What it holds.
        signer: The controller's key for packages.
        renderer: Writes the HTML pages.

    Returns:
        SHA-256 of manifest.json, hexadecimal; it names the package.

    Raises:
        ServiceFailed: A record has a field its service does not declare, or a file nobody decided about.
        PackageInvalid: A file is not the one that was collected.
        NotYetSupported: 4 GiB and more, or 65,535 files and more.
    """
    with Spool() as lines, Spool() as texts:
        parts, accounts = _parts(contents, renderer, lines, texts)
        members = tuple(_write_part(out, part, contents) for part in parts)
    manifest = canonical(
        PackageManifest(
            case=contents.case,
            right=contents.right,
            made=contents.made,
            controller=contents.controller.id,
            language=contents.language,
            services=accounts,
            members=members,
        )
    )
    digest = hashlib.sha256(manifest).hexdigest()
    statement = Statement(case=contents.case, made=contents.made, manifest=digest)
    signature = Envelope.sign(PACKAGE_TYPE, canonical(statement), signer).to_json()
    last = [(stored_entry(MANIFEST, manifest), manifest), (stored_entry(SIGNATURE, signature), signature)]
    entries = [*(member.zip_entry() for member in members), *(entry for entry, _ in last)]
    closing = [local_header(entry, contents.made) + content for entry, content in last]
    closing += [record for _, record in table_of_contents(entries, contents.made)]
    out.write(b"".join(closing))
    return digest


def _write_part(out: BinaryIO, part: Part, contents: PackageContents) -> Member:
    digest = hashlib.sha256()
    for chunk in _entry_bytes(part, contents):
        digest.update(chunk)
        out.write(chunk)
    entry = part.entry
    return Member(
        name=entry.name,
        method="deflated" if entry.method == DEFLATED else "stored",
        size=entry.size,
        packed=entry.packed,
        crc32=f"{entry.crc:08x}",
        sha256=part.sha256,
        entry=digest.hexdigest(),
    )


def _entry_bytes(part: Part, contents: PackageContents) -> Iterator[bytes]:
    yield local_header(part.entry, contents.made)
    yield from part.content.chunks()


def _parts(
    contents: PackageContents, renderer: Renderer, lines: Spool, texts: Spool
) -> tuple[list[Part], tuple[ServiceAccount, ...]]:
    times = LocalTimes(contents.controller.time_zone)
    parts: list[Part] = []
    summaries: list[tuple[ServicePart, Sequence[DataSetSummary]]] = []
    for service in contents.services:
        seen: list[DataSetSummary] = []
        for part in service.datasets:
            summary = DataSetSummary(part, contents.withheld, times)
            parts += _data_files(service, part, summary, contents, lines, texts)
            seen.append(summary)
        summaries.append((service, seen))
    overview = overview_of(contents, summaries, times)
    parts += [
        texts.add(START_HERE, renderer.start_here(overview)),
        texts.add(INFORMATION, renderer.information(overview, contents.information)),
        texts.add(WITHHELD, renderer.withheld(overview)),
    ]
    parts += [
        file_part(attachment_name(file.sha256, file.media_type), file.path, sha256=file.sha256, size=file.size)
        for file in contents.attachments.values()
    ]
    accounts = tuple(_account(service, seen) for service, seen in summaries)
    return sorted(parts, key=lambda part: reading_order(part.entry.name)), accounts


def _data_files(
    service: ServicePart,
    part: DataSetPart,
    summary: DataSetSummary,
    contents: PackageContents,
    lines: Spool,
    texts: Spool,
) -> Iterator[Part]:
    if part.outcome != "exported":
        return
    dataset = part.declaration
    ndjson = lines.begin(data_name(service.service, dataset.id, "ndjson"))
    table = texts.begin(data_name(service.service, dataset.id, "csv"))
    csv = CsvLines(dataset)
    table.write(csv.header())
    declared = {field.id for field in dataset.fields}
    for record in part.records():
        _check(service.service, declared, record, contents)
        summary.add(record)
        ndjson.write(ndjson_line(record, contents.withheld))
        table.write(csv.row(record, contents.withheld))
    yield ndjson.end()
    yield table.end()
    yield texts.add(data_name(service.service, dataset.id, "schema.json"), [json_schema(dataset)])


def _check(service: str, declared: set[str], record: Record, contents: PackageContents) -> None:
    files, withheld = {each.field for each in record.attachments}, {each.field for each in record.withheld}
    if not declared.issuperset({*record.fields, *files, *withheld}):
        raise ServiceFailed(service=service, reason="a record has a field the manifest does not declare")
    for each in record.attachments:
        released = contents.attachments.get(each.sha256)
        if released is None and each.sha256 not in contents.withheld:
            raise ServiceFailed(service=service, reason="a file was neither released nor withheld")
        if released is not None and released.media_type != each.media_type:
            raise ServiceFailed(service=service, reason="a file has two media types")


def _account(service: ServicePart, seen: Sequence[DataSetSummary]) -> ServiceAccount:
    return ServiceAccount(
        service=service.service,
        failed=service.failed,
        holds_nothing=service.holds_nothing,
        datasets=tuple(
            DataSetAccount(
                dataset=summary.part.declaration.id,
                outcome=summary.part.outcome,
                records=summary.count,
                files=tuple(
                    data_name(service.service, summary.part.declaration.id, extension)
                    for extension in ("ndjson", "csv", "schema.json")
                )
                if summary.part.outcome == "exported"
                else (),
            )
            for summary in seen
        ),
    )
