from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest

from sectorprivacy.rights.package import Overview
from sectorprivacy.rights.package._overview import DataSetSummary, overview_of
from sectorprivacy.rights.package._values import LocalTimes, value_in_words
from sectorprivacy.rights.protocol import Record
from tests.rights.package.sample import EVENTS, contents_of, declared, png, record


def overview(records: Sequence[Record], **more: object) -> Overview:
    contents = contents_of(records, **more)  # type: ignore[arg-type]
    times = LocalTimes("Europe/Oslo")
    summaries: list[tuple[object, list[DataSetSummary]]] = []
    for service in contents.services:
        seen = [DataSetSummary(part, contents.withheld, times) for part in service.datasets]
        for summary in seen:
            for each in summary.part.records():
                summary.add(each)
        summaries.append((service, seen))
    return overview_of(contents, summaries, times)  # type: ignore[arg-type]


def test_shows_the_first_twenty_of_all() -> None:
    """The page stays small; the count and the file say that there is more."""
    view = overview([record(number) for number in range(500)]).services[0].datasets[0]
    assert (len(view.rows), view.count, view.csv) == (20, 500, "data/monitoring/monitoring.event.csv")


def test_reads_as_words_and_local_time() -> None:
    """Codes read as their meanings, and moments as the person's own clock showed them."""
    view = overview([record(1)]).services[0].datasets[0]
    assert view.columns == ["You are", "When", "What happened", "Note"]
    assert [cell.text for cell in view.rows[0]] == ["customer", "2 March 2026, 14:05", "Alarm switched on", ""]


def test_a_list_reads_entry_by_entry() -> None:
    """Entries keep their place, with their meanings and local times; what one lacks is a dash, not silence."""
    listed = record(1).model_copy(
        update={"fields": {"at": ["2026-03-02T13:05:00Z", None], "command": [["armed_away"], ["off", "armed_away"]]}}
    )
    view = overview([listed]).services[0].datasets[0]
    assert [cell.text for cell in view.rows[0][1:3]] == [
        "2 March 2026, 14:05; —",
        "Alarm switched on; off, Alarm switched on",
    ]


def test_a_long_text_is_cut_on_the_page_only() -> None:
    """One endless value must not make the page unreadable; the data files hold all of it."""
    cell = overview([record(1, note="x" * 5_000)]).services[0].datasets[0].rows[0][3]
    assert len(cell.text) == 600
    assert cell.text.endswith("…")


def test_everything_withheld_is_listed_with_its_number() -> None:
    """Secrets are counted over all rows, not over those the page shows."""
    told = overview([record(number, secret=True) for number in range(40)]).withheld
    assert [(item.what, item.where, item.count) for item in told] == [("Code", "Alarm monitoring, alarm events", 40)]


def test_who_did_not_answer_is_named() -> None:
    """Silence is never taken for nothing held."""
    assert overview([]).missing == ["Invoices: it did not answer in time (timed_out)"]


def test_a_data_set_that_failed_is_named() -> None:
    """Failure is an outcome of one data set; the rest of its service is still answered."""
    contents = contents_of([])
    service = contents.services[0]
    failed = attrs.evolve(service, datasets=(attrs.evolve(service.datasets[0], outcome="failed"),))
    assert overview([], services=(failed,)).missing[0].startswith("Alarm monitoring, alarm events: ")


def test_pictures_carry_what_they_show() -> None:
    """A picture has a caption from its record, and stands beside it."""
    picture = overview([record(1, pictures=[png()])]).services[0].datasets[0].pictures[0]
    assert picture.caption == "2 March 2026, 14:05 · Alarm switched on"


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "yes"), (None, ""), (3, "3"), (["a", "b"], "a, b"), ({"a": 1}, '{"a": 1}'), ("armed_away", "On")],
)
def test_values_read_as_words(value: object, words: str) -> None:
    """No value shows as a Python or JSON literal where a word says it better."""
    assert value_in_words(value, declared("x", "X", values={"armed_away": "On"})) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["2026-13-45", "2026-02-30T25:00:00Z", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59Z", "call 2026-01-01"],
)
def test_text_that_only_looks_like_a_date_stays(text: str) -> None:
    """A value is never lost because it resembles a date."""
    assert LocalTimes("Europe/Oslo").text(text) == text


def test_an_unknown_time_zone_falls_back_to_utc() -> None:
    """A machine without time-zone data still answers, and the page names the clock it shows."""
    times = LocalTimes("Atlantis/Poseidonis")
    assert (times.name, times.text("2026-03-02T13:05:00Z")) == ("UTC", "2 March 2026, 13:05")


def test_every_field_is_declared_once() -> None:
    """The sample itself is sound: other tests rely on it."""
    assert len({field.id for field in EVENTS.fields}) == len(EVENTS.fields)
