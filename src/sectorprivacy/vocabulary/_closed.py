"""Closed words: legal bases, sources, relations, rights and grounds, whose list is fixed by law or by the protocol."""

from __future__ import annotations

from enum import StrEnum


class Basis(StrEnum):
    """Lawfulness of processing, Art. 6(1); one per activity and role. `article` names its letter and limb."""

    CONSENT = "consent"
    CONTRACT = "contract"
    PRECONTRACT = "precontract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"

    @property
    def article(self) -> str:
        """The provision, "Art. 6(1)(b), performance of a contract" for CONTRACT."""
        return _BASES[self][0]

    @property
    def dpv(self) -> str:
        """Identifier in the Data Privacy Vocabulary (eu-gdpr extension)."""
        return _BASES[self][1]


_BASES = {
    Basis.CONSENT: ("Art. 6(1)(a), consent", "eu-gdpr:A6-1-a"),
    Basis.CONTRACT: ("Art. 6(1)(b), performance of a contract", "eu-gdpr:A6-1-b-contract-performance"),
    Basis.PRECONTRACT: ("Art. 6(1)(b), steps before a contract", "eu-gdpr:A6-1-b-enter-into-contract"),
    Basis.LEGAL_OBLIGATION: ("Art. 6(1)(c), legal obligation", "eu-gdpr:A6-1-c"),
    Basis.VITAL_INTERESTS: ("Art. 6(1)(d), vital interests", "eu-gdpr:A6-1-d"),
    Basis.PUBLIC_TASK: ("Art. 6(1)(e), public task", "eu-gdpr:A6-1-e"),
    Basis.LEGITIMATE_INTEREST: ("Art. 6(1)(f), legitimate interests", "eu-gdpr:A6-1-f"),
}


class Source(StrEnum):
    """Where the controller has a value from (Art. 14(2)(f), Art. 15(1)(g)); portability covers the first two."""

    PROVIDED = "provided"
    OBSERVED = "observed"
    GENERATED = "generated"
    DERIVED = "derived"
    THIRD_PARTY = "third_party"


class Relation(StrEnum):
    """How a record concerns a person; erasing its last owner removes the record, erasing who appears unlinks them."""

    OWNER = "owner"
    CO_OWNER = "co_owner"
    APPEARS = "appears"


class Right(StrEnum):
    """A right of the data subject."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"

    @property
    def article(self) -> int:
        """Number of its article in the GDPR."""
        return _RIGHTS[self]


_RIGHTS = {
    Right.ACCESS: 15,
    Right.RECTIFICATION: 16,
    Right.ERASURE: 17,
    Right.RESTRICTION: 18,
    Right.PORTABILITY: 20,
    Right.OBJECTION: 21,
}


class Ground(StrEnum):
    """Why something is kept from erasure, or withheld from a copy. `article` names the provision."""

    CONTRACT_RUNNING = "contract_running"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGAL_CLAIMS = "legal_claims"
    RIGHTS_OF_OTHERS = "rights_of_others"
    ERASED = "erased"
    SECRET = "secret"  # noqa: S105  # nosec: the word, not a password

    @property
    def article(self) -> str:
        """The provision it rests on."""
        return _GROUNDS[self]


_GROUNDS = {
    Ground.CONTRACT_RUNNING: "Art. 17(1)(a): still necessary",
    Ground.LEGAL_OBLIGATION: "Art. 17(3)(b)",
    Ground.LEGAL_CLAIMS: "Art. 17(3)(e)",
    Ground.RIGHTS_OF_OTHERS: "Art. 15(4)",
    Ground.ERASED: "Art. 17(1)",
    Ground.SECRET: "Art. 32(1)",
}


class Assurance(StrEnum):
    """How sure we are that an identifier is the person's, weakest first."""

    CLAIMED = "claimed"
    VERIFIED = "verified"
    STRONG = "strong"


class Capacity(StrEnum):
    """What a recipient is in law (Art. 4(7) to (10))."""

    PROCESSOR = "processor"
    CONTROLLER = "controller"
    AUTHORITY = "authority"
    THIRD_PARTY = "third_party"


class Safeguard(StrEnum):
    """What lets data leave the EEA (Art. 45, 46)."""

    ADEQUACY = "adequacy"
    STANDARD_CLAUSES = "standard_clauses"

    @property
    def article(self) -> str:
        """The provision it rests on."""
        return {"adequacy": "Art. 45", "standard_clauses": "Art. 46(2)(c)"}[self.value]
