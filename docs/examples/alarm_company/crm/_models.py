"""The tables of the CRM, marked once: what each field is, and whose record it is."""

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.encryption import Sealed
from sectorprivacy.integrations.sqlalchemy import protect
from sectorprivacy.vocabulary import Relation, Source
from sectorprivacy.vocabulary import categories as C


class Base(DeclarativeBase):
    """The base of every table of the CRM."""


protect(Base)

RowKey = Annotated[int, NotPersonal("row key")]
CustomerNumber = Annotated[str, SubjectId("customer_number", role="customer", verified=True, label="Customer number")]


@personal(id="crm.customer", key="number", anchors={"agreement_ended": "left_on"}, label="Your details as a customer")
class Customer(Base):
    """Somebody who has, or had, an agreement."""

    __tablename__ = "customer"
    number: Mapped[CustomerNumber] = mapped_column(primary_key=True)
    name: Mapped[Annotated[str, Personal(C.NAME, label="Name")]]
    birth_date: Mapped[Annotated[date, Personal(C.BIRTH_DATE, label="Date of birth")]]
    national_id: Mapped[Annotated[Sealed[str], Personal(C.NATIONAL_ID, label="National identity number")]]
    email: Mapped[
        Annotated[str, Personal(C.EMAIL, label="E-mail address"), SubjectId("email", role="customer", verified=True)]
    ] = mapped_column(index=True)
    telephone: Mapped[
        Annotated[
            Sealed[str],
            Personal(C.TELEPHONE, label="Telephone number"),
            SubjectId("telephone", role="customer", verified=True),
        ]
    ]
    registered_on: Mapped[Annotated[date, Personal(C.AGREEMENT, source=Source.OBSERVED, label="Customer since")]]
    left_on: Mapped[Annotated[date | None, Personal(C.AGREEMENT, source=Source.OBSERVED, label="Customer until")]]


@personal(
    id="crm.contact_person",
    anchors={"agreement_ended": "customer.left_on"},
    not_personal={"customer": "the customer's own row"},
    label="People to be called when the alarm goes",
)
class ContactPerson(Base):
    """Whom a customer wants to be called; their details are theirs, on the customer's record."""

    __tablename__ = "contact_person"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[CustomerNumber] = mapped_column(ForeignKey("customer.number"), index=True)
    order: Mapped[Annotated[int, NotPersonal("place in the list")]]
    name: Mapped[
        Annotated[
            str | None, Personal(C.NAME, about="contact_person", source=Source.THIRD_PARTY, label="Contact person")
        ]
    ]
    telephone: Mapped[
        Annotated[
            str | None,
            Personal(C.TELEPHONE, source=Source.THIRD_PARTY, label="Their telephone number"),
            SubjectId("telephone", role="contact_person", relation=Relation.APPEARS),
        ]
    ] = mapped_column(index=True)
    email: Mapped[
        Annotated[
            str | None,
            Personal(C.EMAIL, source=Source.THIRD_PARTY, label="Their e-mail address"),
            SubjectId("email", role="contact_person", relation=Relation.APPEARS),
        ]
    ] = mapped_column(index=True)
    customer: Mapped[Customer] = relationship()


@personal(id="crm.agreement", anchors={"agreement_ended": "ended_on"}, label="Your agreements")
class Agreement(Base):
    """A customer's agreement about an installation."""

    __tablename__ = "agreement"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[CustomerNumber] = mapped_column(ForeignKey("customer.number"), index=True)
    installation: Mapped[Annotated[str, Personal(C.INSTALLATION, label="Installation")]]
    signed_on: Mapped[Annotated[date, Personal(C.AGREEMENT, label="Signed")]]
    ended_on: Mapped[Annotated[date | None, Personal(C.AGREEMENT, source=Source.OBSERVED, label="Ended")]]


@personal(
    id="crm.ownership",
    period=("since", "until"),
    anchors={"agreement_ended": "until"},
    label="Homes you have or had an alarm in",
)
class Ownership(Base):
    """From when until when an installation was a customer's: the link every other service relies on."""

    __tablename__ = "ownership"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[CustomerNumber] = mapped_column(ForeignKey("customer.number"), index=True)
    installation: Mapped[
        Annotated[
            str,
            Personal(C.INSTALLATION, label="Installation"),
            SubjectId("installation", role="customer", verified=True),
        ]
    ]
    since: Mapped[Annotated[datetime, Personal(C.AGREEMENT, label="From")]]
    until: Mapped[Annotated[datetime | None, Personal(C.AGREEMENT, source=Source.OBSERVED, label="Until")]]


@personal(
    id="crm.ownership_change",
    relation=Relation.CO_OWNER,
    anchors={"agreement_ended": "new_owner.left_on"},
    not_personal={"new_owner": "the new owner's own row"},
    label="Homes that changed hands",
)
class OwnershipChange(Base):
    """An installation passed from one customer to another; each sees their own side of it."""

    __tablename__ = "ownership_change"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    installation: Mapped[Annotated[str, Personal(C.INSTALLATION, label="Installation")]]
    old: Mapped[Annotated[str | None, SubjectId("customer_number", role="previous_owner", label="Previous owner")]] = (
        mapped_column(index=True)
    )
    new: Mapped[Annotated[str | None, SubjectId("customer_number", role="customer", label="New owner")]] = (
        mapped_column(index=True)
    )
    changed_at: Mapped[Annotated[datetime, Personal(C.AGREEMENT, source=Source.OBSERVED, label="When")]]
    new_owner: Mapped[Customer | None] = relationship(
        primaryjoin="foreign(OwnershipChange.new) == Customer.number", viewonly=True
    )


@personal(id="crm.user_slot", period=("since", "until"), label="Places on an alarm's panel that were yours")
class UserSlot(Base):
    """Whose a place on a panel was, and when: places are used again. Kept here until `installations` exists."""

    __tablename__ = "user_slot"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    slot: Mapped[
        Annotated[str, Personal(C.USER_SLOT, label="Place"), SubjectId("user_slot", role="alarm_user", verified=True)]
    ]
    name: Mapped[Annotated[str, Personal(C.NAME, source=Source.THIRD_PARTY, label="Name")]]
    email: Mapped[
        Annotated[
            str,
            Personal(C.EMAIL, source=Source.THIRD_PARTY, label="E-mail address"),
            # An alarm user confirms the address before a code is given out.
            SubjectId("email", role="alarm_user", verified=True),
        ]
    ] = mapped_column(index=True)
    since: Mapped[Annotated[datetime, Personal(C.USER_SLOT, source=Source.OBSERVED, label="From")]]
    until: Mapped[Annotated[datetime | None, Personal(C.USER_SLOT, source=Source.OBSERVED, label="Until")]]


@personal(id="crm.consent", anchors={"consent_withdrawn": "withdrawn_on"}, label="What you consented to")
class Consent(Base):
    """A customer agreed to an activity, to the text in that version."""

    __tablename__ = "consent"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[CustomerNumber] = mapped_column(ForeignKey("customer.number"), index=True)
    activity: Mapped[
        Annotated[str, Personal(C.CONSENT, label="To what", values={"bonus-programme": "Bonus programme"})]
    ]
    text_version: Mapped[Annotated[str, Personal(C.CONSENT, source=Source.GENERATED, label="Version of the text")]]
    given_at: Mapped[Annotated[datetime, Personal(C.CONSENT, label="When")]]
    withdrawn_on: Mapped[Annotated[date | None, Personal(C.CONSENT, label="Withdrawn")]]


@personal(id="crm.objection", anchors={"objection_withdrawn": "withdrawn_on"}, label="What you objected to")
class Objection(Base):
    """Somebody wants no marketing; remembered for as long as there is marketing, whoever they are."""

    __tablename__ = "objection"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer_number: Mapped[
        Annotated[str | None, SubjectId("customer_number", role="customer", label="Customer number")]
    ] = mapped_column(index=True)
    email: Mapped[Annotated[str | None, SubjectId("email", role="customer", label="E-mail address")]] = mapped_column(
        index=True
    )
    activity: Mapped[Annotated[str, Personal(C.OBJECTION, label="To what", values={"newsletters": "News and offers"})]]
    raised_at: Mapped[Annotated[datetime, Personal(C.OBJECTION, label="When")]]
    withdrawn_on: Mapped[Annotated[date | None, Personal(C.OBJECTION, label="Withdrawn")]]
