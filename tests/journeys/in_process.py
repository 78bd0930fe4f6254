"""A journey through the four services in this process, and everything there is to look at once it is over."""

from __future__ import annotations

import hashlib
import importlib
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from alarm_company.site import SERVICES, Site
from alarm_company.world import Person, World, draw_image
from sectorprivacy.rights.coordinator import Case, Coordinator, ReviewDecision, ReviewItem
from sectorprivacy.rights.package import VerifiedPackage, verify_package
from sectorprivacy.rights.service import Service
from sectorprivacy.signing import Verifier
from sectorprivacy.testing import scan_files
from sectorprivacy.vocabulary import Ground
from tests.journeys.path import SIGNER, Erased, access, coordinator, customer, erase, unpack, write
from tests.journeys.tables import Tables, read_tables

UNKNOWN = customer("C-0000000")


@frozen(kw_only=True, repr=False)
class Journey:
    """The services' folders and the coordinator's answers, before, between and after.

    Args:
        filled, answered, asked_unknown, gone: The rows of all databases once the services had their data, after the
            access request, after that of somebody unknown, and after the erasure.
        files: Digests of pictures and recordings before anything happened.
        sealed_hits: Where values that some service seals were found before the erasure.
        access, verified, copy: The requester's case, what verifying its package said, and the folder of its files.
        unknown, nothing, nothing_copy: The same of somebody nobody knows.
        erased: The requester's erasure.
        others: Copies of people who shared a home with the requester, asked for after the erasure.
    """

    world: World
    sites: Path
    work: Path
    verifiers: Mapping[str, Verifier]
    filled: Tables
    files: Mapping[str, str]
    sealed_hits: frozenset[tuple[str, str]]
    access: Case
    verified: VerifiedPackage
    copy: Path
    answered: Tables
    unknown: Case
    nothing: VerifiedPackage
    nothing_copy: Path
    asked_unknown: Tables
    erased: Erased
    gone: Tables
    others: Mapping[Person, Path]

    @property
    def person(self) -> Person:
        return self.world.story.requester

    def records(self, dataset: str, copy: Path | None = None) -> dict[str, Any]:
        """The records of a data set as the person received them, by the text of their key."""
        lines = (
            ((copy or self.copy) / "data" / dataset.partition(".")[0] / f"{dataset}.ndjson").read_text().splitlines()
        )
        return {record["key"][0]: record for record in map(json.loads, lines)}

    def ids(self, dataset: str, copy: Path | None = None) -> set[int]:
        """Their keys, where those are numbers."""
        return {int(key.removeprefix("i")) for key in self.records(dataset, copy)}


async def walk(root: Path) -> Journey:
    """An access request, one of somebody nobody knows, and an erasure, in folders below `root`."""
    world = World.generate(seed=1, customers=60)
    sites, work = root / "sites", root / "work"
    services, verifiers = _open(sites, world)
    filled, files = read_tables(sites), digests(sites)
    asked = coordinator(services, verifiers, work)
    requester = customer(world.story.customer_number)

    case = await access(asked, requester, _all_but_one_picture(world))
    verified, copy = await _received(asked, case, root / "copy.zip")
    await asked.close(case.id)
    answered = read_tables(sites)
    unknown = await access(asked, UNKNOWN)
    nothing, nothing_copy = await _received(asked, unknown, root / "nothing.zip")
    asked_unknown = read_tables(sites)
    sealed_hits = hits(sites, _sealed(world))

    erased = await erase(asked, requester)
    await asked.close(erased.case.id)
    gone = read_tables(sites)
    others = {}
    for person in (world.story.later_owner, world.story.customer_at_h):
        (number,) = world.customer_numbers_of(person)
        theirs = await access(asked, customer(number))
        _, others[person] = await _received(asked, theirs, root / f"{number}.zip")
        await asked.close(theirs.id)
    return Journey(
        world=world,
        sites=sites,
        work=work,
        verifiers=verifiers,
        filled=filled,
        files=files,
        sealed_hits=sealed_hits,
        access=case,
        verified=verified,
        copy=copy,
        answered=answered,
        unknown=unknown,
        nothing=nothing,
        nothing_copy=nothing_copy,
        asked_unknown=asked_unknown,
        erased=erased,
        gone=gone,
        others=others,
    )


def _open(sites: Path, world: World) -> tuple[dict[str, Service], dict[str, Verifier]]:
    services, verifiers = {}, {}
    for name in SERVICES:
        site = Site(sites / name, secrets.token_bytes(32))
        site.path.mkdir(parents=True)
        module = importlib.import_module(f"alarm_company.{name}")
        module.fill(site, world)
        services[name] = module.build(site)
        verifiers[name] = Verifier.load(site.public_key("receipts"))
    return services, verifiers


async def _received(asked: Coordinator, case: Case, package: Path) -> tuple[VerifiedPackage, Path]:
    await write(asked, case, package)
    return verify_package(package, SIGNER.verifier), unpack(package)


def _all_but_one_picture(world: World) -> Callable[[ReviewItem], ReviewDecision]:
    held_back = digest(draw_image(withheld_picture(world)))

    def decide(item: ReviewItem) -> ReviewDecision:
        if item.attachment.sha256 == held_back:
            return ReviewDecision.withhold(Ground.RIGHTS_OF_OTHERS, "It shows somebody else")
        return ReviewDecision.release()

    return decide


def withheld_picture(world: World) -> str:
    return min(world.images_of(world.story.requester))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digests(sites: Path) -> dict[str, str]:
    """By name, every picture and recording."""
    return {str(path.relative_to(sites)): digest(path.read_bytes()) for path in sorted(sites.glob("*/files/*"))}


def _sealed(world: World) -> set[str]:
    """Values of everybody that stand sealed in one service, and in others perhaps in the clear."""
    return {value for each in world.customers for value in world.sealed_values_of(each.person)}


def hits(root: Path, values: set[str]) -> frozenset[tuple[str, str]]:
    """File and value of all that is found."""
    return frozenset((str(hit.path.relative_to(root)), hit.value) for hit in scan_files(root, values))
