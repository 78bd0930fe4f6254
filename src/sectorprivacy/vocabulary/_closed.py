"""Closed words: legal bases, sources, relations, rights and grounds, whose list is fixed by law or by the protocol."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class _Closed(StrEnum):
    """A word of a closed list; each member is written as its id, its provision and its DPV identifier."""

    dpv: str | None
    """Identifier in the W3C Data Privacy Vocabulary 2.3, where it has one."""
    _provision: str

    def __new__(cls, value: str, provision: str = "", dpv: str | None = None) -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word._provision = provision  # noqa: SLF001  # a member of this class
        word.dpv = dpv
        return word

    @property
    def article(self) -> str | None:
        """The provision of the GDPR that names it, "Art. 13(1)", where one does."""
        return self._provision or None


class _InLaw(_Closed):
    @property
    def article(self) -> str:
        """The provision of the GDPR it rests on."""
        return self._provision


class Basis(_InLaw):
    """Lawfulness of processing, Art. 6(1); one per activity and role. `article` names its letter and limb."""

    CONSENT = "consent", "Art. 6(1)(a), consent", "eu-gdpr:A6-1-a"
    CONTRACT = "contract", "Art. 6(1)(b), performance of a contract", "eu-gdpr:A6-1-b-contract-performance"
    PRECONTRACT = "precontract", "Art. 6(1)(b), steps before a contract", "eu-gdpr:A6-1-b-enter-into-contract"
    LEGAL_OBLIGATION = "legal_obligation", "Art. 6(1)(c), legal obligation", "eu-gdpr:A6-1-c"
    VITAL_INTERESTS = "vital_interests", "Art. 6(1)(d), vital interests", "eu-gdpr:A6-1-d"
    PUBLIC_TASK = "public_task", "Art. 6(1)(e), public task", "eu-gdpr:A6-1-e"
    LEGITIMATE_INTEREST = "legitimate_interest", "Art. 6(1)(f), legitimate interests", "eu-gdpr:A6-1-f"


class Source(_Closed):
    """Where the controller has a value from (Art. 14(2)(f), Art. 15(1)(g)); portability covers the first two.

    `article` says which duty to inform comes with it: Art. 13 for what is collected from the person, by asking or by
    observing them, Art. 14 for what is obtained from somebody else, None for what the controller makes itself.
    """

    PROVIDED = "provided", "Art. 13(1)", "dpv:ProvidedPersonalData"
    OBSERVED = "observed", "Art. 13(1)", "dpv:ObservedPersonalData"
    GENERATED = "generated", "", "dpv:GeneratedPersonalData"
    DERIVED = "derived", "", "dpv:DerivedPersonalData"
    THIRD_PARTY = "third_party", "Art. 14(1)", "dpv:CollectedPersonalData"


class Relation(_Closed):
    """How a record concerns a person; erasing its last owner removes the record, erasing who appears unlinks them.

    A distinction of this library: neither the law nor DPV has a word for it.
    """

    OWNER = "owner"
    CO_OWNER = "co_owner"
    APPEARS = "appears"


class Right(_InLaw):
    """A right of the data subject, Chapter III, Art. 7(3) and Art. 77."""

    INFORMATION = "information", "Art. 13 and 14", "eu-gdpr:A13"
    ACCESS = "access", "Art. 15", "eu-gdpr:A15"
    RECTIFICATION = "rectification", "Art. 16", "eu-gdpr:A16"
    ERASURE = "erasure", "Art. 17", "eu-gdpr:A17"
    RESTRICTION = "restriction", "Art. 18", "eu-gdpr:A18"
    NOTIFICATION = "notification", "Art. 19", "eu-gdpr:A19"
    PORTABILITY = "portability", "Art. 20", "eu-gdpr:A20"
    OBJECTION = "objection", "Art. 21", "eu-gdpr:A21"
    HUMAN_DECISION = "human_decision", "Art. 22", "eu-gdpr:A22"
    WITHDRAWAL = "withdrawal", "Art. 7(3)", "eu-gdpr:A7-3"
    COMPLAINT = "complaint", "Art. 77", "eu-gdpr:A77"


class Ground(_InLaw):
    """Why something is kept from erasure, or withheld from a copy. `article` names the provision.

    PREVENTION_OF_CRIME takes a national law that makes use of Art. 23, in Norway s. 16(1)(b) of the Personal Data Act:
    a list of recipients must not warn a suspect.
    """

    CONTRACT_RUNNING = (
        "contract_running",
        "Art. 17(1)(a): still necessary",
        "justifications:ContractPerformanceNecessity",
    )
    LEGAL_OBLIGATION = "legal_obligation", "Art. 17(3)(b)", "eu-gdpr:JustificationA17LegallyRequired"
    LEGAL_CLAIMS = "legal_claims", "Art. 17(3)(e)", "eu-gdpr:JustificationA17LegalClaims"
    RIGHTS_OF_OTHERS = "rights_of_others", "Art. 15(4)", "justifications:ThirdPartyRightsImpaired"
    PREVENTION_OF_CRIME = "prevention_of_crime", "Art. 23(1)(d)", "justifications:CrimePreventionImpaired"
    ERASED = "erased", "Art. 17(1)"
    SECRET = "secret", "Art. 32(1)"


class Assurance(StrEnum):
    """How sure we are that an identifier is the person's, weakest first."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    STRONG = "strong"


class Capacity(_InLaw):
    """What a recipient is in law (Art. 4(7) to (10))."""

    PROCESSOR = "processor", "Art. 4(8)", "dpv:DataProcessor"
    CONTROLLER = "controller", "Art. 4(7)", "dpv:DataController"
    AUTHORITY = "authority", "Art. 4(9)", "dpv:Authority"
    THIRD_PARTY = "third_party", "Art. 4(10)", "dpv:ThirdParty"


class Safeguard(_InLaw):
    """What lets data leave the EEA, Chapter V.

    What only public bodies can use (Art. 46(2)(a), (3)(b)) is left out, and so are the derogations of Art. 49 for
    single transfers: a register describes what happens as a rule.
    """

    ADEQUACY = "adequacy", "Art. 45", "eu-gdpr:A45-3"
    BINDING_CORPORATE_RULES = "binding_corporate_rules", "Art. 46(2)(b)", "eu-gdpr:A46-2-b"
    STANDARD_CLAUSES = "standard_clauses", "Art. 46(2)(c)", "eu-gdpr:A46-2-c"
    CODE_OF_CONDUCT = "code_of_conduct", "Art. 46(2)(e)", "eu-gdpr:A46-2-e"
    CERTIFICATION = "certification", "Art. 46(2)(f)", "eu-gdpr:A46-2-f"
    EXPLICIT_CONSENT = "explicit_consent", "Art. 49(1)(a)", "eu-gdpr:A49-1-a"


class Protection(_InLaw):
    """How the law protects some categories further.

    They are used only where an activity names them or a narrower word, never through a broader word.
    """

    SPECIAL = "special", "Art. 9", "dpv:SpecialCategoryPersonalData"
    CRIMINAL = "criminal", "Art. 10", "pd:Criminal"
    NATIONAL_ID = "national_id", "Art. 87", "pd:OfficialID"


class SpecialGround(_InLaw):
    """What permits the use of special categories of personal data, Art. 9(2)."""

    EXPLICIT_CONSENT = "explicit_consent", "Art. 9(2)(a)", "eu-gdpr:A9-2-a"
    EMPLOYMENT_LAW = "employment_law", "Art. 9(2)(b)", "eu-gdpr:A9-2-b"
    VITAL_INTERESTS = "vital_interests", "Art. 9(2)(c)", "eu-gdpr:A9-2-c"
    NOT_FOR_PROFIT = "not_for_profit", "Art. 9(2)(d)", "eu-gdpr:A9-2-d"
    MADE_PUBLIC = "made_public", "Art. 9(2)(e)", "eu-gdpr:A9-2-e"
    LEGAL_CLAIMS = "legal_claims", "Art. 9(2)(f)", "eu-gdpr:A9-2-f"
    PUBLIC_INTEREST = "public_interest", "Art. 9(2)(g)", "eu-gdpr:A9-2-g"
    HEALTH_CARE = "health_care", "Art. 9(2)(h)", "eu-gdpr:A9-2-h"
    PUBLIC_HEALTH = "public_health", "Art. 9(2)(i)", "eu-gdpr:A9-2-i"
    ARCHIVING = "archiving", "Art. 9(2)(j)", "eu-gdpr:A9-2-j"


class Channel(StrEnum):
    """By which way people are approached."""

    EMAIL = "email"
    SMS = "sms"
    TELEPHONE = "telephone"
    POST = "post"
    APP = "app"


class Condition(StrEnum):
    """When direct marketing by a channel is allowed.

    Electronic mail needs consent or an existing customer who is offered similar services and an easy way to opt out
    (Art. 13 of Directive 2002/58/EC; in Norway the Marketing Control Act s. 15). Calls and post are allowed to whoever
    has not reserved themselves against them.
    """

    EXISTING_CUSTOMER = "existing_customer"
    CONSENT = "consent"
    NOT_RESERVED = "not_reserved"
