"""Leakage: what the report states of a column holds against the attack it speaks of."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import pytest

from sectorprivacy.encryption import BlindIndex, Codec, LeakageReport, TenantIndexKey, leakage_report, leakage_table

NAMES = [f"name {rank}" for rank in range(3_000)]
ZIPF = [1 / rank**0.95 for rank in range(1, 3_001)]


def attack(column: Mapping[bytes, Mapping[str, int]], ranked: Sequence[str]) -> int:
    """Rows recovered by taking the most frequent token for the most frequent value, and so on down."""
    tokens = sorted(column, key=lambda token: sum(column[token].values()), reverse=True)
    return sum(column[token].get(value, 0) for token, value in zip(tokens, ranked, strict=False))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rows", [20_000, 100_000])
def test_frequency_attack_recovers_no_more_than_the_report_states(seed: int, rows: int) -> None:
    """T10: for 3,000 names as frequent as names are, no more than 1.1 times what was stated; with sample or truth."""
    chance = Random(seed)
    index, key = BlindIndex("casefold-1", distinct=3_000), TenantIndexKey(1, bytes([seed]) * 32)
    token = {name: index.token(key, "crm.customer", "name", Codec.STR, name) for name in NAMES}
    column: dict[bytes, Counter[str]] = {each: Counter() for each in token.values()}
    for name in chance.choices(NAMES, ZIPF, k=rows):
        column[token[name]][name] += 1
    sample = Counter(known := chance.choices(NAMES, ZIPF, k=100_000))
    report = leakage_report(
        {each: count for each, names in column.items() if (count := names.total())},
        Counter(token[name] for name in known),
    )
    stated = report.recovered_share * rows
    with_sample = attack(column, [name for name, _ in sample.most_common()])
    assert with_sample <= 1.1 * stated
    assert attack(column, NAMES) <= 1.1 * stated
    assert report.recovered_by_sample is not None
    assert report.recovered_by_sample * rows == pytest.approx(with_sample, rel=0.2)
    assert report.recovered_share < 0.5


def test_few_values_are_recovered_whole() -> None:
    """Two values of unequal frequency are told apart by counting, whatever the size of the token."""
    report = leakage_report({b"a": 96_100, b"b": 3_900})
    assert (report.largest_share, report.recovered_share, report.frequent) == (0.961, 1.0, 2)


def test_distinct_values_give_nothing_away_by_frequency() -> None:
    """Where no value occurs twice, ranks say nothing."""
    report = leakage_report({secrets.token_bytes(16): 1 for _ in range(5_000)})
    assert report.frequent == 0
    assert report.recovered_share < 0.005


def test_the_same_column_gives_the_same_report() -> None:
    """Two people who look at one column read the same figures."""
    column = {bytes([number]): 100 + number for number in range(200)}
    assert leakage_report(column) == leakage_report(column)


def test_a_token_above_one_per_cent_is_counted() -> None:
    """A value that every hundredth row has is guessed by its frequency alone."""
    column = {number.to_bytes(2, "big"): 98 for number in range(100)}
    assert leakage_report(column | {b"x": 100}).frequent == 1
    assert leakage_report({number.to_bytes(2, "big"): 1 for number in range(100)}).frequent == 0


def test_a_sample_of_others_recovers_nothing() -> None:
    """Values that do not occur in the column take ranks and recover no row."""
    assert leakage_report({b"a": 5, b"b": 3}, {b"c": 9, b"d": 2}).recovered_by_sample == 0
    assert leakage_report({b"a": 5, b"b": 3}, {b"a": 9, b"b": 2}).recovered_by_sample == 1


def test_an_empty_column() -> None:
    """A field that nobody has filled yet is reported, too."""
    assert leakage_report({}) == LeakageReport(rows=0, tokens=0, frequent=0, largest_share=0, recovered_share=0)


def test_table() -> None:
    """The command prints one line for each field, under a heading of the same length."""
    reports = {
        "crm.customer.email": leakage_report({b"a": 3_000, b"b": 1_000}),
        "crm.customer.name": leakage_report({b"a": 1}, {b"a": 1}),
    }
    heading, *lines = leakage_table(reports)
    assert lines == [
        ("crm.customer.email", "4,000", "2", "2", "75.0 %", "100.0 %", ""),
        ("crm.customer.name", "1", "1", "1", "100.0 %", "100.0 %", "100.0 %"),
    ]
    assert len(heading) == len(lines[0])
