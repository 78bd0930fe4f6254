"""WHAT A BUILD REFUSES: register against marks, tables that nobody declared, and drift from the committed data map."""

from sectorprivacy.checks._check import check, findings_of
from sectorprivacy.checks._finding import Finding, Location, Severity
from sectorprivacy.checks._lock import read_lock, write_lock
from sectorprivacy.checks._report import to_json, to_sarif
from sectorprivacy.checks._rules import RULES, Rule
from sectorprivacy.checks._tables import Table

__all__ = [
    "RULES",
    "Finding",
    "Location",
    "Rule",
    "Severity",
    "Table",
    "check",
    "findings_of",
    "read_lock",
    "to_json",
    "to_sarif",
    "write_lock",
]
