"""The records of smart locks: whose code opened a door is shown to that person alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from attrs import frozen

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Relation, Source
from sectorprivacy.vocabulary import categories as C

EVERYBODY = ("customer", "alarm_user")


@personal(
    id="smart_home.lock_event",
    when="at",
    source=Source.OBSERVED,
    label=say("What your smart locks did", nb="Det smartlåsene dine gjorde", sv="Vad dina smarta lås gjorde"),
)
@frozen(kw_only=True)
class LockEvent:
    """A lock was locked or unlocked, by hand or from the app."""

    id: Annotated[int, NotPersonal("row key")]
    installation: Annotated[
        str, SubjectId("installation", role="customer", label=say("Installation", nb="Anlegg", sv="Anläggning"))
    ]
    slot: Annotated[
        str | None,
        SubjectId(
            "user_slot",
            role="alarm_user",
            relation=Relation.APPEARS,
            label=say(
                "With your code, at place", nb="Med din kode, på brukerplass", sv="Med din kod, på användarplats"
            ),
        ),
    ]
    door: Annotated[str, Personal(C.SMART_DEVICE, shown_to=EVERYBODY, label=say("Door", nb="Dør", sv="Dörr"))]
    what: Annotated[
        str,
        Personal(
            C.SMART_DEVICE,
            shown_to=EVERYBODY,
            label=say("What happened", nb="Hva som skjedde", sv="Vad som hände"),
            values={
                "locked": say("Locked", nb="Låst", sv="Låst"),
                "unlocked": say("Unlocked", nb="Låst opp", sv="Upplåst"),
                "left_open": say("Left open", nb="Sto åpen", sv="Lämnades öppen"),
            },
        ),
    ]
    at: Annotated[datetime, Personal(C.SMART_DEVICE, shown_to=EVERYBODY, label=say("When", nb="Når", sv="När"))]
