"""One person's access and erasure through the four services in this process, held against what the world knows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from alarm_company.site import SERVICES
from alarm_company.world import Person, World, draw_image, record_call
from sectorprivacy.rights.coordinator import COUNTERSIGNATURE_TYPE, Countersignature, Fold, fold
from sectorprivacy.rights.protocol import RECEIPT_TYPE, Receipt
from sectorprivacy.signing import Envelope
from tests.journeys.in_process import Journey, digest, digests, hits, walk, withheld_picture
from tests.journeys.path import SIGNER
from tests.journeys.tables import Changes, added, changes, keys_where

MEMORY = {
    *("sectorprivacy_journal", "sectorprivacy_file_intent", "sqlite_sequence"),
    *("sp_log", "sp_scope", "sp_subject", "sp_tombstone", "sp_nonce", "sp_plan_page", "sp_task", "sp_key"),
    *("sp_group", "sp_group_member"),
}
"""Tables in which the services keep what they did, and under which reference they know whom."""

CHANGED = {"erased", "unlinked", "anonymised", "key_destroyed"}
"""Outcomes after which a row is not what it was."""


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Walked once, looked at by all tests."""
    return asyncio.run(walk(tmp_path_factory.mktemp("company")))


def others_in(world: World) -> Iterator[Person]:
    return (person for person in world.people if person != world.story.requester)


# What the person receives


def test_every_service_answered_for_every_data_set(journey: Journey):
    """Silence is no answer: the signed manifest accounts for all that the services declared (Art. 15(1))."""
    accounted = {each.service: {part.dataset for part in each.datasets} for each in journey.verified.services}
    declared = {
        name: {each.id for each in answer.manifest.datasets}
        for name, answer in journey.access.answers.items()
        if answer.manifest is not None
    }
    assert accounted == declared
    assert set(accounted) == set(SERVICES)
    assert fold(journey.access) is Fold.COMPLETE


def test_the_person_was_found_from_the_customer_number_alone(journey: Journey):
    """Monitoring knows no names and no customer numbers: what crm links leads there, in rounds."""
    kinds = {edge.identifier.kind for edge in journey.access.edges if edge.kind != "given"}
    assert {"email", "telephone", "installation", "user_slot"} <= kinds
    assert max(edge.round for edge in journey.access.edges) > 0
    assert journey.access.doubts == ()


def test_the_copy_has_the_persons_records_and_no_others(journey: Journey):
    """Record for record what the world says: nothing of the former home's later life, nor of an earlier lodger's."""
    world, person = journey.world, journey.person
    later = {each.id for each in world.arming_events if each.at >= world.story.moved} - world.events_given_by(person)
    assert later & {each.id for each in world.arming_events if each.installation == world.story.former_home.number}
    assert journey.ids("monitoring.arming_event") == world.events_visible_to(person)
    assert journey.ids("monitoring.activation") == world.activations_of(person)
    assert journey.ids("billing.invoice") == world.invoices_of(person)
    assert journey.ids("contact_centre.message") == world.messages_of(person)
    assert journey.ids("contact_centre.recording") == world.recordings_of(person)


def test_the_copy_has_what_crm_knows(journey: Journey):
    """Sealed values are opened for their person, and for each link there is the row it came from."""
    person, number = journey.person, journey.world.story.customer_number
    (record,) = journey.records("crm.customer").values()
    assert record["fields"]["national_id"] == person.national_id
    assert record["fields"]["telephone"] == person.telephone
    rows = {
        **{f"crm.{each}": len(keys_where(journey.filled, f"crm/data.db/{each}", customer_number=number))
           for each in ("agreement", "ownership", "consent", "objection")},
        "crm.ownership_change": len(keys_where(journey.filled, "crm/data.db/ownership_change", old=number)),
        "crm.user_slot": len(keys_where(journey.filled, "crm/data.db/user_slot", email=person.email)),
        "crm.contact_person": len(keys_where(journey.filled, "crm/data.db/contact_person", customer_number=number))
        + len(keys_where(journey.filled, "crm/data.db/contact_person", email=person.email)),
    }  # fmt: skip
    assert {dataset: len(journey.records(dataset)) for dataset in rows} == rows
    assert all(rows.values())


def test_whose_code_it_was_is_shown_to_that_person_alone(journey: Journey):
    """The owner of a home learns that it was disarmed, not by which of the people who live there (Art. 15(4))."""
    own, elsewhere = journey.world.events_given_by(journey.person), only_given(journey)
    places = {event.id: event.slot for event in journey.world.arming_events}
    records = journey.records("monitoring.arming_event")
    shown = {number: records[f"i{number}"]["fields"].get("slot") for number in journey.ids("monitoring.arming_event")}
    assert shown == {number: places[number] if number in own else None for number in shown}
    for number in shown:
        withheld = {each["field"] for each in records[f"i{number}"].get("withheld", ())}
        others_code = number not in own and places[number] is not None
        assert withheld == ({"slot"} if others_code else {"installation"} if number in elsewhere else set())


def test_pictures_and_recordings_come_as_they_were_made(journey: Journey):
    """Files are what the service holds, unsealed, byte for byte; what the review held back is named and not there."""
    world, person = journey.world, journey.person
    pictures = {name: digest(draw_image(name)) for name in world.images_of(person)}
    withheld = pictures.pop(withheld_picture(world))
    mine = [each for each in world.recordings if each.id in world.recordings_of(person)]
    sounds = [digest(record_call(each.id, each.seconds)) for each in mine]
    received = {path.stem: digest(path.read_bytes()) for path in (journey.copy / "attachments").iterdir()}
    assert received == {each: each for each in (*pictures.values(), *sounds)}
    assert withheld in (journey.copy / "data/monitoring/monitoring.image.ndjson").read_text()
    assert "It shows somebody else" in (journey.copy / "withheld.html").read_text()


def test_nothing_of_anybody_else_is_in_the_copy(journey: Journey):
    """No value of the housemate, of those who moved in later, of friends, nor of anybody in the world (Art. 15(4))."""
    world, own = journey.world, journey.world.values_of(journey.person)
    others = {value for person in others_in(world) for value in world.values_of(person)}
    homes = {slot for slot in world.user_slots if slot.installation in world.story.homes}
    others |= {each.slot for each in homes} - {each.slot for each in homes if each.person == journey.person}
    assert f"{world.story.former_home.number}/2" in others
    assert hits(journey.copy, others) == frozenset()
    assert {value for _, value in hits(journey.copy, set(own))} == own


def test_the_copy_says_what_the_data_is_used_for(journey: Journey):
    """With the data come the facts about it, also of the law that keeps some of it (Art. 15(1))."""
    information = (journey.copy / "information.html").read_text()
    for fact in ("Bookkeeping Act", "Fakturatrykk AS", "Datatilsynet", "monitoring your alarm"):
        assert fact.lower() in information.lower()


def test_reading_changes_no_data(journey: Journey):
    """An access request leaves every record as it was."""
    changed = changes(journey.filled, journey.answered)
    assert {table.rpartition("/")[2] for table in changed} <= {"sqlite_sequence"}
    assert {table.rpartition("/")[2] for table in added(journey.filled, journey.answered)} <= MEMORY


# Somebody nobody knows


def test_an_unknown_customer_is_told_that_nothing_is_held(journey: Journey):
    """Every service answered, no data set holds anything, and the signed package says so in words."""
    outcomes = {part.outcome for each in journey.nothing.services for part in each.datasets}
    assert (outcomes, journey.nothing.records) == ({"none_held"}, 0)
    assert [each.failed for each in journey.nothing.services] == [None] * len(SERVICES)
    assert fold(journey.unknown) is Fold.COMPLETE
    page = (journey.nothing_copy / "START-HERE.html").read_text()
    assert page.count("We looked, and nothing here is about you.") == len(SERVICES)
    assert "holds data about you" in (journey.nothing_copy / "information.html").read_text()


def test_asking_for_an_unknown_customer_makes_nobody(journey: Journey):
    """A question is no reason to keep a reference or a key of whoever was asked for."""
    new = added(journey.answered, journey.asked_unknown)
    assert not [table for table in new if table.endswith(("/sp_subject", "/sp_key", "/sp_scope"))]


# What is erased, and what is not


def test_the_plan_says_what_the_law_keeps(journey: Journey):
    """Five years of accounts stay under the bookkeeping act and each with its date; all else of the person goes."""
    world, person = journey.world, journey.person
    plans = {each.dataset: each for service in journey.erased.plan.services.values() for each in service}
    kept = world.invoices_kept_by_law(person)
    (invoices, events) = (plans["billing.invoice"], plans["monitoring.arming_event"])
    assert invoices.outcomes == {"retained": len(kept), "erased": len(world.invoices_of(person) - kept)}
    assert {each.law for each in invoices.retained} == {"Bookkeeping Act (bokføringsloven) s. 13"}
    years = {invoice.issued.year for invoice in world.invoices if invoice.id in kept}
    assert {each.until for each in invoices.retained} == {f"{year + 6}-01-01" for year in years}
    owned = world.events_visible_to(person) - only_given(journey)
    assert events.outcomes == {"erased": len(owned), "unlinked": len(only_given(journey))}
    assert {each.dataset for each in plans.values() if each.retained} == {"billing.invoice", "crm.objection"}


def test_what_remains_is_what_was_planned(journey: Journey):
    """The coordinator looks for itself afterwards, and the outcome says that the law keeps something."""
    assert journey.erased.verification.deviations == ()
    assert len(journey.erased.verification.rest) == sum(len(each.datasets) for each in journey.verified.services)
    assert fold(journey.erased.case) is Fold.COMPLETE_WITH_RETAINED


def test_each_service_signed_what_it_did(journey: Journey):
    """A receipt verifies with the service's own key, says what was planned, and is countersigned (Art. 5(2))."""
    for name, answer in journey.erased.case.answers.items():
        assert answer.evidence is not None
        envelope = Envelope.from_json(answer.evidence.receipt.encode())
        receipt = Receipt.model_validate_json(envelope.verify(journey.verifiers[name], RECEIPT_TYPE))
        told = {each.dataset: dict(each.outcomes) for each in receipt.datasets}
        assert told == {each.dataset: dict(each.outcomes) for each in journey.erased.plan.services[name]}
        assert set(receipt.horizon.values()) == {"now"}
        countersigned = Envelope.from_json(answer.evidence.countersignature.encode())
        word = Countersignature.model_validate_json(countersigned.verify(SIGNER.verifier, COUNTERSIGNATURE_TYPE))
        assert word.receipt == digest(answer.evidence.receipt.encode())


def test_other_peoples_rows_are_equal_byte_for_byte(journey: Journey):
    """In every table of every database, exactly the rows of the plan are gone or lose exactly the person."""
    happened = changes(journey.filled, journey.gone)
    data = {table: rows for table, rows in happened.items() if table.rpartition("/")[2] not in MEMORY}
    assert data == planned(journey)
    assert {table.rpartition("/")[2] for table in added(journey.filled, journey.gone)} <= MEMORY


def test_the_counts_of_the_plan_are_the_rows_that_changed(journey: Journey):
    """A plan that says less than what happens would have been shown to a human in vain."""
    told = {
        service: sum(number for each in plans for outcome, number in each.outcomes.items() if outcome in CHANGED)
        for service, plans in journey.erased.plan.services.items()
    }
    assert told == Counter(table.partition("/")[0] for table, rows in planned(journey).items() for _ in rows)


def test_nobody_else_lost_a_key_or_a_reference(journey: Journey):
    """The person's keys go where values were sealed, and leave tombstones; crm's objection needs the reference."""
    happened = changes(journey.filled, journey.gone)
    known = ("/sp_key", "/sp_subject", "/sp_group", "/sp_group_member")
    lost = {table: list(rows.values()) for table, rows in happened.items() if table.endswith(known)}
    keys = [lost.pop("contact_centre/keys.db/sp_key"), lost.pop("crm/keys.db/sp_key")]
    # Of the two names under which the contact centre knows the person, and of their own group of these two.
    assert [[row and row["wrapped"] for row in rows] for rows in keys] == [[None, None, None], [None]]
    assert lost == {
        "contact_centre/privacy.db/sp_subject": [None, None],
        "contact_centre/privacy.db/sp_group": [None],
        "contact_centre/privacy.db/sp_group_member": [None, None],
    }


def test_those_who_shared_a_home_still_get_all_of_theirs(journey: Journey):
    """Whoever bought the former home, and whoever owns the present one, asks afterwards and misses nothing."""
    world = journey.world
    for person, copy in journey.others.items():
        customer = journey.records("crm.customer", copy)
        assert [each["fields"]["national_id"] for each in customer.values()] == [person.national_id]
        assert journey.ids("monitoring.arming_event", copy) == world.events_visible_to(person)
        assert journey.ids("billing.invoice", copy) == world.invoices_of(person)
        assert journey.ids("contact_centre.message", copy) == world.messages_of(person)
        mine = [each for each in world.recordings if each.id in world.recordings_of(person)]
        files = {digest(draw_image(name)) for name in world.images_of(person)}
        files |= {digest(record_call(each.id, each.seconds)) for each in mine}
        assert {path.stem for path in (copy / "attachments").iterdir()} == files
        assert hits(copy, set(world.values_of(journey.person))) == frozenset()


def test_other_peoples_files_are_equal_byte_for_byte(journey: Journey):
    """Of all pictures and recordings, the person's are gone and the others untouched."""
    world, person = journey.world, journey.person
    sounds = {each.file for each in world.recordings if each.id in world.recordings_of(person)}
    own = {f"monitoring/files/{name}" for name in world.images_of(person)}
    own |= {f"contact_centre/files/{name}" for name in sounds}
    assert own <= set(journey.files)
    left = digests(journey.sites)
    assert left == {name: digest for name, digest in journey.files.items() if name not in own}


def test_raw_files_hold_only_what_the_law_keeps(journey: Journey):
    """A customer number on accounts and on an objection, and in no file, log or free page anything else."""
    found = hits(journey.sites, set(journey.world.values_of(journey.person)))
    number = journey.world.story.customer_number
    assert found == {("billing/data.db", number), ("crm/data.db", number)}


def test_sealed_values_never_lay_in_the_clear(journey: Journey):
    """Before anything was erased, crm's own copies of identity and telephone numbers were in no file of it."""
    world = journey.world
    identity = {each.person.national_id for each in world.customers}
    named = {contact.telephone for contact in world.contact_persons}
    sealed = identity | ({each.person.telephone for each in world.customers} - named)
    assert len(sealed) > len(world.customers)
    assert [hit for hit in journey.sealed_hits if hit[0].startswith("crm/") and hit[1] in sealed] == []
    assert [hit for hit in journey.sealed_hits if hit[1] in identity] == []
    assert ("contact_centre/data.db", journey.person.telephone) in journey.sealed_hits


def test_recordings_lie_sealed(journey: Journey):
    """The sound of a call cannot be listened to by whoever finds the file."""
    left = [each for each in journey.world.recordings if (journey.sites / "contact_centre/files" / each.file).exists()]
    assert left
    for each in left:
        sealed = (journey.sites / "contact_centre/files" / each.file).read_bytes()
        assert record_call(each.id, each.seconds)[1000:1064] not in sealed
        assert b"WAVE" not in sealed[:64]


def test_a_closed_case_is_forgotten_by_every_service(journey: Journey):
    """Whom it was about lies in no privacy database any longer; the one case that is still open shows what would."""
    memory = [rows for table, rows in journey.gone.items() if table.endswith(("/sp_scope", "/sp_task"))]
    assert {row["case"] for rows in memory for row in rows.values()} == {journey.unknown.id.hex}


def test_a_closed_case_leaves_no_files(journey: Journey):
    """Pictures that a human looked at do not outlive the case in its work folder."""
    assert [path for path in journey.work.rglob("*") if path.is_file()] == []


def only_given(journey: Journey) -> set[int]:
    """Events in somebody else's home with the person's code: they stay that home's, without the person."""
    world, person = journey.world, journey.person
    (former,) = {each.installation for each in world.ownerships if each.customer == world.story.customer_number}
    given = world.events_given_by(person)
    return {each.id for each in world.arming_events if each.id in given and each.installation != former}


def planned(journey: Journey) -> Changes:
    """What ought to happen to rows that hold data, from the world alone."""
    world, person, number = journey.world, journey.person, journey.world.story.customer_number

    def where(table: str, **values: object) -> set[tuple[Any, ...]]:
        return keys_where(journey.filled, table, **values)

    contacts, moves = "crm/data.db/contact_person", "crm/data.db/ownership_change"
    gone = {
        "crm/data.db/customer": where("crm/data.db/customer", number=number),
        contacts: where(contacts, customer_number=number),
        "crm/data.db/user_slot": where("crm/data.db/user_slot", email=person.email),
        "monitoring/data.db/arming_event": {(i,) for i in world.events_visible_to(person) - only_given(journey)},
        "monitoring/data.db/activation": {(i,) for i in world.activations_of(person)},
        "monitoring/data.db/image": {
            key for name in world.images_of(person) for key in where("monitoring/data.db/image", file=name)
        },
        "billing/data.db/invoice": {(i,) for i in world.invoices_of(person) - world.invoices_kept_by_law(person)},
        "contact_centre/data.db/message": {(i,) for i in world.messages_of(person)},
        "contact_centre/data.db/recording": {(i,) for i in world.recordings_of(person)},
    }
    for table in ("agreement", "ownership", "consent"):
        gone[f"crm/data.db/{table}"] = where(f"crm/data.db/{table}", customer_number=number)
    happens: Changes = {table: dict.fromkeys(keys) for table, keys in gone.items()}
    nobody = {"name": None, "telephone": None, "email": None}
    happens[contacts] |= dict.fromkeys(where(contacts, email=person.email), nobody)
    happens[moves] = {key: {"old": None} for key in where(moves, old=number)}
    happens["monitoring/data.db/arming_event"] |= {(i,): {"slot": None} for i in only_given(journey)}
    return happens
