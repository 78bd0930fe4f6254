"""The data map as linked data: JSON-LD in the terms of the W3C Data Privacy Vocabulary (DPV) 2.3."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote

from sectorprivacy.documents._catalogue import catalogue, languages
from sectorprivacy.documents._data_map import DataMap, DataSetEntry, FieldEntry
from sectorprivacy.documents._dpv import DATA_SOURCES, LINKS, PREFIXES, PROTECTION_CLASSES, TEXTS, VALUES
from sectorprivacy.documents._words import readable
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.policy import ActivityEntry, CategoryEntry, ControllerEntry, RecipientEntry, Texts, WordEntry
from sectorprivacy.vocabulary import Basis

_BASE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*[:/#?]")
"""An IRI that other names can be appended to: JSON-LD takes it for a prefix only if it ends in a delimiter."""

_Node = dict[str, Any]


def to_json_ld(data_map: DataMap, *, base: str | None = None) -> str:
    """The data map as JSON-LD 1.1 with its context inline, so that reading it fetches nothing.

    An activity is a `dpv:Process`; within it one process for each legal basis and the roles it covers, and one for each
    recipient outside the EEA. A word is declared under its identifier in the DPV, or under its broader word.

    Args:
        data_map: The data map.
        base: What the identifiers of services, activities, words and the rest begin with, up to a closing ":", "/",
            "#" or "?"; by default "urn:sectorprivacy:" and the controller's id.

    Raises:
        InvalidDeclaration: `base` is no such beginning.
    """
    start = f"urn:sectorprivacy:{data_map.policy.controller.id}:" if base is None else base
    if not _BASE.fullmatch(start):
        raise InvalidDeclaration(
            where="to_json_ld(base=...)",
            problem="it is not the beginning of an IRI",
            instead='Give an absolute IRI that ends in ":", "/", "#" or "?", such as "https://example.com/privacy/"',
        )
    document = {"@context": _context(start), "@graph": [_without_empty(node) for node in _graph(data_map)]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _context(base: str) -> _Node:
    return {
        "@version": 1.1,
        "own": base,
        **PREFIXES,
        **{name: {"@id": term, "@container": "@language"} for name, term in TEXTS.items()},
        **VALUES,
        **{name: {"@id": term, "@type": "@id"} for name, term in LINKS.items()},
    }


def _graph(data_map: DataMap) -> Iterator[_Node]:
    policy = data_map.policy
    yield _register(data_map)
    yield _controller(policy.controller)
    for activity in policy.activities:
        yield _activity(activity, data_map)
        yield from _parts(activity, data_map)
    yield from map(_recipient, policy.recipients)
    yield from map(_service, data_map.services.items())
    for data_set in data_map.datasets:
        yield _data_set(data_set)
        yield from (_field(data_set, field) for field in data_set.fields)
    yield from _words(data_map)
    yield from _events(data_map)


def _register(data_map: DataMap) -> _Node:
    policy = data_map.policy
    return {
        "@id": _own("register", policy.version),
        "@type": "dpv:Process",
        "title": _every_language("map.register"),
        "version": policy.version,
        "identifier": f"sha256:{policy.digest}",
        "hasDataController": _own("controller", policy.controller.id),
        "hasTechnicalOrganisationalMeasure": [_own("measure", word.id) for word in policy.measures],
        "hasProcess": [_own("activity", activity.id) for activity in policy.activities],
    }


def _controller(controller: ControllerEntry) -> _Node:
    return {
        "@id": _own("controller", controller.id),
        "@type": "dpv:DataController",
        "hasName": controller.name,
        "hasIdentifier": controller.organisation_number,
        "hasAddress": _given(controller.address, controller.postal_address),
        "hasContact": _given(controller.telephone, controller.telephone_abroad, controller.email),
        "hasCountry": f"loc:{controller.country}",
        "hasDataProtectionOfficer": controller.dpo
        and {
            "@id": _own("controller", controller.id, "dpo"),
            "@type": "dpv:DataProtectionOfficer",
            "hasContact": controller.dpo,
        },
        "hasAuthority": controller.authority
        and {
            "@id": _own("controller", controller.id, "authority"),
            "@type": "dpv:DataProtectionAuthority",
            "hasName": controller.authority,
        },
        "hasNotice": controller.notice,
    }


def _activity(activity: ActivityEntry, data_map: DataMap) -> _Node:
    services = sorted({data_set.service for data_set in data_map.datasets if activity.id in data_set.activities})
    grounds = [basis.dpv for basis in sorted(set(activity.basis.values()))]
    return {
        "@id": _own("activity", activity.id),
        "@type": "dpv:Process",
        "title": activity.title,
        "hasDataController": _own("controller", data_map.policy.controller.id),
        "hasPurpose": _own("purpose", activity.purpose),
        "hasPersonalData": [_own("category", word) for word in activity.uses],
        "hasDataSubject": [_own("role", role) for role in activity.basis],
        "hasLegalBasis": _given(*grounds, activity.special and activity.special.dpv),
        "hasRecipient": [_own("recipient", name) for name in activity.recipients],
        "hasStorageCondition": _storage(activity),
        "hasHumanInvolvement": activity.decision
        and {
            "@id": _own("activity", activity.id, "decision"),
            "@type": "dpv:HumanInvolvementForDecision",
            "title": activity.decision.about,
            "description": activity.decision.by,
        },
        "isImplementedUsingTechnology": [_own("service", service) for service in services],
        "hasProcess": [part["@id"] for part in _parts(activity, data_map)],
    }


def _parts(activity: ActivityEntry, data_map: DataMap) -> Iterator[_Node]:
    """The processes within an activity: which basis covers whom, and what leaves the EEA under which safeguard."""
    grounds = {
        Basis.CONTRACT: activity.contract,
        Basis.LEGAL_OBLIGATION: activity.law,
        Basis.LEGITIMATE_INTEREST: activity.interest,
        Basis.CONSENT: activity.consent,
    }
    for basis in sorted(set(activity.basis.values())):
        yield {
            "@id": _own("activity", activity.id, "basis", basis),
            "@type": "dpv:Process",
            "description": grounds.get(basis),
            "hasLegalBasis": basis.dpv,
            "hasDataSubject": [_own("role", role) for role, its in activity.basis.items() if its is basis],
        }
    for recipient in data_map.policy.recipients:
        if recipient.id in activity.recipients and recipient.leaves_the_eea:
            yield {
                "@id": _own("activity", activity.id, "transfer", recipient.id),
                "@type": "dpv:Process",
                "hasProcessing": "dpv:Transfer",
                "hasRecipient": _own("recipient", recipient.id),
                "hasThirdCountry": f"loc:{recipient.country}",
                "hasLegalBasis": recipient.safeguard and recipient.safeguard.dpv,
            }


def _storage(activity: ActivityEntry) -> _Node:
    keep = activity.keep
    place = _own("activity", activity.id, "storage")
    span = {name: value for name in ("years", "months", "days") if (value := getattr(keep, name))}
    duration = (
        {"@type": ["dpv:TemporalDuration", "time:DurationDescription"], **span}
        if span
        else {"@type": "dpv:UntilEventDuration", "isBefore": _own("event", keep.after)}
    )
    return {
        "@id": place,
        "@type": "dpv:StorageDuration",
        "description": _together(keep.law, _every_language("map.end_of_year") if keep.end_of_year else None),
        "hasDuration": {"@id": f"{place}/duration", **duration},
        "isAfter": _own("event", keep.after) if span else None,
    }


def _recipient(recipient: RecipientEntry) -> _Node:
    outside = recipient.leaves_the_eea
    return {
        "@id": _own("recipient", recipient.id),
        "@type": ["dpv:Recipient", recipient.capacity.dpv],
        "hasName": recipient.id,
        "description": recipient.task,
        ("hasThirdCountry" if outside else "hasCountry"): f"loc:{recipient.country}",
    }


def _service(service: tuple[str, Texts]) -> _Node:
    return {"@id": _own("service", service[0]), "@type": "dpv:Technology", "title": service[1]}


def _data_set(data_set: DataSetEntry) -> _Node:
    return {
        "@id": _own("dataset", data_set.id),
        "@type": "dcat:Dataset",
        "title": data_set.label,
        "identifier": data_set.id,
        "isImplementedUsingTechnology": _own("service", data_set.service),
        "hasDataSubject": [_own("role", role) for role in data_set.relations],
        "hasPersonalData": [_own("dataset", data_set.id, field.id) for field in data_set.fields],
        "hasProcess": [_own("activity", activity) for activity in data_set.activities],
    }


def _field(data_set: DataSetEntry, field: FieldEntry) -> _Node:
    return {
        "@id": _own("dataset", data_set.id, field.id),
        "@type": _given("dpv:PersonalData", field.source.dpv),
        "label": field.label,
        "broader": _own("category", field.category),
        "hasDataSource": DATA_SOURCES[field.source],
        "hasDataSubject": field.about and _own("role", field.about),
        "hasTechnicalOrganisationalMeasure": "dpv:SymmetricEncryption" if field.sealed else None,
    }


def _words(data_map: DataMap) -> Iterator[_Node]:
    policy = data_map.policy
    categories = {word.id: word for word in (*policy.categories, *data_map.categories)}
    for _, word in sorted(categories.items()):
        yield _word(word, "category", ["dpv:PersonalData", *_protected_as(word)])
    for sort, kind, words in (
        ("purpose", "dpv:Purpose", policy.purposes),
        ("role", "dpv:DataSubject", _roles(data_map)),
        ("measure", "dpv:TechnicalOrganisationalMeasure", policy.measures),
    ):
        yield from (_word(word, sort, [kind]) for word in words)


def _protected_as(word: WordEntry) -> list[str]:
    protection = word.protection if isinstance(word, CategoryEntry) else None
    return [] if protection is None else [PROTECTION_CLASSES[protection]]


def _roles(data_map: DataMap) -> list[WordEntry]:
    """The roles of the register, and those that only records know."""
    known = {word.id: word for word in data_map.policy.roles}
    met = {role for data_set in data_map.datasets for role in data_set.relations}
    about = {field.about for data_set in data_map.datasets for field in data_set.fields if field.about}
    others = {role: WordEntry(id=role, label=_by_id(role)) for role in met | about if role not in known}
    return [word for _, word in sorted((known | others).items())]


def _word(word: WordEntry, sort: str, kinds: list[str]) -> _Node:
    """A word of the company or the library: under the DPV's word, under its own broader one, or under both."""
    return {
        "@id": _own(sort, word.id),
        "@type": kinds,
        "label": word.label,
        "broader": _given(word.dpv, word.under and _own(sort, word.under)),
    }


def _events(data_map: DataMap) -> Iterator[_Node]:
    policy = data_map.policy
    for event in sorted({activity.keep.after for activity in policy.activities}):
        yield {"@id": _own("event", event), "@type": "skos:Concept", "label": policy.events.get(event, _by_id(event))}


def _by_id(stable_id: str) -> Texts:
    return {"en": readable(stable_id)}


def _together(*said: Texts | None) -> Mapping[str, list[str]]:
    texts = [each for each in said if each]
    return {
        tag: [each[tag] for each in texts if tag in each] for tag in sorted({tag for each in texts for tag in each})
    }


def _every_language(key: str) -> Texts:
    return {language: catalogue(language).text(key) for language in languages()}


def _own(*parts: str) -> str:
    """An identifier of the company's own; what is no plain name in a part of it is percent-encoded."""
    return "own:" + "/".join(quote(part, safe="") for part in parts)


def _given(*values: str | None) -> list[str]:
    return [value for value in values if value]


def _without_empty(node: _Node) -> _Node:
    """The node, and those within it, without what nothing is said of."""
    said: _Node = {}
    for name, value in node.items():
        kept = _without_empty(cast("_Node", value)) if isinstance(value, dict) else value
        if kept not in (None, [], {}):
            said[name] = kept
    return said
