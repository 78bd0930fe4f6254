from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sectorprivacy.errors import InvalidDeclaration, NotYetSupported
from sectorprivacy.rights.package._names import data_name, part_name
from sectorprivacy.rights.package._zip import STORED, Entry, dos_time, local_header, table_of_contents

MADE = datetime(2026, 11, 25, 13, 5, 30, tzinfo=UTC)


def entry(size: int = 3, name: str = "a") -> Entry:
    return Entry(name=name, method=STORED, crc=1, packed=size, size=size)


def test_time_is_utc_whatever_the_zone() -> None:
    """The same moment gives the same bytes on every machine."""
    assert dos_time(MADE) == dos_time(MADE.astimezone(timezone(timedelta(hours=9))))


@pytest.mark.parametrize("moment", [datetime(2026, 1, 1), datetime(1979, 12, 31, tzinfo=UTC)])  # noqa: DTZ001  # a naive one is the case
def test_a_moment_a_zip_cannot_hold_is_refused(moment: datetime) -> None:
    """A naive time or one before 1980 would be written as another one."""
    with pytest.raises(InvalidDeclaration):
        dos_time(moment)


def test_more_than_the_format_holds_is_refused() -> None:
    """4 GiB and 65,535 files are beyond the plain zip; a wrapped-around size must never be written."""
    with pytest.raises(NotYetSupported):
        local_header(entry(2**32 - 1), MADE)
    with pytest.raises(NotYetSupported):
        list(table_of_contents([entry(2**31), entry(2**31)], MADE))
    with pytest.raises(NotYetSupported):
        list(table_of_contents([entry()] * 65_535, MADE))


@pytest.mark.parametrize("stable_id", ["..", ".", "con", "nul.x", "a.", ".a", "-a", "a" * 65, "com1", "a..b"])
def test_an_id_that_could_leave_its_folder_is_replaced(stable_id: str) -> None:
    """Names are generated: a hostile data-set id becomes a hash, never a path."""
    name = part_name(stable_id)
    assert len(name) == 32
    assert set(name) <= set("0123456789abcdef")


def test_an_ordinary_id_is_its_own_name() -> None:
    """People find a data set under the id that its service declares."""
    assert data_name("crm", "crm.customer", "csv") == "data/crm/crm.customer.csv"
