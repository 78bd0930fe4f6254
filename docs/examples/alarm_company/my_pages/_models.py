"""The records of My Pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from alarm_company.languages import say
from alarm_company.words import SETTING
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.encryption import Sealed
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C


@personal(
    id="my_pages.account",
    key="user_name",
    anchors={"agreement_ended": "customer_until"},
    label=say("Your account on My Pages", nb="Kontoen din på Min side", sv="Ditt konto på Mina sidor"),
)
@dataclass(frozen=True, kw_only=True)
class Account:
    """A customer's account for web and app, with what they set there."""

    user_name: Annotated[
        str,
        Personal(C.USER_NAME, label=say("User name", nb="Brukernavn", sv="Användarnamn")),
        SubjectId("user_name", role="customer", verified=True),
    ]
    customer: Annotated[
        str,
        SubjectId(
            "customer_number",
            role="customer",
            verified=True,
            label=say("Customer number", nb="Kundenummer", sv="Kundnummer"),
        ),
    ]
    password: Annotated[Sealed[str], Personal(C.PASSWORD, label=say("Password", nb="Passord", sv="Lösenord"))]
    language: Annotated[
        str,
        Personal(
            SETTING,
            label=say("Language", nb="Språk", sv="Språk"),
            values={
                "en": say("English", nb="Engelsk", sv="Engelska"),
                "nb": say("Norwegian", nb="Norsk bokmål", sv="Norska"),
                "sv": say("Swedish", nb="Svensk", sv="Svenska"),
            },
        ),
    ]
    home_screen: Annotated[
        str,
        Personal(
            SETTING, label=say("What the app opens with", nb="Det appen åpner med", sv="Det som appen öppnar med")
        ),
    ]
    notifications: Annotated[
        bool,
        Personal(
            SETTING, label=say("Messages to your telephone", nb="Varsler på telefonen", sv="Aviseringar i telefonen")
        ),
    ]
    customer_until: Annotated[
        date | None,
        Personal(C.AGREEMENT, source=Source.OBSERVED, label=say("Customer until", nb="Kunde til", sv="Kund till")),
    ]


@personal(
    id="my_pages.sign_in",
    when="at",
    anchors={"signed_in": "at"},
    source=Source.OBSERVED,
    label=say("When you signed in", nb="Når du har logget på", sv="När du har loggat in"),
)
@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Somebody signed in, or tried to."""

    id: Annotated[int, NotPersonal("row key")]
    user_name: Annotated[
        str, SubjectId("user_name", role="customer", label=say("User name", nb="Brukernavn", sv="Användarnamn"))
    ]
    at: Annotated[datetime, Personal(C.SIGN_IN, label=say("When", nb="Når", sv="När"))]
    ip_address: Annotated[str, Personal(C.IP_ADDRESS, label=say("IP address", nb="IP-adresse", sv="IP-adress"))]
    device: Annotated[str, Personal(C.SIGN_IN, label=say("Device", nb="Enhet", sv="Enhet"))]
    outcome: Annotated[
        str,
        Personal(
            C.SIGN_IN,
            label=say("How it went", nb="Hvordan det gikk", sv="Hur det gick"),
            values={
                "signed_in": say("Signed in", nb="Logget på", sv="Inloggad"),
                "wrong_password": say("Wrong password", nb="Feil passord", sv="Fel lösenord"),
                "locked": say(
                    "Locked after several attempts", nb="Sperret etter flere forsøk", sv="Spärrad efter flera försök"
                ),
            },
        ),
    ]
