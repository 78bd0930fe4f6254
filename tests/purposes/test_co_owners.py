"""Values of several owners: each of them opens them, nobody else does, and they outlast all owners but the last."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from io import BytesIO
from typing import Annotated, Any

import pytest
from attrs import define, evolve

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.errors import (
    ConsentMissing,
    DecryptionError,
    InvalidDeclaration,
    KeyErased,
    KeyNotLoaded,
    NoPurpose,
    PersonErased,
    RoleNotCovered,
    SubjectNotCovered,
)
from sectorprivacy.ledger import MemoryLog, StandingKind, StandingRecord
from sectorprivacy.policy import Controller, Policy
from sectorprivacy.purposes import prefetch, using
from sectorprivacy.vocabulary import Basis, Relation, SubjectRef
from tests.purposes.company import KARI, NOW, OLA, activity

LIV = "100236"
DOOR = "4711 and the key is under the mat"

keeping = activity("keeping", Basis.CONTRACT, uses=["national_id", "recording"])
asking = activity("asking", Basis.CONSENT, uses=["national_id"])
selling = evolve(keeping, id="selling", basis={"payer": Basis.CONTRACT})
POLICY = Policy(Controller("Company", id="company", country="NO"), [keeping, asking, selling])


@personal(id="homes.home", key="number", relation=Relation.CO_OWNER)
@define(kw_only=True)
class Home:
    """A home that two customers own, or one of them alone."""

    number: Annotated[int, NotPersonal("row key")]
    first: Annotated[str | None, SubjectId("customer_number", role="customer")] = None
    second: Annotated[str | None, SubjectId("customer_number", role="customer", id="second")] = None
    door: Annotated[Sealed[str] | None, Personal("national_id")] = None
    film: Annotated[str | None, Personal("recording", attachment="video/mp4", sealed_file=True)] = None


@personal(id="homes.call")
@define(kw_only=True)
class Call:
    """A call about a home, from a telephone."""

    id: Annotated[int, NotPersonal("row key")]
    home: Annotated[str | None, SubjectId("installation", role="customer")] = None
    telephone: Annotated[str | None, SubjectId("telephone", role="enquirer")] = None
    note: Annotated[Sealed[str] | None, Personal("national_id")] = None


@define
class Homes:
    """The homes' Privacy and what its stores saw."""

    privacy: Privacy
    store: MemoryStore

    def home(self, number: int, first: str | None, second: str | None = None) -> Home:
        """A home whose door is sealed for those who own it now."""
        home = Home(number=number, first=first, second=second)
        home.door = self.privacy.row(Home, self.privacy.gate.owner(home), number).sealed("door", DOOR)
        return home

    def read(self, home: Home, **owners: str | None) -> Home:
        """The home as it is read from a store, after a change of its owners."""
        changed = evolve(home, **owners)
        assert home.door is not None
        gate = self.privacy.gate
        changed.door = Sealed[str].stored(gate.place(changed, gate.field_map(Home).field("door")), home.door.text)
        return changed

    def ref(self, number: str) -> SubjectRef:
        return self.privacy.subjects.ref("customer_number", number)

    def erase(self, number: str) -> None:
        """What the end of an erasure does to somebody of whom nothing is kept."""
        subjects = self.privacy.subjects
        subjects.erase([self.ref(number)], [("customer_number", number)])
        for group in subjects.abandoned():
            self.privacy.gate.keys.shred(group)

    def logged(self, *numbers: str) -> list[str]:
        """Whom of these people the log says something was opened of."""
        return [each for each in numbers if self.store.log.entries([self.ref(each)], 0, 1000)]


@pytest.fixture
def homes() -> Iterator[Homes]:
    """The company whose Privacy is current."""
    store = MemoryStore(log=MemoryLog())
    privacy = Privacy(POLICY, models=[Home, Call], keys=LocalKeyring.in_memory(), store=store, now=lambda: NOW)
    with privacy:
        yield Homes(privacy, store)


def door(home: Home) -> str:
    assert home.door is not None
    return home.door.open()


@pytest.mark.parametrize("number", [KARI, OLA])
def test_each_owner_opens_what_they_own_together(homes: Homes, number: str) -> None:
    """A scope that covers one of the owners covers the value; the log names them, and neither the other nor a group."""
    home = homes.home(1, KARI, OLA)
    with using(keeping, homes.ref(number)):
        assert door(home) == DOOR
    assert homes.logged(KARI, OLA) == [number]


def test_a_scope_over_the_record_covers_all_its_owners(homes: Homes) -> None:
    """Whoever enters a purpose for a record uses the data of everybody who owns it."""
    home = homes.home(1, KARI, OLA)
    with using(keeping, home) as scope:
        assert scope.subjects == {homes.ref(KARI), homes.ref(OLA)}
        assert door(home) == DOOR
    assert homes.logged(KARI, OLA) == [KARI, OLA]


def test_nobody_else_opens_it(homes: Homes) -> None:
    """Neither a stranger nor a reference of the group itself gives access."""
    home = homes.home(1, KARI, OLA)
    group = homes.privacy.gate.owner(home)
    for who in (homes.ref(LIV), group):
        with using(keeping, who), pytest.raises(SubjectNotCovered):
            door(home)


def test_what_one_person_owns_alone_is_under_their_own_key(homes: Homes) -> None:
    """A group of one would outlive nobody and cost a key."""
    alone = homes.home(1, KARI)
    assert homes.privacy.gate.owner(alone) == homes.ref(KARI)
    with using(keeping, homes.ref(KARI)):
        assert door(alone) == DOOR


def test_it_outlasts_all_owners_but_the_last(homes: Homes) -> None:
    """Erasing one owner takes nothing from the other; after the last one nothing opens it again (Art. 17)."""
    home = homes.home(1, KARI, OLA)
    homes.erase(KARI)
    left = homes.read(home, first=None)
    with using(keeping, homes.ref(OLA)):
        assert door(left) == DOOR
    homes.erase(OLA)
    assert home.door is not None
    assert home.door.place is not None
    with pytest.raises(KeyErased):
        homes.privacy.gate.keys.open(home.door.place, home.door.cell)


def test_an_owner_who_was_forgotten_while_still_named_takes_nothing(homes: Homes) -> None:
    """A record that still names somebody erased opens for those who are left, and for no successor to the name."""
    home = homes.home(1, KARI, OLA)
    homes.erase(KARI)
    still = homes.read(home)
    with using(keeping, homes.ref(OLA)):
        assert door(still) == DOOR


def test_whoever_takes_over_from_an_owner_sees_nothing_of_theirs(homes: Homes) -> None:
    """A set of owners that never was a group: the one who stayed opens the value, the one who came does not."""
    homes.ref(LIV)
    taken_over = homes.read(homes.home(1, KARI, OLA), first=LIV)
    with using(keeping, [homes.ref(LIV), homes.ref(KARI)]), pytest.raises(SubjectNotCovered):
        door(taken_over)
    with using(keeping, homes.ref(OLA)):
        assert door(taken_over) == DOOR


def test_an_owner_who_joins_sees_what_is_sealed_from_then_on(homes: Homes) -> None:
    """Adding an owner neither locks the others out nor gives what was sealed before to the new one."""
    homes.ref(OLA)
    joined = homes.read(homes.home(1, KARI), second=OLA)
    with using(keeping, homes.ref(OLA)), pytest.raises(SubjectNotCovered):
        door(joined)
    with using(keeping, homes.ref(KARI)):
        assert door(joined) == DOOR
    with using(keeping, homes.ref(OLA)):
        assert door(homes.home(1, KARI, OLA)) == DOOR


def test_a_cell_of_other_owners_does_not_open_here(homes: Homes) -> None:
    """Row ids are used again, and columns are written by others: an owner must be the same then and now."""
    theirs, strangers = homes.home(1, KARI, OLA), homes.home(1, LIV)
    assert theirs.door is not None
    assert strangers.door is not None
    for place, text in ((strangers.door.place, theirs.door.text), (theirs.door.place, strangers.door.text)):
        assert place is not None
        swapped = Sealed[str].stored(place, text)
        with using(keeping, [homes.ref(each) for each in (KARI, OLA, LIV)]), pytest.raises(DecryptionError):
            swapped.open()


def test_a_cell_of_another_record_of_the_same_owners_does_not_open(homes: Homes) -> None:
    """Groups do not loosen what binds a value to its record."""
    one, two = homes.home(1, KARI, OLA), homes.home(2, KARI)
    assert one.door is not None
    assert two.door is not None
    assert one.door.place is not None
    swapped = Sealed[str].stored(one.door.place, two.door.text)
    with using(keeping, homes.ref(KARI)), pytest.raises(DecryptionError):
        swapped.open()


def test_a_key_that_nobody_has_is_no_way_in(homes: Homes) -> None:
    """A cell under an invented key id is refused as such, also where groups are looked up."""
    home = homes.home(1, KARI, OLA)
    assert home.door is not None
    assert home.door.place is not None
    cell = home.door.cell
    forged = Sealed[str].stored(home.door.place, cell[:2] + bytes(16) + cell[18:])
    with using(keeping, homes.ref(KARI)), pytest.raises(DecryptionError):
        forged.open()


async def test_a_page_opens_under_a_loop_once_it_is_prefetched(homes: Homes) -> None:
    """What has to be looked up about owners is looked up by prefetch, and opening never blocks a loop."""
    page = await asyncio.to_thread(lambda: [homes.home(number, KARI, OLA) for number in range(20)])
    page += await asyncio.to_thread(lambda: [homes.read(homes.home(99, KARI), second=OLA)])
    async with using(keeping, homes.ref(KARI)):
        with pytest.raises(KeyNotLoaded):
            door(page[0])
        await prefetch(*[each.door for each in page if each.door is not None])
        assert {door(each) for each in page} == {DOOR}


def test_a_scope_that_was_left_opens_nothing(homes: Homes) -> None:
    """The end of a purpose is the end of access, whoever the owners are."""
    home = homes.home(1, KARI, OLA)
    assert home.door is not None
    with using(keeping, homes.ref(KARI)) as scope:
        assert door(home) == DOOR
    place = home.door.place
    assert place is not None
    with pytest.raises(NoPurpose):
        scope.open(place, home.door.cell)


def test_a_film_opens_for_each_of_its_owners(homes: Homes) -> None:
    """Files are sealed for the group as values are, and found by the key id at their head."""
    home = Home(number=1, first=KARI, second=OLA, film="1.sealed")
    sealed = BytesIO()
    homes.privacy.seal_file(home, "film", BytesIO(b"film" * 50_000), sealed)
    gate = homes.privacy.gate
    homes.erase(KARI)
    place = gate.place(evolve(home, first=None), gate.field_map(Home).field("film"))
    with using(keeping, homes.ref(OLA)) as scope:
        assert b"".join(scope.open_file(place, BytesIO(sealed.getvalue()))) == b"film" * 50_000
    homes.ref(LIV)
    with using(keeping, homes.ref(LIV)) as scope, pytest.raises(SubjectNotCovered):
        scope.open_file(place, BytesIO(sealed.getvalue()))


def test_every_covered_owner_is_asked(homes: Homes) -> None:
    """A consent of one owner is not the other's (Art. 7): those whom the scope covers must all have given theirs."""
    home = homes.home(1, KARI, OLA)
    homes.store.standing.append(
        StandingRecord(
            subject=homes.ref(KARI),
            kind=StandingKind.CONSENT,
            activity=asking.id,
            at=NOW,
            channel="my_pages",
            text="00" * 32,
        )
    )
    with using(asking, homes.ref(KARI)):
        assert door(home) == DOOR
    with using(asking, home), pytest.raises(ConsentMissing):
        door(home)


def test_an_activity_needs_a_basis_for_co_owners(homes: Homes) -> None:
    """A basis for payers lets nobody use the data of customers who own something together."""
    home = homes.home(1, KARI, OLA)
    with using(selling, home), pytest.raises(RoleNotCovered):
        door(home)


def test_a_record_that_names_nobody_is_not_sealed(homes: Homes) -> None:
    """A value that is nobody's would be nobody's to erase, whatever the relation."""
    with pytest.raises(InvalidDeclaration):
        homes.privacy.gate.owner(Home(number=1))


def test_nothing_is_sealed_for_a_group_with_somebody_erased(homes: Homes) -> None:
    """Nothing is written about an erased person together with others either."""
    homes.home(1, KARI, OLA)
    homes.erase(KARI)
    with pytest.raises(PersonErased):
        homes.home(2, KARI, OLA)


def test_owners_of_many_records_are_found_at_once(homes: Homes) -> None:
    """A bulk load asks for all its owners in one go, and each record gets its own."""
    records: list[Any] = [
        Home(number=1, first=KARI),
        Home(number=2, first=KARI, second=OLA),
        Home(number=3, second=KARI),
    ]
    one, two, three = homes.privacy.gate.owners(records)
    assert one == three == homes.ref(KARI)
    assert two == homes.privacy.gate.owner(records[1]) != one


def test_a_home_owns_nothing_together_with_people(homes: Homes) -> None:
    """A home is sold: whoever is named in person does not share a key with whoever lives there next."""
    gate, ref = homes.privacy.gate, homes.privacy.subjects.ref
    assert gate.owner(Call(id=1, home="H1", telephone="41000001")) == ref("telephone", "41000001")
    assert gate.owner(Call(id=2, home="H1")) == ref("installation", "H1")
