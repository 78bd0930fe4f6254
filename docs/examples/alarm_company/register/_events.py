"""The events that retention counts from, as people read them after "until" and "from"."""

from __future__ import annotations

from typing import Final

from alarm_company.languages import say

EVENTS: Final = {
    "agreement_ended": say("the end of the agreement", nb="avtalens slutt", sv="avtalets slut"),
    "answered": say("our answer to the request", nb="svaret på henvendelsen", sv="svaret på förfrågan"),
    "asked": say("the request for an offer", nb="forespørselen om et tilbud", sv="offertförfrågan"),
    "called": say("the call", nb="samtalen", sv="samtalet"),
    "consent_withdrawn": say(
        "the day the consent is withdrawn",
        nb="den dagen samtykket trekkes tilbake",
        sv="den dag samtycket återkallas",
    ),
    "disclosed": say("the disclosure", nb="utleveringen", sv="utlämnandet"),
    "invoiced": say("the invoice", nb="fakturaen", sv="fakturan"),
    "objection_withdrawn": say(
        "the day the objection is withdrawn",
        nb="den dagen innsigelsen trekkes tilbake",
        sv="den dag invändningen återkallas",
    ),
    "paid": say("the payment", nb="betalingen", sv="betalningen"),
    "rated": say("the credit rating", nb="kredittvurderingen", sv="kreditupplysningen"),
    "signed_in": say("the sign-in", nb="påloggingen", sv="inloggningen"),
    "used": say("the use", nb="bruken", sv="användningen"),
}
