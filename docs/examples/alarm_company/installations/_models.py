"""The tables of installations: a component finds its customer through the installation it belongs to."""

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.encryption import Sealed
from sectorprivacy.integrations.sqlalchemy import protect
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C


class Base(DeclarativeBase):
    """The base of every table of installations."""


protect(Base)

RowKey = Annotated[int, NotPersonal("row key")]


@personal(
    id="installations.installation",
    key="number",
    anchors={"agreement_ended": "ended_on"},
    label=say("Your alarm system", nb="Alarmanlegget ditt", sv="Din larmanläggning"),
)
class Installation(Base):
    """An alarm system at an address."""

    __tablename__ = "installation"
    number: Mapped[
        Annotated[
            str,
            Personal(
                C.INSTALLATION_NUMBER,
                source=Source.GENERATED,
                label=say("Installation number", nb="Anleggsnummer", sv="Anläggningsnummer"),
            ),
            SubjectId("installation", role="customer"),
        ]
    ] = mapped_column(primary_key=True)
    customer_number: Mapped[
        Annotated[
            str,
            SubjectId(
                "customer_number", role="customer", label=say("Customer number", nb="Kundenummer", sv="Kundnummer")
            ),
        ]
    ] = mapped_column(index=True)
    address: Mapped[Annotated[str, Personal(C.ADDRESS, label=say("Address", nb="Adresse", sv="Adress"))]]
    panel: Mapped[
        Annotated[
            str,
            Personal(
                C.EQUIPMENT,
                source=Source.GENERATED,
                label=say("Type of panel", nb="Type alarmpanel", sv="Typ av larmpanel"),
            ),
        ]
    ]
    ended_on: Mapped[
        Annotated[
            date | None,
            Personal(C.INSTALLATION, source=Source.OBSERVED, label=say("Taken down", nb="Tatt ned", sv="Nedmonterad")),
        ]
    ]


@personal(
    id="installations.component",
    anchors={"agreement_ended": "installation.ended_on"},
    source=Source.GENERATED,
    not_personal={"installation": "the installation's own row"},
    label=say("The parts of your alarm system", nb="Delene i alarmanlegget ditt", sv="Din larmanläggnings delar"),
)
class Component(Base):
    """A detector, a camera or a siren; whose home it is in stands on its installation."""

    __tablename__ = "component"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    installation_number: Mapped[
        Annotated[
            str,
            Personal(
                C.INSTALLATION_NUMBER,
                label=say("Installation number", nb="Anleggsnummer", sv="Anläggningsnummer"),
            ),
            SubjectId("customer_number", role="customer", via="installation.customer_number"),
        ]
    ] = mapped_column(ForeignKey("installation.number"), index=True)
    kind: Mapped[
        Annotated[
            str,
            Personal(
                C.EQUIPMENT,
                label=say("Part", nb="Del", sv="Del"),
                values={
                    "camera": say("Camera", nb="Kamera", sv="Kamera"),
                    "magnet": say("Magnetic contact", nb="Magnetkontakt", sv="Magnetkontakt"),
                    "motion_detector": say("Motion detector", nb="Bevegelsesdetektor", sv="Rörelsedetektor"),
                    "siren": say("Siren", nb="Sirene", sv="Siren"),
                    "smoke_detector": say("Smoke detector", nb="Røykvarsler", sv="Brandvarnare"),
                },
            ),
        ]
    ]
    location: Mapped[
        Annotated[str, Personal(C.EQUIPMENT, label=say("Where it is mounted", nb="Plassering", sv="Placering"))]
    ]
    installation: Mapped[Installation] = relationship()


@personal(
    id="installations.visit",
    when="at",
    source=Source.GENERATED,
    label=say("Visits to your home", nb="Besøk hjemme hos deg", sv="Besök i ditt hem"),
)
class Visit(Base):
    """An installer came, to mount the alarm system or to mend it."""

    __tablename__ = "visit"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    installation_number: Mapped[
        Annotated[
            str,
            SubjectId(
                "installation",
                role="customer",
                label=say("Installation number", nb="Anleggsnummer", sv="Anläggningsnummer"),
            ),
        ]
    ] = mapped_column(index=True)
    at: Mapped[Annotated[datetime, Personal(C.VISIT, label=say("When", nb="Når", sv="När"))]]
    kind: Mapped[
        Annotated[
            str,
            Personal(
                C.VISIT,
                label=say("What for", nb="Hva det gjaldt", sv="Vad det gällde"),
                values={
                    "installation": say("Installation", nb="Montering", sv="Installation"),
                    "maintenance": say("Maintenance", nb="Vedlikehold", sv="Underhåll"),
                    "repair": say("Repair", nb="Reparasjon", sv="Reparation"),
                    "removal": say("Removal", nb="Demontering", sv="Nedmontering"),
                },
            ),
        ]
    ]
    report: Mapped[Annotated[str, Personal(C.VISIT, label=say("Report", nb="Rapport", sv="Rapport"))]]
    installer: Mapped[
        Annotated[
            str | None,
            Personal(C.NAME, about="supplier_staff", label=say("Installer", nb="Montør", sv="Montör")),
        ]
    ]


@personal(
    id="installations.user_code",
    period=("since", "until"),
    label=say("Your access to an alarm", nb="Tilgangen din til en alarm", sv="Din tillgång till ett larm"),
)
class UserCode(Base):
    """Whose a place on a panel is, by which user name; code and password are held, and shown to nobody."""

    __tablename__ = "user_code"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    user_name: Mapped[
        Annotated[
            str,
            Personal(C.USER_NAME, label=say("User name", nb="Brukernavn", sv="Användarnamn")),
            SubjectId("user_name", role="alarm_user", verified=True),
        ]
    ] = mapped_column(index=True)
    slot: Mapped[
        Annotated[
            str,
            Personal(
                C.USER_SLOT,
                source=Source.GENERATED,
                label=say("Place on the panel", nb="Brukerplass", sv="Användarplats"),
            ),
            SubjectId("user_slot", role="alarm_user", verified=True),
        ]
    ] = mapped_column(index=True)
    code: Mapped[Annotated[Sealed[str], Personal(C.CODE, label=say("Alarm code", nb="Alarmkode", sv="Larmkod"))]]
    password: Mapped[
        Annotated[
            Sealed[str],
            Personal(
                C.PASSWORD,
                label=say(
                    "Password for calls from the alarm centre",
                    nb="Passord når alarmsentralen ringer",
                    sv="Lösenord när larmcentralen ringer",
                ),
            ),
        ]
    ]
    since: Mapped[
        Annotated[datetime, Personal(C.USER_SLOT, source=Source.OBSERVED, label=say("From", nb="Fra", sv="Från"))]
    ]
    until: Mapped[
        Annotated[
            datetime | None, Personal(C.USER_SLOT, source=Source.OBSERVED, label=say("Until", nb="Til", sv="Till"))
        ]
    ]
