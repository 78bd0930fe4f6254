"""Privacy: joins register, models, keys and memory."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from sectorprivacy.annotations import read_models, refuse_local_index
from sectorprivacy.app._held import HeldWithin, OwnersWithin
from sectorprivacy.app._row import Forms, Row, tokens_of
from sectorprivacy.app._store import Store
from sectorprivacy.encryption import (
    LIBRARY,
    LIBRARY_CLASS,
    LIFETIME,
    LONGEST_TRANSACTION,
    CellHolder,
    Custody,
    KeyProvider,
    Keys,
    Shreddings,
    seal_stream,
)
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.ledger import CaseScopes, IndexKey, Subjects, TombstoneKey
from sectorprivacy.policy import Policy
from sectorprivacy.purposes import Gate, entered
from sectorprivacy.rights.service import Memory, Quarantine, SealedTasks, Service, ServiceData
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import KeyPart, RecordKey, SubjectRef, stable_id

_LABEL: Final = b"sp1/library/"


class Privacy:
    """What an application builds once: `with privacy:` makes it current, and without one everything fails closed.

    Args:
        policy: The register in force.
        models: The declared models of this service; their marks are read, fail-closed, and what is wrong with any of
            them is reported together.
        keys: Where tenant keys come from: a LocalKeyring, a KMS, an HSM.
        store: What the service remembers.
        shreddings: Where destroyed keys are noted, apart from the store and its backups, so that a restored store can
            be put right: FileShreddings.
        key_lifetime: Seconds for which a key is used without asking the store again: after them, what another process
            shredded opens nowhere.
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
        shreddings: Shreddings | None = None,
        key_lifetime: float = LIFETIME,
        actor: str = "service",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        tenant = policy.controller.id
        self.policy = policy
        self._store = store
        field_maps = read_models(models)
        refuse_local_index(field_maps, keys)
        self._keys = Keys(
            tenant, store=store.keys, provider=keys, shreddings=shreddings, lifetime=key_lifetime, now=now
        )
        self.subjects = Subjects(
            store.subjects,
            store.tombstones,
            index_key=IndexKey(self._secret("index"), tenant),
            tombstone_key=TombstoneKey(self._secret("tombstone"), tenant),
        )
        self.gate = Gate(
            policy=policy,
            models={each.model: each for each in field_maps},
            keys=self._keys,
            subjects=self.subjects,
            log=store.log,
            standing=store.standing,
            actor=actor,
            now=now,
        )
        self._forms = Forms(self.gate)
        self._entered: ContextVar[tuple[entered, ...]] = ContextVar("entered", default=())

    def service(
        self,
        name: str,
        *,
        data: ServiceData,
        signer: Signer,
        title: str | None = None,
        holds_nothing: str | None = None,
        quarantine: timedelta | None = None,
    ) -> Service:
        """A service of the rights protocol over this application's data.

        Args:
            name: Stable id of the service.
            data: `SqlModels(sessions)` derives everything from the marks; `SqliteHooks(connect)` is written by hand.
            signer: Signs its receipts.
            title: What people read; by default its name.
            holds_nothing: Why it holds no personal data, if it holds none.
            quarantine: How long an erasure waits, with the keys disabled, before it is carried out. Until then it can
                be taken back. None for at once.
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
            quarantine=(
                None
                if quarantine is None
                else Quarantine(window=quarantine, waiting=self._store.waiting, gate=self.gate)
            ),
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

    def row(self, model: type, subject: SubjectRef, *record: KeyPart, version: int | None = None) -> Row:
        """The fast path for one record of a hand-written store.

        Args:
            model: Its declared model.
            subject: Whose keys seal it; `privacy.subjects.ref(kind, value)`.
            record: Its key; none where the database assigns it later.
            version: The version of the row, for a model that declares `row_version`.

        Raises:
            InvalidDeclaration: The version is missing, or the model declares none.
        """
        return Row(
            self.gate,
            self._forms,
            self.gate.field_map(model),
            subject,
            RecordKey.of(*record) if record else None,
            version,
        )

    def tokens(self, model: type, field_id: str, value: Any) -> tuple[bytes, ...]:
        """Every token that rows with this value may have in a hand-written store: search with IN, then compare.

        Args:
            model: The declared model.
            field_id: Id of the indexed field.
            value: The value looked for.

        Returns:
            One token, or two while the index key is rotated. Rows with other values have the same token too: open what
            was found and compare it with `BlindIndex.same`.

        Raises:
            NotIndexed: The field has no blind index.
            ValueNotSealable: The normaliser refuses the value.
        """
        return tokens_of(self.gate.field_map(model), field_id, self._keys.index_keys(), value)

    def custody(self, *, cells: Sequence[CellHolder] = (), longest_transaction: float = LONGEST_TRANSACTION) -> Custody:
        """What an administrator does with the keys: status, rotation, quarantine, shredding, replay.

        Args:
            cells: Everywhere that this service holds sealed values: `SqlCells(sessions, models)`, `DjangoCells(...)`.
            longest_transaction: Seconds after which whoever read a key has finished with it.
        """
        return Custody(
            self._keys,
            cells=[HeldWithin(self.gate, each) for each in cells],
            sealed_models={each.id for each in self.gate.models.values() if each.sealed},
            longest_transaction=longest_transaction,
            owners=OwnersWithin(self.gate),
        )

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
        key = self._keys.for_files(self.gate.owner(record, field_map), declared.retention_class)
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
        key = self._keys.for_sealing(LIBRARY, LIBRARY_CLASS)
        return hmac.digest(key.stream_key, _LABEL + use.encode("ascii"), "sha256")
