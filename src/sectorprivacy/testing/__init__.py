"""For the tests of services and coordinators: services that are broken in one way each, and the canary scan."""

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

__all__ = [
    "AnswersForAnotherPerson",
    "AnswersForAnotherTask",
    "AnswersNonsense",
    "Crashing",
    "DropsDataSet",
    "Hanging",
    "Hit",
    "Stalled",
    "encodings_of",
    "scan_files",
]
