"""The one rule for times in the ledger: they say their zone."""

from __future__ import annotations

from datetime import datetime

from sectorprivacy.errors import InvalidDeclaration


def aware(record: object, _attribute: object, moment: datetime) -> None:
    """Refuse a naive datetime: nobody could say afterwards when it was."""
    if moment.tzinfo is None:
        raise InvalidDeclaration(
            where=type(record).__name__, problem="its time is naive", instead="Give it a time zone"
        )
