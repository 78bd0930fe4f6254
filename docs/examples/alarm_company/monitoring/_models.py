"""The tables of monitoring: each event concerns whoever owned the home then, and perhaps whose code it was."""

from datetime import datetime
from typing import Annotated

from sqlalchemy import Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Relation, Source
from sectorprivacy.vocabulary import categories as C


class Base(DeclarativeBase):
    """The base of every table of monitoring."""


RowKey = Annotated[int, NotPersonal("row key")]
Installation = Annotated[
    str, SubjectId("installation", role="customer", label=say("Installation", nb="Anlegg", sv="Anläggning"))
]
EVERYBODY = ("customer", "alarm_user")


@personal(
    id="monitoring.arming_event",
    when="at",
    source=Source.OBSERVED,
    label=say(
        "When your alarm was armed and disarmed",
        nb="Når alarmen din ble slått på og av",
        sv="När ditt larm slogs på och av",
    ),
)
class ArmingEvent(Base):
    """An alarm was armed or disarmed. Whose code it was is shown to that person alone."""

    __tablename__ = "arming_event"
    __table_args__ = (Index("arming_by_home", "installation", "at"), Index("arming_by_slot", "slot", "at"))
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    installation: Mapped[Installation]
    slot: Mapped[
        Annotated[
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
    ]
    command: Mapped[
        Annotated[
            str,
            Personal(
                C.EVENT,
                shown_to=EVERYBODY,
                label=say("What happened", nb="Hva som skjedde", sv="Vad som hände"),
                values={
                    "armed_away": say("Armed, nobody home", nb="Slått på, ingen hjemme", sv="Påslaget, ingen hemma"),
                    "armed_home": say("Armed, people home", nb="Slått på, noen hjemme", sv="Påslaget, någon hemma"),
                    "disarmed": say("Disarmed", nb="Slått av", sv="Avslaget"),
                },
            ),
        ]
    ]
    at: Mapped[
        Annotated[
            datetime,
            Personal(C.EVENT, shown_to=EVERYBODY, label=say("When", nb="Når", sv="När")),
        ]
    ]


@personal(
    id="monitoring.activation",
    when="at",
    source=Source.OBSERVED,
    label=say("Alarms in your home", nb="Alarmer i hjemmet ditt", sv="Larm i ditt hem"),
)
class Activation(Base):
    """An alarm went off."""

    __tablename__ = "activation"
    __table_args__ = (Index("activation_by_home", "installation", "at"),)
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    installation: Mapped[Installation]
    kind: Mapped[
        Annotated[
            str,
            Personal(
                C.ALARM,
                label=say("What set it off", nb="Hva som utløste den", sv="Vad som utlöste det"),
                values={
                    "motion": say("Movement", nb="Bevegelse", sv="Rörelse"),
                    "door_opened": say("A door was opened", nb="En dør ble åpnet", sv="En dörr öppnades"),
                    "smoke": say("Smoke", nb="Røyk", sv="Rök"),
                    "water_leak": say("Water leak", nb="Vannlekkasje", sv="Vattenläcka"),
                    "panic": say("Panic button", nb="Overfallsknapp", sv="Överfallsknapp"),
                },
            ),
        ]
    ]
    at: Mapped[Annotated[datetime, Personal(C.ALARM, label=say("When", nb="Når", sv="När"))]]
    follow_up: Mapped[
        Annotated[
            str,
            Personal(
                C.ALARM,
                source=Source.GENERATED,
                label=say("What was done", nb="Hva som ble gjort", sv="Vad som gjordes"),
            ),
        ]
    ]


@personal(
    id="monitoring.image",
    when="at",
    source=Source.OBSERVED,
    not_personal={"activation": "row key of the alarm"},
    label=say("Pictures from alarms", nb="Bilder fra alarmer", sv="Bilder från larm"),
)
class VerificationImage(Base):
    """A picture taken to tell a burglary from a mistake; the picture itself is a file."""

    __tablename__ = "image"
    __table_args__ = (Index("image_by_home", "installation", "at"),)
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    activation: Mapped[int]
    installation: Mapped[Installation]
    at: Mapped[Annotated[datetime, Personal(C.IMAGE, label=say("When", nb="Når", sv="När"))]]
    file: Mapped[
        Annotated[
            str,
            Personal(C.IMAGE, attachment="image/png", label=say("Picture", nb="Bilde", sv="Bild")),
        ]
    ]
