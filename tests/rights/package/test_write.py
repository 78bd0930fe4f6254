from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, cast

import attrs
import pytest

from sectorprivacy.errors import PackageInvalid, ServiceFailed
from sectorprivacy.rights.package import (
    AttachmentFile,
    DataSetPart,
    PackageContents,
    PlainRenderer,
    ServicePart,
    write_package,
)
from sectorprivacy.rights.protocol import Record
from sectorprivacy.signing import Signer
from tests.rights.package.sample import EVENTS, contents_of, png, record

Write = Callable[[PackageContents], bytes]


class Pipe:
    """A writer that can do nothing but take bytes, as a socket or standard output."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> int:
        self.written += data
        return len(data)


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(BytesIO(data))


def test_any_zip_program_can_read_it(written: Write, stored: Callable[[bytes], AttachmentFile]) -> None:
    """The person opens it with what their computer has: sizes, checksums and order are those of a plain zip."""
    picture = png()
    package = opened(written(contents_of([record(1, pictures=[picture])], files=[stored(picture)])))
    assert package.testzip() is None
    names = package.namelist()
    assert names[:3] == ["START-HERE.html", "information.html", "withheld.html"]
    assert names[-2:] == ["manifest.json", "signature.json"]
    attachment = next(name for name in names if name.startswith("attachments/"))
    assert package.read(attachment) == picture


def test_the_same_contents_give_the_same_bytes(written: Write) -> None:
    """Deterministic: two packages of one case made at one moment can be compared by their hash."""
    contents = contents_of([record(number) for number in range(30)])
    assert written(contents) == written(contents)


def test_it_streams_into_a_pipe(signer: Signer, written: Write) -> None:
    """A download needs no file on the server: nothing is written twice and nothing is sought."""
    contents = contents_of([record(1)])
    pipe = Pipe()
    write_package(cast("Any", pipe), contents, signer=signer, renderer=PlainRenderer())
    assert bytes(pipe.written) == written(contents)


def test_the_returned_digest_names_the_manifest(signer: Signer) -> None:
    """What the case keeps about a delivery is the hash of the manifest inside."""
    import hashlib

    out = BytesIO()
    digest = write_package(out, contents_of([record(1)]), signer=signer, renderer=PlainRenderer())
    assert hashlib.sha256(opened(out.getvalue()).read("manifest.json")).hexdigest() == digest


def test_memory_does_not_grow_with_the_records(signer: Signer) -> None:
    """A million events must fit on a small machine: ten times the records, the same memory."""

    def peak(records: int) -> int:
        def stream() -> Iterator[Record]:
            return (record(number) for number in range(records))

        part = DataSetPart(declaration=EVENTS, outcome="exported", records=stream)
        contents = attrs.evolve(
            contents_of([]), services=(ServicePart(service="monitoring", title="Alarms", datasets=(part,)),)
        )
        tracemalloc.start()
        write_package(cast("Any", Discard()), contents, signer=signer, renderer=PlainRenderer())
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)
    assert peak(2_000) < peak(200) + 300_000


class Discard:
    def write(self, data: bytes) -> int:
        return len(data)


def test_records_are_read_once(written: Write) -> None:
    """A second pass over a store could see other rows: counts, tables and pages come from the same one."""
    passes = 0

    def stream() -> list[Record]:
        nonlocal passes
        passes += 1
        return [record(1)]

    part = DataSetPart(declaration=EVENTS, outcome="exported", records=stream)
    written(attrs.evolve(contents_of([]), services=(ServicePart(service="m", title="M", datasets=(part,)),)))
    assert passes == 1


def test_every_data_set_is_accounted_for(written: Write) -> None:
    """Closed world: what was exported, empty or failed, and who did not answer, all stand in the manifest."""
    parts = (
        DataSetPart(declaration=EVENTS, outcome="exported", records=lambda: [record(1), record(2)]),
        DataSetPart(declaration=EVENTS.model_copy(update={"id": "empty"}), outcome="none_held"),
        DataSetPart(declaration=EVENTS.model_copy(update={"id": "broken"}), outcome="failed"),
    )
    services = (
        ServicePart(service="monitoring", title="Alarms", datasets=parts),
        ServicePart(service="billing", title="Invoices", failed="timed_out"),
    )
    package = opened(written(attrs.evolve(contents_of([]), services=services)))
    accounts = json.loads(package.read("manifest.json"))["services"]
    assert [(each["dataset"], each["outcome"], each["records"]) for each in accounts[0]["datasets"]] == [
        ("monitoring.event", "exported", 2),
        ("empty", "none_held", 0),
        ("broken", "failed", 0),
    ]
    assert accounts[1]["failed"] == "timed_out"
    assert "it did not answer in time" in package.read("START-HERE.html").decode()


def test_an_undeclared_field_is_refused(written: Write) -> None:
    """What the manifest does not declare was never decided: it might be somebody else's."""
    stray = record(1).model_copy(update={"fields": {"neighbour": "Kari"}})
    with pytest.raises(ServiceFailed) as refused:
        written(contents_of([stray]))
    assert "Kari" not in str(refused.value)


def test_a_file_nobody_decided_about_is_refused(written: Write) -> None:
    """Images and recordings show others: each is released or withheld by a person, never by default."""
    with pytest.raises(ServiceFailed):
        written(contents_of([record(1, pictures=[png()])]))


def test_a_withheld_file_is_told_but_not_packed(written: Write) -> None:
    """The person learns that a picture exists and why they do not get it."""
    event = record(1, pictures=[png()])
    withheld = {event.attachments[0].sha256: "Another person can be recognised in it."}
    package = opened(written(contents_of([event], withheld=withheld)))
    assert not [name for name in package.namelist() if name.startswith("attachments/")]
    assert "Another person can be recognised in it." in package.read("withheld.html").decode()


def test_a_file_that_changed_since_it_was_collected_is_refused(
    written: Write, stored: Callable[[bytes], AttachmentFile]
) -> None:
    """The digest in the record was the service's; another file under its name must not be signed."""
    file = stored(png())
    file.path.write_bytes(png(91))
    with pytest.raises(PackageInvalid):
        written(contents_of([record(1, pictures=[png()])], files=[file]))


def test_names_carry_no_value_of_the_person(written: Write) -> None:
    """File names end up in logs and listings: they are made of ids and hashes only."""
    package = opened(written(contents_of([record(1, note="Ingrid")])))
    assert not [name for name in package.namelist() if "Ingrid" in name]
