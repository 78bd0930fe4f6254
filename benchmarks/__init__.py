"""Speed as ratios against named peers, measured in one run: `python -m benchmarks --list`.

Each public module here is one benchmark: its first line says what it compares, its function `benchmark()` prepares the
cases. Figures of two machines cannot be compared; two ratios can, roughly, and each comes with its spread.
"""

from __future__ import annotations

import sys
from pathlib import Path

# The reference company, whose tables are measured too, lies beside the documentation.
sys.path.append(str(Path(__file__).parent.parent / "docs" / "examples"))

from benchmarks._runner import Benchmark, Case, Result, measure

__all__ = ["Benchmark", "Case", "Result", "measure"]
