"""The erasure case: plan, apply, verify, receipts, and a scan of the raw files (Art. 17)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from alarm_company.demo._closing import close
from alarm_company.demo._screen import Screen
from alarm_company.demo._snapshot import Difference, difference, snapshot
from alarm_company.world import World
from sectorprivacy.rights.coordinator import Case, CasePlan, Coordinator, DataSetChange, fold
from sectorprivacy.signing import Verifier
from sectorprivacy.testing import Hit, scan_files
from sectorprivacy.vocabulary import Assurance, Identifier, Right

KEPT_BY_LAW = {("billing", "data.db"), ("crm", "data.db")}
"""Where the customer number must still stand: on invoices the law wants kept, and on the objection to marketing."""


@frozen
class ErasureCase:
    """The second case."""

    screen: Screen
    world: World
    coordinator: Coordinator
    root: Path
    verifiers: Mapping[str, Verifier]
    output: Path

    async def play(self) -> bool:
        """Play the case. Returns whether everything that was checked holds."""
        screen = self.screen
        screen.chapter("The same person asks: erase me (Art. 17)")
        number = self.world.story.customer_number
        case = await self.coordinator.receive(
            [Right.ERASURE], [Identifier(kind="customer_number", value=number, assurance=Assurance.STRONG)]
        )
        with screen.watch(self.coordinator.services) as watch:
            await self.coordinator.find(case.id, progress=watch)
            plan = await self.coordinator.plan(case.id, progress=watch)
        self._show_plan(plan)
        before = await asyncio.to_thread(snapshot, self.root)
        screen.chapter("The plan is approved, and applied exactly")
        with screen.watch(self.coordinator.services) as watch:
            await self.coordinator.apply(case.id, plan.digest, progress=watch)
            verification = await self.coordinator.verify(case.id, progress=watch)
        case = await self.coordinator.case(case.id)
        holds = [
            screen.check(not verification.deviations, "Asked again, the services hold what was retained, no more."),
            screen.check(self._write_receipts(case), "Every service signed a receipt; the coordinator countersigned."),
            screen.check(fold(case) == "complete_with_retained", "The case is complete, with what the law retains."),
            *self._check_rows(case, difference(before, await asyncio.to_thread(snapshot, self.root))),
            await close(screen, self.coordinator, case),
        ]
        screen.chapter("What is left in the raw files: databases, write-ahead logs, free pages, keys, pictures, calls")
        hits = await asyncio.to_thread(scan_files, self.root, self.world.values_of(self.world.story.requester))
        return all([*holds, *self._check_scan(hits)])

    def _show_plan(self, plan: CasePlan) -> None:
        changes = [change for service in plan.services.values() for change in service]
        rows = [(change.dataset, _goes(change), _stays(change)) for change in changes]
        self.screen.table(("data set", "goes", "stays, under which law, until when"), rows)
        lines = ["| Data set | Goes | Stays, under which law, until when |", "| --- | --- | --- |"]
        lines += [f"| {dataset} | {goes} | {stays} |" for dataset, goes, stays in rows]
        (self.output / "plan.md").write_text(f"# Plan {plan.digest}\n\n" + "\n".join(lines) + "\n")

    def _write_receipts(self, case: Case) -> bool:
        folder = self.output / "receipts"
        folder.mkdir()
        for answer in case.answers.values():
            if answer.evidence is not None:
                (folder / f"{answer.service}.json").write_text(answer.evidence.receipt)
                self.verifiers[answer.service].save(folder / f"{answer.service}.pem")
                (folder / f"{answer.service}.countersigned.json").write_text(answer.evidence.countersignature)
        return all(answer.evidence is not None for answer in case.answers.values())

    def _check_rows(self, case: Case, changed: Difference) -> list[bool]:
        outcomes: Counter[str] = Counter()
        for answer in case.answers.values():
            for change in answer.applied:
                outcomes.update(change.outcomes)
        rows = [place for place in changed.removed if place[1] != "files"]
        files = [place for place in changed.removed if place[1] == "files"]
        cleared = outcomes["anonymised"] + outcomes["unlinked"]
        person = self.world.story.requester
        theirs = len(self.world.images_of(person)) + len(self.world.recordings_of(person))
        return [
            self.screen.check(
                len(rows) == outcomes["erased"] and len(changed.changed) == cleared and not changed.added,
                f"{len(rows)} rows are gone and the person is cut out of {len(changed.changed)} rows of others;"
                " every other row of everybody is the same, byte for byte.",
            ),
            self.screen.check(
                len(files) == theirs, f"{len(files)} pictures and recordings are gone; every other file is the same."
            ),
        ]

    def _check_scan(self, hits: tuple[Hit, ...]) -> list[bool]:
        person = self.world.story.requester
        number = self.world.story.customer_number
        places = {(hit.path.parent.name, hit.path.name) for hit in hits}
        sealed = [hit for hit in hits if hit.value in self.world.sealed_values_of(person)]
        for hit in hits:
            self.screen.say(f"{hit.path.relative_to(self.root)}: {hit.value} ({hit.encoding})")
        return [
            self.screen.check(
                {hit.value for hit in hits} == {number} and places == KEPT_BY_LAW,
                "Of all that identifies the person, only the customer number is left: on invoices the law wants kept,"
                " and on their objection to marketing.",
            ),
            self.screen.check(not sealed, "Of what was sealed (national identity number, telephone, calls): nothing."),
        ]


def _goes(change: DataSetChange) -> str:
    return ", ".join(f"{count} {word}" for word, count in change.outcomes.items() if word != "retained")


def _stays(change: DataSetChange) -> str:
    if not change.retained:
        return ""
    laws = Counter[str]()
    ends: dict[str, list[str]] = {}
    for each in change.retained:
        laws[each.law] += each.count
        ends.setdefault(each.law, []).append(each.until.replace("_", " "))
    return "; ".join(f"{count} under {law}, until {_until(ends[law])}" for law, count in laws.items())


def _until(ends: list[str]) -> str:
    first, last = min(ends), max(ends)
    return first if first == last else f"{first} to {last}"
