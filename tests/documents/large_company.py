"""A data map of the size that the picture is drawn for: ten services, 45 categories, 25 activities, 12 recipients."""

from __future__ import annotations

from sectorprivacy.documents import DataMap, DataSetEntry, FieldEntry
from sectorprivacy.policy import (
    ActivityEntry,
    CategoryEntry,
    ControllerEntry,
    DecisionEntry,
    KeepEntry,
    PolicyDocument,
    RecipientEntry,
    WordEntry,
)
from sectorprivacy.vocabulary import Basis, Capacity, Protection, Relation, Safeguard, Source, SpecialGround

WORDS = {
    "identifier": ["customer_number", "installation_number", "user_name", "user_slot", "national_id", "corporate_id"],
    "name": [],
    "birth_date": [],
    "contact": ["email", "telephone", "address"],
    "relationship": [],
    "agreement": ["ownership_change"],
    "installation": ["equipment", "visit"],
    "event": ["alarm", "smart_device", "command"],
    "image": [],
    "transaction": ["price", "invoice", "payment"],
    "credit": [],
    "communication": ["recording", "newsletter", "chat"],
    "preference": ["consent", "objection"],
    "secret": ["code", "password"],
    "usage": ["sign_in", "account", "ip_address"],
    "special": ["health"],
}
PROTECTED = {
    "national_id": Protection.NATIONAL_ID,
    "special": Protection.SPECIAL,
    "health": Protection.SPECIAL,
}
HELD = {
    "crm": ["name", "birth_date", "national_id", "corporate_id", "customer_number", "telephone", "email",
            "relationship", "agreement", "ownership_change", "address"],
    "installations": ["address", "installation_number", "equipment", "visit", "user_name", "password", "code",
                      "user_slot"],
    "monitoring": ["event", "command", "alarm", "image", "installation_number", "user_slot", "health"],
    "smart_home": ["smart_device", "installation_number"],
    "billing": ["price", "invoice", "payment", "customer_number"],
    "credit": ["credit", "national_id", "corporate_id"],
    "contact_centre": ["communication", "recording", "chat", "email", "telephone", "customer_number"],
    "marketing": ["newsletter", "objection", "consent", "email"],
    "my_pages": ["account", "sign_in", "user_name", "customer_number", "ip_address", "preference"],
    "analytics": ["usage", "identifier"],
}  # fmt: skip
RECIPIENTS = [
    ("Nordvakt Installasjon AS", Capacity.PROCESSOR, "NO"),
    ("Fjell Utrulling AS", Capacity.PROCESSOR, "NO"),
    ("Kredittvurdering Norden AS", Capacity.PROCESSOR, "NO"),
    ("Kundesenteret Oslo AS", Capacity.PROCESSOR, "SE"),
    ("Faktura Partner AB", Capacity.PROCESSOR, "SE"),
    ("Skybyggerne Tjenesteutvikling", Capacity.PROCESSOR, "IN"),
    ("Drift & Sikkerhet <IT> AS", Capacity.PROCESSOR, "IE"),
    ("Vektertjenesten", Capacity.CONTROLLER, "NO"),
    ("Politiet", Capacity.AUTHORITY, "NO"),
    ("Brann- og redningsvesenet", Capacity.AUTHORITY, "NO"),
    ("Skatteetaten", Capacity.AUTHORITY, "NO"),
    ("Bonusprogrammet Fordel", Capacity.THIRD_PARTY, "NO"),
]
ACTIVITIES = {
    "identify_and_contact": "identify and contact customers, contact persons and other parties",
    "install_equipment": "rent out and install equipment",
    "service_visits": "service and maintenance",
    "monitoring": "monitor alarm situations",
    "verification": "verify alarms with images",
    "alarm_response": "tell contact persons, guards, the fire service and the police",
    "vital_interests": "save life",
    "additional_services": "additional services, locks and smart plugs",
    "personalisation": "personalise the service",
    "access_control": "keep outsiders from information and functions",
    "billing": "billing",
    "accounting": "keep accounting records",
    "offers": "prepare an offer",
    "credit_rating": "credit rating before a customer relationship",
    "enquiries": "answer and follow up requests",
    "service_information": "service information to customers",
    "improvement": "improve and develop services",
    "newsletters_customers": "newsletters to customers",
    "newsletters_interested": "news and offers to people who asked for an offer",
    "benefit_programme": "disclose to a benefit or bonus programme",
    "authorities": "disclose to an authority",
    "recordings": "telephone recording for documentation",
    "my_pages": "accounts of My Pages",
    "ownership": "change of owner",
    "statistics": "statistics",
}
_TOP = {narrower: top for top, below in WORDS.items() for narrower in below}


def large_data_map() -> DataMap:
    """Every id above, in a pattern that is the same each time."""
    return DataMap(
        policy=_policy(),
        services={service: {"en": service.replace("_", " ").title()} for service in HELD},
        categories=tuple(_category(word) for word in sorted([*WORDS, *_TOP])),
        datasets=tuple(_data_set(number, service) for number, service in enumerate(sorted(HELD))),
    )


def _uses(number: int) -> list[str]:
    tops = sorted(set(WORDS) - {"special"})
    return sorted({tops[(number * step) % len(tops)] for step in (1, 2, 3, 5)} | {"name"})


def _policy() -> PolicyDocument:
    return PolicyDocument(
        version="2026-1",
        controller=ControllerEntry(
            id="large", name="Large Alarm & Co <AS>", country="NO", holidays="NO", time_zone="Europe/Oslo",
            languages=("nb", "en"), organisation_number="918307680", address="Vitaminveien 1A, 0485 Oslo",
            postal_address=None, telephone="915 03033", telephone_abroad=None, email="post@example.com",
            dpo="dpo@example.com", authority="Datatilsynet", notice="https://example.com/privacy", documents={},
        ),
        activities=tuple(_activity(number, name) for number, name in enumerate(ACTIVITIES)),
        recipients=tuple(
            RecipientEntry(
                id=name, capacity=capacity, task={"en": "a task", "nb": "en oppgave"}, country=country, agreement=None,
                safeguard=Safeguard.STANDARD_CLAUSES if country == "IN" else None,
            )
            for name, capacity, country in RECIPIENTS
        ),
        measures=(WordEntry(id="encryption", label={"en": "encryption"}, dpv="dpv:SymmetricEncryption"),),
        events={"agreement_ended": {"en": "the end of the agreement", "nb": "avtalens slutt"}},
        categories=tuple(_category(word) for word in sorted([*WORDS, *_TOP])),
        purposes=tuple(
            WordEntry(id=name, label={"en": title}, dpv="dpv:PaymentManagement")
            for name, title in sorted(ACTIVITIES.items())
        ),
        roles=(WordEntry(id="customer", label={"en": "customer"}), WordEntry(id="payer", label={"en": "payer"})),
    )  # fmt: skip


def _activity(number: int, name: str) -> ActivityEntry:
    special, rating = name == "vital_interests", name == "credit_rating"
    return ActivityEntry(
        id=name, title={"en": ACTIVITIES[name], "nb": ACTIVITIES[name] + " (nb)"}, purpose=name,
        basis={"customer": list(Basis)[number % len(Basis)], "payer": Basis.LEGITIMATE_INTEREST},
        uses=tuple(sorted({*_uses(number), *({"health"} if special else ()), *({"national_id"} if rating else ())})),
        keep=KeepEntry(
            after="agreement_ended", years=number % 3, months=0, days=0, end_of_year=number % 2 == 0, law=None
        ),
        recipients=tuple(RECIPIENTS[(number * step) % 12][0] for step in (1, 5)) if number % 3 else (),
        contract={"en": "the agreement"}, law={"en": "the Bookkeeping Act"}, interest={"en": "to be safe"},
        assessment=None, consent={"en": "I agree"}, criminal=None, channels=(),
        special=SpecialGround.VITAL_INTERESTS if special else None,
        decision=DecisionEntry(about={"en": "credit"}, inputs={"en": "rating"}, by={"en": "a case worker"})
        if rating
        else None,
    )  # fmt: skip


def _data_set(number: int, service: str) -> DataSetEntry:
    return DataSetEntry(
        id=f"{service}.main", service=service, label={"en": f"records of {service}"},
        relations={"customer": Relation.OWNER, "guest": Relation.APPEARS}, not_personal={},
        key=("id",), when=None, period=None, events={}, row_version=None,
        fields=tuple(
            _field(f"{category}_{copy}", category, list(Source)[(number + copy) % len(Source)])
            for category in HELD[service]
            for copy in range(1 + (len(category) + number) % 3)
        ),
        activities=tuple(ACTIVITIES),
    )  # fmt: skip


def _field(name: str, category: str, source: Source) -> FieldEntry:
    return FieldEntry(
        id=name, label={"en": name.replace("_", " ")}, category=category, source=source, about=None, shown_to=None,
        identifies=None, verified=False, via=None, sealed=category == "health", codec=None, retention_class=None,
        record=None, index=None, padding=(), plaintext_until=None,
        secret=category in {"code", "password"}, attachment=None, values=None,
    )  # fmt: skip


def _word(word: str) -> WordEntry:
    return WordEntry(
        id=word,
        label={"en": word.replace("_", " ")},
        under=_TOP.get(word),
        dpv=None if word in _TOP else "pd:Identifier",
    )


def _category(word: str) -> CategoryEntry:
    return CategoryEntry(**_word(word).model_dump(), protection=PROTECTED.get(word))
