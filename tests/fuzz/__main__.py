"""Fuzzes the parsers of sealed values, keys and tokens with Atheris.

    python -m tests.fuzz cell --seconds 60       one target
    python -m tests.fuzz all --seconds 6         each of them in turn, for so long each

Ends with 1 at the first finding, and says in which folder the bytes lie that show it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LONGEST = 64 * 1024
"""Octets of an input: more than one piece of a stream."""


def fuzz(name: str, seconds: int, folder: Path) -> None:
    """Fuzz one target, from the seeds that are written into the folder; Atheris ends the process."""
    try:
        import atheris
    except ImportError:
        sys.exit("Atheris is not installed: `pip install atheris`")
    # What was imported before is not instrumented: nothing of the library is, until here.
    with atheris.instrument_imports(include=["sectorprivacy"]):  # pyright: ignore[reportAttributeAccessIssue]
        from tests.fuzz.targets import TARGETS, seeds

    for number, seed in enumerate(seeds(name)):
        (folder / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-artifact_prefix={folder}/finding-"]
    atheris.Setup([sys.argv[0], *options, str(folder)], TARGETS[name])
    atheris.Fuzz()


def fuzz_in_a_child(name: str, seconds: int) -> None:
    """The same in a process of its own, whose folder is deleted unless something was found."""
    folder = Path(tempfile.mkdtemp(prefix=f"sectorprivacy-fuzz-{name}-"))
    command = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(seconds), "--folder", str(folder)]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"{name}: a finding, in {folder}")
    shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", help="a target of tests/fuzz/targets.py, or all")
    parser.add_argument("--seconds", type=int, default=60, help="how long a target is fuzzed")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.folder is not None:
        fuzz(asked.target, asked.seconds, asked.folder)
        return
    from tests.fuzz.targets import TARGETS

    if asked.target not in {*TARGETS, "all"}:
        parser.error(f"the targets are {', '.join(TARGETS)}, and all")
    for name in TARGETS if asked.target == "all" else [asked.target]:
        fuzz_in_a_child(name, asked.seconds)


if __name__ == "__main__":
    main()
