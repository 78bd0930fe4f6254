"""Activities of the service itself: the agreement, the equipment, the alarm and whoever answers it."""

from __future__ import annotations

from alarm_company.languages import say
from alarm_company.register._parties import AGREEMENT, HOUSEHOLD, PARTY, STAFF
from alarm_company.register._recipients import (
    call_handling,
    deployment,
    fire_service,
    guards,
    hosting,
    installers,
    police,
)
from alarm_company.words import SETTING
from sectorprivacy.policy import Activity, Keep
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

identify_and_contact = Activity(
    "identify-and-contact",
    title=say(
        "identifying and contacting you", nb="å identifisere og kontakte deg", sv="att identifiera och kontakta dig"
    ),
    purpose=P.SERVICE_PROVISION,
    basis={
        **PARTY,
        **HOUSEHOLD,
        "payer": Basis.LEGITIMATE_INTEREST,
        "representative": Basis.LEGITIMATE_INTEREST,
        "estate": Basis.LEGITIMATE_INTEREST,
    },
    contract=AGREEMENT,
    interest=say(
        "reaching the people a customer named, and knowing who may use an alarm",
        nb="å nå dem kunden har oppgitt, og vite hvem som kan bruke en alarm",
        sv="att nå dem som kunden har angett, och veta vem som får använda ett larm",
    ),
    assessment="LIA-01",
    uses=[
        C.NAME, C.BIRTH_DATE, C.NATIONAL_ID, C.CORPORATE_ID, C.CUSTOMER_NUMBER, C.EMAIL, C.TELEPHONE, C.ADDRESS,
        C.AGREEMENT, C.INSTALLATION, C.INSTALLATION_NUMBER, C.RELATIONSHIP, C.USER_SLOT, C.USER_NAME,
    ],
    keep=Keep(after="agreement_ended"),
    recipients=[hosting, call_handling, installers],
)  # fmt: skip

monitor_alarms = Activity(
    "monitor-alarms",
    title=say("monitoring your alarm", nb="å overvåke alarmen din", sv="att övervaka ditt larm"),
    purpose=P.SAFETY,
    basis={**PARTY, **HOUSEHOLD, **STAFF},
    contract=AGREEMENT,
    interest=say(
        "telling a burglary from a mistake, for everybody in the home",
        nb="å skille innbrudd fra feilalarm, for alle i hjemmet",
        sv="att skilja inbrott från falsklarm, för alla i hemmet",
    ),
    assessment="LIA-02",
    uses=[C.EVENT, C.ALARM, C.IMAGE, C.INSTALLATION, C.INSTALLATION_NUMBER, C.USER_SLOT, C.NAME, C.SUSPECTED_OFFENCE],
    criminal=say(
        "Personal Data Act (personopplysningsloven) s. 11: a burglar may be on an image",
        nb="personopplysningsloven § 11: en innbruddstyv kan være på et bilde",
        sv="den norska personuppgiftslagen (personopplysningsloven) 11 §: en inbrottstjuv kan synas på en bild",
    ),
    keep=Keep(after="agreement_ended"),
    recipients=[hosting],
)

alarm_response = Activity(
    "alarm-response",
    title=say(
        "calling contact persons, guards, the fire service and the police when the alarm goes",
        nb="å varsle kontaktpersoner, vektere, brannvesen og politi når alarmen går",
        sv="att larma kontaktpersoner, väktare, räddningstjänst och polis när larmet går",
    ),
    purpose=P.SAFETY,
    basis={**PARTY, **HOUSEHOLD, **STAFF},
    contract=AGREEMENT,
    interest=say(
        "protecting life and property of whoever is in the home",
        nb="å verne liv og eiendom for dem som er i hjemmet",
        sv="att skydda liv och egendom för dem som är i hemmet",
    ),
    assessment="LIA-03",
    uses=[C.NAME, C.TELEPHONE, C.ADDRESS, C.INSTALLATION, C.INSTALLATION_NUMBER, C.ALARM, C.IMAGE, C.SUSPECTED_OFFENCE],
    criminal=say(
        "Personal Data Act (personopplysningsloven) s. 11: a break-in is reported to guards and police",
        nb="personopplysningsloven § 11: et innbrudd meldes til vektere og politi",
        sv="den norska personuppgiftslagen (personopplysningsloven) 11 §: ett inbrott anmäls till väktare och polis",
    ),
    keep=Keep(after="agreement_ended"),
    recipients=[guards, fire_service, police],
)

save_lives = Activity(
    "save-lives",
    title=say(
        "calling for help where a life is at stake",
        nb="å tilkalle hjelp når liv står på spill",
        sv="att kalla på hjälp när liv står på spel",
    ),
    purpose=P.SAFETY,
    basis=dict.fromkeys([*PARTY, *HOUSEHOLD], Basis.VITAL_INTERESTS),
    uses=[C.NAME, C.TELEPHONE, C.ADDRESS, C.INSTALLATION, C.INSTALLATION_NUMBER, C.ALARM, C.IMAGE],
    keep=Keep(after="agreement_ended"),
    recipients=[guards, fire_service, police],
)

install_and_service = Activity(
    "install-and-service",
    title=say(
        "renting out, installing and servicing equipment",
        nb="å leie ut, montere og vedlikeholde utstyr",
        sv="att hyra ut, installera och underhålla utrustning",
    ),
    purpose=P.SERVICE_VISITS,
    basis={**PARTY, **STAFF},
    contract=AGREEMENT,
    interest=say(
        "knowing who was in a customer's home, and what they did there",
        nb="å vite hvem som var hjemme hos en kunde, og hva de gjorde der",
        sv="att veta vem som har varit hemma hos en kund, och vad de gjorde där",
    ),
    assessment="LIA-04",
    uses=[C.NAME, C.TELEPHONE, C.ADDRESS, C.INSTALLATION, C.INSTALLATION_NUMBER, C.EQUIPMENT, C.VISIT],
    keep=Keep(after="agreement_ended"),
    recipients=[installers, deployment],
)

additional_services = Activity(
    "additional-services",
    title=say(
        "running the smart locks and smart plugs you chose",
        nb="å styre smartlåser og smartplugger du har valgt",
        sv="att styra de smarta lås och smarta kontakter som du har valt",
    ),
    purpose=P.ADDITIONAL_SERVICES,
    basis={**PARTY, "alarm_user": Basis.LEGITIMATE_INTEREST},
    contract=say(
        "the agreement on additional services", nb="avtalen om tilleggstjenester", sv="avtalet om tilläggstjänster"
    ),
    interest=say(
        "letting everybody whom a customer gave access use the locks",
        nb="å la alle som kunden har gitt tilgang, bruke låsene",
        sv="att låta alla som kunden har gett tillgång använda låsen",
    ),
    assessment="LIA-05",
    uses=[C.SMART_DEVICE, C.INSTALLATION_NUMBER, C.USER_SLOT],
    keep=Keep(after="agreement_ended"),
    recipients=[hosting],
)

personalise = Activity(
    "personalise",
    title=say("personalising the service", nb="å tilpasse tjenesten til deg", sv="att anpassa tjänsten efter dig"),
    purpose=P.PERSONALISATION,
    basis=PARTY,
    contract=say("the agreement on My Pages", nb="avtalen om Min side", sv="avtalet om Mina sidor"),
    uses=[SETTING, C.NAME],
    keep=Keep(after="agreement_ended"),
    recipients=[hosting],
)

control_access = Activity(
    "control-access",
    title=say(
        "keeping outsiders from information and functions",
        nb="å holde uvedkommende unna opplysninger og funksjoner",
        sv="att hålla obehöriga borta från uppgifter och funktioner",
    ),
    purpose=P.ACCESS_CONTROL,
    basis={**PARTY, "alarm_user": Basis.LEGITIMATE_INTEREST, "contact_person": Basis.LEGITIMATE_INTEREST},
    contract=AGREEMENT,
    interest=say(
        "making sure that only those whom a customer gave access can use an alarm",
        nb="å sikre at bare de som kunden har gitt tilgang, kan bruke en alarm",
        sv="att se till att bara de som kunden har gett tillgång kan använda ett larm",
    ),
    assessment="LIA-06",
    uses=[C.USER_NAME, C.USER_SLOT, C.CODE, C.PASSWORD],
    keep=Keep(after="agreement_ended"),
    recipients=[hosting],
)

log_sign_ins = Activity(
    "log-sign-ins",
    title=say(
        "watching over sign-ins to My Pages",
        nb="å følge med på pålogginger på Min side",
        sv="att hålla uppsikt över inloggningar på Mina sidor",
    ),
    purpose=P.ACCESS_CONTROL,
    basis=PARTY,
    contract=say("the agreement on My Pages", nb="avtalen om Min side", sv="avtalet om Mina sidor"),
    uses=[C.SIGN_IN, C.IP_ADDRESS],
    keep=Keep(after="signed_in", months=6),
    recipients=[hosting],
)
