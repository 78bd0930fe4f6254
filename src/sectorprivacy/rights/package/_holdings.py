"""What the answers themselves show of the processing: the facts that the access information is written from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sectorprivacy.documents import Holding
from sectorprivacy.rights.package._contents import DataSetPart, ServicePart
from sectorprivacy.rights.protocol import FieldDeclaration


def holdings_of(services: Sequence[ServicePart]) -> list[Holding]:
    """What each service that answered holds about the person: only fields and roles that their records really have.

    Reads every record once, in constant memory. Services that hold nothing, or did not answer, are left out.
    """
    return [holding for service in services if (holding := _holding(service)) is not None]


def _holding(service: ServicePart) -> Holding | None:
    fields: dict[str, FieldDeclaration] = {}
    roles: dict[str, None] = {}
    activities: dict[str, None] = {}
    for part in service.datasets:
        held = dict.fromkeys(_roles(part, fields))
        if held:
            roles |= held
            activities |= dict.fromkeys(part.declaration.activities)
    if not roles:
        return None
    return Holding(
        service=service.title,
        categories=list(dict.fromkeys(each.category for each in fields.values())),
        sources=list(dict.fromkeys(each.source for each in fields.values())),
        roles=list(roles),
        activities=list(activities),
    )


def _roles(part: DataSetPart, fields: dict[str, FieldDeclaration]) -> Iterator[str]:
    """The roles of each record; what the record holds is noted in `fields`."""
    declared = {each.id: each for each in part.declaration.fields}
    for record in part.records():
        named = [*(name for name, value in record.fields.items() if value is not None)]
        named += [each.field for each in record.attachments]
        named += [each.field for each in record.withheld]
        fields |= {f"{part.declaration.id}/{name}": declared[name] for name in named if name in declared}
        yield from record.roles
