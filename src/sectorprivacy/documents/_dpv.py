"""Terms of the W3C Data Privacy Vocabulary (DPV) 2.3 and of its neighbours, as the data map's JSON-LD names them."""

from __future__ import annotations

from collections.abc import Mapping

from sectorprivacy.vocabulary import Protection, Source

PREFIXES: Mapping[str, str] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "time": "http://www.w3.org/2006/time#",
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
    "tech": "https://w3id.org/dpv/tech#",
    "justifications": "https://w3id.org/dpv/justifications#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "legal-no": "https://w3id.org/dpv/legal/no#",
}

TEXTS: Mapping[str, str] = {"title": "dct:title", "description": "dct:description", "label": "skos:prefLabel"}
"""Properties whose values are texts by language."""

VALUES: Mapping[str, str] = {
    "version": "dct:hasVersion",
    "identifier": "dct:identifier",
    "hasName": "dpv:hasName",
    "hasAddress": "dpv:hasAddress",
    "hasContact": "dpv:hasContact",
    "hasIdentifier": "dpv:hasIdentifier",
    "years": "time:years",
    "months": "time:months",
    "days": "time:days",
}
"""Properties whose values are plain."""

LINKS: Mapping[str, str] = {
    "broader": "skos:broader",
    **{
        name: f"dpv:{name}"
        for name in (
            "hasAuthority",
            "hasCountry",
            "hasDataController",
            "hasDataProtectionOfficer",
            "hasDataSource",
            "hasDataSubject",
            "hasDuration",
            "hasHumanInvolvement",
            "hasLegalBasis",
            "hasNotice",
            "hasPersonalData",
            "hasProcess",
            "hasProcessing",
            "hasPurpose",
            "hasRecipient",
            "hasStorageCondition",
            "hasTechnicalOrganisationalMeasure",
            "hasThirdCountry",
            "isAfter",
            "isBefore",
            "isImplementedUsingTechnology",
        )
    },
}
"""Properties whose values are things with an identifier."""

PROTECTION_CLASSES: Mapping[Protection, str] = {
    Protection.SPECIAL: "dpv:SpecialCategoryPersonalData",
    Protection.CRIMINAL: "dpv:SensitivePersonalData",
    Protection.NATIONAL_ID: "dpv:SensitivePersonalData",
}
"""The DPV knows the special categories of Art. 9; what Art. 10 and 87 protect is sensitive data to it."""

DATA_SOURCES: Mapping[Source, str] = {
    Source.PROVIDED: "dpv:DataSubjectDataSource",
    Source.OBSERVED: "dpv:DataSubjectDataSource",
    Source.GENERATED: "dpv:DataControllerDataSource",
    Source.DERIVED: "dpv:DataControllerDataSource",
    Source.THIRD_PARTY: "dpv:ThirdPartyDataSource",
}
"""Whom a value is from; how it came to be is the class that `Source.dpv` names."""
