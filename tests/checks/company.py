"""A small company with nothing wrong, and what tests change in it."""

from __future__ import annotations

from typing import Annotated, Any

from attrs import define

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.checks import Finding, check
from sectorprivacy.documents import data_map
from sectorprivacy.policy import Activity, Controller, Keep, Policy, Recipient
from sectorprivacy.vocabulary import Basis, Capacity
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P


@personal(id="shop.customer", key="number", anchors={"left": "left_on"})
@define
class Customer:
    number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
    name: Annotated[str, Personal(C.NAME)]
    email: Annotated[str, Personal(C.EMAIL)]
    left_on: Annotated[str | None, Personal(C.AGREEMENT)]
    colour: Annotated[str, NotPersonal("colour of the folder")]


def controller(**changes: Any) -> Controller:
    return Controller("Shop AS", **{"id": "shop", "country": "NO", **changes})


def recipient(**changes: Any) -> Recipient:
    sky = {"name": "Sky AS", "capacity": Capacity.PROCESSOR, "task": "IT services", "agreement": "DPA-1"}
    return Recipient(**{**sky, "country": "NO", **changes})


def activity(**changes: Any) -> Activity:
    """The activity that needs everything the customer table holds."""
    facts = {
        "id": "selling",
        "purpose": P.SERVICE_PROVISION,
        "basis": {"customer": Basis.CONTRACT},
        "contract": "the agreement of purchase",
        "uses": [C.NAME, C.EMAIL, C.AGREEMENT],
        "keep": Keep(after="left", years=1),
        "recipients": [recipient()],
    }
    return Activity(**{**facts, **changes})


def policy(*activities: Activity, **changes: Any) -> Policy:
    facts = {"events": {"left": "the customer left"}}
    return Policy(changes.pop("controller", controller()), activities or (activity(),), **{**facts, **changes})


def found(
    register: Policy | None = None, models: tuple[type, ...] = (Customer,), **options: Any
) -> tuple[Finding, ...]:
    """What `check` finds, beside a snapshot that is up to date with whatever can be read."""
    register = register or policy()
    if "lock" not in options:
        options["lock"] = data_map(register, read_all(models), titles=options.get("titles"))
    return check(register, models, **options)


def read_all(models: tuple[type, ...]) -> list[Any]:
    return [read_fields(model) for model in models]


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]
