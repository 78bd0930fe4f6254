"""THE WORDS: what every other layer speaks in. Frozen values, no behaviour.

Open words (Category, Purpose, Role, Measure) can be extended by a company under an existing word; closed ones (Basis,
Source, Relation, Right, Ground, Assurance, Capacity, Safeguard, Protection, SpecialGround, Channel, Condition) are
fixed by law or by the protocol. The built-in open words are the modules `categories` (C), `purposes` (P), `roles` and
`measures`.
"""

from sectorprivacy.vocabulary import categories, measures, purposes, roles
from sectorprivacy.vocabulary._closed import (
    Assurance,
    Basis,
    Capacity,
    Channel,
    Condition,
    Ground,
    Protection,
    Relation,
    Right,
    Safeguard,
    Source,
    SpecialGround,
)
from sectorprivacy.vocabulary._lookup import (
    basis,
    capacity,
    category,
    channel,
    condition,
    measure,
    purpose,
    relation,
    role,
    safeguard,
    source,
    special_ground,
)
from sectorprivacy.vocabulary._records import ALWAYS, THINGS, Identifier, KeyPart, Period, RecordKey, SubjectRef
from sectorprivacy.vocabulary._stable import stable_id
from sectorprivacy.vocabulary._wording import AnyWording, Wording, wording
from sectorprivacy.vocabulary._words import Category, Measure, Purpose, Role, Word

__all__ = [
    "ALWAYS",
    "THINGS",
    "AnyWording",
    "Assurance",
    "Basis",
    "Capacity",
    "Category",
    "Channel",
    "Condition",
    "Ground",
    "Identifier",
    "KeyPart",
    "Measure",
    "Period",
    "Protection",
    "Purpose",
    "RecordKey",
    "Relation",
    "Right",
    "Role",
    "Safeguard",
    "Source",
    "SpecialGround",
    "SubjectRef",
    "Word",
    "Wording",
    "basis",
    "capacity",
    "categories",
    "category",
    "channel",
    "condition",
    "measure",
    "measures",
    "purpose",
    "purposes",
    "relation",
    "role",
    "roles",
    "safeguard",
    "source",
    "special_ground",
    "stable_id",
    "wording",
]
