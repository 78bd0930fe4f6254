"""Whom a company must inform although they did not give it their data, and by when (Art. 14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import frozen

from sectorprivacy.documents._data_map import DataMap
from sectorprivacy.documents._people import Held, covering, held, obtained_elsewhere
from sectorprivacy.policy import Policy
from sectorprivacy.retention import add_months


@frozen(kw_only=True)
class Duty:
    """People in a role are to be given the notice of Art. 14, since some of their data comes from elsewhere.

    Args:
        role: Id of their role.
        datasets: Ids of the data sets that hold such data.
        categories: Ids of its categories.
        activities: Ids of the activities that use it.
    """

    role: str
    datasets: tuple[str, ...]
    categories: tuple[str, ...]
    activities: tuple[str, ...]

    def due(self, obtained: date, *, contacted: date | None = None, disclosed: date | None = None) -> date:
        """The last civil day on which one of them is informed in time, Art. 14(3).

        Args:
            obtained: When their data was obtained: within a month of it, by the calendar.
            contacted: When they are first written or spoken to with it: then at the latest.
            disclosed: When it is first disclosed to somebody else: then at the latest.
        """
        return min(day for day in (add_months(obtained, 1), contacted, disclosed) if day is not None)


def duties_to_inform(policy: Policy, data_map: DataMap) -> tuple[Duty, ...]:
    """Every role that must be informed under Art. 14: those whom the notice for others speaks to.

    Args:
        policy: The register in force.
        data_map: What the marked models hold.

    Returns:
        A duty for each such role, by its id.
    """
    words = covering(data_map)
    elsewhere = obtained_elsewhere(list(held(data_map)))
    roles = sorted({each.role for each in elsewhere})
    return tuple(_duty(policy, role, [each for each in elsewhere if each.role == role], words) for role in roles)


def _duty(policy: Policy, role: str, mine: list[Held], words: Mapping[str, frozenset[str]]) -> Duty:
    categories = {each.field.category for each in mine}
    return Duty(
        role=role,
        datasets=tuple(sorted({each.dataset.id for each in mine})),
        categories=tuple(sorted(categories)),
        activities=tuple(
            activity.id
            for activity in policy.activities
            if role in activity.basis and any(word.id in words[each] for word in activity.uses for each in categories)
        ),
    )
