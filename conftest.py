"""Runs the examples of README.md and the documentation, and decides how many processes the tests use."""

from __future__ import annotations

import os

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md"],
).pytest()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A run of the whole suite uses every core; a run of a part stays in this process, where it starts at once."""
    return os.cpu_count() or 1 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0
