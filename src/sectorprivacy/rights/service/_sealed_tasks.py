"""Find tasks name people by their identifiers; a durable store gets to see them sealed."""

from __future__ import annotations

import base64
from uuid import UUID

from attrs import evolve
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic import TypeAdapter

from sectorprivacy.errors import DecryptionError, InvalidDeclaration, ProtocolError
from sectorprivacy.rights.protocol import FindTask
from sectorprivacy.rights.service._tasks import AnyTask, OpenTask, TaskStore
from sectorprivacy.vocabulary import Identifier

_LABEL = b"sectorprivacy/1/find-task"
_SEALED = "sealed"
_WHO: TypeAdapter[tuple[Identifier, ...]] = TypeAdapter(tuple[Identifier, ...])


def is_sealed(task: FindTask) -> bool:
    """Whether the task names nobody in the clear."""
    return all(identifier.kind == _SEALED for identifier in task.who)


class SealedTasks:
    """A TaskStore before a durable one: the identifiers of find tasks are sealed on the way in, opened on the way out.

    The same message gives the same bytes (AES-SIV, RFC 5297, bound to task and case): the store still tells a repeated
    message from another one under the same id.

    Args:
        tasks: The store.
        key: 32 bytes that live outside the store.
    """

    def __init__(self, tasks: TaskStore, key: bytes) -> None:
        if len(key) != 32:
            raise InvalidDeclaration(
                where="SealedTasks", problem="its key is not 32 bytes", instead="Take one from the keyring"
            )
        self._tasks = tasks
        self._cipher = AESSIV(key)

    def open(self, task: AnyTask) -> OpenTask:
        """Remember the task, or return it as it was remembered; see TaskStore."""
        return self._in_the_clear(self._tasks.open(self._sealed(task)))

    def get(self, task: UUID) -> OpenTask | None:
        """The task of that id, None where there is none."""
        opened = self._tasks.get(task)
        return None if opened is None else self._in_the_clear(opened)

    def cancel(self, task: UUID) -> None:
        """Let the task do nothing more."""
        self._tasks.cancel(task)

    def close(self, case: UUID) -> None:
        """Forget every task of a case."""
        self._tasks.close(case)

    def _sealed(self, task: AnyTask) -> AnyTask:
        if not isinstance(task, FindTask):
            return task
        try:
            text = _WHO.dump_json(task.who)
        except ValueError:
            # An identifier that is no text; the error would quote it.
            raise ProtocolError(problem="bad_message") from None
        sealed = self._cipher.encrypt(text, _bound_to(task))
        return task.model_copy(update={"who": (Identifier(kind=_SEALED, value=base64.b64encode(sealed).decode()),)})

    def _in_the_clear(self, opened: OpenTask) -> OpenTask:
        task = opened.task
        if not isinstance(task, FindTask):
            return opened
        try:
            (identifier,) = task.who
            who = _WHO.validate_json(self._cipher.decrypt(base64.b64decode(identifier.value), _bound_to(task)))
        except (InvalidTag, ValueError):
            # Neither cause is told: the text of a validation error quotes what it read.
            raise DecryptionError from None
        return evolve(opened, task=task.model_copy(update={"who": who}))


def _bound_to(task: FindTask) -> list[bytes]:
    return [_LABEL, task.task.bytes, task.case.bytes]
