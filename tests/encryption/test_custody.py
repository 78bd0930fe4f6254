"""Custody: every level of keys is rotated, killed half-way and gone on with, and nothing is lost or left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

from sectorprivacy.encryption import (
    Codec,
    Custody,
    EpochStatus,
    KeyName,
    Keys,
    KeyStatus,
    KeyUse,
    LocalKeyring,
    MemoryKeyStore,
    MemoryShreddings,
    Place,
    ResealPage,
    Step,
    seal,
)
from sectorprivacy.encryption._cell import CellHead
from sectorprivacy.errors import (
    DecryptionError,
    EpochInUse,
    InvalidDeclaration,
    KeyErased,
    KeyUnavailable,
    ShreddingsInvalid,
)
from sectorprivacy.vocabulary import RecordKey, SubjectRef

TENANT = "sector-alarm"
PEOPLE = [SubjectRef(bytes([number]) * 16) for number in range(1, 8)]


@define
class Drawer:
    """Cells in memory: a real holder, of one field and one record for each person."""

    name: str = "drawer"
    holds: frozenset[str] = frozenset({"crm.customer"})
    cells: dict[int, tuple[Place, bytes]] = field(factory=dict)
    before_swap: Callable[[int], None] = lambda _: None

    def put(self, keys: Keys, number: int, subject: SubjectRef, retention_class: str = "contract") -> None:
        place = Place(
            tenant=TENANT,
            model="crm.customer",
            field="national_id",
            subject=subject,
            record=RecordKey.of(number),
            codec=Codec.STR,
            retention_class=retention_class,
        )
        self.cells[number] = place, seal(keys.for_sealing(subject, retention_class), place, f"value {number}")

    def reseal(
        self,
        stale: Callable[[bytes], bool],
        seal_again: Callable[[Place, bytes], bytes],
        after: str | None,
        limit: int,
    ) -> ResealPage:
        numbers = sorted(number for number in self.cells if after is None or number > int(after))[:limit]
        resealed = lost = failed = 0
        for number in numbers:
            place, cell = self.cells[number]
            if not stale(CellHead.read(cell).kid):
                continue
            try:
                again = seal_again(place, cell)
            except DecryptionError:
                failed += 1
                continue
            self.before_swap(number)
            if self.cells[number][1] == cell:
                self.cells[number] = place, again
                resealed += 1
            else:
                lost += 1
        after = str(numbers[-1]) if len(numbers) == limit else None
        return ResealPage(seen=len(numbers), resealed=resealed, lost=lost, failed=failed, after=after)

    def left(self, stale: Callable[[bytes], bool]) -> Mapping[bytes, int]:
        return Counter(kid for _, cell in self.cells.values() if stale(kid := CellHead.read(cell).kid))

    def kids(self) -> set[bytes]:
        return {CellHead.read(cell).kid for _, cell in self.cells.values()}


@define
class Office:
    """One tenant's keys, a drawer of cells, and a clock that waiting moves on."""

    store: MemoryKeyStore = field(factory=MemoryKeyStore)
    keyring: LocalKeyring = field(factory=LocalKeyring.in_memory)
    shreddings: MemoryShreddings = field(factory=MemoryShreddings)
    drawer: Drawer = field(factory=Drawer)
    now: datetime = datetime(2026, 11, 25, 12, tzinfo=UTC)
    waited: list[float] = field(factory=list)

    def keys(self) -> Keys:
        """What another process has."""
        return Keys(
            TENANT,
            store=self.store,
            provider=self.keyring,
            shreddings=self.shreddings,
            clock=self.seconds,
            now=lambda: self.now,
        )

    def seconds(self) -> float:
        return self.now.timestamp()

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)

    def custody(self, **changes: Any) -> Custody:
        facts: dict[str, Any] = {"cells": [self.drawer], "wait": self.wait} | changes
        return Custody(self.keys(), **facts)

    def names(self, use: KeyUse = KeyUse.WRAP) -> list[str]:
        """Names of the key objects of all epochs, the first one first."""
        return [str(each.name) for each in self.store.epochs(TENANT, use)]

    def opened(self) -> list[str]:
        keys = self.keys()
        return [keys.open(place, cell) for _, (place, cell) in sorted(self.drawer.cells.items())]


VALUES = [f"value {number}" for number in range(len(PEOPLE))]


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    keys = office.keys()
    for number, person in enumerate(PEOPLE):
        office.drawer.put(keys, number, person)
    office.now += timedelta(seconds=1)
    yield office
    assert office.opened() == VALUES


class Killed(BaseException):
    """The process ends here."""


def test_the_tenant_key_is_rotated_and_the_old_one_destroyed(office: Office) -> None:
    """Every living key is wrapped anew, the old object is gone, and the proof is counted after the last change."""
    office.keys().shred(PEOPLE[0])
    copy = evolve(office.store.rows(TENANT, subjects=[PEOPLE[1]])[0])
    del office.drawer.cells[0]
    old = office.store.epochs(TENANT, KeyUse.WRAP)[0]
    seen: list[Step] = []
    done = office.custody().rotate_tenant_key(seen.append)
    assert (done.changed, done.remaining, done.destroyed, done.gone_by) == (6, 0, tuple(office.names()[:1]), None)
    assert [each.status for each in office.store.epochs(TENANT, KeyUse.WRAP)] == [
        EpochStatus.DESTROYED,
        EpochStatus.CURRENT,
    ]
    assert {row.epoch for row in office.store.page(TENANT, limit=100)} == {2}
    assert old.wrapped is not None
    with pytest.raises(DecryptionError):
        office.keyring.unwrap(old.name, old.wrapped)
    assert copy.epoch == 1
    assert seen[0] == Step("rewrapping the keys of epoch 1", 6, 6)
    assert sum(office.waited) == 120
    office.drawer.put(office.keys(), 0, SubjectRef.mint())


@pytest.mark.parametrize("point", ["wrap", "begin", "rewrap", "destroy", "end"])
@pytest.mark.parametrize("after", [False, True])
def test_a_rotation_of_the_tenant_key_goes_on_where_it_was_killed(
    office: Office, monkeypatch: pytest.MonkeyPatch, point: str, after: bool
) -> None:
    """Killed before or after any of its steps: every value opens, and the next run ends every epoch but its own."""
    monkeypatch.setattr("sectorprivacy.encryption._custody.PAGE", 3)
    kind = type(office.keyring) if point in {"wrap", "destroy"} else type(office.store)
    whole = getattr(kind, point)

    def killed(*arguments: Any) -> Any:
        if after:
            whole(*arguments)
        raise Killed

    monkeypatch.setattr(kind, point, killed)
    with pytest.raises(Killed):
        office.custody().rotate_tenant_key()
    monkeypatch.undo()
    assert office.opened() == VALUES
    office.custody().rotate_tenant_key()
    epochs = office.store.epochs(TENANT, KeyUse.WRAP)
    finished = [each for each in epochs if each.status is EpochStatus.DESTROYED]
    assert [each.number for each in finished] == list(range(1, len(epochs)))
    assert not set(office.keyring._keys) & {str(each.name) for each in finished}, "an object was left behind"
    assert {row.epoch for row in office.store.page(TENANT, limit=100)} == {len(epochs)}


def test_an_old_tenant_key_that_wraps_something_is_not_destroyed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof comes before the destruction: a key that was overlooked keeps its tenant key."""
    monkeypatch.setattr(Custody, "_rewrap_all", lambda *_: (0, 0))
    with pytest.raises(EpochInUse):
        office.custody().rotate_tenant_key()
    monkeypatch.undo()
    office.custody().rotate_tenant_key()


def test_a_damaged_row_holds_up_nobody(office: Office) -> None:
    """Whoever writes one row cannot keep an old tenant key alive: what does not unwrap is counted and moved along."""
    person = SubjectRef(bytes([9] * 16))
    kid = office.keys().for_sealing(person, "contract").kid
    row = office.store._rows[TENANT, kid]
    office.store._rows[TENANT, kid] = evolve(row, wrapped=bytes(61))
    done = office.custody().rotate_tenant_key()
    assert (done.changed, done.damaged, done.destroyed) == (7, 1, tuple(office.names()[:1]))
    assert {each.epoch for each in office.store.page(TENANT, limit=100)} == {2}


def test_another_key_store_of_the_tenant_is_left_alone(office: Office) -> None:
    """Two services of one company share a key service; what one of them destroys is its own alone."""
    other = Office(keyring=office.keyring)
    for number, person in enumerate(PEOPLE):
        other.drawer.put(other.keys(), number, person)
    office.custody().rotate_tenant_key()
    office.custody().rotate_index_key()
    assert other.opened() == VALUES
    other.drawer.put(other.keys(), 0, SubjectRef.mint())


def test_a_backup_made_while_a_rotation_waited_opens_nobody_who_was_shredded_since(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every rotation ends the epochs of all backups before it, also when an earlier one had been killed."""
    monkeypatch.setattr(Custody, "_pause_for", _killed)
    with pytest.raises(Killed):
        office.custody().rotate_tenant_key()
    monkeypatch.undo()
    backup = dict(office.store._rows)
    office.keys().shred(PEOPLE[0])
    office.custody().rotate_tenant_key()
    restored = MemoryKeyStore()
    restored._rows, restored._kids, restored._epochs = backup, office.store._kids, office.store._epochs
    place, cell = office.drawer.cells.pop(0)
    with pytest.raises(DecryptionError):
        Keys(TENANT, store=restored, provider=office.keyring).open(place, cell)
    office.drawer.put(office.keys(), 0, SubjectRef.mint())


def test_a_key_service_that_answers_with_another_key_is_found_out(office: Office) -> None:
    """Nothing is wrapped under a key that the store does not commit to: it would be lost with the answer."""

    class Lying:
        wrap = staticmethod(office.keyring.wrap)

        def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
            return bytes(32)

    keys = Keys(TENANT, store=office.store, provider=Lying())
    with pytest.raises(DecryptionError):
        keys.for_sealing(SubjectRef.mint(), "contract")
    with pytest.raises(DecryptionError):
        keys.index_keys()


def test_the_loser_of_a_race_leaves_no_object_behind(office: Office) -> None:
    """Two processes begin an epoch at once: one object stands, and the other is destroyed."""
    begin = office.store.begin
    others = office.keys().tenant_keys

    def late(epoch: Any) -> Any:
        office.store.begin = begin
        others.begin(KeyUse.WRAP)
        return begin(epoch)

    office.store.begin = late
    stands = office.keys().tenant_keys.begin(KeyUse.WRAP)
    assert stands.number == 2
    assert set(office.keyring._keys) == set(office.names())


def test_a_rotation_that_is_overtaken_goes_on_under_the_newer_key(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two administrators rotate at once: each key ends under the last epoch, and nothing is destroyed twice."""
    whole = MemoryKeyStore.rewrap

    def overtaken(store: MemoryKeyStore, changes: Any) -> int:
        monkeypatch.setattr(MemoryKeyStore, "rewrap", whole)
        office.keys().tenant_keys.begin(KeyUse.WRAP)
        return whole(store, changes)

    monkeypatch.setattr(MemoryKeyStore, "rewrap", overtaken)
    done = office.custody().rotate_tenant_key()
    assert done.destroyed == tuple(office.names()[:1]), "what the other one retired is the other one's to destroy"
    assert {row.epoch for row in office.store.page(TENANT, limit=100)} == {3}
    office.custody().rotate_tenant_key()
    assert set(office.keyring._keys) == {office.names()[-1]}


def test_a_provider_that_cannot_destroy_leaves_it_to_people(office: Office) -> None:
    """What is left to do by hand is named, and the next rotation is not held up by it."""

    class Plain:
        wrap = staticmethod(office.keyring.wrap)
        unwrap = staticmethod(office.keyring.unwrap)

    keys = Keys(TENANT, store=office.store, provider=Plain())
    for number in (1, 2):
        done = Custody(keys, wait=office.wait).rotate_tenant_key()
        assert (done.destroyed, done.kept) == ((), (office.names()[number - 1],))


def test_a_waiting_period_of_the_key_service_is_told(office: Office) -> None:
    """When the old object is out of reach for good stands on the result, for the horizon of an erasure."""
    gone = office.now + timedelta(days=7)

    class Slow:
        wrap = staticmethod(office.keyring.wrap)
        unwrap = staticmethod(office.keyring.unwrap)

        def destroy(self, name: KeyName) -> datetime:
            return gone

    keys = Keys(TENANT, store=office.store, provider=Slow())
    assert Custody(keys, wait=office.wait).rotate_tenant_key().gone_by == gone


def test_subject_keys_are_rotated(office: Office) -> None:
    """Every cell is under a new key, the old ones are tombstones, and their people get keys as before."""
    before = office.drawer.kids()
    done = office.custody().rotate_subject_keys()
    assert (done.changed, done.remaining, len(done.destroyed)) == (7, 0, 7)
    assert not before & office.drawer.kids()
    assert {row.status for row in office.store.rows(TENANT, kids=before)} == {KeyStatus.ERASED}
    office.drawer.put(office.keys(), 0, PEOPLE[0])
    assert office.drawer.kids() == {
        row.kid for row in office.store.page(TENANT, limit=100) if row.status is KeyStatus.ACTIVE
    }


def test_some_people_and_classes_are_rotated_alone(office: Office) -> None:
    """A key that may be known to somebody is replaced without touching the others."""
    before = office.drawer.kids()
    keys = office.keys()
    keys.for_sealing(PEOPLE[2], "marketing")
    office.now += timedelta(seconds=1)
    done = office.custody().rotate_subject_keys(PEOPLE[:3], {"contract"})
    assert len(done.destroyed) == 3
    assert len(before & office.drawer.kids()) == 4
    assert keys.count([PEOPLE[2]], ["marketing"]) == 1


@pytest.mark.parametrize("point", ["change", "insert", "reseal", "left"])
@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_a_rotation_of_subject_keys_goes_on_where_it_was_killed(
    office: Office, monkeypatch: pytest.MonkeyPatch, point: str, call: int, after: bool
) -> None:
    """Killed at any step: everything opens under the old key or the new one, and the same moment completes it."""
    monkeypatch.setattr("sectorprivacy.encryption._custody.PAGE", 3)
    kind = Drawer if point in {"reseal", "left"} else MemoryKeyStore
    whole, calls = getattr(kind, point), iter(range(1, 100))

    def killed(*arguments: Any, **named: Any) -> Any:
        if next(calls) < call:
            return whole(*arguments, **named)
        if after:
            whole(*arguments, **named)
        raise Killed

    begun = office.now
    before = office.drawer.kids()
    monkeypatch.setattr(kind, point, killed)
    if (point, call) == ("left", 2):
        office.custody().rotate_subject_keys(made_before=begun)
    else:
        with pytest.raises(Killed):
            office.custody().rotate_subject_keys(made_before=begun)
    monkeypatch.undo()
    assert office.opened() == VALUES
    office.now += timedelta(minutes=5)
    office.custody().rotate_subject_keys(made_before=begun)
    assert not before & office.drawer.kids()
    assert {row.status for row in office.store.rows(TENANT, kids=before)} == {KeyStatus.ERASED}
    assert {row.status for row in office.store.page(TENANT, limit=100)} == {KeyStatus.ACTIVE}
    assert len(office.store.page(TENANT, limit=100)) == len(PEOPLE)


def test_a_cell_that_somebody_writes_meanwhile_is_not_overwritten(office: Office) -> None:
    """The sweep compares before it swaps: the newer value stays, under the new key."""
    writer = office.keys()

    def write(number: int) -> None:
        if number == 3:
            office.now += timedelta(minutes=5)
            office.drawer.put(writer, 3, PEOPLE[3])

    office.drawer.before_swap = write
    done = office.custody().rotate_subject_keys()
    assert (done.changed, done.remaining) == (6, 0)


def test_a_cell_that_does_not_open_keeps_its_key_and_holds_up_nobody(office: Office) -> None:
    """Damaged and quarantined cells are counted; the keys of all others are destroyed."""
    place, cell = office.drawer.cells[0]
    office.drawer.cells[0] = place, cell[:-1] + bytes([cell[-1] ^ 1])
    office.keys().disable(PEOPLE[1])
    done = office.custody().rotate_subject_keys()
    assert (done.changed, done.remaining, len(done.destroyed)) == (5, 1, 5)
    index = office.custody().rotate_index_key()
    assert (index.remaining, index.destroyed) == (2, ())
    office.drawer.cells[0] = place, cell
    office.keys().enable(PEOPLE[1])
    assert office.custody().rotate_index_key().destroyed == (office.names(KeyUse.INDEX)[0],)


def test_a_key_that_is_disabled_meanwhile_is_not_said_to_be_destroyed(office: Office) -> None:
    """What the proof says is read after the change."""

    class Slow(Drawer):
        def left(self, stale: Callable[[bytes], bool]) -> Mapping[bytes, int]:
            office.keys().disable(PEOPLE[0])
            return super().left(stale)

    office.drawer = Slow(cells=office.drawer.cells)
    done = office.custody().rotate_subject_keys()
    assert len(done.destroyed) == 6
    office.keys().enable(PEOPLE[0])


def test_old_keys_are_kept_for_backups_of_the_data(office: Office) -> None:
    """A backup from before opens as long as somebody wants it to; the same moment ends it."""
    begun, before = office.now, dict(office.drawer.cells)
    done = office.custody().rotate_subject_keys(made_before=begun, keep=True)
    assert (done.changed, done.destroyed) == (7, ())
    after, office.drawer.cells = office.drawer.cells, before
    assert office.opened() == VALUES
    office.drawer.cells = after
    assert len(office.custody().rotate_subject_keys(made_before=begun).destroyed) == 7


@pytest.mark.parametrize("level", ["rotate_subject_keys", "rotate_index_key"])
def test_a_model_whose_cells_are_not_named_holds_a_rotation_up(office: Office, level: str) -> None:
    """Keys are destroyed once nothing is under them: what nobody looks at must not count as nothing."""
    custody = office.custody(sealed_models=["crm.customer", "crm.note"])
    with pytest.raises(InvalidDeclaration, match=r"crm\.note: nothing was named"):
        getattr(custody, level)()
    assert {row.status for row in office.store.page(TENANT, limit=100)} == {KeyStatus.ACTIVE}


def test_keys_of_sealed_files_are_kept(office: Office) -> None:
    """Files are not sealed anew, so what opens them stays, whatever class their field is declared with today."""
    key = office.keys().for_files(PEOPLE[0], "contract")
    done = office.custody().rotate_subject_keys()
    assert (done.changed, len(done.destroyed)) == (7, 6)
    assert key.kid.hex() not in done.destroyed
    assert office.keys().shred(PEOPLE[0]) == 2
    del office.drawer.cells[0]
    office.drawer.put(office.keys(), 0, SubjectRef.mint())


def test_a_field_of_another_class_is_sealed_under_it(office: Office) -> None:
    """A retention class that was declared anew takes its values along."""
    cells = office.drawer.cells
    office.drawer.cells = {
        number: (evolve(place, retention_class="bookkeeping"), cell) for number, (place, cell) in cells.items()
    }
    office.custody().rotate_subject_keys(classes={"contract"})
    assert {row.retention_class for row in office.store.rows(TENANT, kids=office.drawer.kids())} == {"bookkeeping"}


def test_the_library_s_own_key_is_never_rotated(office: Office) -> None:
    """Tokens of the subject index are computed under it; another key would find nobody."""
    keys = office.keys()
    library = SubjectRef(bytes(16))
    kid = keys.for_sealing(library, "library").kid
    office.now += timedelta(seconds=1)
    office.custody().rotate_subject_keys()
    assert office.keys().for_sealing(library, "library").kid == kid


def test_the_index_key_is_rotated_without_missing_a_value(office: Office) -> None:
    """Written under one key, searched by both, until every token is new; then the old key is destroyed."""
    keys = office.keys()
    assert [each.epoch for each in keys.index_keys()] == [1]
    seen: list[tuple[str, list[int]]] = []

    def look(step: Step) -> None:
        seen.append((step.work, [each.epoch for each in office.keys().index_keys()]))

    done = office.custody().rotate_index_key(look)
    assert (done.changed, done.destroyed) == (7, (office.names(KeyUse.INDEX)[0],))
    epochs = [epochs for _, epochs in seen]
    assert epochs[0] == [1, 2], "a new key is not written under before everybody searches by it"
    assert epochs[-1] == [2, 1]
    assert [each.epoch for each in office.keys().index_keys()] == [2]
    assert sum(office.waited) == 240


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("point", ["destroy", "end"])
def test_an_index_rotation_that_was_killed_at_its_end_is_made_up_for(
    office: Office, monkeypatch: pytest.MonkeyPatch, point: str, after: bool
) -> None:
    """A key service whose answer was lost locks nobody out: searches go on, and the next run completes it."""
    kind = LocalKeyring if point == "destroy" else MemoryKeyStore
    whole = getattr(kind, point)

    def lost(*arguments: Any) -> None:
        if after:
            whole(*arguments)
        raise KeyUnavailable

    office.keys().index_keys()
    monkeypatch.setattr(kind, point, lost)
    with pytest.raises(KeyUnavailable):
        office.custody().rotate_index_key()
    monkeypatch.undo()
    assert office.keys().index_keys()[0].epoch == 2
    office.custody().rotate_index_key()
    living = {str(each.name) for each in office.store.epochs(TENANT, KeyUse.INDEX) if each.wrapped is not None}
    assert {name for name in office.keyring._keys if "/index/" in name} == living


def test_an_index_key_begun_by_a_clock_that_is_ahead_is_not_destroyed_for_the_older(office: Office) -> None:
    """Where tokens would still be written under the old key, the rotation refuses instead of destroying it."""
    office.keys().index_keys()
    ahead = Keys(TENANT, store=office.store, provider=office.keyring, now=lambda: office.now + timedelta(minutes=10))
    ahead.tenant_keys.begin(KeyUse.INDEX)
    with pytest.raises(KeyUnavailable):
        office.custody().rotate_index_key()
    assert len(office.keys().index_keys()) == 2
    office.now += timedelta(minutes=10)
    assert office.custody().rotate_index_key().destroyed == (office.names(KeyUse.INDEX)[0],)


def _killed(*_: Any) -> None:
    raise Killed


def test_nothing_is_written_while_the_key_service_is_down(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotation that cannot wrap changes nothing."""

    def down(*_: Any) -> bytes:
        raise KeyUnavailable

    monkeypatch.setattr(LocalKeyring, "wrap", down)
    for rotate in (office.custody().rotate_tenant_key, office.custody().rotate_index_key):
        with pytest.raises(KeyUnavailable):
            rotate()
    assert [each.number for each in office.store.epochs(TENANT, KeyUse.WRAP)] == [1]
    assert not office.store.epochs(TENANT, KeyUse.INDEX)


def test_a_restored_key_store_forgets_again_what_was_shredded(office: Office) -> None:
    """After a restore the list of destroyed keys is replayed, and the erased person stays erased."""
    backup = dict(office.store._rows)
    office.keys().shred(PEOPLE[0])
    checkpoint = office.shreddings.checkpoint()
    office.store._rows = backup
    assert office.opened() == VALUES, "the restore brought the key back"
    assert office.custody().replay(checkpoint) == 1
    place, cell = office.drawer.cells.pop(0)
    with pytest.raises(KeyErased):
        office.keys().open(place, cell)
    assert office.custody().replay(checkpoint) == 0
    office.drawer.put(office.keys(), 0, SubjectRef.mint())


def test_a_replay_leaves_living_people_as_they_are(office: Office) -> None:
    """A store from before a rotation opens the cells of that time; only who was erased is destroyed again."""
    keys_before, cells_before = dict(office.store._rows), dict(office.drawer.cells)
    office.custody().rotate_subject_keys()
    office.keys().shred(erased := SubjectRef.mint())
    checkpoint = office.shreddings.checkpoint()
    office.store._rows, office.drawer.cells = keys_before, cells_before
    assert office.custody().replay(checkpoint) == 0
    assert office.opened() == VALUES
    assert office.keys().count([erased]) == 0


def test_a_replay_reaches_the_keys_that_a_rotation_had_destroyed_before(office: Office) -> None:
    """Rotated, then erased, then restored from before both: the oldest key is destroyed again like the newest."""
    keys_before, cells_before = dict(office.store._rows), dict(office.drawer.cells)
    office.custody().rotate_subject_keys()
    office.keys().shred(PEOPLE[0])
    checkpoint = office.shreddings.checkpoint()
    office.store._rows, office.drawer.cells = keys_before, cells_before
    assert office.custody().replay(checkpoint, only_count=True) == 1
    assert office.opened() == VALUES
    assert office.custody().replay(checkpoint) == 1
    place, cell = office.drawer.cells.pop(0)
    with pytest.raises(KeyErased):
        office.keys().open(place, cell)
    office.drawer.put(office.keys(), 0, SubjectRef.mint())


def test_a_replay_needs_the_whole_list(office: Office) -> None:
    """A list that was cut, or none, is refused before anything is destroyed."""
    office.keys().shred(SubjectRef.mint())
    office.keys().for_sealing(person := SubjectRef.mint(), "contract")
    office.keys().shred(person)
    checkpoint = office.shreddings.checkpoint()
    office.shreddings = MemoryShreddings()
    with pytest.raises(ShreddingsInvalid):
        office.custody().replay(checkpoint)
    without = Keys(TENANT, store=office.store, provider=office.keyring)
    with pytest.raises(ShreddingsInvalid):
        Custody(without).replay(checkpoint)


def test_the_status_says_what_there_is_and_what_is_overdue(office: Office) -> None:
    """A year of use warns, for tenant keys and for subject keys, by class."""
    fresh = office.custody().status()
    assert (fresh.tenant, [each.count for each in fresh.keys], fresh.overdue) == (TENANT, [7], ())
    assert fresh.checkpoint == office.shreddings.checkpoint()
    office.now += timedelta(days=366)
    assert office.custody().status().overdue == (
        f"tenant key {office.names()[0]} is in use since 2026-11-25",
        "subject keys of class contract are in use since 2026-11-25",
    )
