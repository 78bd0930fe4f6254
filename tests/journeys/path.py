"""The path every journey takes through the services: a request for access answered, one for erasure carried out."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from alarm_company.register import policy
from sectorprivacy.integrations.jinja import JinjaRenderer
from sectorprivacy.rights.coordinator import (
    Case,
    CasePlan,
    CaseState,
    CaseVault,
    Coordinator,
    CoordinatorLimits,
    MemoryCases,
    ReviewDecision,
    ReviewItem,
    Verification,
)
from sectorprivacy.rights.package import write_package
from sectorprivacy.rights.protocol import PersonalDataService
from sectorprivacy.signing import Signer, Verifier
from sectorprivacy.vocabulary import Identifier, Right

SIGNER = Signer.generate()
"""Signs packages and countersigns receipts."""

IMPATIENT = CoordinatorLimits(connect=4, page=4, task=30, backoff=0.05)
"""Limits for cases with a service that hangs: far more than a sound one needs, and no more than a test can wait."""


@frozen(kw_only=True)
class Erased:
    """A request for erasure once it was carried out, and what the coordinator saw on the way."""

    case: Case
    plan: CasePlan
    verification: Verification


def coordinator(
    services: Mapping[str, PersonalDataService], verifiers: Mapping[str, Verifier], work: Path, **given: Any
) -> Coordinator:
    """A coordinator of the reference company; `work` is made where it is not there yet."""
    work.mkdir(exist_ok=True)
    facts: dict[str, Any] = {
        "policy": policy,
        "services": services,
        "cases": MemoryCases(),
        "vault": CaseVault.generate(),
        "work": work,
        "verifiers": verifiers,
        "signer": SIGNER,
        "limits": CoordinatorLimits(backoff=0.05),
    }
    return Coordinator(**(facts | given))


def customer(number: str) -> Identifier:
    """Who asks, by the one thing they know of themselves."""
    return Identifier(kind="customer_number", value=number)


def release(_: ReviewItem) -> ReviewDecision:
    """A reviewer who has no objection to any file."""
    return ReviewDecision.release()


async def access(asked: Coordinator, who: Identifier, decide: Any = release) -> Case:
    """Everything up to a case whose package can be written."""
    case = await asked.receive([Right.ACCESS], [who])
    await asked.find(case.id)
    return await gathered(asked, case, decide)


async def gathered(asked: Coordinator, case: Case, decide: Any = release) -> Case:
    """The rest of it, once the person was found."""
    case = await asked.collect(case.id)
    return await asked.review(case.id, decide) if case.state is CaseState.REVIEW else case


async def write(asked: Coordinator, case: Case, path: Path) -> None:
    """The package of a case, with the facts of Art. 15(1) drawn from what is in it."""
    contents = await asked.contents(case.id)
    with path.open("xb") as out:
        write_package(out, contents, signer=SIGNER, renderer=JinjaRenderer())


async def erase(asked: Coordinator, who: Identifier) -> Erased:
    """From the request to the look afterwards."""
    case = await asked.receive([Right.ERASURE], [who])
    await asked.find(case.id)
    plan = await asked.plan(case.id)
    await asked.apply(case.id, plan.digest)
    verification = await asked.verify(case.id)
    return Erased(case=await asked.case(case.id), plan=plan, verification=verification)


def unpack(package: Path) -> Path:
    """The folder the receiver of a package unpacks it to."""
    folder = package.with_suffix("")
    with zipfile.ZipFile(package) as packed:
        packed.extractall(folder)
    return folder
