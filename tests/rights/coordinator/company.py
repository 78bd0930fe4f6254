"""A company of four small services, and one person to ask for: Kari, who moved house, and whose housemate is Ola."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sectorprivacy.policy import Controller, Policy
from sectorprivacy.rights.coordinator import CaseVault, Coordinator, CoordinatorLimits, MemoryCases
from sectorprivacy.rights.protocol import Link, PersonalDataService
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Assurance, Identifier, Period
from tests.rights.coordinator.small_service import Row, SmallService

MOVED = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC)
NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)

KARI = Identifier(kind="customer_number", value="100001")
FORMER_HOME = Identifier(kind="installation", value="H1", period=Period(end=MOVED))
HOME = Identifier(kind="installation", value="H2", period=Period(start=MOVED))
EMAIL = Identifier(kind="email", value="kari@example.no")
GUESSED = Identifier(kind="email", value="k.nordmann@example.no", assurance=Assurance.CLAIMED)

POLICY = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [])
LIMITS = CoordinatorLimits(connect=0.5, page=0.5, task=5, backoff=0.01, page_records=2)

SECOND_IMAGE = b"another picture" * 40


def services() -> dict[str, SmallService]:
    """The services, each with rows of Kari and of others."""
    number, email = (KARI.kind, KARI.value), (EMAIL.kind, EMAIL.value)
    crm = SmallService(
        id="crm",
        accepts=("customer_number", "email"),
        teaches=("email", "installation"),
        rows={"crm.customer": {1: Row(of=number, text="Kari"), 2: Row(of=("customer_number", "2"), text="Ola")}},
        links={
            number: (
                Link(kind="same_person", identifier=EMAIL, learned_from="crm.customer"),
                Link(kind="same_person", identifier=GUESSED, learned_from="crm.customer"),
                Link(kind="record_link", identifier=FORMER_HOME, learned_from="crm.customer"),
                Link(kind="record_link", identifier=HOME, learned_from="crm.customer"),
            )
        },
        people={number: "Kari", email: "Kari", ("customer_number", "2"): "Ola"},
    )
    monitoring = SmallService(
        id="monitoring",
        accepts=("installation",),
        rows={
            "monitoring.event": {
                1: Row(of=("installation", "H1"), text="Kari armed", at=BEFORE),
                2: Row(of=("installation", "H1"), text="new owner armed", at=AFTER),
                3: Row(of=("installation", "H2"), text="previous owner armed", at=BEFORE),
                4: Row(of=("installation", "H2"), text="Kari disarmed", at=AFTER, file=b"picture" * 100),
                5: Row(of=("installation", "H2"), text="alarm", at=AFTER, file=SECOND_IMAGE),
                6: Row(of=("installation", "H2"), text="alarm again", at=AFTER),
                7: Row(of=("installation", "H3"), text="somebody else", at=AFTER),
            }
        },
    )
    billing = SmallService(
        id="billing",
        accepts=("customer_number",),
        rows={
            "billing.invoice": {
                1: Row(of=number, text="2019"),
                2: Row(of=number, text="2025", kept=True),
                3: Row(of=number, text="2026", kept=True),
                4: Row(of=("customer_number", "2"), text="Ola 2026"),
            },
            "billing.reminder": {},
        },
    )
    contact = SmallService(
        id="contact_centre", accepts=("email",), rows={"contact.message": {1: Row(of=email, text="Hello")}}
    )
    logs = SmallService(id="logs", accepts=(), rows={}, holds_nothing="Logs carry no personal data.")
    return {each.id: each for each in (crm, monitoring, billing, contact, logs)}


def coordinator(asked: Mapping[str, Any], sound: Mapping[str, SmallService], work: Path, **given: Any) -> Coordinator:
    """A coordinator over services, of which some may be wrapped; `sound` has the keys of their receipts."""
    inside: dict[str, PersonalDataService] = dict(asked)
    facts: dict[str, Any] = {
        "policy": POLICY,
        "services": inside,
        "cases": MemoryCases(),
        "vault": CaseVault.generate(),
        "work": work,
        "verifiers": {name: each.signer.verifier for name, each in sound.items()},
        "signer": Signer.generate(),
        "limits": LIMITS,
        "now": lambda: NOW,
    }
    return Coordinator(**(facts | given))
