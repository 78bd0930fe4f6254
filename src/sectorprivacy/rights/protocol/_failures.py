"""What may be said of a failure: a code and a place, never a text, because the texts of exceptions quote people."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

_CODE = re.compile(r"[a-z0-9_]{1,64}")


def as_code(text: str) -> str:
    """The text if it has the form of a code, else "refused": it might be a sentence with a person in it."""
    return text if _CODE.fullmatch(text) else "refused"


def where_it_broke(error: BaseException) -> str:
    """Type of an error, and the file and line it came from, for whoever mends it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"{type(error).__name__} at {place}"
