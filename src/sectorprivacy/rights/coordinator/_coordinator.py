"""The coordinator: takes a person's request through every service, one step at a time, and survives its own death."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from attrs import evolve

from sectorprivacy.errors import InvalidDeclaration, NotYetSupported
from sectorprivacy.policy import Policy
from sectorprivacy.rights.coordinator._case import Case, Edge, Verification
from sectorprivacy.rights.coordinator._change import CasePlan, apply, plan
from sectorprivacy.rights.coordinator._clock import deadlines
from sectorprivacy.rights.coordinator._close import close
from sectorprivacy.rights.coordinator._contents import contents
from sectorprivacy.rights.coordinator._desk import Desk
from sectorprivacy.rights.coordinator._export import collect
from sectorprivacy.rights.coordinator._find import find
from sectorprivacy.rights.coordinator._limits import CoordinatorLimits
from sectorprivacy.rights.coordinator._opened import OpenCase
from sectorprivacy.rights.coordinator._progress import Watcher
from sectorprivacy.rights.coordinator._review import Decide, review
from sectorprivacy.rights.coordinator._store import CaseStore
from sectorprivacy.rights.coordinator._vault import CaseVault
from sectorprivacy.rights.coordinator._verification import verify
from sectorprivacy.rights.package import PackageContents
from sectorprivacy.rights.protocol import Erasure, Instruction, PersonalDataService
from sectorprivacy.signing import Signer, Verifier
from sectorprivacy.vocabulary import Identifier, Right

SUPPORTED = frozenset({Right.ACCESS, Right.PORTABILITY, Right.ERASURE})


def _now() -> datetime:
    return datetime.now(UTC)


class Coordinator:
    """Takes cases through the services of one controller.

    Each step is saved before the next begins, so a case is taken up by its id after any interruption. A service that
    hangs, fails or lies makes its own part of the case fail, with a reason code, and never the case.

    Args:
        policy: The register; its controller decides the clock.
        services: Everything that may hold personal data, by service id.
        cases: Where cases are kept.
        vault: Seals them.
        work: Folder for files under review; readable by the coordinator's account only.
        verifiers: By service id, the key of its receipts.
        signer: Countersigns receipts.
        limits: What to wait for and to accept.
        now: The present moment, aware; for tests and simulations.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        services: Mapping[str, PersonalDataService],
        cases: CaseStore,
        vault: CaseVault,
        work: Path,
        verifiers: Mapping[str, Verifier],
        signer: Signer,
        limits: CoordinatorLimits | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._cases = cases
        self._vault = vault
        self._desk = Desk(
            policy=policy,
            services=dict(sorted(services.items())),
            verifiers=verifiers,
            signer=signer,
            work=work,
            limits=CoordinatorLimits() if limits is None else limits,
            now=now,
        )

    @property
    def services(self) -> tuple[str, ...]:
        """Ids of the services that are asked, in their order."""
        return tuple(self._desk.services)

    async def receive(
        self, rights: Sequence[Right], identifiers: Sequence[Identifier], *, received: datetime | None = None
    ) -> Case:
        """Open a case.

        Args:
            rights: What the person asks for.
            identifiers: What they are known by; only those that somebody made sure of are followed.
            received: When the request came in on any channel; by default now. The legal clock runs from there.

        Raises:
            NotYetSupported: A right that this version does not carry out.
            InvalidDeclaration: No right is named.
        """
        if not rights:
            raise InvalidDeclaration(where="receive", problem="no right is named", instead="Name what is asked for")
        for right in rights:
            if right not in SUPPORTED:
                raise NotYetSupported(what=f"The right of {right.value}")
        moment = self._desk.now() if received is None else received
        days = deadlines(moment, self._desk.policy.controller)
        case = Case(
            id=uuid4(),
            rights=tuple(dict.fromkeys(rights)),
            received=moment,
            due=days.due,
            extended=days.extended,
            edges=tuple(Edge(kind="given", identifier=each) for each in dict.fromkeys(identifiers)),
        )
        return (await OpenCase.create(case, self._cases, self._vault)).case

    async def case(self, case: UUID) -> Case:
        """The case as it stands.

        Raises:
            CaseRefused: There is none with this id.
        """
        return (await self._open(case)).case

    async def find(self, case: UUID, *, progress: Watcher | None = None) -> Case:
        """Find the person in every service, in rounds until nothing new turns up.

        Without a verified identifier nothing is asked and nothing revealed: the case is then `clarifying` (Art. 12(6)).
        """
        return await find(self._watched(progress), await self._open(case))

    async def collect(self, case: UUID, *, progress: Watcher | None = None) -> Case:
        """Export everything the person may see, files included (Art. 15(3), 20); asked again, it goes on."""
        return await collect(self._watched(progress), await self._open(case))

    async def review(self, case: UUID, decide: Decide) -> Case:
        """Put each file to a human, who releases or withholds it (Art. 15(4))."""
        return await review(self._desk, await self._open(case), decide)

    async def contents(self, case: UUID) -> PackageContents:
        """What the person's package is made of, for `write_package`, with the facts of Art. 15(1).

        Args:
            case: A collected case whose files were reviewed.
        """
        return await asyncio.to_thread(contents, self._desk, await self._open(case))

    async def plan(
        self, case: UUID, instruction: Instruction | None = None, *, progress: Watcher | None = None
    ) -> CasePlan:
        """Say what an erasure would do in every service, what stays and why; changes nothing (Art. 17)."""
        return await plan(self._watched(progress), await self._open(case), instruction or Erasure())

    async def apply(self, case: UUID, plan_digest: str, *, progress: Watcher | None = None) -> Case:
        """Carry out the plan with that digest, exactly; final. Asked again, it goes on where it was left off."""
        return await apply(self._watched(progress), await self._open(case), plan_digest, Erasure())

    async def verify(self, case: UUID, *, progress: Watcher | None = None) -> Verification:
        """Find and export again after an erasure: exactly what was retained may remain."""
        return await verify(self._watched(progress), await self._open(case))

    async def close(self, case: UUID, *, progress: Watcher | None = None) -> Case:
        """Close the case: every service forgets whom it was about, then its own key is destroyed.

        Its pages, files and identifiers go with the key. What stays is the account of it without the person: dates,
        outcomes, receipts (Art. 5(2)). A service that does not answer stands in `Case.unclosed`, and the case closes
        all the same; closing it again asks those services again, and no others.

        Raises:
            CaseRefused: It is in the middle of something that has to end first.
        """
        return await close(self._watched(progress), await self._open(case), self._vault)

    async def _open(self, case: UUID) -> OpenCase:
        return await OpenCase.load(case, self._cases, self._vault)

    def _watched(self, progress: Watcher | None) -> Desk:
        return self._desk if progress is None else evolve(self._desk, tell=progress)
