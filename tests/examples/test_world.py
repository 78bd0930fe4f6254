"""The world of the reference company: it is the same for a seed, its people cannot be confused, its story is told."""

from __future__ import annotations

import io
import itertools
import struct
import wave
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from alarm_company.world import Person, World, draw_image, record_call
from alarm_company.world._names import LAST, MEN, MIDDLE, WOMEN


@pytest.fixture(scope="module")
def world() -> World:
    return World.generate(seed=1, customers=200)


@pytest.fixture(params=[1, 2, 3], ids="seed {}".format, scope="module")
def small(request: pytest.FixtureRequest) -> World:
    return World.generate(seed=request.param, customers=20)


def identifying(person: Person) -> Iterator[str]:
    yield from (person.name, person.email, person.telephone, person.national_id)


def test_the_same_seed_makes_the_same_world() -> None:
    """A failure seen in one run is seen again in the next: nothing but the arguments decides."""
    one, two = (World.generate(seed=7, customers=30) for _ in range(2))
    assert one == two
    assert World.generate(seed=8, customers=30).people != one.people


def test_the_full_world_has_the_size_that_was_promised() -> None:
    """2,000 customers live half a year of at least 200,000 events, so that paging and speed are tried in earnest."""
    world = World.generate()
    assert len(world.customers) == 2000
    assert len(world.arming_events) >= 200_000
    assert len({event.id for event in world.arming_events}) == len(world.arming_events)


@pytest.mark.parametrize("customers", [20, 21, 33, 100])
def test_a_world_has_exactly_the_customers_asked_for(customers: int) -> None:
    """`--customers N` is kept to, the story included."""
    assert len(World.generate(customers=customers).customers) == customers


def test_a_world_too_small_for_its_story_is_refused() -> None:
    """A world without the people of the demo would make every test about them pass."""
    with pytest.raises(ValueError, match="at least 20 customers"):
        World.generate(customers=19)


def test_no_two_people_share_a_value(world: World) -> None:
    """A byte scan that finds a value has found one person."""
    values = [value for person in world.people for value in identifying(person)]
    values += [customer.number for customer in world.customers]
    values += [message.opening for message in world.messages]
    assert len(values) == len(set(values))


def test_no_value_of_a_person_of_the_story_hides_in_somebody_elses(world: World) -> None:
    """What a scan finds of one person is not the beginning or the end of what belongs to another."""
    story = world.story
    for person in (story.requester, story.housemate, story.later_owner, story.customer_at_h):
        others = "\n".join(
            itertools.chain(
                *(identifying(other) for other in world.people if other != person),
                (customer.number for customer in world.customers if customer.person != person),
                (message.body for message in world.messages if message.id not in world.messages_of(person)),
                (installation.address for installation in world.installations),
                (image for activation in world.activations for image in activation.images),
            )
        )
        assert [value for value in world.values_of(person) if value in others] == []


def test_the_names_cannot_hide_in_one_another() -> None:
    """For any seed: no first name ends another one, in letters of a mail address, and no last name begins another."""
    plain = [name.lower().replace("ø", "o").replace("å", "a").replace("æ", "ae") for name in (*WOMEN, *MEN)]
    assert [pair for pair in itertools.permutations(plain, 2) if pair[0].endswith(pair[1])] == []
    assert [pair for pair in itertools.permutations(LAST, 2) if pair[0].startswith(pair[1])] == []
    assert all(len(set(names)) == len(names) for names in (plain, LAST, MIDDLE))


def test_national_identity_numbers_are_well_formed_and_nobodys(world: World) -> None:
    """Eleven digits that a validator accepts, of the test population: 80 is added to the month of birth."""
    for person in world.people:
        digits = [int(digit) for digit in person.national_id]
        born = person.birth_date
        assert person.national_id[:6] == f"{born.day:02}{born.month + 80:02}{born.year % 100:02}"
        assert sum(a * b for a, b in zip((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), digits, strict=False)) % 11 == 0
        assert sum(a * b for a, b in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), digits, strict=True)) % 11 == 0


def test_mail_and_telephone_reach_nobody(world: World) -> None:
    """A demo that sent something by mistake would send it nowhere."""
    for person in world.people:
        host = person.email.partition("@")[2]
        assert host == "example.no" or host.endswith(".example.no")
        assert person.telephone.startswith("+470")
        assert len(person.telephone) == len("+47") + 8


def test_a_place_on_a_panel_is_one_persons_at_a_time(small: World) -> None:
    """Places are used again, one after another: whose code gave a command always has one answer."""
    by_place = defaultdict(list)
    for slot in small.user_slots:
        by_place[slot.slot].append(slot)
    assert any(len(users) > 1 for users in by_place.values())
    for users in by_place.values():
        for earlier, later in itertools.pairwise(users):
            assert earlier.end is not None
            assert earlier.end <= later.start


def test_every_event_was_given_by_somebody_who_lived_there(small: World) -> None:
    """No event is an orphan: with its home and its time, exactly one owner and, with a code, one user is found."""
    for event in small.arming_events:
        owners = [each for each in small.ownerships if each.installation == event.installation]
        assert sum(each.covers(event.at) for each in owners) == 1
        users = [each for each in small.user_slots if each.slot == event.slot]
        assert sum(each.covers(event.at) for each in users) == (0 if event.slot is None else 1)
        assert event.slot is not None or event.command != "disarmed"


def test_events_are_numbered_in_time(world: World) -> None:
    """Ids grow with time, as those of a real event store do, and nothing happens after today has begun."""
    assert list(world.arming_events) == sorted(world.arming_events, key=lambda event: (event.at, event.id))
    today = datetime(2026, 11, 25, tzinfo=UTC)
    assert all(today - timedelta(days=183) <= event.at < today for event in world.arming_events)


def test_the_requesters_agreement_has_ended_with_events_on_both_sides(small: World) -> None:
    """Only so does a test see that the later owner's life is not the requester's."""
    story = small.story
    [agreement] = [each for each in small.agreements if each.customer == story.customer_number]
    assert agreement.ended == story.moved
    at_home = [each for each in small.arming_events if each.installation == story.former_home.number]
    before = {event.id for event in at_home if event.at < story.moved}
    after = {event.id for event in at_home if event.at >= story.moved}
    assert before
    assert after
    assert before <= small.events_visible_to(story.requester)
    assert not after & small.events_visible_to(story.requester)
    assert after <= small.events_visible_to(story.later_owner)
    assert not before & small.events_visible_to(story.later_owner)


def test_the_later_owner_uses_the_requesters_old_place(small: World) -> None:
    """The same slot number gives events of two people; only the time tells them apart."""
    story = small.story
    place = f"{story.former_home.number}/1"
    given = {event.id for event in small.arming_events if event.slot == place}
    mine, theirs = small.events_given_by(story.requester), small.events_given_by(story.later_owner)
    assert given & mine
    assert given & theirs
    assert not mine & theirs


def test_the_housemates_commands_are_not_the_requesters(small: World) -> None:
    """They shared a home: the event is in the requester's copy, whose code it was is not."""
    story = small.story
    theirs = small.events_given_by(story.housemate)
    assert theirs
    assert theirs <= small.events_visible_to(story.requester)
    assert not theirs & small.events_given_by(story.requester)


def test_the_requester_is_an_alarm_user_in_another_customers_home(small: World) -> None:
    """There only the requester's own commands are theirs: not the household's, and not the lodger's before them."""
    story = small.story
    there = {event.id for event in small.arming_events if event.installation == story.present_home.number}
    mine = there & small.events_visible_to(story.requester)
    assert mine
    assert mine == there & small.events_given_by(story.requester)
    lodgers = small.events_given_by(story.lodger)
    assert lodgers
    assert {event.slot for event in small.arming_events if event.id in lodgers | mine} == {story.present_slot}
    assert not lodgers & mine


def test_the_requester_is_in_every_service(small: World) -> None:
    """The demo has something to find everywhere: crm, monitoring, billing, contact centre, and on somebody's record."""
    story, requester = small.story, small.story.requester
    own = [each for each in small.activations if each.id in small.activations_of(requester)]
    assert len(own) == 3
    assert all(each.images for each in own)
    images = {image for each in small.activations for image in each.images}
    assert small.images_of(requester) < images
    assert len(small.recordings_of(requester)) == 2
    written = [each for each in small.messages if each.id in small.messages_of(requester)]
    assert {each.email for each in written} == {requester.email, None}
    assert {each.telephone for each in written} == {requester.telephone, None}
    assert {each.customer for each in written} == {story.customer_number, None}
    assert [each.customer for each in small.consents].count(story.customer_number) == 1
    assert [each.customer for each in small.objections].count(story.customer_number) == 1
    [contact] = [each for each in small.contact_persons if each.person == requester]
    assert contact.customer in small.customer_numbers_of(story.friend)
    assert (contact.name, contact.telephone, contact.email) == (requester.name, requester.telephone, requester.email)


def test_the_requesters_invoices_span_seven_years(small: World) -> None:
    """Some are older than bookkeeping keeps them and some are not, and none is open."""
    mine = [each for each in small.invoices if each.id in small.invoices_of(small.story.requester)]
    kept = small.invoices_kept_by_law(small.story.requester)
    assert {each.issued.year for each in mine} == set(range(2019, 2027))
    assert {each.issued.year for each in mine if each.id in kept} == set(range(2021, 2027))
    assert all(each.paid is not None for each in mine)


def test_bookkeeping_lets_go_at_the_turn_of_the_year() -> None:
    """Five years after the end of the financial year: the first of January, not the anniversary, frees invoices."""
    worlds = [World.generate(customers=20, today=day) for day in (date(2026, 12, 31), date(2027, 1, 1))]
    oldest = [
        min(each.issued for each in world.invoices if each.id in world.invoices_kept_by_law(world.story.requester))
        for world in worlds
    ]
    assert oldest == [date(2021, 1, 1), date(2022, 1, 1)]


def test_values_that_others_have_are_not_the_requesters(small: World) -> None:
    """A scan must not take the later owner's address, or a place used again, for a trace of the requester."""
    values = small.values_of(small.story.requester)
    assert small.story.customer_number in values
    assert small.sealed_values_of(small.story.requester) < values
    assert not values & {each.address for each in small.installations}
    assert not values & {each.slot for each in small.user_slots}


def test_the_story_alone_happens_to_its_people() -> None:
    """Counts in the demo and in tests hold for every seed and size: chance adds nothing to the requester."""
    counts = set()
    for seed, customers in itertools.product((1, 2, 3), (20, 60)):
        world = World.generate(seed=seed, customers=customers)
        requester = world.story.requester
        counts.add(
            (
                len(world.messages_of(requester)),
                len(world.recordings_of(requester)),
                len(world.images_of(requester)),
                len(world.invoices_of(requester)),
            )
        )
    assert counts == {(4, 2, 6, 31)}


def test_rows_show_no_values_in_their_representation(small: World) -> None:
    """A failing test or a log line of the example prints no personal value, invented or not."""
    requester = small.story.requester
    shown = " ".join(map(repr, (small, small.story, requester, *small.customers, *small.messages, *small.recordings)))
    assert [value for value in small.values_of(requester) if value in shown] == []


def test_images_are_real_and_all_different(small: World) -> None:
    """Every name is a PNG file of 160 by 120 that a viewer opens, and its pixels are in no other image."""
    names = sorted(image for activation in small.activations for image in activation.images)
    pixels = set()
    for name in names:
        chunks = dict(read_chunks(draw_image(name)))
        assert struct.unpack(">IIBB", chunks[b"IHDR"][:10]) == (160, 120, 8, 3)
        rows = zlib.decompress(chunks[b"IDAT"])
        assert len(rows) == 120 * 161
        pixels.add(rows)
    assert len(pixels) == len(names) >= 6
    assert draw_image(names[0]) == draw_image(names[0])


def read_chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + data),)
        yield kind, data
        at += 12 + length


def test_recordings_are_real_and_all_different(small: World) -> None:
    """Every recording is a WAV file of the length that its row says, and sounds like no other."""
    sounds = {record_call(each.id, each.seconds) for each in small.recordings}
    assert len(sounds) == len(small.recordings)
    for each in small.recordings:
        with wave.open(io.BytesIO(record_call(each.id, each.seconds))) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 1, 8000)
            assert file.getnframes() == 8000 * each.seconds
            assert len(set(file.readframes(8000))) > 100
