"""Which activities still need a record although the person wants it erased (Art. 17(1)(a) and 17(3)(b))."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from attrs import frozen

from sectorprivacy.policy import Activity, Policy
from sectorprivacy.retention._dates import due_date
from sectorprivacy.vocabulary import Basis, Category, Ground

_GROUNDS: Mapping[Basis, Ground] = {
    Basis.CONTRACT: Ground.CONTRACT_RUNNING,
    Basis.LEGAL_OBLIGATION: Ground.LEGAL_OBLIGATION,
}


def ground_of(activity: Activity) -> Ground:
    """On which ground an activity keeps a record: a legal obligation, if it has one for anybody, else its contract."""
    return Ground.LEGAL_OBLIGATION if Basis.LEGAL_OBLIGATION in activity.basis.values() else Ground.CONTRACT_RUNNING


@frozen(kw_only=True)
class Need:
    """An activity that keeps a record from erasure.

    Args:
        activity: The activity, the only one that may read what is kept for it.
        ground: Why it may keep it.
        until: First civil day on which it no longer needs it; None while the event has not come.
    """

    activity: Activity
    ground: Ground
    until: date | None

    @property
    def law(self) -> str:
        """The provision it rests on, in words people can look up."""
        return str(self.activity.keep.law or self.activity.law or f"GDPR {self.ground.article}")

    @property
    def ends(self) -> str:
        """ISO date of `until`, or the id of the event that has not come yet."""
        return self.until.isoformat() if self.until is not None else self.activity.keep.after


def needs(
    policy: Policy,
    *,
    categories: Iterable[Category],
    role: str,
    events: Mapping[str, date | None],
    link_ended: date | None,
    today: date,
) -> tuple[Need, ...]:
    """What keeps a record from erasure, the longest need first.

    A running contract and a legal obligation do; consent, legitimate interest and steps before a contract give way to
    the person's wish. An obligation binds only data sets that know the event it counts from. A contract whose event the
    data set does not know runs as long as the person's link to the thing.

    Args:
        policy: The register.
        categories: Categories the record holds.
        role: Role in which the record concerns the person.
        events: Event to its civil day, for the events the data set knows; None for one that has not come.
        link_ended: Civil day on which the person's link to the record ended; None while it lasts.
        today: Civil day of the controller.
    """
    found: list[Need] = []
    for activity, basis in policy.activities_using(frozenset(categories), role):
        ground = _GROUNDS.get(basis)
        if ground is None:
            continue
        if activity.keep.after in events:
            event = events[activity.keep.after]
        elif ground is Ground.LEGAL_OBLIGATION:
            continue
        else:
            event = link_ended
        until = None if event is None else due_date(activity.keep, event)
        if until is None or today < until:
            found.append(Need(activity=activity, ground=ground, until=until))
    return tuple(sorted(found, key=lambda need: need.until or date.max, reverse=True))
