"""Finding the person in rounds: whom to ask next, with what, and what their answers add. Pure.

What the requester gave and what a service verified names the person. A link to a thing (an installation, a place on its
panel) travels with its role and period and scopes records, but never names anybody. What is weaker waits for a human.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sectorprivacy.errors import ServiceFailed
from sectorprivacy.rights.coordinator._case import Case, Doubt, Edge, ServiceAnswer, is_proven
from sectorprivacy.rights.protocol import Found, Link, Manifest
from sectorprivacy.vocabulary import ALWAYS, Assurance, Identifier


def known(edges: Iterable[Edge]) -> tuple[Identifier, ...]:
    """The identifiers that disclosure may follow, each once, in the order in which they were learned."""
    return tuple(dict.fromkeys(edge.identifier for edge in edges if is_proven(edge.identifier)))


def names_the_person(who: Iterable[Identifier]) -> bool:
    """Whether somebody can be identified by these at all."""
    return any(is_proven(each) and not each.names_a_thing for each in who)


def question(manifest: Manifest, who: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """What one service is given: the kinds that it accepts, and no other (Art. 5(1)(c))."""
    return tuple(each for each in who if each.kind in manifest.accepts)


def next_questions(case: Case) -> Mapping[str, tuple[Identifier, ...]]:
    """By service id, what to ask in the next round: services that can be asked more than they were before."""
    who = known(case.edges)
    questions: dict[str, tuple[Identifier, ...]] = {}
    for service, answer in case.answers.items():
        if answer.manifest is None or answer.failed is not None or answer.manifest.holds_nothing is not None:
            continue
        asking = question(answer.manifest, who)
        if set(asking) - set(answer.asked):
            questions[service] = asking
    return questions


def taken_in(case: Case, answer: ServiceAnswer, found: Found, round_number: int, *, most: int) -> Case:
    """The case with what one service answered in a round.

    Args:
        case: The case so far.
        answer: The service's answer before, with the question of this round in `asked`.
        found: What it said now; the newest reference counts, because it covers everything the service was given.
        round_number: From 1.
        most: How many identifiers a case may have.

    Raises:
        ServiceFailed: The answer would take the case over that limit.
    """
    if found.ambiguous:
        doubt = Doubt(kind="ambiguous", service=answer.service)
        return _doubted(case, doubt).answered(answer.model_copy(update={"failed": "ambiguous", "ref": None}))
    by_name = names_the_person(answer.asked)
    for link in found.links:
        edge = Edge(
            kind=link.kind,
            identifier=_no_surer(link.identifier),
            round=round_number,
            service=answer.service,
            learned_from=link.learned_from,
        )
        if _may_be_followed(link, answer.manifest, by_name=by_name):
            case = _learned(case, edge)
        else:
            case = _doubted(case, Doubt(kind="weak_link", service=answer.service, edge=edge))
    if len(case.edges) + len(case.doubts) > most:
        raise ServiceFailed(service=answer.service, reason="too_many_links")
    return case.answered(answer.model_copy(update={"ref": found.ref}))


def _may_be_followed(link: Link, manifest: Manifest | None, *, by_name: bool) -> bool:
    """Whether a service may teach this.

    It must have declared that it teaches such identifiers, and name the data set it knows this one from. A thing is
    followed as a link only, and only with a period; a name as the person's only, and nobody is named by way of a thing.
    """
    identifier = link.identifier
    if manifest is None or identifier.kind not in manifest.teaches or not is_proven(identifier):
        return False
    if link.learned_from not in {dataset.id for dataset in manifest.datasets}:
        return False
    if link.kind == "record_link":
        return identifier.names_a_thing and identifier.period != ALWAYS
    return by_name and not identifier.names_a_thing


def _no_surer(identifier: Identifier) -> Identifier:
    """What a service says is verified at best; strong is only what the person proved to us."""
    return replace(identifier, assurance=Assurance.VERIFIED) if is_proven(identifier) else identifier


def _learned(case: Case, edge: Edge) -> Case:
    same = (edge.kind, edge.identifier, edge.service)
    if any((each.kind, each.identifier, each.service) == same for each in case.edges):
        return case
    return case.model_copy(update={"edges": (*case.edges, edge)})


def _doubted(case: Case, doubt: Doubt) -> Case:
    same = (doubt.kind, doubt.service, doubt.edge and doubt.edge.identifier)
    if any((each.kind, each.service, each.edge and each.edge.identifier) == same for each in case.doubts):
        return case
    return case.model_copy(update={"doubts": (*case.doubts, doubt)})
