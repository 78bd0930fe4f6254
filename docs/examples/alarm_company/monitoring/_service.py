"""Monitoring as a service: derived whole from its marks, with the pictures in a folder beside the database."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.orm import sessionmaker

from alarm_company import world
from alarm_company.monitoring._models import Activation, ArmingEvent, Base, VerificationImage
from alarm_company.register import policy
from alarm_company.site import Site
from alarm_company.world import World, draw_image
from sectorprivacy.integrations.sqlalchemy import SqlModels, open_database
from sectorprivacy.rights.service import FileFolder, Service

MODELS: list[type] = [ArmingEvent, Activation, VerificationImage]


def build(site: Site) -> Service:
    """The service over the site's databases and pictures."""
    engine = open_database(f"sqlite:///{site.database}")
    Base.metadata.create_all(engine)
    site.files.mkdir(exist_ok=True)
    data = SqlModels(sessionmaker(engine), files=FileFolder(site.files))
    return site.privacy(policy, MODELS).service(
        "monitoring", title="Alarm monitoring", data=data, signer=site.signer("receipts")
    )


def fill(site: Site, known: World) -> None:
    """Write what monitoring knows of the world."""
    engine = open_database(f"sqlite:///{site.database}")
    Base.metadata.create_all(engine)
    site.files.mkdir(exist_ok=True)
    for activation in known.activations:
        for name in activation.images:
            (site.files / name).write_bytes(draw_image(name))
    with engine.begin() as connection:
        connection.execute(insert(ArmingEvent), [_arming(event) for event in known.arming_events])
        connection.execute(insert(Activation), [_activation(each) for each in known.activations])
        connection.execute(insert(VerificationImage), [row for each in known.activations for row in _images(each)])


def _arming(event: world.ArmingEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "installation": event.installation,
        "slot": event.slot,
        "command": event.command,
        "at": event.at,
    }


def _activation(each: world.Activation) -> dict[str, object]:
    return {
        "id": each.id,
        "installation": each.installation,
        "kind": each.kind,
        "at": each.at,
        "follow_up": each.follow_up,
    }


def _images(each: world.Activation) -> list[dict[str, object]]:
    return [
        {"activation": each.id, "installation": each.installation, "at": each.at, "file": name} for name in each.images
    ]
