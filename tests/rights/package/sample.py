"""A small company and one person's contents, as the tests of packages need them."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import attrs

from sectorprivacy.documents import Document, Paragraph
from sectorprivacy.policy import Controller
from sectorprivacy.rights.package import (
    AttachmentFile,
    DataSetPart,
    PackageContents,
    ServicePart,
)
from sectorprivacy.rights.protocol import Attachment, DataSet, FieldDeclaration, Record, Withheld
from sectorprivacy.vocabulary import Ground, Relation, Right, Source

COMPANY = Controller(
    "Sector Alarm Group AS",
    id="sector-alarm",
    country="NO",
    postal_address="Postboks 113 Grefsen, 0485 Oslo",
    telephone="915 03033",
    email="post@sectoralarm.com",
    dpo="dpo@sectoralarm.com",
    authority="Datatilsynet",
)


def png(shade: int = 90) -> bytes:
    """A real picture of 8 by 6 grey points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([(shade + 20 * row) % 256] * 8) for row in range(6))
    header = struct.pack(">2I5B", 8, 6, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def declared(identifier: str, label: str, **more: object) -> FieldDeclaration:
    facts: dict[str, object] = {"category": "event", "source": Source.OBSERVED, "roles": ("customer",)}
    return FieldDeclaration.model_validate({"id": identifier, "label": label, **facts, **more})


EVENTS = DataSet(
    id="monitoring.event",
    label="Alarm events",
    relations={"customer": Relation.OWNER, "alarm_user": Relation.APPEARS},
    fields=(
        declared("at", "When"),
        declared("command", "What happened", values={"armed_away": "Alarm switched on"}),
        declared("note", "Note"),
        declared("code", "Code", secret=True),
        declared("picture", "Picture", attachment="image/png"),
    ),
    activities=("monitor",),
)


def record(number: int, *, note: str = "", pictures: Sequence[bytes] = (), secret: bool = False) -> Record:
    """An event; its pictures are PNG files."""
    return Record(
        key=(f"i{number}",),
        roles=("customer",),
        fields={"at": f"2026-03-{number % 28 + 1:02d}T13:05:00Z", "command": "armed_away", "note": note},
        attachments=tuple(
            Attachment(
                id=str(place),
                field="picture",
                media_type="image/png",
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
            for place, data in enumerate(pictures)
        ),
        withheld=(Withheld(field="code", ground=Ground.SECRET),) if secret else (),
    )


def contents_of(records: Sequence[Record], *, files: Sequence[AttachmentFile] = (), **more: object) -> PackageContents:
    """Contents of one service with one data set, beside one that failed and one that holds nothing."""
    part = DataSetPart(declaration=EVENTS, outcome="exported", records=lambda: records)
    contents = PackageContents(
        case=UUID("6c1f3c0e-94a0-4f0e-9a51-8a2e5a1c7b11"),
        right=Right.ACCESS,
        made=datetime(2026, 11, 25, 13, 5, 30, tzinfo=UTC),
        controller=COMPANY,
        information=Document(title="About the use of your data", blocks=(Paragraph(text="We watch over homes."),)),
        services=(
            ServicePart(service="monitoring", title="Alarm monitoring", datasets=(part,)),
            ServicePart(service="billing", title="Invoices", failed="timed_out"),
            ServicePart(service="logs", title="Technical logs", holds_nothing="addresses are cut off"),
        ),
        attachments={file.sha256: file for file in files},
    )
    return attrs.evolve(contents, **more)
