"""Links of the words to the Data Privacy Vocabulary, to fideslang and to the articles of the GDPR: none is invented."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from sectorprivacy.rights.package import PackageManifest
from sectorprivacy.rights.protocol import ExportTask
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Ground,
    Protection,
    Relation,
    Right,
    Safeguard,
    Source,
    SpecialGround,
    Word,
    categories,
    measures,
    purposes,
    roles,
)

CLOSED: tuple[Any, ...] = (Basis, Source, Relation, Right, Ground, Capacity, Safeguard, Protection, SpecialGround)

# Terms that the shared list does not have, each with the module of DPV 2.3 that defines it
# (https://github.com/w3c/dpv, folder 2.3).
OF_DPV = {
    "dpv/modules/entities_datasubject.ttl": ["dpv:Customer", "dpv:DataSubject", "dpv:Employee", "dpv:User"],
    "dpv/modules/entities_legalrole.csv": ["dpv:DataController"],
    "dpv/modules/entities_authority.csv": ["dpv:Authority"],
    "dpv/modules/personal_data.ttl": [
        "dpv:CollectedPersonalData",
        "dpv:PseudonymisedData",
        "dpv:SpecialCategoryPersonalData",
    ],
    "dpv/modules/technical_measures.csv": ["dpv:AccessControlMethod", "dpv:Anonymisation", "dpv:Encryption"],
    "dpv/modules/organisational_measures.ttl": [
        "dpv:ConsentManagement",
        "dpv:DataErasurePolicy",
        "dpv:DataStoragePolicy",
        "dpv:DataSubjectRightsManagement",
        "dpv:HumanOversight",
        "dpv:LoggingPolicy",
    ],
    "pd/modules/extended.ttl": [
        "pd:Biometric",
        "pd:Criminal",
        "pd:CriminalOffence",
        "pd:EthnicOrigin",
        "pd:Genetic",
        "pd:Health",
        "pd:IndividualProfile",
        "pd:PoliticalOpinion",
        "pd:Sexual",
        "pd:TradeUnionMembership",
        "pd:Transaction",
    ],
    "justifications/modules/justifications_nonfulfilment.ttl": ["justifications:CrimePreventionImpaired"],
    "legal/eu/gdpr/modules/legal_basis_special.ttl": [f"eu-gdpr:A9-2-{letter}" for letter in "abcdefghij"],
    "legal/eu/gdpr/modules/legal_basis_data_transfer.ttl": [
        "eu-gdpr:A46-2-b",
        "eu-gdpr:A46-2-e",
        "eu-gdpr:A46-2-f",
        "eu-gdpr:A49-1-a",
    ],
    "legal/eu/gdpr/modules/rights.ttl": [
        f"eu-gdpr:A{article}" for article in ("7-3", 15, 16, 17, 18, 19, 20, 21, 22, 77)
    ],
}


def words() -> Iterable[Word]:
    modules = (categories, purposes, roles, measures)
    return (word for module in modules for word in vars(module).values() if isinstance(word, Word))


def members() -> Iterable[Any]:
    return (member for closed in CLOSED for member in closed)


def test_every_dpv_identifier_is_one_of_version_2_3(vectors: Path) -> None:
    """A link that leads nowhere makes a data map that no other program can read."""
    listed = {term["curie"] for term in json.loads((vectors / "dpv-terms.json").read_text())["terms"]}
    others = {term for terms in OF_DPV.values() for term in terms}
    used = {each.dpv for each in [*words(), *members()] if each.dpv is not None}
    assert used <= listed | others
    assert others <= used - listed, "a term is listed here without need"


def test_every_fideslang_key_is_in_its_taxonomy(root: Path) -> None:
    """A category links to a data category, a purpose to a data use, a role to a data subject."""
    taxonomy = json.loads((root / "tests/vocabulary/fideslang-3.1.4.json").read_text())
    for module, sort in ((categories, "data_category"), (purposes, "data_use"), (roles, "data_subject")):
        keys = {word.fides for word in vars(module).values() if isinstance(word, Word)} - {None}
        assert keys
        assert keys <= set(taxonomy[sort])


def test_every_open_word_is_found_in_dpv() -> None:
    """No category, purpose, role or measure is left out of a data map in DPV."""
    assert [word.id for word in words() if word.nearest_dpv is None] == []


def test_closed_words_name_their_provision() -> None:
    """Whoever reads a basis, a right or a ground can look it up in the law."""
    in_law = [*Basis, *Right, *Ground, *Capacity, *Safeguard, *Protection, *SpecialGround]
    assert all(each.article.startswith("Art. ") for each in in_law)
    for closed in (Basis, Right, Capacity, Safeguard, Protection, SpecialGround):
        assert len({each.article for each in closed}) == len({each.dpv for each in closed}) == len(closed)
    assert (Right.ERASURE.article, Right.WITHDRAWAL.article) == ("Art. 17", "Art. 7(3)")
    assert SpecialGround.EXPLICIT_CONSENT.article == "Art. 9(2)(a)"


def test_the_law_knows_no_relation() -> None:
    """What this library distinguishes by itself claims no provision; a source names the duty to inform it brings."""
    assert {each.article for each in Relation} == {each.dpv for each in Relation} == {None}
    assert (Source.OBSERVED.article, Source.THIRD_PARTY.article) == ("Art. 13(1)", "Art. 14(1)")
    assert Source.DERIVED.article is Source.GENERATED.article is None


@pytest.mark.parametrize("closed", CLOSED)
def test_a_closed_word_is_its_id(closed: type[StrEnum]) -> None:
    """What is stored and sent is the id alone, and it comes back as the word."""
    adapter = TypeAdapter[Any](closed)
    for word in closed:
        assert word == word.value == str(word) == word.name.lower()
        assert adapter.validate_json(adapter.dump_json(word)) is closed(word.value) is word


TASK = {"task": "0" * 32, "case": "0" * 32, "ref": "0" * 32}
MANIFEST = {
    "case": "0" * 32,
    "made": "2026-03-01T12:00:00Z",
    "controller": "sector",
    "language": "en",
    "services": [],
    "members": [],
}


@pytest.mark.parametrize(("message", "known"), [(ExportTask, TASK), (PackageManifest, MANIFEST)])
def test_a_copy_is_given_under_two_rights_alone(message: type[BaseModel], known: dict[str, Any]) -> None:
    """Words for other rights do not widen what a service or the reader of a package accepts."""
    for right in Right:
        if right in {Right.ACCESS, Right.PORTABILITY}:
            assert message.model_validate(known | {"right": right.value}).model_dump()["right"] is right
        else:
            with pytest.raises(ValidationError, match="right"):
                message.model_validate(known | {"right": right.value})
