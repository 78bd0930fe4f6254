"""Activities about money: offers, credit rating, prices, invoices and the accounts."""

from __future__ import annotations

from alarm_company.languages import say
from alarm_company.register._parties import AGREEMENT, PARTY
from alarm_company.register._recipients import credit_agency, hosting, printing, tax_authority
from sectorprivacy.policy import Activity, HumanDecision, Keep
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

prepare_offer = Activity(
    "prepare-offer",
    title=say(
        "preparing the offer you asked for",
        nb="å lage tilbudet du har bedt om",
        sv="att ta fram den offert du har bett om",
    ),
    purpose=P.OFFER,
    basis={
        "interested_party": Basis.PRECONTRACT,
        "sole_trader": Basis.PRECONTRACT,
        "contact_person": Basis.LEGITIMATE_INTEREST,
    },
    interest=say(
        "reaching the people whom somebody named when asking for an offer",
        nb="å nå dem som er oppgitt når noen ber om et tilbud",
        sv="att nå dem som har angetts när någon ber om en offert",
    ),
    assessment="LIA-07",
    uses=[C.NAME, C.BIRTH_DATE, C.CORPORATE_ID, C.CUSTOMER_NUMBER, C.TELEPHONE, C.EMAIL, C.ADDRESS, C.COMMUNICATION],
    keep=Keep(after="asked", months=6),
    recipients=[hosting],
)

credit_rating = Activity(
    "credit-rating",
    title=say("credit rating", nb="å kredittvurdere deg", sv="att göra en kreditbedömning"),
    purpose=P.CREDITWORTHINESS,
    basis={
        "customer": Basis.PRECONTRACT,
        "sole_trader": Basis.PRECONTRACT,
        "interested_party": Basis.PRECONTRACT,
        "employee": Basis.LEGITIMATE_INTEREST,
    },
    interest=say(
        "knowing which colleague decided, and can explain it",
        nb="å vite hvilken kollega som har bestemt, og kan forklare det",
        sv="att veta vilken kollega som har beslutat, och kan förklara det",
    ),
    assessment="LIA-08",
    uses=[C.NATIONAL_ID, C.CORPORATE_ID, C.CREDIT, C.NAME],
    keep=Keep(after="rated", months=3),
    recipients=[credit_agency],
    decision=HumanDecision(
        about=say(
            "whether somebody becomes a customer, and whether with a deposit",
            nb="om noen blir kunde, og om det kreves depositum",
            sv="om någon blir kund, och om det krävs en deposition",
        ),
        inputs=say(
            "the result of the credit rating, and what the person tells us about it",
            nb="resultatet av kredittvurderingen, og det personen forteller om den",
            sv="resultatet av kreditupplysningen, och det som personen berättar om det",
        ),
        by=say(
            "a colleague in customer service, who may decide otherwise than the rating says",
            nb="en medarbeider i kundeservice, som kan bestemme noe annet enn vurderingen tilsier",
            sv="en medarbetare på kundtjänst, som kan besluta annat än vad upplysningen pekar på",
        ),
    ),
)

agree_price = Activity(
    "agree-price",
    title=say("keeping to the price we agreed", nb="å holde prisen vi har avtalt", sv="att hålla det avtalade priset"),
    purpose=P.PAYMENT,
    basis=PARTY,
    contract=AGREEMENT,
    uses=[C.PRICE],
    keep=Keep(after="agreement_ended"),
    recipients=[hosting],
)

billing = Activity(
    "billing",
    title=say("billing", nb="å fakturere og ta imot betaling", sv="att fakturera och ta emot betalning"),
    purpose=P.PAYMENT,
    basis={**PARTY, "payer": Basis.LEGITIMATE_INTEREST},
    contract=AGREEMENT,
    interest=say(
        "being paid by whoever pays for a customer",
        nb="å få betalt av den som betaler for en kunde",
        sv="att få betalt av den som betalar för en kund",
    ),
    assessment="LIA-09",
    uses=[C.INVOICE, C.PAYMENT],
    keep=Keep(after="paid"),
    recipients=[hosting, printing],
)

bookkeeping = Activity(
    "bookkeeping",
    title=say("keeping accounting records", nb="å føre regnskap", sv="att sköta bokföringen"),
    purpose=P.BOOKKEEPING,
    basis={
        "customer": Basis.LEGAL_OBLIGATION,
        "sole_trader": Basis.LEGAL_OBLIGATION,
        "payer": Basis.LEGAL_OBLIGATION,
    },
    law=say(
        "Bookkeeping Act (bokføringsloven) s. 13",
        nb="bokføringsloven § 13",
        sv="den norska bokföringslagen (bokføringsloven) 13 §",
    ),
    uses=[C.INVOICE, C.PAYMENT],
    keep=Keep(after="invoiced", years=5, end_of_year=True),
    recipients=[tax_authority],
)
