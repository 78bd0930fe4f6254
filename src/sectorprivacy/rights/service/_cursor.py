"""Cursors: where a page starts, encrypted for the caller and bound to task, operation and data set."""

from __future__ import annotations

import base64
import json
from typing import Any

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import CURSOR_LIMIT
from sectorprivacy.rights.service._tasks import OpenTask
from sectorprivacy.vocabulary import RecordKey

_LABEL = b"sectorprivacy/1/cursor"


@frozen
class Start:
    """Start of a page: its number from 0, and the key after which it starts."""

    page: int = 0
    after: RecordKey | None = None


@frozen
class Spot:
    """A record that a token names, and the key after which the page starts that it stands on."""

    key: RecordKey
    since: RecordKey | None


class Cursors:
    """Tokens of one open task. The same place gives the same token, so an answer repeated is the same answer.

    A primary key may be an e-mail address, so nobody but the service reads a token (AES-SIV, RFC 5297).
    """

    def __init__(self, opened: OpenTask) -> None:
        self._cipher = AESSIV(opened.cursor_key)
        self._task = opened.task.task.bytes

    def write(self, use: str, page: int, key: RecordKey) -> str:
        """A cursor for `use` ("export/crm.customer") that names a page and the key before it. Raises: ProtocolError."""
        return self._token(use, [page, key.to_json()])

    def read(self, use: str, token: str | None) -> Start:
        """What a cursor says; None is the first page. Raises: ProtocolError for any other text."""
        if token is None:
            return Start()
        page, key = self._content(use, token)
        return Start(page, RecordKey.from_json(key))

    def point(self, use: str, spot: Spot) -> str:
        """A token for `use` ("blob/crm.image/file") that names a record. Raises: ProtocolError."""
        return self._token(use, [spot.key.to_json(), None if spot.since is None else spot.since.to_json()])

    def pointed(self, use: str, token: str) -> Spot:
        """What such a token says. Raises: ProtocolError for any other text."""
        key, since = self._content(use, token)
        return Spot(RecordKey.from_json(key), None if since is None else RecordKey.from_json(since))

    def _token(self, use: str, content: list[Any]) -> str:
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
        token = base64.urlsafe_b64encode(self._cipher.encrypt(text, self._binding(use))).rstrip(b"=").decode("ascii")
        if len(token) > CURSOR_LIMIT:
            raise ProtocolError(problem="key_too_long", retry="human")
        return token

    def _content(self, use: str, token: str) -> Any:
        """What was encrypted for this use; whatever decrypts was written here, so its form is known."""
        try:
            if len(token) > CURSOR_LIMIT:
                raise ValueError("too long")
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return json.loads(self._cipher.decrypt(sealed, self._binding(use)))
        except (ValueError, InvalidTag):
            raise ProtocolError(problem="bad_cursor") from None

    def opaque(self, key: RecordKey) -> RecordKey:
        """A key that names the same record to this task alone, and says nothing of it."""
        text = json.dumps(key.to_json(), ensure_ascii=False).encode()
        return RecordKey.of(self._cipher.encrypt(text, self._binding("opaque")))

    def _binding(self, use: str) -> list[bytes]:
        return [_LABEL, self._task, use.encode()]
