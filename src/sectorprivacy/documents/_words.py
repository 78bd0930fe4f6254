"""The register in plain English: bases, periods, recipients and sources as a person would say them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sectorprivacy.errors import UnknownWord
from sectorprivacy.policy import EEA, Activity, Keep, Recipient
from sectorprivacy.vocabulary import Basis, Capacity, Category, Safeguard, Source, category, role

_BASES: Mapping[Basis, str] = {
    Basis.CONSENT: "you consented",
    Basis.CONTRACT: "needed for our agreement with you",
    Basis.PRECONTRACT: "needed for steps you asked for before an agreement",
    Basis.LEGAL_OBLIGATION: "the law obliges us",
    Basis.VITAL_INTERESTS: "to protect somebody's life",
    Basis.PUBLIC_TASK: "a task in the public interest",
    Basis.LEGITIMATE_INTEREST: "our legitimate interest",
}

_SOURCES: Mapping[Source, str] = {
    Source.PROVIDED: "you gave it to us",
    Source.OBSERVED: "registered while the service was used",
    Source.GENERATED: "made by us",
    Source.DERIVED: "worked out by us from other data",
    Source.THIRD_PARTY: "received from somebody else",
}

_CAPACITIES: Mapping[Capacity, str] = {
    Capacity.PROCESSOR: "works for us, on our instructions",
    Capacity.CONTROLLER: "decides on its own use of the data",
    Capacity.AUTHORITY: "public authority",
    Capacity.THIRD_PARTY: "third party",
}

_SAFEGUARDS: Mapping[Safeguard, str] = {
    Safeguard.ADEQUACY: "the EU Commission found the protection there adequate",
    Safeguard.STANDARD_CLAUSES: "the EU's standard contractual clauses",
}

_COUNTRIES: Mapping[str, str] = {
    "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CH": "Switzerland", "CY": "Cyprus", "CZ": "Czechia",
    "DE": "Germany", "DK": "Denmark", "EE": "Estonia", "ES": "Spain", "FI": "Finland", "FR": "France",
    "GB": "United Kingdom", "GR": "Greece", "HR": "Croatia", "HU": "Hungary", "IE": "Ireland", "IN": "India",
    "IS": "Iceland", "IT": "Italy", "LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia",
    "MT": "Malta", "NL": "Netherlands", "NO": "Norway", "PL": "Poland", "PT": "Portugal", "RO": "Romania",
    "SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia", "US": "United States",
}  # fmt: skip


def basis_in_words(activity: Activity, basis: Basis) -> str:
    """The legal basis of an activity, with its article and what it rests on (Art. 13(1)(c) and (d))."""
    ground = {
        Basis.CONSENT: activity.consent,
        Basis.LEGAL_OBLIGATION: activity.law,
        Basis.LEGITIMATE_INTEREST: activity.interest,
    }.get(basis)
    article = basis.article.partition(",")[0]
    return f"{_BASES[basis]}: {ground} ({article})" if ground else f"{_BASES[basis]} ({article})"


def keep_in_words(keep: Keep) -> str:
    """How long data is kept, "3 months after rated" with the law that demands it (Art. 15(1)(d))."""
    span = [
        f"{number} {unit if number == 1 else unit + 's'}"
        for number, unit in ((keep.years, "year"), (keep.months, "month"), (keep.days, "day"))
        if number
    ]
    event = f"“{_readable(keep.after)}”"
    moment = f"the end of the year of {event}" if keep.end_of_year else event
    period = f"{' and '.join(span)} from {moment}" if span else f"until {moment}"
    return f"{period} ({keep.law})" if keep.law else period


def recipient_in_words(recipient: Recipient) -> tuple[str, str, str, str]:
    """Name, task, capacity, and where with its safeguard, of a recipient (Art. 15(1)(c), (2))."""
    where = _COUNTRIES.get(recipient.country, recipient.country)
    if recipient.country not in EEA:
        where += ", outside the EU and the EEA"
        if recipient.safeguard is not None:
            where += f", protected by {_SAFEGUARDS[recipient.safeguard]} ({recipient.safeguard.article})"
    return recipient.name, recipient.task, _CAPACITIES[recipient.capacity], where


def role_in_words(role_id: str) -> str:
    """A role as people read it; a company's own role reads as its id."""
    try:
        return role(role_id).label
    except UnknownWord:
        return _readable(role_id)


def category_in_words(word: Category | str) -> str:
    """A category as people read it; a company's own category, known by its id alone, reads as that."""
    try:
        return category(word).label
    except UnknownWord:
        return _readable(str(word))


def _readable(stable_id: str) -> str:
    return re.sub(r"[_.-]+", " ", stable_id).strip()


def source_in_words(source: Source) -> str:
    """Where a value comes from (Art. 15(1)(g))."""
    return _SOURCES[source]
