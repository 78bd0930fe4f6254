"""Sealed: an opaque value in memory, opened only where a purpose gave access to its key."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, Generic, NoReturn, Protocol, Self, TypeVar, cast, get_args

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from sectorprivacy.encryption._cell import FIRST, PREFIX, from_text, head_of, to_text
from sectorprivacy.encryption._codecs import codec_of
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._running import loop_runs
from sectorprivacy.errors import DecryptionError, KeyNotLoaded, NoPurpose, NotSealed, ValueNotSealable

T = TypeVar("T")
V = TypeVar("V")


class KeyAccess(Protocol):
    """What a purpose scope grants: opening the values it covers."""

    def open(self, place: Place, cell: bytes) -> Any:
        """The value of a cell, if the scope covers it.

        Raises:
            ProcessingRefused: It does not.
            DecryptionError: The cell does not open.
        """
        ...


key_access: Final[ContextVar[KeyAccess]] = ContextVar("sectorprivacy_key_access")
"""The access of the current scope; unset outside any scope."""


class Sealed(Generic[T]):
    """A value nobody sees by accident: every representation is redacted, and only `open()` shows it.

    It is either held (`Sealed.of`, until it is stored) or stored (`Sealed.stored`, a cell and its place). It has no
    equality but identity, cannot be pickled, and its copies are itself.
    """

    __slots__ = ("__weakref__", "_place", "_value")

    _place: Place | Callable[[], Place] | None
    _value: Any

    def __init__(self) -> None:
        raise TypeError("use Sealed.of(value) or Sealed.stored(place, cell)")

    @classmethod
    def of(cls, value: V) -> Sealed[V]:
        """Hold a value until it is stored, which seals it."""
        return cls._made(None, value)

    @classmethod
    def stored(cls, place: Place | Callable[[], Place], cell: bytes | str) -> Sealed[Any]:
        """A value as it was read from a store; nothing is opened or checked yet.

        Args:
            place: Where it lives; or what finds that out, for a store that has to ask whose row it is. It is called
                once, when the place is first wanted, and may block.
            cell: The cell, as bytes or as text.
        """
        return cls._made(place, cell)

    @classmethod
    def _made(cls, place: Place | Callable[[], Place] | None, value: Any) -> Sealed[Any]:
        sealed: Sealed[Any] = object.__new__(cls)
        sealed._place = place
        sealed._value = value
        return sealed

    @property
    def is_stored(self) -> bool:
        """Whether it stands for a cell in a store."""
        return self._place is not None

    @property
    def place(self) -> Place | None:
        """Where it is stored; None for a value that is held."""
        if self._place is not None and not isinstance(self._place, Place):
            self._place = self._place()
        return self._place

    @property
    def cell(self) -> bytes:
        """The cell; in a field that is being migrated also the UTF-8 of text in the clear.

        Raises:
            NotSealed: It is held, or its text is no cell.
            DecryptionError: Its text begins as a cell does and is none.
        """
        if self._place is None:
            raise NotSealed
        if not isinstance(self._value, str):
            return cast("bytes", self._value)
        if not self._value.startswith(PREFIX) and cast("Place", self.place).plaintext_until is not None:
            return self._value.encode()
        return from_text(self._value)

    @property
    def head(self) -> bytes:
        """The first 18 bytes of the cell, which say its codec and key; nothing of what is no cell.

        Raises:
            NotSealed: It is held.
        """
        if self._place is None:
            raise NotSealed
        return head_of(self._value)

    @property
    def text(self) -> str:
        """The cell as text. Raises: NotSealed for a value that is held."""
        if self._place is None:
            raise NotSealed
        return self._value if isinstance(self._value, str) else to_text(self._value)

    def open(self) -> T:
        """The value, inside a scope that covers it.

        Raises:
            NoPurpose: There is no scope, also for a value that is held.
            ProcessingRefused: The scope does not cover it.
            KeyNotLoaded: An event loop runs here, and the value was not prefetched.
            DecryptionError: The cell does not open.
        """
        access = key_access.get(None)
        if access is None:
            raise NoPurpose
        if self._place is None:
            return cast("T", self._value)
        if not isinstance(self._place, Place) and loop_runs():
            raise KeyNotLoaded  # finding its place out may block
        return cast("T", access.open(cast("Place", self.place), self._cell_or_head()))

    def _cell_or_head(self) -> bytes:
        """The cell; of text that is none as much as says so, because whether it may be opened is asked before."""
        try:
            return self.cell
        except NotSealed:
            return b""
        except DecryptionError:
            return self.head or FIRST

    def release(self) -> T:
        """The held value, for the one who seals it into a store. Raises: NotSealed for one that is stored."""
        if self._place is not None:
            raise NotSealed
        return cast("T", self._value)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Sealed value is never pickled")

    def __repr__(self) -> str:
        return "<sealed>"

    def __format__(self, spec: str) -> str:
        return "<sealed>"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take a Sealed as it is, hold a raw value of `T`, and refuse to be serialised."""
        (inner,) = get_args(source) or (Any,)
        codec = codec_of(inner).name.lower()
        validator = SchemaValidator(handler.generate_schema(inner))

        def hold(value: Any, info: core_schema.ValidationInfo) -> Any:
            if isinstance(value, Sealed):
                return cast("Any", value)
            try:
                return Sealed[Any].of(validator.validate_python(value))
            except ValidationError:
                # Not a ValidationError: those carry the input, whatever the model's settings.
                raise ValueNotSealable(
                    path=info.field_name or "value", codec=codec, reason="it is not of the declared type"
                ) from None

        return core_schema.with_info_plain_validator_function(
            hold, serialization=core_schema.plain_serializer_function_ser_schema(_never_serialised)
        )


def _never_serialised(_: Sealed[Any]) -> NoReturn:
    raise NotSealed
