"""Tenant keys in hardware: the KeyProvider over PKCS#11, for security modules, smart cards and SoftHSM."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from attrs import frozen

from sectorprivacy.encryption import KeyName
from sectorprivacy.errors import DecryptionError, KeyUnavailable, MissingExtra

try:
    import pkcs11
    from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.pkcs11", extra="pkcs11") from None

__all__ = ["Pkcs11Token", "environment_pin"]

PIN_VARIABLE: Final = "PKCS11_PIN"

_FORMAT: Final = b"\x01"
_ID, _NONCE, _TAG, _SECRET = 16, 12, 16, 32
_WRAPPED: Final = len(_FORMAT) + _ID + _NONCE + _SECRET + _TAG
_TAG_BITS: Final = 8 * _TAG

_MADE_HERE: Final = {
    Attribute.CLASS: ObjectClass.SECRET_KEY,
    Attribute.KEY_TYPE: KeyType.AES,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
}
"""A key that somebody carried into the token, or could carry out, is not used, whatever its label."""

_PIN_REFUSED: Final = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked)

_LOCKED_IN: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
}


class _Library:
    """The modules of PKCS#11 in this process: initialised once in each, also after a fork, and used by one thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._ready: dict[str, Any] = {}
        self._doubtful: set[str] = set()

    def token(self, path: str, label: str) -> Any:
        """The token of a label."""
        if path not in self._ready:
            library = pkcs11.lib(path)
            if _forked:
                _initialise_again(library)
            self._ready[path] = library
        elif path in self._doubtful:
            _initialise_again(self._ready[path])
        self._doubtful.discard(path)
        return self._ready[path].get_token(token_label=label)

    def doubt(self, path: str) -> None:
        """Initialise a module anew before its next use.

        Modules show the tokens that were there when they were initialised, and some do not recover by themselves from
        a lost connection, or from what they read while another process wrote it.
        """
        self._doubtful.add(path)


def _initialise_again(library: Any) -> None:
    """What the parent initialised is not the child's: its sessions and its login are the parent's."""
    try:
        library.reinitialize()
    except pkcs11.PKCS11Error:
        library.initialize()


_library = _Library()
_forked = False


def _after_fork() -> None:
    global _library, _forked  # the parent's lock may be held for ever in the child
    _library, _forked = _Library(), True


os.register_at_fork(after_in_child=_after_fork)


def environment_pin() -> str:
    """The PIN in `PKCS11_PIN`, read anew for every call.

    Raises:
        KeyUnavailable: It is not set.
    """
    pin = os.environ.get(PIN_VARIABLE)
    if not pin:
        raise KeyUnavailable.noting(f"there is no PIN in {PIN_VARIABLE}")
    return pin


@frozen(repr=False)
class _Wrapped:
    key: bytes
    nonce: bytes
    sealed: bytes

    def __bytes__(self) -> bytes:
        return _FORMAT + self.key + self.nonce + self.sealed


class Pkcs11Token:
    """A KeyProvider that destroys: for each KeyName one AES-256 key, made in the token.

    Its label is the name, `acme/wrap/3/9f2c4e0a1b2c3d4e`. Keys are sensitive and never extractable; a key of that label
    that was not made so in the token is left alone.
    Wrapped is `01 · id of the key 16 · nonce 12 · AES-256-GCM ciphertext 32 · tag 16` (CKM_AES_GCM), the nonce drawn
    from the operating system, the name the associated data. A token without CKM_AES_GCM cannot be used.

    A session lasts for one call, and the calls of one process follow one another: PKCS#11 modules need not bear
    threads, and a tenant key is unwrapped once in minutes. A module is initialised anew in a forked process, and
    after a call that failed; other sessions of the program with it end then. A wrong PIN is tried once for each
    call, never again by itself. Processes that make a key for the same new name at the same moment
    may make one each; each unwraps, and `destroy` destroys all.

    A `KeyUnavailable` says what happened in a note of its traceback, never in its text.

    Args:
        module: The library of the manufacturer: `/usr/lib/softhsm/libsofthsm2.so`.
        token: Label of the token.
        pin: Gives the PIN of the token's user for a call; by default from the environment.
    """

    __slots__ = ("_label", "_module", "_pin")

    def __init__(self, module: Path, *, token: str, pin: Callable[[], str] = environment_pin) -> None:
        self._module = module
        self._label = token
        self._pin = pin

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        """See KeyProvider."""
        with self._session(writing=True) as session:
            key = next(iter(_keys(session, name)), None) or _made(session, name)
            nonce = os.urandom(_NONCE)
            return bytes(_Wrapped(key[Attribute.ID], nonce, _encrypt(key, name, nonce, secret)))

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        """See KeyProvider."""
        parts = _parts(wrapped)
        with self._session(writing=False) as session:
            for key in _keys(session, name):
                if key[Attribute.ID] == parts.key:
                    return _decrypt(key, name, parts)
            raise DecryptionError

    def destroy(self, name: KeyName) -> None:
        """See DestroysKeys: it is gone from the token at once; backups of the token are yours to destroy."""
        labelled = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: str(name)}
        with self._session(writing=True) as session:
            for key in list(session.get_objects(labelled)):
                key.destroy()

    @contextmanager
    def _session(self, *, writing: bool) -> Generator[Any]:
        failure = ""
        try:
            with _library.lock:
                token = _library.token(str(self._module), self._label)
                with _opened(token, writing, self._pin()) as session:
                    yield session
        except pkcs11.PKCS11Error as error:
            # Not as its cause: its traceback passes the frames that hold PIN and secret.
            failure = type(error).__name__
            if not isinstance(error, _PIN_REFUSED):
                _library.doubt(str(self._module))
        if failure:
            raise KeyUnavailable.noting(failure)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Pkcs11Token is never pickled or copied: it holds the way to a PIN")

    def __repr__(self) -> str:
        return f"Pkcs11Token({str(self._module)!r}, token={self._label!r})"


def _opened(token: Any, writing: bool, pin: str) -> Any:
    try:
        return token.open(rw=writing, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        # The application uses the token for something else too: its login counts for the whole process.
        return token.open(rw=writing)


def _keys(session: Any, name: KeyName) -> list[Any]:
    """The keys of a name: one, or several if processes made them at the same moment; all find the same one first."""

    def id_of(key: Any) -> bytes:
        return bytes(key[Attribute.ID])

    return sorted(session.get_objects({**_MADE_HERE, Attribute.LABEL: str(name)}), key=id_of)


def _made(session: Any, name: KeyName) -> Any:
    return session.generate_key(
        KeyType.AES,
        256,
        id=secrets.token_bytes(_ID),
        label=str(name),
        store=True,
        capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
        template=_LOCKED_IN,
    )


def _encrypt(key: Any, name: KeyName, nonce: bytes, secret: bytes) -> bytes:
    return bytes(key.encrypt(secret, mechanism=Mechanism.AES_GCM, mechanism_param=_parameters(name, nonce)))


def _decrypt(key: Any, name: KeyName, parts: _Wrapped) -> bytes:
    parameters = _parameters(name, parts.nonce)
    try:
        return bytes(key.decrypt(parts.sealed, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))
    except pkcs11.PKCS11Error:
        # Tokens disagree on what they say of a wrong tag; SoftHSM says "general error", as for a broken disk. A key
        # that still opens what it has just closed is well, so it is what was wrapped that is not.
        _try(key, name)
        raise DecryptionError from None


def _try(key: Any, name: KeyName) -> None:
    nonce, known = os.urandom(_NONCE), bytes(_SECRET)
    parameters = _parameters(name, nonce)
    key.decrypt(_encrypt(key, name, nonce, known), mechanism=Mechanism.AES_GCM, mechanism_param=parameters)


def _parameters(name: KeyName, nonce: bytes) -> GCMParams:
    return GCMParams(nonce, str(name).encode("ascii"), _TAG_BITS)


def _parts(wrapped: bytes) -> _Wrapped:
    if len(wrapped) != _WRAPPED or not wrapped.startswith(_FORMAT):
        raise DecryptionError
    key, rest = wrapped[1 : 1 + _ID], wrapped[1 + _ID :]
    return _Wrapped(key, rest[:_NONCE], rest[_NONCE:])
