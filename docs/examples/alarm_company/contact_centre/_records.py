"""The records of the contact centre, marked once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from attrs import frozen

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C


@personal(
    id="contact_centre.message",
    when="at",
    anchors={"answered": "at"},
    label=say("What you wrote to us", nb="Det du har skrevet til oss", sv="Det du har skrivit till oss"),
)
@frozen(kw_only=True)
class Message:
    """Somebody wrote; an agent may have noted the customer number."""

    id: Annotated[int, NotPersonal("row key")]
    channel: Annotated[
        str,
        Personal(
            C.COMMUNICATION,
            source=Source.OBSERVED,
            label=say("By", nb="Via", sv="Via"),
            values={
                "email": say("E-mail", nb="E-post", sv="E-post"),
                "form": say("Contact form", nb="Kontaktskjema", sv="Kontaktformulär"),
                "sms": say("Text message", nb="Tekstmelding", sv="Sms"),
                "chat": say("Chat", nb="Chat", sv="Chatt"),
            },
        ),
    ]
    customer: Annotated[
        str | None,
        SubjectId("customer_number", role="customer", label=say("Customer number", nb="Kundenummer", sv="Kundnummer")),
    ]
    email: Annotated[
        str | None,
        SubjectId(
            "email", role="enquirer", label=say("From e-mail address", nb="Fra e-postadresse", sv="Från e-postadress")
        ),
    ]
    telephone: Annotated[
        str | None,
        SubjectId(
            "telephone",
            role="enquirer",
            label=say("From telephone number", nb="Fra telefonnummer", sv="Från telefonnummer"),
        ),
    ]
    at: Annotated[datetime, Personal(C.COMMUNICATION, source=Source.OBSERVED, label=say("When", nb="Når", sv="När"))]
    subject: Annotated[str | None, Personal(C.COMMUNICATION, label=say("Subject", nb="Emne", sv="Ämne"))]
    body: Annotated[str, Personal(C.COMMUNICATION, label=say("Message", nb="Melding", sv="Meddelande"))]


@personal(
    id="contact_centre.recording",
    when="at",
    anchors={"called": "at"},
    source=Source.OBSERVED,
    label=say("Calls that were recorded", nb="Samtaler som er tatt opp", sv="Samtal som har spelats in"),
)
@frozen(kw_only=True)
class Recording:
    """A recorded call; the sound is a file, sealed under the customer's key, or else under that of the number."""

    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[
        str | None,
        SubjectId("customer_number", role="customer", label=say("Customer number", nb="Kundenummer", sv="Kundnummer")),
    ]
    telephone: Annotated[
        str,
        SubjectId("telephone", role="enquirer", label=say("Telephone number", nb="Telefonnummer", sv="Telefonnummer")),
    ]
    at: Annotated[datetime, Personal(C.RECORDING, label=say("When", nb="Når", sv="När"))]
    seconds: Annotated[
        int,
        Personal(
            C.RECORDING,
            label=say("Length in seconds", nb="Lengde i sekunder", sv="Längd i sekunder"),
        ),
    ]
    file: Annotated[
        str,
        Personal(
            C.RECORDING,
            attachment="audio/wav",
            sealed_file=True,
            label=say("Recording", nb="Opptak", sv="Inspelning"),
        ),
    ]
