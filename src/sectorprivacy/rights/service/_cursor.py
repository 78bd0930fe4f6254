"""Cursors: where a page starts, encrypted for the caller and bound to task, operation and data set."""

from __future__ import annotations

import base64
import binascii
import json

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from sectorprivacy.errors import InvalidDeclaration, ProtocolError
from sectorprivacy.rights.service._tasks import OpenTask
from sectorprivacy.vocabulary import RecordKey

_LABEL = b"sectorprivacy/1/cursor"
_LONGEST = 512


@frozen
class Start:
    """Start of a page: its number from 0, and the key after which it starts."""

    page: int = 0
    after: RecordKey | None = None


class Cursors:
    """Tokens of one open task. The same place gives the same token, so an answer repeated is the same answer.

    A primary key may be an e-mail address, so nobody but the service reads a token (AES-SIV, RFC 5297).
    """

    def __init__(self, opened: OpenTask) -> None:
        self._cipher = AESSIV(opened.cursor_key)
        self._task = opened.task.task.bytes

    def write(self, use: str, page: int, key: RecordKey) -> str:
        """A token for `use` ("export/crm.customer") that names a page and a record key. Raises: ProtocolError."""
        text = json.dumps([page, key.to_json()], separators=(",", ":"), ensure_ascii=False).encode()
        token = base64.urlsafe_b64encode(self._cipher.encrypt(text, self._binding(use))).rstrip(b"=").decode("ascii")
        if len(token) > _LONGEST:
            raise ProtocolError(problem="key_too_long", retry="human")
        return token

    def read(self, use: str, token: str | None) -> Start:
        """What a token says; None is the first page. Raises: ProtocolError for any other text."""
        if token is None:
            return Start()
        try:
            if len(token) > _LONGEST:
                raise ValueError("too long")
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            page, key = json.loads(self._cipher.decrypt(sealed, self._binding(use)))
            return Start(page, RecordKey.from_json(key))
        except (ValueError, binascii.Error, InvalidTag, InvalidDeclaration):
            raise ProtocolError(problem="bad_cursor") from None

    def opaque(self, key: RecordKey) -> RecordKey:
        """A key that names the same record to this task alone, and says nothing of it."""
        text = json.dumps(key.to_json(), ensure_ascii=False).encode()
        return RecordKey.of(self._cipher.encrypt(text, self._binding("opaque")))

    def _binding(self, use: str) -> list[bytes]:
        return [_LABEL, self._task, use.encode()]
