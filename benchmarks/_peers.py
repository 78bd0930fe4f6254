"""The peers of sealed values: other libraries that encrypt a field, each used as its documentation shows."""

# ruff: noqa: PLC0415  a peer is imported only where it is measured: each may be missing
# mypy: disable-error-code="import-untyped, misc"
# pyright: reportIncompatibleMethodOverride=false, reportCallIssue=false

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Generator, Mapping
from typing import Any

from attrs import frozen

VALUE = "24 characters of a value"
BOUND = b"acme/crm.customer/national_id/4711"
"""What a peer that can bind a value to its place is given for it."""


@frozen
class Peer:
    """One library, with its key made and whatever it remembers warm.

    Args:
        name: What people call it, and what it does not do that the others do.
        seal: Encrypts the value.
        open: Decrypts what `seal` gave.
    """

    name: str
    seal: Callable[[], object]
    open: Callable[[], object]


@frozen
class Peers:
    """Those that are installed, and the names of those that are not."""

    found: tuple[Peer, ...]
    missing: tuple[str, ...]


def peers() -> Peers:
    """Every peer, ready; one that cannot be imported is named."""
    found: list[Peer] = []
    missing: list[str] = []
    for make in (_tink, _fernet, _sqlalchemy_utils, _nacl, _fieldseal, _aws, _mongodb):
        try:
            found.append(make())
        except ImportError as absent:
            missing.append(absent.name or make.__name__)
    return Peers(tuple(found), tuple(missing))


def _tink() -> Peer:
    from tink import aead, new_keyset_handle

    aead.register()
    cipher = new_keyset_handle(aead.aead_key_templates.AES256_GCM).primitive(aead.Aead)
    sealed = cipher.encrypt(VALUE.encode(), BOUND)
    return Peer(
        "Tink",
        lambda: cipher.encrypt(VALUE.encode(), BOUND),
        lambda: cipher.decrypt(sealed, BOUND).decode(),
    )


def _fernet() -> Peer:
    from cryptography.fernet import Fernet

    cipher = Fernet(Fernet.generate_key())
    sealed = cipher.encrypt(VALUE.encode())
    return Peer(
        "Fernet (binds nothing)", lambda: cipher.encrypt(VALUE.encode()), lambda: cipher.decrypt(sealed).decode()
    )


def _sqlalchemy_utils() -> Peer:
    from sqlalchemy import String
    from sqlalchemy.engine.default import DefaultDialect
    from sqlalchemy_utils.types.encrypted.encrypted_type import AesGcmEngine, StringEncryptedType

    column, dialect = StringEncryptedType(String, os.urandom(32).hex(), AesGcmEngine), DefaultDialect()
    sealed = column.process_bind_param(VALUE, dialect)
    return Peer(
        "SQLAlchemy-Utils (binds nothing)",
        lambda: column.process_bind_param(VALUE, dialect),
        lambda: column.process_result_value(sealed, dialect),
    )


def _nacl() -> Peer:
    from nacl.secret import SecretBox

    box = SecretBox(os.urandom(32))
    sealed = bytes(box.encrypt(VALUE.encode()))
    return Peer("PyNaCl (binds nothing)", lambda: box.encrypt(VALUE.encode()), lambda: box.decrypt(sealed).decode())


def _fieldseal() -> Peer:
    from fieldseal import FieldContext, Fieldseal
    from fieldseal.keyprovider import StaticKeyProvider

    suite = 0xFF01
    client = Fieldseal(
        key_provider=StaticKeyProvider(os.urandom(16), os.urandom(32), os.urandom(32)),
        allowed_suites={suite},
        write_suite=suite,
        arm_provisional_suites=True,
    )
    place = FieldContext(bytes(16), bytes(16), tenant_id=b"acme", row_id=b"4711")
    sealed = client.encrypt(VALUE.encode(), place)
    return Peer(
        "fieldseal",
        lambda: client.encrypt(VALUE.encode(), place),
        lambda: client.decrypt(sealed, place).decode(),
    )


def _aws() -> Peer:
    import aws_encryption_sdk as sdk
    from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy, EncryptionKeyType, WrappingAlgorithm
    from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
    from aws_encryption_sdk.key_providers.raw import RawMasterKey

    client = sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    wrapping_key = WrappingKey(
        WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING, os.urandom(32), EncryptionKeyType.SYMMETRIC
    )
    cached = sdk.CachingCryptoMaterialsManager(
        cache=sdk.LocalCryptoMaterialsCache(100),
        master_key_provider=RawMasterKey(provider_id="acme", key_id=b"1", wrapping_key=wrapping_key),
        max_age=3600.0,
    )
    bound = {"place": BOUND.decode()}

    def seal() -> Any:
        # Without the signature that it makes by default, which none of the others makes.
        return client.encrypt(
            source=VALUE.encode(),
            materials_manager=cached,
            encryption_context=bound,
            algorithm=Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
        )[0]

    sealed = seal()
    return Peer(
        "AWS Encryption SDK (cached)",
        seal,
        lambda: client.decrypt(source=sealed, materials_manager=cached)[0],
    )


def _mongodb() -> Peer:
    from pymongocrypt.mongocrypt import MongoCryptOptions
    from pymongocrypt.synchronous.explicit_encrypter import ExplicitEncrypter
    from pymongocrypt.synchronous.state_machine import MongoCryptCallback

    class Vault(MongoCryptCallback):
        """One data key in memory, under a local master key: no server is asked."""

        data_key = b""

        def insert_data_key(self, data_key: bytes) -> bytes:
            self.data_key = bytes(data_key)
            start = self.data_key.index(b"\x05_id\x00") + 10
            return self.data_key[start : start + 16]

        def fetch_keys(self, filter: bytes) -> Generator[bytes]:  # noqa: A002, ARG002  as the peer calls it
            yield self.data_key

        def kms_request(self, kms_context: object) -> None:
            """Never called: the master key is local."""

        def collection_info(self, database: str, filter: bytes) -> None:  # noqa: A002  as the peer calls it
            """Never called: nothing is encrypted automatically."""

        def mark_command(self, database: str, cmd: bytes) -> None:
            """Never called: nothing is encrypted automatically."""

        def bson_encode(self, doc: Mapping[str, Any]) -> bytes:
            return _bson(doc)

        def close(self) -> None:
            """There is nothing to close."""

    client = ExplicitEncrypter(Vault(), MongoCryptOptions({"local": {"key": os.urandom(96)}}))
    key_id = client.create_data_key("local")

    def seal() -> bytes:
        return bytes(client.encrypt(_bson({"v": VALUE}), "AEAD_AES_256_CBC_HMAC_SHA_512-Random", key_id=key_id))

    sealed = seal()
    return Peer("MongoDB client-side encryption (binds nothing)", seal, lambda: client.decrypt(sealed))


def _bson(document: Mapping[str, Any]) -> bytes:
    """A document of text, bytes and documents, as MongoDB writes it."""
    elements = b"".join(_element(name.encode() + b"\x00", value) for name, value in document.items())
    return struct.pack("<i", 4 + len(elements) + 1) + elements + b"\x00"


def _element(name: bytes, value: Any) -> bytes:
    if isinstance(value, str):
        data = value.encode() + b"\x00"
        return b"\x02" + name + struct.pack("<i", len(data)) + data
    if isinstance(value, bytes):
        return b"\x05" + name + struct.pack("<ib", len(value), 0) + value
    return b"\x03" + name + _bson(value)
