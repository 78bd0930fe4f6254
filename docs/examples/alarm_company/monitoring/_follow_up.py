"""What an operator does about an alarm, step by step. Not running yet: an alarm's own row holds a sentence of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from attrs import frozen

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C


@personal(
    id="monitoring.follow_up",
    when="at",
    source=Source.GENERATED,
    not_personal={"activation": "row key of the alarm"},
    label=say("What we did about an alarm", nb="Det vi gjorde med en alarm", sv="Vad vi gjorde åt ett larm"),
)
@frozen(kw_only=True)
class FollowUp:
    """One step; each person in it sees their own part."""

    id: Annotated[int, NotPersonal("row key")]
    activation: int
    installation: Annotated[
        str, SubjectId("installation", role="customer", label=say("Installation", nb="Anlegg", sv="Anläggning"))
    ]
    at: Annotated[datetime, Personal(C.ALARM, label=say("When", nb="Når", sv="När"))]
    step: Annotated[
        str,
        Personal(
            C.ALARM,
            label=say("What we did", nb="Hva vi gjorde", sv="Vad vi gjorde"),
            values={
                "image_checked": say("Looked at a picture", nb="Så på et bilde", sv="Tittade på en bild"),
                "customer_called": say("Called you", nb="Ringte deg", sv="Ringde dig"),
                "contact_called": say(
                    "Called a contact person", nb="Ringte en kontaktperson", sv="Ringde en kontaktperson"
                ),
                "guard_sent": say("Sent a guard", nb="Sendte en vekter", sv="Skickade en väktare"),
                "police_called": say("Called the police", nb="Varslet politiet", sv="Larmade polisen"),
                "fire_service_called": say(
                    "Called the fire service", nb="Varslet brannvesenet", sv="Larmade räddningstjänsten"
                ),
            },
        ),
    ]
    operator: Annotated[str, Personal(C.NAME, about="employee", label=say("Operator", nb="Operatør", sv="Operatör"))]
    guard: Annotated[
        str | None, Personal(C.NAME, about="supplier_staff", label=say("Guard", nb="Vekter", sv="Väktare"))
    ]
    called: Annotated[
        str | None,
        Personal(
            C.NAME, about="contact_person", label=say("Who was called", nb="Hvem som ble ringt", sv="Vem som ringdes")
        ),
    ]
    offence: Annotated[
        str | None,
        Personal(
            C.SUSPECTED_OFFENCE,
            about="bystander",
            label=say("Suspected offence", nb="Mistanke om lovbrudd", sv="Misstanke om brott"),
        ),
    ]
