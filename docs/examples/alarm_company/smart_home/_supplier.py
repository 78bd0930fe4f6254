"""Stands for the package of the maker of our smart plugs: a class that is not ours, and knows of no marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a plug reports."""

    reading_id: str
    site: str
    plug_name: str
    is_on: bool
    schedule: str | None
    reported_at: datetime
    firmware: str
