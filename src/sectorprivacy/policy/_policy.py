"""The register as a whole: its version, its digest, and the built-in activity that answers people's rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from attrs import field, frozen

from sectorprivacy.errors import ActivityNotDeclared, report_together
from sectorprivacy.policy._document import PolicyDocument, policy_document
from sectorprivacy.policy._register import Activity, Controller, Keep
from sectorprivacy.policy._rules import RIGHTS_HANDLING_ID, broken_rules
from sectorprivacy.vocabulary import (
    AnyWording,
    Basis,
    Category,
    Measure,
    Wording,
    categories,
    purposes,
    roles,
    stable_id,
    wording,
)
from sectorprivacy.vocabulary import Role as RoleWord

_EVERY_CATEGORY = [word for word in vars(categories).values() if isinstance(word, Category)]
_EVERY_ROLE = [word for word in vars(roles).values() if isinstance(word, RoleWord)]

_Using = dict[tuple[frozenset[Category], str], tuple[tuple[Activity, Basis], ...]]

RIGHTS_HANDLING = Activity(
    RIGHTS_HANDLING_ID,
    title={
        "en": "answering people's rights",
        "nb": "å svare dem som bruker rettighetene sine",
        "sv": "att svara dem som utövar sina rättigheter",
    },
    purpose=purposes.RIGHTS,
    basis=dict.fromkeys(_EVERY_ROLE, Basis.LEGAL_OBLIGATION),
    uses=_EVERY_CATEGORY,
    covers_everything=True,
    keep=Keep(years=3, after="case_closed"),
    law={"en": "GDPR Art. 12 to 22", "nb": "GDPR art. 12 til 22", "sv": "GDPR art. 12 till 22"},
)
"""Built in: exports and erasures run under it, and neither objection nor restriction stops it."""


def _events(events: Mapping[str, AnyWording]) -> Mapping[str, Wording]:
    return {stable_id(event, where="Policy(events=...)"): wording(text) for event, text in events.items()}


@frozen
class Policy:
    """The controller's register of processing activities, in one version.

    Args:
        controller: Who it speaks for.
        activities: What is done; `rights_handling` is always there too.
        version: Name of this version, for people.
        measures: Technical and organisational measures that protect the data (Art. 32, Art. 30(1)(g)).
        events: What people read for the events that retention counts from, by id: a noun phrase that can stand after
            "from" and "until", such as "the end of the agreement".

    Raises:
        DeclarationError: The register breaks a rule; DeclarationsInvalid where it breaks several.
    """

    controller: Controller
    activities: Sequence[Activity] = field(converter=tuple[Activity, ...])
    version: str = field(default="1", kw_only=True)
    measures: Sequence[Measure] = field(default=(), converter=tuple[Measure, ...], kw_only=True)
    events: Mapping[str, Wording] = field(factory=dict[str, Wording], converter=_events, hash=False, kw_only=True)
    _by_id: Mapping[str, Activity] = field(init=False, repr=False, eq=False)
    _using: _Using = field(init=False, factory=_Using, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        report_together(broken_rules(self.controller, self.activities, self.measures))
        by_id = {activity.id: activity for activity in (RIGHTS_HANDLING, *self.activities)}
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

    @cached_property
    def document(self) -> PolicyDocument:
        """Everything the register says, by ids; for storing, publishing and comparing."""
        return policy_document(
            self.controller, self.activities, version=self.version, measures=self.measures, events=self.events
        )

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of everything the register says."""
        return self.document.digest
