"""On which basis whom: a contract covers its party alone, everybody else appears under legitimate interest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from alarm_company.languages import say
from sectorprivacy.vocabulary import Basis

PARTY: Final[Mapping[str, Basis]] = {"customer": Basis.CONTRACT, "sole_trader": Basis.CONTRACT}
"""Whoever has an agreement; a company is nobody's personal data, a sole trader is."""

HOUSEHOLD: Final[Mapping[str, Basis]] = {
    "contact_person": Basis.LEGITIMATE_INTEREST,
    "alarm_user": Basis.LEGITIMATE_INTEREST,
    "previous_owner": Basis.LEGITIMATE_INTEREST,
    "bystander": Basis.LEGITIMATE_INTEREST,
}
"""Whoever lives in a home with an alarm, is called about it, or is seen by it."""

STAFF: Final[Mapping[str, Basis]] = {
    "employee": Basis.LEGITIMATE_INTEREST,
    "supplier_staff": Basis.LEGITIMATE_INTEREST,
}
"""Operators, installers and guards, whose names stand on the work they did."""

AGREEMENT: Final = say(
    "the agreement on alarm services and rented equipment",
    nb="avtalen om alarmtjenester og leie av utstyr",
    sv="avtalet om larmtjänster och hyra av utrustning",
)
