"""Writes docs/spec/vectors/{sealed-value,sealed-stream,keys}.json from the specification alone.

Nothing of the library is imported, so that a mistake of the library is not copied into what it is tested with.

    python -m tests.encryption.make_vectors            writes them
    python -m tests.encryption.make_vectors --check    ends with 1 where they are not what this writes
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from tests.encryption.key_vectors import keys
from tests.encryption.stream_vectors import streams
from tests.encryption.value_vectors import values

FOLDER: Final = Path(__file__).parents[2] / "docs" / "spec" / "vectors"
WRITERS: Final = {"sealed-value.json": values, "sealed-stream.json": streams, "keys.json": keys}


def files() -> dict[str, str]:
    return {name: json.dumps(made(), indent=1, ensure_ascii=False) + "\n" for name, made in WRITERS.items()}


def stale() -> list[str]:
    """Names of the files that are not what this writes."""
    return [name for name, text in files().items() if (FOLDER / name).read_text(encoding="utf-8") != text]


def main() -> None:
    if sys.argv[1:] == ["--check"]:
        if names := stale():
            sys.exit(f"not what `python -m tests.encryption.make_vectors` writes: {', '.join(names)}")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        for name, text in files().items():
            (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
