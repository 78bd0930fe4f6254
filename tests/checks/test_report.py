"""Findings for programs: JSON of our own, and SARIF as its standard demands."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

import pytest
from attrs import evolve

from sectorprivacy.checks import RULES, Finding, Location, Severity, to_json, to_sarif

FINDING = RULES["category-unused"].finding("crm.customer.email", "No activity uses email.", "Do without æ.")
PLACED = evolve(FINDING, location=Location(PurePosixPath("src/a file.py"), 7))
WARNING = RULES["anchor-unused"].finding("crm.customer, event left", "Nothing counts from it.", "Leave it out.")


def run(*findings: Finding, version: str = "0.1.0") -> dict[str, Any]:
    log = json.loads(to_sarif(findings, version=version))
    assert (log["version"], log["$schema"].endswith("sarif-schema-2.1.0.json")) == ("2.1.0", True)
    (only,) = log["runs"]
    return only


def test_json_holds_everything() -> None:
    """The JSON form says all that a finding says, in the order in which they are given."""
    said = json.loads(to_json([PLACED, WARNING]))
    assert said["format"] == "sectorprivacy/findings/1"
    assert said["findings"] == [
        {
            "code": "category-unused",
            "severity": "error",
            "where": "crm.customer.email",
            "message": "No activity uses email.",
            "remedy": "Do without æ.",
            "file": "src/a file.py",
            "line": 7,
        },
        {
            "code": "anchor-unused",
            "severity": "warning",
            "where": "crm.customer, event left",
            "message": "Nothing counts from it.",
            "remedy": "Leave it out.",
            "file": None,
            "line": None,
        },
    ]


def test_sarif_has_what_the_standard_demands() -> None:
    """SARIF 2.1.0: 3.13 to 3.19 (log, run, tool), 3.27 (result), 3.28 and 3.29 (location), 3.49 (rule)."""
    said = run(PLACED, WARNING)
    driver = said["tool"]["driver"]
    assert driver["name"] == "sectorprivacy"
    assert [rule["id"] for rule in driver["rules"]] == ["anchor-unused", "category-unused"]
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
        assert all(rule[text]["text"].endswith(".") for text in ("shortDescription", "fullDescription", "help"))
    for result in said["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert result["level"] in {"warning", "error"}
        assert result["locations"]
    placed = said["results"][0]["locations"][0]
    assert placed["logicalLocations"] == [{"fullyQualifiedName": "crm.customer.email"}]
    assert placed["physicalLocation"] == {
        "artifactLocation": {"uri": "src/a%20file.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    assert "physicalLocation" not in said["results"][1]["locations"][0]


def test_nothing_found_is_a_log_too() -> None:
    """A clean build uploads an empty log, which closes what was open before."""
    said = run()
    assert (said["results"], said["tool"]["driver"]["rules"]) == ([], [])


@pytest.mark.parametrize(("version", "name"), [("0.1.0", "semanticVersion"), ("0.1.0.dev0", "version")])
def test_version_is_called_what_it_is(version: str, name: str) -> None:
    """Only a version of semantic versioning is called one (3.19.12)."""
    assert run(version=version)["tool"]["driver"][name] == version


def test_fingerprint_follows_the_finding_and_not_the_line() -> None:
    """Code that moves leaves a finding the same; another finding, or another place, is another one."""

    def fingerprint(finding: Finding) -> str:
        (result,) = run(finding)["results"]
        (value,) = result["partialFingerprints"].values()
        return value

    moved = evolve(PLACED, location=Location(PurePosixPath("src/elsewhere.py"), 99))
    assert fingerprint(PLACED) == fingerprint(moved) == fingerprint(FINDING)
    others = [evolve(FINDING, where="crm.customer.name"), evolve(FINDING, message="Else."), WARNING]
    assert len({fingerprint(each) for each in [FINDING, *others]}) == 4


def test_a_finding_reads_as_a_line() -> None:
    """For people: where to look, how bad it is, what about, what to do, and the code."""
    assert str(PLACED) == (
        "src/a file.py:7: error: crm.customer.email: No activity uses email. Do without æ. [category-unused]"
    )
    assert str(WARNING).startswith("warning: crm.customer, event left: ")


@pytest.mark.parametrize("code", RULES)
def test_rule_is_explained(code: str) -> None:
    """Each rule says what is wrong and why that matters, in a sentence each."""
    rule = RULES[code]
    assert rule.code == code
    assert rule.summary.endswith(".")
    assert rule.reason.endswith(".")
    assert re.fullmatch(r"[a-z.-]+", code)
    assert rule.severity in Severity


def test_what_cannot_be_exempted() -> None:
    """No reason makes up for a declaration the law refuses, a change nobody looked at, or an exemption gone wrong."""
    fixed = {code for code, rule in RULES.items() if not rule.exemptable}
    assert fixed == {code for code in RULES if code.startswith(("declaration", "drift-", "exemption-"))}


def test_page_explains_every_code_in_order(root: Any) -> None:
    """Whoever meets a code finds it on the page of checks; those of declarations are on the page of errors."""
    page = (root / "docs/reference/checks.md").read_text()
    entries = re.findall(r"^### .*\{ ?#([a-z-]+) ?\}$", page, flags=re.MULTILINE)
    assert entries == [code for code in RULES if not code.startswith("declaration")]
    for code in entries:
        entry = page.partition(f"{{ #{code} }}")[2].partition("\n#")[0]
        assert (RULES[code].severity == Severity.WARNING) == ("Warning." in entry), code


def test_a_finding_is_one_line_whatever_a_database_calls_its_tables() -> None:
    """A hostile name neither begins a line that a build server obeys, nor moves the cursor of a terminal."""
    told = str(evolve(FINDING, where="table a\n::warning::\x1b[2J\u202e"))
    assert told.isprintable()
    assert "table a\ufffd::warning::\ufffd[2J\ufffd: " in told
