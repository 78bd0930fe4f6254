"""The records of marketing: it knows e-mail addresses and nothing else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from attrs import frozen

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Source, Wording
from sectorprivacy.vocabulary import categories as C

RowKey = Annotated[int, NotPersonal("row key")]
CHANNELS: dict[str, Wording] = {
    "email": say("E-mail", nb="E-post", sv="E-post"),
    "sms": say("Text message", nb="Tekstmelding", sv="Sms"),
    "telephone": say("Telephone", nb="Telefon", sv="Telefon"),
    "post": say("Letter", nb="Brev", sv="Brev"),
}


@personal(
    id="marketing.sent",
    when="at",
    source=Source.GENERATED,
    label=say(
        "News and offers we sent you",
        nb="Nyheter og tilbud vi har sendt deg",
        sv="Nyheter och erbjudanden vi skickat dig",
    ),
)
@frozen(kw_only=True)
class Sent:
    """A newsletter, information or an offer went to a customer."""

    id: RowKey
    email: Annotated[
        str,
        Personal(
            C.EMAIL,
            source=Source.PROVIDED,
            label=say("E-mail address", nb="E-postadresse", sv="E-postadress"),
        ),
        SubjectId("email", role="customer"),
    ]
    kind: Annotated[
        str,
        Personal(
            C.NEWSLETTER,
            label=say("What it was", nb="Hva det var", sv="Vad det var"),
            values={
                "newsletter": say("Newsletter", nb="Nyhetsbrev", sv="Nyhetsbrev"),
                "information": say("Information", nb="Informasjon", sv="Information"),
                "offer": say("Offer", nb="Tilbud", sv="Erbjudande"),
            },
        ),
    ]
    title: Annotated[str, Personal(C.NEWSLETTER, label=say("Title", nb="Tittel", sv="Rubrik"))]
    channel: Annotated[str, Personal(C.NEWSLETTER, label=say("By", nb="Via", sv="Via"), values=CHANNELS)]
    at: Annotated[datetime, Personal(C.NEWSLETTER, label=say("When", nb="Når", sv="När"))]


@personal(
    id="marketing.prospect",
    anchors={"asked": "asked_on"},
    label=say(
        "Your wish for news and offers",
        nb="Ønsket ditt om nyheter og tilbud",
        sv="Din önskan om nyheter och erbjudanden",
    ),
)
@frozen(kw_only=True)
class Prospect:
    """Somebody who asked for an offer, is no customer, and said yes to news by e-mail or SMS."""

    id: RowKey
    email: Annotated[
        str,
        Personal(C.EMAIL, label=say("E-mail address", nb="E-postadresse", sv="E-postadress")),
        SubjectId("email", role="interested_party"),
    ]
    name: Annotated[str, Personal(C.NAME, label=say("Name", nb="Navn", sv="Namn"))]
    channel: Annotated[
        str, Personal(C.CONSENT, label=say("You said yes to", nb="Du sa ja til", sv="Du sa ja till"), values=CHANNELS)
    ]
    asked_on: Annotated[date, Personal(C.CONSENT, label=say("When", nb="Når", sv="När"))]


@personal(
    id="marketing.opt_out",
    anchors={"objection_withdrawn": "withdrawn_on"},
    label=say("Marketing you do not want", nb="Markedsføring du ikke vil ha", sv="Marknadsföring som du inte vill ha"),
)
@frozen(kw_only=True)
class OptOut:
    """An address that gets no marketing by a channel, for as long as there is marketing."""

    id: RowKey
    email: Annotated[
        str,
        SubjectId("email", role="customer", label=say("E-mail address", nb="E-postadresse", sv="E-postadress")),
    ]
    channel: Annotated[str, Personal(C.OPT_OUT, label=say("Not by", nb="Ikke via", sv="Inte via"), values=CHANNELS)]
    since: Annotated[datetime, Personal(C.OPT_OUT, label=say("Since", nb="Siden", sv="Sedan"))]
    withdrawn_on: Annotated[
        date | None, Personal(C.OPT_OUT, label=say("Withdrawn", nb="Trukket tilbake", sv="Återkallat"))
    ]
