"""The local keyring: tenant keys in one file, mode 0600, locked by a passphrase or a 32-byte key.

The file is described in `docs/spec/keys.md`. Several processes may use one file: a new tenant key is written under a
lock.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import secrets
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hmac import digest
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn, Self, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from sectorprivacy.encryption._subject_key import TenantKey
from sectorprivacy.errors import DecryptionError, KeyringError

FORMAT: Final = "sectorprivacy-keyring/1"
LABEL: Final = b"sp1/keyring"
SIZE_LIMIT: Final = 1024 * 1024
SCRYPT_LOG2_N: Final = 17
"""Cost of the passphrase: 128 MiB and a third of a second."""

_Epochs: TypeAlias = dict[int, bytes]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Passphrase(_Message):
    kind: Literal["passphrase"] = "passphrase"
    salt: Annotated[Base64Bytes, Field(min_length=16, max_length=16)]
    log2_n: Annotated[int, Field(ge=14, le=20)]


class _Key(_Message):
    kind: Literal["key"] = "key"


class _Content(_Message):
    tenants: Mapping[str, Mapping[Annotated[int, Field(ge=1, le=2**32 - 1)], Base64Bytes]]


class _File(_Message):
    format: Literal["sectorprivacy-keyring/1"] = FORMAT
    lock: Annotated[_Passphrase | _Key, Field(discriminator="kind")]
    nonce: Annotated[Base64Bytes, Field(min_length=12, max_length=12)]
    sealed: Base64Bytes


class LocalKeyring:
    """Tenant keys of this machine. Make one with `create`, `open` or `in_memory`."""

    __slots__ = ("_cipher", "_lock", "_path", "_tenants", "_thread_lock")

    def __init__(self, path: Path | None, lock: _Passphrase | _Key, cipher: AESGCM) -> None:
        self._path = path
        self._lock = lock
        self._cipher = cipher
        self._tenants: dict[str, _Epochs] = {}
        self._thread_lock = threading.Lock()

    @classmethod
    def create(cls, path: Path, secret: str | bytes) -> Self:
        """A new keyring in a new file.

        Args:
            path: The file; its folder must exist.
            secret: A passphrase (text of 12 characters or more), or a 32-byte key such as `environment_key` reads.

        Raises:
            KeyringError: The file exists, or the secret is too short.
        """
        if len(secret) < 12:
            raise KeyringError(problem="its passphrase is too short", instead="Choose one of 12 characters or more")
        lock = (
            _Key()
            if isinstance(secret, bytes)
            else _Passphrase(salt=base64.b64encode(secrets.token_bytes(16)), log2_n=SCRYPT_LOG2_N)
        )
        keyring = cls(path, lock, _cipher(secret, lock))
        with _locked(path):
            if path.exists():
                raise KeyringError(problem="its file exists", instead="Open it, or name another file")
            keyring._write(path)
        return keyring

    @classmethod
    def open(cls, path: Path, secret: str | bytes) -> Self:
        """The keyring of a file.

        Args:
            path: The file.
            secret: The passphrase or the 32-byte key it was created with.

        Raises:
            KeyringError: The file is absent, open to others, not of the format, or the secret does not open it.
        """
        file = _read(path)
        keyring = cls(path, file.lock, _cipher(secret, file.lock))
        keyring._load(file)
        return keyring

    @classmethod
    def in_memory(cls) -> Self:
        """A keyring that is never written: what it seals cannot be opened once it is gone."""
        return cls(None, _Key(), AESGCM(secrets.token_bytes(32)))

    def tenant_key(self, tenant: str, epoch: int | None = None) -> TenantKey:
        """See KeyProvider; the first key of a tenant is in the file before it is handed out."""
        with self._thread_lock:
            if epoch is None and tenant not in self._tenants:
                self._add(tenant)
            epochs = self._tenants.get(tenant, {})
            if epoch is not None and epoch not in epochs and self._path is not None:
                # Another process may have made it since.
                self._load(_read(self._path))
                epochs = self._tenants.get(tenant, {})
            number = max(epochs) if epoch is None else epoch
            if number not in epochs:
                raise DecryptionError
            return TenantKey(tenant, number, epochs[number])

    def _add(self, tenant: str) -> None:
        if self._path is None:
            self._tenants[tenant] = {1: secrets.token_bytes(32)}
            return
        with _locked(self._path):
            self._load(_read(self._path))
            if tenant not in self._tenants:
                self._tenants[tenant] = {1: secrets.token_bytes(32)}
                self._write(self._path)

    def _load(self, file: _File) -> None:
        try:
            content = _Content.model_validate_json(self._cipher.decrypt(file.nonce, file.sealed, _binding(file.lock)))
        except InvalidTag:
            raise KeyringError(
                problem="the passphrase or key does not open it", instead="Give the one it was created with"
            ) from None
        except ValidationError:
            raise _damaged() from None
        self._tenants = {tenant: dict(epochs) for tenant, epochs in content.tenants.items()}

    def _write(self, path: Path) -> None:
        content = _Content.model_construct(tenants=self._tenants).model_dump_json().encode()
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, content, _binding(self._lock))
        file = _File.model_construct(lock=self._lock, nonce=nonce, sealed=sealed)
        _replace(path, file.model_dump_json(indent=2).encode() + b"\n")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a LocalKeyring is never pickled or copied: it holds keys")

    def __repr__(self) -> str:
        return f"LocalKeyring({len(self._tenants)} tenants)"


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
def _locked(path: Path) -> Generator[None]:
    """One writer at a time over all processes, by a lock on the folder, since the file itself is replaced."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
        os.fsync(folder)
    finally:
        os.close(folder)


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
