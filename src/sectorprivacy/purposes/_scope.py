"""The scope of a purpose: which activity, for whom. While it is entered, what it covers opens; its use is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextvars import Token
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, BinaryIO, cast

from sectorprivacy.encryption import (
    KeyAccess,
    Place,
    Sealed,
    StreamHead,
    head_of,
    key_access,
    kid_of,
    loop_runs,
    open_range,
    open_stream,
)
from sectorprivacy.errors import DecryptionError, KeyNotLoaded, NoPurpose, SubjectNotCovered
from sectorprivacy.ledger import Deed, LogEntry, Pair
from sectorprivacy.policy import Activity
from sectorprivacy.purposes._gate import Gate, Use, current_gate
from sectorprivacy.purposes._owners import Covered, Owned
from sectorprivacy.purposes._whole_file import write_whole
from sectorprivacy.vocabulary import Identifier, SubjectRef

Subject = Any
"""Whom a scope covers: a SubjectRef, an Identifier, a declared record (its owners), or an iterable of these."""


class Scope:
    """An entered purpose; the KeyAccess of everything opened inside it, until it is left.

    Args:
        gate: The gate it asks.
        activity: What the values are used for.
        subjects: The people it covers; nobody else's values open.
        deed: How the log calls the use.
    """

    def __init__(self, gate: Gate, activity: Activity, subjects: frozenset[SubjectRef], deed: Deed) -> None:
        self.activity = activity
        self.subjects = subjects
        self._gate = gate
        self._deed = deed
        self._covered = Covered(gate, subjects)
        self._uses: dict[tuple[str, str], Use] = {}
        self._logged: set[tuple[bytes, str]] = set()
        self._prefetched: set[tuple[bytes, bytes, str, str]] = set()
        self._lock = Lock()
        self._left = False

    def open(self, place: Place, cell: bytes) -> Any:
        """The value of a cell, logged before it is released.

        Raises:
            NoPurpose: The scope was left; a task that was started inside it may outlive it.
            ProcessingRefused: The scope does not cover the value.
            KeyNotLoaded: An event loop runs here, and the value was not prefetched.
            DecryptionError: The cell does not open.
        """
        if self._left:
            raise NoPurpose
        kid = kid_of(cell)
        owned = self._covered.known(place, kid)
        if owned is not None and _named(place, owned) in self._prefetched:
            return self._open_loaded(owned.place, cell)
        if loop_runs():
            # Even where the key is known: the use would be logged here, and opening never blocks a loop.
            raise KeyNotLoaded
        if owned is None:
            (owned,) = self._covered.of([(place, kid)])
        use = self._permit(owned)
        if self._unlogged(owned, use):
            if not self._gate.keys.reads_plaintext(owned.place, cell):
                self._gate.keys.for_opening(owned.place, cell)  # what has no key is not logged as opened
            self._write_log([(owned, use)])
        return self._gate.keys.open(owned.place, cell)

    def open_file(
        self, place: Place, source: BinaryIO, *, start: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        """The content of a sealed file or a part of it, logged before it is released; blocking.

        Under an event loop: `async for piece in off_loop(lambda: scope.open_file(place, source)):`.

        Args:
            place: The field that names the file: `privacy.gate.place(record, field)`.
            source: The sealed file, at its beginning; seekable where a part of it is wanted.
            start: First byte of the content, from 0.
            length: How many bytes; None for the rest. What lies beyond the end is left out.

        Returns:
            Pieces of the content, each verified before it is released. Of a part it is known before the first piece
            that the file is whole; of all of it only when the iterator ends without an error (see `open_to_file`).

        Raises:
            NoPurpose: The scope was left. What was opened before can be read to its end.
            ProcessingRefused: The scope does not cover the file.
            KeyNotLoaded: An event loop runs here.
            NotSealed: It is no sealed file.
            DecryptionError: It was not sealed for this place, or was changed or cut; also while iterating.
            ValueError: A mistake of the program: start or length is negative.
        """
        if self._left:
            raise NoPurpose
        if loop_runs():
            raise KeyNotLoaded
        head = StreamHead.read(source)
        (owned,) = self._covered.of([(place, head.kid)])
        use = self._permit(owned)
        pieces = (
            open_stream(self._gate.keys, owned.place, source, head=head)
            if (start, length) == (0, None)
            else open_range(self._gate.keys, owned.place, source, start, length, head=head)
        )
        self._write_log([(owned, use)])
        return pieces

    def open_to_file(self, place: Place, source: BinaryIO, target: Path) -> None:
        """Write the content of a sealed file to a file, which gets its name when all of it has verified; blocking.

        Under an event loop: `await asyncio.to_thread(scope.open_to_file, place, source, target)`.

        Args:
            place: The field that names the file: `privacy.gate.place(record, field)`.
            source: The sealed file, at its beginning.
            target: The file in the clear; one that exists is replaced. Its owner alone can read it.

        Raises:
            ProcessingRefused: As `open_file`; then, as in every failure, there is no file, or still the old one.
            DecryptionError: As `open_file`.
            OSError: The file cannot be written.
        """
        write_whole(self.open_file(place, source), target)

    def covered(self, values: Iterable[Sealed[Any]]) -> list[Sealed[Any]]:
        """Those of these values that belong to somebody whom the scope covers; blocking."""
        stored = [(value, place) for value in values if (place := value.place) is not None]
        owners = self._covered.of([(place, kid_of(value.head)) for value, place in stored])
        return [value for (value, _), owned in zip(stored, owners, strict=True) if owned.people]

    def prefetch(self, values: Iterable[Sealed[Any]]) -> None:
        """Load the keys of these values in one query and log their use in one write; blocking.

        A value that is damaged says so when it is opened, and does not keep the others shut.

        Raises:
            NoPurpose: The scope was left.
            ProcessingRefused: The scope does not cover one of them.
            KeyUnavailable: The key service cannot be reached.
        """
        stored = [(place, value.head) for value in values if (place := value.place) is not None]
        owners = self._covered.of([(place, kid_of(head)) for place, head in stored])
        permitted = [(owned, self._permit(owned)) for owned in owners]
        self._gate.keys.load(head for _, head in stored)
        self._write_log(permitted)
        self._prefetched.update(_named(place, owned) for (place, _), owned in zip(stored, owners, strict=True))

    def leave(self) -> None:
        """Open nothing from now on."""
        self._left = True

    def _open_loaded(self, place: Place, cell: bytes) -> Any:
        try:
            return self._gate.keys.open(place, cell)
        except DecryptionError:
            if self._has_expired(kid_of(head_of(cell))):
                # Nothing is said about a cell under a loop before its key is known; prefetch finds out.
                raise KeyNotLoaded from None
            raise

    def _has_expired(self, kid: bytes) -> bool:
        """Whether a loop runs and the key that was prefetched, if there is one, has to be asked for again."""
        return bool(kid) and loop_runs() and not self._gate.keys.is_loaded(kid)

    def _permit(self, owned: Owned) -> Use:
        if self._left:
            raise NoPurpose
        if not owned.people:
            raise SubjectNotCovered(activity=self.activity.id)
        # Register and marks stay as they are while a scope lasts; what the person declares may change meanwhile.
        field = (owned.place.model, owned.place.field)
        use = self._uses.get(field)
        if use is None:
            use = self._uses[field] = self._gate.use(self.activity, owned.place)
        if use.person_decides:
            for person in owned.people:
                self._gate.ask(self.activity, use, person)
        return use

    def _unlogged(self, owned: Owned, use: Use) -> bool:
        return any((person.raw, use.category) not in self._logged for person in owned.people)

    def _write_log(self, uses: Iterable[tuple[Owned, Use]]) -> None:
        with self._lock:
            new: dict[tuple[bytes, str], LogEntry] = {}
            for person, use in ((person, use) for owned, use in uses for person in owned.people):
                name = (person.raw, use.category)
                if name not in self._logged and name not in new:
                    new[name] = LogEntry(
                        at=self._gate.now(),
                        activity=self.activity.id,
                        subject=person,
                        actor=self._gate.actor,
                        kind=self._deed,
                        categories=(use.category,),
                        basis=use.basis,
                    )
            if new:
                self._gate.log.append(list(new.values()))
                self._logged |= new.keys()


def _named(place: Place, owned: Owned) -> tuple[bytes, bytes, str, str]:
    return place.subject.raw, owned.place.subject.raw, place.model, place.field


class using:  # noqa: N801  (a verb, as the house calls it: `with using(activity, subject):`)
    """Enter a purpose: `with using(activity, customer):` or `async with`.

    Args:
        activity: The activity, or its id.
        subject: Whom it is about: a SubjectRef, an Identifier, a declared record (its owners), or an iterable of these.
        deed: How the log calls the use.

    Raises:
        NoPrivacy: No Privacy object is current.
        ActivityNotDeclared: The activity is not in the policy in force.
    """

    def __init__(self, activity: Activity | str, subject: Subject, *, deed: Deed = Deed.OPENED) -> None:
        self._activity = activity
        self._subject = subject
        self._deed = deed
        self._entries: list[tuple[Scope, Token[KeyAccess]]] = []

    def __enter__(self) -> Scope:
        return self._entered(self._scope())

    def _scope(self) -> Scope:
        gate = current_gate()
        activity = gate.policy.activity(self._activity)
        return Scope(gate, activity, _people(gate, self._subject), self._deed)

    def _entered(self, scope: Scope) -> Scope:
        self._entries.append((scope, key_access.set(scope)))
        return scope

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scope, before = self._entries.pop()
        scope.leave()
        key_access.reset(before)

    async def __aenter__(self) -> Scope:
        return self._entered(await asyncio.to_thread(self._scope))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)


async def prefetch(*values: Any) -> None:
    """Load the keys of values, so that they open under a running event loop; the use is logged here.

    Args:
        values: Sealed values, None for empty ones, declared records with sealed fields, or iterables of these.

    Raises:
        NoPurpose: No scope is entered.
        ProcessingRefused: The scope does not cover one of them.
    """
    scope = key_access.get(None)
    if not isinstance(scope, Scope):
        raise NoPurpose
    await asyncio.to_thread(scope.prefetch, list(_sealed(current_gate(), values)))


def _sealed(gate: Gate, values: Iterable[Any]) -> Iterator[Sealed[Any]]:
    """The sealed values among these, and those in the records among them."""
    for each in values:
        if isinstance(each, Sealed):
            yield each
        elif (field_map := gate.models.get(type(cast("object", each)))) is not None:
            yield from _sealed(gate, [field.read(each) for field in field_map.sealed])
        elif each is not None:
            yield from _sealed(gate, each)


def _people(gate: Gate, subject: Subject) -> frozenset[SubjectRef]:
    """Everybody a scope covers, in one query; people nobody knows are covered by nothing."""
    refs: list[SubjectRef] = []
    pairs: list[Pair] = []
    for each in _each(gate, subject):
        if isinstance(each, SubjectRef):
            refs.append(each)
        elif isinstance(each, Identifier):
            pairs.append((each.kind, each.value))
        else:
            pairs += gate.owner_pairs(each)
    return frozenset(refs).union(gate.subjects.known(pairs).values() if pairs else ())


def _each(gate: Gate, subject: Subject) -> Iterator[Any]:
    several = isinstance(subject, Iterable) and not isinstance(subject, str | bytes | Mapping)
    if several and type(cast("object", subject)) not in gate.models:
        for each in cast("Iterable[Any]", subject):
            yield from _each(gate, each)
    else:
        yield subject
