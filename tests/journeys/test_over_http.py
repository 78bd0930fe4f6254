"""The path through four processes that speak the signed protocol: all well, then one dead, one hanging, one lying."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from attrs import evolve

from alarm_company.company import Company
from alarm_company.site import Site
from alarm_company.world import Customer, Person, World
from sectorprivacy.errors import ServiceFailed
from sectorprivacy.integrations.http_signatures import HttpSigner
from sectorprivacy.integrations.httpx2 import HttpService
from sectorprivacy.rights.coordinator import Case, CaseVault, Fold, MemoryCases, failures, fold
from sectorprivacy.rights.package import verify_package
from sectorprivacy.rights.protocol import (
    JSON,
    MANIFEST_PATH,
    FindTask,
    HttpRequest,
    content_digest,
    task_path,
    write_message,
)
from sectorprivacy.signing import Signer, Verifier
from sectorprivacy.testing import AnswersForAnotherPerson, DropsDataSet, scan_files
from sectorprivacy.vocabulary import Identifier, Right
from tests.journeys.path import IMPATIENT, SIGNER, access, coordinator, customer, erase, gathered, unpack, write
from tests.journeys.tables import keys_where, read_tables

CUSTOMERS = 40
WORLD = World.generate(seed=1, customers=CUSTOMERS)
STORY = WORLD.story


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The four services as processes, for all tests of this module: each leaves them running and sound."""
    root = tmp_path_factory.mktemp("sites")
    with Company(root, world=f"1,{CUSTOMERS},{WORLD.today.isoformat()}") as running:
        yield running


@contextmanager
def hanging(process: subprocess.Popen[str]) -> Iterator[None]:
    """The process takes connections, as its kernel does, and answers nothing."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def number_of(person: Person) -> Identifier:
    (number,) = WORLD.customer_numbers_of(person)
    return customer(number)


def others_who_wrote() -> tuple[Customer, ...]:
    """Customers whom the story is not about: nothing hangs on them but the test that erases them."""
    return tuple(each for each in WORLD.customers if not STORY.is_about(each.person) and WORLD.messages_of(each.person))


def kill(company: Company, name: str) -> None:
    company.process(name).send_signal(signal.SIGKILL)
    company.process(name).wait()


def failed(case: Case) -> dict[str, set[str]]:
    """By service, the reason codes of what failed there; services in which nothing did are left out."""
    codes = {name: {code for _, code in failures(answer)} for name, answer in case.answers.items()}
    return {name: found for name, found in codes.items() if found}


def exported(case: Case, service: str) -> dict[str, int]:
    return {each.dataset: each.records for each in case.answers[service].exports if each.code is None}


async def test_access_over_http(company: Company, tmp_path: Path):
    """The copy that came over the wire is as complete as the one in process, and verifies with the pinned key."""
    async with company.services() as services:
        asked = coordinator(services, company.verifiers, tmp_path / "work")
        case = await access(asked, customer(STORY.customer_number))
        await write(asked, case, tmp_path / "copy.zip")
    assert fold(case) is Fold.COMPLETE
    assert verify_package(tmp_path / "copy.zip", SIGNER.verifier).records > 0
    person = STORY.requester
    assert exported(case, "billing") == {"billing.invoice": len(WORLD.invoices_of(person))}
    assert exported(case, "contact_centre") == {
        "contact_centre.message": len(WORLD.messages_of(person)),
        "contact_centre.recording": len(WORLD.recordings_of(person)),
    }
    assert exported(case, "monitoring") == {
        "monitoring.arming_event": len(WORLD.events_visible_to(person)),
        "monitoring.activation": len(WORLD.activations_of(person)),
        "monitoring.image": len(WORLD.images_of(person)),
    }
    assert len(case.attachments) == len(WORLD.images_of(person)) + len(WORLD.recordings_of(person))
    others = {value for each in WORLD.people if each != person for value in WORLD.values_of(each)}
    assert scan_files(unpack(tmp_path / "copy.zip"), others) == ()


async def test_an_unknown_customer_over_http(company: Company, tmp_path: Path):
    """Nothing held is an answer of every service, not an error of one."""
    async with company.services() as services:
        case = await access(coordinator(services, company.verifiers, tmp_path), customer("C-0000000"))
    assert fold(case) is Fold.COMPLETE
    assert [(answer.ref, answer.failed) for answer in case.answers.values()] == [(None, None)] * 4


async def test_one_is_dead_one_hangs_one_lies(company: Company, tmp_path: Path):
    """The case goes on without them, ends partial, and names each; what the sound one holds is complete.

    The later owner is asked for: in every service, and not the person whom another test erases.
    """
    person = STORY.later_owner
    async with company.services() as services:
        lying = {**services, "monitoring": AnswersForAnotherPerson(services["monitoring"])}
        asked = coordinator(lying, company.verifiers, tmp_path / "work", limits=IMPATIENT)
        case = await asked.receive([Right.ACCESS], [number_of(person)])
        await asked.find(case.id)
        kill(company, "contact_centre")
        with hanging(company.process("billing")):
            case = await gathered(asked, case)
        await write(asked, case, tmp_path / "copy.zip")
    company.restart("contact_centre")
    assert fold(case) is Fold.PARTIAL
    assert failed(case) == {
        "billing": {"timed_out"},
        "contact_centre": {"unreachable"},
        "monitoring": {"other_person"},
    }
    assert set(exported(case, "crm")) == {each.dataset for each in case.answers["crm"].exports}
    accounted = verify_package(tmp_path / "copy.zip", SIGNER.verifier).services
    outcomes = {each.service: {part.outcome for part in each.datasets} for each in accounted}
    assert {name for name, found in outcomes.items() if found == {"failed"}} == set(failed(case))
    missing = (unpack(tmp_path / "copy.zip") / "START-HERE.html").read_text()
    assert "Something is missing" in missing


async def test_a_case_is_taken_up_when_the_dead_service_is_back(company: Company, tmp_path: Path):
    """A killed process lost nothing: restarted, it answers the task of the case that went on without it."""
    kept = {"cases": MemoryCases(), "vault": CaseVault.generate()}
    async with company.services() as services:
        asked = coordinator(services, company.verifiers, tmp_path / "work", **kept)
        case = await asked.receive([Right.ACCESS], [number_of(STORY.later_owner)])
        await asked.find(case.id)
        kill(company, "contact_centre")
        case = await gathered(asked, case)
    assert (fold(case), failed(case)) == (Fold.PARTIAL, {"contact_centre": {"unreachable"}})
    company.restart("contact_centre")
    async with company.services() as services:
        case = await gathered(coordinator(services, company.verifiers, tmp_path / "work", **kept), case)
    assert fold(case) is Fold.COMPLETE
    assert exported(case, "contact_centre")["contact_centre.recording"] == len(WORLD.recordings_of(STORY.later_owner))


async def test_silent_from_the_start(company: Company, tmp_path: Path):
    """A service that does not even say what it declares is no service that holds nothing."""
    async with company.services() as services:
        with hanging(company.process("billing")):
            asked = coordinator(services, company.verifiers, tmp_path, limits=IMPATIENT)
            case = await access(asked, number_of(STORY.friend))
    assert (fold(case), failed(case)) == (Fold.PARTIAL, {"billing": {"timed_out"}})


async def test_an_erasure_leaves_out_who_does_not_answer(company: Company, tmp_path: Path):
    """Nothing is applied where nothing could be planned, nor where the links are known; the others sign for theirs."""
    person = others_who_wrote()[0]
    async with company.services() as services:
        cut = DropsDataSet(services["billing"], "billing.invoice")
        erased = await erase(
            coordinator({**services, "billing": cut}, company.verifiers, tmp_path), customer(person.number)
        )
    assert fold(erased.case) is Fold.PARTIAL
    assert failed(erased.case) == {"billing": {"not_planned"}, "crm": {"held_back"}}
    assert {each.service for each in erased.verification.deviations} == {"billing", "crm"}
    answers = erased.case.answers
    signed = {name for name, answer in answers.items() if answer.evidence is not None}
    assert signed == {"contact_centre", "monitoring"}
    billed = keys_where(read_tables(company.root), "billing/data.db/invoice", customer=person.number)
    assert {number for (number,) in billed} == WORLD.invoices_of(person.person)


async def test_an_erasure_goes_on_when_the_dead_service_is_back(company: Company, tmp_path: Path):
    """Who died between plan and apply carries out the same plan once it is back, and signs for it."""
    person = others_who_wrote()[1]
    kept = {"cases": MemoryCases(), "vault": CaseVault.generate()}
    async with company.services() as services:
        asked = coordinator(services, company.verifiers, tmp_path, **kept)
        case = await asked.receive([Right.ERASURE], [customer(person.number)])
        await asked.find(case.id)
        plan = await asked.plan(case.id)
        kill(company, "contact_centre")
        case = await asked.apply(case.id, plan.digest)
    assert (fold(case), failed(case)) == (Fold.PARTIAL, {"contact_centre": {"unreachable"}, "crm": {"held_back"}})
    company.restart("contact_centre")
    async with company.services() as services:
        asked = coordinator(services, company.verifiers, tmp_path, **kept)
        case = await asked.apply(case.id, plan.digest)
        verification = await asked.verify(case.id)
    assert (fold(case), failed(case)) == (Fold.COMPLETE_WITH_RETAINED, {})
    assert verification.deviations == ()
    assert case.answers["contact_centre"].evidence is not None


async def test_erasure_over_http(company: Company, tmp_path: Path):
    """Plan, apply, look again, receipts; of the person only what the law keeps is in any file of any service."""
    async with company.services() as services:
        erased = await erase(coordinator(services, company.verifiers, tmp_path), customer(STORY.customer_number))
    assert fold(erased.case) is Fold.COMPLETE_WITH_RETAINED
    assert erased.verification.deviations == ()
    assert [answer.receipt_failed for answer in erased.case.answers.values()] == [None] * 4
    hits = scan_files(company.root, WORLD.values_of(STORY.requester))
    found = {(str(hit.path.relative_to(company.root)), hit.value) for hit in hits}
    assert found == {("billing/data.db", STORY.customer_number), ("crm/data.db", STORY.customer_number)}


# Who may not ask


async def test_a_stranger_is_refused(company: Company):
    """Whose key was not pinned learns nothing, not even whether the person exists, and leaves no trace."""
    before = read_tables(company.root / "crm")
    stranger = HttpSigner(Signer.generate())
    verifier = Verifier.load(Site(company.root / "crm", b"").public_key("answers"))
    async with HttpService(company.urls["crm"], signer=stranger, verifier=verifier) as service:
        with pytest.raises(ServiceFailed) as refused:
            await service.find(FindTask(task=uuid4(), case=uuid4(), who=(customer(STORY.customer_number),)))
    assert refused.value.reason == "unauthorised"
    assert read_tables(company.root / "crm") == before


async def test_a_forged_signature_is_refused(company: Company):
    """A request in the coordinator's name that it did not sign: 401, nothing told and nothing done."""
    before = read_tables(company.root / "crm")
    response = await _send(_forged(company))
    assert response.status_code == 401
    assert STORY.customer_number not in response.text
    assert read_tables(company.root / "crm") == before


async def test_an_unsigned_request_is_refused(company: Company):
    """Also what a service declares is for its peers alone."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        response = await client.get(company.urls["crm"] + MANIFEST_PATH)
    assert response.status_code == 401


def _forged(company: Company) -> HttpRequest:
    """Sound in every byte but the signature, which another key made."""
    task = FindTask(task=uuid4(), case=uuid4(), who=(customer(STORY.customer_number),))
    body = write_message(task)
    request = HttpRequest(
        method="PUT",
        base_url=company.urls["crm"],
        target=task_path("find", task.task),
        headers=(("content-type", JSON), content_digest(body)),
        body=body,
    )
    forger = Signer.generate()
    signed = HttpSigner(forger).sign(request)
    coordinators_key = Verifier.load(company.root / "coordinator.pem").key_id
    return evolve(
        request,
        headers=tuple((name, value.replace(forger.key_id, coordinators_key)) for name, value in signed.headers),
    )


async def _send(request: HttpRequest) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.request(
            request.method, request.base_url + request.target, headers=dict(request.headers), content=request.body
        )
