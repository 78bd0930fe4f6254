"""THE WORDS: what every other layer speaks in. Frozen values, no behaviour.

Open words (Category, Purpose, Role) can be extended by a company under an existing word; closed ones (Basis, Source,
Relation, Right, Ground, Assurance, Capacity, Safeguard) are fixed by law or by the protocol. The built-in open words
are the modules `categories` (C), `purposes` (P) and `roles`.
"""

from sectorprivacy.vocabulary import categories, purposes, roles
from sectorprivacy.vocabulary._closed import Assurance, Basis, Capacity, Ground, Relation, Right, Safeguard, Source
from sectorprivacy.vocabulary._lookup import basis, category, purpose, relation, role
from sectorprivacy.vocabulary._records import ALWAYS, THINGS, Identifier, KeyPart, Period, RecordKey, SubjectRef
from sectorprivacy.vocabulary._stable import stable_id
from sectorprivacy.vocabulary._words import Category, Purpose, Role, Word

__all__ = [
    "ALWAYS",
    "THINGS",
    "Assurance",
    "Basis",
    "Capacity",
    "Category",
    "Ground",
    "Identifier",
    "KeyPart",
    "Period",
    "Purpose",
    "RecordKey",
    "Relation",
    "Right",
    "Role",
    "Safeguard",
    "Source",
    "SubjectRef",
    "Word",
    "basis",
    "categories",
    "category",
    "purpose",
    "purposes",
    "relation",
    "role",
    "roles",
    "stable_id",
]
