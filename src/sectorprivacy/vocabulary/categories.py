"""The categories of personal data that an alarm company holds; `C` in examples."""

from __future__ import annotations

from sectorprivacy.vocabulary._closed import Protection
from sectorprivacy.vocabulary._words import Category

# Who somebody is

IDENTIFIER = Category("identifier", "identifier", dpv="pd:Identifier", fides="user.unique_id")
CUSTOMER_NUMBER = Category("customer_number", "customer number", IDENTIFIER, "pd:UID")
INSTALLATION_NUMBER = Category("installation_number", "installation number", IDENTIFIER)
USER_NAME = Category("user_name", "user name", IDENTIFIER, "pd:Username", "user.account.username")
USER_SLOT = Category("user_slot", "alarm user's place on the panel", IDENTIFIER)
NATIONAL_ID = Category(
    "national_id",
    "national identity number",
    IDENTIFIER,
    "pd:OfficialID",
    "user.government_id.national_identification_number",
    protection=Protection.NATIONAL_ID,
)
CORPORATE_ID = Category("corporate_id", "corporate identity number", IDENTIFIER, "pd:OfficialID", "user.government_id")
IP_ADDRESS = Category("ip_address", "IP address", IDENTIFIER, "pd:IPAddress", "user.device.ip_address")
PSEUDONYM = Category(
    "pseudonym", "pseudonym in place of a name", IDENTIFIER, "dpv:PseudonymisedData", "user.unique_id.pseudonymous"
)
NAME = Category("name", "name", dpv="pd:Name", fides="user.name")
BIRTH_DATE = Category("birth_date", "date of birth", dpv="pd:BirthDate", fides="user.demographic.date_of_birth")
CONTACT = Category("contact", "contact details", dpv="pd:Contact", fides="user.contact")
EMAIL = Category("email", "e-mail address", CONTACT, "pd:EmailAddress", "user.contact.email")
TELEPHONE = Category("telephone", "telephone number", CONTACT, "pd:TelephoneNumber", "user.contact.phone_number")
ADDRESS = Category("address", "address", CONTACT, "pd:PhysicalAddress", "user.contact.address")
RELATIONSHIP = Category("relationship", "relationship to another person", dpv="pd:Acquaintance", fides="user.social")

# The agreement and what is installed

AGREEMENT = Category("agreement", "agreement and its terms", dpv="pd:Ownership")
INSTALLATION = Category("installation", "installation at an address", dpv="pd:HomeLocation", fides="user.location")
EQUIPMENT = Category(
    "equipment", "type of alarm panel and where its parts are", INSTALLATION, "pd:Ownership", "user.device"
)
VISIT = Category("visit", "installation and service visits", dpv="pd:ServiceConsumptionBehaviour")

# What the alarm system registers

EVENT = Category(
    "event",
    "what the alarm system registered and when",
    dpv="pd:ServiceConsumptionBehaviour",
    fides="user.user_sensor",
)
ALARM = Category("alarm", "alarm activation and its follow-up", EVENT, "pd:ServiceConsumptionBehaviour")
SMART_DEVICE = Category("smart_device", "use of smart locks and smart plugs", EVENT)
IMAGE = Category("image", "verification image", dpv="pd:Picture", fides="user.content.self_image")

# Money

TRANSACTION = Category("transaction", "invoices and payments", dpv="pd:Transactional", fides="user.payment")
PRICE = Category("price", "price", TRANSACTION)
INVOICE = Category("invoice", "invoice", TRANSACTION, "pd:Purchase")
PAYMENT = Category("payment", "payment", TRANSACTION, "pd:Transaction")
CREDIT = Category("credit", "creditworthiness", dpv="pd:CreditWorthiness", fides="user.financial")

# What people and the company tell each other

COMMUNICATION = Category(
    "communication", "what was written or said", dpv="pd:Communication", fides="user.content.private"
)
RECORDING = Category("recording", "telephone recording", COMMUNICATION, "pd:VoiceCommunicationRecording")
NEWSLETTER = Category("newsletter", "newsletters, news and offers sent", dpv="pd:Communication")
PREFERENCE = Category(
    "preference",
    "preferences, consents and objections",
    dpv="pd:PrivacyPreference",
    fides="user.privacy_preferences",
)
CONSENT = Category("consent", "consent given", PREFERENCE, "pd:PrivacyPreference")
OBJECTION = Category("objection", "objection raised", PREFERENCE, "pd:PrivacyPreference")
OPT_OUT = Category("opt_out", "opting out of marketing", OBJECTION)

# My Pages and the use of the services

ACCOUNT = Category("account", "My Pages account and its settings", dpv="pd:IndividualProfile", fides="user.account")
SIGN_IN = Category("sign_in", "signing in to My Pages", ACCOUNT, "pd:AuthenticationHistory")
USAGE = Category("usage", "use of the services", dpv="pd:BrowsingBehaviour", fides="user.behavior")

# What protects the person: the person learns that it is held, not its value

SECRET = Category("secret", "secret (held, its value never shown)", dpv="pd:SecretText", fides="user.authorization")
CODE = Category("code", "alarm code", SECRET, "pd:PINCode", "user.authorization.credentials")
PASSWORD = Category("password", "password", SECRET, "pd:Password", "user.authorization.password")

# Special categories (Art. 9) and data on offences (Art. 10): an alarm company meets them in free text, images and calls

SPECIAL = Category(
    "special",
    "special categories of personal data",
    dpv="dpv:SpecialCategoryPersonalData",
    protection=Protection.SPECIAL,
)
HEALTH = Category("health", "health", SPECIAL, "pd:Health", "user.health_and_medical")
BIOMETRIC = Category("biometric", "biometric data that identify a person", SPECIAL, "pd:Biometric", "user.biometric")
GENETIC = Category("genetic", "genetic data", SPECIAL, "pd:Genetic", "user.health_and_medical.genetic")
ETHNIC_ORIGIN = Category(
    "ethnic_origin", "racial or ethnic origin", SPECIAL, "pd:EthnicOrigin", "user.demographic.race_ethnicity"
)
POLITICAL_OPINION = Category(
    "political_opinion", "political opinions", SPECIAL, "pd:PoliticalOpinion", "user.demographic.political_opinion"
)
# DPV has religious and philosophical beliefs apart; fideslang only the former.
BELIEF = Category("belief", "religious or philosophical beliefs", SPECIAL, fides="user.demographic.religious_belief")
TRADE_UNION = Category("trade_union", "trade union membership", SPECIAL, "pd:TradeUnionMembership")
SEX_LIFE = Category(
    "sex_life", "sex life or sexual orientation", SPECIAL, "pd:Sexual", "user.demographic.sexual_orientation"
)
CRIMINAL = Category(
    "criminal",
    "criminal convictions and offences",
    dpv="pd:Criminal",
    fides="user.criminal_history",
    protection=Protection.CRIMINAL,
)
SUSPECTED_OFFENCE = Category("suspected_offence", "suspected offence", CRIMINAL, "pd:CriminalOffence")
