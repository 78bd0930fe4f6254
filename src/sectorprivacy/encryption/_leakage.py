"""What the tokens of a blind index give away to somebody who reads the database: measured on a column's own tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from random import Random
from typing import Final

from attrs import frozen

FREQUENT: Final = 0.01
"""Share of the rows above which a single token is reported: its value is likely to be guessed."""

_DRAWS: Final = 16
_DRAWN: Final = 1_000_000


@frozen(kw_only=True)
class LeakageReport:
    """What the tokens of one column give away. It names no token and no value.

    Args:
        rows: Rows that have a token.
        tokens: Distinct tokens among them.
        frequent: How many tokens stand in more than 1 % of the rows each.
        largest_share: Share of the rows with the most frequent token, 0 to 1.
        recovered_share: Share of the rows whose value is recovered, at most, by an attacker who knows exactly how
            frequent each value is in the population, 0 to 1; an upper estimate.
        recovered_by_sample: Share of the rows that the given sample recovers; None where none was given.
    """

    rows: int
    tokens: int
    frequent: int
    largest_share: float
    recovered_share: float
    recovered_by_sample: float | None = None


def leakage_report(tokens: Mapping[bytes, int], sample: Mapping[bytes, int] | None = None) -> LeakageReport:
    """How much the tokens of a column give away by their frequency.

    The attacker has no key. They rank the tokens by how often each occurs, rank the values of the population likewise,
    and take the first for the first, the second for the second. The estimate lets the frequencies of the column itself
    stand for the population, draws the column anew from them several times, and states the best of these attacks: where
    chance alone changes a rank, nothing is recovered. The same column gives the same report.

    Args:
        tokens: How many rows have each token.
        sample: How often each token occurs in a sample of the same population, a public list of names for instance,
            indexed under the same key.
    """
    rows = sum(tokens.values())
    if not rows:
        return LeakageReport(rows=0, tokens=0, frequent=0, largest_share=0.0, recovered_share=0.0)
    ranked = sorted(tokens, key=tokens.__getitem__, reverse=True)
    largest = tokens[ranked[0]] / rows
    return LeakageReport(
        rows=rows,
        tokens=len(ranked),
        frequent=sum(count / rows > FREQUENT for count in tokens.values()),
        largest_share=largest,
        # Whoever takes every row for the most frequent value needs no ranks.
        recovered_share=max(largest, _at_most(tokens, ranked) / rows),
        recovered_by_sample=None if sample is None else _recovered(tokens, ranked, _untied(sample)) / rows,
    )


def leakage_table(reports: Mapping[str, LeakageReport]) -> tuple[tuple[str, ...], ...]:
    """Reports as lines of a table, the heading first.

    Args:
        reports: The report of each field, by what it is called.

    Returns:
        Lines of equal length: field, rows, distinct tokens, tokens above 1 %, most frequent token, recovered at most,
        and recovered by the sample, which is empty where none was given.
    """
    lines = [_line(name, report) for name, report in reports.items()]
    return (("field", "rows", "tokens", "above 1 %", "most frequent", "recovered at most", "by sample"), *lines)


def _line(name: str, report: LeakageReport) -> tuple[str, ...]:
    by_sample = "" if report.recovered_by_sample is None else _percent(report.recovered_by_sample)
    counts = (report.rows, report.tokens, report.frequent)
    shares = (report.largest_share, report.recovered_share)
    return (name, *(f"{count:,}" for count in counts), *map(_percent, shares), by_sample)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _at_most(tokens: Mapping[bytes, int], ranked: Sequence[bytes]) -> int:
    """Most rows recovered over columns drawn anew; each count varies as a count does, by its square root."""
    chance = Random(len(ranked))  # noqa: S311  # an experiment that must come out alike, and no secret
    draws = max(1, min(_DRAWS, _DRAWN // len(ranked)))
    return max(
        _recovered(tokens, ranked, {token: count + sqrt(count) * chance.gauss() for token, count in tokens.items()})
        for _ in range(draws)
    )


def _untied(sample: Mapping[bytes, int]) -> Mapping[bytes, float]:
    """Counts of a sample, equal ones in an order that says nothing."""
    chance = Random(len(sample))  # noqa: S311  # as above
    return {token: count + chance.random() for token, count in sample.items()}


def _recovered(tokens: Mapping[bytes, int], ranked: Sequence[bytes], known: Mapping[bytes, float]) -> int:
    """Rows whose token stands at the same rank in what the attacker knows."""
    guessed = sorted(known, key=known.__getitem__, reverse=True)
    return sum(tokens[token] for token, guess in zip(ranked, guessed, strict=False) if token == guess)
