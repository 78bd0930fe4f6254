"""Exemptions: what is meant to be as it is, each with its reason, and none that nothing needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._rules import EXEMPTION_STALE, EXEMPTION_UNREASONED, RULES


def exempted(
    findings: Sequence[Finding], exempt: Mapping[str, str], *, looked_at: Callable[[str], bool]
) -> Iterator[Finding]:
    """The findings that no exemption silences, and what is wrong with the exemptions.

    Args:
        findings: What was found.
        exempt: "code where", or "where" alone for every code there, to the reason.
        looked_at: Whether what an exemption is about was looked at this time; only then can it be stale.
    """
    reasoned = {key for key, reason in exempt.items() if reason.strip()}
    needed: set[str] = set()
    for finding in findings:
        keys = _keys(finding) & reasoned if RULES[finding.code].exemptable else set[str]()
        needed |= keys
        if not keys:
            yield finding
    for key in exempt:
        if key not in reasoned:
            yield EXEMPTION_UNREASONED.finding(
                f"exemption {key}", "It gives no reason, and does not hold.", "Say why this is meant to be so."
            )
        elif key not in needed and looked_at(_where(key)):
            yield EXEMPTION_STALE.finding(
                f"exemption {key}",
                "Nothing that an exemption may silence is found there.",
                'Take it out, or correct it: "code where", or "where" alone.',
            )


def _where(key: str) -> str:
    first, _, rest = key.partition(" ")
    return rest if first in RULES else key


def _keys(finding: Finding) -> set[str]:
    return {finding.where, f"{finding.code} {finding.where}"}
