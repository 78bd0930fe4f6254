from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from alarm_company.policy import models, policy
from sectorprivacy.annotations import read_fields
from sectorprivacy.documents import DataMap, data_map, to_json_ld
from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.policy import EEA
from sectorprivacy.vocabulary import Basis, Safeguard, SpecialGround, Word, categories, purposes, roles
from tests.documents.large_company import large_data_map

# The library's own parser makes a graph of a kind that the library discourages.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

DPV = Namespace("https://w3id.org/dpv#")
GDPR = Namespace("https://w3id.org/dpv/legal/eu/gdpr#")
BASE = "https://example.com/privacy/"


@pytest.fixture(params=["alarm_company", "large"])
def company(request: pytest.FixtureRequest) -> DataMap:
    """The data map of the reference company, and one that holds a bit of everything."""
    if request.param == "large":
        return large_data_map()
    return data_map(policy, [read_fields(model) for model in models])


@pytest.fixture
def graph(company: DataMap) -> Graph:
    return Graph().parse(data=to_json_ld(company, base=BASE), format="json-ld")


def ids(graph: Graph, sort: str) -> set[str]:
    """Last parts of the identifiers of one sort that something is said of."""
    start = f"{BASE}{sort}/"
    return {str(node).removeprefix(start) for node in set(graph.subjects()) if re.fullmatch(f"{start}[^/]+", str(node))}


def instances(graph: Graph, kind: URIRef, sort: str) -> set[Node]:
    return {node for node in graph.subjects(RDF.type, kind) if re.fullmatch(f"{BASE}{sort}/[^/]+", str(node))}


def own(*parts: str) -> URIRef:
    return URIRef(BASE + "/".join(parts))


def test_everything_of_the_data_map_is_in_it(company: DataMap, graph: Graph) -> None:
    """An RDF library reads the activities, purposes, categories, recipients and fields that are declared."""
    register = company.policy
    held = {word.id for word in company.categories}
    assert instances(graph, DPV.Process, "activity") == {own("activity", each.id) for each in register.activities}
    assert instances(graph, DPV.Purpose, "purpose") == {own("purpose", word.id) for word in register.purposes}
    assert ids(graph, "category") == held | {word.id for word in register.categories}
    assert len(ids(graph, "recipient")) == len(register.recipients)
    assert ids(graph, "service") == set(company.services)
    assert ids(graph, "dataset") == {each.id for each in company.datasets}
    assert ids(graph, "measure") == {word.id for word in register.measures}
    fields = {own("dataset", each.id, field.id) for each in company.datasets for field in each.fields}
    assert set(graph.subjects(DPV.hasDataSource)) == fields
    assert {str(name) for name in graph.objects(own("controller", register.controller.id), DPV.hasName)} == {
        register.controller.name
    }


def test_a_basis_covers_the_roles_it_is_declared_for(company: DataMap, graph: Graph) -> None:
    """Art. 6 holds per activity and role: the pairs of role and basis can be read back."""
    for activity in company.policy.activities:
        found = {
            (str(role).rpartition("/")[2], str(basis).rpartition("#")[2])
            for part in graph.objects(own("activity", activity.id), DPV.hasProcess)
            for role in graph.objects(part, DPV.hasDataSubject)
            for basis in graph.objects(part, DPV.hasLegalBasis)
        }
        assert found == {(role, curie(basis.dpv).rpartition("#")[2]) for role, basis in activity.basis.items()}


def test_what_leaves_the_eea_names_country_and_safeguard() -> None:
    """Chapter V: a transfer is a process of its own with the third country and what permits it."""
    graph = Graph().parse(data=to_json_ld(large_data_map(), base=BASE), format="json-ld")
    transfers = set(graph.subjects(DPV.hasProcessing, DPV.Transfer))
    assert transfers
    for transfer in transfers:
        assert set(graph.objects(transfer, DPV.hasThirdCountry)) == {URIRef("https://w3id.org/dpv/loc#IN")}
        assert set(graph.objects(transfer, DPV.hasLegalBasis)) == {GDPR["A46-2-c"]}
    inside = set(graph.objects(None, DPV.hasCountry))
    assert {str(country).rpartition("#")[2] for country in inside} <= EEA


def test_protected_categories_are_told_apart() -> None:
    """Art. 9 data is a special category to the DPV; what Art. 10 and 87 protect is sensitive; the rest is neither."""
    graph = Graph().parse(data=to_json_ld(large_data_map(), base=BASE), format="json-ld")
    assert set(graph.subjects(RDF.type, DPV.SpecialCategoryPersonalData)) == {
        own("category", "health"),
        own("category", "special"),
    }
    assert set(graph.subjects(RDF.type, DPV.SensitivePersonalData)) == {own("category", "national_id")}


def test_an_own_word_leads_to_the_vocabulary(company: DataMap, graph: Graph) -> None:
    """From every category and purpose, `skos:broader` leads to a term of the DPV, the nearest there is."""
    for word in [*company.categories, *company.policy.categories, *company.policy.purposes]:
        sort = "purpose" if word in company.policy.purposes else "category"
        above = set(graph.transitive_objects(own(sort, word.id), SKOS.broader))
        assert any(str(term).startswith("https://w3id.org/dpv") for term in above), word.id


def test_texts_keep_their_languages() -> None:
    """A title in Norwegian is Norwegian text for whoever reads the graph."""
    graph = Graph().parse(data=to_json_ld(large_data_map(), base=BASE), format="json-ld")
    assert Literal("billing (nb)", lang="nb") in set(graph.objects(own("activity", "billing"), DCTERMS.title))


def curie(term: str | None) -> str:
    prefix, _, name = (term or "").partition(":")
    return PREFIXES[prefix] + name


PREFIXES = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "tech": "https://w3id.org/dpv/tech#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "justifications": "https://w3id.org/dpv/justifications#",
}


def of_the_vocabulary() -> Iterable[str]:
    """Terms of the library's own words, which the tests of the vocabulary hold against the DPV."""
    for module in (categories, purposes, roles):
        yield from (word.dpv for word in vars(module).values() if isinstance(word, Word) and word.dpv)
    yield from (word.dpv for closed in (Basis, SpecialGround, Safeguard) for word in closed if word.dpv)


def test_every_term_is_one_of_the_vocabulary(company: DataMap, graph: Graph, vectors: Path) -> None:
    """No term is invented: it is in the shared vectors, among the words, or on the list verified in the DPV."""
    shared = {term["iri"] for term in json.loads((vectors / "dpv-terms.json").read_text())["terms"]}
    listed = json.loads(Path(__file__).with_name("dpv_terms.json").read_text())["terms"]
    known = shared | {curie(term) for terms in listed.values() for term in terms} | set(map(curie, of_the_vocabulary()))
    known |= {curie(word.dpv) for word in company.policy.measures if word.dpv}
    used = {str(node) for triple in graph for node in triple if str(node).startswith("https://w3id.org/dpv")}
    assert {term for term in used - known if not re.fullmatch(r"https://w3id\.org/dpv/loc#[A-Z]{2}", term)} == set()


def test_reading_it_fetches_nothing(company: DataMap) -> None:
    """Its context is inline and names no other document."""
    context = json.loads(to_json_ld(company))["@context"]
    assert isinstance(context, dict)
    assert "@import" not in context


def test_its_identifiers_are_stable(company: DataMap) -> None:
    """The same data map gives the same bytes, with identifiers under a URN of the controller unless told otherwise."""
    assert to_json_ld(company) == to_json_ld(company)
    assert json.loads(to_json_ld(company))["@context"]["own"] == f"urn:sectorprivacy:{company.policy.controller.id}:"


def test_names_are_encoded() -> None:
    """A recipient's name with spaces and brackets makes an identifier, and reads as it is."""
    graph = Graph().parse(data=to_json_ld(large_data_map(), base=BASE), format="json-ld")
    name = graph.value(own("recipient", "Drift%20%26%20Sikkerhet%20%3CIT%3E%20AS"), DPV.hasName)
    assert str(name) == "Drift & Sikkerhet <IT> AS"


@pytest.mark.parametrize("base", ["", "privacy/", "https://example.com/privacy", "https://example.com/a b/", "x:<>/"])
def test_a_base_that_is_none_is_refused(base: str) -> None:
    """Identifiers begin with an absolute IRI that ends in a delimiter: JSON-LD takes nothing else for a prefix."""
    with pytest.raises(InvalidDeclaration):
        to_json_ld(large_data_map(), base=base)
