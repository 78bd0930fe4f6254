"""The tables of monitoring: each event concerns whoever owned the home then, and perhaps whose code it was."""

from datetime import datetime
from typing import Annotated

from sqlalchemy import Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Relation, Source
from sectorprivacy.vocabulary import categories as C


class Base(DeclarativeBase):
    """The base of every table of monitoring."""


RowKey = Annotated[int, NotPersonal("row key")]
Installation = Annotated[str, SubjectId("installation", role="customer", label="Installation")]
EVERYBODY = ("customer", "alarm_user")


@personal(id="monitoring.arming_event", when="at", label="When your alarm was armed and disarmed")
class ArmingEvent(Base):
    """An alarm was armed or disarmed. Whose code it was is shown to that person alone."""

    __tablename__ = "arming_event"
    __table_args__ = (Index("arming_by_home", "installation", "at"), Index("arming_by_slot", "slot", "at"))
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    installation: Mapped[Installation]
    slot: Mapped[
        Annotated[
            str | None,
            SubjectId("user_slot", role="alarm_user", relation=Relation.APPEARS, label="With your code, at place"),
        ]
    ]
    command: Mapped[
        Annotated[
            str,
            Personal(
                C.EVENT,
                shown_to=EVERYBODY,
                source=Source.OBSERVED,
                label="What happened",
                values={
                    "armed_away": "Armed, nobody home",
                    "armed_home": "Armed, people home",
                    "disarmed": "Disarmed",
                },
            ),
        ]
    ]
    at: Mapped[Annotated[datetime, Personal(C.EVENT, shown_to=EVERYBODY, source=Source.OBSERVED, label="When")]]


@personal(id="monitoring.activation", when="at", label="Alarms in your home")
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
                source=Source.OBSERVED,
                label="What set it off",
                values={
                    "motion": "Movement",
                    "door_opened": "A door was opened",
                    "smoke": "Smoke",
                    "water_leak": "Water leak",
                    "panic": "Panic button",
                },
            ),
        ]
    ]
    at: Mapped[Annotated[datetime, Personal(C.ALARM, source=Source.OBSERVED, label="When")]]
    follow_up: Mapped[Annotated[str, Personal(C.ALARM, source=Source.GENERATED, label="What was done")]]


@personal(
    id="monitoring.image", when="at", not_personal={"activation": "row key of the alarm"}, label="Pictures from alarms"
)
class VerificationImage(Base):
    """A picture taken to tell a burglary from a mistake; the picture itself is a file."""

    __tablename__ = "image"
    __table_args__ = (Index("image_by_home", "installation", "at"),)
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    activation: Mapped[int]
    installation: Mapped[Installation]
    at: Mapped[Annotated[datetime, Personal(C.IMAGE, source=Source.OBSERVED, label="When")]]
    file: Mapped[Annotated[str, Personal(C.IMAGE, source=Source.OBSERVED, attachment="image/png", label="Picture")]]
