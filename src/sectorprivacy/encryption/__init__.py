"""SEALED VALUES AND THEIR KEYS: cell and stream format, subject keys and their stores, the local keyring, shredding.

A value is sealed for one place (tenant, model, field, person, record) under the key of one person and retention class.
Destroying that key erases every copy of the value. The formats are in `docs/spec`.
"""

from sectorprivacy.encryption._cell import from_text, seal, seal_many, seal_row, to_text, unseal, unseal_many
from sectorprivacy.encryption._codecs import Codec, codec_of
from sectorprivacy.encryption._keyring import LocalKeyring, environment_key
from sectorprivacy.encryption._keys import Keys, loop_runs
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._provider import KeyProvider
from sectorprivacy.encryption._sealed import KeyAccess, Sealed, key_access
from sectorprivacy.encryption._store import KeyRow, KeyStatus, KeyStore, MemoryKeyStore, decisive
from sectorprivacy.encryption._stream import open_stream, seal_stream
from sectorprivacy.encryption._subject_key import SubjectKey, TenantKey

__all__ = [
    "Codec",
    "KeyAccess",
    "KeyProvider",
    "KeyRow",
    "KeyStatus",
    "KeyStore",
    "Keys",
    "LocalKeyring",
    "MemoryKeyStore",
    "Place",
    "Sealed",
    "SubjectKey",
    "TenantKey",
    "codec_of",
    "decisive",
    "environment_key",
    "from_text",
    "key_access",
    "loop_runs",
    "open_stream",
    "seal",
    "seal_many",
    "seal_row",
    "seal_stream",
    "to_text",
    "unseal",
    "unseal_many",
]
