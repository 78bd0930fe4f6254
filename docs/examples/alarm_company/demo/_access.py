"""The access case: find the person, collect, review, write the package, verify it (Art. 15)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from attrs import frozen

from alarm_company.demo._closing import close
from alarm_company.demo._screen import Screen
from alarm_company.world import World
from sectorprivacy.integrations.jinja import JinjaRenderer
from sectorprivacy.rights.coordinator import Case, Coordinator, ReviewDecision, ReviewItem, fold
from sectorprivacy.rights.package import verify_package, write_package
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Assurance, Identifier, Right


@frozen
class AccessCase:
    """The first case."""

    screen: Screen
    world: World
    coordinator: Coordinator
    signer: Signer
    output: Path

    async def play(self) -> bool:
        """Play the case. Returns whether everything that was checked holds."""
        screen, story = self.screen, self.world.story
        screen.chapter("Somebody asks: what do you know about me? (Art. 15)")
        screen.say(f"They sign in with customer number {story.customer_number}. Nothing else is known yet.")
        case = await self.coordinator.receive(
            [Right.ACCESS],
            [Identifier(kind="customer_number", value=story.customer_number, assurance=Assurance.STRONG)],
        )
        screen.say(f"Received {case.received:%d %B %Y}; the answer is due by {case.due:%A %d %B %Y}.")
        with screen.watch(self.services) as watch:
            case = await self.coordinator.find(case.id, progress=watch)
            case = await self.coordinator.collect(case.id, progress=watch)
        self._show_edges(case)
        case = await self._review(case)
        holds = await self._package(case)
        return await close(screen, self.coordinator, case) and holds

    @property
    def services(self) -> tuple[str, ...]:
        """Ids of the services."""
        return self.coordinator.services

    def _show_edges(self, case: Case) -> None:
        learned = Counter((each.identifier.kind, each.kind) for each in case.edges if each.kind != "given")
        kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for (kind, _), count in sorted(learned.items()))
        self.screen.say(f"Learned on the way: {kinds}; homes and places on panels each with their period.")

    async def _review(self, case: Case) -> Case:
        """Pictures and calls may show others: a human looks at each. Here the demonstration plays that human."""
        kinds = Counter(each.media_type for each in case.attachments)
        self.screen.say(
            f"{kinds['image/png']} pictures and {kinds['audio/wav']} recordings wait for a human to look at them,"
            " because others may be on them."
        )
        case = await self.coordinator.review(case.id, _release)
        self.screen.good("Reviewed. (The demonstration plays the human here, and releases them all.)")
        return case

    async def _package(self, case: Case) -> bool:
        contents = await self.coordinator.contents(case.id)
        path = self.output / "package.zip"
        with path.open("wb") as out:
            write_package(out, contents, signer=self.signer, renderer=JinjaRenderer())
        verified = verify_package(path, self.signer.verifier)
        person, truth = self.world.story.requester, self.world
        expected = {
            "billing.invoice": len(truth.invoices_of(person)),
            "contact_centre.message": len(truth.messages_of(person)),
            "contact_centre.recording": len(truth.recordings_of(person)),
            "monitoring.activation": len(truth.activations_of(person)),
            "monitoring.arming_event": len(truth.events_visible_to(person)),
            "monitoring.image": len(truth.images_of(person)),
        }
        records = {each.dataset: each.records for answer in case.answers.values() for each in answer.exports}
        size = path.stat().st_size / 1_000_000
        self.screen.good(f"The package is signed and verified: {verified.files} files, {size:.1f} MB.")
        return self.screen.check(
            all(records[dataset] == count for dataset, count in expected.items()) and fold(case) == "complete",
            f"It holds {sum(records.values())} records: exactly what is theirs, nothing of the housemate,"
            " nothing of the next owner of their former home.",
        )


def _release(_: ReviewItem) -> ReviewDecision:
    return ReviewDecision.release()
