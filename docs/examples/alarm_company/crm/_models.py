"""The tables of the CRM, marked once: what each field is, and whose record it is."""

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.encryption import BlindIndex, Sealed
from sectorprivacy.integrations.sqlalchemy import protect
from sectorprivacy.vocabulary import Relation, Source
from sectorprivacy.vocabulary import categories as C


class Base(DeclarativeBase):
    """The base of every table of the CRM."""


protect(Base)

RowKey = Annotated[int, NotPersonal("row key")]
CustomerNumber = Annotated[
    str,
    SubjectId(
        "customer_number",
        role="customer",
        verified=True,
        label=say("Customer number", nb="Kundenummer", sv="Kundnummer"),
    ),
]


@personal(
    id="crm.customer",
    key="number",
    anchors={"agreement_ended": "left_on"},
    label=say("Your details as a customer", nb="Kundeopplysningene dine", sv="Dina kunduppgifter"),
)
class Customer(Base):
    """Somebody who has, or had, an agreement."""

    __tablename__ = "customer"
    number: Mapped[CustomerNumber] = mapped_column(primary_key=True)
    name: Mapped[Annotated[str, Personal(C.NAME, label=say("Name", nb="Navn", sv="Namn"))]]
    birth_date: Mapped[
        Annotated[date, Personal(C.BIRTH_DATE, label=say("Date of birth", nb="Fødselsdato", sv="Födelsedatum"))]
    ]
    national_id: Mapped[
        Annotated[
            Sealed[str],
            Personal(C.NATIONAL_ID, label=say("National identity number", nb="Fødselsnummer", sv="Personnummer")),
        ]
    ]
    email: Mapped[
        Annotated[
            str,
            Personal(C.EMAIL, label=say("E-mail address", nb="E-postadresse", sv="E-postadress")),
            SubjectId("email", role="customer", verified=True),
        ]
    ] = mapped_column(index=True)
    telephone: Mapped[
        Annotated[
            Sealed[str],
            Personal(
                C.TELEPHONE,
                index=BlindIndex("telephone-1", distinct=200_000),
                label=say("Telephone number", nb="Telefonnummer", sv="Telefonnummer"),
            ),
            SubjectId("telephone", role="customer", verified=True),
        ]
    ]
    registered_on: Mapped[
        Annotated[
            date,
            Personal(
                C.AGREEMENT, source=Source.OBSERVED, label=say("Customer since", nb="Kunde siden", sv="Kund sedan")
            ),
        ]
    ]
    left_on: Mapped[
        Annotated[
            date | None,
            Personal(C.AGREEMENT, source=Source.OBSERVED, label=say("Customer until", nb="Kunde til", sv="Kund till")),
        ]
    ]


@personal(
    id="crm.contact_person",
    anchors={"agreement_ended": "customer.left_on"},
    not_personal={"customer": "the customer's own row"},
    label=say(
        "People to be called when the alarm goes",
        nb="Kontaktpersoner som ringes når alarmen går",
        sv="Kontaktpersoner som rings upp när larmet går",
    ),
)
class ContactPerson(Base):
    """Whom a customer wants to be called; their details are theirs, on the customer's record."""

    __tablename__ = "contact_person"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[CustomerNumber] = mapped_column(ForeignKey("customer.number"), index=True)
    order: Mapped[Annotated[int, NotPersonal("place in the list")]]
    name: Mapped[
        Annotated[
            str | None,
            Personal(
                C.NAME,
                about="contact_person",
                source=Source.THIRD_PARTY,
                label=say("Contact person", nb="Kontaktperson", sv="Kontaktperson"),
            ),
        ]
    ]
    telephone: Mapped[
        Annotated[
            str | None,
            Personal(
                C.TELEPHONE,
                source=Source.THIRD_PARTY,
                label=say("Their telephone number", nb="Telefonnummeret deres", sv="Deras telefonnummer"),
            ),
            SubjectId("telephone", role="contact_person", relation=Relation.APPEARS),
        ]
    ] = mapped_column(index=True)
    email: Mapped[
        Annotated[
            str | None,
            Personal(
                C.EMAIL,
                source=Source.THIRD_PARTY,
                label=say("Their e-mail address", nb="E-postadressen deres", sv="Deras e-postadress"),
            ),
            SubjectId("email", role="contact_person", relation=Relation.APPEARS),
        ]
    ] = mapped_column(index=True)
    customer: Mapped[Customer] = relationship()


@personal(
    id="crm.agreement",
    anchors={"agreement_ended": "ended_on"},
    label=say("Your agreements", nb="Avtalene dine", sv="Dina avtal"),
)
class Agreement(Base):
    """A customer's agreement about an installation."""

    __tablename__ = "agreement"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[CustomerNumber] = mapped_column(ForeignKey("customer.number"), index=True)
    installation: Mapped[
        Annotated[str, Personal(C.INSTALLATION, label=say("Installation", nb="Anlegg", sv="Anläggning"))]
    ]
    signed_on: Mapped[Annotated[date, Personal(C.AGREEMENT, label=say("Signed", nb="Inngått", sv="Tecknat"))]]
    ended_on: Mapped[
        Annotated[
            date | None,
            Personal(C.AGREEMENT, source=Source.OBSERVED, label=say("Ended", nb="Avsluttet", sv="Avslutat")),
        ]
    ]


@personal(
    id="crm.ownership",
    period=("since", "until"),
    anchors={"agreement_ended": "until"},
    label=say(
        "Homes you have or had an alarm in",
        nb="Boliger der du har eller har hatt alarm",
        sv="Bostäder där du har eller har haft larm",
    ),
)
class Ownership(Base):
    """From when until when an installation was a customer's: the link every other service relies on."""

    __tablename__ = "ownership"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[CustomerNumber] = mapped_column(ForeignKey("customer.number"), index=True)
    installation: Mapped[
        Annotated[
            str,
            Personal(C.INSTALLATION, label=say("Installation", nb="Anlegg", sv="Anläggning")),
            SubjectId("installation", role="customer", verified=True),
        ]
    ]
    since: Mapped[Annotated[datetime, Personal(C.AGREEMENT, label=say("From", nb="Fra", sv="Från"))]]
    until: Mapped[
        Annotated[
            datetime | None, Personal(C.AGREEMENT, source=Source.OBSERVED, label=say("Until", nb="Til", sv="Till"))
        ]
    ]


@personal(
    id="crm.ownership_change",
    relation=Relation.CO_OWNER,
    anchors={"agreement_ended": "new_owner.left_on"},
    not_personal={"new_owner": "the new owner's own row"},
    label=say("Homes that changed hands", nb="Boliger som har skiftet eier", sv="Bostäder som har bytt ägare"),
)
class OwnershipChange(Base):
    """An installation passed from one customer to another; each sees their own side of it."""

    __tablename__ = "ownership_change"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    installation: Mapped[
        Annotated[str, Personal(C.INSTALLATION, label=say("Installation", nb="Anlegg", sv="Anläggning"))]
    ]
    old: Mapped[
        Annotated[
            str | None,
            SubjectId(
                "customer_number",
                role="previous_owner",
                label=say("Previous owner", nb="Tidligere eier", sv="Tidigare ägare"),
            ),
        ]
    ] = mapped_column(index=True)
    new: Mapped[
        Annotated[
            str | None,
            SubjectId("customer_number", role="customer", label=say("New owner", nb="Ny eier", sv="Ny ägare")),
        ]
    ] = mapped_column(index=True)
    changed_at: Mapped[
        Annotated[datetime, Personal(C.AGREEMENT, source=Source.OBSERVED, label=say("When", nb="Når", sv="När"))]
    ]
    new_owner: Mapped[Customer | None] = relationship(
        primaryjoin="foreign(OwnershipChange.new) == Customer.number", viewonly=True
    )


@personal(
    id="crm.user_slot",
    period=("since", "until"),
    label=say(
        "Places on an alarm's panel that were yours",
        nb="Brukerplasser på alarmpaneler som har vært dine",
        sv="Användarplatser på larmpaneler som har varit dina",
    ),
)
class UserSlot(Base):
    """Whose a place on a panel was, and when: places are used again. Kept here until `installations` exists."""

    __tablename__ = "user_slot"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    slot: Mapped[
        Annotated[
            str,
            Personal(C.USER_SLOT, label=say("Place", nb="Brukerplass", sv="Användarplats")),
            SubjectId("user_slot", role="alarm_user", verified=True),
        ]
    ]
    name: Mapped[Annotated[str, Personal(C.NAME, source=Source.THIRD_PARTY, label=say("Name", nb="Navn", sv="Namn"))]]
    email: Mapped[
        Annotated[
            str,
            Personal(
                C.EMAIL, source=Source.THIRD_PARTY, label=say("E-mail address", nb="E-postadresse", sv="E-postadress")
            ),
            # An alarm user confirms the address before a code is given out.
            SubjectId("email", role="alarm_user", verified=True),
        ]
    ] = mapped_column(index=True)
    since: Mapped[
        Annotated[datetime, Personal(C.USER_SLOT, source=Source.OBSERVED, label=say("From", nb="Fra", sv="Från"))]
    ]
    until: Mapped[
        Annotated[
            datetime | None, Personal(C.USER_SLOT, source=Source.OBSERVED, label=say("Until", nb="Til", sv="Till"))
        ]
    ]


@personal(
    id="crm.consent",
    anchors={"consent_withdrawn": "withdrawn_on"},
    label=say("What you consented to", nb="Det du har samtykket til", sv="Det du har samtyckt till"),
)
class Consent(Base):
    """A customer agreed to an activity, to the text in that version."""

    __tablename__ = "consent"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[CustomerNumber] = mapped_column(ForeignKey("customer.number"), index=True)
    activity: Mapped[
        Annotated[
            str,
            Personal(
                C.CONSENT,
                label=say("To what", nb="Til hva", sv="Till vad"),
                values={"bonus-programme": say("Bonus programme", nb="Bonusprogram", sv="Bonusprogram")},
            ),
        ]
    ]
    text_version: Mapped[
        Annotated[
            str,
            Personal(
                C.CONSENT,
                source=Source.GENERATED,
                label=say("Version of the text", nb="Versjon av teksten", sv="Version av texten"),
            ),
        ]
    ]
    given_at: Mapped[Annotated[datetime, Personal(C.CONSENT, label=say("When", nb="Når", sv="När"))]]
    withdrawn_on: Mapped[
        Annotated[date | None, Personal(C.CONSENT, label=say("Withdrawn", nb="Trukket tilbake", sv="Återkallat"))]
    ]


@personal(
    id="crm.objection",
    anchors={"objection_withdrawn": "withdrawn_on"},
    label=say("What you objected to", nb="Det du har protestert mot", sv="Det du har invänt mot"),
)
class Objection(Base):
    """Somebody wants no marketing; remembered for as long as there is marketing, whoever they are."""

    __tablename__ = "objection"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[
        Annotated[
            str | None,
            SubjectId(
                "customer_number", role="customer", label=say("Customer number", nb="Kundenummer", sv="Kundnummer")
            ),
        ]
    ] = mapped_column(index=True)
    email: Mapped[
        Annotated[
            str | None,
            SubjectId("email", role="customer", label=say("E-mail address", nb="E-postadresse", sv="E-postadress")),
        ]
    ] = mapped_column(index=True)
    activity: Mapped[
        Annotated[
            str,
            Personal(
                C.OBJECTION,
                label=say("To what", nb="Til hva", sv="Till vad"),
                values={"newsletters": say("News and offers", nb="Nyheter og tilbud", sv="Nyheter och erbjudanden")},
            ),
        ]
    ]
    raised_at: Mapped[Annotated[datetime, Personal(C.OBJECTION, label=say("When", nb="Når", sv="När"))]]
    withdrawn_on: Mapped[
        Annotated[date | None, Personal(C.OBJECTION, label=say("Withdrawn", nb="Trukket tilbake", sv="Återkallat"))]
    ]
