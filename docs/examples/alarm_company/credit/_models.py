"""The record of a credit rating; the national identity number is used here because the register allows it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C


@personal(
    id="credit.rating",
    anchors={"rated": "rated_on"},
    source=Source.THIRD_PARTY,
    label=say("Credit ratings of you", nb="Kredittvurderinger av deg", sv="Kreditbedömningar av dig"),
)
class CreditRating(BaseModel):
    """What the credit agency answered, and what a colleague decided on it."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[int, NotPersonal("row key")]
    national_id: Annotated[
        str | None,
        Personal(
            C.NATIONAL_ID,
            about="interested_party",
            source=Source.PROVIDED,
            label=say("National identity number", nb="Fødselsnummer", sv="Personnummer"),
        ),
        SubjectId("national_id", role="interested_party", verified=True),
    ]
    corporate_id: Annotated[
        str | None,
        Personal(
            C.CORPORATE_ID,
            about="sole_trader",
            source=Source.PROVIDED,
            label=say("Corporate identity number", nb="Organisasjonsnummer", sv="Organisationsnummer"),
        ),
        SubjectId("corporate_id", role="sole_trader", verified=True),
    ]
    score: Annotated[
        int, Personal(C.CREDIT, label=say("Score, 0 to 100", nb="Poeng, 0 til 100", sv="Poäng, 0 till 100"))
    ]
    reasons: Annotated[
        str,
        Personal(
            C.CREDIT,
            label=say("Main reason", nb="Viktigste grunn", sv="Främsta skäl"),
            values={
                "none": say("No remarks", nb="Ingen merknader", sv="Inga anmärkningar"),
                "short_history": say("Short history", nb="Kort historikk", sv="Kort historik"),
                "payment_remarks": say("Payment remarks", nb="Betalingsanmerkninger", sv="Betalningsanmärkningar"),
            },
        ),
    ]
    rated_on: Annotated[date, Personal(C.CREDIT, label=say("Rated on", nb="Vurdert", sv="Bedömd"))]
    result: Annotated[
        str,
        Personal(
            C.CREDIT,
            source=Source.GENERATED,
            label=say("What we decided", nb="Hva vi bestemte", sv="Vad vi beslutade"),
            values={
                "accepted": say("Accepted", nb="Godkjent", sv="Godkänd"),
                "deposit": say("Accepted with a deposit", nb="Godkjent mot depositum", sv="Godkänd mot deposition"),
                "declined": say("Declined", nb="Avslått", sv="Avslagen"),
            },
        ),
    ]
    decided_by: Annotated[
        str,
        Personal(
            C.NAME,
            about="employee",
            source=Source.GENERATED,
            label=say("Colleague who decided", nb="Medarbeider som bestemte", sv="Medarbetare som beslutade"),
        ),
    ]
