from __future__ import annotations

from sectorprivacy.rights.package import holdings_of
from sectorprivacy.vocabulary import Source
from tests.rights.package.sample import contents_of, record


def test_only_what_is_really_held_is_told() -> None:
    """The access information names the roles and kinds of data of this person's records, not all that could be."""
    (holding,) = holdings_of(contents_of([record(1), record(2)]).services)
    assert holding.service == "Alarm monitoring"
    assert holding.roles == ("customer",)
    assert holding.categories == ("event",)
    assert holding.sources == (Source.OBSERVED,)
    assert holding.activities == ("monitor",)


def test_services_without_records_hold_nothing() -> None:
    """A data set without a record of the person is no processing of their data."""
    assert holdings_of(contents_of([]).services) == []
