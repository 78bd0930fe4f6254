"""Who receives data, in what capacity, under which agreement and where.

The declaration names kinds of helpers; the companies here and the numbers of their agreements are invented.
"""

from __future__ import annotations

from alarm_company.languages import say
from sectorprivacy.policy import Recipient
from sectorprivacy.vocabulary import Capacity, Safeguard

# Helpers: each for one purpose, on our instructions, under a data processing agreement

installers = Recipient(
    name="Nordre Montasje AS",
    capacity=Capacity.PROCESSOR,
    task=say("installation and service visits", nb="montering og servicebesøk", sv="installation och servicebesök"),
    agreement="DPA-2024-03",
    country="NO",
)
deployment = Recipient(
    name="Larmutrullning Väst AB",
    capacity=Capacity.PROCESSOR,
    task=say(
        "deployment: setting up equipment and software",
        nb="utrulling: klargjøring av utstyr og programvare",
        sv="utrullning: driftsättning av utrustning och programvara",
    ),
    country="SE",
    agreement="DPA-2025-11",
)
credit_agency = Recipient(
    name="Kredittsjekk Norge AS",
    capacity=Capacity.PROCESSOR,
    task=say("credit rating", nb="kredittvurdering", sv="kreditupplysning"),
    agreement="DPA-2023-07",
    country="NO",
)
call_handling = Recipient(
    name="Svartjenesten AS",
    capacity=Capacity.PROCESSOR,
    task=say(
        "customer service and follow-up", nb="kundeservice og oppfølging", sv="kundtjänst och uppföljning av ärenden"
    ),
    agreement="DPA-2024-09",
    country="NO",
)
printing = Recipient(
    name="Fakturatrykk AS",
    capacity=Capacity.PROCESSOR,
    task=say(
        "printing and sending of invoices", nb="trykking og utsending av fakturaer", sv="tryck och utskick av fakturor"
    ),
    agreement="DPA-2022-02",
    country="NO",
)
mailing = Recipient(
    name="Nyhetsbrev Norden ApS",
    capacity=Capacity.PROCESSOR,
    task=say("sending of newsletters", nb="utsending av nyhetsbrev", sv="utskick av nyhetsbrev"),
    country="DK",
    agreement="DPA-2025-04",
)
hosting = Recipient(
    name="Fjordsky Drift AS",
    capacity=Capacity.PROCESSOR,
    task=say("IT services", nb="IT-tjenester", sv="IT-tjänster"),
    agreement="DPA-2024-01",
    country="NO",
)
service_development = Recipient(
    name="Prairie Insight Inc.",
    capacity=Capacity.PROCESSOR,
    task=say(
        "development of our services, from data without names",
        nb="utvikling av tjenestene våre, med data uten navn",
        sv="utveckling av våra tjänster, med uppgifter utan namn",
    ),
    country="US",
    safeguard=Safeguard.STANDARD_CLAUSES,
    agreement="DPA-2026-02",
)

# Those who come when the alarm goes: they answer for their own use of the data

guards = Recipient(
    name="Vaktring AS",
    capacity=Capacity.CONTROLLER,
    task=say("guards sent to an alarm", nb="vektere som rykker ut til en alarm", sv="väktare som rycker ut på larm"),
    country="NO",
)
fire_service = Recipient(
    name="Brannvesenet",
    capacity=Capacity.AUTHORITY,
    task=say("response to a fire", nb="utrykning ved brann", sv="utryckning vid brand"),
    country="NO",
)
police = Recipient(
    name="Politiet",
    capacity=Capacity.AUTHORITY,
    task=say("response to an alarm", nb="utrykning til en alarm", sv="utryckning på larm"),
    country="NO",
)

# Others, by law or with consent

courts = Recipient(
    name="Domstolene",
    capacity=Capacity.AUTHORITY,
    task=say(
        "court proceedings in which evidence is demanded",
        nb="rettssaker der det kreves bevis",
        sv="rättegångar där bevis begärs",
    ),
    country="NO",
)
tax_authority = Recipient(
    name="Skatteetaten",
    capacity=Capacity.AUTHORITY,
    task=say("audit of accounts", nb="kontroll av regnskapet", sv="granskning av bokföringen"),
    country="NO",
)
bonus_partner = Recipient(
    name="Boligbonus AS",
    capacity=Capacity.THIRD_PARTY,
    task=say("bonus programme", nb="bonusprogram", sv="bonusprogram"),
    country="NO",
)
