"""The register of the reference company, as its declaration says it: who, why, on which basis, how long."""

from __future__ import annotations

from sectorprivacy.policy import Activity, Controller, Keep, Policy, Recipient
from sectorprivacy.vocabulary import Basis, Capacity
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

controller = Controller(
    "Sector Alarm Group AS",
    id="sector-alarm",
    country="NO",
    organisation_number="918 307 680",
    address="Vitaminveien 1A, 0485 Oslo",
    postal_address="Postboks 113 Grefsen, 0485 Oslo",
    telephone="915 03033",
    email="post@sectoralarm.com",
    dpo="dpo@sectoralarm.com",
    authority="Datatilsynet",
    notice="www.sectoralarm.com",
)

installers = Recipient(name="Nordre Montasje AS", capacity=Capacity.PROCESSOR, task="installation and service visits")
credit_agency = Recipient(name="Kredittsjekk Norge AS", capacity=Capacity.PROCESSOR, task="credit rating")
call_handling = Recipient(name="Svartjenesten AS", capacity=Capacity.PROCESSOR, task="customer service and follow-up")
printing = Recipient(name="Fakturatrykk AS", capacity=Capacity.PROCESSOR, task="printing and sending of invoices")
hosting = Recipient(name="Fjordsky Drift AS", capacity=Capacity.PROCESSOR, task="IT services")
guards = Recipient(name="Vaktring AS", capacity=Capacity.CONTROLLER, task="guards sent to an alarm")
police = Recipient(name="Politiet", capacity=Capacity.AUTHORITY, task="response to an alarm")
tax_authority = Recipient(name="Skatteetaten", capacity=Capacity.AUTHORITY, task="audit of accounts")
bonus_partner = Recipient(name="Boligbonus AS", capacity=Capacity.THIRD_PARTY, task="bonus programme")

OTHERS = {
    "contact_person": Basis.LEGITIMATE_INTEREST,
    "alarm_user": Basis.LEGITIMATE_INTEREST,
    "previous_owner": Basis.LEGITIMATE_INTEREST,
    "bystander": Basis.LEGITIMATE_INTEREST,
}
"""A contract covers its party alone; everybody else on its records appears under legitimate interest."""

identify_and_contact = Activity(
    "identify-and-contact",
    title="identifying and contacting you",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT, **OTHERS},
    interest="reaching the people a customer named, and knowing who may use an alarm",
    uses=[
        C.NAME, C.BIRTH_DATE, C.NATIONAL_ID, C.CUSTOMER_NUMBER, C.EMAIL, C.TELEPHONE, C.ADDRESS, C.AGREEMENT,
        C.INSTALLATION, C.RELATIONSHIP, C.USER_SLOT, C.USER_NAME,
    ],
    keep=Keep(after="agreement_ended"),
    recipients=[hosting, call_handling, installers],
)  # fmt: skip

monitor_alarms = Activity(
    "monitor-alarms",
    title="monitoring your alarm",
    purpose=P.SAFETY,
    basis={"customer": Basis.CONTRACT, **OTHERS},
    interest="telling a burglary from a mistake, for everybody in the home",
    uses=[C.EVENT, C.ALARM, C.IMAGE, C.INSTALLATION, C.USER_SLOT],
    keep=Keep(after="agreement_ended"),
    recipients=[hosting],
)

alarm_response = Activity(
    "alarm-response",
    title="responding to an alarm",
    purpose=P.SAFETY,
    basis={"customer": Basis.CONTRACT, **OTHERS},
    interest="protecting life and property of whoever is in the home",
    uses=[C.NAME, C.TELEPHONE, C.ADDRESS, C.INSTALLATION, C.ALARM, C.IMAGE],
    keep=Keep(after="agreement_ended"),
    recipients=[guards, police],
)

billing = Activity(
    "billing",
    purpose=P.PAYMENT,
    basis={"customer": Basis.CONTRACT},
    uses=[C.TRANSACTION],
    keep=Keep(after="paid"),
    recipients=[hosting, printing],
)

bookkeeping = Activity(
    "bookkeeping",
    title="keeping accounting records",
    purpose=P.LEGAL_COMPLIANCE,
    basis={"customer": Basis.LEGAL_OBLIGATION},
    law="Bookkeeping Act (bokføringsloven) s. 13",
    uses=[C.TRANSACTION],
    keep=Keep(after="invoiced", years=5, end_of_year=True),
    recipients=[tax_authority],
)

credit_rating = Activity(
    "credit-rating",
    purpose=P.CREDITWORTHINESS,
    basis={"customer": Basis.PRECONTRACT},
    uses=[C.NATIONAL_ID, C.CREDIT],
    keep=Keep(after="rated", months=3),
    recipients=[credit_agency],
)

answer_requests = Activity(
    "answer-requests",
    title="answering what you write and say",
    purpose=P.COMMUNICATION,
    basis={"customer": Basis.LEGITIMATE_INTEREST, "enquirer": Basis.LEGITIMATE_INTEREST},
    interest="answering and following up what people ask us",
    uses=[C.COMMUNICATION, C.NAME, C.EMAIL, C.TELEPHONE],
    keep=Keep(after="answered", years=1),
    recipients=[hosting, call_handling],
)

record_calls = Activity(
    "record-calls",
    title="recording calls",
    purpose=P.RECORD_KEEPING,
    basis={"customer": Basis.LEGITIMATE_INTEREST, "enquirer": Basis.LEGITIMATE_INTEREST},
    interest="documenting what was agreed by telephone",
    uses=[C.RECORDING],
    keep=Keep(after="called", months=3),
    recipients=[hosting],
)

newsletters = Activity(
    "newsletters",
    title="news and offers",
    purpose=P.DIRECT_MARKETING,
    basis={"customer": Basis.LEGITIMATE_INTEREST, "interested_party": Basis.LEGITIMATE_INTEREST},
    interest="telling customers about similar services",
    uses=[C.NAME, C.EMAIL],
    keep=Keep(after="agreement_ended"),
)

suppress_marketing = Activity(
    "suppress-marketing",
    title="remembering that you want no marketing",
    purpose=P.LEGAL_COMPLIANCE,
    basis={"customer": Basis.LEGAL_OBLIGATION},
    law="GDPR Art. 21(3)",
    uses=[C.OBJECTION],
    keep=Keep(after="objection_withdrawn"),
)

bonus_programme = Activity(
    "bonus-programme",
    title="telling a bonus programme that you are a customer",
    purpose=P.THIRD_PARTY_BENEFIT,
    basis={"customer": Basis.CONSENT},
    consent="I agree that Sector Alarm tells Boligbonus AS that I am a customer, so that I earn bonus.",
    uses=[C.CUSTOMER_NUMBER, C.CONSENT],
    keep=Keep(after="consent_withdrawn"),
    recipients=[bonus_partner],
)

policy = Policy(
    controller,
    [
        identify_and_contact,
        monitor_alarms,
        alarm_response,
        billing,
        bookkeeping,
        credit_rating,
        answer_requests,
        record_calls,
        newsletters,
        suppress_marketing,
        bonus_programme,
    ],
    version="2026-11",
)
