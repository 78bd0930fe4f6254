"""A data set's files: NDJSON for machines, CSV for spreadsheets, and the JSON Schema of the NDJSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue

from sectorprivacy.documents import Table, catalogue, csv_line, role_in_words, to_csv
from sectorprivacy.rights.package._names import attachment_name
from sectorprivacy.rights.package._values import value_in_words
from sectorprivacy.rights.protocol import DataSet, FieldDeclaration, Record

_HELD = "(held, not shown)"


class CsvLines:
    """A data set as CSV: UTF-8 with a byte order mark, CRLF, every cell quoted, no cell that could act as a formula."""

    def __init__(self, declaration: DataSet) -> None:
        self._fields = declaration.fields

    def header(self) -> str:
        """The first line, with the mark by which spreadsheets know UTF-8."""
        return to_csv(Table(columns=("Record", "You are", *(field.label for field in self._fields)), rows=()))

    def row(self, record: Record, withheld_files: Mapping[str, str]) -> str:
        """The line of one record; `withheld_files` names the files that were not released, by SHA-256."""
        cells = (csv_cell(record, field, withheld_files) for field in self._fields)
        return csv_line([" ".join(part[1:] for part in record.key), roles_in_words(record.roles), *cells])


def csv_cell(record: Record, declaration: FieldDeclaration, withheld_files: Mapping[str, str]) -> str:
    """The text of one field of a record: its value, the names of its files, or that it is held."""
    files = [each for each in record.attachments if each.field == declaration.id]
    if files:
        names = (attachment_name(each.sha256, each.media_type) for each in files if each.sha256 not in withheld_files)
        return " ".join(names) or _HELD
    if any(each.field == declaration.id for each in record.withheld):
        return _HELD
    return value_in_words(record.fields.get(declaration.id), declaration)


def roles_in_words(roles: Iterable[str]) -> str:
    """Role ids as people read them."""
    texts = catalogue("en")
    return ", ".join(role_in_words(each, texts) for each in roles)


def ndjson_line(record: Record, withheld_files: Mapping[str, str]) -> str:
    """One record as a line of JSON, in a fixed order; a file that was not released keeps its place, with why."""
    line: dict[str, Any] = {"key": record.key, "roles": record.roles, "fields": dict(sorted(record.fields.items()))}
    if record.attachments:
        line["attachments"] = [
            {"field": each.field, "media_type": each.media_type, "size": each.size, "sha256": each.sha256}
            | (
                {"withheld": withheld_files[each.sha256]}
                if each.sha256 in withheld_files
                else {"file": attachment_name(each.sha256, each.media_type)}
            )
            for each in record.attachments
        ]
    if record.withheld:
        line["withheld"] = [{"field": each.field, "ground": each.ground.value} for each in record.withheld]
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"


def json_schema(declaration: DataSet) -> str:
    """JSON Schema (2020-12) of one line of the NDJSON file."""
    texts: JsonValue = {"type": "array", "items": {"type": "string"}}
    file: JsonValue = {
        "type": "object",
        "properties": {
            "field": {"type": "string"},
            "media_type": {"type": "string"},
            "size": {"type": "integer", "minimum": 0},
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "file": {"type": "string", "description": "Path in this package"},
            "withheld": {"type": "string", "description": "Why the file is not in this package"},
        },
        "required": ["field", "media_type", "size", "sha256"],
        "additionalProperties": False,
    }
    held: JsonValue = {
        "type": "object",
        "properties": {"field": {"type": "string"}, "ground": {"type": "string"}},
        "required": ["field", "ground"],
        "additionalProperties": False,
    }
    schema: JsonValue = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": declaration.label,
        "type": "object",
        "properties": {
            "key": texts,
            "roles": texts,
            "fields": {
                "type": "object",
                "properties": {field.id: _field_schema(field) for field in declaration.fields},
                "additionalProperties": False,
            },
            "attachments": {"type": "array", "items": file},
            "withheld": {"type": "array", "items": held},
        },
        "required": ["key", "roles", "fields"],
        "additionalProperties": False,
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _field_schema(declaration: FieldDeclaration) -> JsonValue:
    schema: dict[str, JsonValue] = {
        "title": declaration.label,
        "description": f"category {declaration.category}, source {declaration.source.value}",
    }
    if declaration.values:
        schema["meanings"] = dict(declaration.values)
    return schema
