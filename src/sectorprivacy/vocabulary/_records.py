"""Who and which record: SubjectRef, RecordKey, Identifier and Period.

Identifier and Period also cross the wire; they are frozen dataclasses because pydantic validates those as they are
(docs/decisions/0003-values-on-the-wire.md).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from attrs import field, frozen

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.vocabulary._closed import Assurance


@frozen
class SubjectRef:
    """16 random bytes that a service minted for a person; it means nothing in another service."""

    raw: bytes = field(repr=False)

    def __attrs_post_init__(self) -> None:
        if len(self.raw) != 16:
            raise InvalidDeclaration(where="SubjectRef", problem="it is not 16 bytes", instead="Mint one")

    @classmethod
    def mint(cls) -> Self:
        """A new reference from the operating system's randomness."""
        return cls(secrets.token_bytes(16))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the 32 lower-case hexadecimal digits of `str(ref)`."""
        if not re.fullmatch(r"[0-9a-f]{32}", text):
            raise InvalidDeclaration(where="SubjectRef", problem="it is not 32 hexadecimal digits", instead="Mint one")
        return cls(bytes.fromhex(text))

    def __str__(self) -> str:
        return self.raw.hex()


KeyPart = str | int | UUID | bytes


@frozen(order=True)
class RecordKey:
    """Stable, typed and ordered name of a record in its data set.

    Args:
        parts: One to 255 values of type str, int, UUID or bytes (bool refused).
    """

    parts: tuple[KeyPart, ...] = field(repr=False)

    def __attrs_post_init__(self) -> None:
        # By exact type: True is an int, and a subclass might not be written as it is read.
        if not 1 <= len(self.parts) <= 255 or not all(type(part) in _LETTERS for part in self.parts):
            raise InvalidDeclaration(
                where="RecordKey",
                problem="its parts are not 1 to 255 values of str, int, UUID or bytes",
                instead="Choose another key for the data set",
            )

    @classmethod
    def of(cls, *parts: KeyPart) -> Self:
        """The key with these parts."""
        return cls(parts)

    def to_json(self) -> list[str]:
        """A list with one string a part: its type letter (`s`, `i`, `u`, `b`), then its text (bytes in hex)."""
        return [_LETTERS[type(part)] + (part.hex() if isinstance(part, bytes) else str(part)) for part in self.parts]

    @classmethod
    def from_json(cls, texts: list[str]) -> Self:
        """Read what `to_json` wrote; anything else is refused with InvalidDeclaration."""
        return cls(tuple(_part(text) for text in texts))


_LETTERS: dict[type, str] = {str: "s", int: "i", UUID: "u", bytes: "b"}


def _part(text: str) -> KeyPart:
    letter, value = text[:1], text[1:]
    if letter == "s":
        return value
    if letter == "i" and re.fullmatch(r"0|-?[1-9][0-9]{0,999}", value):
        return int(value)
    if letter == "u" and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
        return UUID(value)
    if letter == "b" and re.fullmatch(r"([0-9a-f]{2})*", value):
        return bytes.fromhex(value)
    raise InvalidDeclaration(where="RecordKey", problem="a part is not of the form", instead="Use to_json()")


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open span of time, aware datetimes; None on either side is open."""

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None and moment.tzinfo is None:
                raise InvalidDeclaration(where="Period", problem="a datetime is naive", instead="Give it a time zone")

    def covers(self, moment: datetime) -> bool:
        """Whether `moment` (aware) lies in the period."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


ALWAYS = Period()

THINGS = frozenset({"installation", "user_slot"})
"""Kinds of identifiers that name a thing; its records concern a person only in the role and period of their link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """Something that names a person, or a thing whose records concern a person.

    Args:
        kind: "customer_number", "email", "telephone", "installation", "user_slot", ...
        value: Exactly as it is stored; nothing is normalised.
        role: Role id in which the person has it.
        assurance: How sure we are that it is theirs.
        period: While it was theirs: installations change owner, numbers and user slots are reused.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    kind: str
    value: str
    role: str = "customer"
    assurance: Assurance = Assurance.VERIFIED
    period: Period = ALWAYS

    @property
    def names_a_thing(self) -> bool:
        """Whether it names a thing (an installation, a place on its panel) and concerns the person by a link only."""
        return self.kind in THINGS

    def __repr__(self) -> str:
        return f"Identifier(kind={self.kind!r}, role={self.role!r}, value=...)"
