"""Until when copies of a database may still hold what was deleted from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def horizon(kept_for: timedelta | None, in_files: str) -> str:
    """What a receipt says of one database.

    Args:
        kept_for: How long a copy of it is kept; None where none is made.
        in_files: What it says of the database's own files: "now", or what must happen first.
    """
    if kept_for is None:
        return in_files
    gone = (datetime.now(UTC) + kept_for).date().isoformat()
    return gone if in_files == "now" else f"{in_files}; backups until {gone}"
