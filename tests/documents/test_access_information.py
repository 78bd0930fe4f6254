from __future__ import annotations

import pytest

from sectorprivacy.documents import Document, Holding, access_information, to_markdown
from sectorprivacy.errors import ActivityNotDeclared
from sectorprivacy.policy import Activity, Controller, Keep, Policy, Recipient
from sectorprivacy.vocabulary import Basis, Capacity, Safeguard, Source, categories, purposes

COLLECTOR = Recipient(name="Nets Norge AS", capacity=Capacity.PROCESSOR, task="collects payments", country="NO")
SENDER = Recipient(
    name="Twilio Inc.",
    capacity=Capacity.PROCESSOR,
    task="sends text messages",
    country="US",
    safeguard=Safeguard.STANDARD_CLAUSES,
)
BILLING = Activity(
    "billing",
    purpose=purposes.PAYMENT,
    basis={"customer": Basis.CONTRACT},
    uses=[categories.TRANSACTION],
    keep=Keep(years=5, after="invoice_issued", end_of_year=True, law="Bookkeeping Act s. 13"),
    recipients=[COLLECTOR],
)
MONITOR = Activity(
    "monitor",
    title="monitoring alarms",
    purpose=purposes.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT, "alarm_user": Basis.LEGITIMATE_INTEREST},
    interest="keeping a home safe",
    uses=[categories.EVENT],
    keep=Keep(months=6, after="event"),
    recipients=[SENDER],
)
POLICY = Policy(
    Controller(
        "Sector Alarm Group AS", id="sector-alarm", country="NO", dpo="dpo@example.no", authority="Datatilsynet"
    ),
    [BILLING, MONITOR],
)


def holding(role: str = "customer", activities: tuple[str, ...] = ("billing",)) -> Holding:
    return Holding(
        service="Invoices",
        categories=["transaction"],
        sources=[Source.GENERATED],
        roles=[role],
        activities=activities,
    )


def text(*holdings: Holding, recipients: list[Recipient] | None = None) -> str:
    return to_markdown(access_information(POLICY, holdings=holdings, recipients=recipients))


@pytest.mark.parametrize(
    "fact",
    [
        "Payment management",  # (a) purposes
        "invoices and payments",  # (b) categories
        "Nets Norge AS",  # (c) recipients
        "5 years from the end of the year of “invoice issued” (Bookkeeping Act s. 13)",  # (d) period
        "Correction of what is wrong (Art. 16)",  # (e) rights
        "Datatilsynet (Art. 77)",  # (f) complaint
        "made by us",  # (g) source
        "no decision about you by automated means alone",  # (h) automated decisions
        "Needed for our agreement with you (Art. 6(1)(b))",
        "dpo@example.no",
    ],
)
def test_states_each_fact_of_article_15(fact: str) -> None:
    """Art. 15(1)(a) to (h): an access answer that leaves one of the facts out is incomplete."""
    assert fact in text(holding())


def test_names_the_safeguard_of_a_transfer() -> None:
    """Art. 15(2): data that leaves the EEA is shown with the country and what protects it there."""
    assert "United States, outside the EU and the EEA, on the basis of the EU's standard contractual clauses" in text(
        holding(activities=("monitor",))
    )


def test_the_basis_is_that_of_the_persons_own_role() -> None:
    """A basis holds per role: an alarm user reads their own, not the customer's."""
    told = text(holding("alarm_user", ("monitor",)))
    assert "Our legitimate interest: keeping a home safe (Art. 6(1)(f))" in told
    assert "agreement with you" not in told


def test_several_roles_are_told_apart() -> None:
    """A person in two roles reads which basis belongs to which."""
    told = text(holding("customer", ("monitor",)), holding("alarm_user", ("monitor",)))
    assert "As customer: needed for our agreement with you" in told
    assert "As alarm user: our legitimate interest" in told


def test_an_activity_that_does_not_cover_the_person_is_left_out() -> None:
    """Billing concerns customers only: an alarm user's answer does not claim that it concerns them."""
    told = text(holding("alarm_user", ("billing", "monitor")))
    assert "Billing" not in told
    assert "Nets" not in told


def test_rights_follow_the_bases() -> None:
    """Portability needs consent or contract (Art. 20), objection a legitimate interest (Art. 21)."""
    customer, user = text(holding()), text(holding("alarm_user", ("monitor",)))
    assert "(Art. 20)" in customer
    assert "(Art. 21)" not in customer
    assert "(Art. 20)" not in user
    assert "(Art. 21)" in user


def test_actual_recipients_replace_the_possible_ones() -> None:
    """C-154/21: where disclosures are recorded, the person reads who really received the data."""
    told = text(holding(activities=("billing", "monitor")), recipients=[SENDER])
    assert "Twilio" in told
    assert "Nets" not in told
    assert "Nobody outside the company" in text(holding(), recipients=[])


def test_nothing_held_is_an_answer() -> None:
    """Somebody unknown reads that nothing is held, and still learns of their rights and the authority."""
    told = text()
    assert "None of our services that answered holds data about you" in told
    assert "Datatilsynet" in told


def test_what_the_register_does_not_know_is_refused() -> None:
    """Facts of processing come from the register alone; a service cannot add its own."""
    with pytest.raises(ActivityNotDeclared):
        text(holding(activities=("selling",)))


def test_a_word_of_the_companys_own_reads_as_its_id() -> None:
    """A company may have categories and roles of its own; the person reads them, if plainly."""
    told = text(Holding(service="X", categories=["x.door_code-log"], sources=[], roles=["customer"], activities=[]))
    assert "| X | x door code log |" in told


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        ("nb", ["Behandlingsgrunnlag", "Nødvendig for avtalen vi har med deg (art. 6 nr. 1 bokstav b)", "art. 77"]),
        ("sv", ["Rättslig grund", "Nödvändigt för vårt avtal med dig (artikel 6.1 b)", "artikel 77"]),
    ],
)
def test_the_person_reads_it_in_their_language(language: str, facts: list[str]) -> None:
    """Art. 12(1): clear and plain language is the reader's own."""
    document = access_information(POLICY, holdings=[holding()], language=language)
    assert document.language == language
    told = to_markdown(document)
    assert [fact for fact in facts if fact not in told] == []


def test_an_event_reads_as_the_register_words_it() -> None:
    """The register words the events that retention counts from; the id stands where it does not."""
    worded = Policy(POLICY.controller, POLICY.activities, events={"invoice_issued": {"en": "the invoice"}})
    told = to_markdown(access_information(worded, holdings=[holding()]))
    assert "5 years from the end of the year of the invoice (Bookkeeping Act s. 13)" in told


def test_json_form_reads_back_equal() -> None:
    """A document is a tree that survives JSON: other renderers work from it."""
    document = access_information(POLICY, holdings=[holding()])
    assert Document.model_validate_json(document.model_dump_json()) == document
