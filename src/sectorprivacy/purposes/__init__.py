"""NOTHING IS READ EXCEPT FOR A PERMITTED PURPOSE: the gate, the scope that opens values, and the decorator.

`using(activity, subject)` is the capability that opens sealed values: outside it there is no key. The gate is
fail-closed; a refusal is a typed error that says what would make the processing lawful.
"""

from sectorprivacy.purposes._decorators import processing
from sectorprivacy.purposes._gate import Gate, Use, current_gate, entered, owner_fields
from sectorprivacy.purposes._owners import Owned, owned, sealed_place
from sectorprivacy.purposes._scope import Scope, Subject, prefetch, using

__all__ = [
    "Gate",
    "Owned",
    "Scope",
    "Subject",
    "Use",
    "current_gate",
    "entered",
    "owned",
    "owner_fields",
    "prefetch",
    "processing",
    "sealed_place",
    "using",
]
