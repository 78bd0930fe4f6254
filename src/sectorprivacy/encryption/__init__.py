"""SEALED VALUES AND THEIR KEYS: cell and stream format, subject keys and their stores, the local keyring, shredding.

A value is sealed for one place (tenant, model, field, person, record) under the key of one person and retention class.
Destroying that key erases every copy of the value. The formats are in `docs/spec`.
"""

from sectorprivacy.encryption._blind_index import BlindIndex
from sectorprivacy.encryption._cell import (
    PREFIX,
    TEXT_HEAD,
    from_text,
    head_of,
    kid_of,
    seal,
    seal_many,
    to_text,
    unseal,
    unseal_many,
)
from sectorprivacy.encryption._codecs import Codec, codec_of
from sectorprivacy.encryption._custody import LONGEST_TRANSACTION, Custody
from sectorprivacy.encryption._epochs import Epoch, EpochRows, EpochStatus
from sectorprivacy.encryption._keyring import LocalKeyring, environment_key
from sectorprivacy.encryption._keys import LIFETIME, Keys
from sectorprivacy.encryption._leakage import LeakageReport, leakage_report, leakage_table
from sectorprivacy.encryption._memory_store import MemoryKeyStore
from sectorprivacy.encryption._normalisers import Normaliser
from sectorprivacy.encryption._off_loop import off_loop
from sectorprivacy.encryption._place import Place
from sectorprivacy.encryption._provider import WRAPPED_LIMIT, DestroysKeys, KeyName, KeyProvider, KeyUse, Relocks
from sectorprivacy.encryption._rotation import (
    CellHolder,
    CustodyStatus,
    Owners,
    PlaintextHolder,
    ResealPage,
    Rotated,
    Step,
    TokenHolder,
)
from sectorprivacy.encryption._row import RowForm, RowPlace, seal_row, unseal_row
from sectorprivacy.encryption._running import loop_runs
from sectorprivacy.encryption._sealed import KeyAccess, Sealed, key_access
from sectorprivacy.encryption._shreddings import (
    Checkpoint,
    FileShreddings,
    MemoryShreddings,
    Shredding,
    Shreddings,
)
from sectorprivacy.encryption._store import (
    LIBRARY,
    LIBRARY_CLASS,
    KeyPages,
    KeyRow,
    KeyRows,
    KeyStates,
    KeyStatus,
    KeyStore,
    KeyTally,
    decisive,
)
from sectorprivacy.encryption._stream import StreamHead, open_range, open_stream, seal_stream
from sectorprivacy.encryption._subject_key import SubjectKey, TenantIndexKey, TenantKey

__all__ = [
    "LIBRARY",
    "LIBRARY_CLASS",
    "LIFETIME",
    "LONGEST_TRANSACTION",
    "PREFIX",
    "TEXT_HEAD",
    "WRAPPED_LIMIT",
    "BlindIndex",
    "CellHolder",
    "Checkpoint",
    "Codec",
    "Custody",
    "CustodyStatus",
    "DestroysKeys",
    "Epoch",
    "EpochRows",
    "EpochStatus",
    "FileShreddings",
    "KeyAccess",
    "KeyName",
    "KeyPages",
    "KeyProvider",
    "KeyRow",
    "KeyRows",
    "KeyStates",
    "KeyStatus",
    "KeyStore",
    "KeyTally",
    "KeyUse",
    "Keys",
    "LeakageReport",
    "LocalKeyring",
    "MemoryKeyStore",
    "MemoryShreddings",
    "Normaliser",
    "Owners",
    "Place",
    "PlaintextHolder",
    "Relocks",
    "ResealPage",
    "Rotated",
    "RowForm",
    "RowPlace",
    "Sealed",
    "Shredding",
    "Shreddings",
    "Step",
    "StreamHead",
    "SubjectKey",
    "TenantIndexKey",
    "TenantKey",
    "TokenHolder",
    "codec_of",
    "decisive",
    "environment_key",
    "from_text",
    "head_of",
    "key_access",
    "kid_of",
    "leakage_report",
    "leakage_table",
    "loop_runs",
    "off_loop",
    "open_range",
    "open_stream",
    "seal",
    "seal_many",
    "seal_row",
    "seal_stream",
    "to_text",
    "unseal",
    "unseal_many",
    "unseal_row",
]
