"""The scope: whom it covers, where it reaches, and that it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sectorprivacy.encryption import Sealed, from_text, to_text
from sectorprivacy.errors import (
    CategoryNotCovered,
    DecryptionError,
    KeyErased,
    KeyNotLoaded,
    NoPurpose,
    NotDeclared,
    NotSealed,
    ObjectionStands,
    SubjectNotCovered,
)
from sectorprivacy.ledger import Deed, StandingKind
from sectorprivacy.purposes import prefetch, using
from sectorprivacy.vocabulary import Identifier
from tests.purposes.company import KARI, OLA, SECRET, Company, Customer, improvement, opened, rating


@pytest.mark.parametrize(
    "subject",
    [
        lambda company: company.ref(KARI),
        lambda company: Identifier(kind="customer_number", value=KARI),
        lambda company: company.customer(KARI),
        lambda company: [company.customer(OLA), Identifier(kind="customer_number", value=KARI)],
        lambda company: iter([{company.ref(KARI)}, [company.customer(OLA)]]),
    ],
)
def test_a_person_can_be_named_in_every_way(company: Company, subject: Callable[[Company], Any]) -> None:
    """A reference, an identifier, a record, or any collection of these."""
    customer = company.customer(KARI)
    with using(rating, subject(company)):
        assert opened(customer.national_id) == SECRET


@pytest.mark.parametrize("subject", [[], "100234", 100234, None, b"100234", {"number": KARI}, [["100234"]], object()])
def test_what_names_nobody_covers_nobody(company: Company, subject: Any) -> None:
    """A bare string or a record of no declared model is refused; nothing at all opens nothing."""
    customer = company.customer()
    with pytest.raises((NotDeclared, SubjectNotCovered)) as refused, using(rating, subject):
        opened(customer.national_id)
    assert KARI not in str(refused.value)


def test_people_nobody_knows_are_not_minted(company: Company) -> None:
    """Asking about somebody leaves no trace of them."""
    with using(rating, Identifier(kind="customer_number", value="999999")) as scope:
        assert scope.subjects == frozenset()
    assert company.privacy.subjects.find("customer_number", "999999") is None


def test_a_result_list_is_one_query(company: Company) -> None:
    """A scope over a page of rows asks the index once, whatever the number of rows."""
    page = [Customer(number=str(number)) for number in range(200)]
    company.privacy.enrol([("customer_number", each.number) for each in page])
    before = company.index.queries
    with using(rating, page) as scope:
        assert len(scope.subjects) == 200
    assert company.index.queries == before + 1


def test_the_inner_scope_alone_counts(company: Company) -> None:
    """What an outer purpose may do is no permission for the inner one; after it the outer holds again."""
    kari, ola = company.customer(KARI), company.customer(OLA)
    with using(rating, kari):
        with using(rating, ola):
            assert opened(ola.national_id) == SECRET
            with pytest.raises(SubjectNotCovered):
                opened(kari.national_id)
        assert opened(kari.national_id) == SECRET


def test_a_scope_ends_with_its_block(company: Company) -> None:
    """Also when the block fails, and for who kept the scope itself."""
    customer = company.customer()
    with pytest.raises(ValueError, match="stop"), using(rating, customer) as scope:
        raise ValueError("stop")
    with pytest.raises(NoPurpose):
        opened(customer.national_id)
    assert customer.national_id is not None
    assert customer.national_id.place is not None
    with pytest.raises(NoPurpose):
        scope.open(customer.national_id.place, customer.national_id.cell)


def test_one_using_can_be_entered_again(company: Company) -> None:
    """Each entry is a scope of its own, with a log entry of its own."""
    customer = company.customer()
    purpose = using(rating, customer)
    with purpose, purpose:
        opened(customer.national_id)
    with purpose:
        opened(customer.national_id)
    assert len(company.entries()) == 2
    with pytest.raises(NoPurpose):
        opened(customer.national_id)


def test_the_deed_is_in_the_log(company: Company) -> None:
    """A copy made for somebody else is a disclosure and not a look."""
    customer = company.customer()
    with using(rating, customer, deed=Deed.DISCLOSED):
        opened(customer.national_id)
    assert [entry.kind for entry in company.entries()] == [Deed.DISCLOSED]


def test_another_thread_has_no_scope(company: Company) -> None:
    """A worker thread does not inherit what its caller may do."""
    customer = company.customer()
    results: list[object] = []

    def work() -> None:
        try:
            results.append(opened(customer.national_id))
        except NoPurpose as refusal:
            results.append(refusal)

    with using(rating, customer):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert [type(each) for each in results] == [NoPurpose]


def test_threads_log_a_use_once(company: Company) -> None:
    """A scope that is handed to worker threads still writes one entry a person and category."""
    customer = company.customer()
    assert customer.national_id is not None
    place, cell = customer.national_id.place, customer.national_id.cell
    assert place is not None
    with using(rating, customer) as scope:
        threads = [threading.Thread(target=scope.open, args=(place, cell)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(company.entries()) == 1


async def test_tasks_do_not_see_each_other_s_scope(company: Company) -> None:
    """Two requests on one loop: each opens its own person, however they interleave."""
    kari, ola = company.customer(KARI), company.customer(OLA)
    both_inside = asyncio.Barrier(2)

    async def request(mine: Customer, other: Customer) -> None:
        async with using(rating, mine):
            await both_inside.wait()
            await prefetch(*values(mine))
            assert opened(mine.national_id) == SECRET
            await both_inside.wait()
            with pytest.raises(SubjectNotCovered):
                await prefetch(*values(other))

    await asyncio.gather(request(kari, ola), request(ola, kari))


def values(*customers: Customer) -> Iterator[Sealed[Any]]:
    return (each.national_id for each in customers if each.national_id is not None)


async def test_a_task_that_outlives_the_scope_opens_nothing(company: Company) -> None:
    """A background task copies the context it was started in; the purpose ends for it as well."""
    customer = company.customer()
    left = asyncio.Event()

    async def background() -> None:
        await left.wait()
        opened(customer.national_id)

    async with using(rating, customer):
        await prefetch(*values(customer))
        task = asyncio.create_task(background())
        await asyncio.sleep(0)
    left.set()
    with pytest.raises(NoPurpose):
        await task


async def test_opening_under_a_loop_needs_a_prefetch(outside: Company) -> None:
    """open() never blocks an event loop: neither for a key, nor, where the key is known, for the log."""
    customer = outside.customer()
    for privacy in (outside.process(), outside.privacy):
        before = outside.log.writes
        with privacy:
            async with using(rating, customer):
                with pytest.raises(KeyNotLoaded):
                    opened(customer.national_id)
                assert outside.log.writes == before
                await prefetch(*values(customer))
                assert opened(customer.national_id) == SECRET
                assert outside.log.writes == before + 1


async def test_a_prefetch_is_one_write_and_asks_the_gate(company: Company) -> None:
    """A page is logged at once; one value of it that is not covered, and nothing of it opens."""
    kari, ola = company.customer(KARI), company.customer(OLA)
    async with using(rating, [kari, ola]):
        await prefetch(*values(kari, ola))
        assert company.log.writes == 1
    async with using(rating, [kari, ola]):
        assert kari.telephone is not None
        with pytest.raises(CategoryNotCovered):
            await prefetch(*values(ola), kari.telephone)
        with pytest.raises(KeyNotLoaded):
            opened(ola.national_id)
    assert company.log.writes == 1


async def test_an_objection_is_seen_by_the_prefetch(company: Company) -> None:
    """What the person said is asked before the page is used."""
    customer = company.customer()
    company.declare(StandingKind.OBJECTION, improvement.id)
    async with using(improvement, customer):
        with pytest.raises(ObjectionStands):
            await prefetch(*values(customer))


async def test_a_prefetch_that_cannot_be_logged_opens_nothing(company: Company) -> None:
    """No log entry, no value, also where the keys are loaded already."""
    customer = company.customer()
    company.log.full = True
    async with using(rating, customer):
        with pytest.raises(OSError, match="No space left"):
            await prefetch(*values(customer))
        with pytest.raises(KeyNotLoaded):
            opened(customer.national_id)


async def test_a_prefetch_needs_a_scope(company: Company) -> None:
    """Without a purpose no key is loaded."""
    with pytest.raises(NoPurpose):
        await prefetch(*values(company.customer()))


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text,
        lambda text: text + "?",
        lambda text: text[:40],
        lambda text: to_text(b"\xf9\xff" + from_text(text)[2:]),
        lambda text: to_text(from_text(text)[:-1] + b"?"),
    ],
)
async def test_a_key_that_expired_says_nothing_about_its_cell(damage: Callable[[str], str]) -> None:
    """KeyNotLoaded comes before anything about a cell is known: whether it is damaged is told by who has its key."""
    company = Company(key_lifetime=0.0)
    customer = company.customer()
    assert customer.national_id is not None
    place = customer.national_id.place
    assert place is not None
    value = Sealed[str].stored(place, damage(customer.national_id.text))
    with company.privacy:
        async with using(rating, customer):
            await prefetch(value)
            with pytest.raises(KeyNotLoaded):
                value.open()


async def test_a_damaged_value_does_not_keep_its_page_shut(company: Company) -> None:
    """A page is prefetched with what is damaged in it; each of its values answers for itself."""
    customer = company.customer()
    place = customer.national_id.place if customer.national_id is not None else None
    assert customer.national_id is not None
    assert place is not None
    cell = customer.national_id.cell
    damaged: list[tuple[bytes | str, type[DecryptionError]]] = [
        (to_text(cell) + "?", DecryptionError),
        (cell[:-1], DecryptionError),
        (cell[:10], DecryptionError),
        ("sp1.", DecryptionError),
        ("Kari", NotSealed),
        (b"Kari", NotSealed),
    ]
    values = [Sealed[str].stored(place, stored) for stored, _ in damaged]
    async with using(rating, customer):
        await prefetch(values, customer.national_id)
        for value, (_, error) in zip(values, damaged, strict=True):
            with pytest.raises(DecryptionError) as refused:
                value.open()
            assert type(refused.value) is error
        assert opened(customer.national_id) == SECRET


def test_a_use_is_logged_once_and_its_key_still_looked_up(company: Company) -> None:
    """After the first use nothing is written for the second; a key that is destroyed meanwhile opens nothing."""
    customer = company.customer()
    with using(rating, customer):
        assert opened(customer.national_id) == opened(customer.national_id) == SECRET
        assert company.log.writes == 1
        company.privacy.gate.keys.shred(company.ref(KARI))
        with pytest.raises(KeyErased):
            opened(customer.national_id)
