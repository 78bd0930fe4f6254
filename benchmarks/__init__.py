"""Speed as ratios against named peers, measured in one run: `python -m benchmarks --list`.

Each public module here is one benchmark: its first line says what it compares, its function `benchmark()` prepares the
cases. Figures of two machines cannot be compared; two ratios can, roughly, and each comes with its spread.
"""

from benchmarks._runner import Benchmark, Case, Result, measure

__all__ = ["Benchmark", "Case", "Result", "measure"]
