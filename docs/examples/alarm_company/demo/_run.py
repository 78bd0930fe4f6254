"""The demonstration from the start of the services to the last line on the screen."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from alarm_company.company import Company
from alarm_company.demo._access import AccessCase
from alarm_company.demo._erasure import ErasureCase
from alarm_company.demo._screen import Screen
from alarm_company.register import policy
from alarm_company.world import World
from sectorprivacy.errors import ConfigurationError
from sectorprivacy.integrations.sqlalchemy import SqlCases
from sectorprivacy.rights.coordinator import CaseVault, Coordinator
from sectorprivacy.rights.protocol import PersonalDataService
from sectorprivacy.signing import Signer, Verifier

SEED = 1
MARK = ".sectorprivacy-demo"
"""Name of the file by which a folder is known as one that the demonstration may replace."""


def run(*, customers: int, output: Path, keep: bool) -> int:
    """Play both cases. Returns the exit code: 0 if everything that was checked holds."""
    screen = Screen()
    _make_room(output)
    today = datetime.now(UTC).date()
    with tempfile.TemporaryDirectory(prefix="alarm-company-") as temporary:
        root = (output / "services") if keep else Path(temporary)
        root.mkdir(exist_ok=True)
        screen.chapter("An alarm company, with four services that know people by different names")
        world = World.generate(SEED, customers, today)
        screen.say(
            f"{len(world.customers):,} customers, {len(world.people):,} people, {len(world.arming_events):,} events,"
            f" {len(world.invoices):,} invoices. Each service makes its data, its databases and its keys …"
        )
        with Company(root, world=f"{SEED},{customers},{today.isoformat()}") as company:
            for name, url in company.urls.items():
                screen.good(f"{name:<16} {url}, a process of its own")
            holds = asyncio.run(_cases(screen, world, company, output))
    _farewell(screen, output, holds=holds, keep=keep)
    return 0 if holds else 1


async def _cases(screen: Screen, world: World, company: Company, output: Path) -> bool:
    signer = Signer.generate()
    signer.verifier.save(output / "verify-key.pem")
    with tempfile.TemporaryDirectory(prefix="coordinator-") as desk:
        async with company.services() as services:
            coordinator = _coordinator(Path(desk), services, company.verifiers, signer)
            given = await AccessCase(screen, world, coordinator, signer, output).play()
            erased = await ErasureCase(screen, world, coordinator, company.root, company.verifiers, output).play()
    return given and erased


def _coordinator(
    desk: Path, services: Mapping[str, PersonalDataService], verifiers: Mapping[str, Verifier], signer: Signer
) -> Coordinator:
    work = desk / "work"
    work.mkdir()
    return Coordinator(
        policy=policy,
        services=services,
        cases=SqlCases(f"sqlite:///{desk / 'cases.db'}"),
        vault=CaseVault.generate(),
        work=work,
        verifiers=verifiers,
        signer=signer,
    )


def _make_room(output: Path) -> None:
    """An empty folder for the output. Raises: ConfigurationError, rather than replace what another program made."""
    if output.exists():
        if any(output.iterdir()) and not (output / MARK).exists():
            raise ConfigurationError(
                problem=f"the folder {output.name} holds something else", instead="Name another folder with --output"
            )
        shutil.rmtree(output)
    output.mkdir(parents=True)
    (output / MARK).touch()


def _farewell(screen: Screen, output: Path, *, holds: bool, keep: bool) -> None:
    screen.chapter("Where to look")
    with zipfile.ZipFile(output / "package.zip") as package:
        package.extractall(output / "package")
    rows = [
        (f"{output}/package/START-HERE.html", "what the person opens"),
        (f"{output}/package.zip", "what the person receives: `sectorprivacy verify` checks every byte of it"),
        (f"{output}/plan.md", "what the erasure would do, as it was approved"),
        (f"{output}/receipts/", "what each service signed, with the key that verifies it"),
    ]
    if keep:
        rows.append((f"{output}/services/", "the services' databases and files, after the erasure"))
    screen.table(("", ""), rows)
    screen.say("")
    if holds:
        screen.good("Everything that was checked holds. The services have stopped.")
    else:
        screen.bad("Something does not hold: see the crosses above. The services have stopped.")
