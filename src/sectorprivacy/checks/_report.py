"""Findings for programs: JSON of our own, and SARIF 2.1.0 for code scanning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._rules import RULES

_FORMAT: Final = "sectorprivacy/findings/1"

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def to_json(findings: Iterable[Finding]) -> str:
    """Findings as JSON: `format`, and `findings` in the order in which they are given."""
    return _text({"format": _FORMAT, "findings": [_entry(each) for each in findings]})


def _entry(finding: Finding) -> Mapping[str, Any]:
    place = finding.location
    return {
        "code": finding.code,
        "severity": finding.severity,
        "where": finding.where,
        "message": finding.message,
        "remedy": finding.remedy,
        "file": None if place is None else str(place.file),
        "line": None if place is None else place.line,
    }


def to_sarif(findings: Iterable[Finding], *, version: str) -> str:
    """Findings as a SARIF 2.1.0 log (OASIS), in UTF-8 and without paths of this machine.

    Paths are relative to `%SRCROOT%`. The fingerprint of a result depends on what is found where, and not on lines, so
    that a finding stays the same one when code above it moves.

    Args:
        findings: What was found.
        version: Version of the library.
    """
    found = list(findings)
    codes = sorted({each.code for each in found})
    driver = {
        "name": "sectorprivacy",
        "semanticVersion" if _is_semantic(version) else "version": version,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes) for each in found],
    }
    return _text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> Mapping[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary} {rule.reason}"},
        "help": {"text": rule.reason},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, codes: Sequence[str]) -> Mapping[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": finding.severity,
        "message": {"text": f"{finding.where}: {finding.message} {finding.remedy}"},
        "locations": [_location(finding)],
        "partialFingerprints": {"sectorprivacyFinding/v1": _fingerprint(finding)},
    }


def _location(finding: Finding) -> Mapping[str, Any]:
    logical = {"logicalLocations": [{"fullyQualifiedName": finding.where}]}
    if finding.location is None:
        return logical
    artifact = {"uri": quote(str(finding.location.file)), "uriBaseId": "%SRCROOT%"}
    return {
        "physicalLocation": {"artifactLocation": artifact, "region": {"startLine": finding.location.line}},
        **logical,
    }


def _fingerprint(finding: Finding) -> str:
    parts = json.dumps([finding.code, finding.where, finding.message], ensure_ascii=True)
    return hashlib.sha256(parts.encode()).hexdigest()


def _is_semantic(version: str) -> bool:
    parts = version.split(".")
    return len(parts) == 3 and all(part.isdecimal() for part in parts)


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
