"""For tests: services that are broken in one way each, the canary scan, and the suite of a key provider."""

from sectorprivacy.testing._broken import (
    AnswersForAnotherPerson,
    AnswersForAnotherTask,
    AnswersNonsense,
    Crashing,
    DropsDataSet,
    Hanging,
    Stalled,
)
from sectorprivacy.testing._canaries import Hit, encodings_of, scan_files
from sectorprivacy.testing._key_providers import KeyProviderConformance

__all__ = [
    "AnswersForAnotherPerson",
    "AnswersForAnotherTask",
    "AnswersNonsense",
    "Crashing",
    "DropsDataSet",
    "Hanging",
    "Hit",
    "KeyProviderConformance",
    "Stalled",
    "encodings_of",
    "scan_files",
]
