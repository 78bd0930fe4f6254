"""The local keyring: key objects in one file, mode 0600, locked by a passphrase or a 32-byte key.

The file is described in `docs/spec/keys.md`. Several processes may use one file: it is changed under a lock.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import re
import secrets
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from hmac import digest
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from sectorprivacy.encryption._forks import begins_anew
from sectorprivacy.encryption._provider import KeyName
from sectorprivacy.errors import DecryptionError, KeyringError, KeyUnavailable

FORMAT: Final = "sectorprivacy-keyring/1"
LABEL: Final = b"sp1/keyring"
LABEL_WRAP: Final = b"sp1/keyring/wrap"
WRAP_SUITE: Final = b"\x01"
SIZE_LIMIT: Final = 1024 * 1024
NAME_LIMIT: Final = 160
SCRYPT_LOG2_N: Final = 17
"""Cost of the passphrase: 128 MiB and a third of a second."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Passphrase(_Message):
    kind: Literal["passphrase"] = "passphrase"
    salt: Annotated[Base64Bytes, Field(min_length=16, max_length=16)]
    log2_n: Annotated[int, Field(ge=14, le=20)]


class _Key(_Message):
    kind: Literal["key"] = "key"


class _Content(_Message):
    keys: Mapping[
        Annotated[str, Field(max_length=NAME_LIMIT)], Annotated[Base64Bytes, Field(min_length=32, max_length=32)]
    ]


class _File(_Message):
    format: Literal["sectorprivacy-keyring/1"] = FORMAT
    lock: Annotated[_Passphrase | _Key, Field(discriminator="kind")]
    nonce: Annotated[Base64Bytes, Field(min_length=12, max_length=12)]
    sealed: Base64Bytes


class LocalKeyring:
    """A KeyProvider in a file of this machine, which destroys. Make one with `create`, `open` or `in_memory`."""

    __slots__ = ("__weakref__", "_cipher", "_keys", "_lock", "_path", "_thread_lock")

    def __init__(self, path: Path | None, lock: _Passphrase | _Key, cipher: AESGCM) -> None:
        self._path = path
        self._lock = lock
        self._cipher = cipher
        self._keys: dict[str, bytes] = {}
        self.begin_anew()
        begins_anew(self)

    def begin_anew(self) -> None:
        """Hold no lock, as in a forked child."""
        self._thread_lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, secret: str | bytes) -> Self:
        """A new keyring in a new file.

        Args:
            path: The file; its folder must exist.
            secret: A passphrase (text of 12 characters or more), or a 32-byte key such as `environment_key` reads.

        Raises:
            KeyringError: The file exists or cannot be written, or the secret is too short.
        """
        lock = _new_lock(secret)
        keyring = cls(path, lock, _cipher(secret, lock))
        with _locked(path):
            if path.exists():
                raise KeyringError(problem="its file exists", instead="Open it, or name another file")
            keyring._write(path, {}, lock, keyring._cipher)
        return keyring

    @classmethod
    def open(cls, path: Path, secret: str | bytes) -> Self:
        """The keyring of a file.

        Args:
            path: The file.
            secret: The passphrase or the 32-byte key it was created with.

        Raises:
            KeyringError: The file cannot be read, is open to others or not of the format, or the secret does not open
                it.
        """
        file = _read(path)
        keyring = cls(path, file.lock, _cipher(secret, file.lock))
        keyring._load(file)
        return keyring

    @classmethod
    def in_memory(cls) -> Self:
        """A keyring that is never written: what it seals cannot be opened once it is gone."""
        return cls(None, _Key(), AESGCM(secrets.token_bytes(32)))

    def relock(self, secret: str | bytes) -> None:
        """Lock the file by another passphrase or key, from now on: the rotation of the root.

        Keyrings that other processes opened with the earlier secret are unavailable from then on, until those
        processes start again with the new one.

        Args:
            secret: As in `create`.

        Raises:
            KeyringError: The secret is too short, or the keyring has no file, or the file cannot be written; then the
                earlier secret still opens it.
        """
        if self._path is None:
            raise KeyringError(problem="it has no file", instead="Create one with a file")
        lock = _new_lock(secret)
        cipher = _cipher(secret, lock)
        with self._thread_lock, _locked(self._path):
            self._load(_read(self._path))
            self._write(self._path, self._keys, lock, cipher)

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        """See KeyProvider; the object is in the file before anything is wrapped under it."""
        nonce = os.urandom(12)
        return WRAP_SUITE + nonce + AESGCM(self._object(name)).encrypt(nonce, secret, _bound_to(name))

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        """See KeyProvider."""
        key = self._found(name)
        if key is None or wrapped[:1] != WRAP_SUITE or len(wrapped) < 29:
            raise DecryptionError
        try:
            return AESGCM(key).decrypt(wrapped[1:13], wrapped[13:], _bound_to(name))
        except InvalidTag:
            raise DecryptionError from None

    def destroy(self, name: KeyName) -> None:
        """See DestroysKeys: it is gone from the file at once; copies of the file are yours to destroy."""

        def without(keys: Mapping[str, bytes]) -> dict[str, bytes]:
            return {each: key for each, key in keys.items() if each != str(name)}

        with self._thread_lock:
            self._change(without)

    def _object(self, name: KeyName) -> bytes:
        key = self._found(name)
        if key is None:
            fresh = secrets.token_bytes(32)
            with self._thread_lock:
                self._change(lambda keys: {str(name): fresh, **keys})
                key = self._keys[str(name)]
        return key

    def _found(self, name: KeyName) -> bytes | None:
        with self._thread_lock:
            if self._path is not None:
                # Another process may have made or destroyed it since.
                with _outage():
                    self._load(_read(self._path))
            return self._keys.get(str(name))

    def _change(self, change: Callable[[Mapping[str, bytes]], dict[str, bytes]]) -> None:
        if self._path is None:
            self._keys = change(self._keys)
            return
        with _outage(), _locked(self._path):
            self._load(_read(self._path))
            changed = change(self._keys)
            if changed != self._keys:
                self._write(self._path, changed, self._lock, self._cipher)

    def _load(self, file: _File) -> None:
        try:
            content = _Content.model_validate_json(self._cipher.decrypt(file.nonce, file.sealed, _binding(file.lock)))
        except InvalidTag:
            raise KeyringError(
                problem="the passphrase or key does not open it", instead="Give the one it was created with"
            ) from None
        except ValidationError:
            raise _damaged() from None
        self._keys = dict(content.keys)

    def _write(self, path: Path, keys: Mapping[str, bytes], lock: _Passphrase | _Key, cipher: AESGCM) -> None:
        content = _Content.model_construct(keys=keys).model_dump_json().encode()
        nonce = os.urandom(12)
        sealed = cipher.encrypt(nonce, content, _binding(lock))
        file = _File.model_construct(lock=lock, nonce=nonce, sealed=sealed)
        _replace(path, file.model_dump_json(indent=2).encode() + b"\n")
        # Only now: what could not be written is not held either.
        self._keys, self._lock, self._cipher = dict(keys), lock, cipher

    def __reduce__(self) -> NoReturn:
        raise TypeError("a LocalKeyring is never pickled or copied: it holds keys")

    def __repr__(self) -> str:
        return f"LocalKeyring({len(self._keys)} keys)"


def environment_key(name: str) -> bytes:
    """The 32-byte key of a keyring from an environment variable, in base64.

    Raises:
        KeyringError: The variable is not set, or is not the base64 of 32 bytes.
    """
    try:
        key = binascii.a2b_base64(os.environ.get(name, ""), strict_mode=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise KeyringError(
            problem=f"the environment variable {name} holds no key", instead="Set it to 32 random bytes in base64"
        )
    return key


def _bound_to(name: KeyName) -> bytes:
    return b"%b\x00%b" % (LABEL_WRAP, str(name).encode("ascii"))


def _new_lock(secret: str | bytes) -> _Passphrase | _Key:
    if len(secret) < 12:
        raise KeyringError(problem="its passphrase is too short", instead="Choose one of 12 characters or more")
    if isinstance(secret, bytes):
        return _Key()
    return _Passphrase(salt=base64.b64encode(secrets.token_bytes(16)), log2_n=SCRYPT_LOG2_N)


def _cipher(secret: str | bytes, lock: _Passphrase | _Key) -> AESGCM:
    if isinstance(lock, _Passphrase) and isinstance(secret, str):
        stretched = Scrypt(salt=lock.salt, length=32, n=2**lock.log2_n, r=8, p=1).derive(secret.encode())
    elif isinstance(lock, _Key) and isinstance(secret, bytes) and len(secret) == 32:
        stretched = secret
    else:
        wanted = "a passphrase (text)" if isinstance(lock, _Passphrase) else "a key of 32 bytes"
        raise KeyringError(problem=f"it is locked by {wanted}, which was not given", instead=f"Give {wanted}")
    return AESGCM(digest(stretched, LABEL, "sha512")[:32])


def _binding(lock: _Passphrase | _Key) -> bytes:
    return b"%b\x00%b\x00%b" % (LABEL, FORMAT.encode(), lock.model_dump_json().encode())


def _read(path: Path) -> _File:
    try:
        with path.open("rb") as file:
            mode, content = os.fstat(file.fileno()).st_mode, file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise KeyringError(problem="there is no file of that name", instead="Create the keyring first") from None
    except OSError as error:
        raise KeyringError(
            problem=f"its file cannot be read ({error.strerror})", instead="Let this account read it"
        ) from None
    if mode & 0o077:
        raise KeyringError(problem="others can read its file", instead="Set the file's mode to 0600")
    if len(content) > SIZE_LIMIT:
        raise _damaged()
    try:
        return _File.model_validate_json(content)
    except ValidationError:
        raise _damaged() from None


def _damaged() -> KeyringError:
    return KeyringError(problem=f"its file is not of the format {FORMAT}", instead="Restore the file from its backup")


@contextmanager
def _outage() -> Generator[None]:
    """A file that was there and cannot be had or written now may come back. Raises: KeyUnavailable."""
    try:
        yield
    except KeyringError as error:
        raise KeyUnavailable.noting(error.problem) from None


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """One writer at a time over all processes, by a lock on the folder, since the file itself is replaced."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            _remove_unfinished(path)
            yield
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise KeyringError(
            problem=f"its file cannot be written ({error.strerror})",
            instead="Let this account write in its folder, and make room there",
        ) from None


def _remove_unfinished(path: Path) -> None:
    """Remove what writers left that were killed: copies that hold keys which are destroyed later."""
    # Whoever writes holds the lock, so nobody is still at work on one.
    unfinished = re.compile(re.escape(f".{path.name}.") + "[0-9a-f]{16}")
    for each in path.parent.iterdir():
        if unfinished.fullmatch(each.name):
            each.unlink()


def _replace(path: Path, content: bytes) -> None:
    if len(content) > SIZE_LIMIT:
        raise KeyringError(problem="its file is full", instead="Keep the tenants' keys in several keyrings")
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
