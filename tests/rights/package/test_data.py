from __future__ import annotations

import csv
import json

from sectorprivacy.rights.package._data import CsvLines, json_schema, ndjson_line
from tests.rights.package.sample import EVENTS, png, record


def test_csv_is_one_line_a_record_for_any_spreadsheet() -> None:
    """A byte order mark, CRLF and quotes around every cell: names with accents and messages with lines survive."""
    lines = CsvLines(EVENTS)
    text = lines.header() + lines.row(record(7, note='Bjørn said "no"\nthen left'), {})
    assert text.startswith('\ufeff"Record"')
    header, row = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True))
    assert header == ["Record", "You are", "When", "What happened", "Note", "Code", "Picture"]
    assert row == ["7", "customer", "2026-03-08T13:05:00Z", "Alarm switched on", 'Bjørn said "no"\nthen left', "", ""]


def test_a_list_is_one_cell_of_a_row() -> None:
    """Values inside a record stand in one cell, in the order of their entries, and as data in NDJSON."""
    listed = record(1).model_copy(update={"fields": {"note": ["=cmd()", None, "hall"], "at": [None, "2026-03-02"]}})
    row = next(csv.reader([CsvLines(EVENTS).row(listed, {})]))
    assert (row[2], row[4]) == ("—, 2026-03-02", "'=cmd(), —, hall")
    assert json.loads(ndjson_line(listed, {}))["fields"]["note"] == ["=cmd()", None, "hall"]


def test_csv_says_what_is_held_and_not_shown() -> None:
    """A secret and a file that was not released leave a trace in the row: the person learns that they exist."""
    event = record(1, secret=True, pictures=[png()])
    withheld = {event.attachments[0].sha256: "another person"}
    assert CsvLines(EVENTS).row(event, withheld).endswith('"(held, not shown)","(held, not shown)"\r\n')
    assert CsvLines(EVENTS).row(event, {}).endswith(f'"attachments/{event.attachments[0].sha256}.png"\r\n')


def test_ndjson_keeps_values_as_they_were_exported() -> None:
    """The NDJSON is the faithful copy: no apostrophes, no meanings in place of codes."""
    line = json.loads(ndjson_line(record(1, note="=1+1", secret=True), {}))
    assert line["fields"] == {"at": "2026-03-02T13:05:00Z", "command": "armed_away", "note": "=1+1"}
    assert line["withheld"] == [{"field": "code", "ground": "secret"}]


def test_ndjson_names_the_file_or_why_it_is_not_there() -> None:
    """A file that was not released keeps its place in the record, with the reason."""
    event = record(1, pictures=[png()])
    digest = event.attachments[0].sha256
    assert json.loads(ndjson_line(event, {}))["attachments"][0]["file"] == f"attachments/{digest}.png"
    refused = json.loads(ndjson_line(event, {digest: "another person"}))["attachments"][0]
    assert refused["withheld"] == "another person"
    assert "file" not in refused


def test_schema_describes_every_field_and_no_other() -> None:
    """Another supplier can read the file without asking: labels, meanings, and nothing undeclared (Art. 20)."""
    fields = json.loads(json_schema(EVENTS))["properties"]["fields"]
    assert list(fields["properties"]) == [field.id for field in EVENTS.fields]
    assert fields["additionalProperties"] is False
    assert fields["properties"]["command"]["meanings"] == {"armed_away": "Alarm switched on"}
