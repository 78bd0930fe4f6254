"""Technical and organisational measures that this library provides (Art. 32); a register adds the company's own."""

from __future__ import annotations

from sectorprivacy.vocabulary._words import Measure

# Technical

ENCRYPTION = Measure("encryption", "encryption", dpv="dpv:Encryption")
SYMMETRIC_ENCRYPTION = Measure(
    "symmetric_encryption", "encryption of stored values and files", ENCRYPTION, "dpv:SymmetricEncryption"
)
KEY_MANAGEMENT = Measure(
    "key_management",
    "keys of their own for each person, kept apart from the data",
    dpv="dpv:CryptographicKeyManagement",
)
PSEUDONYMISATION = Measure(
    "pseudonymisation", "references that name nobody in place of identifiers", dpv="dpv:Pseudonymisation"
)
ACCESS_CONTROL = Measure("access_control", "control of access", dpv="dpv:AccessControlMethod")
PURPOSE_BINDING = Measure(
    "purpose_binding", "data opened only for a declared purpose", ACCESS_CONTROL, "dpv:UsageControl"
)
SIGNATURES = Measure("signatures", "digital signatures on messages and answers", dpv="dpv:DigitalSignatures")
REDACTION = Measure("redaction", "others removed from images and recordings before release", dpv="dpv:DataRedaction")
ANONYMISATION = Measure("anonymisation", "anonymisation", dpv="dpv:Anonymisation")

# Organisational

LOGGING = Measure("logging", "log of every use of the data, protected against change", dpv="dpv:LoggingPolicy")
ERASURE = Measure("erasure", "erasure that cannot be undone", dpv="dpv:DataErasurePolicy")
RETENTION = Measure("retention", "storage no longer than each activity needs", dpv="dpv:DataStoragePolicy")
CONSENT_MANAGEMENT = Measure(
    "consent_management", "record of consents, objections and their withdrawal", dpv="dpv:ConsentManagement"
)
RIGHTS_HANDLING = Measure("rights_handling", "handling of people's rights", dpv="dpv:DataSubjectRightsManagement")
HUMAN_REVIEW = Measure("human_review", "review by a human", dpv="dpv:HumanOversight")
