"""THE REGISTER: what the company does with personal data, on which legal basis, for how long and for whom (Art. 30)."""

from sectorprivacy.policy._policy import RIGHTS_HANDLING, Policy
from sectorprivacy.policy._register import EEA, Activity, Controller, Keep, Recipient

__all__ = ["EEA", "RIGHTS_HANDLING", "Activity", "Controller", "Keep", "Policy", "Recipient"]
