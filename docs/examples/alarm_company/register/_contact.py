"""Activities of talking with people: requests, calls, news and offers, and what was said to authorities."""

from __future__ import annotations

from alarm_company.languages import say
from alarm_company.register._parties import AGREEMENT, PARTY, STAFF
from alarm_company.register._recipients import (
    bonus_partner,
    call_handling,
    courts,
    hosting,
    mailing,
    police,
    service_development,
)
from alarm_company.words import DISCLOSURE
from sectorprivacy.policy import Activity, ChannelRule, Keep
from sectorprivacy.vocabulary import Basis, Channel, Condition
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

MARKETING_ACT = say(
    "Marketing Control Act (markedsføringsloven) s. 15",
    nb="markedsføringsloven § 15",
    sv="den norska marknadsföringslagen (markedsføringsloven) 15 §",
)
RESERVATION_REGISTER = say(
    "Marketing Control Act (markedsføringsloven) s. 12",
    nb="markedsføringsloven § 12",
    sv="den norska marknadsföringslagen (markedsføringsloven) 12 §",
)

answer_requests = Activity(
    "answer-requests",
    title=say(
        "answering what you write and say",
        nb="å svare på det du skriver og sier",
        sv="att svara på det du skriver och säger",
    ),
    purpose=P.COMMUNICATION,
    basis={
        "customer": Basis.LEGITIMATE_INTEREST,
        "sole_trader": Basis.LEGITIMATE_INTEREST,
        "enquirer": Basis.LEGITIMATE_INTEREST,
        "representative": Basis.LEGITIMATE_INTEREST,
    },
    interest=say(
        "answering and following up what people ask us",
        nb="å svare på og følge opp det folk spør oss om",
        sv="att svara på och följa upp det människor frågar oss om",
    ),
    assessment="LIA-10",
    uses=[C.COMMUNICATION, C.NAME, C.EMAIL, C.TELEPHONE],
    keep=Keep(after="answered", years=1),
    recipients=[hosting, call_handling],
)

record_calls = Activity(
    "record-calls",
    title=say("recording calls", nb="å ta opp telefonsamtaler", sv="att spela in telefonsamtal"),
    purpose=P.RECORD_KEEPING,
    basis={
        "customer": Basis.LEGITIMATE_INTEREST,
        "sole_trader": Basis.LEGITIMATE_INTEREST,
        "enquirer": Basis.LEGITIMATE_INTEREST,
        **STAFF,
    },
    interest=say(
        "documenting what was agreed by telephone",
        nb="å dokumentere det som er avtalt på telefon",
        sv="att dokumentera vad som har avtalats per telefon",
    ),
    assessment="LIA-11",
    uses=[C.RECORDING],
    keep=Keep(after="called", months=3),
    recipients=[hosting],
)

inform_customers = Activity(
    "inform-customers",
    title=say(
        "telling you about the service you have",
        nb="å gi deg beskjed om tjenesten du har",
        sv="att informera dig om tjänsten du har",
    ),
    purpose=P.COMMUNICATION,
    basis=PARTY,
    contract=AGREEMENT,
    uses=[C.NAME, C.EMAIL, C.TELEPHONE],
    keep=Keep(after="agreement_ended"),
    recipients=[hosting],
)

improve_services = Activity(
    "improve-services",
    title=say(
        "improving and developing our services",
        nb="å forbedre og utvikle tjenestene våre",
        sv="att förbättra och utveckla våra tjänster",
    ),
    purpose=P.ANALYTICS,
    basis={"customer": Basis.LEGITIMATE_INTEREST, "sole_trader": Basis.LEGITIMATE_INTEREST},
    interest=say(
        "seeing which functions help, and which are in the way",
        nb="å se hvilke funksjoner som hjelper, og hvilke som er i veien",
        sv="att se vilka funktioner som hjälper, och vilka som är i vägen",
    ),
    assessment="LIA-12",
    uses=[C.USAGE, C.PSEUDONYM],
    keep=Keep(after="used", years=2),
    recipients=[service_development],
)

newsletters = Activity(
    "newsletters",
    title=say("news and offers", nb="å sende nyheter og tilbud", sv="att skicka nyheter och erbjudanden"),
    purpose=P.DIRECT_MARKETING,
    basis={"customer": Basis.LEGITIMATE_INTEREST, "sole_trader": Basis.LEGITIMATE_INTEREST},
    interest=say(
        "telling customers about similar services",
        nb="å fortelle kunder om lignende tjenester",
        sv="att berätta för kunder om liknande tjänster",
    ),
    assessment="LIA-13",
    uses=[C.NAME, C.EMAIL, C.TELEPHONE, C.ADDRESS, C.NEWSLETTER],
    keep=Keep(after="agreement_ended"),
    recipients=[mailing],
    channels=[
        ChannelRule(channel=Channel.EMAIL, condition=Condition.EXISTING_CUSTOMER, law=MARKETING_ACT),
        ChannelRule(channel=Channel.SMS, condition=Condition.EXISTING_CUSTOMER, law=MARKETING_ACT),
        ChannelRule(channel=Channel.TELEPHONE, condition=Condition.NOT_RESERVED, law=RESERVATION_REGISTER),
        ChannelRule(channel=Channel.POST, condition=Condition.NOT_RESERVED, law=RESERVATION_REGISTER),
    ],
)

# Whoever only asked for an offer is no customer: by e-mail and SMS they are approached if they said yes to that.
newsletters_before_agreement = Activity(
    "newsletters-interested",
    title=say(
        "news and offers to people who asked for an offer",
        nb="å sende nyheter og tilbud til dem som har bedt om et tilbud",
        sv="att skicka nyheter och erbjudanden till dem som har bett om en offert",
    ),
    purpose=P.DIRECT_MARKETING,
    basis={"interested_party": Basis.LEGITIMATE_INTEREST},
    interest=say(
        "telling people who asked for an offer about our services",
        nb="å fortelle dem som har bedt om et tilbud, om tjenestene våre",
        sv="att berätta om våra tjänster för dem som har bett om en offert",
    ),
    assessment="LIA-14",
    uses=[C.NAME, C.EMAIL, C.TELEPHONE, C.ADDRESS, C.NEWSLETTER, C.CONSENT],
    keep=Keep(after="asked", years=1),
    recipients=[mailing],
    channels=[
        ChannelRule(channel=Channel.EMAIL, condition=Condition.CONSENT, law=MARKETING_ACT),
        ChannelRule(channel=Channel.SMS, condition=Condition.CONSENT, law=MARKETING_ACT),
        ChannelRule(channel=Channel.TELEPHONE, condition=Condition.NOT_RESERVED, law=RESERVATION_REGISTER),
        ChannelRule(channel=Channel.POST, condition=Condition.NOT_RESERVED, law=RESERVATION_REGISTER),
    ],
)

suppress_marketing = Activity(
    "suppress-marketing",
    title=say(
        "remembering that you want no marketing",
        nb="å huske at du ikke vil ha markedsføring",
        sv="att komma ihåg att du inte vill ha marknadsföring",
    ),
    purpose=P.LEGAL_COMPLIANCE,
    basis={
        "customer": Basis.LEGAL_OBLIGATION,
        "sole_trader": Basis.LEGAL_OBLIGATION,
        "interested_party": Basis.LEGAL_OBLIGATION,
    },
    law=say("GDPR Art. 21(3)", nb="GDPR art. 21 nr. 3", sv="GDPR art. 21.3"),
    uses=[C.OBJECTION],
    keep=Keep(after="objection_withdrawn"),
)

bonus_programme = Activity(
    "bonus-programme",
    title=say(
        "telling a bonus programme that you are a customer",
        nb="å fortelle et bonusprogram at du er kunde",
        sv="att berätta för ett bonusprogram att du är kund",
    ),
    purpose=P.THIRD_PARTY_BENEFIT,
    basis={"customer": Basis.CONSENT},
    consent=say(
        "I agree that Sector Alarm tells Boligbonus AS that I am a customer, so that I earn bonus.",
        nb="Jeg samtykker i at Sector Alarm forteller Boligbonus AS at jeg er kunde, slik at jeg får bonus.",
        sv="Jag samtycker till att Sector Alarm berättar för Boligbonus AS att jag är kund, så att jag får bonus.",
    ),
    uses=[C.CUSTOMER_NUMBER, C.CONSENT],
    keep=Keep(after="consent_withdrawn"),
    recipients=[bonus_partner],
)

disclose_to_authority = Activity(
    "disclose-to-authority",
    title=say(
        "disclosing data to an authority that may demand it",
        nb="å utlevere opplysninger til en myndighet som kan kreve dem",
        sv="att lämna ut uppgifter till en myndighet som har rätt att kräva dem",
    ),
    purpose=P.DISCLOSURE,
    basis={
        "customer": Basis.LEGAL_OBLIGATION,
        "sole_trader": Basis.LEGAL_OBLIGATION,
        "alarm_user": Basis.LEGAL_OBLIGATION,
        "bystander": Basis.LEGAL_OBLIGATION,
    },
    law=say(
        "Criminal Procedure Act (straffeprosessloven) s. 210",
        nb="straffeprosessloven § 210",
        sv="den norska straffprocesslagen (straffeprosessloven) 210 §",
    ),
    criminal=say(
        "Criminal Procedure Act (straffeprosessloven) s. 210",
        nb="straffeprosessloven § 210",
        sv="den norska straffprocesslagen (straffeprosessloven) 210 §",
    ),
    uses=[DISCLOSURE, C.NAME, C.ADDRESS, C.ALARM, C.IMAGE, C.SUSPECTED_OFFENCE],
    keep=Keep(after="disclosed", years=5),
    recipients=[police, courts],
)
