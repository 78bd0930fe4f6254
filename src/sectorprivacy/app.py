"""Privacy: the one object an application builds at start-up; it joins register, models, keys and memory."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self

from attrs import Factory, frozen

from sectorprivacy.annotations import Field, FieldMap, read_models
from sectorprivacy.encryption import KeyProvider, Keys, KeyStore, MemoryKeyStore, Place, Sealed, seal, seal_stream
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.ledger import (
    CaseScopes,
    IndexKey,
    Log,
    MemoryLog,
    MemoryScopes,
    MemoryStanding,
    MemorySubjectIndex,
    MemoryTombstones,
    Scopes,
    StandingStore,
    SubjectIndex,
    Subjects,
    TombstoneKey,
    Tombstones,
)
from sectorprivacy.policy import Policy
from sectorprivacy.purposes import Gate, entered
from sectorprivacy.rights.service import (
    Memory,
    MemoryPlanPages,
    MemoryReplay,
    MemoryTasks,
    PlanPages,
    ReplayStore,
    SealedTasks,
    Service,
    ServiceData,
    TaskStore,
)
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import KeyPart, RecordKey, SubjectRef, stable_id

_LIBRARY: Final = SubjectRef(bytes(16))
"""Whose key the secrets of the library itself come from; no person is ever given this reference."""

_LIBRARY_CLASS: Final = "library"

_LABEL: Final = b"sp1/library/"


class Store(Protocol):
    """Everything one service remembers, in one place: `integrations.sqlalchemy.SqlStore`, or MemoryStore."""

    @property
    def keys(self) -> KeyStore:
        """Wrapped keys and their tombstones."""
        ...

    @property
    def subjects(self) -> SubjectIndex:
        """Who is who, by token."""
        ...

    @property
    def scopes(self) -> Scopes:
        """Whose records a case may touch."""
        ...

    @property
    def log(self) -> Log:
        """What was done with people's data."""
        ...

    @property
    def standing(self) -> StandingStore:
        """Consents and objections."""
        ...

    @property
    def tombstones(self) -> Tombstones:
        """Who was erased."""
        ...

    @property
    def tasks(self) -> TaskStore:
        """Opened tasks."""
        ...

    @property
    def plans(self) -> PlanPages:
        """What plans said."""
        ...

    @property
    def replay(self) -> ReplayStore:
        """Nonces already used."""
        ...

    def settle(self) -> Mapping[str, str]:
        """Make deleted bytes unreadable; store to the horizon until which copies may hold them ("now": none do)."""
        ...


@frozen(kw_only=True)
class MemoryStore:
    """A Store that lasts as long as the process: for tests, and for services that hold nothing after a restart."""

    keys: KeyStore = Factory(MemoryKeyStore)
    subjects: SubjectIndex = Factory(MemorySubjectIndex)
    scopes: Scopes = Factory(MemoryScopes)
    log: Log = Factory(MemoryLog)
    standing: StandingStore = Factory(MemoryStanding)
    tombstones: Tombstones = Factory(MemoryTombstones)
    tasks: TaskStore = Factory(MemoryTasks)
    plans: PlanPages = Factory(MemoryPlanPages)
    replay: ReplayStore = Factory(MemoryReplay)

    def settle(self) -> Mapping[str, str]:
        """Nothing is written, so nothing stays."""
        return {"privacy": "now"}


@frozen
class Row:
    """The fast path for hand-written stores: seals values of one record with one key and no lookup in between."""

    _gate: Gate
    _field_map: FieldMap
    _subject: SubjectRef
    _record: RecordKey | None

    def seal(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Cells, as text, of the values of sealed fields by their id.

        Raises:
            NotDeclared: A field is not of this model.
            InvalidDeclaration: A field is not sealed.
            ValueNotSealable: A value is outside what its codec can hold.
        """
        return {name: self.sealed(name, value).text for name, value in values.items()}

    def sealed(self, field_id: str, value: Any) -> Sealed[Any]:
        """One value sealed in its place."""
        place = self._place(self._field_map.field(field_id))
        key = self._gate.keys.for_sealing(self._subject, place.retention_class)
        return Sealed.stored(place, seal(key, place, value))

    def stored(self, field_id: str, text: str) -> Sealed[Any]:
        """The value of a cell as it was read from a store; it opens inside a purpose."""
        return Sealed.stored(self._place(self._field_map.field(field_id)), text)

    def _place(self, declared: Field) -> Place:
        if declared.codec is None:
            raise InvalidDeclaration(
                where=f"{self._field_map.id}.{declared.id}", problem="it is not sealed", instead="Declare it as Sealed"
            )
        return Place(
            tenant=self._gate.policy.controller.id,
            model=self._field_map.id,
            field=declared.id,
            subject=self._subject,
            record=self._record,
            codec=declared.codec,
            retention_class=declared.retention_class,
        )


class Privacy:
    """What an application builds once: `with privacy:` makes it current, and without one everything fails closed.

    Args:
        policy: The register in force.
        models: The declared models of this service; their marks are read, fail-closed, and what is wrong with any of
            them is reported together.
        keys: Where tenant keys come from: a LocalKeyring, a KMS, an HSM.
        store: What the service remembers.
        actor: Pseudonymous id of the program, for the log.
        now: The clock, aware.

    Raises:
        DeclarationError: A model is not declared, or its marks are not complete; DeclarationsInvalid where several
            things are wrong.
        KeyringError: The keys cannot be used.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        models: Sequence[type],
        keys: KeyProvider,
        store: Store,
        actor: str = "service",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        tenant = policy.controller.id
        self.policy = policy
        self._store = store
        self._keys = Keys(tenant, store=store.keys, provider=keys)
        self.subjects = Subjects(
            store.subjects,
            store.tombstones,
            index_key=IndexKey(self._secret("index"), tenant),
            tombstone_key=TombstoneKey(self._secret("tombstone"), tenant),
        )
        self.gate = Gate(
            policy=policy,
            models={each.model: each for each in read_models(models)},
            keys=self._keys,
            subjects=self.subjects,
            log=store.log,
            standing=store.standing,
            actor=actor,
            now=now,
        )
        self._entered: ContextVar[tuple[entered, ...]] = ContextVar("entered", default=())

    def service(
        self,
        name: str,
        *,
        data: ServiceData,
        signer: Signer,
        title: str | None = None,
        holds_nothing: str | None = None,
    ) -> Service:
        """A service of the rights protocol over this application's data.

        Args:
            name: Stable id of the service.
            data: `SqlModels(sessions)` derives everything from the marks; `SqliteHooks(connect)` is written by hand.
            signer: Signs its receipts.
            title: What people read; by default its name.
            holds_nothing: Why it holds no personal data, if it holds none.
        """
        memory = Memory(
            tasks=SealedTasks(self._store.tasks, self._secret("tasks")),
            plans=self._store.plans,
            replay=self._store.replay,
            scopes=CaseScopes(self._store.scopes, self._secret("scopes")),
            settle=self._store.settle,
        )
        return Service(
            name=stable_id(name, where="service"),
            gate=self.gate,
            data=data,
            memory=memory,
            signer=signer,
            title=title,
            holds_nothing=holds_nothing,
        )

    def enrol(self, pairs: Iterable[tuple[str, str]], *, retention_class: str = "contract") -> None:
        """Make references and keys for many people in a fixed number of statements, before a bulk load.

        Args:
            pairs: Kind and value of the identifier that names each as owner of their records.
            retention_class: Class of keys.

        Raises:
            PersonErased: One of them was erased here.
        """
        refs = self.subjects.refs(pairs)
        self._keys.for_sealing_many(list(refs.values()), retention_class)

    def row(self, model: type, subject: SubjectRef, *record: KeyPart) -> Row:
        """The fast path for one record of a hand-written store.

        Args:
            model: Its declared model.
            subject: Whose keys seal it; `privacy.subjects.ref(kind, value)`.
            record: Its key; none where the database assigns it later.
        """
        return Row(self.gate, self.gate.field_map(model), subject, RecordKey.of(*record) if record else None)

    def seal_file(
        self, record: object, name: str, source: BinaryIO, target: BinaryIO, *, model: type | None = None
    ) -> None:
        """Seal a file under the key of a record's owner.

        Args:
            record: A declared record that names the file.
            name: Id of the field that names it, marked `sealed_file`.
            source: The content, read to its end.
            target: Gets the sealed stream.
            model: The record's model; by default its class, which for a dictionary says nothing.

        Raises:
            PersonErased: The owner was erased here.
            InvalidDeclaration: The field is not marked `sealed_file`.
        """
        field_map = self.gate.field_map(model or type(record))
        declared = field_map.field(name)
        if not declared.sealed_file:
            raise InvalidDeclaration(
                where=f"{field_map.id}.{declared.id}",
                problem="it does not name a sealed file",
                instead="Mark it Personal(..., attachment=..., sealed_file=True)",
            )
        key = self._keys.for_sealing(self.gate.owner(record, field_map), declared.retention_class)
        seal_stream(key, self.gate.place(record, declared, field_map), source, target)

    def __enter__(self) -> Self:
        manager = entered(self.gate)
        manager.__enter__()
        self._entered.set((*self._entered.get(), manager))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        *before, manager = self._entered.get()
        self._entered.set(tuple(before))
        manager.__exit__(kind, error, trace)

    def _secret(self, use: str) -> bytes:
        """32 bytes for a use of the library itself, from a key in the key store (docs/spec/keys.md)."""
        key = self._keys.for_sealing(_LIBRARY, _LIBRARY_CLASS)
        return hmac.digest(key.stream_key, _LABEL + use.encode("ascii"), "sha256")


__all__ = ["MemoryStore", "Privacy", "Row", "Store"]
