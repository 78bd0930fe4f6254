"""@processing: a function runs for one purpose about the person one of its parameters names."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator

import pytest
from attrs import frozen

from sectorprivacy.errors import ActivityNotDeclared, InvalidDeclaration, NoPrivacy, NoPurpose, NotYetSupported
from sectorprivacy.purposes import prefetch, processing
from tests.purposes.company import KARI, OLA, SECRET, Company, Customer, opened, rating


@frozen
class Order:
    customer: Customer


def test_a_function_runs_in_its_scope(company: Company) -> None:
    """Inside the function the value opens, around it not; result and signature are the function's own."""

    @processing(rating, subject="customer")
    def rate(customer: Customer, *, limit: int = 3) -> str:
        """Rate somebody."""
        return opened(customer.national_id)[:limit]

    customer = company.customer()
    assert rate(customer) == SECRET[:3]
    assert rate(customer=customer, limit=11) == SECRET
    with pytest.raises(NoPurpose):
        opened(customer.national_id)
    assert (rate.__name__, rate.__doc__) == ("rate", "Rate somebody.")
    assert list(inspect.signature(rate).parameters) == ["customer", "limit"]


def test_the_person_may_be_reached_by_a_path(company: Company) -> None:
    """An order names its customer: "order.customer"."""

    @processing("rating", subject="order.customer")
    def rate(order: Order) -> str:
        return opened(order.customer.national_id)

    assert rate(Order(company.customer())) == SECRET


def test_a_method_is_a_function(company: Company) -> None:
    """`self` is a parameter like others, and does not get in the way."""

    class Bureau:
        @processing(rating, subject="customer")
        def rate(self, customer: Customer) -> str:
            return opened(customer.national_id)

    assert Bureau().rate(company.customer()) == SECRET


def test_an_argument_left_out_is_its_default(company: Company) -> None:
    """The person may be a default; whom a call without an argument is about is not a mystery."""
    customer = company.customer()

    @processing(rating, subject="whom")
    def rate(whom: Customer = customer) -> str:
        return opened(whom.national_id)

    assert rate() == SECRET


async def test_a_coroutine_keeps_its_scope_over_awaits(company: Company) -> None:
    """The purpose lasts until the coroutine ends, and not until it first waits."""

    @processing(rating, subject="customer")
    async def rate(customer: Customer) -> str:
        assert customer.national_id is not None
        await prefetch(customer.national_id)
        return opened(customer.national_id)

    assert inspect.iscoroutinefunction(rate)
    customer = company.customer()
    assert await rate(customer) == SECRET
    with pytest.raises(NoPurpose):
        opened(customer.national_id)


def test_generators_are_refused() -> None:
    """Between two yields a generator's purpose would be its caller's."""

    def rows(customer: Customer) -> Iterator[str]:
        yield opened(customer.national_id)

    async def later(customer: Customer) -> AsyncIterator[str]:
        yield opened(customer.national_id)

    for generator in (rows, later):
        with pytest.raises(NotYetSupported):
            processing(rating, subject="customer")(generator)


def test_a_function_that_hands_on_a_lazy_result_opens_nothing(company: Company) -> None:
    """What runs after the function ended has no purpose."""

    @processing(rating, subject="customer")
    def rate(customer: Customer) -> Iterator[str]:
        return (opened(each.national_id) for each in [customer])

    with pytest.raises(NoPurpose):
        next(rate(company.customer()))


def test_a_parameter_that_is_not_there_is_found_when_decorated() -> None:
    """A misspelt parameter is no surprise at midnight."""
    with pytest.raises(InvalidDeclaration, match="custommer"):

        @processing(rating, subject="custommer")
        def rate(customer: Customer) -> None: ...


def test_the_decorator_asks_when_it_is_called(outside: Company) -> None:
    """Decorating needs neither Privacy nor policy; calling needs both."""

    @processing("nowhere", subject="customer")
    def rate(customer: Customer) -> str:
        return opened(customer.national_id)

    customer = outside.customer()
    with pytest.raises(NoPrivacy):
        rate(customer)
    with outside.privacy, pytest.raises(ActivityNotDeclared):
        rate(customer)


def test_calls_inside_calls_have_their_own_people(company: Company) -> None:
    """A function about Ola that calls one about Kari is about Ola again afterwards."""

    @processing(rating, subject="customer")
    def rate(customer: Customer) -> str:
        return opened(customer.national_id)

    kari, ola = company.customer(KARI), company.customer(OLA)

    @processing(rating, subject="customer")
    def both(customer: Customer) -> tuple[str, str]:
        return rate(kari), opened(customer.national_id)

    assert both(ola) == (SECRET, SECRET)
