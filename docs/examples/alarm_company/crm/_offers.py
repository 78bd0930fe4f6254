"""What comes in by the form on the web site: who asks for an offer. Not running yet."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C


class NamedContact(BaseModel):
    """Somebody to be called, named by whoever asks for the offer; it lies inside `OfferRequest`."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[
        str,
        Personal(
            C.NAME,
            about="contact_person",
            source=Source.THIRD_PARTY,
            label=say("Contact person", nb="Kontaktperson", sv="Kontaktperson"),
        ),
    ]
    telephone: Annotated[
        str,
        Personal(
            C.TELEPHONE,
            about="contact_person",
            source=Source.THIRD_PARTY,
            label=say("Their telephone number", nb="Telefonnummeret deres", sv="Deras telefonnummer"),
        ),
    ]


@personal(
    id="crm.offer_request",
    anchors={"asked": "asked_on"},
    label=say("Offers you asked for", nb="Tilbud du har bedt om", sv="Offerter du har bett om"),
)
class OfferRequest(BaseModel):
    """Somebody asked for an offer; a company gives its corporate identity in place of a date of birth."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[int, NotPersonal("row key")]
    email: Annotated[
        str,
        Personal(C.EMAIL, label=say("E-mail address", nb="E-postadresse", sv="E-postadress")),
        SubjectId("email", role="interested_party"),
    ]
    telephone: Annotated[
        str,
        Personal(C.TELEPHONE, label=say("Telephone number", nb="Telefonnummer", sv="Telefonnummer")),
        SubjectId("telephone", role="interested_party"),
    ]
    customer_number: Annotated[
        str | None,
        Personal(
            C.CUSTOMER_NUMBER,
            source=Source.GENERATED,
            label=say("Customer number", nb="Kundenummer", sv="Kundnummer"),
        ),
        SubjectId("customer_number", role="interested_party", verified=True),
    ]
    name: Annotated[str, Personal(C.NAME, label=say("Name", nb="Navn", sv="Namn"))]
    birth_date: Annotated[
        date | None, Personal(C.BIRTH_DATE, label=say("Date of birth", nb="Fødselsdato", sv="Födelsedatum"))
    ]
    corporate_id: Annotated[
        str | None,
        Personal(
            C.CORPORATE_ID, label=say("Corporate identity number", nb="Organisasjonsnummer", sv="Organisationsnummer")
        ),
    ]
    address: Annotated[
        str, Personal(C.ADDRESS, label=say("Address of the home", nb="Boligens adresse", sv="Bostadens adress"))
    ]
    wishes: Annotated[
        str, Personal(C.COMMUNICATION, label=say("What you wish for", nb="Hva du ønsker deg", sv="Vad du önskar"))
    ]
    contacts: tuple[NamedContact, ...]
    asked_on: Annotated[
        date, Personal(C.COMMUNICATION, source=Source.OBSERVED, label=say("Asked on", nb="Dato", sv="Datum"))
    ]
    rating: Annotated[
        str | None,
        Personal(
            C.CREDIT,
            source=Source.DERIVED,
            label=say(
                "Result of the credit rating", nb="Resultat av kredittvurderingen", sv="Resultat av kreditupplysningen"
            ),
            values={
                "accepted": say("Accepted", nb="Godkjent", sv="Godkänd"),
                "deposit": say("Accepted with a deposit", nb="Godkjent mot depositum", sv="Godkänd mot deposition"),
                "declined": say("Declined", nb="Avslått", sv="Avslagen"),
            },
        ),
    ]
