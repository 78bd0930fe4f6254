"""THE REGISTER: what the company does with personal data, on which legal basis, for how long and for whom (Art. 30)."""

from sectorprivacy.policy._changes import Change, changes
from sectorprivacy.policy._consents import MaterialChange, VoidedConsent, voided_consents
from sectorprivacy.policy._document import (
    ActivityEntry,
    CategoryEntry,
    ChannelEntry,
    ControllerEntry,
    DecisionEntry,
    KeepEntry,
    PolicyDocument,
    RecipientEntry,
    Texts,
    WordEntry,
    category_entries,
    word_entries,
)
from sectorprivacy.policy._policy import RIGHTS_HANDLING, Policy
from sectorprivacy.policy._register import (
    EEA,
    Activity,
    Bases,
    ChannelRule,
    Controller,
    HumanDecision,
    Keep,
    LinkedDocument,
    Recipient,
    recipients_of,
)

__all__ = [
    "EEA",
    "RIGHTS_HANDLING",
    "Activity",
    "ActivityEntry",
    "Bases",
    "CategoryEntry",
    "Change",
    "ChannelEntry",
    "ChannelRule",
    "Controller",
    "ControllerEntry",
    "DecisionEntry",
    "HumanDecision",
    "Keep",
    "KeepEntry",
    "LinkedDocument",
    "MaterialChange",
    "Policy",
    "PolicyDocument",
    "Recipient",
    "RecipientEntry",
    "Texts",
    "VoidedConsent",
    "WordEntry",
    "category_entries",
    "changes",
    "recipients_of",
    "voided_consents",
    "word_entries",
]
