"""The CRM as a service: derived whole from its marks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import sessionmaker

from alarm_company.crm._models import (
    Agreement,
    Base,
    Consent,
    ContactPerson,
    Customer,
    Objection,
    Ownership,
    OwnershipChange,
    UserSlot,
)
from alarm_company.register import policy
from alarm_company.site import Site
from alarm_company.world import World
from sectorprivacy.encryption import Sealed
from sectorprivacy.integrations.sqlalchemy import SqlModels, open_database
from sectorprivacy.rights.service import Service

MODELS: list[type] = [
    Customer,
    ContactPerson,
    Agreement,
    Ownership,
    OwnershipChange,
    UserSlot,
    Consent,
    Objection,
]


def build(site: Site) -> Service:
    """The service over the site's databases."""
    engine = open_database(f"sqlite:///{site.database}")
    Base.metadata.create_all(engine)
    privacy = site.privacy(policy, MODELS)
    return privacy.service(
        "crm", title="Customer register", data=SqlModels(sessionmaker(engine)), signer=site.signer("receipts")
    )


def fill(site: Site, world: World) -> None:
    """Write what the CRM knows of the world."""
    engine = open_database(f"sqlite:///{site.database}")
    Base.metadata.create_all(engine)
    privacy = site.privacy(policy, MODELS)
    privacy.enrol([("customer_number", customer.number) for customer in world.customers])
    with privacy, sessionmaker(engine).begin() as session:
        session.add_all(_customers(world))
        session.flush()
        session.add_all(_rows(world))


def _customers(world: World) -> Iterator[Customer]:
    ends: dict[str, list[datetime | None]] = {}
    for agreement in world.agreements:
        ends.setdefault(agreement.customer, []).append(agreement.ended)
    for each in world.customers:
        ended = [end for end in ends[each.number] if end is not None]
        yield Customer(
            number=each.number,
            name=each.person.name,
            birth_date=each.person.birth_date,
            national_id=Sealed.of(each.person.national_id),
            email=each.person.email,
            telephone=Sealed.of(each.person.telephone),
            registered_on=each.registered.date(),
            left_on=max(ended).date() if len(ended) == len(ends[each.number]) else None,
        )


def _rows(world: World) -> Iterator[Base]:
    for person in world.contact_persons:
        yield ContactPerson(
            customer_number=person.customer,
            order=person.order,
            name=person.name,
            telephone=person.telephone,
            email=person.email,
        )
    for agreement in world.agreements:
        yield Agreement(
            customer_number=agreement.customer,
            installation=agreement.installation,
            signed_on=agreement.signed.date(),
            ended_on=agreement.ended.date() if agreement.ended else None,
        )
    for owned in world.ownerships:
        yield Ownership(
            customer_number=owned.customer, installation=owned.installation, since=owned.start, until=owned.end
        )
    for change in world.ownership_changes:
        yield OwnershipChange(installation=change.installation, old=change.old, new=change.new, changed_at=change.at)
    for slot in world.user_slots:
        yield UserSlot(slot=slot.slot, name=slot.person.name, email=slot.person.email, since=slot.start, until=slot.end)
    for consent in world.consents:
        yield Consent(
            customer_number=consent.customer,
            activity=consent.activity,
            text_version=consent.text_version,
            given_at=consent.at,
        )
    for objection in world.objections:
        yield Objection(
            customer_number=objection.customer,
            email=objection.email,
            activity=objection.activity,
            raised_at=objection.at,
        )
