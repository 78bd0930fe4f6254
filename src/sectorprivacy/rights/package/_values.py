"""Values as people read them: meanings instead of codes, local times, and why something is not shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import JsonValue

from sectorprivacy.rights.protocol import FieldDeclaration
from sectorprivacy.vocabulary import Ground

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MONTHS = "January February March April May June July August September October November December".split()

GROUNDS: Mapping[Ground, str] = {
    Ground.SECRET: "A secret that protects you. We hold it but show it to nobody; you can change it where you use it.",
    Ground.RIGHTS_OF_OTHERS: "It is about somebody else too, and their rights stand against showing it.",
    Ground.PREVENTION_OF_CRIME: "The law lets us keep it secret while a crime is prevented or looked into.",
    Ground.ERASED: "It was erased: the key that could open it was destroyed.",
    Ground.LEGAL_OBLIGATION: "The law does not let us show it.",
    Ground.LEGAL_CLAIMS: "It is part of a legal claim.",
    Ground.CONTRACT_RUNNING: "It belongs to an agreement that still runs.",
}
"""Why a value is withheld, in words for the person."""

_ABSENT = "—"

_FAILURES = {
    "timed_out": "it did not answer in time",
    "unreachable": "it could not be reached",
    "crashed": "it broke down while answering",
}


def failure_in_words(code: str) -> str:
    """Why a service or data set is missing, for the person; the code stays for whoever they ask."""
    return f"{_FAILURES.get(code, 'it did not give an answer that could be used')} ({code})"


def value_in_words(value: JsonValue, declaration: FieldDeclaration, written: Callable[[str], str] = str) -> str:
    """A value as text: its declared meaning, yes or no, a list in one line.

    Args:
        value: The value.
        declaration: Its field.
        written: How a text that has no declared meaning is written; `LocalTimes.text` for whoever reads a page.
    """
    meanings = declaration.values or {}
    if isinstance(value, str | int) and not isinstance(value, bool) and str(value) in meanings:
        return meanings[str(value)]
    if isinstance(value, list):
        # Entries keep their place, so that two fields of one list can be read together.
        entries = [_ABSENT if each is None else value_in_words(each, declaration, written) for each in value]
        return ("; " if any("," in each for each in entries) else ", ").join(entries)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else written(str(value))


class LocalTimes:
    """Writes ISO dates and moments as the person's calendar and clock show them."""

    def __init__(self, time_zone: str) -> None:
        try:
            self._zone = ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            # A machine without time-zone data still answers; the page says which clock it shows.
            self._zone = ZoneInfo("UTC")
        self.name = str(self._zone.key)

    def moment(self, moment: datetime) -> str:
        """An aware datetime in the form "3 March 2026, 14:05"."""
        local = moment.astimezone(self._zone)
        return f"{self.day(local)}, {local:%H:%M}"

    def day(self, day: date) -> str:
        """A date in the form "3 March 2026"."""
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def text(self, text: str) -> str:
        """The text itself, unless the whole of it is an ISO date or moment."""
        try:
            if _MOMENT.fullmatch(text):
                return self.moment(datetime.fromisoformat(text))
            if _DAY.fullmatch(text):
                return self.day(date.fromisoformat(text))
        except (ValueError, OverflowError):
            return text
        return text
