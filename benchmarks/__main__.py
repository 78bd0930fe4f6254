"""`python -m benchmarks NAME [--json]`: run one benchmark and print its table; `--list` names them all."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Sequence

import benchmarks
from benchmarks import Result, measure


def names() -> list[str]:
    """The benchmarks that there are."""
    return sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")
    )


def first_line(name: str) -> str:
    """What a benchmark compares."""
    return (importlib.import_module(f"benchmarks.{name}").__doc__ or "").partition("\n")[0]


def as_json(name: str, results: Sequence[Result], missing: Sequence[str] = ()) -> str:
    """The results for programs; `spread` has the quartiles of the ratio, `missing` the peers that are not installed."""
    return json.dumps(
        {
            "benchmark": name,
            "results": [
                {
                    "case": result.case.name.strip(),
                    "ratio": round(result.ratio, 3),
                    "against": result.case.against[0],
                    "goal": result.case.goal,
                    "met": result.met,
                    "spread": [round(bound, 3) for bound in result.spread],
                    "seconds": float(f"{result.seconds:.3g}"),
                }
                for result in results
            ],
            "missing": list(missing),
        },
        indent=2,
    )


def as_table(name: str, results: Sequence[Result], missing: Sequence[str] = ()) -> str:
    """The results for people."""
    rows = [("case", "against", "ratio", "quartiles", "goal", "", "each")]
    for result in results:
        lower, upper = result.spread
        rows.append(
            (
                result.case.name,
                result.case.against[0],
                f"{result.ratio:.2f}",
                f"{lower:.2f} to {upper:.2f}",
                *_verdict(result),
                duration(result.seconds),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    absent = ["", f"Not installed: {', '.join(missing)}"] if missing else []
    return "\n".join([f"{name}: {first_line(name)}", "", lines[0], "-" * len(lines[0]), *lines[1:], *absent])


def _verdict(result: Result) -> tuple[str, str]:
    if result.case.goal is None:
        return "", ""
    return f"{result.case.goal:.2f}", "met" if result.met else "NOT MET"


def duration(seconds: float) -> str:
    """Seconds in the unit that reads best."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments name. A goal that is not met is a result, not an error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(benchmarks.__doc__ or "").split("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("name", nargs="?", choices=names(), metavar="NAME", help="the benchmark to run")
    what.add_argument("--list", action="store_true", help="name the benchmarks and what each compares")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{name}: {first_line(name)}" for name in names()))
        return 0
    benchmark = importlib.import_module(f"benchmarks.{options.name}").benchmark()
    show = as_json if options.json else as_table
    print(show(options.name, measure(benchmark), benchmark.missing))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
