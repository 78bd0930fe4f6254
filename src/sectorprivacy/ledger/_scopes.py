"""Scopes: whose records a case may touch. They hold identifiers, so they are sealed, and they end with the case."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from threading import Lock
from typing import Protocol
from uuid import UUID

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter, ValidationError

from sectorprivacy.errors import DecryptionError, InvalidDeclaration
from sectorprivacy.vocabulary import Identifier, SubjectRef

LABEL = b"sp1/scope"
SUITE = b"\x01"
"""First byte of a sealed document: AES-256-GCM with a random 96-bit nonce."""


@frozen(kw_only=True)
class CaseScope:
    """What `find` settled on: the person, and the identifiers by which their records are found.

    Args:
        ref: How the case names the person from here on.
        task: The find task that settled it.
        case: The case it ends with.
        identifiers: Each with its role and period; personal data.
    """

    ref: SubjectRef
    task: UUID
    case: UUID
    identifiers: Sequence[Identifier] = field(converter=tuple[Identifier, ...], repr=False)


@frozen(kw_only=True)
class SealedScope:
    """A scope as a store sees it: `document` is the sealed list of identifiers."""

    ref: SubjectRef
    task: UUID
    case: UUID
    document: bytes = field(repr=False)


class Scopes(Protocol):
    """Durable scopes of the running cases."""

    def keep(self, scope: SealedScope) -> SealedScope:
        """Keep a scope and return the one that stands for its task: the first."""
        ...

    def get(self, ref: SubjectRef, case: UUID) -> SealedScope | None:
        """The newest scope of this reference in this case."""
        ...

    def close(self, case: UUID) -> None:
        """Forget every scope of a case."""
        ...


class MemoryScopes:
    """Scopes that last as long as the process."""

    def __init__(self) -> None:
        self._scopes: dict[UUID, SealedScope] = {}
        self._lock = Lock()

    def keep(self, scope: SealedScope) -> SealedScope:
        """Keep a scope; the first of its task stands."""
        with self._lock:
            return self._scopes.setdefault(scope.task, scope)

    def get(self, ref: SubjectRef, case: UUID) -> SealedScope | None:
        """The newest scope of this reference in this case."""
        with self._lock:
            newest_first = reversed(self._scopes.values())
            return next((scope for scope in newest_first if (scope.ref, scope.case) == (ref, case)), None)

    def close(self, case: UUID) -> None:
        """Forget every scope of a case."""
        with self._lock:
            self._scopes = {task: scope for task, scope in self._scopes.items() if scope.case != case}


_IDENTIFIERS: TypeAdapter[Sequence[Identifier]] = TypeAdapter(tuple[Identifier, ...])


class CaseScopes:
    """Scopes in the clear for those who answer a task, sealed for the store.

    A document is bound to its reference, task and case, and opens nowhere else.

    Args:
        scopes: The store.
        key: 32 bytes that live outside the store.
    """

    def __init__(self, scopes: Scopes, key: bytes) -> None:
        if len(key) != 32:
            raise InvalidDeclaration(
                where="CaseScopes", problem="its key is not 32 bytes", instead="Take one from the keyring"
            )
        self._scopes = scopes
        self._cipher = AESGCM(key)

    def keep(self, scope: CaseScope) -> CaseScope:
        """Keep a scope; asked again with the same task, the first stands and is returned."""
        nonce = secrets.token_bytes(12)
        text = _as_json(scope.identifiers)
        document = SUITE + nonce + self._cipher.encrypt(nonce, text, _bound_to(scope))
        sealed = SealedScope(ref=scope.ref, task=scope.task, case=scope.case, document=document)
        return self._opened(self._scopes.keep(sealed))

    def get(self, ref: SubjectRef, case: UUID) -> CaseScope | None:
        """The newest scope of this reference in this case; another case learns nothing."""
        sealed = self._scopes.get(ref, case)
        return None if sealed is None else self._opened(sealed)

    def close(self, case: UUID) -> None:
        """Forget every scope of a case; the identifiers are gone with them."""
        self._scopes.close(case)

    def _opened(self, sealed: SealedScope) -> CaseScope:
        suite, nonce, ciphertext = sealed.document[:1], sealed.document[1:13], sealed.document[13:]
        if suite != SUITE or len(nonce) != 12:
            raise DecryptionError
        try:
            identifiers = _IDENTIFIERS.validate_json(self._cipher.decrypt(nonce, ciphertext, _bound_to(sealed)))
        except (InvalidTag, ValidationError):
            # Neither cause is told: the text of a validation error quotes what it read.
            raise DecryptionError from None
        return CaseScope(ref=sealed.ref, task=sealed.task, case=sealed.case, identifiers=identifiers)


def _as_json(identifiers: Sequence[Identifier]) -> bytes:
    try:
        return _IDENTIFIERS.dump_json(identifiers)
    except ValueError:
        raise InvalidDeclaration(
            where="CaseScope", problem="an identifier is not text", instead="Leave out what holds lone surrogates"
        ) from None


def _bound_to(scope: CaseScope | SealedScope) -> bytes:
    return LABEL + scope.ref.raw + scope.task.bytes + scope.case.bytes
