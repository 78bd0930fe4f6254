"""The register as a whole: its version, its digest, and the built-in activity that answers people's rights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import attrs
from attrs import field, frozen

from sectorprivacy.errors import ActivityNotDeclared, InvalidDeclaration
from sectorprivacy.policy._register import Activity, Controller, Keep
from sectorprivacy.vocabulary import Basis, Category, categories, purposes, roles
from sectorprivacy.vocabulary import Role as RoleWord

_EVERY_CATEGORY = [word for word in vars(categories).values() if isinstance(word, Category)]
_EVERY_ROLE = [word for word in vars(roles).values() if isinstance(word, RoleWord)]

_Using = dict[tuple[frozenset[Category], str], tuple[tuple[Activity, Basis], ...]]

RIGHTS_HANDLING = Activity(
    "rights_handling",
    title="answering people's rights",
    purpose=purposes.RIGHTS,
    basis=dict.fromkeys(_EVERY_ROLE, Basis.LEGAL_OBLIGATION),
    uses=_EVERY_CATEGORY,
    covers_everything=True,
    keep=Keep(years=3, after="case_closed"),
    law="GDPR Art. 12 to 22",
)
"""Built in: exports and erasures run under it, and neither objection nor restriction stops it."""


@frozen
class Policy:
    """The controller's register of processing activities, in one version.

    Args:
        controller: Who it speaks for.
        activities: What is done; `rights_handling` is always there too.
        version: Name of this version, for people.
    """

    controller: Controller
    activities: Sequence[Activity] = field(converter=tuple[Activity, ...])
    version: str = field(default="1", kw_only=True)
    _by_id: Mapping[str, Activity] = field(init=False, repr=False, eq=False)
    _using: _Using = field(init=False, factory=_Using, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        by_id = {RIGHTS_HANDLING.id: RIGHTS_HANDLING}
        for activity in self.activities:
            if activity.id in by_id:
                raise InvalidDeclaration(
                    where=f"Policy of {self.controller.name}",
                    problem=f"activity {activity.id!r} is declared twice",
                    instead="Give each activity an id of its own",
                )
            by_id[activity.id] = activity
        object.__setattr__(self, "_by_id", by_id)

    def activities_using(self, categories: frozenset[Category], role: str) -> tuple[tuple[Activity, Basis], ...]:
        """The declared activities that use one of these categories of people in this role, each with its basis.

        The answer is remembered: an erasure asks the same for every record of a model.
        """
        known = self._using.get((categories, role))
        if known is None:
            known = self._using[categories, role] = tuple(
                (activity, basis)
                for activity in self.activities
                if (basis := activity.basis_for(role)) is not None
                and any(activity.may_use(word) for word in categories)
            )
        return known

    def activity(self, activity: Activity | str) -> Activity:
        """The activity of that id in this version. Raises: ActivityNotDeclared, also for a changed copy."""
        found = self._by_id.get(activity if isinstance(activity, str) else activity.id)
        if found is None or (isinstance(activity, Activity) and activity != found):
            raise ActivityNotDeclared(activity=activity if isinstance(activity, str) else activity.id)
        return found

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of everything the register says."""
        facts = {
            "controller": _facts(self.controller),
            "activities": [_facts(activity) for activity in self.activities],
            "version": self.version,
        }
        return hashlib.sha256(json.dumps(facts, default=_plain, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        words = cast("frozenset[object]", value)
        return sorted(json.dumps(each, default=_plain, sort_keys=True) for each in words)
    return _facts(value)


def _facts(value: Any) -> dict[str, Any]:
    return attrs.asdict(value, recurse=False)
