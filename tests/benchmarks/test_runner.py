"""How benchmarks are measured and shown."""

from __future__ import annotations

import json
import sys
from contextvars import copy_context

import pytest

from benchmarks import Benchmark, Case, Result, measure
from benchmarks.__main__ import as_json, as_table, duration, main, names
from benchmarks._peers import peers


def nothing() -> None:
    """Work that takes no time."""


def case(goal: float = 1.5) -> Case:
    return Case("seal", nothing, against=("bare", nothing), goal=goal, per=10)


def result(*ratios: float, goal: float = 1.5) -> Result:
    return Result(case=case(goal), ratios=ratios, seconds=2e-6)


def test_cases_are_measured_in_one_run() -> None:
    """Every round measures every case once, before the next round begins: a slow moment hits all of them."""
    calls: list[str] = []

    def call(name: str) -> Case:
        return Case(name, lambda: calls.append(name), against=("peer", lambda: calls.append("peer")), goal=1.0)

    results = measure(Benchmark([call("a"), call("b")]), rounds=6, shortest=0)
    # One call each to warm up, then rounds of four.
    assert calls[:4] == ["a", "peer", "b", "peer"]
    rounds = [sorted(calls[start : start + 4]) for start in range(4, len(calls), 4)]
    assert rounds == [["a", "b", "peer", "peer"]] * 6
    assert [(each.case.name, len(each.ratios)) for each in results] == [("a", 6), ("b", 6)]


def test_work_is_repeated_until_it_can_be_timed() -> None:
    """A call shorter than the clock's grain is not timed alone."""
    calls: list[None] = []
    measure(Benchmark([Case("short", lambda: calls.append(None), against=("peer", nothing), goal=1.0)]), rounds=2)
    assert len(calls) > 1000


def test_ratio_is_the_median_of_rounds() -> None:
    """One disturbed round does not move the result; the spread shows how much the others differ."""
    measured = result(1.0, 1.1, 1.2, 1.3, 9.0)
    assert measured.ratio == 1.2
    assert measured.spread == (1.1, 1.3)
    assert measured.met


def test_goal_is_the_highest_ratio_that_is_good_enough() -> None:
    """A ratio at the goal meets it, one above does not."""
    assert result(1.5, 1.5).met
    assert not result(1.51, 1.51).met


def test_json_is_what_programs_expect() -> None:
    """The form of the results is fixed: scripts read it."""
    written = json.loads(as_json("marks", [result(1.0, 2.0)]))
    assert written["benchmark"] == "marks"
    (row,) = written["results"]
    assert {key: row[key] for key in ("case", "ratio", "against", "goal", "met")} == {
        "case": "seal",
        "ratio": 1.5,
        "against": "bare",
        "goal": 1.5,
        "met": True,
    }


def test_table_names_what_was_not_met() -> None:
    """People see at once which goal is missed."""
    table = as_table("marks", [result(2.0, 2.0), result(1.0, 1.0)])
    assert table.count("NOT MET") == 1
    assert "2 µs" in table


def test_a_ratio_without_a_goal_is_told_and_not_judged() -> None:
    """Peers stand in the same table: how good they must be is nobody's business here."""
    peer = Result(case=Case("  Peer: seal", nothing, against=("bare", nothing)), ratios=(5.0, 5.0), seconds=1e-6)
    assert peer.met
    table = as_table("marks", [peer])
    assert "5.00" in table
    assert "met" not in table.lower()
    (row,) = json.loads(as_json("marks", [peer]))["results"]
    assert (row["case"], row["goal"]) == ("Peer: seal", None)


def test_a_peer_that_is_not_installed_is_named() -> None:
    """A table that compares with fewer peers than it could says so, to people and to programs."""
    assert as_table("marks", [result(1.0, 1.0)], ["tink"]).endswith("Not installed: tink")
    assert json.loads(as_json("marks", [result(1.0, 1.0)], ["tink"]))["missing"] == ["tink"]
    assert "Not installed" not in as_table("marks", [result(1.0, 1.0)])


def test_a_missing_peer_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each peer is imported on its own, and a missing one is told by the name of its package."""
    monkeypatch.setitem(sys.modules, "nacl.secret", None)
    monkeypatch.setitem(sys.modules, "fieldseal", None)
    found = peers()
    assert {"nacl.secret", "fieldseal"} <= set(found.missing)
    assert found.found[0].name == "Tink" or "tink" in found.missing


@pytest.mark.parametrize(("seconds", "text"), [(2, "2 s"), (0.0315, "31.5 ms"), (1.5e-6, "1.5 µs"), (4e-8, "40 ns")])
def test_duration_reads_well(seconds: float, text: str) -> None:
    """Times are shown in the unit that keeps them short."""
    assert duration(seconds) == text


def test_list_names_every_benchmark_with_what_it_compares(capsys: pytest.CaptureFixture[str]) -> None:
    """`--list` is the table of contents; a benchmark without a first line would be a bare name."""
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == names()
    assert all(line.partition(": ")[2] for line in lines)


@pytest.mark.parametrize("name", names())
def test_benchmark_runs(name: str) -> None:
    """Every benchmark prepares its cases, and both sides of each can be called."""
    module = __import__(f"benchmarks.{name}", fromlist=["benchmark"])
    # A benchmark enters what it measures, for good: here in a context of its own.
    own = copy_context()
    for each in own.run(module.benchmark).cases:
        own.run(each.ours)
        own.run(each.against[1])


def test_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is none names those that are."""
    with pytest.raises(SystemExit) as left:
        main(["nonsense"])
    assert left.value.code == 2
    assert "marks" in capsys.readouterr().err
