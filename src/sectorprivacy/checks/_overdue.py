"""Migrations that should be over: fields that were to read plaintext until a day which has passed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sectorprivacy.annotations import FieldMap
from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._rules import PLAINTEXT_OVERDUE


def overdue(models: Sequence[FieldMap], today: date) -> Iterator[Finding]:
    """Sealed fields whose last day of plaintext lies before today."""
    for marks in models:
        for field in marks.sealed:
            if field.plaintext_until is not None and field.plaintext_until < today:
                yield PLAINTEXT_OVERDUE.finding(
                    f"{marks.id}.{field.id}",
                    f"Values that were never sealed were read until {field.plaintext_until}, and are refused now.",
                    "Seal what is left and take plaintext_until out of the mark, or name a later day.",
                )
