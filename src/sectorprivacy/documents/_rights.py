"""Which rights people have under the bases on which their data is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sectorprivacy.policy import Activity
from sectorprivacy.vocabulary import Basis, Right, purposes

_PORTABLE = frozenset({Basis.CONSENT, Basis.CONTRACT, Basis.PRECONTRACT})
_OPEN_TO_OBJECTION = frozenset({Basis.LEGITIMATE_INTEREST, Basis.PUBLIC_TASK})


def bases_of(activities: Iterable[Activity], roles: Sequence[str]) -> frozenset[Basis]:
    """The legal bases on which these activities use data of people in these roles."""
    return frozenset(basis for activity in activities for basis in by_basis(activity, roles))


def by_basis(activity: Activity, roles: Iterable[str]) -> Mapping[Basis, Sequence[str]]:
    """The roles, among these, that the activity covers, by its legal basis for them."""
    found: dict[Basis, list[str]] = {}
    for role in roles:
        if (basis := activity.basis_for(role)) is not None:
            found.setdefault(basis, []).append(role)
    return found


def is_marketing(activity: Activity) -> bool:
    """Whether an objection stops the activity whatever its basis is (Art. 21(2) and (3))."""
    return activity.purpose.within(purposes.DIRECT_MARKETING)


def rights_under(activities: Sequence[Activity], roles: Sequence[str]) -> Iterator[Right]:
    """The rights of people in these roles; some follow the basis (Art. 7(3), 20(1)(a), 21(1) and (2))."""
    bases = bases_of(activities, roles)
    marketed = bases_of(filter(is_marketing, activities), roles)
    yield from (Right.ACCESS, Right.RECTIFICATION, Right.ERASURE, Right.RESTRICTION, Right.NOTIFICATION)
    if _PORTABLE & bases:
        yield Right.PORTABILITY
    if _OPEN_TO_OBJECTION & bases or marketed:
        yield Right.OBJECTION
    if Basis.CONSENT in bases:
        yield Right.WITHDRAWAL
    yield Right.HUMAN_DECISION
